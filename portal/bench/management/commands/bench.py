"""Measure the operations that everything else waits for, in databases of a throwaway server."""

import json
import random
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from portal.bench import audits, lists, matches, openings, plain, report, rights, saves, searches, seed, timelines
from portal.bench.measure import Case, run_rounds
from portal.bench.server import NAME, Server, bench_server
from portal.bench.world import World

OPERATIONS: dict[str, Any] = {
    "list": lists, "check": rights, "search": searches, "open": openings,
    "timeline": timelines, "save": saves, "match": matches,
}  # fmt: skip
ACCESS = ("list", "check", "search", "open")  # who may see what; no histories and no hashes are needed for it
SIZES = [15_000, 150_000]
ACCESS_SIZES = [*SIZES, 1_500_000]
LARGE = 1_000_000  # from here on the bench asks before it fills the disk
AUDIT_FILES = 15_000  # beside the events
GIGABYTE = 1 << 30
BYTES_A_FILE = 10_000  # on the disk with indexes and the log of writes; histories and hashes are as much again


def sizes(text: str) -> list[int]:
    """Read the numbers of files, smallest first."""
    return sorted({int(word) for word in text.split(",")})


def chosen(words: list[str], given: list[int] | None) -> tuple[list[str], list[int]]:
    """Return what is measured and at which sizes, where these are not given."""
    named = [name for word in words or OPERATIONS for name in (ACCESS if word == "access" else (word,))]
    return list(dict.fromkeys(named)), given or (ACCESS_SIZES if words == ["access"] else SIZES)


