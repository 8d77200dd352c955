"""What the pages about people show: whom one keeps, their training, what waits for a decision, and what was changed."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.access import people, teams, training
from portal.accounts.models import Certificate, Invitation, Membership, Person, PersonChange, Team
from portal.accounts.roles import Role
from portal.audit import clock

MOST = 200
NOBODY = {"set-up": gettext_lazy("set-up")}  # whom the history names where a command acted, and nobody
KEEPERS = frozenset({Role.AGENCY_ADMIN, Role.OPERATOR})
ASKED = {
    PersonChange.Kind.ROLES: gettext_lazy("Other roles"),
    PersonChange.Kind.INVITATION: gettext_lazy("An invitation"),
    PersonChange.Kind.REOPENING: gettext_lazy("Opening the account again"),
    PersonChange.Kind.SECOND_FACTOR: gettext_lazy("A new second factor"),
}


# --- finders: of somebody who keeps people, and of an address -----------------------------------------------------------


def check_keeper(by: Person) -> None:
    """Raise Refused for whoever keeps nobody."""
    if KEEPERS.isdisjoint(by.roles):
        raise people.refused("not_a_keeper_of_people")


def kept_people(by: Person) -> QuerySet[Person]:
    """Return the people whose accounts somebody sees: of the own agency, and for the operator the administrators."""
    own = Q(agency=by.agency_id) if Role.AGENCY_ADMIN in by.roles else Q(pk=None)  # type: ignore[attr-defined]
    administrators = Q(roles__contains=[Role.AGENCY_ADMIN]) if Role.OPERATOR in by.roles else Q(pk=None)
    return Person.objects.filter(own | administrators).select_related("agency")


def seen_person(by: Person, person_id: uuid.UUID) -> Person | None:
    """Return a person whose account page somebody opens, the own one included."""
    return kept_people(by).filter(pk=person_id).first()


def kept_person(by: Person, person_id: uuid.UUID) -> Person | None:
    """Return a person whose account somebody may change: never the own one."""
    return kept_people(by).filter(pk=person_id).exclude(pk=by.pk).first()


def kept_team(by: Person, team_id: uuid.UUID) -> Team | None:
    """Return a team of the agency that somebody keeps."""
    teams_there = Team.objects.filter(agency=by.agency_id, pk=team_id)  # type: ignore[attr-defined]
    return teams_there.first() if Role.AGENCY_ADMIN in by.roles else None


def seen_invitation(by: Person, invitation_id: uuid.UUID) -> Invitation | None:
    """Return an invitation of the own agency, and to the operator one that takes an operator."""
    found = Invitation.objects.filter(pk=invitation_id).select_related("agency", "invited_by", "person").first()
    if found is None or people.keeps_agency(by, found.agency_id):  # type: ignore[attr-defined]
        return found
    is_for_operator = found.roles == [Role.AGENCY_ADMIN] or PersonChange.objects.filter(invitation=found).exists()
    return found if Role.OPERATOR in by.roles and is_for_operator else None


def seen_change(by: Person, change_id: uuid.UUID) -> PersonChange | None:
    """Return what was asked about a person of the own agency, and to the operator what takes or took an operator."""
    known = ("agency", "person", "invitation", "asked_by", "decided_by")
    found = PersonChange.objects.filter(pk=change_id).select_related(*known).first()
    if found is None or people.keeps_agency(by, found.agency_id):  # type: ignore[attr-defined]
        return found
    took_part = by in (found.asked_by, found.decided_by)
    asks_operator = not people.keepers(found.agency_id, found.asked_by_id, found.person_id).exists()  # type: ignore[attr-defined]
    return found if Role.OPERATOR in by.roles and (took_part or asks_operator) else None


# --- rows -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trained:
    """One kind of training of somebody: what proves it, and until when it lets work."""

    kind: str
    certificate: Certificate | None
    until: Any

    @property
    def is_missing(self) -> bool:
        return self.until is None or self.until <= clock.now()


def training_of(person: Person, proofs: training.Proofs) -> list[Trained]:
    """Return the training that somebody's roles ask for."""
    return [
        Trained(kind, proofs.newest(person.pk, kind), proofs.until(person.pk, kind))
        for kind in training.kinds_of(person)
    ]


def rows(found: Iterable[Person], by: Person) -> list[dict[str, Any]]:
    """Return a line for each of the people: roles, teams, training, and the day of the last sign-in."""
    known = list(found)
    proofs, seen = training.proofs_of(known), teams.last_sign_ins(known)
    return [
        {
            "person": person,
            "roles": capfirst(person.role_label),
            "teams": [one.team.label for one in person.memberships.all() if one.until is None],  # type: ignore[attr-defined]
            "training": training_of(person, proofs),
            "signed_in": seen.get(person.pk),
            "is_own": person.pk == by.pk,
        }
        for person in known
    ]


