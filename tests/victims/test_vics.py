"""Reading VICS-shaped files: the invented files, the traps of real ones, and hostile ones."""

import io
import json
import sys
import tracemalloc
from datetime import UTC, date, datetime
from itertools import chain, islice, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.victims.vics_files import (
    CASES,
    DATA,
    EXPECTED,
    HASH_SET,
    MD5,
    PHOTODNA,
    PICTURE,
    as_file,
    counted,
    read_all,
    read_until_broken,
)
from victims import vics
from victims.sources import Unreadable
from victims.vics_entries import TOO_LARGE, BadEntry


class Endless(io.RawIOBase):
    """A file made while it is read, so that the test itself holds none of it."""

    def __init__(self, parts):
        self.parts = iter(parts)
        self.rest = b""

    def read(self, size=-1):
        gathered, length = [self.rest], len(self.rest)
        while length < size and (part := next(self.parts, None)) is not None:
            gathered.append(part)
            length += len(part)
        whole = b"".join(gathered)
        self.rest = whole[size:]
        return whole[:size]


class Trickle(Endless):
    """A file that gives one part at a time, however much is asked."""

    def read(self, size=-1):
        return next(self.parts, b"")


# The invented files


@pytest.mark.parametrize("name", EXPECTED["media"])
def test_read_finds_every_entry_of_the_invented_files(name):
    summary = counted(DATA / f"{name}.json")
    assert (summary.good, summary.bad) == (EXPECTED["media"][name], 0)
    assert summary.hashes["md5"] == EXPECTED["media"][name]


def test_read_case_1_3_with_byte_order_mark_drops_its_pictures():
    header, *entries = read_all(DATA / "case-1.3.json")
    assert (header.shape, header.model_version, header.country) == ("case", "1.3", "US")
    assert (header.case_id, header.number) == ("7", "OLD/7")
    assert len(entries) == 60
    assert sum(entry.dropped_binaries for entry in entries) == EXPECTED["dropped_binaries_in_case_1_3"]


def test_read_case_2_0_gives_its_header_without_the_contact_person():
    header = read_all(DATA / "case-2.0.json")[0]
    assert header == vics.CaseHeader(
        position=1,
        shape="case",
        model_version="2.0",
        country="UK",
        case_id="b1f5a2f6-0a4e-4a51-8d0e-6a7d3c2f9e10",
        number="INV-20260301-118",
        organisation="Invented Constabulary",
        seizure_date=date(2026, 2, 27),
        source_application="Invented Viewer",
        source_version="22.1",
        stated_media=79,  # wrong in the file: there are 76
        stated_precategorized=0,
        dropped_binaries=0,
    )
    assert "Evidence desk" not in repr(header)


def test_read_case_2_0_gives_an_entry_in_plain_values():
    entry = read_all(DATA / "case-2.0.json")[1]
    assert (entry.position, entry.line, entry.media_id, entry.category) == (1, 15, "900050", 2)
    assert entry.md5 == "ccec1f2d2236d8b473fae154996a67c0"
    assert entry.sha1 == "a14bdf9f5589e5de6077c950cab0988406f6f5f0"
    assert entry.pdq == "f95c4a0812a3e8e1d0f738d9a4353e86cd95cd542d2c51a4e6728fecabf32e3e"
    assert (entry.size, entry.mime_type) == (1157045, "image/jpeg")
    assert entry.updated == datetime(2026, 3, 1, 4, 12, tzinfo=UTC)
    assert (entry.is_precategorized, entry.is_distributed) == (True, True)
    assert (entry.victim_identified, entry.offender_identified, entry.is_suspected) == (False, False, None)
    assert (entry.file_names, entry.devices) == (1, ("P9 lite",))
    assert "IMG_900050" not in repr(entry)
    assert "evidence" not in repr(entry)


def test_read_hash_set_keeps_accents_and_arabic_in_series():
    summary = counted(DATA / "hashset-2.0.json")
    assert summary.headers[1].shape == "hash set"
    assert summary.series == {
        "Seaside caravan": 177,
        "سلسلة النخلة": 173,
        "série Étoile": 166,
        "Maple dormitory": 165,
        "Blue kitchen": 161,
        "Green watch": 158,
    }


