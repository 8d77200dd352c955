"""What comes in as a document: pictures in every dress are refused, and a hostile file costs nobody else anything."""

import signal
import zlib
from contextlib import contextmanager
from io import BytesIO

import pytest

from victims import document_types
from victims.document_types import UNFIT, NoDocument, kind_of, looked_through
from victims.pdf_contents import ALWAYS_OPENED, MOST_OPENED

TEN_MEGABYTES = 10 * 1024 * 1024
ROOT, PAGES = b"<</Type/Catalog/Pages 2 0 R%s>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>"
PAGE = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]/Contents %s%s>>"
DRAWN = b"q BI /W 8 /H 8 /BPC 8 /CS /G ID aaaaaaaa EI Q"
TEXT = "text/plain; charset=utf-8"


def stream(data: bytes, entries: bytes = b"") -> bytes:
    return b"<<%s/Length %d>>stream\n%s\nendstream" % (entries, len(data), data)


def flat(data: bytes, entries: bytes = b"") -> bytes:
    return stream(zlib.compress(data, 9), b"/Filter/FlateDecode" + entries)


def pdf(*objects: bytes, root: bytes = b"", contents: bytes = b"4 0 R", page: bytes = b"") -> bytes:
    """Return a PDF of one page; the objects are numbered from 4 on."""
    file, places = BytesIO(), []
    file.write(b"%PDF-1.7\n")
    for number, found in enumerate([ROOT % root, PAGES, PAGE % (contents, page), *objects], 1):
        places.append(file.tell())
        file.write(b"%d 0 obj\n%s\nendobj\n" % (number, found))
    at, size = file.tell(), len(places) + 1
    file.write(b"xref\n0 %d\n0000000000 65535 f \n" % size + b"".join(b"%010d 00000 n \n" % place for place in places))
    file.write(b"trailer\n<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, at))
    return file.getvalue()


WORDS = stream(b"BT /F1 12 Tf (words) Tj ET")

DRAWINGS = {
    "no gap after BI": pdf(stream(b"q\nBI/W 8/H 8/BPC 8/CS/G ID aaaaaaaa EI Q")),
    "behind a string": pdf(stream(b"()BI\n/W 8 /H 8 /BPC 8 /CS /G\nID aaaaaaaa\nEI Q")),
    "behind a number": pdf(stream(b"0BI /W 8/H 8/BPC 8ID aaaaaaaa EI Q")),
    "width in other letters": pdf(stream(b"BI /#57idth 8 /H 8 /CS /G ID aaaaaaaa EI")),
    "long comment inside": pdf(stream(b"q BI %" + b"x" * 5000 + b"\n/W 8 /H 8 /BPC 8 /CS /G ID aaaaaaaa EI Q")),
    "split over two streams": pdf(stream(b"q BI /W 8 /H 8 /CS /G"), stream(b" ID aa EI Q"), contents=b"[4 0 R 5 0 R]"),
    "operator split over two": pdf(stream(b"q B"), stream(b"I /W 8 /H 8 /CS/G ID aa EI"), contents=b"[4 0 R 5 0 R]"),
    "streams named elsewhere": pdf(b"[5 0 R 6 0 R]", stream(b"q BI /W 8 /H 8"), stream(b"/CS /G ID aaaa EI Q")),
    "table in a list of streams": pdf(b"[5 0 R]", stream(DRAWN, b"/Type/XRef")),
    "page that is a font as well": pdf(stream(DRAWN), b"<</Type/FontDescriptor/FontFile2 4 0 R>>"),
    "part of a page": pdf(
        WORDS, flat(DRAWN, b"/Type/XObject/Subtype/Form"), page=b"/Resources<</XObject<</A 5 0 R>>>>"
    ),
}
PICTURES = {
    "kind named elsewhere": pdf(WORDS, flat(b"aaaa", b"/Subtype 6 0 R/Width 2/Height 2"), b"/Image"),
    "known by its size": pdf(WORDS, flat(b"aaaa", b"/Width 2/Height 2")),
    "known by its filter": pdf(WORDS, stream(b"aaaa", b"/Filter[/DCTDecode]")),
    "tiff without a name": pdf(WORDS, flat(b"II*\0\x08\0\0\0")),
    "picture behind other bytes": pdf(WORDS, flat(b"x" * 90 + b"\x89PNG\r\n\x1a\n")),
    "attached file": pdf(WORDS, root=b"/Names<</EmbeddedFiles<</Names[(a)5 0 R]>>>>"),
}
ACTIVE = {
    "script at the start": pdf(WORDS, root=b"/OpenAction<</S/JavaScript/JS(app.alert(1))>>"),
    "action named elsewhere": pdf(WORDS, b"<</S 6 0 R/F(a)>>", b"/Launch", root=b"/OpenAction 5 0 R"),
    "address at the start": pdf(WORDS, root=b"/OpenAction<</S/URI/URI(http://portal.invalid/)>>"),
    "program": pdf(WORDS, page=b"/Annots[<</Subtype/Link/A<</S/Launch/F(cmd.exe)>>>>]"),
    "named scripts": pdf(WORDS, root=b"/Names<</JavaScript<</Names[]>>>>"),
    "actions of a page": pdf(WORDS, page=b"/AA<</O<</S/Named/N/Print>>>>"),
    "rich media": pdf(WORDS, page=b"/Annots[<</Subtype/RichMedia>>]"),
    "form with scripts": pdf(WORDS, root=b"/AcroForm<</XFA 5 0 R>>"),
}
FIT = {
    "opening at a page": pdf(WORDS, root=b"/OpenAction[3 0 R /XYZ null null 0]"),
    "opening by an action": pdf(WORDS, root=b"/OpenAction<</S/GoTo/D[3 0 R/Fit]>>"),
    "link": pdf(WORDS, page=b"/Annots[<</Subtype/Link/A<</S/URI/URI(https://portal.invalid/)>>>>]"),
    "font called BI": pdf(stream(b"BT /BI 12 Tf /F1BI 12 Tf (the BI and the ID card) Tj ET")),
    "font that spells a picture": pdf(WORDS, flat(b"\0BI\0/W\0ID\0"), b"<</FontFile2 5 0 R>>"),
    "page in two streams": pdf(stream(b"BT (one)"), stream(b"Tj ET"), contents=b"[4 0 R 5 0 R]"),
}
TEXT_DRAWINGS = {
    "netpbm": b"P3\n2 2\n255\n" + b"9 9 9 " * 4,
    "netpbm of bits": b"P1 2 2 0 1 1 0",
    "netpbm of bytes": b"P6 2 2 255\n" + b"abc" * 4,
    "netpbm with comments": b"P2#one\n# two\n 2 2 9 1 2 3 4",
    "pam": b"P7\nWIDTH 2\nHEIGHT 2\nENDHDR\naaaa",
    "xbm": b"/* me */\n#define me_width 8\n#define me_height 8\nstatic char me_bits[]={0x1,0x2};",
    "xpm": b'/* XPM */ static char *a[] = {"1 1 1 1"};',
    "svg under a prefix": b'<?xml version="1.0"?><s:svg xmlns:s="http://www.w3.org/2000/svg"/>',
    "svg under an Arabic prefix": '<رسم:svg xmlns:رسم="http://www.w3.org/2000/svg"/>'.encode(),
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n8 8 8 [8 0 0 8 0 0] {<ff00>} image\nshowpage",
    "rtf": b"\xef\xbb\xbf {\\rtf1{\\pict\\jpegblip ffd8ffe0}}",
}
TEXTS = {
    "witness": b"P1 called at nine. P2 24 hours later.",
    "about svg": b"The svg> tag, she said: svg/xml, data: none.",
    "lines of digests": (b"d41d8cd98f00b204e9800998ecf8427e\n") * 40,
    "definition": b"#define lines 8",
}
LONG_TEXTS = {
    "runs just below the limit": (b"a" * 1023 + b" ") * (TEN_MEGABYTES // 1024),
    "one word after data": b"data:" + b"a " * (TEN_MEGABYTES // 2 - 3),
    "many beginnings of addresses": b"data:" * (TEN_MEGABYTES // 5),
    "many beginnings of drawings": b"<a:" * (TEN_MEGABYTES // 3),
    "definition without an end": b"#define " + b"_" * (TEN_MEGABYTES - 8),
    "gap after a definition": b"#define" + b" " * (TEN_MEGABYTES - 7),
    "gap after a beginning": b"P1" + b" " * (TEN_MEGABYTES - 2),
    "comments after a beginning": b"P1" + b"#\n" * (TEN_MEGABYTES // 2 - 1),
    "lines just too few": ((b"a" * 60 + b"\n") * 3 + b"-\n") * (TEN_MEGABYTES // 185),
}
HOSTILE = {
    "45 MB of BI": (pdf(flat(b" BI" * 15_000_000)), "large"),
    "5 MB of BI with a width": (pdf(flat(b"BI/W" + b" BI" * 1_600_000)), "fit"),
    "unpacked twice": (
        pdf(stream(zlib.compress(zlib.compress(bytes(200_000_000), 9), 9), b"/Filter[/FlateDecode/FlateDecode]")),
        "large",
    ),
    "many streams": (pdf(*[flat(bytes(2_000_000)) for _ in range(20)]), "large"),
    "a thousand lists of one stream": (
        pdf(flat(b"a " * 100_000), *[b"<</Contents[4 0 R 4 0 R %d 0 R]>>" % number for number in range(5, 1005)]),
        "large",
    ),
    "lists in lists": (pdf(WORDS, b"[" * 50_000 + b"]" * 50_000), "unreadable"),
}


@contextmanager
def working_at_most(seconds: int):
    """Stop what works longer: seconds of this process's own work, however busy the machine is."""

    def stop(_number, _frame):
        raise AssertionError(f"still at work after {seconds} s")

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@pytest.mark.parametrize("data", DRAWINGS.values(), ids=DRAWINGS)
def test_picture_drawn_inside_a_page_is_refused(data):
    assert looked_through(data) == "picture"


@pytest.mark.parametrize("data", PICTURES.values(), ids=PICTURES)
def test_picture_that_hides_its_name_is_refused(data):
    assert looked_through(data) == "picture"


@pytest.mark.parametrize("data", ACTIVE.values(), ids=ACTIVE)
def test_pdf_that_acts_is_refused_with_the_remedy(data):
    with pytest.raises(NoDocument, match="Print it to a new PDF"):
        kind_of(data)


@pytest.mark.parametrize("data", FIT.values(), ids=FIT)
def test_pdf_that_only_looks_like_one_of_these_comes_in(data):
    assert kind_of(data) == "application/pdf"


@pytest.mark.parametrize("data", TEXT_DRAWINGS.values(), ids=TEXT_DRAWINGS)
def test_picture_written_as_text_is_refused_with_the_remedy(data):
    with pytest.raises(NoDocument, match="Save it as plain text"):
        kind_of(data)


@pytest.mark.parametrize("data", TEXTS.values(), ids=TEXTS)
def test_text_that_only_looks_like_a_picture_comes_in(data):
    assert kind_of(data) == TEXT


@pytest.mark.parametrize("data", LONG_TEXTS.values(), ids=LONG_TEXTS)
def test_long_text_is_read_once(data):
    with working_at_most(10):
        assert kind_of(data) == TEXT


@pytest.mark.parametrize(("data", "word"), HOSTILE.values(), ids=HOSTILE)
def test_hostile_pdf_is_judged_and_not_cut_short(data, word):
    assert looked_through(data) == word


def test_small_pdf_may_unpack_to_less_than_a_large_one():
    padding = stream(bytes(range(256)) * 600)
    spread = [flat(bytes(1_000_000)) for _ in range(1 + ALWAYS_OPENED // 1_000_000)]
    assert looked_through(pdf(*spread)) == "large"
    assert looked_through(pdf(*spread, padding)) == "fit"


def test_limit_counts_the_whole_file():
    padding = stream(bytes(range(256)) * 4096)
    half = flat(bytes(MOST_OPENED // 2))
    assert looked_through(pdf(half, padding)) == "fit"
    assert looked_through(pdf(half, half, padding)) == "large"


PROGRAMS = {
    "it is killed": "import os; os.kill(os.getpid(), 9)",
    "it eats the memory": "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 27, 1 << 27)); bytes(1 << 28)",
    "it does not end": "import time; time.sleep(60)",
    "it says something else": "print('fit and more')",
}


@pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS)
def test_pdf_that_breaks_its_own_process_is_refused(tmp_path, monkeypatch, program):
    (tmp_path / "program.py").write_text(program)
    monkeypatch.setattr(document_types, "PDF_CONTENTS", tmp_path / "program.py")
    monkeypatch.setattr(document_types, "PATIENCE", 2)
    with pytest.raises(NoDocument, match="takes too long"):
        kind_of(pdf(WORDS))


def test_process_that_reads_a_pdf_has_none_of_the_secrets(tmp_path, monkeypatch):
    (tmp_path / "program.py").write_text(
        "import os, sys\nsys.stdout.write('locked' if 'SAFE_RETURN_KEYS' in os.environ or 'django' in sys.modules else 'fit')"
    )
    monkeypatch.setattr(document_types, "PDF_CONTENTS", tmp_path / "program.py")
    assert looked_through(pdf(WORDS)) == "fit"


def test_process_that_reads_a_pdf_has_its_limits(tmp_path, monkeypatch):
    words = "resource.getrlimit(resource.RLIMIT_CPU)[1] <= 10 and resource.getrlimit(resource.RLIMIT_FSIZE)[1] == 0"
    source = document_types.PDF_CONTENTS.read_text()
    ending = f'sys.stdout.write("fit" if {words} else "locked")\n'
    (tmp_path / "program.py").write_text(source.replace("sys.stdout.write(verdict(sys.stdin.buffer.read()))", ending))
    monkeypatch.setattr(document_types, "PDF_CONTENTS", tmp_path / "program.py")
    assert ending in (tmp_path / "program.py").read_text()
    assert looked_through(pdf(WORDS)) == "fit"


def test_every_reason_has_its_sentence():
    source = document_types.PDF_CONTENTS.read_text()
    assert {word for word in UNFIT if f'Unfit("{word}")' in source or f'return "{word}"' in source} == set(UNFIT) - {
        "slow"
    }