def open_invitations(by: Person) -> list[Invitation]:
    """Return the invitations that nobody has answered, the newest first."""
    found = Invitation.objects.filter(state__in=people.OPEN).select_related("agency")
    if Role.AGENCY_ADMIN not in by.roles:
        found = found.filter(roles=[Role.AGENCY_ADMIN])
    return list(found.order_by("-pk")[:MOST])


def open_changes(by: Person) -> tuple[list[PersonChange], list[PersonChange]]:
    """Return what waits for this person's decision, and what the person sees waiting for somebody else's."""
    found = PersonChange.objects.filter(state=PersonChange.State.ASKED)
    known = list(found.select_related("agency", "person", "invitation", "asked_by").order_by("pk")[:MOST])
    mine = [one for one in known if people.may_decide(by, one)]
    return mine, [one for one in known if one not in mine]


def change_row(change: PersonChange) -> dict[str, Any]:
    """Return what was asked, about whom and by whom, in words."""
    return {
        "change": change,
        "asked": ASKED[PersonChange.Kind(change.kind)],
        "name": change.subject.short_name,
        "email": change.subject.email,
        "before": roles_in_words(change.before),
        "roles": roles_in_words(change.roles),
        "deciders": list(people.deciders(change.agency_id, change.asked_by_id, change.person_id)[:5]),  # type: ignore[attr-defined]
    }


def roles_in_words(roles: Iterable[str]) -> str:
    """Return roles in the reader's language."""
    return _(", ").join(str(Role(role).label) for role in roles)


# --- history --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One change of an account: when, what, by whom and why."""

    at: Any
    words: str
    by: str
    why: str
    key: Any


def history_of(person: Person) -> list[Line]:
    """Return everything that was changed about a person, the newest first."""
    lines = [*account_lines(person), *team_lines(person), *training_lines(person), *asked_lines(person)]
    return sorted(lines, key=lambda line: (line.at, line.key), reverse=True)


def line(row: Any, words: str) -> Line:
    """Return a line from a history row."""
    by = (
        f"{row.history_by} ({row.history_agency})"
        if row.history_agency
        else str(NOBODY.get(row.history_by, row.history_by))
    )
    return Line(row.history_date, words, by, row.history_change_reason, row.history_id)


def account_lines(person: Person) -> list[Line]:
    """Return how the account changed: made, roles, closed, opened again. Preferences are the person's own."""
    found = list(Person.history.filter(id=person.pk).order_by("version"))
    lines = [line(row, _("Account made: %(roles)s") % {"roles": roles_in_words(row.roles)}) for row in found[:1]]
    for before, after in zip(found, found[1:], strict=False):
        if before.roles != after.roles:
            words = {"before": roles_in_words(before.roles), "after": roles_in_words(after.roles)}
            lines.append(line(after, _("Roles: %(before)s → %(after)s") % words))
        if before.is_active != after.is_active:
            lines.append(line(after, _("Account opened again") if after.is_active else _("Account closed")))
    return lines


def team_lines(person: Person) -> list[Line]:
    """Return which teams the person joined and left."""
    found = list(Membership.history.filter(person_id=person.pk))
    names = {team.pk: team.label for team in Team.objects.filter(pk__in=[row.team_id for row in found])}
    joined, left = _("Joined the team %(name)s"), _("Left the team %(name)s")
    return [line(row, (left if row.until else joined) % {"name": names[row.team_id]}) for row in found]


def training_lines(person: Person) -> list[Line]:
    """Return which certificates and briefings were recorded and revoked."""
    lines = []
    for row in Certificate.history.filter(person_id=person.pk).select_related("standard"):
        title = str(row.standard or Certificate.Kind(row.kind).label)
        words = _("Revoked: %(title)s") if row.revoked else _("Recorded: %(title)s")
        lines.append(line(row, words % {"title": title}))
    return lines


def asked_lines(person: Person) -> list[Line]:
    """Return what was asked about the person, and what was decided."""
    lines = []
    for row in PersonChange.history.filter(person_id=person.pk):
        what = ASKED[PersonChange.Kind(row.kind)]
        state = PersonChange.State(row.state)
        words = {
            PersonChange.State.ASKED: _("Asked: %(what)s"),
            PersonChange.State.APPROVED: _("Agreed: %(what)s"),
            PersonChange.State.REFUSED: _("Refused: %(what)s"),
            PersonChange.State.WITHDRAWN: _("Taken back: %(what)s"),
        }[state]
        lines.append(line(row, words % {"what": what}))
    return lines
