"""The small world of the tests: nine people of five agencies, twelve files, made by the real actions."""

import datetime
import uuid

from django.db import connection

from portal.access import conflicts
from portal.access.actions import accept, end, give
from portal.access.identity import open_token
from portal.access.sections import Level, Section, Stage
from portal.accounts import actions as accounts
from portal.accounts.models import Agency, Person, Team
from portal.accounts.roles import CERTIFIED_ROLES, Role
from portal.audit import clock
from portal.audit.stamp import Stamp, stamping
from victims import actions
from victims.section_pages import MODELS

DAY = datetime.timedelta(days=1)
HOUR = datetime.timedelta(hours=1)
FILES: dict[str, uuid.UUID] = {}

PEOPLE = {
    "analyst": ("Jo", "Tremblay", "police_x", Role.ANALYST),
    "investigator": ("Rui", "Salgado", "police_x", Role.INVESTIGATOR),
    "foreign": ("Ewa", "Lind", "police_y", Role.INVESTIGATOR),
    "social_worker": ("Ana", "Ferreira", "services", Role.SOCIAL_WORKER),
    "supervisor": ("Joana", "Pinto", "services", Role.SUPERVISOR),
    "shelter_worker": ("Lena", "Brandt", "shelter", Role.SHELTER_WORKER),
    "ngo_worker": ("Mona", "Haddad", "ngo", Role.NGO_WORKER),
    "clinician": ("Kofi", "Osei", "clinic", Role.CLINICIAN),
    "stranger": ("Sam", "Engel", "ngo_two", Role.NGO_WORKER),
}
AGENCIES = {
    "police_x": ("Northern Unit", "police", "CA"),
    "police_y": ("Eastern Unit", "police", "SE"),
    "services": ("City Children's Services", "social_services", "PT"),
    "shelter": ("Farol House", "shelter_operator", "PT"),
    "ngo": ("Casa Aurora", "ngo", "PT"),
    "clinic": ("Lapa Clinic", "health", "PT"),
    "ngo_two": ("Open Door", "ngo", "ES"),
}


def build_people() -> None:
    """Make agencies and people; runs as the owner of the tables."""
    with stamping(Stamp(None, "set-up")):
        register()


def register() -> None:
    agencies = {}
    for key, (name, kind, country) in AGENCIES.items():
        agency = accounts.register_agency(name=name, kind=kind, country=country, time_zone="Europe/Lisbon")
        agencies[key] = agency
        accounts.register_team(agency=agency, name=f"{key} team")
    for key, (given, family, agency_key, role) in PEOPLE.items():
        person = accounts.register_person(
            email=f"{key}@example.org", given_name=given, family_name=family, agency=agencies[agency_key], roles=[role]
        )
        accounts.join_team(person=person, team=team_of(agencies[agency_key]))
        if role in CERTIFIED_ROLES:
            accounts.certify(person=person, standard="Unified standard 1", until=clock.now() + 365 * DAY)
        else:
            accounts.brief(
                person=person, until=clock.now() + 20 * 365 * DAY
            )  # tests move the clock past the first month


def team_of(agency: Agency) -> Team:
    return Team.objects.get(agency=agency, is_intake=False)


class Cast:
    """People by name; each attribute is a person who has signed in."""

    def __init__(self) -> None:
        self._people: dict[str, Person] = {}

    def __getattr__(self, name: str) -> Person:
        if name not in self._people:
            person = Person.objects.select_related("agency").get(email=f"{name}@example.org")
            person.identity = open_token(person, "session", idle=HOUR, lifetime=8 * HOUR)
            self._people[name] = person
        return self._people[name]

    def forget(self) -> None:
        """Have everybody sign in anew: the database is another one."""
        self._people.clear()

    def all(self) -> dict[str, Person]:
        return {name: getattr(self, name) for name in PEOPLE}

    def team(self, name: str) -> Team:
        return getattr(self, name).memberships.live().select_related("team__agency").get().team


def values(name: str) -> dict:
    return {"code_name": name, "sex": 2, "age_band": "6-11", "contact_safely": f"canary-summary-{name}"}


def open_file(cast: Cast, name: str, by: str, stage: Stage, **more):
    child = actions.open_file(team=cast.team(by), stage=stage, values=values(name) | more, by=getattr(cast, by))
    FILES[name] = child.pk
    return child


def fill(cast: Cast, child, by: str, *sections: Section) -> None:
    """Write one record with its own canary into each of the sections."""
    for section in sections:
        values = contents(section, f"canary-{section.slug}-{child.code_name}")
        actions.add(model=MODELS[section], child=child, values=values, by=getattr(cast, by))


def share(
    cast: Cast, child, by: str, to: str, *sections: Section, days: int = 90, named: bool = False, accepted: bool = True
):
    giver, taker = getattr(cast, by), getattr(cast, to)
    audience = {"person": taker} if named else {"team": cast.team(to)}
    grant = give(
        child_id=child.pk, sections=dict.fromkeys(sections, Level.CHANGE), until=clock.now() + days * DAY,
        by=giver, reason="needed", owner=cast.team(by), **audience,
    )  # fmt: skip
    if accepted and grant.accepted is None:
        accept(grant=grant, by=taker)
    return grant


