"""Reads VICS-shaped JSON and CSV hash lists as streams, leaving out pictures, file names and contact names."""

from __future__ import annotations

import base64
import codecs
import csv
import os
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import chain
from typing import Any, Literal, Protocol

import ijson

LARGEST_ENTRY = 5_000_000  # characters of one media entry, embedded pictures not counted
LONGEST_STRING = 6_000_000  # bytes; a longer one cannot be accepted, so the parser need not hold it
LONGEST_BASE64 = 1_024  # longer is taken for a picture; PhotoDNA has 192 characters
LONGEST_NAME = 255
LONGEST_LINE = 100_000  # bytes, in a hash list
MOST_HASHES = 100  # alternative hashes of one entry
MOST_SERIES = 10_000  # names that a summary keeps apart
DEEPEST = 30  # VICS itself nests seven levels
CHUNK, PIECE = 65_536, 1_024

_BINARY_WORDS = """base64 binary blob bytes content contents data filecontent filecontents filedata frame frames
    image imagedata images keyframe keyframes miniature picture pictures preview rawdata thumbnail thumbnaildata
    thumbnails video videodata videos"""
BINARY_KEYS = frozenset(_BINARY_WORDS.split())
ENTRY_KEYS = {"mediaid", "md5", "sha1", "sha256", "photodna", "pdq", "alternativehashes", "mediafiles", "mediasize"}
CASE_KEYS = {"caseid", "casenumber"}
HASHES = {"md5": "MD5", "sha1": "SHA1", "sha256": "SHA256", "photodna": "PhotoDNA", "pdq": "PDQ"}
HASH_LENGTHS = {"md5": 32, "sha1": 40, "sha256": 64, "pdq": 64}
FLAGS = {
    "victim_identified": "VictimIdentified",
    "offender_identified": "OffenderIdentified",
    "is_distributed": "IsDistributed",
    "is_suspected": "IsSuspected",
    "self_generated": "SelfGenerated",
    "is_precategorized": "IsPrecategorized",
}
FLAG_WORDS: dict[str, bool | None] = {"true": True, "1": True, "false": False, "0": False, "": None}

FIX = "Correct it or leave it out."
NO_MEDIA = "This is not a VICS file: it has no list 'value' of media or of cases. Export it as VICS 1.3 or 2.0."
NO_JSON = "This is not a VICS file: it is not JSON. If it is an archive, unpack it and send the JSON file inside."
TOO_LARGE = "The entry holds more than 5 million characters of text. Export it again without embedded documents."
NO_HASH = "The entry has no MD5, SHA1, SHA256, PhotoDNA or PDQ hash. Add one, or remove the entry."
NO_ALGORITHM = "The algorithm is not one of MD5, SHA1, SHA256, PhotoDNA, PDQ. Correct the line or remove it."
NO_LINES = "This is not a hash list: it has no lines of text. Save it as CSV in UTF-8."
NO_COLUMNS = "The first line must name the columns algorithm and value, and may name series and source."

_BASE64_RUN = re.compile(r"[A-Za-z0-9+/=_-]{60,}")  # in one piece, or in lines of 64 or 76 as mail programs cut it
_DATA_URI = re.compile(r"data:(?:[\w.+-]+/[\w.+-]+)?(?:;[\w=.+-]+)*,", re.IGNORECASE)
_CONTEXT = re.compile(r"DataModels/(\d+(?:\.\d+)*)(?:\.xml)?(?:/([\w-]{1,20})/)?[^#]*(?:#(\w+))?", re.IGNORECASE)
_DOTNET_DATE = re.compile(r"/Date\((-?\d{1,14})(?:[+-]\d{4})?\)/")
_ESCAPE = re.compile(rb"\\.", re.DOTALL)
_WHOLE_ESCAPES = re.compile(rb"(?:[^\\]++|\\u[0-9a-fA-F]{4}|\\[^u])*+")
# A long run without a quotation mark stays one piece: for each piece the parser goes over the open string again.
_PIECES = re.compile(rb'[^"\n]{%d,}+|[^\n]{1,%d}\n?|\n' % (PIECE, PIECE))


class Readable(Protocol):
    """Anything that gives bytes: an opened file, an upload."""

    def read(self, size: int = ..., /) -> bytes: ...


Source = Readable | str | os.PathLike[str]


class Unreadable(ValueError):
    """The file cannot be read; the text of the error is a sentence for the person who sent it."""


class NotVics(Unreadable):
    """The file is not JSON, or not JSON in the shape of VICS."""


class NotHashList(Unreadable):
    """The file is not a CSV hash list in UTF-8 or UTF-16."""