def test_read_summary_counts_categories_and_hashes():
    summary = counted(DATA / "hashset-2.0.json")
    assert summary.categories == {1: 357, 2: 283, 3: 123, None: 237}
    assert summary.hashes == {"md5": 1000, "pdq": 1000, "sha1": 858, "photodna": 333}
    assert summary.dropped_binaries == 0


def test_read_exact_copies_share_their_md5_with_the_hash_set():
    known = {entry.media_id: entry.md5 for entry in read_all(DATA / "hashset-2.0.json")[1:]}
    case = {entry.media_id: entry.md5 for entry in read_all(DATA / "case-2.0.json")[1:]}
    copies = [copy for copy in EXPECTED["exact"] if copy["by"] == "MD5"]
    assert len(copies) > 0
    assert all(case[str(copy["MediaID"])] == known[str(copy["of"])] for copy in copies)


# Shapes and encodings


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_read_in_any_encoding(encoding):
    text = json.dumps({"@odata.context": HASH_SET, "value": [{"MD5": MD5, "Series": "série"}]}, ensure_ascii=False)
    _, entry = read_all(io.BytesIO(text.encode(encoding)))
    assert (entry.md5, entry.series) == (MD5.lower(), "série")


@pytest.mark.parametrize("size", [7, 64, 1_000])
def test_read_gives_the_same_however_the_file_arrives(size):
    entries = [{"MD5": MD5, "Series": "سلسلة 😀", "Comments": 'a\\b"c\\\\' * 9, "PhotoDNA": PHOTODNA}] * 20
    text = as_file(entries).getvalue()
    parts = (text[at : at + size] for at in range(0, len(text), size))
    assert read_all(Trickle(parts)) == read_all(io.BytesIO(text))


def test_read_without_context_tells_the_shape_by_what_is_there():
    value = [{"Media": [{"MD5": MD5}]}, {"CaseID": 8, "Media": [{"MD5": MD5}]}]
    items = read_all(io.BytesIO(json.dumps({"value": value}).encode()))
    assert [getattr(item, "shape", None) for item in items] == ["case", None, "case", None]
    assert [item.position for item in items] == [1, 1, 2, 2]


def test_read_case_that_goes_on_after_its_media_gives_a_second_header():
    first, _, second = read_all(as_file([{"CaseID": "7", "Media": [{"MD5": MD5}], "CaseNumber": "N"}], CASES))
    assert (first.position, first.case_id, first.number) == (1, "7", None)
    assert (second.position, second.case_id, second.number) == (1, "7", "N")


@pytest.mark.parametrize(("context", "shape"), [(HASH_SET, "hash set"), (CASES, "case")])
def test_read_without_media_gives_the_header_only(context, shape):
    value = [{"CaseID": "7", "Media": None}] if shape == "case" else []
    assert [header.shape for header in read_all(as_file(value, context))] == [shape]


@pytest.mark.parametrize(
    ("address", "version", "country"),
    [
        ("http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#Cases", "1.3", None),
        ("http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml/US/$metadata#Cases", "1.3", "US"),
        ("http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/CUSTOM/$metadata#Cases", "2.0", "CUSTOM"),
        ("somewhere else", None, None),
        (5, None, None),
    ],
)
def test_read_context_gives_version_and_country(address, version, country):
    header, _ = read_all(as_file([{"CaseID": "7", "Media": [{"MD5": MD5}]}], address))
    assert (header.model_version, header.country) == (version, country)


def test_read_header_leaves_out_what_is_wrong_in_it():
    case = {
        "CaseID": ["x"],
        "SeizureDate": "soon",
        "TotalMediaFiles": "many",
        "Logo": f"data:image/png;base64,{PICTURE}",
    }
    header, _ = read_all(as_file([case | {"Media": [{"MD5": MD5}]}], CASES))
    assert (header.case_id, header.seizure_date, header.stated_media) == (None, None, None)
    assert header.dropped_binaries == 1


# Damaged and hostile files


@pytest.mark.parametrize(
    "text",
    [b"", b"hello", b"PK\x03\x04", b"[1, 2]", b'"x"', b"{}", b'{"value": 5}', b'{"value": []}', b'{"value": [1]}']
    + [b'{"value": [{"name": "x"}]}', b'{"value": [{"Media": {"MD5": 1}}]}', b"\xff\xfex"],
)
def test_read_something_else(text):
    with pytest.raises(vics.NotVics, match="not a VICS file"):
        read_all(io.BytesIO(text))


