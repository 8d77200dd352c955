"""The folder of backups: what lies in it, what each backup says of itself, and what is let go."""

import fcntl
import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from portal.audit.disk import digest_of
from portal.embedded.postgres import find_wheel
from portal.embedded.processes import Failed

MANIFEST = "manifest.json"
DRAFT = ".draft-"
NAME = re.compile(r"\d{4}-\d\d-\d\dT\d{6}Z")
PIECE = re.compile(r"[0-9A-F]{8}([0-9A-F]{16})\.")  # of the log: its time line, and its number
KEPT = int(os.environ.get("SAFE_RETURN_BACKUPS_KEPT", "14"))  # days of which one backup stays


@dataclass(frozen=True)
class Backup:
    """One whole backup, and what it says of itself."""

    path: Path
    facts: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.facts["name"])

    @property
    def ended(self) -> datetime:
        """The first moment that can be restored from it."""
        return datetime.fromisoformat(self.facts["ended"])

    @property
    def size(self) -> int:
        return sum(file["bytes"] for file in self.facts["files"].values())

    def wal(self) -> Path:
        """Where the log of changes is looked for that goes on from it."""
        return self.path.parent / "wal" / self.facts["system"]

    def verify(self) -> None:
        """Compare every file with its digest, and the files of the database with PostgreSQL's own list; raises Failed."""
        for name, said in self.facts["files"].items():
            file = self.path / name
            if not file.exists():
                raise Failed(f"Backup {self.name} is damaged: {name} is missing. Take another one.")
            if file.stat().st_size != said["bytes"] or digest_of(file) != said["sha256"]:
                raise Failed(f"Backup {self.name} is damaged: {name} was altered. Take another one.")
        demand_whole(self.path / "database")


def demand_whole(database: Path) -> None:
    """Have PostgreSQL compare its files with the list that it wrote of them; raises Failed. The log is tried by restoring."""
    asked = subprocess.run(  # noqa: S603 - the wheel's own program
        [str(find_wheel() / "bin" / "pg_verifybackup"), "--no-parse-wal", "--quiet", str(database)],
        capture_output=True,
        text=True,
        check=False,
    )
    if asked.returncode:
        raise Failed(f"The files of the database in {database} are not those that were backed up.\n{asked.stderr}")


def read(path: Path) -> Backup:
    """Return the backup in a folder; raises Failed where there is none."""
    try:
        return Backup(path.absolute(), json.loads((path / MANIFEST).read_text()))
    except FileNotFoundError:
        raise Failed(f"{path} holds no whole backup: {MANIFEST} is missing. Take another one.") from None
    except ValueError:
        raise Failed(f"Backup {path.name} is damaged: {MANIFEST} cannot be read. Take another one.") from None


class Place:
    """The folder in which backups lie beside each other, with the log of changes between them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()

    def backups(self) -> list[Backup]:
        """Return the whole ones, oldest first."""
        found = sorted(path for path in self.folder.glob("*") if NAME.fullmatch(path.name))
        return [read(path) for path in found if (path / MANIFEST).exists()]

    def find(self, word: str) -> Backup:
        """Return a backup by its folder or its name, or the newest one; raises Failed."""
        if word != "newest":
            return read(Path(word) if Path(word).exists() else self.folder / word)
        if not (found := self.backups()):
            raise Failed(f"There is no backup in {self.folder}.")
        return found[-1]

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep the folder for one backup at a time, and take away what killed ones left. Raises Failed."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            for draft in self.folder.glob(f"{DRAFT}*"):
                shutil.rmtree(draft, ignore_errors=True)
            yield
        except BlockingIOError:
            raise Failed(f"A backup is just being made or tried in {self.folder}. Wait until it has ended.") from None
        finally:
            os.close(lock)

    def prune(self, system: str, kept: int = KEPT) -> list[str]:
        """Let go of what is no longer kept: of each past day all but the newest, and the days before; then of its log.

        Backups of other databases in the same folder are left alone.
        """
        ours = [backup for backup in self.backups() if backup.facts["system"] == system]
        newest = {backup.name[:10]: backup.name for backup in ours}
        today = max(newest)
        stay = {newest[day] for day in sorted(newest)[-kept:]} | {b.name for b in ours if b.name.startswith(today)}
        for backup in ours:
            if backup.name not in stay:
                gone = backup.path.rename(self.folder / f"{DRAFT}{backup.name}")  # never half a backup under its name
                shutil.rmtree(gone)
        oldest = min((b for b in ours if b.name in stay), key=lambda b: b.name)
        for path in oldest.wal().glob("*.gz"):
            if (piece := PIECE.match(path.name)) and piece[1] < oldest.facts["wal_from"][8:]:
                path.unlink()
        return sorted({backup.name for backup in ours} - stay)
