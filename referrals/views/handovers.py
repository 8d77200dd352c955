"""A child changes hands, in four short steps: who gives and receives, what goes along, how the child is, signatures."""

import datetime
import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.access.holders import people_of, takers
from portal.access.identity import acting
from portal.access.opens import WRITE, found, look, opens, opens_list
from portal.access.rights import is_kept_apart, refusal, works_as_owner
from portal.access.sections import Level, Section
from portal.access.sign_in import polled, whole_page
from portal.accounts.models import Agency, Person
from portal.audit import clock
from portal.audit.events import Event
from portal.casework.editing import saved
from portal.casework.workflow import NotPossible
from referrals import hand_overs, receipts
from referrals.hand_over_forms import StartForm
from referrals.hand_over_list import list_of, stamp_of
from referrals.hand_over_steps import HAND_OVER, HandOverState
from referrals.models import HandOver, HandOverItem
from victims.identification import can_work
from victims.views.file import alerted, file_context, the_file
from victims.views.holders import agency_chosen, agency_form
from victims.views.watching import STOP_ASKING

SUMMARY = Section.SUMMARY
WATCHED = datetime.timedelta(minutes=30)  # a page left open longer stops asking
DIGITS = 2  # of a count
Shown = tuple[HttpResponse, Any]


def hand_over_asked_for(person: Any, hand_over_id: uuid.UUID) -> HandOver | None:
    """Return the hand-over, if the person is of one of its two teams."""
    people = ("giver__agency", "receiver__agency", "expected", "started_by", "ended_by")
    teams = ("from_team__agency", "to_team__agency", "grant", "kept")
    one = HandOver.objects.filter(pk=hand_over_id).select_related(*people, *teams).first()
    if one is None or is_kept_apart(person, one.child_id):  # type: ignore[attr-defined]
        return None
    return one if hand_overs.gives(one, person) or hand_overs.receives(one, person) else None


def asked(request: HttpRequest, hand_over_id: uuid.UUID) -> HandOver:
    """Return the hand-over that the address names; what is not there and what is not open are refused alike."""
    one: HandOver = found(hand_over_asked_for, request.user, {"hand_over_id": hand_over_id})  # type: ignore[arg-type]
    return one


def item_of(one: HandOver, item_id: uuid.UUID) -> HandOverItem:
    """Return one thing on the list."""
    item = one.items.filter(pk=item_id).first()
    if item is None:
        raise Http404
    return item


def seen(one: HandOver) -> Event:
    """Return the event of a look: the hand-over stands in the record of who looked at the child's file."""
    return look("view hand-over", one, child_id=one.child_id, sections=[Section.CARE])  # type: ignore[attr-defined]


