"""Looks through one PDF in a process of its own: the file comes on standard input, one word goes to standard output.

It needs nothing of the portal: whatever a hostile file makes of the parser, it meets no key, no data and no web worker.
"""

import contextlib
import os
import re
import resource
import sys
from collections import defaultdict
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from pypdf import PdfReader, overwrite_configuration
from pypdf.errors import LimitReachedError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject, StreamObject

# Bytes that the whole file may unpack to, and how many times its own size beyond the first ones: more is a bomb.
MOST_OPENED = 50 * 1024 * 1024
ALWAYS_OPENED = 5 * 1024 * 1024
MOST_TIMES = 50
LIMITS = {
    resource.RLIMIT_CPU: 4,  # seconds
    resource.RLIMIT_AS: 640 * 1024 * 1024,
    resource.RLIMIT_FSIZE: 0,
    resource.RLIMIT_CORE: 0,
}

RAW_PICTURE = re.compile(rb"\xff\xd8\xff.{3}(?:JFIF|Exif)|\x89PNG\r\n\x1a\n|GIF8[79]a", re.S)
PICTURE = re.compile(rb"\xff\xd8\xff|\x89PNG\r\n|GIF8[79]a|RIFF....WEBP|\0\0\0.ftyp|\0\0\0\x0cjP|II\*\0|MM\0\*", re.S)
PICTURE_FILTERS = {"/DCTDecode", "/DCT", "/JPXDecode", "/CCITTFaxDecode", "/CCF", "/JBIG2Decode"}
PICTURE_KINDS = {"/Image", "/Movie", "/Sound", "/3D"}
FILE_KEYS = {"/EF", "/EmbeddedFiles"}
ACTIVE_KEYS = {"/JS", "/JavaScript", "/AA", "/XFA", "/RichMediaContent"}
ACTIVE_KINDS = {
    "/JavaScript", "/Launch", "/RichMedia", "/RichMediaExecute", "/Rendition", "/Movie", "/Sound", "/Screen",
    "/SubmitForm", "/ImportData", "/GoToR", "/GoToE", "/FileAttachment",
}  # fmt: skip
# A stream that is used as nothing else draws nothing; its bytes may spell anything.
NOT_DRAWN = {"/FontFile", "/FontFile2", "/FontFile3", "/CIDToGIDMap", "/CIDSet"}
BOOKKEEPING = {"/XRef", "/ObjStm"}

# An inline picture is an operator BI, a width and an operator ID. A number may stand before an operator without a gap.
# Each is searched for once, from where the one before was found: what repeats BI for ever costs one pass.
GAP = rb"[\s\0()<>\[\]{}%]"
INLINE = [re.compile(GAP + rb"[0-9.+-]*BI(?=" + GAP + rb"|/)"), re.compile(rb"/(?:W|#57)")]
INLINE.append(re.compile(GAP + rb"[0-9.+-]*ID(?=" + GAP + rb"|/)"))


class Unfit(Exception):
    """The file may not come in; the word says why."""


def look_through(data: bytes) -> None:
    """Raise Unfit for a PDF that holds more than text, or that cannot be read to its end."""
    if data.rpartition(b"%%EOF")[2].strip() or RAW_PICTURE.search(data):
        raise Unfit("beside")
    contents = Contents(data)
    contents.read()
    contents.demand_no_picture()


