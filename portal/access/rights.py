"""Asking for rights: facts() fetches, can() answers, check() raises. Nothing else in the project decides."""

import uuid
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.db import connection

from portal.access.decide import FRESH_FOR, NEED_CODE, Decision, Facts, Held, PersonFacts, Write, decide
from portal.access.identity import Refused, current
from portal.access.roles import stages_for
from portal.access.sections import BASE, IN_EMERGENCY, Level, Section
from portal.accounts.models import Person
from portal.accounts.roles import CERTIFIED_ROLES, Role
from portal.audit import clock
from portal.audit.events import Event

PERSON = """
SELECT access.is_trained(p.id), a.is_active, access.code_age(), {overseen}
FROM accounts_person p JOIN accounts_agency a ON a.id = p.agency_id WHERE p.id = %(me)s
"""
OVERSEEN = """
       ARRAY(SELECT DISTINCT role FROM accounts_membership mine
             JOIN accounts_membership theirs ON theirs.team_id = mine.team_id AND theirs.since <= app_now()
              AND (theirs.until IS NULL OR theirs.until > app_now())
             JOIN accounts_person p ON p.id = theirs.person_id AND p.is_active, unnest(p.roles) AS role
             WHERE mine.person_id = %(me)s AND mine.since <= app_now() AND (mine.until IS NULL OR mine.until > app_now()))
"""

CODE_NOT_FRESH = "code_not_fresh"  # the reason that a page answers by asking for the code
MY_GROUPS = "SELECT access.groups()"
MY_CONFLICTS = "SELECT unnest(access.conflicts())"
# Row-level security leaves only the person's own rows and teams, and no seal of somebody else. One line holds all
# permissions of a grant, as reading a line costs more than finding it. The ids stand in a sub-select, so that one plan
# serves one file and a page of them: whoever plans does not see how many there are.
ROWS = """
SELECT r.content_object_id, array_agg(r.permission_id), r.valid_until, r.stage, r.grant_id
  FROM access_childgrouppermission r WHERE r.content_object_id = ANY ((SELECT %(ids)s::uuid[])::uuid[])
   AND r.group_id = ANY (({groups})::integer[]) GROUP BY 1, 3, 4, 5
UNION ALL
SELECT r.content_object_id, array_agg(r.permission_id), r.valid_until, r.stage, r.grant_id
  FROM access_childuserpermission r WHERE r.content_object_id = ANY ((SELECT %(ids)s::uuid[])::uuid[])
   AND r.user_id = %(me)s GROUP BY 1, 3, 4, 5
UNION ALL
SELECT x.id, '{{-1}}', app_now(), 0, NULL FROM ({conflicts}) AS x (id)
 WHERE x.id = ANY ((SELECT %(ids)s::uuid[])::uuid[])
UNION ALL
SELECT s.child_id, '{{-2}}', app_now(), 0, NULL FROM access_seal s
 WHERE s.child_id = ANY ((SELECT %(ids)s::uuid[])::uuid[])
   AND s.sealed IS NOT NULL AND s.ended IS NULL AND %(me)s <> ALL (s.custodians)
"""
# Asked for those alone to whom an open file is open.
OPENED = """UNION ALL
SELECT c.id, '{{0}}', app_now(), c.stage, NULL FROM victims_child c
 WHERE c.id = ANY ((SELECT %(ids)s::uuid[])::uuid[]) AND c.open_to_network
"""
# Grants that have not ended and open nothing: their legal basis has, or no agreement lets the agency receive the section.
# They have no permission rows, so the wall agrees; what they add is the reason.
CUT = """
SELECT g.child_id, s.section, s.section = ANY (g.change), g.until, g.id,
       CASE WHEN l.ended IS NULL THEN 'no_agreement' ELSE 'legal_basis_ended' END
  FROM access_grant g CROSS JOIN LATERAL unnest(g.view) AS s(section)
  JOIN access_legalbasis l ON l.code = coalesce(g.legal_by_section ->> s.section::text, g.legal_basis)
 WHERE g.child_id = ANY (%(ids)s::uuid[]) AND g.accepted IS NOT NULL AND g.ended IS NULL AND g.until > app_now()
   AND (g.person_id = %(me)s OR g.team_id IN (SELECT t.id FROM accounts_team t WHERE t.group_id = ANY (({groups})::integer[])))
   AND (l.ended IS NOT NULL OR NOT EXISTS (SELECT FROM accounts_agreement a WHERE a.agency_id = %(agency)s AND a.ended IS NULL
        AND a.until > app_now() AND s.section = ANY (a.sections)))
"""


