"""Reads VICS-shaped JSON as a stream, leaving out pictures, file names and contact names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal

import ijson
from django.utils.translation import gettext_noop as _

from victims.binaries import BINARY_KEYS, DROPPED, LONGEST_BASE64, Dropped, is_binary
from victims.sources import Readable, Sentence, Source, Unreadable, opened, utf8
from victims.vics_entries import LARGEST_ENTRY, BadEntry, Check, MediaEntry, check_entry, day, size, text

LONGEST_STRING = 6_000_000  # bytes; a longer one cannot be accepted, so the parser need not hold it
DEEPEST = 30  # VICS itself nests seven levels
PIECE = 1_024

ENTRY_KEYS = {"mediaid", "md5", "sha1", "sha256", "photodna", "pdq", "alternativehashes", "mediafiles", "mediasize"}
CASE_KEYS = {"caseid", "casenumber"}

NO_MEDIA = _("This is not a VICS file: it has no list 'value' of media or of cases. Export it as VICS 1.3 or 2.0.")
NO_JSON = _("This is not a VICS file: it is not JSON. If it is an archive, unpack it and send the JSON file inside.")
TOO_DEEP = _(
    "The file is nested too deeply to be a VICS file near byte %(byte)s, line %(line)s, after media entry %(entry)s. "
    "Export it again and check that the copy is complete."
)
BREAKS_OFF = _(
    "The file breaks off near byte %(byte)s, line %(line)s, after media entry %(entry)s. "
    "Export it again and check that the copy is complete."
)
NOT_UTF16 = _(
    "The file holds text that is not UTF-16 near byte %(byte)s, line %(line)s, after media entry %(entry)s. "
    "Export it again and check that the copy is complete."
)
NOT_UTF8 = _(
    "The file holds text that is not UTF-8 near byte %(byte)s, line %(line)s, after media entry %(entry)s. "
    "Export it again and check that the copy is complete."
)
TOO_LONG_A_NUMBER = _(
    "The file holds a number far too long near byte %(byte)s, line %(line)s, after media entry %(entry)s. "
    "Export it again and check that the copy is complete."
)
DAMAGED = _(
    "The file is damaged near byte %(byte)s, line %(line)s, after media entry %(entry)s. "
    "Export it again and check that the copy is complete."
)

_CONTEXT = re.compile(r"DataModels/(\d+(?:\.\d+)*)(?:\.xml)?(?:/([\w-]{1,20})/)?[^#]*(?:#(\w+))?", re.IGNORECASE)
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_WHOLE_ESCAPES = re.compile(rb"(?:[^\\]++|\\u[0-9a-fA-F]{4}|\\[^u])*+")
# A long run without a quotation mark stays one piece: for each piece the parser goes over the open string again.
_PIECES = re.compile(rb'[^"\n]{%d,}+|[^\n]{1,%d}\n?|\n' % (PIECE, PIECE))


class NotVics(Unreadable):
    """The file is not JSON, or not JSON in the shape of VICS."""


class BrokenFile(Unreadable):
    """The file is damaged: `offset` (bytes) and `line` of the last sound place, `position` of the last whole entry."""

    def __init__(self, template: str, *, offset: int, line: int, position: int) -> None:
        self.offset, self.line, self.position = offset, line, position
        super().__init__(Sentence(template, byte=f"{offset:,}", line=f"{line:,}", entry=f"{position:,}"))


@dataclass(frozen=True, slots=True)
class CaseHeader:
    """What a file says of a case or hash set; the contact person's name is left out, it is personal data.

    If a case goes on after its media, its header comes a second time, complete, with the same `position` (from 1).
    The stated totals are often wrong in real files: they are for showing, never for counting.
    """

    position: int
    shape: Literal["case", "hash set"]
    model_version: str | None
    country: str | None
    case_id: str | None
    number: str | None
    organisation: str | None
    seizure_date: date | None
    source_application: str | None
    source_version: str | None
    stated_media: int | None
    stated_precategorized: int | None
    dropped_binaries: int


Item = CaseHeader | MediaEntry | BadEntry


def read(source: Source) -> Iterator[Item]:
    """Yields each header and then its media entries, good and bad, in the order of the file, in constant memory.

    `source` is a path or a binary file, in UTF-8, or in UTF-16 with its byte-order mark.
    Raises NotVics, or BrokenFile once everything before the damage has been yielded.
    """
    with opened(source) as file:
        yield from _Reader(file).read()


@dataclass(slots=True)
class _Load:
    """How heavy an entry is so far: characters of text, and binaries dropped."""

    size: int = 0
    dropped: int = 0


class _Reader:
    """Walks the JSON tokens of one file; `offset` and `line` are where the piece in hand begins."""

    def __init__(self, file: Readable) -> None:
        self.offset, self.line = 0, 1
        self.position = self.headers = 0
        self.version: str | None = None
        self.country: str | None = None
        self.kind = ""  # what the file says it lists: cases or media
        self.in_hash_set = False
        self.tokens = self._tokens(file)
        self.next = self.tokens.__next__

    def read(self) -> Iterator[Item]:
        self._open_document()
        while (token := self.next())[0] != "end_map":
            key, (event, value) = token[1].lower(), self.next()
            if key == "value" and event == "start_array":
                yield from self._items()
            elif key in ("odata.metadata", "@odata.context"):
                self._read_context(self._take(event, value, _Load()))
            else:
                self._take(event, value, _Load())
        for _token in self.tokens:
            pass  # going on to the end shows whether anything follows the document
        if not self.headers:
            raise NotVics(Sentence(NO_MEDIA))

    def _open_document(self) -> None:
        event = ""
        with suppress(BrokenFile):
            event, _ = self.next()
        if event != "start_map":
            raise NotVics(Sentence(NO_MEDIA if event else NO_JSON))

    def _read_context(self, address: Any) -> None:
        match = _CONTEXT.search(address) if isinstance(address, str) else None
        if match:
            self.version, self.country, self.kind = match[1][:20], match[2], (match[3] or "").lower()

    def _items(self) -> Iterator[Item]:
        while (token := self.next())[0] != "end_array":
            if token[0] == "start_map":
                yield from self._item()
            elif self.kind != "media":
                raise NotVics(Sentence(NO_MEDIA))
            else:
                load, line = _Load(), self.line
                yield from self._loose_entry(self._take(*token, load), load, line)
        if self.kind == "media" and not self.headers:
            yield from self._hash_set()

    def _item(self) -> Iterator[Item]:
        """One item of the list `value`: a media entry, or a case, which shows only where its media begin."""
        fields: dict[str, Any] = {}
        load, line, header = _Load(), self.line, None
        while (token := self.next())[0] != "end_map":
            if token[1].lower() != "media":
                self._field(token[1], fields, load)
                continue
            if header is None:
                self.headers += 1
                yield (header := self._header("case", fields, load))
            yield from self._media()
        yield from self._close_item(fields, load, line, header)

    def _close_item(self, fields: dict[str, Any], load: _Load, line: int, header: CaseHeader | None) -> Iterator[Item]:
        is_entry = fields.keys() & ENTRY_KEYS or self.kind == "media" or load.size > LARGEST_ENTRY
        if header is None and is_entry:
            yield from self._loose_entry(fields, load, line)
        elif header is None and self.kind != "cases" and not fields.keys() & CASE_KEYS:
            raise NotVics(Sentence(NO_MEDIA))
        else:
            self.headers += header is None
            if (final := self._header("case", fields, load)) != header:
                yield final

    def _media(self) -> Iterator[MediaEntry | BadEntry]:
        event, _ = self.next()
        if event not in ("start_array", "null"):
            raise NotVics(Sentence(NO_MEDIA))
        while event != "null" and (token := self.next())[0] != "end_array":
            load, line = _Load(), self.line
            yield self._entry(self._take(*token, load), load, line)

    def _loose_entry(self, fields: Any, load: _Load, line: int) -> Iterator[Item]:
        yield from self._hash_set()
        yield self._entry(fields, load, line)

    def _hash_set(self) -> Iterator[CaseHeader]:
        if not self.in_hash_set:
            self.in_hash_set = True
            self.headers += 1
            yield self._header("hash set", {}, _Load())

    def _header(self, shape: Literal["case", "hash set"], fields: dict[str, Any], load: _Load) -> CaseHeader:
        check = Check(fields)  # what is wrong in a header is left out: its media are worth having all the same
        return CaseHeader(
            position=self.headers,
            shape=shape,
            model_version=self.version,
            country=self.country,
            case_id=check.take(text, "CaseID"),
            number=check.take(text, "CaseNumber"),
            organisation=check.take(text, "ContactOrganization"),
            seizure_date=check.take(day, "SeizureDate"),
            source_application=check.take(text, "SourceApplicationName"),
            source_version=check.take(text, "SourceApplicationVersion"),
            stated_media=check.take(size, "TotalMediaFiles"),
            stated_precategorized=check.take(size, "TotalPrecategorized"),
            dropped_binaries=load.dropped,
        )

    def _entry(self, fields: Any, load: _Load, line: int) -> MediaEntry | BadEntry:
        self.position += 1
        fields, is_too_large = fields if isinstance(fields, dict) else {}, load.size > LARGEST_ENTRY
        return check_entry(fields, position=self.position, line=line, is_too_large=is_too_large, dropped=load.dropped)

    def _take(self, event: str, value: Any, load: _Load, room: int = DEEPEST) -> Any:
        """Reads one JSON value, leaving out binaries and, in an entry already too large, everything."""
        load.size += 8
        if event == "string":
            return _string(value, load)
        if event not in ("start_map", "start_array"):
            return value
        if not room:
            raise self._broken(TOO_DEEP)
        return self._object(load, room - 1) if event == "start_map" else self._list(load, room - 1)

    def _object(self, load: _Load, room: int) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        while (token := self.next())[0] != "end_map":
            self._field(token[1], fields, load, room)
        return fields

    def _field(self, key: str, fields: dict[str, Any], load: _Load, room: int = DEEPEST) -> None:
        event, value = self.next()
        load.size += len(key)
        if (key := key.lower()) in BINARY_KEYS:
            kept = self._take(event, value, inner := _Load(), room)
            load.dropped += inner.dropped or (bool(kept) and isinstance(kept, str | list | dict))
        else:
            kept = self._take(event, value, load, room)
            if load.size <= LARGEST_ENTRY:
                fields[key] = kept

    def _list(self, load: _Load, room: int) -> list[Any] | Dropped:
        items: list[Any] = []
        while (token := self.next())[0] != "end_array":
            kept = self._take(*token, load, room)
            if load.size <= LARGEST_ENTRY:
                items.append(kept)
        if len(items) > LONGEST_BASE64 and all(isinstance(item, int | Decimal) for item in items):
            load.dropped += 1  # a picture written out as the numbers of its bytes
            return DROPPED
        return items

    def _tokens(self, file: Readable) -> Iterator[tuple[str, Any]]:
        found = ijson.sendable_list()
        parser = ijson.basic_parse_coro(found)
        for piece in self._pieces(file):
            problem = _feed(parser.send, found, piece)
            yield from found
            found.clear()
            if problem:
                raise self._broken(problem)
            self.offset += len(piece)
            self.line += piece.endswith(b"\n")
        if _feed(parser.close, found):
            raise self._broken(BREAKS_OFF)

    def _pieces(self, file: Readable) -> Iterator[bytes]:
        try:
            for chunk in self._without_giants(utf8(file)):
                yield from _PIECES.findall(chunk)
        except UnicodeDecodeError:
            raise self._broken(NOT_UTF16) from None

    def _without_giants(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Cuts the middle out of strings too long to be accepted: the parser would hold all of it in memory."""
        inside, length, rest = False, 0, b""
        for chunk in chunks:
            chunk, rest = _cut_at_escape(rest + chunk)
            quotes = (_ESCAPE.sub(b"", chunk) if b"\\" in chunk else chunk).count(b'"')
            length = length + len(chunk) if inside and not quotes else 0
            inside ^= bool(quotes & 1)
            if length <= LONGEST_STRING:
                yield chunk
            else:
                self.offset += len(chunk)
        yield rest

    def _broken(self, template: str) -> BrokenFile:
        return BrokenFile(template, offset=self.offset, line=self.line, position=self.position)


def _feed(step: Callable[..., object], found: list[Any], *piece: bytes) -> str | None:
    """What is wrong, not in the parser's words: they quote the file, and with it perhaps a child's name."""
    try:
        step(*piece)
    except SystemError:
        del found[-1:]  # of a number beyond Python's limit the parser leaves half a token behind
        return TOO_LONG_A_NUMBER
    except (ijson.JSONError, UnicodeDecodeError) as error:
        is_encoding = isinstance(error, UnicodeDecodeError) or "UTF8" in str(error)
        return NOT_UTF8 if is_encoding else DAMAGED
    return None


def _cut_at_escape(chunk: bytes) -> tuple[bytes, bytes]:
    """Keeps back the beginning of an escape, such as backslash u 0 6, whose end is in the next chunk."""
    if b"\\" not in chunk[-6:]:
        return chunk, b""
    match = _WHOLE_ESCAPES.match(chunk)
    end = match.end() if match else 0
    return (chunk[:end], chunk[end:]) if len(chunk) - end < 6 else (chunk, b"")


def _string(text: str, load: _Load) -> str | Dropped:
    if is_binary(text):
        load.dropped += 1
        return DROPPED
    load.size += len(text)
    return text
