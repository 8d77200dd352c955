"""The steps that ask for more than a reason: a candidate, a probable identity, the rescue."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access.opens import WRITE, opens
from portal.access.sections import Section
from portal.accounts.models import Person
from portal.audit import events
from portal.audit.events import Event
from portal.casework.editing import Answered
from portal.casework.workflow import Transition, WrongState
from victims import actions, identification, rescues
from victims.forms import StepForm
from victims.holders import viewer_of
from victims.identification_forms import ProbableForm
from victims.models import Child
from victims.rescue_forms import RescueForm
from victims.views.children import consequences, stepped, taken, transition_named
from victims.views.file import address_of, alerted, file_context

SUMMARY = Section.SUMMARY


def begun(request: HttpRequest, child_id: uuid.UUID, cycle: str, name: str) -> tuple[Child, Transition]:
    """Return the file and the step that is asked for; where it is not possible now, lead back to the file."""
    person: Any = request.user
    transition, child = transition_named(cycle, name), Child.objects.get(pk=child_id)
    actions.check_right(child, transition, person)
    actions.check_side(child, transition, person)
    hindrance = actions.hindrance(child, cycle, transition, person)
    if hindrance and request.method != "POST":
        messages.error(request, hindrance)
        raise Answered(redirect("victims:child", child_id))
    return child, transition


@opens(SUMMARY, methods=WRITE, also=(alerted,))
def rescue(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Record a rescue: the step and all that is known of it, in one form."""
    person: Any = request.user
    child, transition = begun(request, child_id, "stage", "rescue")
    form = RescueForm(request.POST or None)
    form.fields["version"].initial = child.version
    answer = stepped(request, form, lambda: rescued(form, child, person))
    if answer is not None:
        return answer
    context = file_context(request, child_id, "overview", form=form, transition=transition)
    context |= consequences(viewer_of(person, context["child"]), "stage", transition)
    context["happens"].append(
        _("The team that owns the file gets two tasks with their clocks: medical care, and the authority.")
    )
    return TemplateResponse(request, "victims/step.html", context)


def rescued(form: RescueForm, child: Child, person: Any) -> str:
    """Record the rescue and return to the file."""
    version = form.cleaned_data["version"]
    try:
        rescues.record_rescue(child=child, values=form.values(), version=version, by=person)
    except WrongState as moved:
        raise actions.stands_elsewhere(child, moved, person) from moved
    return reverse("victims:child", args=[child.pk])


def investigated(person: Person, child_id: uuid.UUID) -> list[Section]:
    """Return INVESTIGATION, which says in which series the child appears; what is known of each is a look of its own."""
    for series in identification.series_of(child_id, person):
        events.record(Event("view series", "R", series_id=series.pk))
    return [Section.INVESTIGATION]


@opens(SUMMARY, methods=WRITE, also=(alerted, investigated))
def propose(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Name a candidate, beside what is known: marks, identifiers and matches of the child's series."""
    person: Any = request.user
    child, transition = begun(request, child_id, "identity", "propose")
    form = StepForm(request.POST or None, needs_reason=True, version=child.version)
    answer = stepped(request, form, lambda: taken(form, child, "identity", "propose", person))
    if answer is not None:
        return answer
    context = file_context(request, child_id, "overview", form=form, transition=transition)
    context |= consequences(viewer_of(person, context["child"]), "identity", transition)
    return TemplateResponse(
        request, "victims/propose.html", context | {"known": identification.known_of(child_id, person)}
    )


@opens(SUMMARY, methods=WRITE, also=(alerted,))
def make_probable(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Call the identity probable; the team that owns the file says who goes on with it."""
    person: Any = request.user
    child, transition = begun(request, child_id, "identity", "make_probable")
    owns = child.owner_id in person.team_ids  # type: ignore[attr-defined]
    form = (
        probable_form(request, child)
        if owns
        else StepForm(request.POST or None, needs_reason=True, version=child.version)
    )

    def save() -> str:
        return probable(form, child, person) if owns else taken(form, child, "identity", "make_probable", person)

    answer = stepped(request, form, save)
    if answer is not None:
        return answer
    context = file_context(request, child_id, "overview", form=form, transition=transition)
    context |= consequences(viewer_of(person, context["child"]), "identity", transition)
    context["happens"].append(
        _("A second officer, of another team that is ticked, is asked to confirm it within 24 hours.")
    )
    if owns:
        context["stays"][1:] = [_("Access of the teams that are ticked, and other access that opens no investigation.")]
    return TemplateResponse(request, "victims/step.html", context)


def probable_form(request: HttpRequest, child: Child) -> ProbableForm:
    """Return the form with the teams that can go on with the file."""
    worked = identification.teams_on(child)
    owners = identification.teams_to_own(child, worked)
    return ProbableForm(request.POST or None, version=child.version, worked=worked, owners=owners)


def probable(form: ProbableForm, child: Child, person: Any) -> str:
    """Take the step and return to where the person may still look."""
    data = form.cleaned_data
    try:
        identification.make_probable(
            child=child, keepers=list(data["keepers"]), owner=data["owner"], version=data["version"],
            by=person, reason=data["reason"],
        )  # fmt: skip
    except WrongState as moved:
        raise actions.stands_elsewhere(child, moved, person) from moved
    return address_of(person, child.pk) or reverse("victims:children")
