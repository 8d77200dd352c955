"""The list: the 25 newest files a person may see, by stage and further down, for people who see ten files or all."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from guardian.shortcuts import get_objects_for_user

from portal.access.identity import acting
from portal.access.roles import stages_for
from portal.access.sections import Level, Section, Stage
from portal.access.visibility import CAP, FIRST, PAGE, count_listed, listed_ids, visible_ids
from portal.bench.measure import Case, Goal, acted, timed
from portal.bench.world import World
from victims.models import Child

NEWEST = Goal(limit=2, naive=15, growth=1.3)
EVERYTHING = Goal(limit=2, naive=50, growth=1.3)
BY_STAGE = Goal(limit=4, naive=20, growth=1.5)
NOBODY_THERE = Goal(limit=3, naive=50, growth=1.3)
DEEP = Goal(limit=2, naive=20, growth=1.3)
IDS = Goal(limit=2, growth=1.3)

ROWS = """SELECT content_object_id AS id FROM {table} WHERE {holder} AND permission_id = 1001
 AND content_object_id < %(before)s AND valid_until > now() AND %(mask)s >> stage & 1 = 1 {stage}
 AND content_object_id <> ALL (%(conflicts)s) ORDER BY content_object_id DESC LIMIT 25"""
OPEN = """UNION ALL SELECT * FROM (SELECT id FROM victims_child WHERE open_to_network AND id < %(before)s
 AND %(mask)s >> stage & 1 = 1 {stage} AND id <> ALL (%(conflicts)s) ORDER BY id DESC LIMIT 25) AS opened"""
LIMIT = """
WITH mine AS MATERIALIZED (
  SELECT t.group_id FROM accounts_membership m JOIN accounts_team t ON t.id = m.team_id
   WHERE m.person_id = %(me)s AND (m.until IS NULL OR m.until > now())
), ids AS (
  SELECT r.id FROM mine CROSS JOIN LATERAL ({team}) AS r UNION ALL SELECT * FROM ({own}) AS r {open}
), newest AS (SELECT DISTINCT id FROM ids ORDER BY id DESC LIMIT 25)
"""
CHILDREN = "SELECT c.* FROM newest JOIN victims_child c USING (id) ORDER BY id DESC"
ONLY_IDS = "SELECT id FROM newest"


@dataclass(frozen=True)
class Page:
    """One page of somebody's list: before which file, how many files down that is, and at which stage."""

    before: uuid.UUID = FIRST
    depth: int = 0
    stage: Stage | None = None


class Lists:
    """The three ways to one person's pages."""

    def __init__(self, world: World, who: str) -> None:
        self.world, self.person = world, world.people[who]
        self.roams = world.roams(self.person)
        self.mask = stages_for(set(self.person.roles), set(), Section.SUMMARY, Level.VIEW)
        sql = "SELECT c.id FROM access_conflictofinterest x JOIN victims_child c ON c.case_number = x.number"
        sql += " WHERE x.person_id = %s AND x.ended IS NULL"
        self.conflicts = [row[0] for row in world.asked(sql, [self.person.pk])]

    def limit(self, page: Page, *, only_ids: bool = False) -> list[uuid.UUID]:
        stage = "AND stage = %(stage)s" if page.stage else ""
        team = ROWS.format(table="access_childgrouppermission", holder="group_id = mine.group_id", stage=stage)
        own = ROWS.format(table="access_childuserpermission", holder="user_id = %(me)s", stage=stage)
        opened = OPEN.format(stage=stage) if self.roams else ""
        sql = LIMIT.format(team=team, own=own, open=opened) + (ONLY_IDS if only_ids else CHILDREN)
        values = {"me": self.person.pk, "before": page.before, "stage": page.stage, "mask": self.mask}
        return [row[0] for row in self.world.asked(sql, values | {"conflicts": self.conflicts})]

    def ids(self, page: Page) -> list[uuid.UUID]:
        return visible_ids(self.person, section=Section.SUMMARY, stage=page.stage, before=page.before)

    def project(self, page: Page) -> list[uuid.UUID]:
        ids = self.ids(page)
        found = Child.objects.in_bulk(ids)
        return [found[pk].pk for pk in ids if pk in found]

    def naive(self, page: Page) -> list[uuid.UUID]:
        files: Any = get_objects_for_user(
            self.person, "victims.view_summary", accept_global_perms=False, with_superuser=False
        )
        if self.roams:
            files = files | Child.objects.filter(open_to_network=True)
        if page.stage:
            files = files.filter(stage=page.stage)
        return [child.pk for child in files.order_by("-pk")[page.depth : page.depth + PAGE]]


