"""A section of a file as it stood at a moment: every record in the version of that day, with the next change before and after."""

import datetime
import uuid
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from portal.access import timeline
from portal.access.agencies import author_of
from portal.access.opens import opens
from portal.access.sections import Section
from portal.audit import clock
from portal.casework.models import Lookup
from victims.forms import DateInput
from victims.views.file import alerted, file_context
from victims.views.history import label_of, shown

SECTIONS = {section.slug: section for section in Section}
MOST = 100  # records of a kind
# Beside what leads elsewhere (other records, teams, people), what says nothing to a reader.
SKIPPED = {"id", "version", "code_name_key", "child", "section", "content_type", "size", "digest"}
MINUTE = datetime.timedelta(minutes=1)


class MomentForm(forms.Form):
    """A day and an hour, where the reader is."""

    on = forms.DateField(label=_("Day"), widget=DateInput)
    at = forms.TimeField(label=_("Hour"), widget=forms.TimeInput(attrs={"type": "time"}), required=False)

    def moment(self) -> datetime.datetime:
        """Return the end of that minute, or of that day; a form that is not in order means now."""
        if not self.is_valid():
            return clock.now()
        day, hour = self.cleaned_data["on"], self.cleaned_data["at"]
        start = timezone.make_aware(datetime.datetime.combine(day, hour or datetime.time(23, 59)))
        return start + MINUTE - datetime.timedelta(microseconds=1)


def section_named(kwargs: dict[str, Any]) -> Section:
    """Return the section named in an address."""
    section = SECTIONS.get(kwargs["slug"])
    if section is None:
        raise Http404
    return section


@opens(section_named, kind="view as it stood", also=(alerted,))
def as_it_stood(request: HttpRequest, child_id: uuid.UUID, slug: str) -> HttpResponse:
    """Show the records of a section as they stood at a moment, and lead to the change before it and after it."""
    section = SECTIONS[slug]
    form = MomentForm(request.GET or None)
    at = form.moment()
    words = {(word.vocabulary, word.code): str(word) for word in Lookup.objects.all()}
    histories = list(histories_of(section, child_id))
    stood = [(source, versions(rows, at)) for source, rows in histories]
    records = [
        record(request.user, child_id, source, row, section, words) for source, rows in stood for row in rows[:MOST]
    ]
    before, after = beside(histories, at)
    context = file_context(request, child_id, slug) | {
        "form": form,
        "section": section,
        "at": at if form.is_bound and form.is_valid() else None,
        "records": sorted(records, key=lambda one: one["row"].history_date, reverse=True),
        "most": MOST if any(len(rows) > MOST for _source, rows in stood) else None,
        "before_url": address(before),
        "after_url": address(after),
        "back_url": reverse("victims:section", args=[child_id, slug])
        if section != Section.SUMMARY
        else reverse("victims:child", args=[child_id]),
    }
    return TemplateResponse(request, "victims/as_it_stood.html", context)


def histories_of(section: Section, child_id: uuid.UUID) -> Any:
    """Yield the history of each kind of record in a section; what names teams and agencies has pages of its own."""
    for source in timeline.sources().values():
        rows = source.model.history.filter(**{source.column: child_id})
        if source.section == section and source.shows_changes and not source.of_sides:
            yield source, rows
        elif source.section is None:
            yield source, rows.filter(section=section)


def versions(rows: Any, at: datetime.datetime) -> list[Any]:
    """Return the version of each record that stood at a moment, of the newest records and one more."""
    return list(rows.filter(history_date__lte=at).order_by("-id", "-version").distinct("id")[: MOST + 1])


def record(person: Any, child_id: uuid.UUID, source: Any, row: Any, section: Section, words: Any) -> dict[str, Any]:
    """Return one record in the words of its fields: those that said something."""
    fields = [field for field in source.model._meta.fields if field.name not in SKIPPED and not field.is_relation]
    pairs = [(label_of(field), shown(row, field, section, words)) for field in fields]
    what, _text = source.describe(row, None)
    said = [(label, value) for label, value in pairs if value]
    return {"what": what, "pairs": said, "row": row, "who": author_of(person, child_id, row)}


def beside(histories: list[Any], at: datetime.datetime) -> tuple[datetime.datetime | None, datetime.datetime | None]:
    """Return when the section was changed last before this version of it, and next after it."""
    earlier, later = [], []
    for _source, rows in histories:
        earlier += (
            rows.filter(history_date__lte=at).order_by("-history_date").values_list("history_date", flat=True)[:MOST]
        )
        later += rows.filter(history_date__gt=at).order_by("history_date").values_list("history_date", flat=True)[:1]
    # Several records of one act were changed at one moment; before that minute stands the version before.
    minutes = sorted({when.replace(second=0, microsecond=0) for when in earlier}, reverse=True)
    return next((when for when in minutes[1:]), None), min(later, default=None)


def address(moment: datetime.datetime | None) -> str:
    """Return the address of the section as it stood then."""
    if moment is None:
        return ""
    local = timezone.localtime(moment)
    return "?" + urlencode({"on": local.date().isoformat(), "at": local.strftime("%H:%M")})
