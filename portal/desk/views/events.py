"""Events of the network for those who oversee it: by person, file, agency, kind and days; and taken along, with a purpose."""

import hashlib
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from portal.access import auditing, timeline
from portal.access.auditing import EVENTS_SHOWN, Filter, Seen
from portal.access.identity import Refused
from portal.access.opens import WRITE, opens_list
from portal.access.sections import Section
from portal.accounts.models import Agency, Person
from portal.audit import away
from portal.audit.events import Event
from portal.audit.ids import uuid7
from portal.desk import event_words, record_words
from portal.desk.forms import EventFilter, start_of
from portal.desk.history_words import FALLBACK, role_words
from portal.desk.oversight import OVERSEERS
from portal.desk.tables_forms import PurposeForm
from portal.desk.views.tables import marked
from victims.tables import sheet
from victims.views.addresses import id_of, moment_of

NAMES = ("file", "person", "agency", "kind", "since", "until")
NOBODY = uuid.UUID(int=0)


@dataclass(frozen=True)
class Chosen:
    """What an address asks for."""

    filter: Filter
    child_id: uuid.UUID | None
    kinds: tuple[str, ...]
    actions: tuple[str, ...]

    def events(self, **more: Any) -> list[Seen]:
        """Return the newest events of the choice."""
        return auditing.events_overseen(
            self.filter, child_id=self.child_id, kinds=self.kinds, actions=self.actions, **more
        )


def chosen(asked: Any, person: Any) -> Chosen:
    """Read the choice from an address; what is no id, day or kind is a page that does not exist."""
    kind = asked.get("kind", "")
    if kind and kind not in event_words.GROUPS:
        raise Http404
    _label, kinds, actions = event_words.GROUPS.get(kind, ("", (), ()))
    ids = {name: id_of(asked.get(name, ""), NOBODY) for name in ("file", "person", "agency")}
    days = [start_of(day_of(asked.get(name, "")), later, person.zone) for name, later in (("since", 0), ("until", 1))]
    return Chosen(
        Filter(
            person_id=ids["person"] if ids["person"] != NOBODY else None,
            agency_id=ids["agency"] if ids["agency"] != NOBODY else None,
            refused=kind == event_words.REFUSALS,
            since=days[0],
            until=days[1],
        ),
        ids["file"] if ids["file"] != NOBODY else None,
        kinds,
        actions,
    )


def day_of(text: str) -> Any:
    """Return the day in an address, if there is one."""
    try:
        day = parse_date(text) if text else None
    except ValueError:
        day = None
    if text and day is None:
        raise Http404
    return day


def demand_overseer(person: Any) -> None:
    if OVERSEERS.isdisjoint(person.roles):
        raise Refused(Event("refusal", "R", "refused", "no_oversight"), known=False)