@opens(SUMMARY, methods=WRITE, also=(alerted,))
def start(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Ask who is to receive the child: first the agency is chosen, then the team."""
    person: Any = request.user
    child: Any = the_file(person, child_id)
    if not works_as_owner(person, child_id, child.owner_id):
        raise refusal(person, child_id, SUMMARY, Level.CHANGE, "not_the_owner")
    under_way = HandOver.objects.filter(child_id=child_id, state__in=hand_overs.OPEN).first()
    if under_way is not None and request.method != "POST":
        return redirect("referrals:hand_over", under_way.pk)
    if child.stage not in hand_overs.STAGES:
        messages.error(request, str(hand_overs.TOO_EARLY))
        return redirect("victims:child", child_id)
    agency = agency_chosen(request)
    context = file_context(request, child_id, "overview", agency=agency)
    if agency is None:
        return TemplateResponse(request, "referrals/start_hand_over_to.html", context | {"form": agency_form(request)})
    form = start_form(request, child, agency)
    answer = saved(request, form, lambda: started(form, child, person))
    return answer or TemplateResponse(request, "referrals/start_hand_over.html", context | {"form": form})


def start_form(request: HttpRequest, child: Any, agency: Agency) -> StartForm:
    """Return the form with the teams of an agency that could take the child over at this stage, and their people."""
    teams = [team for team in takers(agency).teams if team.pk != child.owner_id and can_work(team, child.stage)]
    people = [one for each in people_of([team.pk for team in teams]).values() for one in each]
    may_keep = bool(hand_overs.what_stays(child.owner, child.stage))
    return StartForm(request.POST or None, teams=teams, people=people, may_keep=may_keep)


def started(form: StartForm, child: Any, person: Any) -> str:
    """Begin the hand-over and go on to what goes along."""
    data = form.cleaned_data
    one = hand_overs.start(
        child=child, team=data["team"], expected=data["expected"], keeps=data.get("keeps", False), by=person,
        reason="hand-over",
    )  # fmt: skip
    return reverse("referrals:hand_over", args=[one.pk])


def page_of(request: HttpRequest, one: HandOver, step: int, **more: Any) -> dict[str, Any]:
    """Return what every page of a hand-over shows, for this side of it."""
    person: Any = request.user
    return {
        "one": one,
        "step": step,
        "state": HAND_OVER.state(one),
        "gives": hand_overs.gives(one, person),
        "receives": hand_overs.receives(one, person),
        "is_started": one.state == HandOverState.STARTED,
        "is_given": one.state == HandOverState.GIVEN,
        "people": sides(one),
        **list_of(one),
        **more,
    }


def sides(one: HandOver) -> list[dict[str, str]]:
    """Return who gives and who receives: by name where that is known, else the team."""
    giver, receiver = one.giver or one.started_by, one.receiver or one.expected
    return [
        {"who": name_of(giver) or one.from_team.label, "agency": one.from_team.agency.name, "what": _("gives")},
        {"who": name_of(receiver) or one.to_team.label, "agency": one.to_team.agency.name, "what": _("receives")},
    ]


def name_of(person: Person | None) -> str:
    """Return somebody's name, where it is known who that is."""
    return person.short_name if person else ""


@opens_list("view hand-over")
def hand_over(request: HttpRequest, hand_over_id: uuid.UUID) -> Shown:
    """Show what goes along and who has ticked it; once it is over, how it ended and the receipt."""
    one = asked(request, hand_over_id)
    if one.is_open:
        return TemplateResponse(request, "referrals/hand_over.html", page_of(request, one, 2)), seen(one)
    receipt = receipts.receipt_of(one, request.user)  # type: ignore[arg-type]
    waits = one.state == HandOverState.RECEIVED and receipt is None and request.user in (one.giver, one.receiver)
    is_there = receipt is not None and receipt.data is not None  # not where care was erased
    context = page_of(request, one, 4, receipt=receipt if is_there else None, waits_for_receipt=waits)
    return TemplateResponse(request, "referrals/hand_over_over.html", context), seen(one)


@opens_list("view hand-over", methods=("POST",))
def tick(request: HttpRequest, hand_over_id: uuid.UUID, item_id: uuid.UUID) -> Shown:
    """Keep one tick, of the side whose column it is; the list comes back alone to a page that asks for it alone."""
    one = asked(request, hand_over_id)
    side = "received" if request.POST.get("side") == "received" else "given"
    try:
        hand_overs.tick(item=item_of(one, item_id), count=count_in(request), side=side, by=request.user, reason="")
    except NotPossible as problem:
        messages.error(request, str(problem.sentence))
        return (whole_page(200) if request.htmx else redirect("referrals:hand_over", one.pk)), []  # type: ignore[attr-defined]
    if not request.htmx:  # type: ignore[attr-defined]
        return redirect(reverse("referrals:hand_over", args=[one.pk]) + f"#thing-{item_id}"), []
    return TemplateResponse(request, "referrals/_things.html", page_of(request, one, 2)), seen(one)


def count_in(request: HttpRequest) -> int | None:
    """Return the count that was sent; nothing takes the answer back."""
    text = request.POST.get("count", "")
    if text.isdecimal() and len(text) > DIGITS:
        raise NotPossible(_("Enter the count as a number from 0 to 99."))
    return int(text) if text.isdecimal() else None


@polled
@require_safe
def hand_over_state(request: HttpRequest, hand_over_id: uuid.UUID) -> HttpResponse:
    """Tell an open page whether anything changed since: it then loads itself again, which is a look of its own."""
    person: Any = request.user
    with acting(person, read_only=True):
        one = hand_over_asked_for(person, hand_over_id)
        if one is None:
            return whole_page(404)
        if request.GET.get("seen") != stamp_of(one, receipts.receipt_of(one, person)):
            return whole_page(200)
    is_old = clock.now() > (one.received or one.started) + WATCHED
    return HttpResponse(status=STOP_ASKING if is_old else 204)


@opens_list("receipt", of="casework.document")
def receipt(request: HttpRequest, hand_over_id: uuid.UUID) -> Shown:
    """Hand the person's own receipt over, as a PDF."""
    one = asked(request, hand_over_id)
    made = receipts.receipt_of(one, request.user)  # type: ignore[arg-type]
    if made is None or made.data is None:
        raise Http404
    response = HttpResponse(receipts.read(made), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="safe-return-{made.pk}.pdf"'
    return response, look("receipt", made, child_id=one.child_id, sections=[Section.CARE])  # type: ignore[attr-defined]
