"""Wrapping keys again under the newest key of the ring: what they closed stays as it is, byte for byte.

Meant for whoever owns the tables, while people work. A batch is a transaction with its own event; what was done stands,
and the next run goes on from there.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from portal.audit import events
from portal.audit.events import Event
from portal.audit.ids import uuid7
from portal.casework import keys
from portal.casework.models import PortalKey, SectionKey

BATCH = 500  # keys

# A key that was destroyed, or wrapped by somebody else, since it was read is left alone.
REWRAP = """
UPDATE {table} k SET ring = %s, wrapped = n.wrapped
  FROM unnest(%s::{kind}[], %s::varchar[], %s::bytea[], %s::bytea[]) AS n(id, ring, before, wrapped)
 WHERE k.{column} = n.id AND k.ring = n.ring AND k.wrapped = n.before
"""


@dataclass(frozen=True)
class Wrapped:
    """A wrapped key as it was read: whose it is, which key of the ring opens it, and what it is bound to."""

    pk: Any
    ring: str
    data: bytes
    place: str


@dataclass(frozen=True)
class Kind:
    """One table of wrapped keys."""

    name: str
    model: Any
    id_type: str
    place: Callable[[Any], str]

    def older(self, after: Any, most: int) -> list[Wrapped]:
        """Return the next keys after an id that an older key of the ring wraps."""
        rows = self.model.objects.exclude(ring=keys.newest_ring())
        rows = rows.filter(pk__gt=after) if after is not None else rows
        return [Wrapped(row.pk, row.ring, bytes(row.wrapped), self.place(row)) for row in rows.order_by("pk")[:most]]

    def rewrap(self, batch: list[Wrapped]) -> int:
        """Wrap a batch again and return how many were still as they had been read."""
        column = self.model._meta.pk.column
        sql = REWRAP.format(table=self.model._meta.db_table, kind=self.id_type, column=column)  # names of our own
        with connection.cursor() as cursor:
            cursor.execute(
                sql,
                [
                    keys.newest_ring(),
                    [one.pk for one in batch],
                    [one.ring for one in batch],
                    [one.data for one in batch],
                    [again(one) for one in batch],
                ],
            )
            return cursor.rowcount


KINDS = (
    Kind("keys of the portal", PortalKey, "varchar", lambda row: keys.place_of_portal_key(row.name)),
    Kind("keys of sections", SectionKey, "uuid", lambda row: keys.place_of_key(row.child_id, row.section)),
)


def again(one: Wrapped) -> bytes:
    """Return the key wrapped by the newest key of the ring."""
    _ring, wrapped = keys.wrap(keys.unwrap(one.ring, one.data, one.place), one.place)
    return wrapped


def opens(one: Wrapped) -> bool:
    """Return whether the ring at hand opens a key."""
    try:
        keys.unwrap(one.ring, one.data, one.place)
    except (keys.KeyMissing, keys.CannotOpen):
        return False
    return True


def needed() -> Counter[str]:
    """Return how many keys each key of the ring wraps now."""
    counts: Counter[str] = Counter()
    for kind in KINDS:
        counts.update(kind.model.objects.values_list("ring", flat=True))
    return counts


def missing() -> list[str]:
    """Return the names of ring keys that wrap something and are not at hand."""
    return sorted(set(needed()) - set(settings.KEY_RING))


def rotate(report: Callable[[str, int], None], *, batch: int = BATCH) -> tuple[int, int]:
    """Wrap every key again that an older key of the ring wraps; return how many, and how many do not open.

    report(kind, done) is called after each batch.
    """
    run, done, shut = uuid7().hex, 0, 0
    for kind in KINDS:
        after: Any = None
        while found := kind.older(after, batch):
            after = found[-1].pk
            good = [one for one in found if opens(one)]
            shut += len(found) - len(good)
            done += wrapped_again(kind, good, run) if good else 0
            report(kind.name, done)
    return done, shut


@transaction.atomic
def wrapped_again(kind: Kind, batch: list[Wrapped], run: str) -> int:
    """Wrap one batch again, with its event."""
    count = kind.rewrap(batch)
    details = {"run": run, "kind": kind.name, "keys": count, "ring": keys.newest_ring()}
    events.record(Event("rotate keys", "U", entity=kind.model._meta.label_lower, details=details))
    return count
