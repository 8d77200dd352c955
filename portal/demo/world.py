"""The demonstration's world, made by the real actions under a moved clock, so that every history is a true one."""

import datetime
from typing import Any

from django.conf import settings
from django.db import connection

from portal.access import jobs
from portal.access.actions import accept, give
from portal.access.decide import FRESH_FOR
from portal.access.identity import acting, open_token
from portal.access.models import Grant
from portal.access.sections import Level, Section, Stage
from portal.accounts import actions as accounts
from portal.accounts.models import Person, Team
from portal.accounts.roles import BRIEFED_ROLES, CERTIFIED_ROLES, Role
from portal.audit import clock
from portal.audit.kinds import shifted
from portal.audit.stamp import Stamp, stamping
from portal.casework.models import Job
from portal.demo.people import AGENCIES, COLLEAGUES, DESKS, STANDARD, Desk
from victims import actions
from victims.models import Child
from victims.section_pages import MODELS

DAY = datetime.timedelta(days=1)
BEGINNING = 760  # days ago


def exists() -> bool:
    """Return whether the world was made already."""
    return Person.objects.filter(email=settings.DEMO_ANALYST).exists()


def make_figures() -> None:
    """Make the figures of the day at once: a visitor does not wait for the clock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT access.make_figures()")


def begin() -> "Cast":
    """Make agencies and people as the owner of the tables, and return the people."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT audit.make_partitions((app_now() - interval '800 days')::date, (app_now() + interval '2 months')::date)"
        )
    with shifted(-BEGINNING * DAY), stamping(Stamp(None, "set-up", via="command")):
        register_everybody()
    return Cast()


def register_everybody() -> None:
    """Register the agencies with their teams, and everybody who works there."""
    teams: dict[str, list[Team]] = {}
    for key, (name, kind, country, zone, names) in AGENCIES.items():
        agency = accounts.register_agency(name=name, kind=kind, country=country, time_zone=zone)
        teams[key] = [accounts.register_team(agency=agency, name=team) for team in names]
    for desk in DESKS:
        register(desk, teams[desk.agency][desk.team])
    for given, family, agency_key, team, role in COLLEAGUES:
        zone = AGENCIES[agency_key][3]
        email = f"{given[0]}.{family}@{agency_key}.example".lower()
        register(Desk(email, given, family, agency_key, role, "", zone=zone), teams[agency_key][team])


def register(desk: Desk, team: Team) -> None:
    """Register one person."""
    person = accounts.register_person(
        email=desk.email,
        given_name=desk.given,
        family_name=desk.family,
        agency=team.agency,
        roles=[desk.role],
        language=desk.language,
        time_zone=desk.zone,
    )
    accounts.join_team(person=person, team=team)
    if desk.role in CERTIFIED_ROLES:
        accounts.certify(person=person, standard=STANDARD, until=clock.now() + 1500 * DAY)
    if desk.role in BRIEFED_ROLES:
        accounts.brief(person=person, until=clock.now() + 1500 * DAY)


class Cast:
    """The people of the demonstration, signed in for the making of it."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}
        self.signed_in: dict[str, datetime.datetime] = {}
        self.teams: dict[str, Team] = {}

    def __getitem__(self, family: str) -> Person:
        if family not in self.people:
            person = Person.objects.select_related("agency").prefetch_related("memberships").get(family_name=family)
            self.people[family] = person
        now = clock.now()
        if (
            abs(now - self.signed_in.get(family, now - DAY)) >= FRESH_FOR
        ):  # the code has grown old: the clock moves on by days
            self.people[family].identity = open_token(
                self.people[family], "command", idle=BEGINNING * DAY, lifetime=BEGINNING * DAY
            )
            self.signed_in[family] = now
        return self.people[family]

    def team(self, family: str) -> Team:
        """Return the team of one of the cast."""
        if family not in self.teams:
            membership = self[family].memberships.live().select_related("team__agency").get()
            self.teams[family] = membership.team
        return self.teams[family]

    def of(self, role: Role, agency: str, team: int = 0) -> list[str]:
        """Return the family names of those who hold a role in a team."""
        desks = [desk.family for desk in DESKS if (desk.agency, desk.team, desk.role) == (agency, team, role)]
        return desks + [row[1] for row in COLLEAGUES if row[2:] == (agency, team, role)]


class Teller:
    """What the stories are made of: each method is one act of one person, on the day that the clock stands at."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast

    def open(self, name: str, by: str, stage: Stage, *, is_known: bool = False, **values: Any) -> Child:
        """Open a file."""
        team = self.cast.team(by)
        return actions.open_file(
            team=team,
            stage=stage,
            values={"code_name": name} | values,
            is_known=is_known,
            by=self.cast[by],
            reason="opened",
        )

    def add(self, child: Child, section: Section, by: str, **values: Any) -> Any:
        """Add a record to a section."""
        return actions.add(model=MODELS[section], child=child, values=values, by=self.cast[by], reason="")

    def share(
        self, child: Child, by: str, to: str, *sections: Section, named: bool = False, wait: bool = False
    ) -> Grant:
        """Give access, and accept it unless it shall wait."""
        audience: dict[str, Any] = {"person": self.cast[to]} if named else {"team": self.cast.team(to)}
        grant = give(
            child_id=child.pk,
            sections=dict.fromkeys(sections, Level.CHANGE),
            until=clock.now() + 170 * DAY,
            by=self.cast[by],
            reason="works with the child",
            owner=self.cast.team(by),
            **audience,
        )
        if grant.accepted is None and not wait:
            accept(grant=grant, by=self.cast[to])
        return grant

    def stop_jobs(self, *names: str) -> None:
        """Cancel what was left to the worker long ago: nobody was there to do it, and the right to it ended within a week."""
        for person in (self.cast[name] for name in names):
            with acting(person):
                found = list(Job.objects.filter(person_id=person.pk, state=Job.State.WAITING))
            for job in found:
                jobs.cancel(job=job, by=person)

    def step(self, child: Child, cycle: str, name: str, by: str, reason: str = "") -> None:
        """Take a step of a life cycle."""
        actions.take_step(child=child, cycle=cycle, name=name, by=self.cast[by], reason=reason)


def today() -> datetime.date:
    """Return the date on the moved clock."""
    return clock.now().date()
