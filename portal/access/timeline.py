"""The timeline of a file: one UNION over the history tables of the sections that the viewer may see."""

import datetime
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from portal.access.rights import sections_open
from portal.access.sections import Section
from portal.accounts.models import Person
from portal.casework.models import Attachment, Note

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

    @property
    def table(self) -> str:
        return self.model.history.model._meta.db_table


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

    @property
    def has_changes(self) -> bool:
        return self.version > 1


def sources() -> dict[str, Source]:
    """Return every source named in settings, by name."""
    return {source.name: source for slot in settings.TIMELINE_SOURCES for source in import_string(slot)}


def arm(source: Source) -> str:
    """Return the SELECT of one source: the newest rows before a moment, from its index alone."""
    own = "AND section = ANY (%(sections)s)" if source.section is None else ""
    return (
        f"(SELECT '{source.name}' AS source, history_id, history_date FROM {source.table}"  # noqa: S608  # names of code
        f" WHERE {source.column} = %(child)s AND (history_date, history_id) < (%(at)s, %(id)s) {own}"
        " ORDER BY history_date DESC, history_id DESC LIMIT %(most)s)"
    )


def newest(
    child_id: uuid.UUID,
    sections: Iterable[Section],
    *,
    before: tuple[datetime.datetime, uuid.UUID] = (END_OF_TIME, LAST),
    most: int = 25,
    only: Section | None = None,
) -> list[tuple[str, uuid.UUID, datetime.datetime]]:
    """Return (source, history id, time) of the newest changes before a moment, in one statement."""
    shown = {only} & set(sections) if only else set(sections)
    arms = [arm(source) for source in sources().values() if source.section is None or source.section in shown]
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
    earlier = history.filter(id__in={row.id for row in found if row.version > 1})
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
    )


def describe_note(row: Any, before: Any) -> tuple[str | Promise, str]:
    """Say that a note was written; what it says stands on the section's page."""
    return (_("Addendum written") if row.adds_to_id else _("Note written")), ""


def describe_attachment(row: Any, before: Any) -> tuple[str | Promise, str]:
    """Say that a document was attached."""
    return _("Document attached"), ""


SOURCES = (
    Source("note", Note, describe_note),
    Source("attachment", Attachment, describe_attachment),
)