class Contents:
    """The objects of a PDF, packed ones included, and how much of it has been unpacked so far."""

    def __init__(self, data: bytes) -> None:
        self.left = min(MOST_OPENED, max(ALWAYS_OPENED, MOST_TIMES * len(data)))
        self.limit()
        self.reader = PdfReader(BytesIO(data), strict=False)
        self.streams: dict[tuple[int, int], StreamObject] = {}
        self.uses: dict[tuple[int, int], set[str]] = defaultdict(set)
        self.pages: dict[tuple[int, ...], list[StreamObject]] = {}  # contents in several streams

    def read(self) -> None:
        """Read every object once; refuse a locked file, and what acts or holds a file."""
        if self.reader.is_encrypted:
            raise Unfit("locked")
        self.take(self.reader.trailer)
        for place, found in self.objects():
            if isinstance(found, StreamObject):
                self.streams[place] = found
            self.take(found)

    def limit(self) -> None:
        """Let the parser unpack no more than is left: it stops there, and does not unpack first and look then."""
        names = ("zlib", "lzw", "run_length", "brotli", "array_based_stream")
        lengths: dict[str, Any] = {f"{name}_maximum_output_length": max(self.left, 1) for name in names}
        overwrite_configuration(**lengths, jbig2dec_binary=None)

    def objects(self) -> Iterator[tuple[tuple[int, int], Any]]:
        """Yield every object with its number and generation."""
        numbers = {(number, generation) for generation, known in self.reader.xref.items() for number in known}
        numbers |= {(number, 0) for number in self.reader.xref_objStm}
        for number, generation in sorted(numbers):
            yield (number, generation), self.reader.get_object(IndirectObject(number, generation, self.reader))

    def take(self, found: Any) -> None:
        """Judge an object and every dictionary inside it, and note under which names it uses others."""
        waiting = [("", found)]
        while waiting:
            key, one = waiting.pop()
            if isinstance(one, IndirectObject):
                self.uses[one.idnum, one.generation].add(key)
            elif isinstance(one, ArrayObject):
                waiting.extend((key, inner) for inner in one)
            elif isinstance(one, DictionaryObject):
                refuse_active(one)
                self.note_page(one)
                waiting.extend(one.items())

    def note_page(self, part: DictionaryObject) -> None:
        """Keep the streams of a page that has several: a picture may begin in one and end in another."""
        streams = found_in(part, "/Contents")
        if isinstance(streams, ArrayObject) and len(streams) > 1:
            known = [one for one in streams if isinstance(one, IndirectObject)]
            found = [one.get_object() for one in known]
            self.pages[tuple(one.idnum for one in known)] = [one for one in found if isinstance(one, StreamObject)]

    def demand_no_picture(self) -> None:
        """Raise Unfit for a picture, by its name or by its bytes, or drawn in a page or a part of one."""
        for place, stream in self.streams.items():
            opened = self.unpacked(stream)
            is_one = PICTURE.match(opened) or RAW_PICTURE.search(opened)
            if is_one or (self.is_drawn(place, stream) and draws_picture(opened)):
                raise Unfit("picture")
        for streams in self.pages.values():
            pieces = [self.unpacked(stream) for stream in streams]
            if draws_picture(b"".join(pieces)) or draws_picture(b" ".join(pieces)):
                raise Unfit("picture")

    def unpacked(self, stream: StreamObject) -> bytes:
        """Return the bytes of a stream, as long as the file has some left; they are not kept."""
        if is_picture(stream):
            raise Unfit("picture")
        opened = stream.get_data()
        if hasattr(stream, "decoded_self"):
            stream.decoded_self = None
        self.left -= len(opened)
        if self.left < 0:
            raise Unfit("large")
        self.limit()
        return opened

    def is_drawn(self, place: tuple[int, int], stream: StreamObject) -> bool:
        """Return whether a stream may be part of a page, whatever it says of itself."""
        if place in self.uses:
            return not self.uses[place] <= NOT_DRAWN
        return name_in(stream, "/Type") not in BOOKKEEPING


def found_in(part: DictionaryObject, key: str) -> Any:
    """Return what stands under a key, or None; it may stand in an object of its own."""
    found = part.get(key)
    return None if found is None else found.get_object()


def name_in(part: DictionaryObject, key: str) -> str:
    """Return the name that stands under a key, or nothing."""
    found = found_in(part, key)
    return str(found) if isinstance(found, NameObject) else ""


def refuse_active(part: DictionaryObject) -> None:
    """Raise Unfit for what holds a file, runs, or starts by itself; opening at a certain page is neither."""
    if FILE_KEYS & part.keys():
        raise Unfit("picture")
    first = found_in(part, "/OpenAction")
    starts = isinstance(first, DictionaryObject) and name_in(first, "/S") != "/GoTo"
    if starts or ACTIVE_KEYS & part.keys() or {name_in(part, "/S"), name_in(part, "/Subtype")} & ACTIVE_KINDS:
        raise Unfit("active")


def is_picture(stream: StreamObject) -> bool:
    """Return whether a stream says that it is a picture or a file."""
    filters = found_in(stream, "/Filter")
    names = {str(one.get_object()) for one in (filters if isinstance(filters, ArrayObject) else [filters]) if one}
    is_named = name_in(stream, "/Subtype") in PICTURE_KINDS or name_in(stream, "/Type") == "/EmbeddedFile"
    return is_named or bool(names & PICTURE_FILTERS) or {"/Width", "/Height"} <= stream.keys()


def draws_picture(content: bytes) -> bool:
    """Return whether the contents of a page hold a picture between their lines."""
    if b"BI" not in content or b"ID" not in content:
        return False
    content, at = b" " + content, 0
    for pattern in INLINE:
        found = pattern.search(content, at)
        if found is None:
            return False
        at = found.end()
    return True


def verdict(data: bytes) -> str:
    """Return "fit", or the word that says why the file may not come in."""
    try:
        look_through(data)
    except Unfit as unfit:
        return str(unfit)
    except (LimitReachedError, MemoryError):
        return "large"
    except Exception:  # whatever a broken file makes of the parser, it is a file that cannot be read
        return "unreadable"
    return "fit"


def main() -> None:
    """Judge what comes in, within limits of time and memory that end this process alone."""
    for kind, most in LIMITS.items():
        with contextlib.suppress(ValueError, OSError):  # not every system limits everything
            resource.setrlimit(kind, (most, most))
    os.nice(5)
    sys.stdout.write(verdict(sys.stdin.buffer.read()))


if __name__ == "__main__":
    main()