class BrokenFile(Unreadable):
    """The file is damaged: `offset` (bytes) and `line` of the last sound place, `position` of the last whole entry."""

    def __init__(self, problem: str, *, offset: int, line: int, position: int) -> None:
        self.offset, self.line, self.position = offset, line, position
        place = f"near byte {offset:,}, line {line:,}, after media entry {position:,}"
        super().__init__(f"The file {problem} {place}. Export it again and check that the copy is complete.")


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


@dataclass(frozen=True, slots=True)
class MediaEntry:
    """One media item as its sender knows it: hashes in lower-case hexadecimal, PhotoDNA in base64, `size` in bytes.

    `position` counts the media entries of the whole file from 1, good and bad. `media_id` is "" if none was given.
    `category` differs in meaning per country. `updated` is in UTC. `file_names` is how many there were.
    """

    position: int
    line: int
    media_id: str
    category: int | None
    md5: str | None
    sha1: str | None
    sha256: str | None
    photodna: str | None
    pdq: str | None
    pdq_quality: int | None
    other_hashes: tuple[tuple[str, str], ...]
    size: int | None
    mime_type: str | None
    updated: datetime | None
    series: str | None
    tags: tuple[str, ...]
    comments: str | None
    victim_identified: bool | None
    offender_identified: bool | None
    is_distributed: bool | None
    is_suspected: bool | None
    self_generated: bool | None
    is_precategorized: bool | None
    file_names: int
    devices: tuple[str, ...]
    dropped_binaries: int


@dataclass(frozen=True, slots=True)
class BadEntry:
    """A media entry refused as a whole; each reason is a sentence naming the field and what to do."""

    position: int
    line: int
    media_id: str | None
    reasons: tuple[str, ...]
    dropped_binaries: int


@dataclass(frozen=True, slots=True)
class HashLine:
    """A good line of a hash list; `algorithm` is the name of a hash field of MediaEntry, `line` counts the heading."""

    line: int
    algorithm: str
    value: str
    series: str | None
    source: str | None


@dataclass(frozen=True, slots=True)
class BadLine:
    """A refused line of a hash list, and why."""

    line: int
    sentence: str


@dataclass
class Summary:
    """What a file holds, for a look before the import; `series_not_listed` counts entries past 10,000 series names."""

    headers: dict[int, CaseHeader] = field(default_factory=dict)
    problems: list[BadEntry] = field(default_factory=list)
    good: int = 0
    bad: int = 0
    dropped_binaries: int = 0
    categories: Counter[int | None] = field(default_factory=Counter)
    series: Counter[str] = field(default_factory=Counter)
    series_not_listed: int = 0
    hashes: Counter[str] = field(default_factory=Counter)


Item = CaseHeader | MediaEntry | BadEntry


def read(source: Source) -> Iterator[Item]:
    """Yields each header and then its media entries, good and bad, in the order of the file, in constant memory.

    `source` is a path or a binary file, in UTF-8, or in UTF-16 with its byte-order mark.
    Raises NotVics, or BrokenFile once everything before the damage has been yielded.
    """
    with _opened(source) as file:
        yield from _Reader(file).read()


def read_summary(source: Source, *, most_shown: int = 100) -> Summary:
    """Counts a file without keeping its entries; the first `most_shown` headers and bad entries are kept.

    Raises as `read` does.
    """
    summary = Summary()
    for item in read(source):
        if isinstance(item, MediaEntry):
            _count(summary, item)
        elif isinstance(item, BadEntry):
            summary.bad += 1
            summary.dropped_binaries += item.dropped_binaries
            summary.problems += [item] if len(summary.problems) < most_shown else []
        elif item.position <= most_shown:
            summary.headers[item.position] = item
    summary.dropped_binaries += sum(header.dropped_binaries for header in summary.headers.values())
    return summary


def read_hash_list(source: Source) -> Iterator[HashLine | BadLine]:
    """Yields the lines of a CSV list with the columns algorithm and value, and perhaps series and source.

    Each line is taken by itself, so that a stray quotation mark cannot swallow the lines after it.
    Raises NotHashList.
    """
    with _opened(source) as file:
        lines = _lines(_utf8(file))
        heading = next(lines, b"").decode("utf-8", "replace").strip()
        delimiter = max(",;\t", key=heading.count)
        columns = [name.strip().strip('"').lower() for name in heading.split(delimiter)]
        if not {"algorithm", "value"} <= set(columns):
            raise NotHashList(NO_COLUMNS)
        for number, line in enumerate(lines, start=2):
            if line.strip():
                yield _hash_line(number, line, columns, delimiter)