def cases(world: World) -> Iterator[Case]:
    """Yield every list that is measured."""
    for who in ("x10", "x300", "x20k", "xall", "worker", "shelter", "analyst"):
        lists = Lists(world, who)
        goal = EVERYTHING if who == "xall" else NEWEST
        yield case("list", who, lists, goal, Page())
        yield ids_alone(who, lists)
    for who in ("x10", "x20k", "xall", "worker"):
        yield case("list: one stage", who, Lists(world, who), BY_STAGE, Page(stage=Stage.IN_CARE))
    yield case("list: one stage", "analyst", Lists(world, "analyst"), BY_STAGE, Page(stage=Stage.SOUGHT))
    for who in ("x20k", "xall"):
        yield case("list: a stage without files", who, Lists(world, who), NOBODY_THERE, Page(stage=Stage.DECEASED))
    for who in ("x20k", "xall", "analyst"):
        yield case("list: far down", who, Lists(world, who), DEEP, far_down(world, who))


def case(operation: str, who: str, lists: Lists, goal: Goal, page: Page) -> Case:
    return Case(
        operation, who, lists.world, goal,
        limit=lambda subject: timed(lambda: lists.limit(subject)),
        project=lambda subject: acted(lists.person, lambda: lists.project(subject)),
        naive=lambda subject: timed(lambda: lists.naive(subject)),
        subjects=[page],
    )  # fmt: skip


def ids_alone(who: str, lists: Lists) -> Case:
    """Return the newest page without the files themselves: what the merge costs."""
    return Case(
        "list: ids alone", who, lists.world, IDS,
        limit=lambda page: timed(lambda: lists.limit(page, only_ids=True)),
        project=lambda page: acted(lists.person, lambda: lists.ids(page)),
        subjects=[Page()],
    )  # fmt: skip


def far_down(world: World, who: str) -> Page:
    """Return a page two thirds down the list, at most 100,000 files."""
    files = world.visible(world.people[who])
    depth = min(len(files) * 2 // 3, 100_000)
    return Page(files[depth - 1], depth)


# --- is it right? ---------------------------------------------------------------------------------------------------


def faults(world: World) -> Iterator[str]:
    """Compare every page tried with the truth, for the people measured and for others drawn from all."""
    stages = world.stages()
    for person in [*world.people.values(), *world.others]:
        truth, listed = world.visible(person), world.listed(person)
        with acting(person, read_only=True):
            if count_listed(person) != min(len(listed), CAP):
                yield f"count for {person.email}, {world.size} files"
            for stage in (None, *Stage):
                yield from wrong_pages(world, person, stage, of_stage(truth, stages, stage), summaries)
                yield from wrong_pages(world, person, stage, of_stage(listed, stages, stage), listed_ids)
            yield from holes_in_the_wall(world, person, set(truth))


def of_stage(files: list[uuid.UUID], stages: dict[uuid.UUID, int], stage: Stage | None) -> list[uuid.UUID]:
    return files if stage is None else [pk for pk in files if stages[pk] == stage]


def summaries(person: Any, **more: Any) -> list[uuid.UUID]:
    return visible_ids(person, section=Section.SUMMARY, **more)


def wrong_pages(
    world: World, person: Any, stage: Stage | None, expected: list[uuid.UUID], ask: Callable[..., list[uuid.UUID]]
) -> Iterator[str]:
    """Compare the first pages, one far down and the last one with the truth."""
    starts = {0, PAGE, 2 * PAGE, len(expected) * 2 // 3, max(0, len(expected) - 3)}
    for start in starts:
        before = expected[start - 1] if 0 < start <= len(expected) else FIRST
        wanted = expected[start if start <= len(expected) else 0 :][:PAGE]
        if ask(person, stage=stage, before=before) != wanted:
            yield f"{ask.__name__} of {person.email} from {start}, stage {stage}, {world.size} files"


def holes_in_the_wall(world: World, person: Any, truth: set[uuid.UUID]) -> Iterator[str]:
    """Ask for some files by name, visible and not: row-level security gives the visible ones alone."""
    asked = {*world.some_files(50), *sorted(truth, reverse=True)[:PAGE]}
    found = set(Child.objects.filter(pk__in=asked).values_list("pk", flat=True))
    if found != asked & truth:
        yield f"row-level security of {person.email}, {world.size} files"
