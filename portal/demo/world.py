"""The demonstration's world, made by the real actions under a moved clock, so that every history is a true one."""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import connection

from portal.access import work
from portal.access.actions import accept, give
from portal.access.identity import open_token
from portal.access.sections import Level, Section, Stage
from portal.accounts import actions as accounts
from portal.accounts.models import Membership, Person, Team
from portal.accounts.roles import CERTIFIED_ROLES
from portal.audit import clock
from portal.audit.kinds import shifted
from portal.audit.stamp import Stamp, stamping
from portal.demo import care
from portal.demo.people import AGENCIES, DESKS, STANDARD, Desk
from victims import actions, attachments
from victims.models import Child
from victims.section_pages import MODELS

DAY = datetime.timedelta(days=1)
S = Section


def exists() -> bool:
    """Return whether the world was made already."""
    return Person.objects.filter(email=settings.DEMO_ANALYST).exists()


def make() -> None:
    """Make agencies and people as the owner of the tables, then the files as the people themselves."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT audit.make_partitions((app_now() - interval '400 days')::date, (app_now() + interval '2 months')::date)"
        )
    with shifted(-400 * DAY), stamping(Stamp(None, "set-up", via="command")):
        register_everybody()
    Files(Cast()).make()


def register_everybody() -> None:
    """Register the agencies, a team for each, and the cast."""
    teams = {}
    for key, (name, kind, country, zone, team) in AGENCIES.items():
        agency = accounts.register_agency(name=name, kind=kind, country=country, time_zone=zone)
        teams[key] = accounts.register_team(agency=agency, name=team)
    for desk in DESKS:
        register(desk, teams[desk.agency])


def register(desk: Desk, team: Team) -> None:
    """Register one person of the cast."""
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
        accounts.certify(person=person, standard=STANDARD, until=clock.now() + 1200 * DAY)


class Cast:
    """The people of the demonstration, signed in for the making of it."""

    def __init__(self) -> None:
        self.people: dict[str, Person] = {}

    def __getitem__(self, family: str) -> Person:
        if family not in self.people:
            person = Person.objects.select_related("agency").get(family_name=family)
            year = 365 * DAY
            person.identity = open_token(person, "command", idle=2 * year, lifetime=2 * year)
            self.people[family] = person
        return self.people[family]

    def team(self, family: str) -> Team:
        """Return the team of one of the cast."""
        return Membership.objects.select_related("team__agency").get(person=self[family], until=None).team


class Files:
    """A few files, each told from its first day."""

    def __init__(self, cast: Cast) -> None:
        self.cast = cast

    def make(self) -> None:
        """Make the files one by one."""
        self.mira()
        self.noor()
        self.tern()
        self.lark()
        for name, days in (("Heron", 90), ("Cedar", 60), ("Olive", 21), ("Wren", 4)):
            with ago(days):
                self.open(name, "Tremblay", Stage.SOUGHT, sex=2 if days % 2 else 1, age_band="6-11")

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
    ) -> None:
        """Give access, and accept it unless it shall wait."""
        audience: dict[str, Any] = {"person": self.cast[to]} if named else {"team": self.cast.team(to)}
        grant = give(
            child_id=child.pk,
            sections=dict.fromkeys(sections, Level.CHANGE),
            until=clock.now() + 170 * DAY,
            by=self.cast[by],
            reason="works with the child",
            owner=child.owner,
            **audience,
        )
        if grant.accepted is None and not wait:
            accept(grant=grant, by=self.cast[to])

    def step(self, child: Child, cycle: str, name: str, by: str, reason: str = "") -> None:
        """Take a step of a life cycle."""
        actions.take_step(child=child, cycle=cycle, name=name, by=self.cast[by], reason=reason)

    def task(
        self, child: Child, by: str, title: str, days: float, rule: str, *, asked: float, kind: str = "next_step"
    ) -> None:
        """Ask the lead's team for something that is due in so many days; it was asked so many days ago."""
        due = clock.now() + days * DAY if 0 < days < 1 else today() + datetime.timedelta(days=int(days))
        with ago(asked):
            work.add_task(
                kind=kind,
                title=title,
                rule=rule,
                team=self.cast.team(by),
                person=self.cast[by],
                child_id=child.pk,
                due=due,
                by=self.cast[by],
                reason="",
            )

    def mira(self) -> None:
        """The story that the walk follows: disclosed at school, in a shelter, in therapy."""
        by = "Ferreira"
        with ago(150):
            child = self.open(
                "Mira",
                by,
                Stage.RESCUED,
                is_known=True,
                sex=2,
                age_band="6-11",
                languages=["pt", "ar"],
                needs_interpreter=False,
                risk=3,
                contact_safely="No marked car. Ring the shelter’s office line, never the mother’s phone.",
            )
            self.add(
                child,
                S.IDENTITY,
                by,
                family_name="Invented",
                given_names="Mira",
                birth_source="family",
                birth_earliest=datetime.date(2016, 9, 1),
                birth_latest=datetime.date(2017, 8, 31),
            )
            self.add(
                child,
                S.LEGAL,
                by,
                basis="court_order",
                number="118/26",
                court="Family Court",
                issued=today(),
                expires=today() + 147 * DAY,
            )
            self.add(child, S.SUMMARY, by, text="No contact with male relatives")
        self.mira_in_care(child, by)
        self.mira_at_school(child, by)
        care.mira(self.cast, child, ago)

    def mira_in_care(self, child: Child, by: str) -> None:
        """A bed the next day, then everybody who works with her."""
        with ago(149):
            self.share(child, by, "Brandt", S.SUMMARY, S.CARE, S.WHEREABOUTS)
            self.add(
                child, S.WHEREABOUTS, by, care_type="residential", place="Farol house, second floor", since=today()
            )
            self.step(child, "stage", "take_into_care", by)
        with ago(120):
            self.share(child, by, "Haddad", S.SUMMARY, S.CARE)
            self.share(child, by, "Osei", S.SUMMARY, S.HEALTH, S.THERAPY, named=True)
            self.share(child, by, "Salgado", S.SUMMARY, S.LEGAL)
        with ago(60):
            self.add(child, S.HEALTH, "Osei", on=today(), kind="check", text="Weight and height checked. Sleeps badly.")

    def mira_at_school(self, child: Child, by: str) -> None:
        """Back at school, what she wants, and what is due."""
        with ago(20):
            entry = self.add(child, S.CARE, "Haddad", on=today(), kind="school", text="Back at school since Monday.")
        with ago(19):
            actions.change(
                record=entry,
                values={"text": "Back at school since Monday, year 4."},
                by=self.cast["Haddad"],
                reason="year added",
            )
        with ago(5):
            self.add(
                child,
                S.CARE,
                by,
                on=today(),
                kind="wish",
                text="To stay at the same school and see my aunt on Sundays.",
            )
            attachments.write_note(
                child=child, section=S.CARE, body="The aunt can come on Sundays from 3 p.m.", by=self.cast[by]
            )
        why = "The order has ended. Without one the stay has no legal basis."
        self.task(child, by, "Renew the court order", -3, why, asked=30)

    def noor(self) -> None:
        """Found at a border nearly three days ago: the medical window closes today. The NGO has not accepted yet."""
        left = hours_left(self.cast["Ferreira"]) / 24
        with ago(3 - left):
            child = self.open(
                "Noor",
                "Ferreira",
                Stage.RESCUED,
                sex=1,
                age_band="12-17",
                languages=["ar"],
                needs_interpreter=True,
                risk=3,
            )
            self.share(child, "Ferreira", "Haddad", S.SUMMARY, S.CARE, wait=True)
            self.add(child, S.CARE, "Ferreira", on=today(), kind="alert", text="Allergic to penicillin.")
        self.task(
            child,
            "Ferreira",
            "Medical care: 72-hour window",
            left,
            "Start at once: the window closes 72 hours after the rescue.",
            asked=2.6,
            kind="medical_72h",
        )

    def tern(self) -> None:
        """Named through clues from two countries; a rescue is planned."""
        with ago(40):
            child = self.open("Tern", "Salgado", Stage.SOUGHT, sex=2, age_band="6-11")
            self.add(
                child,
                S.INVESTIGATION,
                "Salgado",
                on=today(),
                kind="clue",
                text="A tram ticket of a northern city on the table.",
            )
        with ago(35):
            self.add(
                child,
                S.INVESTIGATION,
                "Tremblay",
                on=today(),
                kind="lead",
                text="The same ticket stands in another series.",
            )
            self.step(child, "identity", "propose", "Tremblay", "The ticket leads to one school district.")
        with ago(12):
            self.step(child, "identity", "make_probable", "Salgado", "School photo seen by the unit.")
            self.step(child, "stage", "locate", "Salgado")
            self.add(child, S.WHEREABOUTS, "Salgado", care_type="parents", place="Invented street 4", since=today())
            self.add(
                child,
                S.SUSPECTS,
                "Salgado",
                known_as="nightowl",
                relationship="neighbour",
                custody="wanted",
                text="Uses the same nickname on two services.",
            )
        self.task(child, "Salgado", "Plan the rescue", 1, "The child is located; nobody should wait.", asked=12)

    def lark(self) -> None:
        """At home and followed after months in care; closed soon."""
        with ago(380):
            child = self.open(
                "Lark", "Ferreira", Stage.RESCUED, is_known=True, sex=2, age_band="12-17", languages=["pt"], risk=1
            )
            self.step(child, "stage", "take_into_care", "Ferreira")
        with ago(100):
            self.step(child, "stage", "start_follow_up", "Ferreira")
            self.add(child, S.WHEREABOUTS, "Ferreira", care_type="kinship", place="With the grandmother", since=today())
        care.lark(self.cast, child, ago)


@contextmanager
def ago(days: float) -> Iterator[None]:
    """Do something as it was done so many days ago."""
    with shifted(-days * DAY):
        yield


def hours_left(person: Person) -> float:
    """Return how many hours a clock has left that ends on this day where the person is: seven, late in the day fewer."""
    local = clock.now().astimezone(person.zone)
    last = local.replace(hour=23, minute=45, second=0, microsecond=0)
    return max(1.0, min(7.0, (last - local).total_seconds() / 3600))


def today() -> datetime.date:
    """Return the date on the moved clock."""
    return clock.now().date()
