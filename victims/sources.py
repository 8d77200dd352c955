"""What is read: a path or an upload, as bytes of UTF-8, with sentences for the person who sent it."""

import codecs
import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any, Protocol

from django.utils.translation import gettext

from portal.casework.templatetags.portal import digits

CHUNK = 65_536


class Sentence(str):
    """An English sentence that is stored as its template and values, and said in the reader's language."""

    template: str
    values: dict[str, Any]

    def __new__(cls, template: str, **values: Any) -> "Sentence":
        sentence = super().__new__(cls, template % values if values else template)
        sentence.template, sentence.values = template, values
        return sentence

    def stored(self) -> list[Any]:
        """Return what a JSON column keeps."""
        return [self.template, self.values]


def said(stored: list[Any]) -> str:
    """Return a stored sentence in the reader's language, its counts in the reader's digits."""
    template, values = stored
    shown = {name: digits(value) if isinstance(value, int) else value for name, value in values.items()}
    return gettext(template) % shown if shown else gettext(template)


class Readable(Protocol):
    """Anything that gives bytes: an opened file, an upload."""

    def read(self, size: int = ..., /) -> bytes: ...


Source = Readable | str | os.PathLike[str]


class Unreadable(ValueError):
    """The file cannot be read; `sentence` is for the person who sent it."""

    def __init__(self, sentence: Sentence) -> None:
        self.sentence = sentence
        super().__init__(sentence)


@contextmanager
def opened(source: Source) -> Iterator[Readable]:
    """Open a path; an opened file stays as it is."""
    if isinstance(source, str | os.PathLike):
        with open(source, "rb") as file:
            yield file
    else:
        yield source


def utf8(file: Readable) -> Iterator[bytes]:
    """Yield the bytes of a file in UTF-8 without its byte-order mark; one in UTF-16 is turned into UTF-8."""
    chunks = iter(lambda: file.read(CHUNK), b"")
    head = next(chunks, b"")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return codecs.iterencode(codecs.iterdecode(chain([head], chunks), "utf-16"), "utf-8")
    return chain([head.removeprefix(codecs.BOM_UTF8)], chunks)
