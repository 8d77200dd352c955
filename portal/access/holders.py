"""Who can see a file: what each grant opens for the people it was given to, by their roles, at a stage of the child."""

import datetime
import uuid
import zoneinfo
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from portal.access.actions import live_grants, opened_by_grants
from portal.access.asking import asked
from portal.access.models import Basis, Grant
from portal.access.roles import TABLE, stages_for
from portal.access.sections import IN_EMERGENCY, Level, Section
from portal.accounts.models import Agency, Membership, Person, Team
from portal.accounts.roles import Role

TRAINED = "SELECT id FROM accounts_person WHERE id = ANY (%s::uuid[]) AND access.is_trained(id)"


@dataclass(frozen=True)
class Reader:
    """Somebody whom access may be given to: the person, the roles that a supervisor oversees, and the certificate."""

    person: Person
    overseen: frozenset[str] = frozenset()
    is_certified: bool = True  # has the training that the roles ask for, or needs none

    def stages(self, section: Section, level: Level = Level.VIEW) -> int:
        """Return the stages at which the person's roles reach the section, as a bit mask."""
        return stages_for(set(self.person.roles), set(self.overseen), section, level) if self.is_certified else 0

    def reaches(self, level: Level = Level.VIEW) -> set[Section]:
        """Return the sections that the person's roles reach at any stage of the child."""
        return {section for section in Section if self.stages(section, level) >> 1}


@dataclass(frozen=True)
class Holder:
    """One grant of a file, and the people whom it was given to."""

    grant: Grant
    people: list[Reader]
    stands: frozenset[Section] | None = None  # what of it stands still, once accepted; None: all of it
    until: datetime.datetime | None = None  # where something ends it sooner than it says itself

    @property
    def agency(self) -> Agency:
        taker: Any = self.grant.team or self.grant.person or self.grant
        agency: Agency = taker.agency
        return agency

    def opened_by(self, reader: Reader, stage: int) -> list[Section]:
        """Return the sections of the grant that one of the people opens at a stage, once it is accepted."""
        return [s for s in self.given if reader.stages(s) >> self.stage_for(s, stage) & 1]

    def stage_for(self, section: Section, stage: int) -> int:
        """Return the stage that counts: in an emergency the child's own decides about nothing but whereabouts."""
        is_emergency = self.grant.basis == Basis.EMERGENCY and section != Section.WHEREABOUTS
        return IN_EMERGENCY if is_emergency else stage

    @property
    def given(self) -> list[Section]:
        """Return the sections of the grant that stand: their legal basis, the agreement, and what they came from."""
        return [section for section in map(Section, self.grant.view) if self.stands is None or section in self.stands]

    def opens(self, stage: int) -> list[Section]:
        """Return the sections of the grant that somebody opens at a stage, in their fixed order."""
        return sorted({section for reader in self.people for section in self.opened_by(reader, stage)})

    def readers(self, stage: int) -> list[Reader]:
        """Return the people whom the grant lets into some section at a stage."""
        return [reader for reader in self.people if self.opened_by(reader, stage)]


def holders_of(child_id: uuid.UUID) -> list[Holder]:
    """Return the live grants of a file with their people, for whoever reads its SUMMARY: a fixed number of questions."""
    return held_by(live_grants(child_id))


def held_by(grants: Sequence[Any]) -> list[Holder]:
    """Return live grants with their people and with what stands of them, of files whose SUMMARY is read."""
    teams = people_of({grant.team_id for grant in grants if grant.team_id})
    given = [teams.get(grant.team_id, []) if grant.team_id else named(grant) for grant in grants]
    known = readers(person for people in given for person in people)
    opened = opened_by_grants({grant.child_id for grant in grants})
    return [
        Holder(grant, [known[p.pk] for p in people], *standing(grant, opened))
        for grant, people in zip(grants, given, strict=True)
    ]