@contextmanager
def _opened(source: Source) -> Iterator[Readable]:
    if isinstance(source, str | os.PathLike):
        with open(source, "rb") as file:
            yield file
    else:
        yield source


def _utf8(file: Readable) -> Iterator[bytes]:
    chunks = iter(lambda: file.read(CHUNK), b"")
    head = next(chunks, b"")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return codecs.iterencode(codecs.iterdecode(chain([head], chunks), "utf-16"), "utf-8")
    return chain([head.removeprefix(codecs.BOM_UTF8)], chunks)


def _count(summary: Summary, entry: MediaEntry) -> None:
    summary.good += 1
    summary.dropped_binaries += entry.dropped_binaries
    summary.categories[entry.category] += 1
    summary.hashes.update(kind for kind in HASHES if getattr(entry, kind))
    if entry.series and (entry.series in summary.series or len(summary.series) < MOST_SERIES):
        summary.series[entry.series] += 1
    else:
        summary.series_not_listed += entry.series is not None


class _Dropped:
    """Stands where an embedded binary was."""


DROPPED = _Dropped()


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
        for _ in self.tokens:
            pass  # going on to the end shows whether anything follows the document
        if not self.headers:
            raise NotVics(NO_MEDIA)

    def _open_document(self) -> None:
        event = ""
        with suppress(BrokenFile):
            event, _ = self.next()
        if event != "start_map":
            raise NotVics(NO_MEDIA if event else NO_JSON)

    def _read_context(self, address: Any) -> None:
        match = _CONTEXT.search(address) if isinstance(address, str) else None
        if match:
            self.version, self.country, self.kind = match[1][:20], match[2], (match[3] or "").lower()

    def _items(self) -> Iterator[Item]:
        while (token := self.next())[0] != "end_array":
            if token[0] == "start_map":
                yield from self._item()
            elif self.kind != "media":
                raise NotVics(NO_MEDIA)
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
            raise NotVics(NO_MEDIA)
        else:
            self.headers += header is None
            if (final := self._header("case", fields, load)) != header:
                yield final

    def _media(self) -> Iterator[MediaEntry | BadEntry]:
        event, _ = self.next()
        if event not in ("start_array", "null"):
            raise NotVics(NO_MEDIA)
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
        check = _Check(fields)  # what is wrong in a header is left out: its media are worth having all the same
        return CaseHeader(
            position=self.headers,
            shape=shape,
            model_version=self.version,
            country=self.country,
            case_id=check.take(_text, "CaseID"),
            number=check.take(_text, "CaseNumber"),
            organisation=check.take(_text, "ContactOrganization"),
            seizure_date=check.take(_day, "SeizureDate"),
            source_application=check.take(_text, "SourceApplicationName"),
            source_version=check.take(_text, "SourceApplicationVersion"),
            stated_media=check.take(_size, "TotalMediaFiles"),
            stated_precategorized=check.take(_size, "TotalPrecategorized"),
            dropped_binaries=load.dropped,
        )

    def _entry(self, fields: Any, load: _Load, line: int) -> MediaEntry | BadEntry:
        self.position += 1
        check = _Check(fields if isinstance(fields, dict) else {})
        media_id = check.take(_text, "MediaID")
        too_large = load.size > LARGEST_ENTRY
        facts = {} if too_large else _facts(check)
        reasons = [TOO_LARGE] if too_large else check.reasons
        if reasons:
            return BadEntry(self.position, line, media_id, tuple(reasons), load.dropped)
        return MediaEntry(self.position, line, media_id or "", dropped_binaries=load.dropped, **facts)

    def _take(self, event: str, value: Any, load: _Load, room: int = DEEPEST) -> Any:
        """Reads one JSON value, leaving out binaries and, in an entry already too large, everything."""
        load.size += 8
        if event == "string":
            return _string(value, load)
        if event not in ("start_map", "start_array"):
            return value
        if not room:
            raise self._broken("is nested too deeply to be a VICS file")
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

    def _list(self, load: _Load, room: int) -> list[Any] | _Dropped:
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
            raise self._broken("breaks off")

    def _pieces(self, file: Readable) -> Iterator[bytes]:
        try:
            for chunk in self._without_giants(_utf8(file)):
                yield from _PIECES.findall(chunk)
        except UnicodeDecodeError:
            raise self._broken("holds text that is not UTF-16") from None

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

    def _broken(self, problem: str) -> BrokenFile:
        return BrokenFile(problem, offset=self.offset, line=self.line, position=self.position)


