"""Giving a file to another team: inside the agency at once, to one of another agency when it accepts."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access import actions as access
from portal.access.models import FOREVER
from portal.access.opens import WRITE, opens
from portal.access.rights import refusal, works_as_owner
from portal.access.sections import Level, Section
from portal.accounts.models import Agency, Team
from portal.casework.editing import saved
from victims.access_forms import AgencyForm
from victims.identification import can_work
from victims.transfer_forms import TransferForm
from victims.views.file import address_of, alerted, file_context, the_file
from victims.views.holders import agency_chosen
from victims.views.their_page import Gift, previewed

SUMMARY = Section.SUMMARY


@opens(SUMMARY, methods=WRITE, also=(alerted,))
def transfer(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Ask which team is to own the file, and give it: first the agency is chosen, then the team."""
    person: Any = request.user
    child: Any = the_file(person, child_id)
    if not works_as_owner(person, child_id, child.owner_id):
        raise refusal(person, child_id, SUMMARY, Level.CHANGE, "not_the_owner")
    agency = agency_chosen(request)
    context = file_context(request, child_id, "who", agency=agency)
    if agency is None:
        form = AgencyForm(request.GET if "agency" in request.GET else None, initial={"agency": child.owner.agency_id})
        return TemplateResponse(request, "victims/transfer_to.html", context | {"form": form})
    form = TransferForm(request.POST or None, teams=teams_of(agency, child))
    answer = None if "show" in request.POST else saved(request, form, lambda: transferred(form, child, person))
    context |= {"form": form, **consequences(child, agency), **previewed(request, child, form, lambda: gift_of(form))}
    return answer or TemplateResponse(request, "victims/transfer.html", context)


def gift_of(form: TransferForm) -> Gift:
    """Return what a team has that owns a file."""
    return Gift(form.cleaned_data["team"], None, dict.fromkeys(access.OWNED, Level.CHANGE), FOREVER)


def teams_of(agency: Agency, child: Any) -> list[Team]:
    """Return the teams of an agency that could work on the file at its stage, the present owner left out."""
    found = Team.objects.filter(agency=agency).exclude(pk=child.owner_id).select_related("agency").order_by("name")
    return [team for team in found if can_work(team, child.stage)]


def consequences(child: Any, agency: Agency) -> dict[str, list[str]]:
    """Return what happens by a transfer, and what stays."""
    inside = agency.pk == child.owner.agency_id
    happens = (
        [_("The team owns the file from now on, and decides who can see it.")]
        if inside
        else [_("The team reads number, code name and stage until it accepts. Until then your team owns the file.")]
    )
    return {
        "happens": [
            *happens,
            _("Open tasks of your team go along; their clocks run on."),
            _("Your team can open the file no longer, unless the new owner gives it access."),
        ],
        "stays": [
            _("Everything that was written, its history, and the record of who looked."),
            _("Access that others have: it runs on until its last day."),
        ],
    }


def transferred(form: TransferForm, child: Any, person: Any) -> str:
    """Give the file and go to where the person may still look."""
    access.transfer(child=child, team=form.cleaned_data["team"], by=person, reason=form.cleaned_data["reason"])
    return address_of(person, child.pk) or reverse("victims:children")
