"""Two hundred files over two years, told by chance from a fixed number: the same on every run."""

import random
from typing import Any

from portal.access.sections import Section, Stage
from portal.accounts.roles import Role
from portal.casework import code_names
from portal.demo import world
from portal.demo.known import Known
from portal.demo.telling import Story, tell
from portal.demo.world import DAY, Cast, Teller, today
from victims import actions
from victims.models import Child, Series

S = Section
FILES = 196  # beside the four of the walk
SEED = 20261127


def make() -> None:
    """Make the whole world."""
    cast = world.begin()
    tell([*Known(cast).stories(), *Crowd(cast).stories()])


LEADS = (
    "A tram ticket of a northern city on the table.",
    "A school bag with a badge; the school is not known yet.",
    "The power sockets are of a kind used in two countries only.",
    "A radio speaks in the background; the language was named by an interpreter.",
    "The wallpaper was sold by one chain between 2019 and 2022.",
    "A street lamp of a kind that one town council bought.",
)
SERIES_NAMES = (
    "Grey stairs", "Yellow curtain", "Night bus", "Harbour room", "Paper stars", "Green tiles", "Wooden horse",
    "Tin roof", "Two lamps", "Blue door", "Red chair", "Summer porch", "Round window", "Old piano", "Long corridor",
)  # fmt: skip


class Crowd(Teller):
    """The files that nobody told by hand."""

    def __init__(self, cast: Cast) -> None:
        super().__init__(cast)
        self.chance = random.Random(SEED)  # noqa: S311  # a story, not a secret
        self.series: list[Series] = []
        self.names = [name for name in code_names.WORDS if name not in ("Mira", "Tern", "Lark", "Plover")]

    def stories(self) -> list[Story]:
        """Return all stories; each draws from a chance of its own, so that one more changes none of the others."""
        made: list[Story] = [self.open_all_series()]
        for number in range(FILES):
            chance = random.Random(f"{SEED} {number}")  # noqa: S311
            made.append(self.sought(number, chance))
        return made

    def open_all_series(self) -> Story:
        """Series of three police forces, all open to the network."""
        for number, name in enumerate(SERIES_NAMES):
            yield 755 - 20 * number
            by = ("Tremblay", "Holm", "Faria")[number % 3]
            series = actions.open_series(name=name, team=self.cast.team(by), is_network=True, by=self.cast[by])
            self.series.append(series)

    def new_child(self, number: int, chance: random.Random, by: str, stage: Stage, **more: Any) -> Child:
        """Open a file with what is known on its first day."""
        values = {
            "sex": chance.choice((1, 2, 2)),
            "age_band": chance.choice(("0-5", "6-11", "6-11", "12-17", "12-17")),
        }
        return self.open(self.names[number % len(self.names)], by, stage, **values | more)

    def sought(self, number: int, chance: random.Random) -> Story:
        """An unknown face in a series; clues come in from several countries."""
        day = chance.uniform(10, 700)
        yield day
        by = chance.choice(self.cast.of(Role.ANALYST, "ottawa"))
        child = self.new_child(number, chance, by, Stage.SOUGHT)
        if self.series:
            actions.link_series(child=child, series=chance.choice(self.series), by=self.cast[by])
        for _ in range(chance.randint(1, 4)):
            day = day * chance.uniform(0.6, 0.95)
            yield day
            who = chance.choice(self.cast.of(Role.ANALYST, chance.choice(("ottawa", "gothia"))))
            self.add(child, S.INVESTIGATION, who, on=today(), kind="clue", text=chance.choice(LEADS))
        if chance.random() < 0.5:
            yield day * 0.9
            self.step(child, "identity", "propose", who, "Two clues lead to one school district.")
