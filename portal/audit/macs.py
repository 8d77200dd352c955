"""The MAC on each event: made by the application with a key that the database never learns (docs/decisions/0051)."""

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

Keys = Mapping[bytes, bytes]  # by their names, the one that is used first
NAME = 4  # bytes of a key's name, which begin a MAC
LENGTH = NAME + 32  # bytes of a MAC with it
EVENT, ERASURE = b"event\0", b"erasure\0"  # what a MAC is for: none of one kind passes for another
WHO, PERSON = slice(17, 21), 16  # places in the text of an event

ENCODER = json.JSONEncoder(separators=(",", ":"), sort_keys=True, default=str)


def event_keys(words: str) -> dict[bytes, bytes]:
    """Return the keys of a setting, base64 of 32 bytes and a comma between them. Raises ValueError for anything else."""
    keys = [base64.b64decode(word.strip(), validate=True) for word in words.split(",") if word.strip()]
    if any(len(key) != 32 for key in keys):
        raise ValueError("a key is not 32 bytes long")
    return {name_of(key): key for key in keys}


def name_of(key: bytes) -> bytes:
    """Return what a key is called; it leads to no key."""
    return hashlib.sha256(b"name of an event key\0" + key).digest()[:NAME]


def mac_of(keys: Keys, what: bytes, said: Any) -> bytes:
    """Return the MAC under the newest key, with its name before it."""
    name, key = next(iter(keys.items()))
    return name + digest(key, what, said)


def digest(key: bytes, what: bytes, said: Any) -> bytes:
    return hmac.digest(key, what + ENCODER.encode(said).encode(), "sha256")


def fits(keys: Keys, what: bytes, said: Any, mac: bytes) -> bool | None:
    """Return whether a MAC is the one of what is said; None where its key is not known."""
    key = keys.get(mac[:NAME])
    return None if key is None else hmac.compare_digest(mac[NAME:], digest(key, what, said))


def told(text: Sequence[Any]) -> list[Any]:
    """Return what the application says of an event, from the parts of its text.

    All but the transaction; and where a person acts, not the name, agency and role, which the database takes from the
    person's row at that moment: the person's id stands for them.
    """
    who = [] if text[PERSON] else text[WHO]
    return [*text[:2], *text[3 : PERSON + 1], *who, *text[21:25]]


def purpose_hash(event_id: uuid.UUID, purpose: str) -> str:
    """Return what stands of a purpose in the text of its event."""
    return hashlib.sha256(event_id.bytes + purpose.encode()).hexdigest()
