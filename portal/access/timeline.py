"""The timeline of a file: one UNION over the history tables of the sections that the viewer may see."""

import datetime
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from portal.access import reasons
from portal.access.models import Basis, Grant
from portal.access.rights import sections_open
from portal.access.sections import Section
from portal.accounts.models import Person
from portal.casework.due_rules import ROUND, title_of
from portal.casework.models import Attachment, Note, Task

END_OF_TIME = datetime.datetime(9999, 1, 1, tzinfo=datetime.UTC)
LAST = uuid.UUID(int=(1 << 128) - 1)


@dataclass(frozen=True)
class Source:
    """A history table: its section (None: each row names its own), its column of the child, and what a row says.

    describe(row, before) returns the sentence and a text to show under it; before is the row's earlier version or None.
    """

    name: str
    model: Any
    describe: Callable[[Any, Any], tuple[str | Promise, str]]
    section: Section | None = None
    column: str = "child_id"
    without: tuple[str, tuple[str, ...]] | None = None  # a column and its values in rows that say nothing
    shows_changes: bool = True  # field by field; false where a field names a team or an agency
    of_sides: bool = False  # the database shows a row to those whom it concerns, not to everybody who holds the section

    @cached_property
    def table(self) -> str:
        return self.model.history.model._meta.db_table

    @property
    def condition(self) -> str:
        """Return which rows of a child's history are on the timeline, beside those of the child: names of code only."""
        own = " AND section = ANY (%(sections)s::smallint[])" if self.section is None else ""
        if self.without is None:
            return own
        column, values = self.without
        return f"{own} AND {column} <> ALL ('{{{','.join(values)}}}')"


@dataclass(frozen=True)
class Entry:
    """One line of the timeline."""

    source: str
    id: uuid.UUID
    at: datetime.datetime
    what: str | Promise
    text: str
    section: Section
    who: str
    agency_id: uuid.UUID | None
    agency: str
    version: int
    reason: str
    has_changes: bool
    person_id: uuid.UUID | None


def sources() -> dict[str, Source]:
    """Return every source named in settings, by name."""
    return {source.name: source for slot in settings.TIMELINE_SOURCES for source in import_string(slot)}


def arm(source: Source) -> str:
    """Return the SELECT of one source: the newest rows before a moment, from its index alone."""
    return (
        f"(SELECT '{source.name}' AS source, history_id, history_date FROM {source.table}"  # noqa: S608  # names of code
        f" WHERE {source.column} = %(child)s AND (history_date, history_id) < (%(at)s, %(id)s){source.condition}"
        " ORDER BY history_date DESC, history_id DESC LIMIT %(most)s)"
    )


LOOKED = """
SELECT f.id, (SELECT e.recorded FROM audit_event e WHERE e.child_id = f.id AND e.person_id = %s AND e.action = 'R'
               AND e.outcome = 'ok' AND e.recorded < app_now() - %s::interval
               ORDER BY e.recorded DESC LIMIT 1) FROM unnest(%s::uuid[]) AS f (id)
"""
VISIT = datetime.timedelta(minutes=30)  # the pages that one opens in a row are one visit


def last_looks(
    person: Person, ids: list[uuid.UUID], before: datetime.timedelta = datetime.timedelta()
) -> dict[uuid.UUID, datetime.datetime]:
    """Return when the person looked at each of these files last, for those that were looked at.

    before: VISIT on the page of a file, of which this look itself is on record already.
    """
    with connection.cursor() as cursor:
        cursor.execute(LOOKED, [person.pk, str(before), ids])
        return {child_id: at for child_id, at in cursor.fetchall() if at}


def changes_since(person: Person, looked: dict[uuid.UUID, datetime.datetime]) -> dict[uuid.UUID, int]:
    """Return how many changes others made to each file since a moment, of those that the person may see: one statement."""
    if not looked:
        return {}
    arms = [
        f"SELECT l.id FROM looked l JOIN {source.table} h ON h.{source.column} = l.id AND h.history_date > l.at"  # noqa: S608  # names of code
        f" AND h.history_user_id IS DISTINCT FROM %(person)s{source.condition}"
        for source in sources().values()
    ]
    counted = f"SELECT id, count(*) FROM ({' UNION ALL '.join(arms)}) AS changes GROUP BY id"  # noqa: S608  # names of code
    sql = f"WITH looked AS (SELECT * FROM unnest(%(ids)s::uuid[], %(moments)s::timestamptz[]) AS f (id, at)) {counted}"  # noqa: S608
    values: dict[str, Any] = {"person": person.pk, "ids": list(looked), "moments": list(looked.values())}
    with connection.cursor() as cursor:
        cursor.execute(sql, values | {"sections": [int(section) for section in Section]})
        return dict(cursor.fetchall())


