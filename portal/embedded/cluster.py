"""PostgreSQL and Valkey together, and the environment that leads Django to them."""

import base64
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil

from portal.audit.proof import private_key, public_of
from portal.embedded.folder import DataFolder, FolderInUse
from portal.embedded.postgres import Postgres
from portal.embedded.processes import Child, end_leftovers
from portal.embedded.valkey import Valkey

DATABASES = {"demo": "safe_return_demo", "local": "safe_return", "test": "safe_return"}
URL_ROLES = {
    "DATABASE_URL": "app",
    "DATABASE_OWNER_URL": "migrator",
    "DATABASE_CLOCK_URL": "clock",
    "DATABASE_ANCHOR_URL": "anchor",
}
TEMPORARY = "safe-return-test-"
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
ROOM = 6 << 30


class Cluster:
    """The two servers of one data folder. Whoever starts them holds the folder."""

    def __init__(self, folder: DataFolder, *, throwaway: bool = False, copies_log: bool = True) -> None:
        self.folder = folder
        self.throwaway = throwaway
        self.copies_log = copies_log and not throwaway
        self.children: dict[str, Child] = {}
        self.facts: dict[str, Any] = {}

    def start(self, **facts: Any) -> None:
        """Take the folder and start both servers. Raises FolderInUse where another process has the folder."""
        self.folder.hold()
        _clear_up(self.folder.recorded())
        self.folder.forget()
        self.place(self.folder.sockets())
        self.facts = {"pid": os.getpid(), "started": datetime.now().astimezone().isoformat(), **facts}
        try:
            self.children["valkey"] = self.valkey.start()
            self.children["postgres"] = self.postgres.start()
        except BaseException:
            self.stop()
            raise
        self.note()

    def join(self) -> None:
        """Use the servers that another process runs in the same folder."""
        self.facts = self.folder.recorded()
        self.place(Path(self.facts["sockets"]))

    def stop(self) -> None:
        self.valkey.stop()
        self.postgres.stop()
        for temporary in self._temporary():
            shutil.rmtree(temporary, ignore_errors=True)
        self.folder.forget()
        self.folder.let_go()

    def note(self, **more: Any) -> None:
        """Write down what runs, for commands that want to join and for the start after a kill -9."""
        self.facts |= more
        self.facts |= {
            "sockets": str(self.sockets),
            "temporary": self._temporary(),
            "children": [child.identity() for child in self.children.values()],
        }
        self.folder.record(self.facts)

    def ensure_database(self, mode: str) -> None:
        if not self.postgres.has_database(DATABASES[mode]):
            self.postgres.create_database(DATABASES[mode])

    def environment(self, mode: str, database: str = "") -> dict[str, str]:
        """What Django needs to know, and nothing else needs telling. database: another one than that of the mode."""
        kept, database = self.folder.secrets(), database or DATABASES[mode]
        address = {name: self._url(role, database) for name, role in URL_ROLES.items()}
        if self.throwaway:
            address["DATABASE_TEST_URL"] = self._url("test", database)
        return address | {
            "BROKER_URL": f"redis+socket://{self.valkey.address}?virtual_host=/0",
            "CACHE_URL": f"unix://{self.valkey.address}?db=1",
            "SAFE_RETURN_SECRET_KEY": kept["secret_key"],
            "SAFE_RETURN_KEYS": kept["keys"],
            "SAFE_RETURN_EVENT_KEYS": self.folder.event_keys(),
            "SAFE_RETURN_ANCHOR_PUBLIC": base64.b64encode(public_of(private_key(self.folder.anchor_key()))).decode(),
            "SAFE_RETURN_MODE": mode,
            "SAFE_RETURN_DATA": str(self.folder.path),
        }

    def place(self, sockets: Path) -> None:
        self.sockets = sockets
        folder = self.folder
        self.valkey = Valkey(folder.valkey, sockets / "valkey.sock", folder.logs / "valkey.log")
        self.postgres = Postgres(
            folder.postgres,
            sockets / "pg",
            folder.logs / "postgres.log",
            folder.secrets(),
            throwaway=self.throwaway,
        )
        self.postgres.backups = folder.backups if self.copies_log else None

    def _url(self, role: str, database: str) -> str:
        password = self.folder.secrets()[role]
        return f"postgresql://{role}:{password}@/{database}?host={quote(str(self.postgres.sockets), safe='')}"

    def _temporary(self) -> list[str]:
        outside = [] if self.sockets.is_relative_to(self.folder.path) else [self.sockets]
        copied = [self.postgres.copied] if self.postgres.copied else []
        return [str(path) for path in outside + copied]


@contextmanager
def in_memory() -> Iterator[None]:
    """Keep what is temporary in memory meanwhile, where there is room for it.

    Each copy of a database is some thousand small files; on a disk making them takes longer than what is tested in them.
    """
    sweep()  # where temporary folders are otherwise
    if not _has_room(MEMORY):
        yield
        return
    with tempfile.TemporaryDirectory(prefix=TEMPORARY, dir=MEMORY, ignore_cleanup_errors=True) as name:
        folder, before = DataFolder(Path(name)), os.environ.get("TMPDIR")
        folder.hold()
        os.environ["TMPDIR"], tempfile.tempdir = name, name
        try:
            yield
        finally:
            if before is None:
                del os.environ["TMPDIR"]
            else:
                os.environ["TMPDIR"] = before
            tempfile.tempdir = None
            folder.let_go()


def _has_room(folder: Path) -> bool:
    """Return whether the folder lies in memory, with room for the tests beside what runs, and programs run from it."""
    kinds = {one.mountpoint: (one.fstype, one.opts.split(",")) for one in psutil.disk_partitions(all=True)}
    kind, options = kinds.get(str(folder), ("", []))
    room = min(psutil.disk_usage(str(folder)).free, psutil.virtual_memory().available) if kind == "tmpfs" else 0
    return room >= ROOM and "noexec" not in options and os.access(folder, os.W_OK)


@contextmanager
def ephemeral() -> Iterator[dict[str, str]]:
    """Both servers in a temporary folder, fast and unsafe, for one run of the tests; yields Django's environment."""
    sweep()
    with tempfile.TemporaryDirectory(prefix=TEMPORARY, ignore_cleanup_errors=True) as name:
        cluster = Cluster(DataFolder(Path(name)), throwaway=True)
        cluster.start(kind="tests")
        try:
            cluster.ensure_database("test")
            yield cluster.environment("test")
        finally:
            cluster.stop()


def _clear_up(left: dict[str, Any]) -> None:
    """What a launcher that was killed left behind."""
    end_leftovers(left.get("children", []))
    for temporary in left.get("temporary", []):
        shutil.rmtree(temporary, ignore_errors=True)


def sweep() -> None:
    """Remove the folders of tests and measurements that were killed. One in use is held, one of another account not ours."""
    found_in = {Path(tempfile.gettempdir()), MEMORY}
    for path in [path for place in found_in for path in place.glob(f"{TEMPORARY}*")]:
        folder = DataFolder(path)
        try:
            found = path.lstat()  # a link that another account laid there leads to what is no leftover
            if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or time.time() - found.st_mtime < 60:
                continue
            folder.hold()
        except (FileNotFoundError, FolderInUse):  # a run that ends at this moment removes its own
            continue
        _clear_up(folder.recorded())
        shutil.rmtree(path, ignore_errors=True)
        folder.let_go()
