"""Reading hash lists: the invented one, those that spreadsheets write, bad lines, and other files."""

import io

import pytest

from tests.victims.vics_files import DATA, EXPECTED, MD5, PDQ
from victims.hash_lists import NotHashList, is_hash_list, read_hash_list
from victims.vics_entries import BadEntry, MediaEntry


def read_list(source):
    return list(read_hash_list(source))


def test_read_hash_list_names_the_bad_lines():
    lines = read_list(DATA / "hashlist.csv")
    bad = [line for line in lines if isinstance(line, BadEntry)]
    assert len(lines) - len(bad) == EXPECTED["hashlist"]["good"]
    assert [line.line for line in bad] == EXPECTED["hashlist"]["bad_lines"]
    assert bad[0].reasons == ("MD5 'not-a-hash' is not 32 hexadecimal digits. Correct it or leave it out.",)
    assert lines[2] == MediaEntry(
        position=3,
        line=4,
        media_id="",
        md5="f5133a4ad093c09ce3f2e952da3da430",
        series="série Étoile",
        tags=("national list",),
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_read_hash_list_as_spreadsheets_write_it(encoding):
    text = f'"Value";"Algorithm";"Series"\r\n\r\n{PDQ};pdq;"a ""b"""\r\n{MD5};SHA-1;x'
    good, bad = read_list(io.BytesIO(text.encode(encoding)))
    assert good == MediaEntry(position=1, line=3, media_id="", pdq=PDQ, series='a "b"')
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
    assert bad.reasons[0].endswith(".")


@pytest.mark.parametrize("text", [b"", b"a,b\n1,2", b"MD5," + MD5.encode(), b"x" * 300_000, b"\xff\xfea"])
def test_read_hash_list_of_another_shape(text):
    with pytest.raises(NotHashList):
        read_list(io.BytesIO(text))


@pytest.mark.parametrize(
    ("text", "name", "meant"),
    [
        (b"algorithm,value", "list", True),
        (b"\xef\xbb\xbfValue;Algorithm", "list", True),
        ("algorithm,value".encode("utf-16"), "list", True),
        (b"anything", "list.CSV", True),
        (b' {"algorithm": "value"}', "list.csv", False),
        (b"\xef\xbb\xbf{}", "case.json", False),
        (b"anything", "case.json", False),
        (b"\xff\xfea", "case", False),
    ],
)
def test_is_hash_list(text, name, meant):
    assert is_hash_list(io.BytesIO(text), name) is meant
