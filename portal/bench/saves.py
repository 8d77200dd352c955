"""The tracked save: a care entry changed, with its history row, its event and the database's demand for both."""

import itertools
import uuid
from collections.abc import Iterator
from typing import Any

from django.db import IntegrityError, transaction

from portal.access.identity import acting
from portal.audit.models import AccessEvent
from portal.bench.measure import Case, Goal, Timed, timed
from portal.bench.plain import PlainEntry
from portal.bench.world import World
from victims import actions
from victims.models import CareEntry

GOAL = Goal(naive=1 / 1.5, growth=1.1)  # at most 1.5 times simple-history's own save
TRIED = 20
REASON = "bench"

COLUMNS = 'id, version, "on", kind, text, child_id'
LIMIT = f"""
WITH changed AS (
  UPDATE bench_careentry SET text = %(text)s, version = version + 1 WHERE id = %(id)s RETURNING {COLUMNS}
), kept AS (
  INSERT INTO bench_historicalcareentry ({COLUMNS}, history_id, history_date, history_type, history_user_id,
    history_change_reason, history_by, history_agency_id, history_agency, history_role, history_via)
  SELECT {COLUMNS}, %(history)s, now(), '~', %(me)s, %(reason)s, %(by)s, %(agency)s, 'Agency', 'social_worker', ''
    FROM changed
)
INSERT INTO audit_event (id, recorded, tx, kind, action, outcome, reason_code, child_id, entity, entity_id, entities,
  sections, basis, purpose, details, person_id, person, agency_id, agency, role, via, session, request_id, address)
SELECT %(event)s, now(), pg_current_xact_id(), 'change', 'U', 'ok', '', child_id, 'victims.careentry', id, '{{}}', '{{6}}',
  '', %(reason)s, '{{}}', %(me)s, %(by)s, %(agency)s, 'Agency', 'social_worker', '', '', '', '' FROM changed
RETURNING 1
"""  # noqa: S608


class Saves:
    """The three ways to write one change."""

    def __init__(self, world: World) -> None:
        self.world, self.person = world, world.people["worker"]
        self.number = itertools.count()

    def text(self) -> str:
        return f"Wants to stay at the same school and to see her brother on Sundays. Noted again, {next(self.number)}."

    def limit(self, entry_id: uuid.UUID) -> Timed:
        stamp = self.person.stamp()
        values = {
            "id": entry_id, "text": self.text(), "history": uuid.uuid4(), "event": uuid.uuid4(), "reason": REASON,
            "me": self.person.pk, "by": stamp.person, "agency": stamp.agency_id,
        }  # fmt: skip
        return timed(lambda: len(self.world.asked(LIMIT, values)))

    def action(self, entry_id: uuid.UUID) -> Timed:
        """Change the entry as the page does: check, lock, read again, save."""
        with acting(self.person):
            entry = CareEntry.objects.get(pk=entry_id)
        values = {"text": self.text()}
        return timed(lambda: bool(actions.change(record=entry, values=values, by=self.person, reason=REASON)) + 0)

    def record(self, entry_id: uuid.UUID) -> Timed:
        """Save an entry in hand, in a transaction of its own."""
        with acting(self.person):
            entry = CareEntry.objects.get(pk=entry_id)
        entry.text = self.text()
        return timed(lambda: self.saved(entry))

    def saved(self, entry: CareEntry) -> int:
        with acting(self.person, reason=REASON):
            entry.save()
        return 1

    def naive_action(self, entry_id: uuid.UUID) -> Timed:
        """Lock, read and save with simple-history and nothing else: no check of rights."""
        return timed(lambda: self.plain(entry_id))

    def plain(self, entry_id: uuid.UUID) -> int:
        with transaction.atomic():
            entry = PlainEntry._default_manager.select_for_update(of=("self",)).get(pk=entry_id)
            entry.text = self.text()
            return self.kept(entry)

    def naive_record(self, entry_id: uuid.UUID) -> Timed:
        entry: Any = PlainEntry._default_manager.get(pk=entry_id)
        entry.text = self.text()
        return timed(lambda: self.kept(entry))

    def kept(self, entry: Any) -> int:
        entry._history_user, entry._change_reason = self.person, REASON
        entry.version += 1
        with transaction.atomic():
            entry.save()
        return 1


def entries(world: World) -> list[uuid.UUID]:
    """Return care entries of the files with a full history, all of them the ordinary worker's."""
    sql = "SELECT id FROM victims_careentry WHERE child_id = ANY (%s) ORDER BY id"
    return [row[0] for row in world.asked(sql, [world.stories(1)])]


def cases(world: World) -> Iterator[Case]:
    """Yield the whole action, and the save alone."""
    saves, subjects = Saves(world), entries(world)
    yield Case("save: the action", "worker", world, GOAL, saves.limit, saves.action, saves.naive_action, subjects, 3)
    yield Case("save", "worker", world, GOAL, saves.limit, saves.record, saves.naive_record, subjects, 3)


# --- is it right? ---------------------------------------------------------------------------------------------------


def faults(world: World) -> Iterator[str]:
    """A change writes one history row and one event; a change that writes none is refused by the database."""
    saves = Saves(world)
    for way in (saves.action, saves.record):
        for entry_id in entries(world)[:TRIED]:
            before = written(world, entry_id)
            way(entry_id)
            if written(world, entry_id) != (before[0] + 1, before[1] + 1, before[2] + 1):
                yield f"save of {entry_id}, {world.size} files"
    if not is_refused(saves, entries(world)[0]):
        yield f"a change without its history was not refused, {world.size} files"


def written(world: World, entry_id: uuid.UUID) -> tuple[int, int, int]:
    """Return the version of an entry, and how many history rows and events it has."""
    events = AccessEvent._meta.db_table
    sql = f"""SELECT version, (SELECT count(*) FROM victims_historicalcareentry h WHERE h.id = e.id),
      (SELECT count(*) FROM {events} a WHERE a.entity_id = e.id) FROM victims_careentry e WHERE id = %s"""  # noqa: S608
    return world.asked(sql, [entry_id])[0]


def is_refused(saves: Saves, entry_id: uuid.UUID) -> bool:
    try:
        with acting(saves.person, reason=REASON):
            CareEntry.objects.filter(pk=entry_id).update(text="written past the history")
    except IntegrityError:
        return True
    return False