def test_read_file_that_breaks_off_names_the_place_after_giving_what_is_sound():
    whole = (DATA / "case-2.0.json").read_bytes()
    items, error = read_until_broken(whole[:40_000])
    assert len(items) == 1 + error.position
    assert (error.offset, error.line) == (40_000, whole[:40_000].count(b"\n") + 1)
    assert "breaks off near byte 40,000" in str(error)
    assert "Export it again" in str(error)


def test_read_file_damaged_in_the_middle_names_the_place_without_quoting():
    whole = (DATA / "hashset-2.0.json").read_bytes()
    place = whole.index(b"}, {", 400_000)
    items, error = read_until_broken(whole[:place] + b"} Jane {" + whole[place + 4 :])
    assert len(items) == 1 + error.position
    assert 0 <= place - error.offset <= vics.PIECE
    assert "Jane" not in str(error)


@pytest.mark.parametrize(
    ("ending", "problem"),
    [
        (b'{"MD5": "\xff"}]}', "text that is not UTF-8"),
        (b'{"MediaSize": ' + b"9" * 5000 + b"}]}", "a number far too long"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 100_000, "nested too deeply"),
        (b"]}]}", "damaged"),
        (b'{"MediaSize": NaN}]}', "damaged"),
        (b'{"MD5": "\\x"}]}', "damaged"),
    ],
)
def test_read_hostile_ending(ending, problem):
    items, error = read_until_broken(b'{"value": [{"Media": [{"MD5": "%s"}, ' % MD5.encode() + ending)
    assert [type(item).__name__ for item in items] == ["CaseHeader", "MediaEntry"]
    assert problem in str(error)


def test_read_utf_16_that_breaks_off():
    text = json.dumps({"value": [{"MD5": MD5}, {"MD5": MD5}]}).encode("utf-16")
    with pytest.raises(vics.BrokenFile, match="not UTF-16"):
        read_all(io.BytesIO(text[:-1]))


@pytest.mark.parametrize("field", ["Comments", "Unknown", "MD5", "k" * 5_100_000])
def test_read_entry_of_more_than_5_mb_is_bad_and_the_next_is_read(field):
    entries = [{"MediaID": 1, field: "a b " * 1_300_000}, {"MediaID": 2, "MD5": MD5}]
    _, bad, good = read_all(as_file(entries))
    assert (bad.media_id, bad.reasons) == ("1", (TOO_LARGE,))
    assert good.media_id == "2"


@pytest.mark.parametrize("escape", [b"", b"\\/", b"\\u0041", b'\\"', b"\\\\"])
def test_read_string_of_40_mb_is_never_held(escape):
    picture = (b"/9j/4AAQSkZJRg" * 4_000 + escape for _ in range(700))
    parts = [b'{"value": [{"MD5": "%s", "Thumbnail": "' % MD5.encode(), *picture, b'"}, {"MD5": "0"}]}']
    tracemalloc.start()
    _, entry, bad = read_all(Endless(parts))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert entry.dropped_binaries == 1
    assert isinstance(bad, BadEntry)
    assert peak < 40_000_000


def blocks_after(items, count):
    """Objects in memory once so many more entries have been read and forgotten."""
    assert sum(1 for _ in islice(items, count)) == count
    return sys.getallocatedblocks()


def test_read_50_000_entries_in_constant_memory():
    entry = json.dumps({"MD5": MD5, "Series": "Blue kitchen", "Thumbnail": PICTURE[:400]}).encode()
    items = vics.read(Endless(chain([b'{"value": [', entry], repeat(b"," + entry, 49_999), [b"]}"])))
    growth = -blocks_after(items, 2_000) + blocks_after(items, 44_001)
    tracemalloc.start()  # for the last part only: reading is several times slower under it
    blocks_after(items, 4_000)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert next(items, None) is None
    assert growth < 5_000
    assert peak < 5_000_000


@given(st.binary(max_size=300), st.integers(0, 300))
def test_read_any_bytes_gives_entries_or_a_sentence(noise, at):
    whole = (DATA / "case-2.0.json").read_bytes()[:3000]
    with pytest.raises(Unreadable, match=r"\.$"):
        read_all(io.BytesIO(whole[: at * 10] + noise + whole[at * 10 :]))
