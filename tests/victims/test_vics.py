"""Reading VICS-shaped files and hash lists: the invented files, the traps of real ones, and hostile ones."""

import base64
import io
import json
import re
import sys
import tracemalloc
from datetime import UTC, date, datetime
from itertools import chain, islice, repeat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from victims import vics

DATA = Path(__file__).parent.parent / "data" / "vics"
EXPECTED = json.loads((DATA / "expected.json").read_text("utf-8"))
MD5 = "9A3EF23F86ABD94612BE7EF531A6E148"
PDQ = "ade82bf512dc6b84a08948330876f1db5d73240c696c8cc668f3a1ebd494b8b9"
PHOTODNA = base64.b64encode(bytes(range(144))).decode()
PICTURE = base64.b64encode(bytes(range(256)) * 8).decode()
HASH_SET = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/Default/$metadata#Media"
CASES = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/UK/$metadata#Cases"


def as_file(value, context=HASH_SET):
    return io.BytesIO(json.dumps({"@odata.context": context, "value": value}).encode())


def read_all(source):
    return list(vics.read(source))


def read_list(source):
    return list(vics.read_hash_list(source))


def read_one(**fields):
    """The only entry of a hash set whose one entry has these fields beside an MD5."""
    _, entry = read_all(as_file([{"MediaID": 1, "MD5": MD5, **fields}]))
    return entry


def read_until_broken(text):
    """What was yielded before the damage, and the error."""
    items: list[vics.Item] = []
    with pytest.raises(vics.BrokenFile) as caught:
        items.extend(vics.read(io.BytesIO(text)))  # keeps what came before the error
    return items, caught.value


def reasons(**fields):
    entry = read_one(**fields)
    assert isinstance(entry, vics.BadEntry)
    return entry.reasons


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
    summary = vics.read_summary(DATA / f"{name}.json")
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
    summary = vics.read_summary(DATA / "hashset-2.0.json")
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
    summary = vics.read_summary(DATA / "hashset-2.0.json")
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


# Fields


@pytest.mark.parametrize(
    ("written", "meant"),
    [(True, True), ("TRUE", True), (" true ", True), (1, True), (False, False), ("False", False), (0, False)]
    + [(None, None), ("", None)],
)
def test_read_flag(written, meant):
    assert read_one(VictimIdentified=written).victim_identified is meant


@pytest.mark.parametrize("written", ["yes", 2, [], {}, 0.5])
def test_read_flag_that_is_neither(written):
    assert reasons(IsSuspected=written) == ("IsSuspected is neither true nor false. Correct it or leave it out.",)


@given(st.text() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.booleans() | st.none())
def test_read_flag_never_guesses(written):
    entry = read_one(SelfGenerated=written)
    word = str(written).strip().lower()
    if word in ("true", "1"):
        assert entry.self_generated is True
    elif word in ("false", "0"):
        assert entry.self_generated is False
    elif written is None or not word:
        assert getattr(entry, "self_generated", None) is None
    else:
        assert isinstance(entry, vics.BadEntry)


@given(st.binary(min_size=16, max_size=16), st.booleans(), st.sampled_from(["", " ", "\n"]))
def test_read_hash_of_the_right_length_in_either_case(value, is_upper, margin):
    text = value.hex().upper() if is_upper else value.hex()
    assert read_one(MD5=margin + text + margin).md5 == value.hex()


@given(st.text(max_size=70).filter(lambda text: text and not re.fullmatch(r"\s*[0-9a-fA-F]{32}\s*", text)))
def test_read_hash_of_any_other_text_is_bad(text):
    assert isinstance(read_one(MD5=text), vics.BadEntry)


def test_read_hash_that_is_wrong_is_quoted_with_the_remedy():
    assert reasons(MD5="xyz") == ("MD5 'xyz' is not 32 hexadecimal digits. Correct it or leave it out.",)


def test_read_one_wrong_hash_refuses_the_entry_as_a_whole():
    bad = read_one(SHA1="zz", Category="?", AlternativeHashes=[{"HashName": "PDQ", "HashValue": PDQ[1:]}])
    assert (bad.position, bad.media_id) == (1, "1")
    assert [reason.split()[0] for reason in bad.reasons] == ["SHA1", "PDQ", "Category"]


