"""Checking media entries: every field, right and wrong, and the pictures that some programs embed."""

import io
import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.victims.vics_files import MD5, PDQ, PHOTODNA, PICTURE, as_file, read_all, read_one, reasons
from victims.vics_entries import NO_HASH, TOO_LARGE, BadEntry, MediaEntry


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
        assert isinstance(entry, BadEntry)


@given(st.binary(min_size=16, max_size=16), st.booleans(), st.sampled_from(["", " ", "\n"]))
def test_read_hash_of_the_right_length_in_either_case(value, is_upper, margin):
    text = value.hex().upper() if is_upper else value.hex()
    assert read_one(MD5=margin + text + margin).md5 == value.hex()


@given(st.text(max_size=70).filter(lambda text: text and not re.fullmatch(r"\s*[0-9a-fA-F]{32}\s*", text)))
def test_read_hash_of_any_other_text_is_bad(text):
    assert isinstance(read_one(MD5=text), BadEntry)


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
    assert bad.reasons == (NO_HASH,)


@pytest.mark.parametrize(("written", "meant"), [(1, 1), ("2", 2), (3.0, 3), (0, None), (None, None), ("", None)])
def test_read_category(written, meant):
    assert read_one(Category=written).category == meant


@pytest.mark.parametrize("written", [-1, 1.5, "x", True, 40000, [1]])
def test_read_category_that_is_no_number(written):
    assert reasons(Category=written)[0].startswith("Category is not a whole number")


@pytest.mark.parametrize("number", ["1e999999999", "9" * 4000, "-5", "1e-999999999"])
def test_read_size_of_a_hostile_number(number):
    text = f'{{"value": [{{"MD5": "{MD5}", "MediaSize": {number}}}]}}'
    assert isinstance(read_all(io.BytesIO(text.encode()))[1], BadEntry)


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


def test_read_too_many_alternative_hashes():
    listed = [{"HashName": f"H{number}", "HashValue": "ab"} for number in range(101)]
    assert reasons(AlternativeHashes=listed)[0].startswith("AlternativeHashes has more than 100 hashes.")


def test_read_entry_of_a_million_small_values_is_bad():
    assert reasons(Numbers=[[]] * 700_000) == (TOO_LARGE,)


@pytest.mark.parametrize(("field", "longest"), [("MediaID", 60), ("MimeType", 80), ("Series", 200), ("Tags", 200)])
def test_read_text_longer_than_its_column_is_bad(field, longest):
    assert isinstance(read_one(**{field: "x " * (longest // 2)}), MediaEntry)
    sentence = f"{field} is longer than {longest} characters. Shorten it or leave it out."
    assert reasons(**{field: "x" * (longest + 1)}) == (sentence,)


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
    assert isinstance(bad, BadEntry)
    assert bad.dropped_binaries == 1
    assert PICTURE[:20] not in repr(bad)


@pytest.mark.parametrize("text", ["lorem ipsum " * 500, "بيت " * 500, "at 10:15, see data: none", "x" * 1024])
def test_read_long_text_is_no_picture(text):
    entry = read_one(Comments=text)
    assert (entry.comments, entry.dropped_binaries) == (text.strip(), 0)


@pytest.mark.parametrize("empty", [None, "", [], {}, True, 7])
def test_read_empty_picture_field_is_not_counted(empty):
    assert read_one(Thumbnail=empty).dropped_binaries == 0