def person_facts(person: Person) -> PersonFacts:
    """Fetch what is known of the person, once a transaction."""
    state = current()
    if "person" not in state.rights:
        state.rights["person"] = read_person(person)
    return state.rights["person"]


def read_person(person: Person) -> PersonFacts:
    """Fetch what is known of a person; the age of the code is that of the token in use, and endless without one."""
    roles = frozenset(person.roles)
    overseen = OVERSEEN if Role.SUPERVISOR in roles else "'{}'::varchar[]"
    with connection.cursor() as cursor:
        cursor.execute(PERSON.format(overseen=overseen), {"me": person.pk})
        trained, agency_active, code_age, team_roles = cursor.fetchone()
    return PersonFacts(
        is_active=person.is_active and agency_active,
        is_certified=trained,
        roles=roles,
        team_roles=frozenset(team_roles),
        code_age=timedelta.max if code_age is None else code_age,
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
    person: Person,
    known: PersonFacts,
    child_ids: list[uuid.UUID],
    *,
    groups: str = MY_GROUPS,
    conflicts: str = MY_CONFLICTS,
) -> dict[uuid.UUID, Facts]:
    """Fetch the facts of files in one statement.

    groups, conflicts: the SQL of the person's groups and of the files in conflict, where somebody else asks.
    """
    rows: dict[uuid.UUID, dict[tuple[int, int], list[Held]]] = {child_id: {} for child_id in child_ids}
    opened: dict[uuid.UUID, int] = {}
    related, sealed = set(), set()
    asked = ROWS + OPENED if known.roams else ROWS
    with connection.cursor() as cursor:
        cursor.execute(asked.format(groups=groups, conflicts=conflicts), {"ids": child_ids, "me": person.pk})
        for child_id, permissions, until, stage, grant_id in cursor.fetchall():
            if permissions == [-1]:
                related.add(child_id)
            elif permissions == [-2]:
                sealed.add(child_id)
            elif permissions == [0]:
                opened[child_id] = stage
            else:
                held = Held(until, stage, grant_id)
                for permission in permissions:
                    level, section = divmod(permission - BASE - 1, 9)
                    rows[child_id].setdefault((section + 1, level), []).append(held)
    return {
        child_id: Facts(
            known,
            {key: tuple(value) for key, value in held.items()},
            opened.get(child_id),
            child_id in related,
            child_id in sealed,
        )
        for child_id, held in rows.items()
    }


def with_cut(person: Person, known: dict[uuid.UUID, Facts], groups: str = MY_GROUPS) -> dict[uuid.UUID, Facts]:
    """Add to the facts of files the access that opens nothing any more: for the reason of a refusal."""
    found: dict[uuid.UUID, dict[tuple[int, int], tuple[Held, ...]]] = {}
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"ids": list(known), "me": person.pk, "agency": person.agency_id}
        cursor.execute(CUT.format(groups=groups), values)
        for child_id, section, writes, until, grant_id, why in cursor.fetchall():
            rows = found.setdefault(child_id, dict(known[child_id].rows))
            for level in (0, 1) if writes else (0,):
                rows[section, level] = (*rows.get((section, level), ()), Held(until, 0, grant_id, why))
    return {child_id: replace(facts, rows=found.get(child_id, facts.rows)) for child_id, facts in known.items()}


def facts(person: Person, child_id: uuid.UUID) -> Facts:
    """Return what decides about this person and this file."""
    prefetch(person, [child_id])
    return current().rights[child_id]


def forget(child_id: uuid.UUID) -> None:
    """Drop what this transaction knows of a file, after its grants or stage changed."""
    current().rights.pop(child_id, None)


def decision(
    person: Person, child_id: uuid.UUID, section: Section, level: Level, write: Write | None = None
) -> Decision:
    """Return the decision with its reason code; write: what is known of a save."""
    return decide(facts(person, child_id), section, level, clock.now(), write)


def with_code(person: Person, child_id: uuid.UUID, section: Section, level: Level = Level.VIEW) -> Decision:
    """Return what the decision would be if the person had just shown a second factor."""
    known = facts(person, child_id)
    return decide(replace(known, person=replace(known.person, code_age=timedelta())), section, level, clock.now())


