"""Cases measured three ways, in rounds of random order, so that a noisy machine disturbs all of them alike."""

import gc
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.db import connection

from portal.access.identity import acting
from portal.bench.world import World

WARM_UP = 8  # rounds: a statement is prepared at the third use, and its plan is settled at the fifth
PATIENCE = 3_000_000_000  # nanoseconds after which a slow way is run no more, if it was run often enough
ENOUGH = 5  # rounds


@dataclass(frozen=True)
class Spent:
    """Nanoseconds on the clock, and of both processors' work: this process and the server's that serves it."""

    clock: int
    work: int | None = None


Timed = tuple[Spent, Any]


class Meter:
    """Reads how long the server's process has worked. Waiting for a busy machine is not in it; only Linux tells."""

    server: Path | None = None

    def watch(self, process_id: int) -> None:
        path = Path(f"/proc/{process_id}/schedstat")
        self.server = path if path.exists() else None

    def work(self) -> int | None:
        return time.thread_time_ns() + int(self.server.read_text().split()[0]) if self.server else None


METER = Meter()


@dataclass(frozen=True)
class Goal:
    """What the design asks for: project at most so many times the limit, the libraries at least so many times slower."""

    limit: float | None = None
    naive: float | None = None
    growth: float | None = None


@dataclass
class Case:
    """One operation for one person in one database. Each way takes the round's subject and returns time and result."""

    operation: str
    who: str
    world: World
    goal: Goal
    limit: Callable[[Any], Timed]
    project: Callable[[Any], Timed]
    naive: Callable[[Any], Timed] | None = None
    subjects: Sequence[Any] = (None,)
    beside: int = 1  # statements outside of what is timed: acting() sets the identity
    by_owner: bool = False  # the project's function is one that the application itself may not call
    times: dict[str, list[Spent]] = field(
        default_factory=lambda: {"limit": [], "project": [], "naive": [], "whole": []}
    )
    results: dict[str, Any] = field(default_factory=dict)
    statements: int = 0
    buffers: dict[str, int] = field(default_factory=dict)
    passed: dict[str, int] = field(default_factory=dict)  # nanoseconds that each way has taken so far
    faults: set[str] = field(default_factory=set)
    naive_agrees: bool = True

    @property
    def name(self) -> str:
        return f"{self.operation}, {self.who}, {self.world.size} files"

    def ways(self) -> list[str]:
        return ["limit", "project", *(["naive"] if self.naive else [])]

    def connection_of(self, way: str) -> str:
        """Return the way whose connection this one uses."""
        return "naive" if self.by_owner and way == "project" else way

    def run(self, way: str, subject: Any, *, keep: bool) -> None:
        """Run one way once on the connection that it is meant for."""
        METER.watch(self.world.use(self.connection_of(way)))
        whole, (spent, self.results[way]) = timed(lambda: getattr(self, way)(subject))
        self.passed[way] = self.passed.get(way, 0) + whole.clock
        if keep:
            self.times[way].append(spent)
            if way == "project":
                self.times["whole"].append(whole)

    def is_done(self, way: str) -> bool:
        """Whether a way was slow enough, often enough: a list that takes half a second is not asked for a hundred times."""
        return self.passed.get(way, 0) > PATIENCE and len(self.times[way]) >= ENOUGH

    def compare(self, subject: Any) -> None:
        """Hold the results of one round against each other; the libraries' may differ, the limit's may not."""
        if {"project", "limit"} <= self.results.keys() and self.results["project"] != self.results["limit"]:
            self.faults.add(f"{self.name}: the project and the hand-written SQL disagree on {subject}")
        if {"naive", "limit"} <= self.results.keys() and self.results["naive"] != self.results["limit"]:
            self.naive_agrees = False
        self.results.clear()

    def count_statements(self) -> None:
        """Count what the project asks the database for, beside opening and closing the transaction."""
        asked = 0

        def counted(execute: Any, *arguments: Any) -> Any:
            nonlocal asked
            asked += 1
            return execute(*arguments)

        self.world.use(self.connection_of("project"))
        with connection.execute_wrapper(counted):
            self.project(self.subjects[0])
        self.statements = asked - self.beside

    def count_buffers(self) -> None:
        """Count the pages that the limit and the project look at, opening and closing the transaction included."""
        for way in ("limit", "project"):
            process_id = self.world.use(self.connection_of(way))
            before = self.world.pages_read(way, process_id)
            getattr(self, way)(self.subjects[0])
            self.buffers[way] = self.world.pages_read(way, process_id) - before


def timed(call: Callable[[], Any]) -> Timed:
    """Return how long a call took, and its result."""
    worked, began = METER.work(), time.perf_counter_ns()
    result = call()
    clock, work = time.perf_counter_ns() - began, METER.work()
    return Spent(clock, None if work is None or worked is None else work - worked), result


def acted(person: Any, call: Callable[[], Any]) -> Timed:
    """Time a call inside a read-only transaction of the person, as a page has it; facts are fetched anew in each."""
    with acting(person, read_only=True):
        return timed(call)


def run_rounds(cases: Sequence[Case], runs: int, say: Callable[[str], None] = lambda sentence: None) -> None:
    """Run every way of every case once a round, in a new order each time; the first rounds only warm up."""
    jobs = [(case, way) for case in cases for way in case.ways()]
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        for number in range(-min(WARM_UP, runs), runs):
            random.shuffle(jobs)
            if number % 10 == 0:
                say(f"  round {number}")
            for case, way in jobs:
                if not case.is_done(way):
                    case.run(way, case.subjects[number % len(case.subjects)], keep=number >= 0)
            for case in cases:
                case.compare(case.subjects[number % len(case.subjects)])
            gc.collect()
    finally:
        gc.enable()
        gc.unfreeze()
