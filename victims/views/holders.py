"""Pages of who can see a file, of giving and ending access, and of who looked."""

import uuid
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access import actions as access
from portal.access import seals
from portal.access.agreements import demand_agreed
from portal.access.holders import agencies_with_takers, holders_of
from portal.access.legal_bases import demand_lawful
from portal.access.models import Basis
from portal.access.opens import WRITE, opens
from portal.access.rights import refusal, works_as_owner
from portal.access.sections import Level, Section
from portal.accounts.models import Agency
from portal.audit import away
from portal.casework.editing import save_once, saved
from portal.casework.forms import OnceForm
from victims.access_forms import AgencyForm, EndForm, GrantForm
from victims.disclosures import answers_for
from victims.holders import end_of_access, ended_rows, holder_row, holder_rows, is_own, viewer_of
from victims.looks import grouped, look_row, looks_at, rights_of
from victims.views.addresses import id_of, moment_of
from victims.views.apart import may_name
from victims.views.file import alerted, file_context, the_file
from victims.views.their_page import Gift, previewed

SUMMARY = Section.SUMMARY
MOST = 200  # looks that are read for a page: as many as access.looks_at() gives


@opens(SUMMARY, also=(alerted,))
def looks(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Show everyone who looked at the file; the same look again on one day stands there once, with how often."""
    person: Any = request.user
    at = moment_of(request.GET.get("at", ""))
    events = looks_at(child_id, at, MOST, with_refusals=True)
    agencies = Agency.objects.in_bulk({event.agency_id for event in events if event.agency_id})
    seen = events[: MOST - 1]
    rights = rights_of(child_id)
    rows = [
        look_row(person, child_id, one, agencies, rights) | {"times": times}
        for one, times in grouped(seen, person.zone)
    ]
    older = f"?at={seen[-1].recorded.isoformat().replace('+', '%2B')}" if len(events) == MOST else ""
    newer = "?" if request.GET.get("at") else ""
    since = away.here_since()
    context = file_context(request, child_id, "looks", rows=rows, older_url=older, newer_url=newer, here_since=since)
    if context["child"].owner_id in person.team_ids:
        context["history_url"] = reverse("desk:history", args=[child_id])
    return TemplateResponse(request, "victims/looks.html", context)


@opens(SUMMARY, also=(alerted,))
def who(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Show who can see this child, why and until when; to the team that owns the file also whose access has ended."""
    person: Any = request.user
    context = file_context(request, child_id, "who")
    held, lacking = access.your_sections(person, child_id)
    viewer = viewer_of(person, context["child"])
    context |= {
        "holders": holder_rows(viewer),
        "held": labels(held),
        "lacking": labels(lacking),
        "may_give": works_as_owner(person, child_id, context["child"].owner_id),
        "ended": ended_rows(viewer) if viewer.is_owner else [],
        "may_seal": seals.may_ask(person, context["child"]),
        "may_name": may_name(person, context["child"]),
        "asked": seals.asked_for(child_id),
        "answers": answers_for(child_id),
        "once": OnceForm(auto_id=False),
    }
    return TemplateResponse(request, "victims/who.html", context)


def labels(sections: list[Section]) -> list[str]:
    """Return what sections are called."""
    return [str(section.label) for section in sections]


@opens(SUMMARY, methods=WRITE, also=(alerted,))
def give_access(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Give a team or a person sections of the file until a day: first the agency is chosen, then who in it."""
    person: Any = request.user
    child: Any = the_file(person, child_id)
    if not works_as_owner(person, child_id, child.owner_id):
        raise refusal(person, child_id, SUMMARY, Level.CHANGE, "not_the_owner")
    agency = agency_chosen(request)
    context = file_context(request, child_id, "who", agency=agency)
    if agency is None:
        return TemplateResponse(request, "victims/give_access_to.html", context | {"form": agency_form(request)})
    inside = agency.pk == child.owner.agency_id
    form = GrantForm(request.POST or None, agency=agency, giver=person, inside=inside)
    answer = None if "show" in request.POST else saved(request, form, lambda: given(form, child, person))
    context |= {"form": form, **previewed(request, child, form, lambda: gift_of(form, child, person))}
    return answer or TemplateResponse(request, "victims/give_access.html", context)


def gift_of(form: GrantForm, child: Any, person: Any) -> Gift:
    """Return the access that a form which holds gives; raise NotPossible for what can never be given."""
    data, zone = form.cleaned_data, child.owner.agency.time_zone
    gift = Gift(data["team"], data["person"], form.sections(), form.until_of(zone))
    access.check_gift(
        gift.sections, gift.until, gift.team, gift.person, person, ZoneInfo(zone), is_team_inside=form.inside
    )
    demand_lawful(gift.sections, data["legal_basis"], form.legal_by_section())
    if not form.inside:
        demand_agreed(gift.sections, (gift.team or gift.person).agency)  # type: ignore[union-attr]
    return gift


def agency_form(request: HttpRequest, **more: Any) -> AgencyForm:
    """Return the form that asks for the agency; sent without an answer, it asks for one."""
    return AgencyForm(request.GET if "agency" in request.GET else None, **more)


def agency_chosen(request: HttpRequest) -> Agency | None:
    """Return the agency named in the address; what is none is a page that does not exist."""
    text = request.GET.get("agency")
    if not text:
        return None
    found = agencies_with_takers().filter(pk=id_of(text, uuid.UUID(int=0))).first()
    if found is None:
        raise Http404
    return found


def given(form: GrantForm, child: Any, person: Any) -> str:
    """Give the access and return to who can see the file."""
    data = form.cleaned_data
    access.give(
        child_id=child.pk,
        sections=form.sections(),
        until=form.until_of(child.owner.agency.time_zone),
        team=data["team"],
        person=data["person"],
        legal_basis=data["legal_basis"],
        legal_by_section=form.legal_by_section(),
        onward=data["onward"],
        owner=child.owner,
        by=person,
        reason=data["reason"],
    )
    return reverse("victims:who", args=[child.pk])


@opens(SUMMARY, methods=WRITE, also=(alerted,))
def end_access(request: HttpRequest, child_id: uuid.UUID, grant_id: uuid.UUID) -> HttpResponse:
    """Ask whether access ends now, and end it: others' access, or one's own that is no longer needed."""
    person: Any = request.user
    child: Any = the_file(person, child_id)
    holder = next((one for one in holders_of(child_id) if one.grant.pk == grant_id), None)
    if holder is None or holder.grant.basis == Basis.OWNERSHIP:  # a file is never without an owner
        raise Http404
    hand_over_id = access.hand_over_of(holder.grant)
    if hand_over_id:
        messages.info(
            request, _("This access comes with a hand-over. Call the hand-over off: the access ends with it.")
        )
        return redirect("referrals:cancel_hand_over", hand_over_id)
    viewer = viewer_of(person, child)
    own = is_own(viewer, holder.grant)
    form = EndForm(request.POST or None)
    if own:
        form.fields["reason"].label = _("Why you no longer need it")
    if request.method == "POST" and form.is_valid():
        said = _("You gave the access back.") if own else None
        reason = form.cleaned_data["reason"]
        return save_once(request, lambda: ended_now(holder.grant, child, person, reason, own), said=said)
    context = file_context(request, child_id, "who", form=form, row=holder_row(viewer, holder))
    return TemplateResponse(request, "victims/end_access.html", context | end_of_access(viewer, holder))


def ended_now(grant: Any, child: Any, person: Any, reason: str, own: bool) -> str:
    """End the access and return to who can see the file; whoever gave the own back may see it no more."""
    access.end(grant=grant, owner=child.owner, by=person, reason=reason)
    return reverse("desk:access") if own else reverse("victims:who", args=[child.pk])
