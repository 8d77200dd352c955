"""The list: the 25 newest files a person may see, by stage and further down, for people who see ten files or all."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from guardian.shortcuts import get_objects_for_user

from portal.access.identity import acting
from portal.access.sections import Level, Section, Stage, permission_id
from portal.access.visibility import CAP, FIRST, PAGE, count_listed, listed_ids, visible_ids
from portal.bench.measure import Case, Goal, acted, timed
from portal.bench.world import MEASURED, World
from victims.models import Child

NEWEST = Goal(limit=2, naive=15, growth=1.3)
EVERYTHING = Goal(limit=2, naive=50, growth=1.3)
BY_STAGE = Goal(limit=4, naive=20, growth=1.5)
NOBODY_THERE = Goal(limit=3, naive=50, growth=1.3)
DEEP = Goal(limit=2, naive=20, growth=1.3)
IDS = Goal(limit=2, growth=1.3)
COUNT = Goal(limit=2, naive=100, growth=1.3)

ROWS = """SELECT content_object_id AS id FROM {table} WHERE {holder} AND permission_id = {permission}
 AND content_object_id < %(before)s AND valid_until > now() AND {mask} >> stage & 1 = 1 {stage}
 AND content_object_id <> ALL (%(conflicts)s) ORDER BY content_object_id DESC LIMIT %(most)s"""
ARM = """SELECT r.id FROM mine CROSS JOIN LATERAL ({team}) AS r UNION ALL SELECT * FROM ({own}) AS r"""
OPEN = """SELECT * FROM (SELECT id FROM victims_child WHERE open_to_network AND id < %(before)s
 AND {mask} >> stage & 1 = 1 {stage} AND id <> ALL (%(conflicts)s) ORDER BY {order} LIMIT %(most)s) AS opened"""
LIMIT = """
WITH mine AS MATERIALIZED (
  SELECT t.group_id FROM accounts_membership m JOIN accounts_team t ON t.id = m.team_id
   WHERE m.person_id = %(me)s AND (m.until IS NULL OR m.until > now())
), ids AS (
  {arms}
), newest AS (SELECT DISTINCT id FROM ids ORDER BY id DESC LIMIT %(most)s)
"""
CHILDREN = "SELECT c.* FROM newest JOIN victims_child c USING (id) ORDER BY id DESC"
ONLY_IDS = "SELECT id FROM newest"
ONLY_COUNT = "SELECT count(*) FROM newest"


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
        self.mask = world.mask(self.person, Section.SUMMARY)
        sql = "SELECT c.id FROM access_conflictofinterest x JOIN victims_child c ON c.case_number = x.number"
        sql += " WHERE x.person_id = %s AND x.ended IS NULL"
        self.conflicts = [row[0] for row in world.asked(sql, [self.person.pk])]

    def limit(self, page: Page, *, asked: str = CHILDREN, most: int = PAGE, any_section: bool = False) -> list[Any]:
        stage = "AND stage = %(stage)s" if page.stage else ""
        arms = [self.arm(Section.SUMMARY, self.mask, stage)]
        if self.roams:
            order = "stage, id DESC" if page.stage else "id DESC"  # that of the index which serves it
            arms.append(OPEN.format(mask=self.mask, stage=stage, order=order))
        if any_section:
            arms += [self.arm(section, mask, stage) for section, mask in self.headed()]
        values = {"me": self.person.pk, "before": page.before, "stage": page.stage, "most": most}
        sql = LIMIT.format(arms=" UNION ALL ".join(arms)) + asked
        return [row[0] for row in self.world.asked(sql, values | {"conflicts": self.conflicts})]

    def arm(self, section: Section, mask: int, stage: str) -> str:
        """Return the part of the statement that finds the files of one section, at the stages of a bit mask."""
        given = {"permission": permission_id(section, Level.VIEW), "mask": mask, "stage": stage}
        team = ROWS.format(table="access_childgrouppermission", holder="group_id = mine.group_id", **given)
        return ARM.format(
            team=team, own=ROWS.format(table="access_childuserpermission", holder="user_id = %(me)s", **given)
        )

    def headed(self) -> list[tuple[Section, int]]:
        """Return the other sections, with the stages at which the person's roles reach them and not SUMMARY."""
        found = [(section, self.world.mask(self.person, section) & ~self.mask) for section in Section]
        return [(section, mask) for section, mask in found if mask]

    def limit_count(self) -> int:
        return self.limit(Page(), asked=ONLY_COUNT, most=CAP, any_section=True)[0]

    def ids(self, page: Page) -> list[uuid.UUID]:
        return visible_ids(self.person, section=Section.SUMMARY, stage=page.stage, before=page.before)

    def project(self, page: Page) -> list[uuid.UUID]:
        ids = self.ids(page)
        found = Child.objects.in_bulk(ids)
        return [found[pk].pk for pk in ids if pk in found]

    def naive(self, page: Page) -> list[uuid.UUID]:
        files = self.files()
        if page.stage:
            files = files.filter(stage=page.stage)
        return [child.pk for child in files.order_by("-pk")[page.depth : page.depth + PAGE]]

    def files(self) -> Any:
        """Return the query of guardian for all files of the person, and of open ones where they are shown."""
        files: Any = get_objects_for_user(
            self.person, "victims.view_summary", accept_global_perms=False, with_superuser=False
        )
        return files | Child.objects.filter(open_to_network=True) if self.roams else files


def cases(world: World) -> Iterator[Case]:
    """Yield every list that is measured."""
    for who in (*MEASURED, "worker", "shelter"):
        lists = Lists(world, who)
        goal = EVERYTHING if who == "xall" else NEWEST
        yield case("list", who, lists, goal, Page())
        yield ids_alone(who, lists)
    for who in (*MEASURED, "worker"):
        stage = Stage.SOUGHT if who == "analyst" else Stage.IN_CARE
        yield case("list: one stage", who, Lists(world, who), BY_STAGE, Page(stage=stage))
    for who in MEASURED:
        yield case("list: a stage without files", who, Lists(world, who), NOBODY_THERE, Page(stage=Stage.DECEASED))
    for who in MEASURED:
        yield case("list: far down", who, Lists(world, who), DEEP, far_down(world, who))
    for who in MEASURED:
        yield counted(who, Lists(world, who))


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
        limit=lambda page: timed(lambda: lists.limit(page, asked=ONLY_IDS)),
        project=lambda page: acted(lists.person, lambda: lists.ids(page)),
        subjects=[Page()],
    )  # fmt: skip


def counted(who: str, lists: Lists) -> Case:
    """Return the count above a list, which stops at 1,001; guardian's own counts all there are."""
    return Case(
        "list: count", who, lists.world, COUNT,
        limit=lambda _: timed(lambda: lists.limit_count()),
        project=lambda _: acted(lists.person, lambda: count_listed(lists.person)),
        naive=lambda _: timed(lambda: min(lists.files().count(), CAP)),
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