def can(person: Person, child_id: uuid.UUID, section: Section, level: Level = Level.VIEW) -> bool:
    """Return whether the person may view or change the section of this file."""
    return bool(decision(person, child_id, section, level))


def sections_open(person: Person, child_id: uuid.UUID, level: Level = Level.VIEW) -> list[Section]:
    """Return the sections of this file that the person may view or change."""
    return [section for section in Section if can(person, child_id, section, level)]


def sections_held(person: Person, child_id: uuid.UUID) -> list[Section]:
    """Return the sections that the person may view, those included that wait for a fresh code."""
    if code_is_fresh(person):
        return sections_open(person, child_id)
    return [section for section in Section if with_code(person, child_id, section)]


def code_is_fresh(person: Person) -> bool:
    """Return whether the person has shown a second factor within the last hours."""
    return person_facts(person).code_age < FRESH_FOR


def waits_for_code(person: Person) -> bool:
    """Return whether the person's code is too old for sections that the roles reach: it says nothing of any file."""
    known = person_facts(person)
    return not code_is_fresh(person) and any(
        stages_for(set(known.roles), set(known.team_roles), section, Level.VIEW) >> 1 for section in NEED_CODE
    )  # an emergency, the lowest bit, asks for a code of its own


def works_as_owner(person: Person, child_id: uuid.UUID, owner_id: uuid.UUID) -> bool:
    """Return whether the person is of the team that owns the file, and may change a part of it."""
    return owner_id in person.team_ids and bool(sections_open(person, child_id, Level.CHANGE))


def is_there_in_emergency(person: Person, child_id: uuid.UUID) -> bool:
    """Return whether nothing but an emergency opens the file to the person: to read for an hour, and to ask nobody."""
    known = facts(person, child_id)
    lasting = {key: tuple(row for row in rows if row.stage != IN_EMERGENCY) for key, rows in known.rows.items()}
    stays = decide(replace(known, rows=lasting), Section.SUMMARY, Level.VIEW, clock.now())
    return not stays and can(person, child_id, Section.SUMMARY)


def is_kept_apart(person: Person, child_id: uuid.UUID) -> bool:
    """Return whether a relation to the child, or a seal, keeps the person from all that names the file."""
    known = facts(person, child_id)
    return known.in_conflict or known.is_sealed_away


def check(person: Person, child_id: uuid.UUID, section: Section, level: Level = Level.VIEW) -> Decision:
    """Return the decision, or raise Refused; the refusal is recorded when the transaction has rolled back.

    Only who holds the section but for the code is refused for it: anybody else learns nothing by an old code.
    """
    made = decision(person, child_id, section, level)
    if made.reason == CODE_NOT_FRESH:
        otherwise = with_code(person, child_id, section, level)
        made = made if otherwise else otherwise
    if not made:
        raise refusal(person, child_id, section, level, reason_of(person, child_id, section, level, made))
    return made


def reason_of(person: Person, child_id: uuid.UUID, section: Section, level: Level, made: Decision) -> str:
    """Return why it was refused, once the access is counted in that opens nothing any more."""
    # Asked of a relation too: such a file takes the same statements as one that does not exist.
    if made.reason not in ("no_grant", "grant_ended", "conflict_of_interest"):
        return made.reason
    known = with_cut(person, {child_id: facts(person, child_id)})[child_id]
    known = replace(known, person=replace(known.person, code_age=timedelta()))
    return decide(known, section, level, clock.now()).reason


def refusal(person: Person, child_id: uuid.UUID, section: Section, level: Level, reason: str) -> Refused:
    """Return the refusal of a section, with what its event says."""
    known = bool(sections_held(person, child_id))
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


def refused_save(person: Person, child_id: uuid.UUID, section: Section, level: Level, write: Write) -> Event:
    """Return the event of a save that the last gate refuses; what the page says of it is another matter."""
    made = decision(person, child_id, section, level, write)
    return refusal(person, child_id, section, level, made.reason).event


def roams(person: Person) -> bool:
    """Return whether the person is a certified analyst or investigator."""
    return person_facts(person).roams


def check_roams(person: Person) -> None:
    """Raise Refused unless the person is a certified analyst or investigator."""
    if not roams(person):
        raise Refused(Event("refusal", "E", "refused", "not_a_certified_analyst"), known=False)
