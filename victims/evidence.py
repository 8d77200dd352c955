"""Clues and online identifiers of a series: how they show as pages, and every write to them."""

import uuid
from dataclasses import dataclass
from typing import Any, TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.access.identity import Refused, action
from portal.access.sections import Level
from portal.accounts.models import Person
from portal.audit.events import Event
from portal.casework.models import Lookup, SeriesRecord
from victims.models import Clue, OnlineIdentifier
from victims.series_list import series_open

Record = TypeVar("Record", bound=SeriesRecord)
MOST = 200  # records of one kind on the page of a series


@dataclass(frozen=True)
class EvidencePage:
    """How one kind of record of a series shows."""

    slug: str
    model: type[SeriesRecord]
    fields: tuple[str, ...]
    vocabulary: str
    title: str | Promise
    empty: str | Promise
    add: str | Promise
    changed: str | Promise


PAGES = {
    page.slug: page
    for page in (
        EvidencePage(
            "clues",
            Clue,
            ("kind", "text", "on_body", "status", "result"),
            "clue_kind",
            _("Marks and objects"),
            _(
                "No mark or object is described yet. What could lead to a place or a child belongs here, never the abuse."
            ),
            _("Describe a mark or an object"),
            _("Change the description"),
        ),
        EvidencePage(
            "identifiers",
            OnlineIdentifier,
            ("kind", "value", "owner"),
            "identifier_kind",
            _("Online identifiers"),
            _("No identifier is recorded yet. Names, numbers and addresses that somebody in the files uses online."),
            _("Record an identifier"),
            _("Change the identifier"),
        ),
    )
}


@action
def add(*, model: type[Record], series_id: uuid.UUID, values: dict[str, Any], by: Person, reason: str = "") -> Record:
    """Add a record to a series."""
    check_series(by, series_id)
    record = model(series_id=series_id, **values)
    record.save(force_insert=True)
    return record


@action
def change(*, record: Record, values: dict[str, Any], by: Person, reason: str) -> Record:
    """Change a record of a series; what stood before stays in its history."""
    check_series(by, record.series_id)  # type: ignore[attr-defined]
    record = type(record)._default_manager.select_for_update(of=("self",)).get(pk=record.pk)
    for name, value in values.items():
        setattr(record, name, value)
    record.save()
    return record


def check_series(person: Person, series_id: uuid.UUID) -> None:
    """Raise Refused unless the person may change the series."""
    if not series_open(person, Level.CHANGE).filter(pk=series_id).exists():
        raise Refused(Event("refusal", "E", "refused", "may_not_change_series", series_id=series_id), known=False)


def lists_of(series_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return the records of a series, kind by kind, newest first, in the reader's words."""
    words = words_by_code()
    return [
        {"page": page, "records": [shown(page, record, words) for record in newest(page, series_id)]}
        for page in PAGES.values()
    ]


def newest(page: EvidencePage, series_id: uuid.UUID) -> Any:
    """Return the newest records of one kind."""
    return page.model._default_manager.filter(series_id=series_id).order_by("-pk")[:MOST]  # type: ignore[misc]


def words_by_code() -> dict[tuple[str, str], str]:
    """Return the words of the vocabularies of evidence in the reader's language."""
    used = [page.vocabulary for page in PAGES.values()]
    return {(word.vocabulary, word.code): str(word) for word in Lookup.objects.filter(vocabulary__in=used)}


def shown(page: EvidencePage, record: Any, words: dict[tuple[str, str], str]) -> dict[str, Any]:
    """Return one record as its list shows it."""
    return {"record": record, "kind": words.get((page.vocabulary, record.kind), record.kind)}


def may_change(person: Any, series_id: uuid.UUID) -> bool:
    """Return whether the person may change the series."""
    return series_open(person, Level.CHANGE).filter(pk=series_id).exists()
