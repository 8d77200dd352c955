"""Who acts, for whom and why: put on every history row and every event of the work in hand."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Stamp:
    """The actor as he stood when he acted; plain text, so that it outlives the account."""

    person_id: uuid.UUID | None
    person: str
    agency_id: uuid.UUID | None = None
    agency: str = ""
    role: str = ""
    reason: str = ""
    via: str = ""  # "job", "command": empty when the person acted on a page
    session: str = ""  # the first 16 hexadecimal digits of the identity's hash
    request_id: str = ""
    address: str = ""


class Unstamped(RuntimeError):
    """A tracked record was written with nobody named as its author."""


_current: ContextVar[Stamp | None] = ContextVar("stamp", default=None)


def current() -> Stamp | None:
    """Return the stamp in force, or None outside of any action."""
    return _current.get()


def demanded() -> Stamp:
    """Return the stamp in force; a write without one is a defect."""
    stamp = _current.get()
    if stamp is None:
        raise Unstamped("A tracked record was written outside an action. Write it inside access.acting(person).")
    return stamp


@contextmanager
def stamping(stamp: Stamp, *, reason: str | None = None) -> Iterator[Stamp]:
    """Put the stamp on everything written in this block; reason, where given, replaces the stamp's own."""
    stamp = stamp if reason is None else replace(stamp, reason=reason)
    token = _current.set(stamp)
    try:
        yield stamp
    finally:
        _current.reset(token)
