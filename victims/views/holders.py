"""Who can see a file, giving and ending access, and who looked."""

import datetime
import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.access import actions as access
from portal.access.agencies import agency_name, reveals
from portal.access.opens import WRITE, opens
from portal.access.rights import refusal, sections_open
from portal.access.sections import Level, Section
from portal.accounts.models import Agency, Membership
from portal.audit import clock
from portal.audit.models import AccessEvent
from portal.casework.editing import save_once
from portal.casework.templatetags.portal import digits, full_date
from victims.forms import AgencyForm, EndForm, GrantForm
from victims.looks import look_row, looks_at
from victims.models import Child
from victims.views.addresses import id_of, moment_of
from victims.views.file import file_context, the_file

SUMMARY = Section.SUMMARY


def holders(person: Any, child: Child) -> list[dict[str, Any]]:
    """Return who can see the file, as this person may read it."""
    rows = [holder(person, child, grant) for grant in access.live_grants(child.pk)]
    return [row for row in rows if row]


def holder(person: Any, child: Child, grant: Any) -> dict[str, Any]:
    """Return one holder's line; where its agency's name must not stand, only the owner and the giver see that it is there."""
    team = grant.team or None
    agency = team.agency if team else grant.person.agency if grant.person else grant.agency
    mine = child.owner_id in person.team_ids  # type: ignore[attr-defined]
    gave = grant.given_by_id == person.pk
    name = agency.name if gave else agency_name(person, child.pk, agency)
    if name is None and not mine:
        return {}
    names = name == agency.name
    held = sections_open(person, child.pk)
    soon = grant.until < clock.now() + datetime.timedelta(days=7)
    return {
        "agency": name or _("another agency"),
        "part": (team.label if team else grant.person.short_name if grant.person else "") if names else "",
        "people": grant.person.short_name if grant.person and names else people_of(team) if team else "",
        "sections": _(", ").join(str(Section(number).label) for number in grant.view if names or number in held),
        "until": until_words(grant),
        "ends_soon": soon,
        "restricted": reveals(agency) is not None and names,
        "basis": grant.get_basis_display(),
        "given_by": grant.given_by.short_name,
        "reason": _("when the file was opened") if grant.reason == "opened" else grant.reason,
        "waiting": grant.accepted is None,
        "end_url": reverse("victims:end_access", args=[child.pk, grant.pk])
        if mine and grant.basis != "ownership"
        else "",
    }


def people_of(team: Any) -> str:
    """Return how many people a team has, in words."""
    count = Membership.objects.filter(team=team, until=None, person__is_active=True).count()
    return ngettext("%(shown)s person", "%(shown)s people", count) % {"shown": digits(count)}


def until_words(grant: Any) -> str:
    """Return until when access holds."""
    if grant.until.year == 9999:
        return _("owner")
    days = (grant.until - clock.now()).days
    if days >= 7:
        return _("until %(day)s") % {"day": full_date(grant.until)}
    return ngettext("ends in %(shown)s day", "ends in %(shown)s days", days) % {"shown": digits(days)}


def latest_looks(person: Any, child_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return the last look of each of the four people who looked last, as this person may read it."""
    latest: dict[Any, AccessEvent] = {}
    for event in looks_at(child_id, clock.now(), 100):
        latest.setdefault(event.person_id, event)
    events = list(latest.values())[:4]
    agencies = Agency.objects.in_bulk({event.agency_id for event in events if event.agency_id})
    return [look_row(person, child_id, event, agencies) for event in events]


@opens(SUMMARY)
def looks(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Show everyone who looked at the file."""
    person: Any = request.user
    at = moment_of(request.GET.get("at", ""))
    events = looks_at(child_id, at, 51, with_refusals=True)
    agencies = Agency.objects.in_bulk({event.agency_id for event in events if event.agency_id})
    rows = [look_row(person, child_id, event, agencies) for event in events[:50]]
    older = f"?at={events[49].recorded.isoformat().replace('+', '%2B')}" if len(events) > 50 else ""
    newer = "?" if request.GET.get("at") else ""
    context = file_context(request, child_id, "looks", rows=rows, older_url=older, newer_url=newer)
    return TemplateResponse(request, "victims/looks.html", context)


@opens(SUMMARY)
def who(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Show who can see this child, why and until when."""
    person: Any = request.user
    context = file_context(request, child_id, "who")
    held, lacking = access.your_sections(person, child_id)
    mine = context["child"].owner_id in person.team_ids
    context |= {"holders": holders(person, context["child"]), "held": held, "lacking": lacking, "is_owner": mine}
    return TemplateResponse(request, "victims/who.html", context)


@opens(SUMMARY, methods=WRITE)
def give_access(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Give a team or a person sections of the file until a day: first the agency is chosen, then who in it."""
    person: Any = request.user
    child: Any = the_file(person, child_id)
    if child.owner_id not in person.team_ids:
        raise refusal(person, child_id, SUMMARY, Level.CHANGE, "not_the_owner")
    agency = agency_chosen(request)
    context = file_context(request, child_id, "who", agency=agency)
    if agency is None:
        return TemplateResponse(request, "victims/give_access_to.html", context | {"form": AgencyForm()})
    form = GrantForm(request.POST or None, agency=agency, giver=person)
    if request.method == "POST" and form.is_valid():
        try:
            return save_once(request, lambda: given(form, child, person))
        except access.WrongGrant as wrong:
            form.add_error(wrong.field if wrong.field in form.fields else "view", str(wrong))
    return TemplateResponse(request, "victims/give_access.html", context | {"form": form})


def agency_chosen(request: HttpRequest) -> Agency | None:
    """Return the agency named in the address; what is none is a page that does not exist."""
    text = request.GET.get("agency")
    if text is None:
        return None
    found = Agency.objects.filter(pk=id_of(text, uuid.UUID(int=0)), is_active=True).first()
    if found is None:
        raise Http404
    return found


def given(form: GrantForm, child: Any, person: Any) -> str:
    """Give the access and return to who can see the file."""
    data = form.cleaned_data
    until = datetime.datetime.combine(data["until"], datetime.time(23, 59), person.zone)
    access.give(
        child_id=child.pk,
        sections=form.sections(),
        until=until,
        team=data["team"],
        person=data["person"],
        owner=child.owner,
        by=person,
        reason=data["reason"],
    )
    return reverse("victims:who", args=[child.pk])


@opens(SUMMARY, methods=WRITE)
def end_access(request: HttpRequest, child_id: uuid.UUID, grant_id: uuid.UUID) -> HttpResponse:
    """Ask whether access ends now, and end it."""
    person: Any = request.user
    child = the_file(person, child_id)
    grant = next((grant for grant in access.live_grants(child_id) if grant.pk == grant_id), None)
    if grant is None:
        raise Http404
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return save_once(request, lambda: ended_now(grant, child, person, form.cleaned_data["reason"]))
    context = file_context(request, child_id, "who", form=form, row=holder(person, child, grant))  # type: ignore[arg-type]
    context |= {
        "happens": [
            _("They can open nothing of this file from their next click on."),
            _("They are told that it ended, not why."),
        ],
        "stays": [_("Everything that they wrote, and the record of what they opened.")],
    }
    return TemplateResponse(request, "victims/end_access.html", context)


def ended_now(grant: Any, child: Any, person: Any, reason: str) -> str:
    """End the access and return to who can see the file."""
    access.end(grant=grant, owner=child.owner, by=person, reason=reason)
    return reverse("victims:who", args=[child.pk])