def newest(
    child_id: uuid.UUID,
    sections: Iterable[Section],
    *,
    before: tuple[datetime.datetime, uuid.UUID] = (END_OF_TIME, LAST),
    most: int = 25,
    only: Section | None = None,
    with_sides: bool = True,
) -> list[tuple[str, uuid.UUID, datetime.datetime]]:
    """Return (source, history id, time) of the newest changes before a moment, in one statement.

    with_sides: False where the page is drawn for somebody else than the one who reads the tables.
    """
    shown = {only} & set(sections) if only else set(sections)
    asked = [one for one in sources().values() if with_sides or not one.of_sides]
    arms = [arm(source) for source in asked if source.section is None or source.section in shown]
    if not arms or not shown:
        return []
    sql = " UNION ALL ".join(arms) + " ORDER BY history_date DESC, history_id DESC LIMIT %(most)s"
    values: dict[str, Any] = {
        "child": child_id,
        "at": before[0],
        "id": before[1],
        "most": most,
        "sections": [int(s) for s in shown],
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()


def page(child_id: uuid.UUID, viewer: Person, **more: Any) -> list[Entry]:
    """Return the newest entries that the viewer may see: one fetch for each source on the page."""
    keys = newest(child_id, sections_open(viewer, child_id), **more)
    known = sources()
    rows: dict[uuid.UUID, Entry] = {}
    for name in {key[0] for key in keys}:
        rows |= described(known[name], [key[1] for key in keys if key[0] == name])
    return [rows[key[1]] for key in keys if key[1] in rows]


def described(source: Source, ids: list[uuid.UUID]) -> dict[uuid.UUID, Entry]:
    """Fetch history rows and the versions before them, and say what they say."""
    history = source.model.history
    found = list(history.filter(history_id__in=ids))
    changed = [row for row in found if row.version > 1]
    # By both, so that of a record with a long history its few versions are read, and not all of them.
    earlier = history.filter(id__in={row.id for row in changed}, version__in={row.version - 1 for row in changed})
    before = {(row.id, row.version): row for row in earlier}
    return {row.history_id: entry(source, row, before.get((row.id, row.version - 1))) for row in found}


def entry(source: Source, row: Any, before: Any) -> Entry:
    """Return the timeline's line of one history row."""
    what, text = source.describe(row, before)
    section = source.section or Section(row.section)
    return Entry(
        source.name,
        row.history_id,
        row.history_date,
        what,
        text,
        section,
        row.history_by,
        row.history_agency_id,
        row.history_agency,
        row.version,
        row.history_change_reason or "",
        row.version > 1 and source.shows_changes,
        row.history_user_id,
    )


def describe_note(row: Any, before: Any) -> tuple[str | Promise, str]:
    """Say that a note was written; what it says stands on the section's page."""
    return (_("Addendum written") if row.adds_to_id else _("Note written")), ""


def describe_attachment(row: Any, before: Any) -> tuple[str | Promise, str]:
    """Say that a document was attached."""
    return _("Document attached"), ""


def describe_task(row: Any, before: Any) -> tuple[str | Promise, str]:
    """Say what became of a next step."""
    return (_("Next step added") if before is None else task_changed(before, row)), title_of(row)


def task_changed(before: Any, row: Any) -> str | Promise:
    """Say what changed of a next step between two versions."""
    ends = {Task.State.DONE: _("Next step done"), Task.State.CANCELLED: _("Next step cancelled")}
    if row.state != before.state:
        return ends.get(row.state, _("Next step changed"))
    if row.reminded != before.reminded:
        return _("Reminder of a next step")
    if row.team_id != before.team_id:
        return _("Next step given to another team")
    return _("Next step given to a colleague") if row.person_id != before.person_id else _("Next step changed")


def describe_grant(row: Any, before: Any) -> tuple[str | Promise, str]:
    """Say that access was given, accepted, renewed, confirmed or ended, and why; to whom is said where it is known who reads."""
    if row.ended:
        return _("Access ended"), reasons.shown(row.end_reason)
    if before is not None and before.confirmed != row.confirmed:
        return _("Access confirmed"), ""
    if before is not None and before.accepted:
        return _("Access renewed"), reasons.shown(row.history_change_reason)
    if before is not None:
        return _("Access accepted"), ""
    is_emergency = row.basis == Basis.EMERGENCY
    return _("Opened in an emergency") if is_emergency else _("Access given"), reasons.shown(row.reason)


# The rows of tasks and grants have policies of their own: everybody meets those that they may see.
SOURCES = (
    Source("note", Note, describe_note),
    Source("attachment", Attachment, describe_attachment),
    Source("task", Task, describe_task, Section.SUMMARY, without=("kind", ROUND), shows_changes=False),
    Source(
        "grant",
        Grant,
        describe_grant,
        Section.SUMMARY,
        without=("basis", (Basis.OWNERSHIP,)),
        shows_changes=False,
        of_sides=True,
    ),  # fmt: skip
)
