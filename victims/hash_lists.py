"""Reads hash lists: CSV with one hash on each line, every line taken by itself."""

import csv
from collections.abc import Iterator
from dataclasses import replace

from django.utils.translation import gettext_noop as _

from victims.sources import Sentence, Source, Unreadable, opened, utf8
from victims.vics_entries import HASHES, BadEntry, MediaEntry, Wrong, kind_of, one_hash, text

LONGEST_LINE = 100_000  # bytes

NO_ALGORITHM = _("The algorithm is not one of MD5, SHA1, SHA256, PhotoDNA, PDQ. Correct the line or remove it.")
NO_LINES = _("This is not a hash list: it has no lines of text. Save it as CSV in UTF-8.")
NO_COLUMNS = _("The first line must name the columns algorithm and value, and may name series and source.")
NO_UTF8 = _("The line is not UTF-8 text. Save the list as CSV in UTF-8.")
NO_CSV = _("The line is not CSV. Correct it or remove it.")


class NotHashList(Unreadable):
    """The file is not a CSV hash list in UTF-8 or UTF-16."""


def read_hash_list(source: Source) -> Iterator[MediaEntry | BadEntry]:
    """Yield the lines of a CSV list with the columns algorithm and value, and perhaps series and source.

    Each line is taken by itself, so that a stray quotation mark cannot swallow the lines after it.
    The source becomes a tag. Raises NotHashList.
    """
    with opened(source) as file:
        lines = _lines(utf8(file))
        heading = next(lines, b"").decode("utf-8", "replace").strip()
        delimiter = max(",;\t", key=heading.count)
        columns = [name.strip().strip('"').lower() for name in heading.split(delimiter)]
        if not {"algorithm", "value"} <= set(columns):
            raise NotHashList(Sentence(NO_COLUMNS))
        position = 0
        for number, line in enumerate(lines, start=2):
            if line.strip():
                position += 1
                yield _entry(position, number, line, columns, delimiter)


def is_hash_list(source: Source, name: str) -> bool:
    """Return whether a file of this name is to be read as a hash list rather than as JSON; reads its first bytes."""
    with opened(source) as file:
        try:
            head = next(utf8(file), b"").lstrip()
        except UnicodeDecodeError:
            return False
    heading = head.split(b"\n", 1)[0].lower()
    by_name = name.lower().endswith((".csv", ".tsv", ".txt"))
    return not head.startswith(b"{") and (by_name or (b"algorithm" in heading and b"value" in heading))


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    try:
        for chunk in chunks:
            *whole, rest = (rest + chunk).split(b"\n")
            yield from whole
            if len(rest) > LONGEST_LINE:
                raise NotHashList(Sentence(NO_LINES))
    except UnicodeDecodeError:
        raise NotHashList(Sentence(NO_LINES)) from None
    yield rest


def _entry(position: int, number: int, line: bytes, columns: list[str], delimiter: str) -> MediaEntry | BadEntry:
    try:
        cells = next(csv.reader([line.decode().strip("\r")], delimiter=delimiter))
        return _read_row(position, number, dict(zip(columns, cells, strict=False)))
    except UnicodeDecodeError:
        sentence = Sentence(NO_UTF8)
    except csv.Error:
        sentence = Sentence(NO_CSV)
    except Wrong as error:
        sentence = error.sentence
    return BadEntry(position, number, None, (sentence,))


def _read_row(position: int, number: int, row: dict[str, str]) -> MediaEntry:
    kind = kind_of(row.get("algorithm", ""))
    if kind not in HASHES:
        raise Wrong(NO_ALGORITHM)
    digest = one_hash(HASHES[kind], row.get("value", ""))
    series, origin = text("Series", row.get("series")), text("Tags", row.get("source"))
    entry = MediaEntry(position, number, "", series=series, tags=(origin,) if origin else ())
    return replace(entry, **{kind: digest})  # type: ignore[arg-type]  # kind names one of the hash fields
