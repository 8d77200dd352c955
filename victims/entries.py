"""What stands in a section of a file: records, notes and documents, newest first, each with its author and time."""

import datetime
import itertools
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from portal.access.agencies import author
from portal.access.sections import Section
from portal.access.visibility import FIRST
from portal.accounts.models import Agency, Person
from portal.casework import clock
from portal.casework.models import Attachment, Lookup, Note
from portal.casework.templatetags.portal import full_date, hour
from victims.section_pages import SectionPage, vocabulary


@dataclass(frozen=True)
class Entry:
    """One row, and who wrote it as it now stands; a record's values in words, and what adds to a note.

    then: of what lasts from its `during` on, the values that are true all that time.
    """

    row: Any
    who: str
    at: datetime.datetime
    history_id: uuid.UUID
    values: list[tuple[Any, Any]] = field(default_factory=list)
    then: list[tuple[Any, Any]] = field(default_factory=list)
    addenda: list["Entry"] = field(default_factory=list)


@dataclass(frozen=True)
class Block:
    """Further records of a section, under a title of their own, and how many older ones are left out."""

    title: str
    entries: list[Entry]
    left_out: int


@dataclass(frozen=True)
class Listing:
    """The newest rows before a place in a list, and whether older ones follow."""

    found: Any  # the queryset of all of them
    rows: list[Any]
    has_more: bool

    def left_out(self) -> int:
        """Return how many older rows follow."""
        return self.found.filter(pk__lt=self.rows[-1].pk).count() if self.has_more else 0


def listing(found: Any, before: uuid.UUID, most: int) -> Listing:
    """Return the newest rows of a queryset before an id."""
    rows = list(found.filter(pk__lt=before).order_by("-pk")[: most + 1])
    return Listing(found, rows[:most], len(rows) > most)


def records(page: SectionPage, child_id: uuid.UUID, *, before: uuid.UUID = FIRST, most: int) -> Listing:
    """Return the records of a section."""
    return listing(page.model._default_manager.filter(child_id=child_id), before, most)


def notes(section: Section, child_id: uuid.UUID, *, before: uuid.UUID = FIRST, most: int) -> Listing:
    """Return the notes of a section, each with what adds to it."""
    found = Note.objects.filter(child_id=child_id, section=section, adds_to=None).prefetch_related("addenda")
    return listing(found, before, most)


def documents(section: Section, child_id: uuid.UUID, *, before: uuid.UUID = FIRST, most: int) -> Listing:
    """Return the attached documents of a section."""
    return listing(Attachment.objects.filter(child_id=child_id, section=section), before, most)


def record_entries(viewer: Person, page: SectionPage, rows: list[Any]) -> list[Entry]:
    """Return records with author, time and values in the reader's language."""
    words, known = words_of(page), signatures(viewer, rows)
    return [entry(row, known, values=labelled(page, row, words)) for row in rows]


def note_entries(viewer: Person, rows: list[Any]) -> list[Entry]:
    """Return notes with author and time, and with their addenda, oldest first."""
    added = {row.pk: sorted(row.addenda.all(), key=lambda note: note.pk) for row in rows}
    known = signatures(viewer, [*rows, *itertools.chain(*added.values())])
    return [entry(row, known, addenda=[entry(one, known) for one in added[row.pk]]) for row in rows]


def document_entries(viewer: Person, rows: list[Any]) -> list[Entry]:
    """Return documents with author and time."""
    known = signatures(viewer, rows)
    return [entry(row, known) for row in rows]


def signatures(viewer: Person, rows: list[Any]) -> dict[uuid.UUID, tuple[Any, str]]:
    """Return the newest history row and the author of each of these rows of one table: two statements for all."""
    if not rows:
        return {}
    history = type(rows[0]).history.filter(id__in=[row.pk for row in rows])
    lines = list(history.order_by("id", "-version").distinct("id"))
    agencies = Agency.objects.in_bulk({line.history_agency_id for line in lines if line.history_agency_id})
    child_id = rows[0].child_id
    return {
        line.id: (line, author(viewer, child_id, line.history_by, agencies.get(line.history_agency_id)))
        for line in lines
    }


def entry(row: Any, known: dict[uuid.UUID, tuple[Any, str]], **more: Any) -> Entry:
    """Return one row with its author and time."""
    line, who = known[row.pk]
    return Entry(row, who, line.history_date, line.history_id, **more)


def words_of(page: SectionPage) -> dict[tuple[str, str], str]:
    """Return the words of the vocabularies that the section's fields choose from, in the reader's language."""
    chosen = [name for field_name in page.fields if (name := vocabulary(page.section, field_name))]
    return {(word.vocabulary, word.code): str(word) for word in Lookup.objects.filter(vocabulary__in=chosen)}


def has_ended(day: datetime.date | None) -> bool:
    """Return whether the last day of something has passed."""
    return day is not None and day < clock.today()


def labelled(page: SectionPage, record: Any, words: dict[tuple[str, str], str]) -> list[tuple[Any, Any]]:
    """Return a record's fields as label and value, chosen words in the reader's language, empty ones left out."""
    pairs = []
    for name in page.fields:
        value = getattr(record, name)
        value = chosen_words(vocabulary(page.section, name), value, words)
        if name == "expires" and has_ended(value):
            value = _("%(day)s (ended)") % {"day": full_date(value)}
        if display := getattr(record, f"get_{name}_display", None):
            value = display()
        if isinstance(value, datetime.datetime):
            value = in_full(value)
        if value not in (None, ""):
            pairs.append((record._meta.get_field(name).verbose_name, value))
    return pairs


def in_full(moment: datetime.datetime | None) -> str:
    """Return a moment with its year: paper is read in other years too."""
    return _(", ").join([full_date(moment), hour(moment)]) if moment else ""


def chosen_words(choice: str | None, value: Any, words: dict[tuple[str, str], str]) -> Any:
    """Return a chosen code, or several, in the reader's language; whatever is no choice stays as it is."""
    if choice is None:
        return value
    if isinstance(value, list):
        return _(", ").join(str(words.get((choice, code), code)) for code in value)
    return words.get((choice, value), value)
