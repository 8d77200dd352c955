"""What the generated files share: a chance of their own, people to choose from, and the acts that several of them need."""

import datetime
import random
from typing import Any

from portal.access import work
from portal.access.identity import acting
from portal.access.opens import look
from portal.access.rights import check
from portal.access.sections import Section, Stage
from portal.accounts.roles import Role
from portal.audit import events
from portal.casework import code_names
from portal.casework.models import Task
from portal.demo import phrases
from portal.demo.world import Cast, Teller, today
from victims.due import PLAN_ACTION
from victims.models import Child, Series

S = Section
SEED = 20261127
POLICE = {"protection": Role.INVESTIGATOR, "gothia": Role.INVESTIGATOR}
TAKEN = {
    "Mira",
    "Noor",
    "Tern",
    "Lark",
    "Swift",
    "Plover",
    "Wren",
    "Robin",
    "Heron",
    "Linnet",
}  # of the walk: a second file of that name would confuse it


def code_name(number: int) -> str:
    """Return the code name of a generated file; the list is longer than the files are many."""
    return [name for name in code_names.WORDS if name not in TAKEN][number]


def half_of(number: int) -> int:
    """Return in which of the two processes a file is told: every kind of story lasts as long in both."""
    return number // 8 % 2


class World:
    """What one story makes and others use."""

    def __init__(self) -> None:
        self.series: list[Series] = []
        self.houses: dict[str, list[Any]] = {"farol": [], "costa": []}
        self.services: list[Any] = []


class Generated(Teller):
    """One generated file: its number decides everything about it."""

    def __init__(self, cast: Cast, world: World, number: int) -> None:
        super().__init__(cast)
        self.world = world
        self.number = number
        self.chance = random.Random(f"{SEED} {number}")  # noqa: S311  # a story, not a secret
        self.name = code_name(number)
        self.sex = self.chance.choice((1, 2, 2))
        self.age_band = self.chance.choice(("0-5", "6-11", "6-11", "12-17", "12-17"))

    def pick(self, role: Role, agency: str, team: int = 0) -> str:
        """Return somebody who holds a role in a team."""
        return self.chance.choice(self.cast.of(role, agency, team))

    def sees(self, child: Child, by: str, *sections: Section) -> None:
        """Look at sections of a file, as opening its pages does."""
        with acting(self.cast[by]) as _state:
            for section in sections:
                check(self.cast[by], child.pk, section)
                events.record(look("view", child_id=child.pk, sections=[section]))

    def fresh(self, child: Child, by: str) -> Child:
        """Return the file as it stands now, as somebody on it reads it."""
        with acting(self.cast[by]):
            return Child.objects.select_related("owner__agency").get(pk=child.pk)

    def finish_tasks(self, child: Child, by: str, *codes: str, before: datetime.datetime | None = None) -> None:
        """Mark open tasks of the file done that are due before a moment; without codes of every kind but the plan's actions."""
        with acting(self.cast[by]):
            found = Task.objects.filter(child_id=child.pk, state=Task.State.OPEN).exclude(kind=PLAN_ACTION)
            tasks = [task for task in found if (not codes or task.kind in codes) and is_due(task, before)]
        for task in tasks:
            work.end_task(task=task, by=self.cast[by], reason="Done with the last contact.")

    def begin_at(self, by: str, stage: Stage, **more: Any) -> Child:
        """Open the file with what is known on its first day."""
        return self.open(self.name, by, stage, sex=self.sex, age_band=self.age_band, **more)

    def enter(self, child: Child, by: str, kind: str, text: str) -> None:
        """Write an entry of the investigation."""
        self.add(child, S.INVESTIGATION, by, on=today(), kind=kind, text=text)

    def lead(self) -> str:
        return self.chance.choice(phrases.LEADS)


def is_due(task: Task, before: datetime.datetime | None) -> bool:
    """Return whether a task is due before a moment, where one is named."""
    return before is None or (task.due is not None and task.due < before)
