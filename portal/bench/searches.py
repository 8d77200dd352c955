"""The search: a case number, a code name, among the files a person may see; a way to search is one line in KINDS."""

import random
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from portal.access.identity import acting
from portal.access.visibility import PAGE
from portal.bench.lists import Lists
from portal.bench.measure import Case, Goal, acted, timed
from portal.bench.rights import HELD, OPEN
from portal.bench.world import MEASURED, World
from victims import search
from victims.models import Child

TEXTS = 24  # searched for by each person, three in four for a file that the person may see

LIMIT = """
SELECT f.id FROM victims_child f WHERE {found} AND {held} ORDER BY {order} LIMIT 25
"""


@dataclass(frozen=True)
class Kind:
    """One way to search: the column a text is taken from, how it is found by hand and how with the libraries."""

    operation: str
    goal: Goal
    column: str
    found: str
    order: str
    naive: Callable[[QuerySet[Child], str], QuerySet[Child]]


NUMBER = Kind(
    "search: case number", Goal(limit=3, naive=10, growth=1.3), "case_number", "f.case_number = %(text)s", "f.id DESC",
    lambda files, text: files.filter(case_number=text),
)  # fmt: skip
# Files of one name are as many times more as there are files: so is the work of whoever may see few of them.
NAME = Kind(
    "search: code name", Goal(limit=3, naive=10, growth=12), "code_name_key",
    "f.code_name_key >= %(text)s AND f.code_name_key < %(text)s || chr(1114111)", "f.code_name_key, f.id DESC",
    lambda files, text: files.filter(code_name_key__startswith=text),
)  # fmt: skip
KINDS = (NUMBER, NAME)


class Searches:
    """The three ways to search in one way, for one person."""

    def __init__(self, world: World, who: str, kind: Kind) -> None:
        self.kind, self.lists = kind, Lists(world, who)
        self.world, self.person = world, world.people[who]
        held = HELD.format(open=OPEN if self.lists.roams else "")
        self.sql = LIMIT.format(found=kind.found, order=kind.order, held=held)
        self.summaries = set(world.visible(self.person))

    def limit(self, text: str) -> list[uuid.UUID]:
        values = {"text": text, "me": self.person.pk, "mask": self.lists.mask}
        return [row[0] for row in self.world.asked(self.sql, values)]

    def project(self, text: str) -> Any:
        """Search as the page does. Files of which there is a heading only come last, and are not in the other answers."""
        spent, found = acted(self.person, lambda: search.children(text, self.person))
        return spent, [pk for pk in found.files if pk in self.summaries]

    def naive(self, text: str) -> list[uuid.UUID]:
        files = self.kind.naive(self.lists.files(), text)
        return [child.pk for child in files.order_by("code_name_key", "-pk")[:PAGE]]

    def texts(self) -> list[str]:
        """Return what is searched for: of files that the person may see, and of any."""
        chosen = random.sample(sorted(self.summaries), min(TEXTS * 3 // 4, len(self.summaries)))
        chosen += self.world.some_files(TEXTS - len(chosen))
        sql = f"SELECT {self.kind.column} FROM victims_child WHERE id = ANY (%s) ORDER BY md5(id::text)"  # noqa: S608
        return [row[0] for row in self.world.asked(sql, [chosen])]


def cases(world: World) -> Iterator[Case]:
    """Yield every search that is measured."""
    for kind in KINDS:
        for who in MEASURED:
            yield case(who, Searches(world, who, kind))


def case(who: str, searches: Searches) -> Case:
    return Case(
        searches.kind.operation, who, searches.world, searches.kind.goal,
        limit=lambda text: timed(lambda: searches.limit(text)),
        project=searches.project,
        naive=lambda text: timed(lambda: searches.naive(text)),
        subjects=searches.texts(),
    )  # fmt: skip


# --- is it right? ---------------------------------------------------------------------------------------------------


def faults(world: World) -> Iterator[str]:
    """A search gives all files that it should, as far as a page goes, and none that the person may not list."""
    for kind in KINDS:
        known = dict(world.asked(f"SELECT id, {kind.column} FROM victims_child"))  # noqa: S608
        for who in MEASURED:
            searches = Searches(world, who, kind)
            listed = set(world.listed(searches.person))
            for text in searches.texts():
                with acting(searches.person, read_only=True):
                    found = search.children(text, searches.person).files
                wanted = [pk for pk in world.visible(searches.person) if known[pk].startswith(text)]
                wanted = sorted(wanted, key=lambda pk: known[pk])[:PAGE]  # of one name the newest first
                if found[: len(wanted)] != wanted or not listed.issuperset(found):
                    yield f"{kind.operation} of {searches.person.email} for {text}, {world.size} files"
