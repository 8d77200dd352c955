"""The timeline on the overview, and one change field by field."""

import itertools
import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from portal.access import timeline
from portal.access.agencies import author, author_of
from portal.access.opens import opens
from portal.access.sections import Section
from portal.accounts.models import Agency
from portal.casework.models import Lookup
from portal.casework.templatetags.portal import digits
from portal.casework.templatetags.words import said
from victims.entries import chosen_words
from victims.section_pages import vocabulary_of
from victims.views.file import alerted, file_context, language_names


def older_entries(entries: list[timeline.Entry], only: Section | None) -> str:
    """Return the address of the entries before these, if there are any."""
    if len(entries) <= 25:
        return ""
    last = entries[24]
    at = last.at.isoformat().replace("+", "%2B")
    return f"?at={at}&before={last.id}" + (f"&only={only.slug}" if only else "") + "#timeline"


def pills(held: list[Section], only: Section | None) -> list[dict[str, Any]]:
    """Return the filters of the timeline: one for each section held."""
    every = [{"url": "?#timeline", "label": _("All"), "current": only is None}]
    return every + [
        {"url": f"?only={section.slug}#timeline", "label": section.label, "current": section == only}
        for section in held
    ]


def months(entries: list[timeline.Entry], person: Any, child_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return the entries by month, in the reader's time zone."""
    agencies = Agency.objects.in_bulk({entry.agency_id for entry in entries if entry.agency_id})
    lines = [line(entry, person, child_id, agencies) for entry in entries]
    grouped = itertools.groupby(lines, key=lambda line: timezone.localtime(line["at"]).replace(day=1).date())
    return [
        {"title": digits(date_format(first, "YEAR_MONTH_FORMAT")), "entries": list(some)} for first, some in grouped
    ]


def line(entry: timeline.Entry, person: Any, child_id: uuid.UUID, agencies: dict) -> dict[str, Any]:
    """Return one entry as the timeline component takes it."""
    changes = reverse("victims:changes", args=[child_id, entry.source, entry.id]) if entry.has_changes else ""
    return {
        "at": entry.at,
        "person_id": entry.person_id,
        "what": entry.what,
        "text": entry.text,
        "section": entry.section.label,
        "restricted": entry.section.restricted,
        "who": author(person, child_id, entry.who, agencies.get(entry.agency_id)),
        "changes_url": changes,
    }


def section_of_source(kwargs: dict[str, Any]) -> Section:
    """Return the section of a timeline source named in an address."""
    source = timeline.sources().get(kwargs["source"])
    if source is None or source.section is None or not source.shows_changes:
        raise Http404
    return source.section


@opens(section_of_source, also=(alerted,))
def changes(request: HttpRequest, child_id: uuid.UUID, source: str, history_id: uuid.UUID) -> HttpResponse:
    """Show one change field by field."""
    known = timeline.sources()[source]
    history = known.model.history
    row = history.filter(history_id=history_id, **{known.column: child_id}).first()
    before = row and history.filter(id=row.id, version=row.version - 1).first()
    if row is None or before is None:
        raise Http404
    skipped = {"id", "version", "code_name_key"}
    fields = [field for field in known.model._meta.fields if field.name not in skipped]
    words = {(word.vocabulary, word.code): str(word) for word in Lookup.objects.all()}
    section = known.section
    pairs = [(f, shown(before, f, section, words), shown(row, f, section, words)) for f in fields]
    changed = [{"label": label_of(f), "before": old, "after": new} for f, old, new in pairs if old != new]
    what, _text = known.describe(row, before)
    context = file_context(
        request, child_id, "overview", row=row, changes=changed, what=what, unchanged=len(pairs) - len(changed)
    )
    return TemplateResponse(request, "victims/changes.html", context | {"who": author_of(request.user, child_id, row)})


def label_of(field: Any) -> str:
    """Return what a field is called; those that no form shows have no name of their own."""
    names = {
        "identity": _("Identity"),
        "stage": _("Stage"),
        "open_to_network": _("open to the network"),
        "opened": _("Opened"),
        "owner": _("Team that owns the file"),
    }
    return names.get(field.name) or field.verbose_name


def shown(row: Any, field: Any, section: Section | None, words: dict[tuple[str, str], str]) -> str:
    """Return a field of a history row in words: chosen words and languages in the reader's language."""
    display = getattr(row, f"get_{field.name}_display", None)
    value = display() if display else getattr(row, field.attname)
    if isinstance(value, dict):
        return scores_in_words(value, words)
    value = chosen_words(vocabulary_of(field, section), value, words)
    if field.name == "languages":
        return language_names(value, get_language() or "en")
    return "" if value is None else said(value)


def scores_in_words(scores: dict[str, Any], words: dict[tuple[str, str], str]) -> str:
    """Return what an assessment found in each domain of life, with the reason where one was given."""
    lines = []
    for code, found in scores.items():
        score = f"{words.get(('need_domain', code), code)} {digits(found['score'])}"
        lines.append(" – ".join(filter(None, [score, found.get("why")])))
    return " · ".join(lines)