def _feed(step: Callable[..., object], found: list[Any], *piece: bytes) -> str | None:
    """What is wrong, not in the parser's words: they quote the file, and with it perhaps a child's name."""
    try:
        step(*piece)
    except SystemError:
        del found[-1:]  # of a number beyond Python's limit the parser leaves half a token behind
        return "holds a number far too long"
    except (ijson.JSONError, UnicodeDecodeError) as error:
        is_encoding = isinstance(error, UnicodeDecodeError) or "UTF8" in str(error)
        return "holds text that is not UTF-8" if is_encoding else "is damaged"
    return None


def _cut_at_escape(chunk: bytes) -> tuple[bytes, bytes]:
    """Keeps back the beginning of an escape, such as backslash u 0 6, whose end is in the next chunk."""
    if b"\\" not in chunk[-6:]:
        return chunk, b""
    match = _WHOLE_ESCAPES.match(chunk)
    end = match.end() if match else 0
    return (chunk[:end], chunk[end:]) if len(chunk) - end < 6 else (chunk, b"")


def _string(text: str, load: _Load) -> str | _Dropped:
    if _is_binary(text):
        load.dropped += 1
        return DROPPED
    load.size += len(text)
    return text


def _is_binary(text: str) -> bool:
    if len(text) > LONGEST_BASE64 and sum(map(len, _BASE64_RUN.findall(text))) > LONGEST_BASE64:
        return True
    return ":" in text and _DATA_URI.search(text) is not None