def test_read_alternative_hashes_by_name():
    listed = [("sha-256", "AB" * 32), ("PDQ", PDQ.upper()), ("PDQ quality", "90"), ("SHA512", "CD" * 64), ("x", None)]
    entry = read_one(AlternativeHashes=[{"HashName": name, "HashValue": value} for name, value in listed])
    assert (entry.sha256, entry.pdq, entry.pdq_quality) == ("ab" * 32, PDQ, 90)
    assert entry.other_hashes == (("SHA512", "CD" * 64),)


def test_read_alternative_hash_that_contradicts_the_field():
    listed = [{"HashName": "MD5", "HashValue": "0" * 32}]
    assert reasons(AlternativeHashes=listed) == ("MD5 is given twice with different values. Leave only the right one.",)


@pytest.mark.parametrize("listed", ["x", [1], [{"HashValue": PDQ}], {"HashName": "PDQ"}])
def test_read_alternative_hashes_of_another_shape(listed):
    assert reasons(AlternativeHashes=listed)[0].startswith("AlternativeHashes ")


def test_read_photodna_is_kept_as_written():
    assert read_one(PhotoDNA=PHOTODNA).photodna == PHOTODNA


@pytest.mark.parametrize("value", [PHOTODNA[4:], PHOTODNA[:-1] + "!", "é" * 192, 5, ["x"]])
def test_read_photodna_that_is_wrong_is_refused_and_never_quoted(value):
    assert reasons(PhotoDNA=value) == ("PhotoDNA is not the base64 text of 144 bytes. Correct it or leave it out.",)


@pytest.mark.parametrize("hashes", [{}, {"MD5": None}, {"MD5": ""}, {"AlternativeHashes": []}])
def test_read_entry_without_hash_is_bad(hashes):
    _, bad = read_all(as_file([{"MediaID": 5, **hashes}]))
    assert bad.reasons == (vics.NO_HASH,)


@pytest.mark.parametrize(("written", "meant"), [(1, 1), ("2", 2), (3.0, 3), (0, None), (None, None), ("", None)])
def test_read_category(written, meant):
    assert read_one(Category=written).category == meant


@pytest.mark.parametrize("written", [-1, 1.5, "x", True, 40000, [1]])
def test_read_category_that_is_no_number(written):
    assert reasons(Category=written)[0].startswith("Category is not a whole number")


@pytest.mark.parametrize("number", ["1e999999999", "9" * 4000, "-5", "1e-999999999"])
def test_read_size_of_a_hostile_number(number):
    text = f'{{"value": [{{"MD5": "{MD5}", "MediaSize": {number}}}]}}'
    assert isinstance(read_all(io.BytesIO(text.encode()))[1], vics.BadEntry)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-03-01T04:12:00.0000Z", datetime(2026, 3, 1, 4, 12, tzinfo=UTC)),
        ("2026-03-01T04:12:00.1234567+02:00", datetime(2026, 3, 1, 2, 12, 0, 123456, tzinfo=UTC)),
        ("2026-03-01T04:12:00", datetime(2026, 3, 1, 4, 12, tzinfo=UTC)),
        ("/Date(1772338320000)/", datetime(2026, 3, 1, 4, 12, tzinfo=UTC)),
        ("0001-01-01T00:00:00", None),
        ("/Date(-62135596800000)/", None),
    ],
)
def test_read_date_in_utc(written, meant):
    assert read_one(DateUpdated=written).updated == meant


@pytest.mark.parametrize("written", ["soon", 5, "9999-12-31T23:59:59-12:00", "/Date(soon)/", "2026-02-30"])
def test_read_date_that_is_none(written):
    assert reasons(DateUpdated=written)[0].startswith("DateUpdated is not a date and time")


def test_read_series_is_trimmed_and_composed():
    assert read_one(Series="  se\u0301rie\0 ").series == "série"
    assert read_one(Series="   ").series is None


@pytest.mark.parametrize("written", ["beach, tent ;beach", ["beach", "tent", None, "beach"]])
def test_read_tags_from_text_or_list(written):
    assert read_one(Tags=written).tags == ("beach", "tent")


