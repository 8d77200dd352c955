"""The object check: may this person view this file, asked once, asked again, and asked for a page of files."""

import random
import uuid
from collections.abc import Iterator
from typing import Any

from guardian.core import ObjectPermissionChecker

from portal.access.identity import acting
from portal.access.rights import can, prefetch
from portal.access.sections import Section
from portal.access.visibility import PAGE
from portal.bench.measure import Case, Goal, Timed, acted, timed
from portal.bench.world import MEASURED, World
from victims.models import Child

ONE = Goal(limit=3, naive=10, growth=1.2)
PAGEFUL = Goal(limit=2, naive=15, growth=1.2)
PAIRS = 100  # files asked for, half of them visible
TRIED = 24  # of them for each person whose answers are compared with the truth

# Scalar sub-selects: EXISTS with OR would read all that the person may see.
HELD = """coalesce(
         (SELECT true FROM access_childgrouppermission r WHERE r.content_object_id = f.id AND r.permission_id = 1001
             AND r.group_id = ANY (ARRAY(SELECT t.group_id FROM accounts_membership m
                                           JOIN accounts_team t ON t.id = m.team_id WHERE m.person_id = %(me)s
                                            AND (m.until IS NULL OR m.until > now())))
             AND r.valid_until > now() AND %(mask)s >> r.stage & 1 = 1 LIMIT 1),
         (SELECT true FROM access_childuserpermission r WHERE r.content_object_id = f.id AND r.permission_id = 1001
             AND r.user_id = %(me)s AND r.valid_until > now() AND %(mask)s >> r.stage & 1 = 1 LIMIT 1),
         {open}false)
   AND f.id <> ALL (ARRAY(SELECT k.id FROM access_conflictofinterest x JOIN victims_child k ON k.case_number = x.number
     WHERE x.person_id = %(me)s AND x.ended IS NULL))
"""
LIMIT = "SELECT f.id FROM unnest(%(files)s::uuid[]) AS f(id) WHERE {held}"
OPEN = """(SELECT true FROM victims_child c WHERE c.id = f.id AND c.open_to_network
             AND %(mask)s >> c.stage & 1 = 1 LIMIT 1), """


class Rights:
    """The three ways to an answer for one person."""

    def __init__(self, world: World, who: str) -> None:
        self.world, self.person = world, world.people[who]
        self.mask = world.mask(self.person, Section.SUMMARY)
        self.sql = LIMIT.format(held=HELD.format(open=OPEN if world.roams(self.person) else ""))

    def limit(self, ids: list[uuid.UUID]) -> list[bool]:
        values = {"files": ids, "me": self.person.pk, "mask": self.mask}
        found = {row[0] for row in self.world.asked(self.sql, values)}
        return [pk in found for pk in ids]

    def project(self, ids: list[uuid.UUID]) -> list[bool]:
        prefetch(self.person, ids)
        return [can(self.person, pk, Section.SUMMARY) for pk in ids]

    def again(self, ids: list[uuid.UUID]) -> Timed:
        """Ask for a second file in the same transaction, when the person is known already."""
        with acting(self.person, read_only=True):
            can(self.person, uuid.UUID(int=0), Section.SUMMARY)
            return timed(lambda: self.project(ids))

    def naive(self, children: list[Child]) -> list[bool]:
        """Ask guardian as user.has_perm() does: a new checker for each question."""
        return [ObjectPermissionChecker(self.person).has_perm("view_summary", child) for child in children]


def pairs(world: World, person: Any) -> list[uuid.UUID]:
    """Return files to ask about, half of them visible as far as there are any."""
    visible = world.visible(person)
    seen = random.sample(visible, min(PAIRS // 2, len(visible)))
    files = [*seen, *world.some_files(PAIRS - len(seen))]
    random.shuffle(files)
    return files


def cases(world: World) -> Iterator[Case]:
    """Yield every check that is measured."""
    for who in (*MEASURED, "worker"):
        rights = Rights(world, who)
        files = pairs(world, rights.person)
        world.use_owner()
        known = Child.objects.in_bulk(files)
        yield case("check", who, rights, ONE, known, [[pk] for pk in files])
        following = case("check: next file", who, rights, ONE, known, [[pk] for pk in files])
        following.project, following.beside = rights.again, 3
        yield following
        whole = [files[start : start + PAGE] for start in range(0, len(files), PAGE)]
        yield case("check: 25 files", who, rights, PAGEFUL, known, whole)


def case(
    operation: str, who: str, rights: Rights, goal: Goal, known: dict[uuid.UUID, Child], subjects: list[list[uuid.UUID]]
) -> Case:
    return Case(
        operation, who, rights.world, goal,
        limit=lambda ids: timed(lambda: rights.limit(ids)),
        project=lambda ids: acted(rights.person, lambda: rights.project(ids)),
        naive=lambda ids: timed(lambda: rights.naive([known[pk] for pk in ids])),
        subjects=subjects,
    )  # fmt: skip


def faults(world: World) -> Iterator[str]:
    """Compare decisions with the truth, for files that are visible and files that are not."""
    for person in [*world.people.values(), *world.others]:
        truth = set(world.visible(person))
        with acting(person, read_only=True):
            for pk in pairs(world, person)[:TRIED]:
                if can(person, pk, Section.SUMMARY) != (pk in truth):
                    yield f"check of {pk} for {person.email}, {world.size} files"
