"""Measure the operations that everything else waits for, in databases of a throwaway server."""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from portal.bench import lists, matches, plain, report, rights, saves, seed, timelines
from portal.bench.measure import Case, run_rounds
from portal.bench.server import NAME, Server, bench_server
from portal.bench.world import World

OPERATIONS: dict[str, Any] = {"list": lists, "check": rights, "timeline": timelines, "save": saves, "match": matches}


def sizes(text: str) -> list[int]:
    """Read the numbers of files, smallest first."""
    return sorted({int(word) for word in text.split(",")})


class Command(BaseCommand):
    help = "Measure lists, checks, timelines, saves and matches beside hand-written SQL and the libraries' documented usage."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="*", choices=[*OPERATIONS, []], help="what to measure; all of it if not said")
        parser.add_argument("--sizes", type=sizes, default=[15_000, 150_000], help="numbers of files, as 15000,150000")
        parser.add_argument("--runs", type=int, default=100, help="rounds that count")
        parser.add_argument("--json", type=Path, help="where to save the figures")

    def handle(self, *args: Any, **options: Any) -> None:
        if min(options["sizes"]) < 100 or options["runs"] < 1:
            raise CommandError("A bench needs at least 100 files and one round.")
        names = options["name"] or list(OPERATIONS)
        random.seed(1)  # the same people, files and order every time
        with bench_server() as server:
            worlds = list(self.worlds(server, options["sizes"]))
            try:
                self.measure(server, worlds, names, options)
            finally:
                for world in worlds:
                    world.close()

    def say(self, sentence: str) -> None:
        self.stderr.write(sentence)
        self.stderr.flush()

    def worlds(self, server: Server, wanted: list[int]) -> Iterator[World]:
        """Make the people once, and a database of files for each size."""
        self.say("Making a server and its tables ...")
        server.migrate()
        with server.superuser() as connection:
            connections["default"] = owner = server.django(NAME, "migrator", role="owner")
            plain.make_tables()
            owner.close()
            seed.fill_people(seed.Filler(connection))
        for size in wanted:
            world = World(server, size)
            self.say(f"{size:,} files, filled in {world.seconds:.0f} s")
            yield world

    def measure(self, server: Server, worlds: list[World], names: list[str], options: dict[str, Any]) -> None:
        """Check the answers, run the rounds, print and save the figures; a wrong answer ends in an error."""
        cases: list[Case] = []
        found: list[str] = []
        for world in worlds:
            for name in names:
                made = list(OPERATIONS[name].cases(world))
                found += self.faults(world, OPERATIONS[name].faults, made)
                cases += made
        for case in cases:
            case.count_statements()
        self.say(f"{len(cases)} rows, {options['runs']} rounds ...")
        run_rounds(cases, options["runs"])
        with server.superuser() as connection:
            about = report.machine(connection, {world.size: world.seconds for world in worlds})
        rows = report.rows_of(cases)
        self.stdout.write(report.in_words(about))
        self.stdout.write(report.table(rows))
        if options["json"]:
            options["json"].write_text(json.dumps({"machine": about, "rows": rows}, indent=1) + "\n")
        if wrong := report.wrong_answers(cases, found):
            raise CommandError("Wrong answers:\n" + "\n".join(wrong))

    def faults(self, world: World, ask: Callable[[World], Iterator[str]], cases: list[Case]) -> list[str]:
        """Look for wrong answers of one operation; each of its rows then says so."""
        world.use_app()
        found = list(ask(world))
        for case in cases:
            case.faults |= set(found)
        return found
