"""Sealed files: only named custodians see them. A second person of another team decides on every seal and every end."""

import datetime
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access import work
from portal.access.asking import answer, asked
from portal.access.identity import Refused, action
from portal.access.models import Seal, reference_of
from portal.access.rights import check, forget, refusal, works_as_owner
from portal.access.roles import FILE_WORKERS
from portal.access.sections import Level, Section
from portal.access.work import tell
from portal.accounts.models import Membership, Person, Team
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.events import Event
from portal.casework.groups import Button
from portal.casework.models import Approval, Notice
from portal.casework.workflow import NotPossible

FEWEST = 2  # custodians: with one, a holiday would shut the file for everybody
SEAL, CUSTODIANS, UNSEAL = "seal", "custodians", "unseal"
KINDS = (SEAL, CUSTODIANS, UNSEAL)
DECIDERS = frozenset({*FILE_WORKERS, Role.PRIVACY_OFFICER})  # access.decides_seals() says the same


@dataclass(frozen=True)
class Asked(work.Question):
    """What the person reads who is asked about a seal."""

    seal_id: uuid.UUID
    case_number: str
    code_name: str
    reason: str
    custodians: list[Person]


def seal_of(child_id: uuid.UUID) -> Seal | None:
    """Return the seal that holds on a file, for its custodians."""
    return Seal.objects.filter(child_id=child_id, sealed__isnull=False, ended=None).first()


def asked_for(child_id: uuid.UUID) -> Approval | None:
    """Return the question about the file's seal that nobody has answered, for whoever asked and the team that was."""
    found = Approval.objects.filter(child_id=child_id, kind__in=KINDS, state=Approval.State.ASKED)
    return found.select_related("asked_by", "team__agency").first()


def custodians_of(seal: Seal) -> list[Person]:
    """Return the custodians of a seal, by name."""
    people = Person.objects.filter(pk__in=seal.custodians).select_related("agency")
    return list(people.order_by("family_name", "given_name", "pk"))


def may_ask(person: Person, child: Any) -> bool:
    """Return whether the person may ask for a seal, or of a sealed file for its end and for other custodians."""
    if seal_of(child.pk) is None:
        return works_as_owner(person, child.pk, child.owner_id)
    return answer("SELECT access.changes_file(%s)", child.pk)


def teams_to_ask(asker: Person, owner_id: Any) -> list[Team]:
    """Return the teams that can decide; never the one that owns the file: a seal may be meant to keep it from them."""
    return work.teams_to_ask(asker, DECIDERS, without=owner_id)


@action
def ask(*, child: Any, custodians: Iterable[Person], by: Person, reason: str, team: Team | None = None) -> Approval:
    """Ask a second person to seal a file, or to put others in charge of a sealed one; until then nothing changes.

    custodians: at least two people, one of them of the team that owns the file.
    """
    demand_asker(child, by)
    kind = SEAL if seal_of(child.pk) is None else CUSTODIANS
    return propose(kind, child.pk, child.owner_id, custodians, by, reason, team)


@dataclass(frozen=True)
class LeftAlone:
    """A seal whose custodians are all gone, for whoever names others: of the file no more than which team owns it."""

    pk: uuid.UUID
    child_id: uuid.UUID
    owner: Team
    sealed: datetime.datetime

    _meta = Seal._meta  # what the event of a look calls it

    @property
    def reference(self) -> str:
        """Return what it is called by: it tells neither the file nor who the custodians were."""
        return reference_of("SE", self.pk)


def left_alone() -> list[LeftAlone]:
    """Return the seals for which the person in hand names custodians, because none is left, the oldest first."""
    found = asked("SELECT seal_id, child_id, owner_id, sealed FROM access.seals_left_alone()")
    teams = Team.objects.select_related("agency").in_bulk([owner for _seal, _child, owner, _at in found])
    return [LeftAlone(seal, child, teams[owner], at) for seal, child, owner, at in found]


def left_to(person: Person, seal_id: uuid.UUID) -> LeftAlone | None:
    """Return one of these, if it is left to the person in hand."""
    return next((one for one in left_alone() if one.pk == seal_id), None)


@action
def name_custodians(
    *, seal_id: uuid.UUID, custodians: Iterable[Person], by: Person, reason: str, team: Team | None = None
) -> Approval:
    """Ask a second person to put others in charge of a sealed file that nobody is left to see. Whoever asks sees no file."""
    found = left_to(by, seal_id)
    if found is None:
        raise Refused(Event("refusal", "E", "refused", "not_left_to_you", entity_id=seal_id), known=False)
    return propose(CUSTODIANS, found.child_id, found.owner.pk, custodians, by, reason, team)


def propose(
    kind: str, child_id: uuid.UUID, owner_id: Any, custodians: Iterable[Person], by: Person, reason: str, team: Team | None
) -> Approval:  # fmt: skip
    """Write down the seal that is asked for, and put it before a second person."""
    people = list(dict.fromkeys(custodians))
    check_custodians(people, owner_id)
    seal = Seal(child_id=child_id, custodians=[person.pk for person in people], reason=reason, asked_by=by)
    seal.save(force_insert=True)
    return put(kind, seal, owner_id, by, team)


@action
def ask_end(*, child: Any, by: Person, reason: str, team: Team | None = None) -> Approval:
    """Ask a second person to unseal a file; until then it stays sealed."""
    seal = seal_of(child.pk)
    demand_asker(child, by)
    if seal is None:
        raise NotPossible(_("This file is not sealed."))
    seal = Seal.objects.select_for_update(of=("self",)).get(pk=seal.pk)
    if answer("SELECT access.is_end_asked(%s)", seal.pk):  # by another custodian, whose question this one cannot read
        raise NotPossible(_("A second person was asked already. Wait for the answer."))
    seal.open_reason = reason
    seal.save()
    return put(UNSEAL, seal, child.owner_id, by, team)