def said_yes() -> bool:
    """Ask; where nobody is there to answer, the answer is no."""
    try:
        return input("Make them? Type yes: ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


def refuse_wrong(cases: list[Case], found: list[str]) -> None:
    """Raise CommandError where an answer was wrong: the command then ends with 1."""
    if wrong := report.wrong_answers(cases, found):
        raise CommandError("Wrong answers:\n" + "\n".join(wrong))


class Command(BaseCommand):
    help = (
        "Measure lists, checks, searches, opened files, timelines, saves and matches beside hand-written SQL and the"
        " libraries' documented usage. access: the first four of them, at 15,000, 150,000 and 1,500,000 files. audit: what"
        " the record costs, and how fast it is verified and read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        names = ["access", "audit", *OPERATIONS, []]
        parser.add_argument("name", nargs="*", choices=names, help="what to measure; all of it if not said")
        parser.add_argument(
            "--children", "--sizes", dest="sizes", type=sizes, help="numbers of files, as 15000,150000,1500000"
        )
        parser.add_argument("--runs", type=int, default=100, help="rounds that count")
        parser.add_argument("--events", type=int, default=1_000_000, help="audit: events that are sealed and verified")
        parser.add_argument(
            "--among", type=int, default=0, help="audit: of how many events some are looked up; 30000000 are two years"
        )
        parser.add_argument("--seconds", type=float, default=10, help="audit: how long is written each way")
        parser.add_argument("--json", type=Path, help="where to save the figures")
        parser.add_argument("--yes", action="store_true", help="do not ask before a large database is made")

    def handle(self, *args: Any, **options: Any) -> None:
        with_audit = "audit" in options["name"]
        words = [word for word in options["name"] if word != "audit"]
        names, wanted = (
            chosen(words, options["sizes"]) if words or not with_audit else ([], options["sizes"] or [AUDIT_FILES])
        )
        if min(wanted) < 100 or options["runs"] < 1:
            raise CommandError("A bench needs at least 100 files and one round.")
        whole = with_audit or not set(names).issubset(ACCESS)
        self.ask_for_space(wanted, whole, asks=not options["yes"])
        if with_audit:
            self.ask_for_events(options)
        random.seed(1)  # the same people, files and order every time
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # ended either way, the server's folder goes too
        try:
            with bench_server() as server:
                self.run_in(server, wanted, names, options, whole)
        except KeyboardInterrupt:
            raise CommandError("Stopped. The server and its files are gone; nothing was measured.") from None

    def run_in(self, server: Server, wanted: list[int], names: list[str], options: dict[str, Any], whole: bool) -> None:
        worlds: list[World] = []
        saved: dict[str, Any] = {}
        try:
            worlds += self.worlds(server, wanted, whole)
            if names:
                saved |= self.measure(server, worlds, names, options)
            if "audit" in options["name"]:
                saved |= self.audit(server, worlds[0], options)
        finally:
            for world in worlds:
                world.close()
            if options["json"] and saved:
                options["json"].write_text(json.dumps(saved, indent=1) + "\n")

    def audit(self, server: Server, world: World, options: dict[str, Any]) -> dict[str, Any]:
        """Measure the record: its figures stand by themselves, there is no other way to compare each with."""
        events, among = options["events"], max(options["events"], options["among"])
        figures = audits.run(server, world, events, among, options["seconds"], self.stdout.write)
        with server.superuser() as connection:
            about = report.machine(connection, {})
        self.stdout.write(report.in_words(about))
        return {"audited_on": about, "figures": figures}

    def ask_for_events(self, options: dict[str, Any]) -> None:
        """Ask before many events are made."""
        events = max(options["events"], options["among"])
        needed = events * audits.EVENT_BYTES + GIGABYTE
        self.ask(f"{events:,} events need", needed, events > LARGE, asks=not options["yes"])

    def ask_for_space(self, wanted: list[int], whole: bool, *, asks: bool) -> None:
        """Refuse to begin where the disk is too small, and ask before a large database is made."""
        needed = sum(wanted) * BYTES_A_FILE * (2 if whole else 1) + GIGABYTE
        files = " + ".join(f"{size:,}" for size in wanted)
        self.ask(f"{files} files need", needed, max(wanted) >= LARGE, asks=asks)

    def ask(self, begins: str, needed: int, is_large: bool, *, asks: bool = True) -> None:
        """Refuse where the disk is too small; say what a large database takes, and ask."""
        place, free = tempfile.gettempdir(), shutil.disk_usage(tempfile.gettempdir()).free
        sentence = f"{begins} {needed / GIGABYTE:.0f} GB in {place}; {free / GIGABYTE:.0f} GB are free."
        if free < needed:
            raise CommandError(f"{sentence} Set TMPDIR to a larger disk, or ask for less (--children, --events).")
        if is_large:
            self.say(f"{sentence} They are removed at the end, and when you stop the bench with Ctrl-C.")
            if asks and not said_yes():
                raise CommandError("Nothing was made. --yes makes them without this question.")

    def say(self, sentence: str) -> None:
        self.stderr.write(sentence)
        self.stderr.flush()

    def worlds(self, server: Server, wanted: list[int], whole: bool) -> Iterator[World]:
        """Make the people once, and a database of files for each size."""
        self.say("Making a server and its tables ...")
        server.migrate()
        connections["default"] = owner = server.django(NAME, "migrator", role="owner")
        plain.make_tables()
        owner.close()
        seed.fill_people(seed.Filler(server.superuser))
        for size in wanted:
            self.say(f"{size:,} files ...")
            world = World(server, size, whole=whole, say=self.say)
            self.say(f"{size:,} files, loaded in {world.seconds:.0f} s, {world.bytes / GIGABYTE:.1f} GB")
            yield world

    def measure(self, server: Server, worlds: list[World], names: list[str], options: dict[str, Any]) -> dict[str, Any]:
        """Check the answers, run the rounds, print the figures and return them; a wrong answer ends in an error."""
        cases: list[Case] = []
        found: list[str] = []
        for world in worlds:
            for name in names:
                self.say(f"{world.size:,} files: {name}, answers compared with the truth ...")
                made = list(OPERATIONS[name].cases(world))
                found += self.faults(world, OPERATIONS[name].faults, made)
                cases += made
        for case in cases:
            case.count_statements()
        self.say(f"{len(cases)} rows, {options['runs']} rounds ...")
        run_rounds(cases, options["runs"], self.say)
        for case in cases:
            case.count_buffers()
        with server.superuser() as connection:
            about = report.machine(connection, {world.size: (world.seconds, world.bytes) for world in worlds})
        rows = report.rows_of(cases)
        self.stdout.write(report.in_words(about))
        self.stdout.write(report.table(rows))
        saved = {"machine": about, "rows": rows}
        if options["json"]:
            options["json"].write_text(json.dumps(saved, indent=1) + "\n")  # also where an answer is wrong
        refuse_wrong(cases, found)
        return saved

    def faults(self, world: World, ask: Callable[[World], Iterator[str]], cases: list[Case]) -> list[str]:
        """Look for wrong answers of one operation; each of its rows then says so."""
        world.use_app()
        found = list(ask(world))
        for case in cases:
            case.faults |= set(found)
        return found
