"""Asking for rights: facts() fetches, can() answers, check() raises. Nothing else in the project decides."""

import uuid
from typing import Any

from django.db import connection

from portal.access.decide import Decision, Facts, Held, PersonFacts, decide
from portal.access.identity import Refused, current
from portal.access.sections import BASE, Level, Section
from portal.accounts.models import Person
from portal.accounts.roles import CERTIFIED_ROLES, Role
from portal.audit import clock
from portal.audit.events import Event

PERSON = """
SELECT access.is_trained(p.id),
       a.is_active,
       ARRAY(SELECT DISTINCT role FROM accounts_membership mine
             JOIN accounts_membership theirs ON theirs.team_id = mine.team_id AND theirs.since <= app_now()
              AND (theirs.until IS NULL OR theirs.until > app_now())
             JOIN accounts_person p ON p.id = theirs.person_id AND p.is_active, unnest(p.roles) AS role
             WHERE mine.person_id = %(me)s AND mine.since <= app_now() AND (mine.until IS NULL OR mine.until > app_now()))
FROM accounts_person p JOIN accounts_agency a ON a.id = p.agency_id WHERE p.id = %(me)s
"""

MY_GROUPS = "SELECT access.groups()"
# Row-level security leaves only the person's own rows and teams, and only an open or granted child.
ROWS = """
SELECT r.content_object_id, r.permission_id, r.valid_until, r.stage, r.grant_id
  FROM access_childgrouppermission r WHERE r.content_object_id = ANY (%(ids)s::uuid[])
   AND r.group_id = ANY (({groups})::integer[])
UNION ALL
SELECT r.content_object_id, r.permission_id, r.valid_until, r.stage, r.grant_id
  FROM access_childuserpermission r WHERE r.content_object_id = ANY (%(ids)s::uuid[]) AND r.user_id = %(me)s
UNION ALL
SELECT c.id, 0, app_now(), c.stage, NULL FROM victims_child c WHERE c.id = ANY (%(ids)s::uuid[]) AND c.open_to_network
UNION ALL
SELECT x.child_id, -1, app_now(), 0, NULL FROM access_conflictofinterest x
 WHERE x.person_id = %(me)s AND x.child_id = ANY (%(ids)s::uuid[]) AND x.ended IS NULL
"""


def person_facts(person: Person) -> PersonFacts:
    """Fetch what is known of the person, once a transaction."""
    state = current()
    if "person" not in state.rights:
        state.rights["person"] = read_person(person)
    return state.rights["person"]


def read_person(person: Person) -> PersonFacts:
    """Fetch what is known of a person."""
    with connection.cursor() as cursor:
        cursor.execute(PERSON, {"me": person.pk})
        trained, agency_active, team_roles = cursor.fetchone()
    roles = frozenset(person.roles)
    return PersonFacts(
        is_active=person.is_active and agency_active,
        is_certified=trained,
        roles=roles,
        team_roles=frozenset(team_roles) if Role.SUPERVISOR in roles else frozenset(),
        roams=trained and person.is_active and agency_active and not roles.isdisjoint(CERTIFIED_ROLES),
    )


def prefetch(person: Person, child_ids: list[uuid.UUID]) -> None:
    """Fetch the facts of several files in one statement, for a page that asks about each."""
    state = current()
    missing = [child_id for child_id in child_ids if child_id not in state.rights]
    if not missing:
        return
    state.rights.update(read_facts(person, person_facts(person), missing))


def read_facts(
    person: Person, known: PersonFacts, child_ids: list[uuid.UUID], groups: str = MY_GROUPS
) -> dict[uuid.UUID, Facts]:
    """Fetch the facts of files in one statement. groups: the SQL of the person's groups, where somebody else asks."""
    rows: dict[uuid.UUID, dict[tuple[int, int], list[Held]]] = {child_id: {} for child_id in child_ids}
    opened: dict[uuid.UUID, int] = {}
    conflicts = set()
    with connection.cursor() as cursor:
        cursor.execute(ROWS.format(groups=groups), {"ids": child_ids, "me": person.pk})
        for child_id, permission, until, stage, grant_id in cursor.fetchall():
            if permission == -1:
                conflicts.add(child_id)
            elif permission == 0:
                opened[child_id] = stage
            else:
                level, section = divmod(permission - BASE - 1, 9)
                rows[child_id].setdefault((section + 1, level), []).append(Held(until, stage, grant_id))
    return {
        child_id: Facts(
            known, {key: tuple(value) for key, value in held.items()}, opened.get(child_id), child_id in conflicts
        )
        for child_id, held in rows.items()
    }


def facts(person: Person, child_id: uuid.UUID) -> Facts:
    """Return what decides about this person and this file."""
    prefetch(person, [child_id])
    return current().rights[child_id]


def forget(child_id: uuid.UUID) -> None:
    """Drop what this transaction knows of a file, after its grants or stage changed."""
    current().rights.pop(child_id, None)


def decision(person: Person, child_id: uuid.UUID, section: Section, level: Level) -> Decision:
    """Return the decision with its reason code."""
    return decide(facts(person, child_id), section, level, clock.now())


def can(person: Person, child_id: uuid.UUID, section: Section, level: Level = Level.VIEW) -> bool:
    """Return whether the person may view or change the section of this file."""
    return bool(decision(person, child_id, section, level))


def sections_open(person: Person, child_id: uuid.UUID, level: Level = Level.VIEW) -> list[Section]:
    """Return the sections of this file that the person may view or change."""
    return [section for section in Section if can(person, child_id, section, level)]


def works_as_owner(person: Person, child_id: uuid.UUID, owner_id: uuid.UUID) -> bool:
    """Return whether the person is of the team that owns the file, and may change a part of it."""
    return owner_id in person.team_ids and bool(sections_open(person, child_id, Level.CHANGE))


def check(person: Person, child_id: uuid.UUID, section: Section, level: Level = Level.VIEW) -> Decision:
    """Return the decision, or raise Refused; the refusal is recorded when the transaction has rolled back."""
    made = decision(person, child_id, section, level)
    if not made:
        raise refusal(person, child_id, section, level, made.reason)
    return made


def refusal(person: Person, child_id: uuid.UUID, section: Section, level: Level, reason: str) -> Refused:
    """Return the refusal of a section, with what its event says."""
    known = bool(sections_open(person, child_id))
    details: dict[str, Any] = {"level": level.name.lower()}
    event = Event(
        "refusal",
        "E" if level else "R",
        "refused",
        reason,
        child_id=child_id,
        sections=[section],
        details=details,
    )
    return Refused(event, known=known)


def roams(person: Person) -> bool:
    """Return whether the person is a certified analyst or investigator."""
    return person_facts(person).roams


def check_roams(person: Person) -> None:
    """Raise Refused unless the person is a certified analyst or investigator."""
    if not roams(person):
        raise Refused(Event("refusal", "E", "refused", "not_a_certified_analyst"), known=False)
