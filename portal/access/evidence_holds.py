"""Evidence holds: an investigator says which sections of a file are evidence; a second person ends it, with a reason."""

import datetime
import uuid
from collections.abc import Iterable
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from portal.access.erasing import Keeping
from portal.access.identity import Refused, action
from portal.access.models import EvidenceHold, Grant
from portal.access.sections import Section
from portal.access.work import answer_notices
from portal.accounts.models import Person, Team
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.events import Event
from portal.casework.workflow import NotPossible

USUAL = (Section.LEGAL, Section.INVESTIGATION, Section.SUSPECTS)
LONGEST = datetime.timedelta(days=366)  # until somebody looks at it again


def may_hold_evidence(person: Any, section: Section) -> bool:
    """Return whether the page of a section offers to hold evidence: to investigators, where evidence usually lies."""
    return Role.INVESTIGATOR in person.roles and section in USUAL


@action
def set_hold(
    *, file: Keeping, parts: Iterable[Section], basis: str, reference: str, review_on: datetime.date, by: Person,
    reason: str = "",
) -> EvidenceHold:  # fmt: skip
    """Hold sections of a file as evidence: until the hold is ended, nobody erases them."""
    chosen = sorted(set(parts))
    if not chosen:
        raise NotPossible(_("Choose what is evidence."), "sections")
    if not set(chosen) <= set(file.evidence):
        raise Refused(Event("refusal", "E", "refused", "not_yours_to_hold", child_id=file.child_id), known=True)
    hold = EvidenceHold(
        child_id=file.child_id, sections=chosen, basis=basis, reference=reference,
        team=team_of(by, file.child_id, chosen), set_by=by, since=clock.now(), review_on=review_on,
    )  # fmt: skip
    hold.save(force_insert=True)
    return hold


def team_of(person: Person, child_id: uuid.UUID, parts: list[Section]) -> Team:
    """Return the team that answers for a hold: of one's own the one that was given the parts, as it is told of the file."""
    given = Grant.objects.filter(child_id=child_id, ended=None, accepted__isnull=False, until__gt=clock.now())
    ours = given.filter(team_id__in=person.team_ids, change__overlap=parts)
    own = Team.objects.filter(pk__in=person.team_ids).order_by("pk")
    return own.filter(pk__in=ours.values("team_id")).first() or own[0]


def may_end(hold: EvidenceHold, person: Person) -> bool:
    """Return whether the person may end the hold: not who set it, but who could set it too, or a supervisor of its team."""
    return hold.ended is None and hold.set_by_id != person.pk and may_go_on(hold, person)  # type: ignore[attr-defined]


def may_go_on(hold: EvidenceHold, person: Person) -> bool:
    """Return whether the person answers for the hold: one of its team who works with evidence, or supervises it."""
    is_of_team = hold.team_id in person.team_ids  # type: ignore[attr-defined]
    return is_of_team and not {Role.INVESTIGATOR, Role.SUPERVISOR}.isdisjoint(person.roles)


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
    """Return the holds of the person's teams whose day has come; row-level security leaves those that may be read."""
    today = clock.now().date()
    found = EvidenceHold.objects.filter(ended=None, review_on__lte=today, team_id__in=person.team_ids)
    return found.select_related("set_by").order_by("review_on", "pk")


def hold_of(person: Person, hold_id: Any) -> EvidenceHold | None:
    """Return a hold that stands, to whoever answers for it."""
    hold = EvidenceHold.objects.filter(pk=hold_id, ended=None).select_related("set_by__agency", "team__agency").first()
    return hold if hold is not None and may_go_on(hold, person) else None