def demand_asker(child: Any, by: Person) -> None:
    """Raise unless the person may ask about the file's seal, and nobody has done so already."""
    check(by, child.pk, Section.SUMMARY)  # only who reads it asks about a file; the database says the same
    if not may_ask(by, child):
        raise refusal(by, child.pk, Section.SUMMARY, Level.CHANGE, "not_the_owner")
    if asked_for(child.pk):
        raise NotPossible(_("A second person was asked already. Wait for the answer."))


def check_custodians(people: list[Person], owner_id: Any) -> None:
    """Raise NotPossible where these people could not take care of the file."""
    if len(people) < FEWEST:
        raise NotPossible(_("Choose at least two custodians, so that one of them can always be reached."), "custodians")
    if not all(person.is_active and person.agency.is_active for person in people):
        raise NotPossible(_("Choose people whose account is open."), "custodians")
    if not Membership.objects.working().filter(team=owner_id, person__in=people).exists():
        raise NotPossible(_("Choose a custodian of the team that owns the file as well."), "custodians")


def put(kind: str, seal: Seal, owner_id: Any, by: Person, team: Team | None) -> Approval:
    """Put the question before a team."""
    about = {"kind": kind, "subject_id": seal.pk, "child_id": seal.child_id}  # type: ignore[attr-defined]
    return work.ask_second(teams=teams_to_ask(by, owner_id), team=team, roles=DECIDERS, by=by, **about)


def asked_of(person: Person, approval_id: uuid.UUID) -> Asked | None:
    """Return the question about a seal that this person may answer."""
    approval = Approval.objects.filter(pk=approval_id, kind__in=KINDS).select_related("asked_by__agency").first()
    found = asked("SELECT * FROM access.asked_seal(%s)", approval_id)
    if approval is None or not found:
        return None
    seal_id, number, name, reason, custodians = found[0]
    people = Person.objects.filter(pk__in=custodians).select_related("agency").order_by("family_name", "pk")
    return Asked(approval, seal_id, number, name, reason, list(people))


@action
def decide(*, approval: Approval, approve: bool, by: Person, reason: str = "") -> Approval:
    """Decide what somebody of another team asked about a seal; it takes effect at once."""
    state = Approval.State.APPROVED if approve else Approval.State.REFUSED
    approval = work.decide(approval=approval, state=state, by=by, reason=reason)
    if approve:
        demand_fitting(approval)
    take_effect(approval, approve, by)
    return approval


@action
def take_back(*, question: work.Over, by: Person, reason: str = "") -> Approval:
    """Take back what one asked about a seal, while it waits; nothing changes."""
    approval = work.take_back(question=question, by=by, reason=reason)
    if Seal.objects.filter(pk=approval.subject_id).exists():  # others may be in charge by now: that seal is over
        take_effect(approval, False, by)
    return approval


def demand_fitting(approval: Approval) -> None:
    """Raise NotPossible where another question has sealed or unsealed the file meanwhile."""
    child_id: Any = approval.child_id  # type: ignore[attr-defined]
    standing = seal_of(child_id)
    fits = {SEAL: standing is None, CUSTODIANS: standing is not None, UNSEAL: standing is not None}
    if not fits[approval.kind] or (approval.kind == UNSEAL and standing.pk != approval.subject_id):  # type: ignore[union-attr]
        raise NotPossible(_("Meanwhile this was decided in another way. Say that you do not agree."))


def take_effect(approval: Approval, approved: bool, by: Person) -> None:
    """Seal, unseal or change hands as was approved, or drop what was not; the rows of the file follow in the database."""
    child_id: Any = approval.child_id  # type: ignore[attr-defined]
    seal = Seal.objects.select_for_update(of=("self",)).get(pk=approval.subject_id)
    if seal.ended is not None:
        return  # another question about the same seal was answered before
    if approval.kind == UNSEAL and not approved:
        seal.open_reason = ""
    elif approval.kind == UNSEAL or not approved:
        seal.ended = clock.now()
    else:
        replace_seal(child_id)
        seal.sealed = clock.now()
        told = [person for person in custodians_of(seal) if person.pk != by.pk]
        tell(told, "custodian_named", [by.short_name], level=Notice.Level.ACT)
    seal.save()
    forget(child_id)


def replace_seal(child_id: uuid.UUID) -> None:
    """End the seal that another one takes the place of."""
    for old in Seal.objects.select_for_update(of=("self",)).filter(child_id=child_id, sealed__isnull=False, ended=None):
        old.ended = clock.now()
        old.save()


def demand_unsealed(child_id: uuid.UUID, field: str | None = None) -> None:
    """Raise NotPossible of a sealed file: it is given to nobody, and stays with its owner, until it is unsealed."""
    if seal_of(child_id) is not None:
        raise NotPossible(
            _("This file is sealed: only its custodians see it. Change the custodians, or unseal it first."), field
        )


def decisions(viewer: Person, approvals: list[Approval]) -> dict[uuid.UUID, Button]:
    """Return the button of each question about a seal."""
    asked = [one for one in approvals if one.kind in KINDS]
    return {one.pk: Button(_("Decide"), reverse("desk:decide_seal", args=[one.pk])) for one in asked}
