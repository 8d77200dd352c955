"""Pages of how access to a file goes on: passed on, renewed, more time asked for; and what they will see by it."""

import datetime
import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access import going_on
from portal.access.actions import LONGEST
from portal.access.holders import Holder, holders_of, last_day
from portal.access.models import Grant
from portal.access.opens import WRITE, opens
from portal.access.sections import Section
from portal.casework.clock import end_of_day, today
from portal.casework.editing import pressed, saved
from victims.access_forms import PassOnForm, RenewForm
from victims.holders import holder_row, may_renew, viewer_of
from victims.views.file import alerted, file_context, the_file
from victims.views.holders import agency_chosen, agency_form, gift_of
from victims.views.their_page import previewed

SUMMARY = Section.SUMMARY


def holder_of(person: Any, child_id: uuid.UUID, grant_id: uuid.UUID) -> Grant | None:
    """Return the live access to the file that the address names."""
    return next((one.grant for one in holders_of(child_id) if one.grant.pk == grant_id), None)


def held(child_id: uuid.UUID, grant: Grant) -> Holder:
    """Return the access with its people."""
    return next(one for one in holders_of(child_id) if one.grant.pk == grant.pk)


@opens(SUMMARY, methods=WRITE, finds=holder_of, also=(alerted,))
def renew(request: HttpRequest, child_id: uuid.UUID, grant: Grant) -> HttpResponse:
    """Ask until when access goes on, and renew it."""
    person: Any = request.user
    child: Any = the_file(person, child_id)
    viewer = viewer_of(person, child)
    if not may_renew(viewer, grant):
        raise Http404
    last = last_day_of_renewal(grant, child)
    form = RenewForm(request.POST or None, grant=grant, last_day=last)
    answer = saved(request, form, lambda: renewed(form, grant, child, person))
    context = file_context(
        request, child_id, "who", form=form, row=holder_row(viewer, held(child_id, grant)), last=last
    )
    return answer or TemplateResponse(request, "victims/renew_access.html", context)


def last_day_of_renewal(grant: Grant, child: Any) -> datetime.date:
    """Return the latest day until which access can go on: 180 days from today, or sooner that of the access it came from."""
    last = today(child.owner.agency.time_zone) + LONGEST
    return min(last, last_day(grant.came_from, child.owner.agency)) if grant.came_from else last


def renewed(form: RenewForm, grant: Grant, child: Any, person: Any) -> str:
    """Renew the access and return to who can see the file."""
    data = form.cleaned_data
    until = end_of_day(data["until"], child.owner.agency.time_zone)
    if grant.came_from and data["until"] == last_day(grant.came_from, child.owner.agency):
        until = grant.came_from.until
    going_on.renew(
        grant=grant, until=until, sections=form.sections(), owner=child.owner, by=person, reason=data["reason"]
    )
    return reverse("victims:who", args=[child.pk])


@opens(SUMMARY, methods=WRITE, finds=holder_of, also=(alerted,))
def ask_renewal(request: HttpRequest, child_id: uuid.UUID, grant: Grant) -> HttpResponse:
    """Ask the owner for more time."""
    there = reverse("victims:who", args=[child_id])
    if request.method != "POST":
        return redirect(there)
    person: Any = request.user
    child: Any = the_file(person, child_id)

    def asked() -> str:
        going_on.ask_renewal(grant=grant, owner=child.owner, by=person, reason="asked for more time")
        return there

    return pressed(request, asked, there, said=_("The team that owns the file was asked for more time."))


@opens(SUMMARY, methods=WRITE, finds=holder_of, also=(alerted,))
def pass_on(request: HttpRequest, child_id: uuid.UUID, grant: Grant) -> HttpResponse:
    """Ask to whom one's own access is passed on, and pass it on: first the agency is chosen, then who in it."""
    person: Any = request.user
    child: Any = the_file(person, child_id)
    if not going_on.may_pass_on(grant, child.owner_id, person):
        raise Http404
    agency = agency_chosen(request)
    context = file_context(request, child_id, "who", agency=agency, grant=grant)
    if agency is None:
        asked = agency_form(request)
        asked.fields["agency"].queryset = asked.fields["agency"].queryset.exclude(pk=person.agency_id)  # type: ignore[attr-defined]
        return TemplateResponse(request, "victims/pass_on_to.html", context | {"form": asked})
    last = min(last_day(grant, child.owner.agency), today(child.owner.agency.time_zone) + LONGEST)
    form = PassOnForm(request.POST or None, agency=agency, giver=person, parent=grant, last_day=last)
    answer = None if "show" in request.POST else saved(request, form, lambda: passed_on(form, grant, child, person))
    context |= {"form": form, **previewed(request, child, form, lambda: gift_of(form, child, person))}
    return answer or TemplateResponse(request, "victims/pass_on.html", context)


def passed_on(form: PassOnForm, grant: Grant, child: Any, person: Any) -> str:
    """Pass the access on and return to who can see the file."""
    data, agency = form.cleaned_data, child.owner.agency
    same_day = data["until"] == last_day(grant, agency)
    going_on.pass_on(
        parent=grant,
        sections=form.sections(),
        until=grant.until if same_day else end_of_day(data["until"], agency.time_zone),
        team=data["team"],
        person=data["person"],
        legal_basis=data["legal_basis"],
        legal_by_section=form.legal_by_section(),
        owner=child.owner,
        by=person,
        reason=data["reason"],
    )
    return reverse("victims:who", args=[child.pk])
