"""What kind of document a file is, told by its content: plain text, or a PDF without pictures; nothing else comes in."""

import re
from collections.abc import Iterator
from io import BytesIO

from django.utils.translation import gettext_lazy as _
from pypdf import PdfReader
from pypdf.errors import PyPdfError
from pypdf.generic import DictionaryObject, IndirectObject, StreamObject

MOST_OPENED = 50 * 1024 * 1024  # bytes of unpacked PDF: more is a bomb, not a letter
PICTURE = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n|GIF8[79]a|RIFF....WEBP|\x00\x00\x00.ftyp", re.S)
RAW_PICTURE = re.compile(rb"\xff\xd8\xff.{3}(?:JFIF|Exif)|\x89PNG\r\n\x1a\n|GIF8[79]a", re.S)
INLINE_PICTURE = re.compile(rb"(?:^|\s)BI\s.{0,2000}?\sID\s", re.S)
PACKED_TEXT = re.compile(r"data:\w+/|<svg[\s>]|[A-Za-z0-9+/]{1024}|(?:^[A-Za-z0-9+/=]{60,}[ \t]*\r?\n){4}", re.I | re.M)


class NoDocument(ValueError):
    """The file may not come in; the sentence says why and what to do."""


def kind_of(data: bytes) -> str:
    """Return the content type of a document, or raise NoDocument. Names and endings are not asked."""
    if data.startswith(b"%PDF-"):
        demand_no_picture(data)
        return "application/pdf"
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise NoDocument(_("This is no PDF and no plain text. Images and other files are not stored here.")) from None
    if "\0" in text or PACKED_TEXT.search(text + "\n"):
        raise NoDocument(_("This text holds packed data. Images and other files are not stored here."))
    return "text/plain; charset=utf-8"


def demand_no_picture(data: bytes) -> None:
    """Raise NoDocument for a PDF that holds a picture or a file, or that cannot be read to its end."""
    if data.rpartition(b"%%EOF")[2].strip() or RAW_PICTURE.search(data):
        raise NoDocument(_("Something stands in this PDF beside its text. Save it again, as a plain PDF of text."))
    try:
        reader = PdfReader(BytesIO(data), strict=False)
        if reader.is_encrypted:
            raise NoDocument(_("This PDF is locked with a password. Save it without one."))
        holds_picture = any(has_file(found) or is_picture(found) for found in objects(reader))
    except (PyPdfError, ValueError, KeyError, TypeError, RecursionError, OverflowError) as problem:
        if isinstance(problem, NoDocument):
            raise
        raise NoDocument(_("This PDF cannot be read. Save it again, as a plain PDF of text.")) from None
    if holds_picture:
        raise NoDocument(_("This PDF holds a picture or another file. Save it as a plain PDF of text."))


def objects(reader: PdfReader) -> Iterator[DictionaryObject]:
    """Return every dictionary and stream of a PDF, those inside packed objects too."""
    numbers = {(number, generation) for generation, known in reader.xref.items() for number in known}
    numbers |= {(number, 0) for number in reader.xref_objStm}
    for number, generation in sorted(numbers):
        found = reader.get_object(IndirectObject(number, generation, reader))
        if isinstance(found, DictionaryObject):
            yield found


def has_file(found: DictionaryObject) -> bool:
    """Return whether an object attaches a file to the document."""
    return "/EF" in found or "/EmbeddedFiles" in found


def is_picture(stream: DictionaryObject) -> bool:
    """Return whether a stream is a picture or a file, or has one inside; an object that is no stream is neither."""
    if not isinstance(stream, StreamObject):
        return False
    if stream.get("/Subtype") in ("/Image", "/Movie", "/Sound", "/3D") or stream.get("/Type") == "/EmbeddedFile":
        return True
    opened = stream.get_data()
    if len(opened) > MOST_OPENED:
        raise NoDocument(_("This PDF unpacks to more than 50 MB. Split it."))
    return bool(PICTURE.search(opened[:64]) or INLINE_PICTURE.search(opened))
