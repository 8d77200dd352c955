"""Child processes: none outlives the launcher, each has its log, each is stopped in its own way."""

import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

SET_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of linux/prctl.h
LARGEST_LOG = 10_000_000


class Failed(Exception):
    """A step that went wrong, in words for the person at the terminal."""


@dataclass
class Recipe:
    """How to start one child and how to end it."""

    name: str
    command: Sequence[str]
    log: Path
    env: Mapping[str, str] | None = None
    stop_with: signal.Signals = signal.SIGTERM
    # What the kernel sends when the launcher is gone: nobody is left to wait for a polite end.
    orphaned_with: signal.Signals = signal.SIGTERM
    patience: float = 10
    account: str | None = None
    inherits: tuple[int, ...] = ()
    folder: Path | None = None


@dataclass
class Child:
    """One running child of this process."""

    recipe: Recipe
    process: subprocess.Popen[bytes]
    log_began: int = 0

    def is_alive(self) -> bool:
        return self.process.poll() is None

    def identity(self) -> list[float]:
        """A number of a process comes back after a while; together with the time of its start it does not."""
        try:
            return [self.process.pid, psutil.Process(self.process.pid).create_time()]
        except psutil.NoSuchProcess:
            return [self.process.pid, 0]

    def last_words(self) -> str:
        """Where its log is and what it ends with, this run only."""
        log = self.recipe.log
        return f"The end of {log}:\n{tail(log, since=self.log_began)}"

    def stop(self) -> None:
        if self.is_alive():
            self.process.send_signal(self.recipe.stop_with)
        try:
            self.process.wait(self.recipe.patience)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """The child and everything it started: it leads a process group of its own."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return
        self.process.wait()


def start(recipe: Recipe) -> Child:
    make_room(recipe.log)
    with recipe.log.open("ab") as log:
        log_began = log.tell()
        process = subprocess.Popen(  # noqa: S603 - the command is ours, never typed by a person
            recipe.command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=recipe.env,
            cwd=recipe.folder,
            # A session of its own: Ctrl-C at the terminal reaches the launcher only, which stops them in order.
            start_new_session=True,
            pass_fds=recipe.inherits,
            preexec_fn=end_with_parent(recipe.orphaned_with),
            **as_account(recipe.account),
        )
    return Child(recipe, process, log_began)


def as_account(name: str | None) -> dict[str, Any]:
    """Arguments of Popen that give up root's rights before the program starts."""
    if name is None:
        return {}
    account = pwd.getpwnam(name)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def end_with_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """Have the kernel signal the child when this process is gone, even by kill -9. Linux only."""
    if not sys.platform.startswith("linux"):
        return lambda: None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent = os.getpid()

    def in_the_child() -> None:
        # The kernel forgets this on a change of account, so it runs after that (subprocess sees to the order).
        prctl(SET_DEATH_SIGNAL, int(death_signal))
        if os.getppid() != parent:
            os._exit(1)

    return in_the_child


def make_room(log: Path) -> None:
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".log.1"))


def tail(log: Path, lines: int = 15, since: int = 0) -> str:
    with log.open("rb") as file:
        file.seek(since)
        text = file.read().decode(errors="replace")
    return "\n".join("    " + line for line in text.splitlines()[-lines:]) or "    (empty)"


def end_leftovers(identities: Sequence[Sequence[float]], patience: float = 15) -> None:
    """Wait for the children of a killed launcher, which are ending by themselves, and then insist."""
    left = [process for pid, born in identities if (process := _same_process(int(pid), born))]
    _gone, stuck = psutil.wait_procs(left, timeout=patience if sys.platform.startswith("linux") else 0)
    for process in stuck:
        process.kill()
    psutil.wait_procs(stuck, timeout=5)


def _same_process(pid: int, born: float) -> psutil.Process | None:
    try:
        process = psutil.Process(pid)
        return process if abs(process.create_time() - born) < 0.1 else None
    except psutil.NoSuchProcess:
        return None
