"""The launcher: servers, worker, beat and web of one machine, started in order, watched, and stopped together."""

import argparse
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from portal.embedded import preparation, recipes
from portal.embedded.backups.daily import Daily
from portal.embedded.cluster import DATABASES, Cluster
from portal.embedded.folder import ROOT, FolderInUse, data_folder
from portal.embedded.processes import Child, Failed, end_with_parent, start

HOST = "127.0.0.1"
PORT = 8000
PORTS_TRIED = 50
MODES = {"demo": "demo", "up": "local"}
PATIENCE = 60
# A child may fall over this often in a minute before everything is stopped.
RESTARTS = 3
ADVICE = "The data are as they were. Put right what the last lines name and start again; what is done stays done."
ASKED_AGAIN = 2.0  # seconds
STOPPING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop(BaseException):
    """Somebody asked the launcher to end."""


def main(name: str, arguments: Sequence[str]) -> int:
    """Run until somebody stops it; 0 after a run that ended as it should."""
    launcher = Launcher(name, _options(name, arguments))
    for number in STOPPING_SIGNALS:
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup ignores a closed terminal
            signal.signal(number, _ask_to_stop)
    signal.signal(signal.SIGALRM, _ask_to_stop)
    try:
        return launcher.run()
    except Stop:
        signal.setitimer(signal.ITIMER_REAL, 0)
        print("\nStopping ...", flush=True)
        return 0 if launcher.is_up else 130
    except FolderInUse:
        raise Failed(_already(launcher.folder.recorded())) from None
    finally:
        launcher.stop()


def _ask_to_stop(_number: int, _frame: object) -> None:
    for number in STOPPING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)  # once is enough: each child has only so long to end
    # Python prints and drops what is raised while it forks or collects garbage: ask again until it is heard.
    signal.setitimer(signal.ITIMER_REAL, ASKED_AGAIN)
    raise Stop


def _options(name: str, arguments: Sequence[str]) -> argparse.Namespace:
    about = {"demo": "Run the portal with an invented world.", "up": "Run the portal on this machine, empty."}
    parser = argparse.ArgumentParser(prog=f"manage.py {name}", description=about[name])
    parser.add_argument("--port", type=int, help=f"the port on {HOST}; without it {PORT} or the next free one")
    parser.set_defaults(fresh=False, check=False)
    if name == "demo":
        parser.add_argument("--fresh", action="store_true", help="throw the demo's data away first")
        parser.add_argument("--check", action="store_true", help="start, try everything once, stop")
    return parser.parse_args(arguments)