@pytest.mark.parametrize("field", ["Series", "Tags", "MimeType", "Comments", "MediaID"])
def test_read_text_that_is_none(field):
    assert reasons(**{field: {"a": 1}})[0].startswith(f"{field} is ")


def test_read_keeps_make_and_model_only():
    exif = {"Make": "Canon", "model": "X-100", "Artist": "Jane Roe", "GPSLatitude": "12.5"}
    entry = read_one(Exifs=[{"PropertyName": name, "PropertyValue": value} for name, value in exif.items()])
    assert entry.devices == ("Canon", "X-100")
    assert "Jane" not in repr(entry)


def test_read_counts_file_names_and_keeps_none():
    entry = read_one(MediaFiles=[{"FileName": "jane.jpg"}, {"FilePath": "/home/jane"}], RelativeFilePath="jane/1")
    assert entry.file_names == 2
    assert "jane" not in repr(entry)


def test_read_bad_entries_do_not_stop_the_reading():
    items = read_all(as_file([{"MD5": "x"}, 5, None, {"MD5": MD5}]))
    assert [type(item).__name__ for item in items[1:]] == ["BadEntry"] * 3 + ["MediaEntry"]
    assert [item.position for item in items[1:]] == [1, 2, 3, 4]


# Embedded pictures


@pytest.mark.parametrize(
    "fields",
    [
        {"Thumbnail": PICTURE},
        {"Thumbnail": PICTURE[:800]},
        {"data": {"bytes": PICTURE}},
        {"FileContent": [PICTURE]},
        {"Miniature": [255, 216]},
        {"Anything": PICTURE},
        {"Comments": PICTURE},
        {"Comments": f"see {PICTURE}"},
        {"Comments": "see data:image/jpeg;base64,/9j/4AAQSkZJRg=="},
        {"Comments": "\r\n".join(PICTURE[at : at + 76] for at in range(0, len(PICTURE), 76))},
        {"Series": f"DATA:;base64,{PICTURE}"},
        {"Exifs": [{"PropertyName": "Model", "PropertyValue": PICTURE}]},
        {"Numbers": list(bytes(range(256)) * 5)},
        {"AlternativeHashes": [{"HashName": "TMK", "HashValue": PICTURE}]},
    ],
)
def test_read_drops_and_counts_a_picture(fields):
    entry = read_one(**fields)
    assert entry.dropped_binaries == 1
    assert entry.md5 == MD5.lower()
    assert not any(part in repr(entry) for part in (PICTURE[:40], "/9j/4A", "255, 216"))


@pytest.mark.parametrize("field", ["MD5", "PhotoDNA", "VictimIdentified", "Category", "DateUpdated"])
def test_read_picture_in_place_of_a_value_is_bad_and_never_shown(field):
    bad = read_one(**{field: PICTURE})
    assert isinstance(bad, vics.BadEntry)
    assert bad.dropped_binaries == 1
    assert PICTURE[:20] not in repr(bad)


@pytest.mark.parametrize("text", ["lorem ipsum " * 500, "بيت " * 500, "at 10:15, see data: none", "x" * 1024])
def test_read_long_text_is_no_picture(text):
    entry = read_one(Comments=text)
    assert (entry.comments, entry.dropped_binaries) == (text.strip(), 0)


@pytest.mark.parametrize("empty", [None, "", [], {}, True, 7])
def test_read_empty_picture_field_is_not_counted(empty):
    assert read_one(Thumbnail=empty).dropped_binaries == 0


def test_read_summary_counts_the_pictures_of_bad_entries_too():
    summary = vics.read_summary(as_file([{"MD5": MD5, "Data": PICTURE}, {"MD5": "x", "Data": PICTURE}]))
    assert (summary.good, summary.bad, summary.dropped_binaries) == (1, 1, 2)
    assert len(summary.problems) == 1


def test_read_summary_counts_the_pictures_of_a_case_once():
    case = {"CaseID": "7", "Thumbnail": PICTURE, "Media": [{"MD5": MD5}], "Preview": PICTURE}
    assert vics.read_summary(as_file([case], CASES)).dropped_binaries == 2


