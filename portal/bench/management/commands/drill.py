"""Break things on purpose, in servers of its own, and count what was acknowledged, stored, lost and doubled."""

import json
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.bench.drills.listing import DRILLS, play
from portal.bench.drills.result import EXPECTED, NO_TOOL, Result
from portal.bench.drills.stage import staged

ALL = "all"


class Command(BaseCommand):
    help = (
        "Play a drill in servers of its own, in a temporary folder; a running portal is not touched."
        " Exit code 0: as expected; 1: something was lost, doubled or otherwise wrong; 2: a tool is missing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="*", metavar="NAME", help=f"{', '.join(DRILLS)}, or {ALL}")
        parser.add_argument("--list", action="store_true", help="say what each does and needs")
        parser.add_argument("--json", type=Path, metavar="FILE", help="where to save the figures")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["list"] or not options["name"]:
            self.stdout.write("\n".join(lines()))
            return
        names = list(DRILLS) if ALL in options["name"] else options["name"]
        if unknown := set(names) - set(DRILLS):
            raise CommandError(f"No drill is called {', '.join(sorted(unknown))}. manage.py drill --list names them.")
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # ended either way, the servers go too
        try:
            results = self.play(names)
        except KeyboardInterrupt:
            raise CommandError("Stopped. The servers and their files are gone.") from None
        if options["json"]:
            options["json"].write_text(json.dumps([asdict(one) for one in results], indent=1) + "\n")
        codes = {one.code for one in results}
        sys.exit(max(codes - {NO_TOOL}, default=EXPECTED) or max(codes))

    def play(self, names: list[str]) -> list[Result]:
        """Play the drills one after the other."""
        self.say("Making servers, tables and a small world ...")
        results = []
        with staged(self.say) as stage:
            for name in names:
                self.say(f"{name}: {DRILLS[name].about} ...")
                results.append(play(name, stage))
                self.stdout.write(said(results[-1]))
                self.stdout.flush()
        return results

    def say(self, sentence: str) -> None:
        self.stderr.write(sentence)
        self.stderr.flush()


def said(result: Result) -> str:
    """Return the figures of a drill, with what was noted and what was wrong."""
    wrong = [f"     WRONG: {problem}" for problem in result.problems]
    return "\n".join([result.line, *(f"     {note}" for note in result.notes), *wrong])


def lines() -> list[str]:
    """Return what each drill does and needs."""
    return [f"{name}  {one.about}." + (f" Needs {one.needs}." if one.needs else "") for name, one in DRILLS.items()]