class Launcher:
    """Everything one machine runs, in the order of starting; stopping goes the other way."""

    def __init__(self, name: str, options: argparse.Namespace) -> None:
        self.name, self.options, self.mode = name, options, MODES[name]
        self.folder = data_folder()
        self.cluster = Cluster(self.folder)
        self.listener: socket.socket | None = None
        self.env: dict[str, str] = {}
        self.greeting: Callable[[], str] = lambda: ""
        self.static: preparation.Static | None = None
        self.address = ""
        self.is_up = False
        self.falls: dict[str, deque[float]] = defaultdict(deque)
        self.daily = Daily(self.folder)

    def run(self) -> int:
        self.folder.hold()
        steps = self._steps()
        for number, (label, step) in enumerate(steps, 1):
            _take(f"[{number}/{len(steps)}] {label}", step)
        self.is_up = True
        if self.options.check:
            return self._check()
        print(self._welcome(), flush=True)
        self._watch()
        return 0

    def _steps(self) -> list[tuple[str, Callable[[], object]]]:
        steps: list[tuple[str, Callable[[], object]]] = [
            ("PostgreSQL and Valkey", self._start_servers),
            ("Tables of the database", self._prepare_tables),
            ("Static files", self._finish_static),
            ("Worker, beat, anchor and web", self._start_portal),
        ]
        if self.mode == "demo":
            steps.insert(2, ("People and cases of the demo", self._fill))
        return steps

    # The steps

    def _start_servers(self) -> None:
        self.cluster.start(kind="stack", name=self.name, mode=self.mode)
        if self.options.fresh:
            self._wipe()

    def _wipe(self) -> None:
        """The demo's data only: the folder may also hold the data of `up`."""
        self.cluster.postgres.drop_database(DATABASES["demo"])
        self.cluster.valkey.empty()
        for kind in ("files", "mail"):
            shutil.rmtree(self.folder.path / kind / "demo", ignore_errors=True)

    def _prepare_tables(self) -> None:
        self.static = preparation.Static(self.folder, self.cluster.environment(self.mode))
        preparation.prepare(self.cluster, self.mode, seeding=False)

    def _fill(self) -> None:
        preparation.prepare(self.cluster, self.mode)
        people = preparation.who_can_sign_in(self.cluster)
        self.greeting = lambda: f"Who can sign in:\n\n{people}"

    def _finish_static(self) -> None:
        if self.static:
            self.static.finish()

    def _start_portal(self) -> None:
        self.listener = listen(self.options.port, any_free=self.options.check)
        self.address = f"http://{HOST}:{self.listener.getsockname()[1]}"
        self.env = self.cluster.environment(self.mode) | {"SAFE_RETURN_ADDRESS": self.address}
        self._start("web")
        if self.mode == "local":
            link = preparation.Errand("operator_link", env=self.env, folder=self.folder)
            self.greeting = lambda: f"The operator signs in, once, at:\n\n{link.finish()}"
        self._wait_for_web()
        # The others take their share of the processors when somebody can already sign in.
        for name in ("worker", "beat", "anchor"):
            self._start(name)
        self.cluster.note(address=self.address)
        self.daily.begin(self.env)

    def _start(self, name: str) -> None:
        """Start a child, or start it again."""
        if name == "postgres":
            child = self.cluster.postgres.start()
        elif name == "valkey":
            child = self.cluster.valkey.start()
        elif name == "web":
            assert self.listener
            child = start(recipes.web(self.folder, self.env, self.listener.fileno()))
        else:
            child = start(getattr(recipes, name)(self.folder, self.env))
        self.cluster.children[name] = child
        self.cluster.note()

    def _wait_for_web(self) -> None:
        web, status = self.cluster.children["web"], None
        deadline = time.monotonic() + PATIENCE
        while web.is_alive() and status is None and time.monotonic() < deadline:
            status = ask(self.address)
            time.sleep(0.05)
        if status is None:
            raise Failed(f"The web server does not answer. {web.last_words()}")
        if status >= 500:
            raise Failed(f"The first page answers with error {status}. {web.last_words()}")

    # While it runs

    def _welcome(self) -> str:
        return (
            f"\nSafe Return is running at {self.address}\n\n{self.greeting().rstrip()}\n\n"
            f"Data and logs: {self.folder.path}\nStop with Ctrl-C."
        )

    def _check(self) -> int:
        """Let the demo's own test use the running portal as a person would; then ask three times over who sees what."""
        dies = end_with_parent(signal.SIGTERM)
        for arguments in (["check_demo", "--address", self.address], ["access_matrix", "--compare"]):
            command = [sys.executable, str(ROOT / "manage.py"), *arguments]
            done = subprocess.run(command, env=os.environ | self.env, preexec_fn=dies, check=False)  # noqa: S603
            if done.returncode:
                return done.returncode
        return 0

    def _watch(self) -> None:
        while True:
            for name, child in list(self.cluster.children.items()):
                if not child.is_alive():
                    self._revive(name, child)
            self.daily.look()
            time.sleep(0.25)

    def _revive(self, name: str, child: Child) -> None:
        falls, now = self.falls[name], time.monotonic()
        falls.append(now)
        while falls[0] < now - 60:
            falls.popleft()
        if len(falls) > RESTARTS:
            raise Failed(f"{name} keeps stopping. {child.last_words()}")
        print(f"{name} stopped by itself (code {child.process.returncode}) and is started again.", flush=True)
        child.kill()  # what it may have left behind
        self._start(name)

    def stop(self) -> None:
        """What uses the servers first, so that nobody loses them under their feet."""
        self.daily.stop()
        if self.static:
            self.static.stop()
        for name in ("web", "beat", "worker", "anchor"):
            if name in self.cluster.children:
                self.cluster.children[name].stop()
        if self.cluster.children:
            self.cluster.stop()
        if self.listener:
            self.listener.close()


def _take(label: str, step: Callable[[], object]) -> None:
    print(f"{label} ... ", end="", flush=True)
    began = time.monotonic()
    try:
        step()
    except BaseException as problem:
        print("not done", flush=True)
        if isinstance(problem, Failed):
            raise Failed(f"{problem}\n\n{ADVICE}") from None
        raise
    print(f"{time.monotonic() - began:.1f} s", flush=True)


def listen(port: int | None, *, any_free: bool = False) -> socket.socket:
    """A listening socket on loopback: on the wanted port, on the first free one from the usual one, or on any."""
    usual = [0] if any_free else range(PORT, PORT + PORTS_TRIED)
    ports = [port] if port else usual
    for candidate in ports:
        listener = socket.socket(socket.AF_INET)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, candidate))
            listener.listen(128)
        except OSError:
            listener.close()
        else:
            return listener
    raise Failed(f"Port {port or f'{PORT} and the {PORTS_TRIED} after it'} cannot be used. Choose one with --port.")


def ask(address: str) -> int | None:
    """The status of the first page, or None as long as nobody answers."""
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=5)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


def _already(running: dict[str, Any]) -> str:
    """What to say when the data folder is taken."""
    if "started" not in running:
        return "The portal is just starting or stopping in this folder. Wait a moment and try again."
    when = f"started {datetime.fromisoformat(running['started']):%H:%M}, process {running['pid']}"
    what = f"The portal already runs at {running.get('address')} ({when}). Stop it there with Ctrl-C"
    if running["kind"] == "command":
        what = f"The command {running['name']} is using the data folder ({when}). Wait until it ends"
    elif "address" not in running:
        what = f"The portal is already starting ({when}). Stop it there with Ctrl-C"
    return f"{what}, or choose another folder with SAFE_RETURN_DATA."