def standing(grant: Grant, opened: dict[uuid.UUID, Any]) -> tuple[frozenset[Section] | None, datetime.datetime | None]:
    """Return what of a grant stands, and until when; of one that waits, all that it offers."""
    if grant.accepted is None:
        return None, None
    sections, until = opened.get(grant.pk, (set(), None))
    return frozenset(sections), until


def named(grant: Grant) -> list[Person]:
    """Return the one person whom a grant was given to by name, while the account is open."""
    person = grant.person
    return [person] if person and person.is_active and person.agency.is_active else []


def people_of(team_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, list[Person]]:
    """Return the active people of each of these teams, by name."""
    found: dict[uuid.UUID, list[Person]] = {}
    members = Membership.objects.working().filter(team__in=list(team_ids)).select_related("person")
    for membership in members.order_by("person__family_name", "person__given_name", "person_id"):
        found.setdefault(membership.team_id, []).append(membership.person)  # type: ignore[attr-defined]
    return found


def readers(people: Iterable[Person]) -> dict[uuid.UUID, Reader]:
    """Return what the roles of each of these people reach, by the person's id."""
    everybody = {person.pk: person for person in people}
    trained = trained_of(everybody)
    overseen = overseen_by([pk for pk, person in everybody.items() if Role.SUPERVISOR in person.roles])
    return {pk: Reader(person, overseen.get(pk, frozenset()), pk in trained) for pk, person in everybody.items()}


def trained_of(people: Iterable[uuid.UUID]) -> set[uuid.UUID]:
    """Return those of the people who have the training that their roles ask for."""
    return {pk for (pk,) in asked(TRAINED, list(people))}


def overseen_by(supervisors: list[uuid.UUID]) -> dict[uuid.UUID, frozenset[str]]:
    """Return the roles of the people in the teams of each supervisor."""
    if not supervisors:
        return {}
    teams: dict[uuid.UUID, set[str]] = {}
    theirs: list[tuple[Any, Any]] = list(
        Membership.objects.working().filter(person__in=supervisors).values_list("person_id", "team_id")
    )
    members = Membership.objects.working().filter(team__in={team_id for _person_id, team_id in theirs})
    for team_id, roles in members.values_list("team_id", "person__roles"):
        teams.setdefault(team_id, set()).update(roles)
    found: dict[uuid.UUID, frozenset[str]] = {}
    for person_id, team_id in theirs:
        found[person_id] = found.get(person_id, frozenset()) | teams.get(team_id, set())
    return found


@dataclass(frozen=True)
class Takers:
    """Whom in an agency access to a file can be given to, and the sections that anybody there reaches at some stage."""

    teams: QuerySet[Team]
    people: QuerySet[Person]
    view: set[Section]
    change: set[Section]


def takers(agency: Agency) -> Takers:
    """Return the teams and people of an agency whose roles reach any section of a child's file."""
    people = Person.objects.filter(agency=agency, is_active=True)
    known = {pk: reader for pk, reader in readers(people).items() if reader.reaches()}
    members = Membership.objects.working().filter(person__in=list(known))
    return Takers(
        Team.objects.filter(agency=agency, pk__in=members.values("team")).order_by("name"),
        people.filter(pk__in=list(known)).order_by("family_name", "given_name"),
        {section for reader in known.values() for section in reader.reaches()},
        {section for reader in known.values() for section in reader.reaches(Level.CHANGE)},
    )


def agencies_with_takers() -> QuerySet[Agency]:
    """Return the agencies in which somebody's role reaches a section of a child's file."""
    people = Person.objects.filter(is_active=True, roles__overlap=[str(role) for role in TABLE])
    return Agency.objects.filter(is_active=True, pk__in=people.values("agency")).order_by("name")


def last_day(grant: Grant, agency: Agency) -> datetime.date:
    """Return the day on which access ends, where the agency is that owns the file: one day for every reader."""
    return grant.until.astimezone(zoneinfo.ZoneInfo(agency.time_zone)).date()
