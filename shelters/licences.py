"""A shelter whose licence has ended: a worker asks, a supervisor of the same team allows it for fourteen days, or does not."""

import datetime
import uuid
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access import work
from portal.access.identity import Refused, action
from portal.access.work import members
from portal.accounts.models import Person, Team
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.events import Event
from portal.casework.clock import today
from portal.casework.groups import Button
from portal.casework.models import Approval
from portal.casework.workflow import NotPossible
from shelters.directory import PLACERS
from shelters.models import Shelter

KIND = "lapsed_licence"
ALLOWED = datetime.timedelta(days=14)


def has_lapsed(shelter: Shelter) -> bool:
    """Return whether the licence of the shelter has ended, by the day where its agency is."""
    return bool(shelter.licence_until and shelter.licence_until < today(shelter.agency.time_zone))


def questions(person: Person) -> Any:
    """Return what was asked in the person's teams about shelters whose licence has ended, newest first."""
    asked = Approval.objects.filter(kind=KIND, team__in=person.team_ids)
    return asked.select_related("asked_by", "decided_by").order_by("-pk")


def allowed(person: Person) -> dict[uuid.UUID, Approval]:
    """Return the shelters that a supervisor of the person's teams allows at present, each with the decision."""
    now = questions(person).filter(state=Approval.State.APPROVED, decided__gt=clock.now() - ALLOWED)
    return {approval.subject_id: approval for approval in now}


def waiting_on(shelter: Shelter, person: Person) -> Approval | None:
    """Return the question about the shelter that no supervisor has answered."""
    return questions(person).filter(subject_id=shelter.pk, state=Approval.State.ASKED).first()


def last_on(shelter: Shelter, person: Person) -> Approval | None:
    """Return the newest answer about the shelter."""
    return questions(person).filter(subject_id=shelter.pk).exclude(state=Approval.State.ASKED).first()


def reason_of(approval: Approval) -> str:
    """Return why it was asked."""
    return approval.history.filter(id=approval.pk, version=1).values_list("history_change_reason", flat=True)[0]


def demand_licence(shelter: Shelter, person: Person) -> None:
    """Raise where the licence has ended and no supervisor of the person's teams allows the shelter all the same."""
    if has_lapsed(shelter) and shelter.pk not in allowed(person):
        raise NotPossible(_("The licence of this shelter has ended. A supervisor decides about it first."))


def supervised(person: Person) -> tuple[Team, list[Person]]:
    """Return a team of the person with its other supervisors; raises where there is none."""
    for membership in person.memberships.live().select_related("team__agency").order_by("pk"):  # type: ignore[attr-defined]
        found = [one for one in members(membership.team) if Role.SUPERVISOR in one.roles and one.pk != person.pk]
        if found:
            return membership.team, found
    raise NotPossible(_("Your team has no supervisor in the portal. Ring the duty supervisor of your agency."))


@action
def ask(*, shelter: Shelter, by: Person, reason: str) -> Approval:
    """Ask the supervisors of one's team to allow a shelter whose licence has ended."""
    if PLACERS.isdisjoint(by.roles):
        raise Refused(Event("refusal", "E", "refused", "not_a_placing_role"), known=False)
    if not has_lapsed(shelter):
        raise NotPossible(_("The licence of this shelter is valid. Hold a bed."))
    if waiting_on(shelter, by):
        raise NotPossible(_("Your team has asked already. The answer stands here once a supervisor gives it."))
    team, supervisors = supervised(by)
    return work.ask(kind=KIND, subject_id=shelter.pk, team=team, by=by, reason=reason, to=supervisors)


@action
def decide(*, approval: Approval, is_allowed: bool, by: Person, reason: str) -> Approval:
    """Allow the shelter for fourteen days from now, or do not; a supervisor of the team that asked says why."""
    if Role.SUPERVISOR not in by.roles:
        raise Refused(Event("refusal", "E", "refused", "not_a_supervisor"), known=True)
    state = Approval.State.APPROVED if is_allowed else Approval.State.REFUSED
    return work.decide(approval=approval, state=state, by=by, reason=reason)


def decisions(viewer: Person, approvals: list[Approval]) -> dict[uuid.UUID, Button]:
    """Return, for the home page, the button of each question about a licence that waits for an answer."""
    asked = [one for one in approvals if one.kind == KIND]
    return {one.pk: Button(_("Decide"), reverse("shelters:licence", args=[one.subject_id])) for one in asked}
