"""Telling an embedded picture from text, so that it is dropped before anything is kept."""

import re

LONGEST_BASE64 = 1_024  # longer is taken for a picture; PhotoDNA has 192 characters

_WORDS = """base64 binary blob bytes content contents data filecontent filecontents filedata frame frames
    image imagedata images keyframe keyframes miniature picture pictures preview rawdata thumbnail thumbnaildata
    thumbnails video videodata videos"""
BINARY_KEYS = frozenset(_WORDS.split())

_BASE64_RUN = re.compile(r"[A-Za-z0-9+/=_-]{60,}")  # in one piece, or in lines of 64 or 76 as mail programs cut it
_DATA_URI = re.compile(r"data:(?:[\w.+-]+/[\w.+-]+)?(?:;[\w=.+-]+)*,", re.IGNORECASE)


class Dropped:
    """Stands where an embedded binary was."""


DROPPED = Dropped()


def is_binary(text: str) -> bool:
    """Return whether a text is, or holds, a binary written as base64."""
    if len(text) > LONGEST_BASE64 and sum(map(len, _BASE64_RUN.findall(text))) > LONGEST_BASE64:
        return True
    return ":" in text and _DATA_URI.search(text) is not None
