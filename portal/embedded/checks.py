"""python3 manage.py test: style, types, templates, missing migrations and the tests, each with its time."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from portal.embedded.cluster import ephemeral, in_memory
from portal.embedded.folder import ROOT
from portal.embedded.processes import end_with_parent

TYPED = (
    "portal/audit",
    "portal/accounts",
    "portal/casework",
    "portal/access",
    "portal/embedded",
    "victims",
    "shelters",
    "referrals",
)
TEMPLATES = ("templates", "portal", "victims", "shelters", "referrals")
SHOWN_LINES = 200
# As many at once as there are cores, each with servers of its own; a file's tests stay together, they share what they made.
SIDE_BY_SIDE = ("-n", "auto", "--maxprocesses", "4", "--dist", "loadfile", "--no-loadscope-reorder")


@dataclass
class Check:
    """One thing that must hold, and the command that tells."""

    name: str
    command: Sequence[str]
    # The tests speak while they run; the others only when something is wrong.
    is_shown: bool = False


@dataclass
class Outcome:
    """How one check went."""

    check: Check
    code: int
    seconds: float


def main(arguments: Sequence[str]) -> int:
    """Run everything, or only pytest where it gets arguments. 0 when all of it holds."""
    tests = Check("tests", _module("pytest", *(arguments or SIDE_BY_SIDE)), is_shown=True)
    wanted = [tests] if arguments else [*_around_the_tests(), tests]
    with in_memory(), ephemeral() as env:
        outcomes = [_run(check, number, len(wanted), env) for number, check in enumerate(wanted, 1)]
    if len(outcomes) > 1:
        _summary(outcomes)
    return int(any(outcome.code for outcome in outcomes))


def _around_the_tests() -> list[Check]:
    typed = [path for path in TYPED if any((ROOT / path).glob("*.py"))]
    templates = [path for path in TEMPLATES if (ROOT / path).exists()]
    makemigrations = [sys.executable, str(ROOT / "manage.py"), "makemigrations", "--check", "--dry-run"]
    return [
        Check("style (ruff check)", _module("ruff", "check", ".")),
        Check("layout (ruff format)", _module("ruff", "format", "--check", ".")),
        Check("types (mypy)", _module("mypy", *typed)),
        Check("templates (djlint)", _module("djlint", *templates, "--lint", "--quiet")),
        Check("template layout (djlint)", _module("djlint", *templates, "--check", "--quiet")),
        Check("missing migrations", makemigrations),
    ]


def _module(name: str, *words: str) -> list[str]:
    return [sys.executable, "-m", name, *words]


def _run(check: Check, number: int, total: int, env: Mapping[str, str]) -> Outcome:
    print(f"[{number}/{total}] {check.name} ... ", end="\n" if check.is_shown else "", flush=True)
    began = time.monotonic()
    done = subprocess.run(  # noqa: S603 - the commands above
        check.command,
        cwd=ROOT,
        env=os.environ | dict(env),
        stdout=None if check.is_shown else subprocess.PIPE,
        stderr=None if check.is_shown else subprocess.STDOUT,
        preexec_fn=end_with_parent(signal.SIGTERM),
        check=False,
    )
    outcome = Outcome(check, done.returncode, time.monotonic() - began)
    if not check.is_shown:
        print(_verdict(outcome), flush=True)
        if done.returncode:
            print(_end(done.stdout.decode(errors="replace")), flush=True)
    return outcome


def _end(text: str) -> str:
    lines = text.splitlines()
    left_out = [f"... {len(lines) - SHOWN_LINES} lines before"] if len(lines) > SHOWN_LINES else []
    return "\n".join([*left_out, *lines[-SHOWN_LINES:]])


def _verdict(outcome: Outcome) -> str:
    return f"{'FAILED' if outcome.code else 'ok'} {outcome.seconds:.1f} s"


def _summary(outcomes: Sequence[Outcome]) -> None:
    width = max(len(outcome.check.name) for outcome in outcomes)
    print()
    for outcome in outcomes:
        print(f"  {outcome.check.name:{width}}  {_verdict(outcome)}")
    failed = sum(1 for outcome in outcomes if outcome.code)
    print(f"{len(outcomes) - failed} passed, {failed} failed")
