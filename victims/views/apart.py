"""Pages that keep people away from a file: sealing it, its custodians, unsealing it, a colleague who knows the child."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access import conflicts, seals
from portal.access.agencies import agency_name
from portal.access.holders import holders_of
from portal.access.opens import WRITE, opens
from portal.access.rights import refusal, works_as_owner
from portal.access.roles import works_with_files
from portal.access.sections import Level, Section
from portal.accounts.models import Person
from portal.accounts.roles import Role
from portal.casework.editing import saved
from victims.apart_forms import RelationForm, SealForm, WhyForm
from victims.views.file import alerted, file_context, the_file

SUMMARY = Section.SUMMARY
NAMES_COLLEAGUES = {Role.SUPERVISOR, Role.PRIVACY_OFFICER}


def people_near(viewer: Any, child: Any) -> list[Person]:
    """Return the people of the agency that owns the file, and those with access to it whose agency may be named here."""
    agency_id = child.owner.agency_id
    near = list(Person.objects.filter(agency_id=agency_id, is_active=True).select_related("agency"))
    named = [one for one in holders_of(child.pk) if agency_name(viewer, child.pk, one.agency) == one.agency.name]
    holders = [reader.person for one in named if one.grant.accepted for reader in one.people]
    return list(dict.fromkeys([*near, *holders]))


def demand_asker(person: Any, child: Any) -> None:
    """Raise Refused for whoever may not ask about the file's seal."""
    if not seals.may_ask(person, child):
        raise refusal(person, child.pk, SUMMARY, Level.CHANGE, "not_the_owner")


@opens(SUMMARY, methods=WRITE, also=(alerted,))
def seal(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Ask a second person to seal the file, or to put other custodians in charge of a sealed one."""
    person: Any = request.user
    child: Any = the_file(person, child_id)
    demand_asker(person, child)
    if seals.asked_for(child_id):
        return redirect("victims:who", child_id)
    people = [one for one in people_near(person, child) if works_with_files(one.roles)]
    standing = seals.seal_of(child_id)
    form = SealForm(
        request.POST or None,
        people=people,
        teams=seals.teams_to_ask(person),
        initial={"custodians": standing.custodians if standing else [person.pk]},
    )
    answer = saved(request, form, lambda: seal_asked(form, child, person), said=asked_words())
    context = file_context(request, child_id, "who", form=form, standing=standing, **consequences())
    return answer or TemplateResponse(request, "victims/seal.html", context)


def asked_words() -> str:
    """Return what is said once a second person is asked."""
    return _("A second person is asked. Until the answer nothing changes.")


def seal_asked(form: SealForm, child: Any, person: Any) -> str:
    """Ask, and return to who can see the file."""
    data = form.cleaned_data
    seals.ask(child=child, custodians=data["custodians"], team=data["team"], by=person, reason=data["reason"])
    return reverse("victims:who", args=[child.pk])


def consequences() -> dict[str, list[str]]:
    """Return what a seal changes, and what stays."""
    return {
        "happens": [
            _(
                "Once a second person has agreed, only the custodians see the file. They may read and change what its owner may."
            ),
            _(
                "For everybody else there is no such file: not in lists, searches, matches, tasks, notices, PDFs or figures."
            ),
            _("The network no longer finds it. It is given to nobody and moves to no other agency."),
        ],
        "stays": [
            _("Everything that was written, its history, and the record of who looked."),
            _("Access that was given: it rests, and holds again once the file is unsealed."),
        ],
    }


@opens(SUMMARY, methods=WRITE, also=(alerted,))
def unseal(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Ask a second person to unseal the file."""
    person: Any = request.user
    child: Any = the_file(person, child_id)
    demand_asker(person, child)
    if seals.seal_of(child_id) is None or seals.asked_for(child_id):
        return redirect("victims:who", child_id)
    form = WhyForm(request.POST or None, teams=seals.teams_to_ask(person))
    answer = saved(request, form, lambda: end_asked(form, child, person), said=asked_words())
    context = file_context(request, child_id, "who", form=form)
    context["happens"] = [_("Once a second person has agreed, everybody to whom access was given sees the file again.")]
    context["stays"] = [_("Everything that was written, its history, and the record of who looked.")]
    return answer or TemplateResponse(request, "victims/unseal.html", context)


def end_asked(form: WhyForm, child: Any, person: Any) -> str:
    """Ask, and return to who can see the file."""
    data = form.cleaned_data
    seals.ask_end(child=child, team=data["team"], by=person, reason=data["reason"])
    return reverse("victims:who", args=[child.pk])


def may_name(person: Any, child: Any) -> bool:
    """Return whether the person may record of some colleague that they know the child."""
    return works_as_owner(person, child.pk, child.owner_id) or not NAMES_COLLEAGUES.isdisjoint(person.roles)


@opens(SUMMARY, methods=WRITE, also=(alerted,))
def relation(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Record that a colleague knows the child or the family."""
    person: Any = request.user
    child: Any = the_file(person, child_id)
    if not may_name(person, child):
        raise refusal(person, child_id, SUMMARY, Level.CHANGE, "not_the_owner")
    people = [
        one for one in people_near(person, child) if one.pk != person.pk and conflicts.may_name(one, child.case_number)
    ]
    form = RelationForm(request.POST or None, people=people)
    answer = saved(request, form, lambda: named(form, child, person), said=_("Recorded. The person is not told."))
    context = file_context(request, child_id, "who", form=form)
    context["happens"] = [
        _("The file is closed to this person from now on, whatever access was given."),
        _("Tasks that the person has on it go back to the team."),
    ]
    context["stays"] = [_("The person is not told. A privacy officer of their agency can end it.")]
    return answer or TemplateResponse(request, "victims/relation.html", context)


def named(form: RelationForm, child: Any, person: Any) -> str:
    """Record it, and return to who can see the file."""
    data = form.cleaned_data
    conflicts.name(number=child.case_number, person=data["person"], by=person, reason=data["reason"])
    return reverse("victims:who", args=[child.pk])
