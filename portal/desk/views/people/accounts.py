"""The people whom somebody keeps, one account with its history, and what is asked or done about it."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.access import people as acts
from portal.access import teams, training
from portal.access.opens import WRITE, opens_found, opens_list
from portal.accounts.models import Person, Team
from portal.accounts.roles import Role
from portal.casework.editing import saved
from portal.casework.templatetags.portal import digits
from portal.desk import people
from portal.desk.people_forms import LeavingForm, ReasonForm, RolesForm, TeamsForm

PERSON = "accounts.person"


@opens_list("people", of=PERSON)
def listed(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Show whom somebody keeps, what waits for a decision, and who was invited."""
    by: Any = request.user
    people.check_keeper(by)
    found = people.kept_people(by).prefetch_related("memberships__team").order_by("agency__name", "family_name", "pk")
    shown = list(found[: people.MOST])
    to_decide, waiting = people.open_changes(by)
    context = {
        "open": people.rows([one for one in shown if one.is_active], by),
        "closed": [one for one in shown if not one.is_active],
        "to_decide": [people.change_row(one) for one in to_decide],
        "waiting": [people.change_row(one) for one in waiting if one.invitation is None],
        "invitations": people.open_invitations(by),
        "is_cut": found[people.MOST :].exists(),
        "most": people.MOST,
        "of_agency": Role.AGENCY_ADMIN in by.roles,
    }
    return TemplateResponse(request, "desk/people/list.html", context), [one.pk for one in shown]


@opens_found(kind="person", finds=people.seen_person)
def person(request: HttpRequest, one: Person) -> HttpResponse:
    """Show one account: roles, teams, training, and everything that was changed about it."""
    by: Any = request.user
    waiting = [change for some in people.open_changes(by) for change in some if change.person_id == one.pk]  # type: ignore[attr-defined]
    context = about(one) | {
        "row": people.rows([one], by)[0],
        "changes": [people.change_row(change) for change in waiting],
        "lines": people.history_of(one),
        "keeps": acts.keeps(by, one),
        "briefs": "briefing" in training.kinds_of(one),
    }
    return TemplateResponse(request, "desk/people/person.html", context)


def about(one: Person, **more: Any) -> dict[str, Any]:
    """Return what every page about one person shows."""
    return {"person": one, "roles": one.role_label, **more}


def address(one: Person) -> str:
    """Return the page of a person."""
    return reverse("desk:person", args=[one.pk])


def waits() -> str:
    """Return what the page that follows says of something that waits for a second person."""
    return _("Asked. It takes effect when a second person agrees.")


@opens_found(kind="person", methods=WRITE, finds=people.kept_person)
def roles(request: HttpRequest, one: Person) -> HttpResponse:
    """Ask for other roles."""
    form = RolesForm(request.POST or None, person=one)

    def save() -> str:
        answers = form.cleaned_data
        acts.ask_for_roles(person=one, roles=answers["roles"], by=request.user, reason=answers["reason"])
        return address(one)

    done = saved(request, form, save, said=waits())
    return done or TemplateResponse(request, "desk/people/roles.html", about(one, form=form))


@opens_found(kind="person", methods=WRITE, finds=people.kept_person)
def reopen(request: HttpRequest, one: Person) -> HttpResponse:
    """Ask that a closed account is opened again."""
    form = ReasonForm(request.POST or None)

    def save() -> str:
        acts.ask_to_reopen(person=one, by=request.user, reason=form.cleaned_data["reason"])
        return address(one)

    done = saved(request, form, save, said=waits())
    return done or TemplateResponse(request, "desk/people/reopen.html", about(one, form=form))


@opens_found(kind="person", methods=WRITE, finds=people.kept_person)
def new_factor(request: HttpRequest, one: Person) -> HttpResponse:
    """Ask that somebody who lost the second factor makes a new one."""
    form = ReasonForm(request.POST or None)
    form.fields["reason"].label = _("How you made sure that it is this person")
    form.fields["reason"].help_text = _("Such as: came by with the staff card. A mail or a call alone is not enough.")

    def save() -> str:
        acts.ask_for_new_factor(person=one, by=request.user, reason=form.cleaned_data["reason"])
        return address(one)

    done = saved(request, form, save, said=waits())
    return done or TemplateResponse(request, "desk/people/new_factor.html", about(one, form=form))


def left_by(one: Person) -> str:
    """Return in words how many files somebody would leave alone: never which."""
    left = len(teams.left_alone(one))
    words = ngettext(
        "%(count)s file would be left with nobody who works on it.",
        "%(count)s files would be left with nobody who works on them.",
        left,
    )
    return words % {"count": digits(left)} if left else ""


@opens_found(kind="person", methods=WRITE, finds=people.kept_person)
def person_teams(request: HttpRequest, one: Person) -> HttpResponse:
    """Put somebody into teams, and out of others."""
    left = left_by(one)
    form = TeamsForm(request.POST or None, person=one, left=len(left))

    def save() -> str:
        answers = form.cleaned_data
        chosen: list[Team] = list(answers["teams"])
        moves = answers.get("moves_files", False)
        teams.set_teams(person=one, teams=chosen, moves_files=moves, by=request.user, reason=answers["reason"])
        return address(one)

    done = saved(request, form, save)
    return done or TemplateResponse(request, "desk/people/teams_of.html", about(one, form=form, left=left))


@opens_found(kind="person", methods=WRITE, finds=people.kept_person)
def close(request: HttpRequest, one: Person) -> HttpResponse:
    """Close an account at once."""
    left = left_by(one)
    form = LeavingForm(request.POST or None, left=len(left))

    def save() -> str:
        answers = form.cleaned_data
        moves = answers.get("moves_files", False)
        teams.close_account(person=one, moves_files=moves, by=request.user, reason=answers["reason"])
        return address(one)

    done = saved(request, form, save, said=_("Closed. Nothing opens to this account any more."))
    context = about(
        one,
        form=form,
        left=left,
        happens=[
            _("The person is signed out everywhere at once, and cannot sign in."),
            _("Access that was given to the person by name ends."),
            _("Tasks of the person go back to their teams."),
            _("The person leaves all teams."),
        ],
        stays=[
            _("Everything that the person wrote, under the same name."),
            _("The account itself: two people can open it again."),
        ],
    )
    return done or TemplateResponse(request, "desk/people/close.html", context)
