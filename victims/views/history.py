"""The timeline on the overview, and one change field by field."""

import itertools
import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal.access import timeline
from portal.access.agencies import author
from portal.access.opens import opens
from portal.access.sections import Section
from portal.accounts.models import Agency
from portal.casework.templatetags.portal import digits
from victims.views.file import file_context


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
        "what": entry.what,
        "text": entry.text,
        "section": entry.section.label,
        "restricted": entry.section.restricted,
        "who": author(person, child_id, entry, agencies),
        "changes_url": changes,
    }


def section_of_source(kwargs: dict[str, Any]) -> Section:
    """Return the section of a timeline source named in an address."""
    source = timeline.sources().get(kwargs["source"])
    if source is None or source.section is None:
        raise Http404
    return source.section


@opens(section_of_source)
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
    pairs = [(field, shown(before, field), shown(row, field)) for field in fields]
    changed = [{"label": f.verbose_name, "before": old, "after": new} for f, old, new in pairs if old != new]
    what, _text = known.describe(row, before)
    context = file_context(
        request, child_id, "overview", row=row, changes=changed, what=what, unchanged=len(pairs) - len(changed)
    )
    return TemplateResponse(request, "victims/changes.html", context)


def shown(row: Any, field: Any) -> str:
    """Return a field of a history row in words."""
    display = getattr(row, f"get_{field.name}_display", None)
    value = display() if display else getattr(row, field.attname)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)