def build_files() -> None:
    """Twelve files over all stages, with grants that live, wait, have ended early or name one person."""
    cast = Cast()
    S = Section
    care = (S.IDENTITY, S.WHEREABOUTS, S.CARE, S.LEGAL)
    open_file(cast, "Open", "analyst", Stage.SOUGHT)
    sought = open_file(cast, "Sought", "investigator", Stage.SOUGHT)
    fill(cast, sought, "investigator", S.IDENTITY, S.INVESTIGATION, S.SUSPECTS, S.WHEREABOUTS, S.LEGAL)
    open_file(cast, "Foreign", "foreign", Stage.LOCATED)
    planned = open_file(cast, "Planned", "investigator", Stage.RESCUE_PLANNED)
    fill(cast, planned, "investigator", S.IDENTITY, S.WHEREABOUTS, S.INVESTIGATION)
    rescued = open_file(cast, "Rescued", "investigator", Stage.RESCUE_PLANNED)
    fill(cast, rescued, "investigator", S.IDENTITY, S.WHEREABOUTS, S.INVESTIGATION, S.SUSPECTS)
    share(cast, rescued, "investigator", "social_worker", S.SUMMARY, *care)
    actions.take_step(child=rescued, cycle="stage", name="rescue", by=cast.investigator, reason="raid")
    mira = open_file(cast, "Mira", "social_worker", Stage.RESCUED)
    fill(cast, mira, "social_worker", S.SUMMARY, *care)
    share(cast, mira, "social_worker", "shelter_worker", S.SUMMARY, S.CARE, S.WHEREABOUTS)
    share(cast, mira, "social_worker", "ngo_worker", S.SUMMARY, S.CARE)
    share(cast, mira, "social_worker", "clinician", S.SUMMARY, S.HEALTH, S.THERAPY, named=True)
    fill(cast, mira, "clinician", S.HEALTH, S.THERAPY)
    waiting = open_file(cast, "Waiting", "social_worker", Stage.RESCUED)
    fill(cast, waiting, "social_worker", S.CARE)
    share(cast, waiting, "social_worker", "ngo_worker", S.SUMMARY, S.CARE, accepted=False)
    ended = open_file(cast, "Ended", "social_worker", Stage.RESCUED)
    grant = share(cast, ended, "social_worker", "ngo_worker", S.SUMMARY, S.CARE)
    end(grant=grant, owner=cast.team("social_worker"), by=cast.social_worker, reason="done")
    follow = open_file(cast, "Follow", "social_worker", Stage.RESCUED)
    share(cast, follow, "social_worker", "investigator", S.SUMMARY, S.SUSPECTS, S.LEGAL)
    fill(cast, follow, "investigator", S.SUSPECTS)
    actions.take_step(child=follow, cycle="stage", name="start_follow_up", by=cast.social_worker)
    closed = open_file(cast, "Closed", "social_worker", Stage.RESCUED)
    fill(cast, closed, "social_worker", S.CARE, S.WHEREABOUTS)
    actions.take_step(child=closed, cycle="stage", name="start_follow_up", by=cast.social_worker)
    actions.take_step(child=closed, cycle="stage", name="close", by=cast.social_worker, reason="safe")
    conflict = open_file(cast, "Conflict", "social_worker", Stage.RESCUED)
    share(cast, conflict, "social_worker", "ngo_worker", S.SUMMARY, S.CARE)
    declare(cast.ngo_worker, conflict.pk)
    short = open_file(cast, "Short", "social_worker", Stage.RESCUED)
    share(cast, short, "social_worker", "clinician", S.SUMMARY, S.HEALTH, days=2)


def outlive(person: Person, length: datetime.timedelta) -> None:
    """Let a sign-in, and the code that was shown with it, outlive the time by which a test moves the clock."""
    person.identity = open_token(person, "session", idle=length, lifetime=length)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        before = cursor.fetchone()[0]
        cursor.execute("SET ROLE owner")
        cursor.execute("UPDATE access_identitytoken SET proved = until WHERE digest = %s", [person.identity.digest])
        cursor.execute(f"SET ROLE {before}")


def number_of(child_id) -> str:
    """Return the case number of a file, whoever asks."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        before = cursor.fetchone()[0]
        cursor.execute("SET ROLE owner")
        cursor.execute("SELECT case_number FROM victims_child WHERE id = %s", [child_id])
        number = cursor.fetchone()[0]
        cursor.execute(f"SET ROLE {before}")
    return number


def declare(person: Person, child_id) -> None:
    """Let somebody declare a relation to the child of a file."""
    conflicts.declare(number=number_of(child_id), by=person, reason="kin")


def contents(section: Section, word: str) -> dict:
    """Return what a record of the section holds: a canary word that stands nowhere else."""
    today = clock.now().date()
    return {
        Section.SUMMARY: {"text": word},
        Section.IDENTITY: {"family_name": word, "birth_earliest": today, "birth_latest": today},
        Section.WHEREABOUTS: {"care_type": "residential", "place": word},
        Section.HEALTH: {"on": today, "kind": "check", "text": word},
        Section.THERAPY: {"on": today, "text": word},
        Section.CARE: {"on": today, "kind": "wish", "text": word},
        Section.LEGAL: {"basis": "court_order", "number": word, "issued": today},
        Section.INVESTIGATION: {"on": today, "kind": "lead", "text": word},
        Section.SUSPECTS: {"known_as": word, "relationship": "unknown", "custody": "unknown", "text": word},
    }[section]


def fill_everything() -> None:
    """Put a record with a canary into every section of every file that has none yet; runs as the owner of the tables."""
    with stamping(Stamp(None, "set-up")):
        for name, child_id in FILES.items():
            for section, model in MODELS.items():
                if not model.objects.filter(child_id=child_id).exists():
                    model(child_id=child_id, **contents(section, f"canary-{section.slug}-{name}")).save(
                        force_insert=True
                    )


def recall() -> None:
    """Read the files' ids by name."""
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE owner")
        cursor.execute("SELECT code_name, id FROM victims_child")
        FILES.update(cursor.fetchall())
        cursor.execute("SET ROLE app")
