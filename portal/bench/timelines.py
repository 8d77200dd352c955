"""The timeline of a file: its 25 newest changes, over the history tables of the sections that the viewer may see."""

import itertools
import uuid
from collections.abc import Iterator
from typing import Any

from portal.access import timeline
from portal.access.identity import acting
from portal.access.rights import sections_open
from portal.access.sections import Section
from portal.access.timeline import Source
from portal.access.visibility import PAGE
from portal.bench.measure import Case, Goal, acted, timed
from portal.bench.world import World

GOAL = Goal(limit=3, naive=5, growth=1.3)
KEYS_GOAL = Goal(limit=3, naive=5, growth=1.3)
TRIED = 12  # files whose whole timeline is compared with the sorted union

ARM = """(SELECT '{name}' AS source, history_id, history_date FROM {table} WHERE {column} = %(child)s {own}
 ORDER BY history_date DESC, history_id DESC LIMIT 25)"""
ROW = """SELECT k.history_id, k.history_date, to_jsonb(h), (SELECT to_jsonb(p) FROM {table} p
 WHERE p.id = h.id AND p.version = h.version - 1) FROM keys k JOIN {table} h USING (history_id) WHERE k.source = '{name}'"""
NEWEST = " ORDER BY history_date DESC, history_id DESC"


class Timelines:
    """The three ways to the timeline of a file, for one viewer."""

    def __init__(self, world: World, who: str, files: list[uuid.UUID]) -> None:
        self.world, self.person = world, world.people[who]
        world.use_app()
        with acting(self.person, read_only=True):
            self.sections = sections_open(self.person, files[0])
        self.sources = [s for s in timeline.sources().values() if s.section is None or s.section in self.sections]
        arms = [ARM.format(name=s.name, table=s.table, column=s.column, own=s.condition) for s in self.sources]
        self.keys_sql = " UNION ALL ".join(arms) + NEWEST + " LIMIT 25"
        rows = [ROW.format(name=s.name, table=s.table) for s in self.sources]
        self.rows_sql = f"WITH keys AS MATERIALIZED ({self.keys_sql}) {' UNION ALL '.join(rows)} {NEWEST}"

    def values(self, child_id: uuid.UUID) -> dict[str, Any]:
        return {"child": child_id, "sections": [int(section) for section in self.sections]}

    def limit_keys(self, child_id: uuid.UUID) -> list[uuid.UUID]:
        return [row[1] for row in self.world.asked(self.keys_sql, self.values(child_id))]

    def limit(self, child_id: uuid.UUID) -> list[uuid.UUID]:
        return [row[0] for row in self.world.asked(self.rows_sql, self.values(child_id))]

    def keys(self, child_id: uuid.UUID) -> list[uuid.UUID]:
        return [key[1] for key in timeline.newest(child_id, self.sections)]

    def page(self, child_id: uuid.UUID) -> list[uuid.UUID]:
        return [entry.id for entry in timeline.page(child_id, self.person)]

    def merged(self, child_id: uuid.UUID) -> list[tuple[Source, Any]]:
        """Ask each history manager and merge in Python, as simple-history's documentation leaves one to do."""
        rows = [(s, row) for s in self.sources for row in self.newest_of(s, child_id)]
        rows.sort(key=lambda pair: (pair[1].history_date, pair[1].history_id), reverse=True)
        return rows[:PAGE]

    def newest_of(self, source: Source, child_id: uuid.UUID) -> Any:
        rows = source.model.history.filter(**{source.column: child_id})
        if source.section is None:
            rows = rows.filter(section__in=self.sections)
        if source.without:
            rows = rows.exclude(**dict([source.without]))
        return rows.order_by("-history_date", "-history_id")[:PAGE]

    def naive_keys(self, child_id: uuid.UUID) -> list[uuid.UUID]:
        return [row.history_id for _source, row in self.merged(child_id)]

    def naive(self, child_id: uuid.UUID) -> list[uuid.UUID]:
        """Describe each row beside its prev_record, as the documentation shows."""
        found = self.merged(child_id)
        for source, row in found:
            source.describe(row, row.prev_record)
        return [row.history_id for _source, row in found]


def cases(world: World) -> Iterator[Case]:
    """Yield the timeline, and which changes are on it without what they say."""
    files = world.stories(0)
    lines = Timelines(world, "worker", files)
    yield Case(
        "timeline", "worker", world, GOAL,
        limit=lambda pk: timed(lambda: lines.limit(pk)),
        project=lambda pk: acted(lines.person, lambda: lines.page(pk)),
        naive=lambda pk: timed(lambda: lines.naive(pk)),
        subjects=files,
    )  # fmt: skip
    yield Case(
        "timeline: keys alone", "worker", world, KEYS_GOAL,
        limit=lambda pk: timed(lambda: lines.limit_keys(pk)),
        project=lambda pk: acted(lines.person, lambda: lines.keys(pk)),
        naive=lambda pk: timed(lambda: lines.naive_keys(pk)),
        subjects=files,
    )  # fmt: skip


def faults(world: World) -> Iterator[str]:
    """Compare whole timelines, page after page, with the sorted union of the tables the viewer may see."""
    person = world.people["worker"]
    for child_id in world.stories(0)[:TRIED]:
        with acting(person, read_only=True):
            sections = sections_open(person, child_id)
            shown = list(all_pages(child_id, person))
        if [(entry.at, entry.id) for entry in shown] != union(world, child_id, sections):
            yield f"timeline of {child_id}, {world.size} files"


def all_pages(child_id: uuid.UUID, person: Any) -> Iterator[timeline.Entry]:
    """Yield every entry, page after page."""
    last = (timeline.END_OF_TIME, timeline.LAST)
    while entries := timeline.page(child_id, person, before=last):
        yield from entries
        last = (entries[-1].at, entries[-1].id)


def union(world: World, child_id: uuid.UUID, sections: list[Section]) -> list[tuple[Any, uuid.UUID]]:
    """Return (time, id) of every change in the sections, newest first, sorted in Python."""
    rows = [
        world.asked(f"SELECT history_date, history_id FROM {s.table} WHERE {s.column} = %(child)s {s.condition}",  # noqa: S608
                    {"child": child_id, "sections": [int(section) for section in sections]})
        for s in timeline.sources().values() if s.section is None or s.section in sections
    ]  # fmt: skip
    return sorted(itertools.chain.from_iterable(rows), reverse=True)
