"""Evidence holds: an investigator says which sections of a file are evidence; a second person ends it, with a reason.

Where nobody of its team is left who could end it, others do so in its place: access.hold_enders() knows who.
"""

import datetime
import uuid
from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from portal.access.asking import answer
from portal.access.erasing import Keeping
from portal.access.identity import Refused, action
from portal.access.models import EvidenceHold, Grant
from portal.access.rights import is_kept_apart
from portal.access.sections import Section
from portal.access.work import answer_notices
from portal.accounts.models import Membership, Person, Team
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.events import Event
from portal.casework.workflow import NotPossible

ANSWERING = (Role.INVESTIGATOR, Role.SUPERVISOR)  # those of a team who look at its holds again
USUAL = (Section.LEGAL, Section.INVESTIGATION, Section.SUSPECTS)
LONGEST = datetime.timedelta(days=366)  # until somebody looks at it again


def may_hold_evidence(person: Any, section: Section) -> bool:
    """Return whether the page of a section offers to hold evidence: to investigators, where evidence usually lies."""
    return Role.INVESTIGATOR in person.roles and section in USUAL


@action
def set_hold(
    *, file: Keeping, parts: Iterable[Section], basis: str, reference: str, review_on: datetime.date, by: Person,
    team: Team | None = None, reason: str = "",
) -> EvidenceHold:  # fmt: skip
    """Hold sections of a file as evidence, for a team of one's own: until the hold is ended, nobody erases them."""
    chosen = sorted(set(parts))
    if not chosen:
        raise NotPossible(_("Choose what is evidence."), "sections")
    if not set(chosen) <= set(file.evidence):
        raise Refused(Event("refusal", "E", "refused", "not_yours_to_hold", child_id=file.child_id), known=True)
    teams = teams_of(by, file)
    hold = EvidenceHold(
        child_id=file.child_id, sections=chosen, basis=basis, reference=reference, team=team or teams[0], set_by=by,
        since=clock.now(), review_on=review_on,
    )  # fmt: skip
    if hold.team not in teams:
        raise NotPossible(_("Choose a team that you are in."), "team")
    hold.save(force_insert=True)
    return hold


def teams_of(person: Person, file: Keeping) -> list[Team]:
    """Return the person's teams, which may answer for a hold: first those that were given its parts, then the larger ones.

    Where the file was given to the person alone, somebody has to be there all the same who looks at it again.
    """
    given = Grant.objects.filter(child_id=file.child_id, ended=None, accepted__isnull=False, until__gt=clock.now())
    ours = set(given.filter(team__in=person.team_ids, change__overlap=file.evidence).values_list("team_id", flat=True))
    others = Counter(
        Membership.objects.working()
        .filter(team__in=person.team_ids, person__roles__overlap=ANSWERING)
        .exclude(person=person)
        .values_list("team_id", flat=True)
    )
    own = Team.objects.filter(pk__in=person.team_ids).select_related("agency").order_by("name", "pk")
    return sorted(own, key=lambda team: (team.pk not in ours, -others[team.pk]))


def may_end(hold: EvidenceHold, person: Person) -> bool:
    """Return whether the person may end the hold: not who set it, but who could set it too, or a supervisor of its team."""
    return hold.ended is None and hold.set_by_id != person.pk and may_go_on(hold, person)  # type: ignore[attr-defined]


def may_go_on(hold: EvidenceHold, person: Person) -> bool:
    """Return whether the person answers for the hold: one of its team who works with evidence or supervises, or a stand-in."""
    return is_of_team(hold, person) or hold.pk in left_to_me()


def is_of_team(hold: EvidenceHold, person: Person) -> bool:
    """Return whether the person works with evidence in the team of the hold, or supervises it, and is not kept apart."""
    if hold.team_id not in person.team_ids or set(ANSWERING).isdisjoint(person.roles):  # type: ignore[attr-defined]
        return False
    return not is_kept_apart(person, hold.child_id)  # type: ignore[attr-defined]


def left_to_me() -> list[uuid.UUID]:
    """Return the holds that the person in hand ends in the place of their teams, of which nobody is left who could."""
    found: list[uuid.UUID] = answer("SELECT access.holds_left_to_me()")
    return found


@action
def end_hold(*, hold: EvidenceHold, by: Person, reason: str) -> EvidenceHold:
    """End a hold that somebody else set: what it held may be erased from now on."""
    hold = EvidenceHold.objects.select_for_update(of=("self",)).get(pk=hold.pk)
    if hold.ended is not None:
        raise NotPossible(_("Somebody has ended it already."))
    if not may_end(hold, by):
        raise Refused(Event("refusal", "E", "refused", "not_yours_to_end", entity_id=hold.pk), known=True)
    hold.ended, hold.ended_by, hold.end_reason = clock.now(), by, reason
    hold.save()
    answer_notices(by, hold.pk)
    return hold


@action
def go_on(*, hold: EvidenceHold, review_on: datetime.date, by: Person, reason: str) -> EvidenceHold:
    """Say that what is held is still needed, and when somebody looks at it again."""
    hold = EvidenceHold.objects.select_for_update(of=("self",)).get(pk=hold.pk)
    if hold.ended is not None:
        raise NotPossible(_("Somebody has ended it already."))
    if not may_go_on(hold, by):
        raise Refused(Event("refusal", "E", "refused", "not_yours_to_hold", entity_id=hold.pk), known=True)
    hold.review_on = review_on
    hold.save()
    answer_notices(by, hold.pk)
    return hold


def to_review(person: Person) -> QuerySet[EvidenceHold]:
    """Return the holds whose day has come, of the person's teams and of those that have nobody left."""
    theirs = Q(pk__in=left_to_me())
    if not set(ANSWERING).isdisjoint(person.roles):
        theirs |= Q(team__in=person.team_ids)
    found = EvidenceHold.objects.filter(theirs, ended=None, review_on__lte=clock.now().date())
    return found.select_related("set_by").order_by("review_on", "pk")


def hold_of(person: Person, hold_id: Any) -> EvidenceHold | None:
    """Return a hold that stands, to whoever answers for it."""
    hold = EvidenceHold.objects.filter(pk=hold_id, ended=None).select_related("set_by__agency", "team__agency").first()
    return hold if hold is not None and may_go_on(hold, person) else None
