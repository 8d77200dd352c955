"""The beds of one child: the hold with its address and clock, renewing, releasing, admitting, ending."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access.opens import WRITE, opens
from portal.access.rights import can
from portal.access.sections import Level, Section
from portal.audit import clock
from portal.casework.editing import pressed, saved
from portal.casework.forms import OnceForm
from portal.casework.models import Lookup
from shelters import actions, moves
from shelters.forms import BedChoiceForm, EndForm, ReasonForm
from shelters.holds import time_left
from shelters.models import Placement, ShelterAddress
from shelters.workflow import PLACEMENT, PlacementState
from victims.views.file import address_of, alerted, file_context

WHEREABOUTS = Section.WHEREABOUTS
CHANGE = Level.CHANGE


def placement_asked_for(person: Any, child_id: uuid.UUID, placement_id: uuid.UUID) -> Placement | None:
    """Return the stay that the address names."""
    found = Placement.objects.filter(pk=placement_id, child_id=child_id)
    return found.select_related("shelter__team", "bed", "held_by__agency", "grant").first()


@opens(WHEREABOUTS, also=(alerted,))
def placements(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Show every bed that was held or slept in, newest first."""
    person: Any = request.user
    found = Placement.objects.filter(child_id=child_id).select_related("shelter", "bed").order_by("-pk")[:50]
    words = {word.code: str(word) for word in Lookup.objects.filter(vocabulary="placement_end")}
    rows = [{"one": one, "state": state_of(one), "why": words.get(one.end_reason, "")} for one in found]
    may_hold = can(person, child_id, WHEREABOUTS, CHANGE) and not any(one.is_live for one in found)
    context = file_context(request, child_id, "whereabouts", rows=rows, may_hold=may_hold)
    return TemplateResponse(request, "shelters/placements.html", context)


def state_of(placement: Placement) -> Any:
    """Return how the stay shows: a hold that ran out is over, though nobody said so."""
    return PLACEMENT.states[PlacementState.RELEASED] if placement.has_run_out else PLACEMENT.state(placement)


@opens(WHEREABOUTS, finds=placement_asked_for, also=(alerted,))
def placement(request: HttpRequest, child_id: uuid.UUID, one: Placement) -> HttpResponse:
    """Show the bed, where it stands, whom to ring, and how long it is held."""
    person: Any = request.user
    may_change = can(person, child_id, WHEREABOUTS, CHANGE)
    with_child = may_change and actions.is_hand(one, person)
    held = one.state == PlacementState.HELD and one.is_live
    context = file_context(
        request,
        child_id,
        "whereabouts",
        one=one,
        state=state_of(one),
        address=ShelterAddress.objects.filter(shelter_id=one.shelter_id).first() if one.is_live else None,
        why=Lookup.objects.filter(vocabulary="placement_end", code=one.end_reason).first(),
        once=OnceForm(auto_id=False),
        is_held=held,
        left=time_left(one),
        may_renew=held and may_change and not one.renewed,
        may_release=held and may_change,
        may_admit=held and with_child,
        may_end=one.state == PlacementState.ADMITTED and with_child,
        may_move=may_change and moves.may_move(one, person),
        not_offered=held and one.grant_id is None,
    )
    return TemplateResponse(request, "shelters/placement.html", context)


@opens(WHEREABOUTS, CHANGE, methods=WRITE, finds=placement_asked_for, also=(alerted,))
def renew(request: HttpRequest, child_id: uuid.UUID, one: Placement) -> HttpResponse:
    """Hold the bed four hours longer."""
    there = reverse("shelters:placement", args=[child_id, one.pk])
    if request.method != "POST":
        return redirect(there)

    def renewed() -> str:
        actions.renew(placement=one, by=request.user, reason="renewed")
        return there

    return pressed(request, renewed, there)


