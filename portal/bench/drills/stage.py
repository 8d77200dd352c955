"""Where drills are played: servers in a temporary folder, a small world, and the portal's own processes over a copy of it."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import psycopg

from portal.embedded import preparation, recipes
from portal.embedded.cluster import TEMPORARY, Cluster, sweep
from portal.embedded.folder import ROOT, DataFolder
from portal.embedded.postgres import find_wheel
from portal.embedded.processes import Child, Failed, Recipe, start
from portal.embedded.stack import ask, listen

TEMPLATE = "safe_return_drill"
COPY = "safe_return_drill_now"
PATIENCE = 90  # seconds until something has to be up
LOOK = 0.1


def wait_for(holds: Callable[[], Any], what: str, patience: float = PATIENCE) -> Any:
    """Return what holds() returns once it is true; a drill that waits in vain has failed, and says for what."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        found = holds()
        if found:
            return found
        time.sleep(LOOK)
    raise Failed(f"Waited {patience:.0f} s in vain: {what}.")


@dataclass(frozen=True)
class Seat:
    """Somebody who has signed in, by the cookies of the browser."""

    cookies: dict[str, str]


class Scene:
    """One drill's portal: an environment that leads to a database, and the processes that were started over it."""

    def __init__(self, folder: DataFolder, env: Mapping[str, str], world: Mapping[str, Any], owner: str) -> None:
        self.folder, self.env, self.world = folder, dict(env), world
        self.owner_address = owner  # an address of the database for a reader whom nothing stops
        self.children: dict[str, Child] = {}
        self.held: set[str] = set()  # what the drill itself has ended, and starts again itself
        self.makers: dict[str, Callable[[], Child]] = {}
        self.listener = listen(None, any_free=True)
        self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.lock = threading.Lock()

    def seat(self, name: str) -> Seat:
        return Seat(self.world["people"][name])

    @property
    def child(self) -> uuid.UUID:
        return uuid.UUID(self.world["child"])

    def ask(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Return what the database holds, as its administrator reads it."""
        with psycopg.connect(self.owner_address, autocommit=True) as connection:
            found = connection.execute(statement, values or None)  # type: ignore[arg-type]
            return found.fetchall() if found.description else []

    def count(self, statement: str, *values: Any) -> int:
        return int(self.ask(statement, *values)[0][0])

    # Processes

    def start(self, name: str, make: Callable[[], Recipe | Child]) -> Child:
        """Start a process, and keep it running as the launcher does."""

        def made() -> Child:
            child = make()
            return child if isinstance(child, Child) else start(child)

        with self.lock:
            self.makers[name] = made
            self.children[name] = made()
            self.held.discard(name)
        return self.children[name]

    def revive(self) -> None:
        """Start again what has ended by itself."""
        with self.lock:
            for name, child in list(self.children.items()):
                if name not in self.held and not child.is_alive():
                    child.kill()
                    try:
                        self.children[name] = self.makers[name]()
                    except Failed:  # not yet: what it needs is not up itself
                        continue

    def web(self, more: Mapping[str, str] | None = None) -> None:
        env = self.env | {"SAFE_RETURN_ADDRESS": self.address} | dict(more or {})
        self.start("web", lambda: recipes.web(self.folder, env, self.listener.fileno()))
        wait_for(lambda: ask(self.address), "the web server answers")

    def worker(self, include: str = "", more: Mapping[str, str] | None = None) -> None:
        """Start the worker; include: a module of the drill that it reads beside its own."""

        def make() -> Recipe:
            recipe = recipes.worker(self.folder, self.env | dict(more or {}))
            *words, own = recipe.command
            recipe.command = [*words, f"{own},{include}" if include else own]
            return recipe

        self.start("worker", make)

    def beat(self) -> None:
        self.start("beat", lambda: recipes.beat(self.folder, self.env))

    def end(self, name: str) -> None:
        """Kill a process with everything that it started; it stays down until the drill starts it again."""
        with self.lock:
            self.held.add(name)
        self.children[name].kill()

    def rise(self, *names: str) -> None:
        """Let processes that the drill has ended come up again by themselves."""
        with self.lock:
            self.held -= set(names)

    def end_all(self) -> None:
        for name in ("web", "beat", "worker"):
            if name in self.children:
                self.end(name)
        self.listener.close()

    def command(self, *words: str, more: Mapping[str, str] | None = None) -> tuple[int, str]:
        """Run a command of the portal to its end; return its exit code and what it said."""
        done = subprocess.run(  # noqa: S603 - the commands named in this folder
            [sys.executable, str(ROOT / "manage.py"), *words],
            env=os.environ | self.env | dict(more or {}),
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        return done.returncode, done.stdout + done.stderr

    def verify(self) -> tuple[int, str]:
        """Seal what there is, and compare the record with its proof."""
        code, said = self.command("anchor", "--once")
        return self.command("verify_audit") if code == 0 else (code, said)


class Stage:
    """The servers of one run of drills, with the world that each drill gets a copy of."""

    def __init__(self, folder: DataFolder, say: Callable[[str], None]) -> None:
        self.folder, self.say = folder, say
        self.cluster = Cluster(folder)
        self.world: dict[str, Any] = {}
        self.current: Scene | None = None
        self.over = threading.Event()
        self.watcher = threading.Thread(target=self.keep_up, daemon=True)

    def prepare(self) -> None:
        """Make tables, static files and the small world, once for all drills of the run."""
        self.cluster.start(kind="drill")
        self.watcher.start()
        self.cluster.postgres.create_database(TEMPLATE)
        env = self.cluster.environment("local", TEMPLATE)
        static = preparation.Static(self.folder, env)
        preparation.Errand("migrate", "--no-input", env=env, folder=self.folder).finish()
        static.finish()
        as_owner = env | {"SAFE_RETURN_AS": "migrator"}
        self.world = json.loads(preparation.Errand("drill_world", env=as_owner, folder=self.folder).finish())

    def address(self, database: str) -> str:
        postgres = self.cluster.postgres
        return (
            f"host={postgres.sockets} user=postgres password={postgres.passwords['postgres']} dbname={database}"
            " connect_timeout=5"
        )

    @contextmanager
    def scene(self) -> Iterator[Scene]:
        """A copy of the world, with nobody at it yet; everything that is started there is ended at the end."""
        postgres = self.cluster.postgres
        self.cluster.valkey.empty()
        postgres.drop_database(COPY)
        postgres.create_database(COPY, template=TEMPLATE)
        scene = Scene(self.folder, self.cluster.environment("local", COPY), self.world, self.address(COPY))
        scene.children |= {"postgres": postgres.child, "valkey": self.cluster.valkey.child}  # type: ignore[dict-item]
        scene.makers |= {"postgres": postgres.start, "valkey": self.cluster.valkey.start}
        self.current = scene
        try:
            yield scene
        finally:
            scene.end_all()
            scene.rise("postgres", "valkey")  # the next drill needs them
            wait_for(self.is_up, "the servers are up again")
            self.current = None

    def is_up(self) -> bool:
        """Whether both servers answer."""
        try:
            self.cluster.postgres.connect().close()
            self.cluster.valkey.empty()
        except (psycopg.OperationalError, OSError):
            return False
        return True

    def keep_up(self) -> None:
        """Do what the launcher does: start again what fell over. In one thread, with which the kernel ends its children."""
        while not self.over.wait(0.25):
            if self.current is not None:
                self.current.revive()

    def amcheck(self) -> tuple[int, str]:
        """Look through every index and table of the copy with the server's own tool."""
        postgres = self.cluster.postgres
        with postgres.connect(COPY) as connection:
            connection.execute("CREATE EXTENSION IF NOT EXISTS amcheck")
        way = {"PGHOST": str(postgres.sockets), "PGUSER": "postgres", "PGPASSWORD": postgres.passwords["postgres"]}
        done = subprocess.run(  # noqa: S603 - the server's own program
            [str(find_wheel() / "bin" / "pg_amcheck"), "--heapallindexed", COPY],
            env=os.environ | way,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        return done.returncode, done.stdout + done.stderr


@contextmanager
def staged(say: Callable[[str], None]) -> Iterator[Stage]:
    """Servers of their own in a temporary folder; no running portal, and none of its data, is touched."""
    sweep()  # a run that was killed could not remove its own
    with tempfile.TemporaryDirectory(prefix=TEMPORARY, ignore_cleanup_errors=True) as name:
        stage = Stage(DataFolder(Path(name)), say)
        try:
            stage.prepare()
            yield stage
        finally:
            stage.over.set()
            stage.cluster.stop()


def below(child: Child) -> list[psutil.Process]:
    """Return the processes that a process has started."""
    try:
        return psutil.Process(child.process.pid).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def kill(process: psutil.Process) -> None:
    try:
        os.kill(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
