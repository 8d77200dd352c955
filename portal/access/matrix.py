"""Who may do what in every file, with the reason: the same facts and the same decision as pages ask, for everybody.

Read by the owner of the tables, past the wall: for the command of whoever runs the portal, and for tests of the wall.
"""

import datetime
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import replace

from django.db import connection

from portal.access.decide import Decision, decide
from portal.access.rights import read_facts, read_person, with_cut
from portal.access.sections import Level, Section
from portal.accounts.models import Person
from portal.audit import clock

# What access.groups() gives to the person who is signed in.
THEIR_GROUPS = """
SELECT coalesce(array_agg(t.group_id), '{}') FROM accounts_membership m JOIN accounts_team t ON t.id = m.team_id
 WHERE m.person_id = %(me)s AND m.since <= app_now() AND (m.until IS NULL OR m.until > app_now())
"""
THEIR_CONFLICTS = """
SELECT c.id FROM access_conflictofinterest x JOIN victims_child c ON c.case_number = x.number
 WHERE x.person_id = %(me)s AND x.ended IS NULL
"""
AT_ONCE = 1000  # files in one statement
Cell = tuple[Section, Level, Decision]


def case_numbers() -> dict[uuid.UUID, str]:
    """Return the case number of every file there is, by its id."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, case_number FROM victims_child ORDER BY id")
        return dict(cursor.fetchall())


def matrix(people: Iterable[Person], child_ids: list[uuid.UUID]) -> Iterator[tuple[Person, uuid.UUID, list[Cell]]]:
    """Yield the decisions about every section of each file for each person, as after the person has shown a code."""
    now = clock.now()
    for person in people:
        known = replace(read_person(person), code_age=datetime.timedelta())
        for start in range(0, len(child_ids), AT_ONCE):
            some = child_ids[start : start + AT_ONCE]
            found = read_facts(person, known, some, groups=THEIR_GROUPS, conflicts=THEIR_CONFLICTS)
            for child_id, facts in with_cut(person, found, groups=THEIR_GROUPS).items():
                yield person, child_id, [(s, level, decide(facts, s, level, now)) for s in Section for level in Level]
