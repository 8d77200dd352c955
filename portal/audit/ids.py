"""Time-ordered identifiers, made by the application so that a key is known before its row exists."""

import secrets
import time
import uuid
from contextvars import ContextVar

# In a transaction whose time is known: what to add to this process's steady clock for the time of the database, in
# nanoseconds. The clock of the machine may jump while somebody works; lists go by ids.
steady_offset: ContextVar[int | None] = ContextVar("steady_offset", default=None)


def uuid7() -> uuid.UUID:
    """Return a UUID of version 7 (RFC 9562): 48 bits of milliseconds, 12 bits of sub-millisecond, 62 random bits.

    Identifiers rise within one process and agree to the millisecond between processes: enough to order a list by,
    never a claim of the exact sequence. They take the time of the database where a transaction of somebody is open.
    """
    offset = steady_offset.get()
    nanoseconds = time.time_ns() if offset is None else time.monotonic_ns() + offset
    milliseconds, rest = divmod(nanoseconds, 1_000_000)
    fraction = rest * 4096 // 1_000_000
    value = (milliseconds & (1 << 48) - 1) << 80
    value |= 0x7 << 76 | fraction << 64 | 0b10 << 62 | secrets.randbits(62)
    return uuid.UUID(int=value)