@opens_list("list events", methods=WRITE)
def events(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Show the newest events, and those that were chosen."""
    person: Any = request.user
    demand_overseer(person)
    form = EventFilter(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return redirect(reverse("desk:events") + "?" + urlencode(form.query())), []
    asked = {name: request.GET[name] for name in NAMES if request.GET.get(name)}
    choice = chosen(asked, person)
    place = moment_of(request.GET.get("at", "")), id_of(request.GET.get("before", ""), timeline.LAST)
    found = choice.events(before=place)
    shown = found[:EVENTS_SHOWN]
    last = {"at": shown[-1].recorded.isoformat(), "before": str(shown[-1].id)} if len(found) > EVENTS_SHOWN else None
    context = {
        "form": form,
        "rows": [row(one) for one in shown],
        "chosen": words_of(choice, asked, shown),
        "older_url": f"?{urlencode(asked | last)}" if last else "",
        "newer_url": f"?{urlencode(asked)}" if request.GET.get("before") else "",
        "export_url": f"{reverse('desk:export_events')}?{urlencode(asked)}",
        "here_since": away.here_since(),
    }
    files = {one.child_id for one in shown if one.child_id}
    return TemplateResponse(request, "desk/events.html", context), sorted(files)


def row(one: Seen) -> dict[str, Any]:
    """Return one event in words."""
    return {
        "at": one.recorded,
        "what": what_of(one),
        "change_url": f"{reverse('desk:history', args=[one.child_id])}?change={one.change_id}" if one.change_id else "",
        "is_refused": one.outcome != "ok",
        "who": one.person,
        "person_id": one.person_id,
        "agency": one.agency,
        "role": role_words(one.role),
        "via": one.via,
        "number": one.case_number,
        "child_id": one.child_id,
        "sections": [Section(number).label for number in one.sections if number],
        "purpose_words": one.purpose_words,
    }


def what_of(one: Seen) -> str:
    """Return what happened; of a change which kind of record was added or changed."""
    if one.kind != "change" or not one.entity:
        return str(event_words.said(one.kind))
    came, changed = FALLBACK
    return f"{came if one.action == 'C' else changed}: {record_words.called(one.entity)}"


def words_of(choice: Chosen, asked: dict[str, str], shown: list[Seen]) -> list[str]:
    """Return what was chosen, in words."""
    said = []
    if choice.filter.person_id:
        person = Person.objects.filter(pk=choice.filter.person_id).first()
        said.append(person.short_name if person else "–")
    if choice.filter.agency_id:
        agency = Agency.objects.filter(pk=choice.filter.agency_id).first()
        said.append(agency.name if agency else "–")
    if choice.child_id:
        file = auditing.overseen(choice.child_id)
        said.append(file.case_number if file else "–")
    if "kind" in asked:
        said.append(str(event_words.GROUPS[asked["kind"]][0]))
    said += [asked[name] for name in ("since", "until") if name in asked]
    return said


MOST_TAKEN = 10_000


@opens_list("export events", methods=WRITE)
def export_events(request: HttpRequest) -> tuple[HttpResponse, Event]:
    """Ask what the events are taken for, and hand them out; the digest of the table is on record, sealed with the rest."""
    person: Any = request.user
    demand_overseer(person)
    asked = {name: request.GET[name] for name in NAMES if request.GET.get(name)}
    choice, form = chosen(asked, person), PurposeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return taken(choice, person, form.cleaned_data["purpose"])
    back = f"{reverse('desk:events')}?{urlencode(asked)}"
    context = {"form": form, "chosen": words_of(choice, asked, []), "most": MOST_TAKEN, "back_url": back}
    return TemplateResponse(request, "desk/export_events.html", context), Event("ask for events")


def taken(choice: Chosen, person: Any, purpose: str) -> tuple[HttpResponse, Event]:
    """Return the table of the newest events, and its event: the files that are named in it stand there."""
    found = choice.events(most=MOST_TAKEN)
    mark = marked(person, purpose, uuid7().hex[-8:].upper())
    content = sheet(mark, heads(), (cells(one) for one in found))
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="events.csv"'
    details = {"rows": len(found), "sha256": hashlib.sha256(content).hexdigest()}
    files = sorted({one.child_id for one in found if one.child_id})
    return response, Event("export events", entities=files, purpose=purpose, details=details)


def heads() -> list[str]:
    """Return the headings of the table."""
    return [
        _("Time (UTC)"), _("What"), _("Outcome"), _("Reason"), _("Person"), _("Roles"), _("Agency"), _("Case number"),
        _("Sections"), _("By which right"), _("Words of purpose"), _("Event"), _("Checkpoint"), _("Leaf"),
    ]  # fmt: skip


def cells(one: Seen) -> list[Any]:
    """Return one event of the table."""
    sections = _(", ").join(str(Section(number).label) for number in one.sections if number)
    what = [one.recorded.isoformat(), what_of(one), one.outcome, one.reason_code]
    who = [one.person, role_words(one.role), one.agency]
    where = [one.case_number, sections, one.basis, one.purpose_words]
    return [*what, *who, *where, one.id, one.checkpoint or "", one.leaf or ""]