@opens(WHEREABOUTS, CHANGE, methods=WRITE, finds=placement_asked_for, also=(alerted,))
def admit(request: HttpRequest, child_id: uuid.UUID, one: Placement) -> HttpResponse:
    """Write down that the child is in the bed."""
    actions.check_hand(one, request.user)
    there = reverse("shelters:placement", args=[child_id, one.pk])

    def admitted() -> str:
        actions.admit(placement=one, by=request.user, reason="admitted")
        return there

    if request.method == "POST":
        return pressed(request, admitted, there)
    context = file_context(request, child_id, "whereabouts", form=OnceForm(), one=one)
    context |= {
        "happens": [
            _("The bed is the child’s until the stay ends."),
            _("The shelter is written down as where the child is."),
            _("The shelter can open summary, care and whereabouts once it accepts."),
        ],
        "stays": [_("Who held the bed, and for what needs.")],
    }
    return TemplateResponse(request, "shelters/admit.html", context)


@opens(WHEREABOUTS, CHANGE, methods=WRITE, finds=placement_asked_for, also=(alerted,))
def release(request: HttpRequest, child_id: uuid.UUID, one: Placement) -> HttpResponse:
    """Give the bed back before the child came."""
    form = ReasonForm(request.POST or None)

    def released() -> str:
        actions.release(placement=one, by=request.user, reason=form.cleaned_data["reason"])
        return reverse("shelters:placements", args=[child_id])

    if request.method == "POST" and form.is_valid():
        return pressed(request, released, reverse("shelters:placement", args=[child_id, one.pk]))
    context = file_context(request, child_id, "whereabouts", form=form, one=one)
    return TemplateResponse(request, "shelters/release.html", context)


@opens(WHEREABOUTS, CHANGE, methods=WRITE, finds=placement_asked_for, also=(alerted,))
def end(request: HttpRequest, child_id: uuid.UUID, one: Placement) -> HttpResponse:
    """Ask when and why the stay ended."""
    person: Any = request.user
    actions.check_hand(one, person)
    form = EndForm(request.POST or None, initial={"at": clock.now().astimezone(person.zone).replace(second=0)})
    if answer := saved(request, form, lambda: ended(form, one, person)):
        return answer
    context = file_context(request, child_id, "whereabouts", form=form, one=one)
    context |= {
        "happens": [
            _("The bed is free for another child."),
            _("The access that the shelter was given for the stay ends with it."),
        ],
        "stays": [_("Everything that was written during the stay.")],
    }
    return TemplateResponse(request, "shelters/end.html", context)


@opens(WHEREABOUTS, CHANGE, methods=WRITE, finds=placement_asked_for, also=(alerted,))
def change_bed(request: HttpRequest, child_id: uuid.UUID, one: Placement) -> HttpResponse:
    """Give the child another bed of the same shelter."""
    actions.check_hand(one, request.user)
    there = reverse("shelters:placement", args=[child_id, one.pk])
    if one.state != PlacementState.ADMITTED:
        return redirect(there)
    beds = moves.free_beds(one.shelter)
    form = BedChoiceForm(request.POST or None, beds=beds)

    def moved() -> str:
        bed_id = uuid.UUID(form.cleaned_data["bed"])
        moves.change_bed(placement=one, bed_id=bed_id, by=request.user, reason="another bed")
        return there

    if request.method == "POST" and form.is_valid():
        return pressed(request, moved, reverse("shelters:change_bed", args=[child_id, one.pk]))
    context = file_context(request, child_id, "whereabouts", form=form, one=one, beds=beds)
    return TemplateResponse(request, "shelters/change_bed.html", context)


def ended(form: EndForm, one: Placement, person: Any) -> str:
    """End the stay, and go where the next place is written down."""
    data = form.cleaned_data
    actions.end(placement=one, at=data["at"], why=data["why"], by=person, reason="stay ended")
    child_id = one.child_id  # type: ignore[attr-defined]
    if can(person, child_id, WHEREABOUTS):
        return reverse("victims:section", args=[child_id, "whereabouts"])
    return address_of(person, child_id) or reverse("shelters:find")