class _Check:
    """Converts the fields of one entry, gathering a sentence for each that is wrong."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields
        self.reasons: list[str] = []

    def take(self, convert: Callable[[str, Any], Any], name: str) -> Any:
        value = self.fields.get(name.lower())
        return None if value is None else self.convert(convert, name, value)

    def convert(self, convert: Callable[[str, Any], Any], name: str, value: Any) -> Any:
        try:
            return None if value is None or value == "" else convert(name, value)
        except ValueError as error:
            self.reasons.append(str(error))
            return None


def _facts(check: _Check) -> dict[str, Any]:
    return {
        **_hashes(check),
        **{field: check.take(_flag, name) for field, name in FLAGS.items()},
        "category": check.take(_category, "Category") or None,
        "size": check.take(_size, "MediaSize"),
        "mime_type": check.take(_text, "MimeType"),
        "updated": check.take(_moment, "DateUpdated"),
        "series": check.take(_text, "Series"),
        "tags": check.take(_tags, "Tags") or (),
        "comments": check.take(_long_text, "Comments"),
        "file_names": len(check.take(_items, "MediaFiles") or ()),
        "devices": check.take(_devices, "Exifs") or (),
    }


def _hashes(check: _Check) -> dict[str, Any]:
    found: dict[str, Any] = {kind: check.take(_hash, name) for kind, name in HASHES.items()}
    found |= {"pdq_quality": check.take(_quality, "PDQQuality"), "other_hashes": ()}
    for name, value in check.take(_named_hashes, "AlternativeHashes") or ():
        _add_hash(check, found, name, value)
    if not check.reasons and not any(found[kind] for kind in HASHES):
        check.reasons.append(NO_HASH)
    return found


def _add_hash(check: _Check, found: dict[str, Any], name: str, value: Any) -> None:
    kind = _kind(name)
    if kind == "pdqquality":
        found["pdq_quality"] = check.convert(_quality, "PDQQuality", value)
    elif kind not in HASHES:
        text = check.convert(_other_hash, "HashValue", value)
        found["other_hashes"] += ((name, text),) if text else ()
    elif known := check.convert(_hash, HASHES[kind], value):
        if found[kind] and found[kind] != known:
            check.reasons.append(f"{HASHES[kind]} is given twice with different values. Leave only the right one.")
        found[kind] = known


def _kind(name: str) -> str:
    return re.sub("[^a-z0-9]", "", name.lower())  # SHA-1 and sha1 are one


def _items(name: str, value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return value
    raise ValueError(f"{name} is not a list of JSON objects. {FIX}")


def _named_hashes(name: str, value: Any) -> list[tuple[str, Any]]:
    items = _items(name, value)
    if not all(isinstance(item.get("hashname"), str) for item in items):
        raise ValueError(f"{name} has a hash without HashName. Name its algorithm or leave it out.")
    if len(items) > MOST_HASHES:
        raise ValueError(f"{name} has more than {MOST_HASHES} hashes. Leave out those that are not needed.")
    return [(_text("HashName", item["hashname"]) or "", item.get("hashvalue")) for item in items]


def _hash(name: str, value: Any) -> str:
    if name == "PhotoDNA":
        return _photodna(value)
    digits = HASH_LENGTHS[name.lower()]
    text = value.strip() if isinstance(value, str) else ""
    if re.fullmatch(f"[0-9a-fA-F]{{{digits}}}", text):
        return text.lower()
    shown = f" '{text}'" if re.fullmatch(r"[A-Za-z0-9_.+/=:-]{1,80}", text) else ""
    raise ValueError(f"{name}{shown} is not {digits} hexadecimal digits. {FIX}")


def _photodna(value: Any) -> str:
    # Never quoted in the sentence: a rough likeness of the picture can be made from it.
    with suppress(ValueError, TypeError):
        if len(base64.b64decode(value, validate=True)) == 144:
            return str(value)
    raise ValueError(f"PhotoDNA is not the base64 text of 144 bytes. {FIX}")


def _other_hash(name: str, value: Any) -> str | None:
    return _long_text(name, value, LONGEST_BASE64)


def _flag(name: str, value: Any) -> bool | None:
    word = str(value).strip().lower()
    if isinstance(value, bool | int | Decimal | str) and word in FLAG_WORDS:
        return FLAG_WORDS[word]
    raise ValueError(f"{name} is neither true nor false. {FIX}")


def _whole(name: str, value: Any, largest: int) -> int:
    if isinstance(value, str) and re.fullmatch(r"\s*[0-9]{1,19}\s*", value):
        value = int(value)
    if type(value) in (int, Decimal) and 0 <= value <= largest and value == int(value):
        return int(value)
    raise ValueError(f"{name} is not a whole number from 0 to {largest}. {FIX}")


_category, _quality, _size = (partial(_whole, largest=largest) for largest in (32_767, 100, 2**63 - 1))


def _long_text(name: str, value: Any, longest: int = LARGEST_ENTRY) -> str | None:
    if value is None or value is DROPPED:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError(f"{name} is not text. {FIX}")
    text = unicodedata.normalize("NFC", str(value).replace("\0", "")).strip()
    if len(text) > longest:
        raise ValueError(f"{name} is longer than {longest} characters. Shorten it or leave it out.")
    return text or None


_text = partial(_long_text, longest=LONGEST_NAME)


def _tags(name: str, value: Any) -> tuple[str, ...]:
    parts = re.split("[,;]", value) if isinstance(value, str) else value
    if not isinstance(parts, list):
        raise ValueError(f"{name} is neither text nor a list of texts. {FIX}")
    return tuple(dict.fromkeys(tag for part in parts if (tag := _text(name, part))))


def _devices(name: str, value: Any) -> tuple[str, ...]:
    found = (item.get("propertyvalue") for item in _items(name, value) if _is_device(item.get("propertyname")))
    return tuple(dict.fromkeys(device for part in found if (device := _text("PropertyValue", part))))


def _is_device(name: Any) -> bool:
    return isinstance(name, str) and name.strip().lower() in ("make", "model")


def _moment(name: str, value: Any) -> datetime | None:
    with suppress(ValueError, TypeError, OverflowError):
        if match := _DOTNET_DATE.fullmatch(value):
            moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(match[1]))
        else:
            moment = datetime.fromisoformat(value.strip())
        if moment.year == 1:
            return None  # what .NET programs write for no date
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    raise ValueError(f"{name} is not a date and time such as 2026-03-01T04:12:00Z. {FIX}")


def _day(name: str, value: Any) -> date:
    return date.fromisoformat(value[:10] if isinstance(value, str) else "")


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    try:
        for chunk in chunks:
            *whole, rest = (rest + chunk).split(b"\n")
            yield from whole
            if len(rest) > LONGEST_LINE:
                raise NotHashList(NO_LINES)
    except UnicodeDecodeError:
        raise NotHashList(NO_LINES) from None
    yield rest


def _hash_line(number: int, line: bytes, columns: list[str], delimiter: str) -> HashLine | BadLine:
    try:
        cells = next(csv.reader([line.decode().strip("\r")], delimiter=delimiter))
        row = dict(zip(columns, cells, strict=False))
        kind = _kind(row.get("algorithm", ""))
        if kind not in HASHES:
            raise ValueError(NO_ALGORITHM)
        value = _hash(HASHES[kind], row.get("value", ""))
        series, origin = (_text(f"The {name}", row.get(name)) for name in ("series", "source"))
        return HashLine(number, kind, value, series, origin)
    except UnicodeDecodeError:
        return BadLine(number, "The line is not UTF-8 text. Save the list as CSV in UTF-8.")
    except (csv.Error, ValueError) as error:
        return BadLine(number, str(error))
