"""What kind of document a file is, told by its content: plain text, or a PDF without pictures; nothing else comes in."""

import logging
import re
import subprocess
import sys
from pathlib import Path

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

log = logging.getLogger("portal.documents")
PDF_CONTENTS = Path(__file__).with_name("pdf_contents.py")
PATIENCE = 20  # seconds for a PDF, whose process ends itself much earlier

UNFIT: dict[str, str | Promise] = {
    "beside": _("Something stands in this PDF beside its text. Save it again, as a plain PDF of text."),
    "locked": _("This PDF is locked with a password. Save it without one."),
    "unreadable": _("This PDF cannot be read. Save it again, as a plain PDF of text."),
    "picture": _("This PDF holds a picture or another file. Save it as a plain PDF of text."),
    "active": _("This PDF holds a script, or something that starts by itself. Print it to a new PDF and attach that."),
    "large": _("This PDF unpacks to far more than its text needs. Print it to a new PDF, or split it."),
    "slow": _("This PDF takes too long to look through. Print it to a new PDF, or split it."),
}

# Every search below takes one pass, whatever stands in the text: none of them begins anew inside what it has read.
DRAWING_START = re.compile(rb"p[1-6](?:\s++|#[^\r\n]*+[\r\n])++\d|p7\s|%!ps|\{\\rtf|/\* xpm")
DRAWING = re.compile(rb"<(?:[^\s<>:]+:)?svg[\s>/]|#define\s+\w+_width\b")
DATA_ADDRESS = re.compile(rb"data:\w{1,20}/")
# Letters, digits and what base64 has beside them become one letter, so that runs of it are plain words to look for.
BASE64 = bytes(65 if chr(byte).isalnum() and byte < 128 or byte in b"+/=" else byte for byte in range(256))
LONG_RUN = b"A" * 1024
LINES = re.compile(rb"\n" + rb"A" * 60 + rb"A*[ \t]*\r?(?:\nA{60,}[ \t]*\r?){3}\n")


class NoDocument(ValueError):
    """The file may not come in; the sentence says why and what to do."""


def kind_of(data: bytes) -> str:
    """Return the content type of a document, or raise NoDocument. Names and endings are not asked."""
    if data.startswith(b"%PDF-"):
        word = looked_through(data)
        if word != "fit":
            raise NoDocument(UNFIT[word])
        return "application/pdf"
    demand_plain_text(data)
    return "text/plain; charset=utf-8"


def looked_through(data: bytes) -> str:
    """Return "fit", or why this PDF may not come in: a process of its own says it, without the portal's secrets.

    A file that makes the parser run on, or eat the memory, ends that process and no other.
    """
    command = [sys.executable, "-I", str(PDF_CONTENTS)]
    try:
        done = subprocess.run(command, input=data, capture_output=True, env={}, timeout=PATIENCE, check=False)  # noqa: S603
    except subprocess.TimeoutExpired:
        return "slow"
    word = done.stdout.decode()
    if word == "fit" or word in UNFIT:
        return word
    log.warning("a PDF was not looked through to its end: its process ended with %s", done.returncode)
    return "slow"


def demand_plain_text(data: bytes) -> None:
    """Raise NoDocument for what is no text, and for a picture or packed data written as text."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        raise NoDocument(_("This is no PDF and no plain text. Images and other files are not stored here.")) from None
    lowered = data.lower()
    if DRAWING_START.match(lowered.removeprefix(b"\xef\xbb\xbf").lstrip()) or DRAWING.search(lowered):
        raise NoDocument(
            _("This is a drawing, or a format that can hold one. Save it as plain text, or as a plain PDF of text.")
        )
    if b"\0" in data or DATA_ADDRESS.search(lowered) or is_packed(data):
        raise NoDocument(_("This text holds packed data. Images and other files are not stored here."))


def is_packed(data: bytes) -> bool:
    """Return whether a text holds base64: a thousand letters without a gap, or long lines of nothing else."""
    flat = data.translate(BASE64)
    return LONG_RUN in flat or LINES.search(b"\n" + flat + b"\n") is not None
