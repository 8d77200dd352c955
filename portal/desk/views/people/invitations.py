"""Inviting somebody, what became of it, and what a second person decides."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access import people as acts
from portal.access.opens import WRITE, opens_found, opens_list
from portal.accounts.models import Invitation, PersonChange
from portal.accounts.roles import Role
from portal.casework.editing import pressed, saved
from portal.casework.forms import OnceForm
from portal.desk import people
from portal.desk.people_forms import DecisionForm, InviteAdministratorForm, InviteForm

INVITATION = "accounts.invitation"


@opens_list("invitations", methods=WRITE, of=INVITATION)
def invite(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Invite somebody to the own agency; the operator invites an administrator to any."""
    by: Any = request.user
    people.check_keeper(by)
    as_operator = Role.AGENCY_ADMIN not in by.roles
    initial = {"agency": request.GET.get("agency")}
    chosen = InviteAdministratorForm if as_operator else InviteForm
    form = chosen(request.POST or None, agency=by.agency, initial=initial)

    def save() -> str:
        answers = form.cleaned_data
        made = acts.invite(
            agency=answers.get("agency", by.agency),
            email=answers["email"],
            given_name=answers["given_name"],
            family_name=answers["family_name"],
            roles=answers.get("roles", [Role.AGENCY_ADMIN]),
            teams=answers.get("teams", ()),
            by=by,
            reason=answers["reason"],
        )
        return reverse("desk:invitation", args=[made.pk])

    done = saved(request, form, save, said="")
    context = {"form": form, "as_operator": as_operator}
    return done or TemplateResponse(request, "desk/people/invite.html", context), []


@opens_found(kind="invitation", finds=people.seen_invitation)
def invitation(request: HttpRequest, one: Invitation) -> HttpResponse:
    """Show what became of an invitation, and send it again or take it back."""
    by: Any = request.user
    change = one.changes.order_by("-pk").first()  # type: ignore[attr-defined]
    context = {
        "invitation": one,
        "change": people.change_row(change) if change else None,
        "may_act": acts.keeps_agency(by, one.agency_id) or one.roles == [Role.AGENCY_ADMIN],  # type: ignore[attr-defined]
        "is_over": one.state == Invitation.State.SENT and not one.is_open,
        "agency": one.agency.name,
    }
    return TemplateResponse(request, "desk/people/invitation.html", context)


@opens_found(kind="invitation", methods=("POST",), finds=people.seen_invitation)
def send_again(request: HttpRequest, one: Invitation) -> HttpResponse:
    """Send an invitation once more."""
    here = reverse("desk:invitation", args=[one.pk])

    def act() -> str:
        acts.send_again(invitation=one, by=request.user, reason="sent again")
        return here

    return pressed(
        request, act, here, said=_("On its way again. The link that was sent before opens nothing any more.")
    )


@opens_found(kind="invitation", methods=("POST",), finds=people.seen_invitation)
def withdraw(request: HttpRequest, one: Invitation) -> HttpResponse:
    """Take an invitation back."""
    here = reverse("desk:invitation", args=[one.pk])

    def act() -> str:
        acts.withdraw(invitation=one, by=request.user, reason="withdrawn")
        return here

    return pressed(request, act, here, said=_("Withdrawn. Its link opens nothing any more."))


@opens_found(kind="person change", methods=WRITE, finds=people.seen_change)
def change(request: HttpRequest, one: PersonChange) -> HttpResponse:
    """Show what was asked about a person; whoever may decides."""
    by: Any = request.user
    form = DecisionForm(request.POST or None) if acts.may_decide(by, one) else None

    def save() -> str:
        agrees = form.cleaned_data["decision"] == "agree"  # type: ignore[union-attr]
        comment = form.cleaned_data["comment"]  # type: ignore[union-attr]
        acts.decide_change(change=one, approves=agrees, by=by, reason=comment)
        return reverse("desk:people")

    done = saved(request, form, save, said=_("Decided.")) if form else None
    if request.method == "POST" and form is None:
        return redirect("desk:person_change", one.pk)
    row = people.change_row(one)
    is_own = one.asked_by_id == by.pk  # type: ignore[attr-defined]
    context = row | {"form": form, "is_own": is_own, "deciders": row["deciders"], "once": OnceForm(auto_id=False)}
    return done or TemplateResponse(request, "desk/people/change.html", context)


@opens_found(kind="person change", methods=("POST",), finds=people.seen_change)
def take_back(request: HttpRequest, one: PersonChange) -> HttpResponse:
    """Take back what one asked oneself."""
    here = reverse("desk:person_change", args=[one.pk])

    def act() -> str:
        acts.take_back(change=one, by=request.user, reason="taken back")
        return here

    return pressed(request, act, here, said=_("Taken back."))
