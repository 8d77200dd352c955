"""The marks, objects and identifiers of a series: adding, changing, and what changed."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from portal.access.opens import WRITE, opens_network
from portal.access.sections import Level
from portal.casework.editing import author, demand_current, resolved, save_once
from portal.casework.templatetags.words import said
from victims import evidence
from victims.evidence import PAGES, EvidencePage, words_by_code
from victims.evidence_forms import FORMS
from victims.models import Series
from victims.series_list import series_open
from victims.views.series import series_asked_for


def page_of(slug: str) -> EvidencePage:
    """Return the kind of record that an address names."""
    if slug not in PAGES:
        raise Http404
    return PAGES[slug]


def series_to_change(person: Any, series_id: uuid.UUID, slug: str, record_id: uuid.UUID | None = None) -> Any:
    """Return the series, or its record that the address names, if the person may change it."""
    found = series_open(person, Level.CHANGE).filter(pk=series_id).first()
    page = page_of(slug)
    if found is None or record_id is None:
        return found
    return page.model._default_manager.filter(pk=record_id, series=found).first()  # type: ignore[misc]


@opens_network(methods=WRITE, kind="view series", finds=series_to_change)
def add(request: HttpRequest, series: Series, slug: str) -> HttpResponse:
    """Add a record to a series."""
    page = page_of(slug)
    form = FORMS[slug](request.POST or None)
    if request.method == "POST" and form.is_valid():
        return save_once(request, lambda: added(page, form, series.pk, request.user))
    return TemplateResponse(request, "victims/evidence.html", context_of(request, page, series.pk, form=form))


def context_of(request: HttpRequest, page: EvidencePage, series_id: uuid.UUID, **more: Any) -> dict[str, Any]:
    """Return what the pages of a record show."""
    return {"page": page, "series": series_asked_for(request.user, series_id), **more}


def added(page: EvidencePage, form: Any, series_id: uuid.UUID, person: Any) -> str:
    """Add the record and return to the series."""
    evidence.add(model=page.model, series_id=series_id, values=form.values(), by=person)
    return back_to(page, series_id)


def back_to(page: EvidencePage, series_id: uuid.UUID) -> str:
    """Return the place on the series' page where the records stand."""
    return reverse("victims:one_series", args=[series_id]) + f"#{page.slug}"


@opens_network(methods=WRITE, kind="view series", finds=series_to_change)
def edit(request: HttpRequest, series_id: uuid.UUID, slug: str, editing: Any) -> HttpResponse:
    """Change a record of a series; one saved meanwhile gives the page that joins both."""
    page, is_sent = page_of(slug), request.method == "POST"
    # Locked before its version is compared: of two saves at the same moment, the later one meets the earlier.
    locked: Any = page.model._default_manager.select_for_update(of=("self",))
    record = locked.get(pk=editing.pk) if is_sent else editing
    form = FORMS[slug](resolved(request.POST) if is_sent else None, instance=editing)
    if is_sent and form.is_valid():
        demand_current(request, form, record)
        return save_once(request, lambda: changed(page, form, record, request.user))
    context = context_of(request, page, series_id, form=form, record=record, versions=versions_of(page, record))
    return TemplateResponse(request, "victims/evidence.html", context)


def changed(page: EvidencePage, form: Any, record: Any, person: Any) -> str:
    """Change the record and return to the series."""
    evidence.change(record=record, values=form.values(), by=person, reason=form.cleaned_data["reason"])
    return back_to(page, record.series_id)


def versions_of(page: EvidencePage, record: Any) -> list[dict[str, Any]]:
    """Return every version of a record, newest first: who, when, why and which fields changed."""
    words = words_by_code()
    rows = list(record.history.filter(id=record.pk).order_by("version"))
    befores = [None, *rows]
    lines = [
        {"row": row, "who": author(row), "changes": differences(page, before, row, words)}
        for before, row in zip(befores, rows, strict=False)
    ]
    return lines[::-1]


def differences(page: EvidencePage, before: Any, row: Any, words: dict[tuple[str, str], str]) -> list[dict[str, str]]:
    """Return the fields that differ between two versions, in words; none for the first version."""
    if before is None:
        return []
    pairs = [(name, value(page, before, name, words), value(page, row, name, words)) for name in page.fields]
    label = page.model._meta.get_field
    return [
        {"label": str(label(name).verbose_name), "before": old, "after": new}  # type: ignore[union-attr]
        for name, old, new in pairs
        if old != new
    ]


def value(page: EvidencePage, row: Any, name: str, words: dict[tuple[str, str], str]) -> str:
    """Return a field of a version in words."""
    display = getattr(row, f"get_{name}_display", None)
    raw = display() if display else getattr(row, name)
    return said(words.get((page.vocabulary, raw), raw) if name == "kind" else raw)