def test_read_summary_limits_what_it_keeps(monkeypatch):
    monkeypatch.setattr(vics, "MOST_SERIES", 2)
    entries = [{"MD5": MD5, "Series": name} for name in "abcab"] + [{"MD5": "x"}] * 5
    summary = vics.read_summary(as_file(entries), most_shown=3)
    assert (summary.series, summary.series_not_listed) == ({"a": 2, "b": 2}, 1)
    assert (summary.bad, len(summary.problems)) == (5, 3)


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


def test_read_too_many_alternative_hashes():
    listed = [{"HashName": f"H{number}", "HashValue": "ab"} for number in range(101)]
    assert reasons(AlternativeHashes=listed)[0].startswith("AlternativeHashes has more than 100 hashes.")


@pytest.mark.parametrize("field", ["Comments", "Unknown", "MD5", "k" * 5_100_000])
def test_read_entry_of_more_than_5_mb_is_bad_and_the_next_is_read(field):
    entries = [{"MediaID": 1, field: "a b " * 1_300_000}, {"MediaID": 2, "MD5": MD5}]
    _, bad, good = read_all(as_file(entries))
    assert (bad.media_id, bad.reasons) == ("1", (vics.TOO_LARGE,))
    assert good.media_id == "2"


def test_read_entry_of_a_million_small_values_is_bad():
    assert reasons(Numbers=[[]] * 700_000) == (vics.TOO_LARGE,)


@pytest.mark.parametrize("escape", [b"", b"\\/", b"\\u0041", b'\\"', b"\\\\"])
def test_read_string_of_40_mb_is_never_held(escape):
    picture = (b"/9j/4AAQSkZJRg" * 4_000 + escape for _ in range(700))
    parts = [b'{"value": [{"MD5": "%s", "Thumbnail": "' % MD5.encode(), *picture, b'"}, {"MD5": "0"}]}']
    tracemalloc.start()
    _, entry, bad = read_all(Endless(parts))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert entry.dropped_binaries == 1
    assert isinstance(bad, vics.BadEntry)
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
    with pytest.raises(vics.Unreadable, match=r"\.$"):
        read_all(io.BytesIO(whole[: at * 10] + noise + whole[at * 10 :]))


# Hash lists


def test_read_hash_list_names_the_bad_lines():
    lines = read_list(DATA / "hashlist.csv")
    bad = [line for line in lines if isinstance(line, vics.BadLine)]
    assert len(lines) - len(bad) == EXPECTED["hashlist"]["good"]
    assert [line.line for line in bad] == EXPECTED["hashlist"]["bad_lines"]
    assert bad[0].sentence == "MD5 'not-a-hash' is not 32 hexadecimal digits. Correct it or leave it out."
    assert lines[2] == vics.HashLine(4, "md5", "f5133a4ad093c09ce3f2e952da3da430", "série Étoile", "national list")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_read_hash_list_as_spreadsheets_write_it(encoding):
    text = f'"Value";"Algorithm";"Series"\r\n\r\n{PDQ};pdq;"a ""b"""\r\n{MD5};SHA-1;x'
    good, bad = read_list(io.BytesIO(text.encode(encoding)))
    assert good == vics.HashLine(3, "pdq", PDQ, 'a "b"', None)
    assert bad.line == 4


@pytest.mark.parametrize(
    "line",
    [
        b"TMK,abc",
        b"MD5",
        b"MD5,",
        b",",
        b'"MD5,x',
        b"MD5,\xff",
        b"MD5,%s,%s" % (MD5.encode(), b"x" * 300),
        b"PhotoDNA,x",
    ],
)
def test_read_hash_list_bad_line_does_not_stop_the_reading(line):
    text = b"algorithm,value,series\n" + line + b"\nMD5," + MD5.encode()
    bad, good = read_list(io.BytesIO(text))
    assert (bad.line, good.line) == (2, 3)
    assert bad.sentence.endswith(".")


@pytest.mark.parametrize("text", [b"", b"a,b\n1,2", b"MD5," + MD5.encode(), b"x" * 300_000, b"\xff\xfea"])
def test_read_hash_list_of_another_shape(text):
    with pytest.raises(vics.NotHashList):
        read_list(io.BytesIO(text))
