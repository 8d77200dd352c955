"""What is known of backups, from the folder that they lie in: the last ones, their tests, and whom to erase again."""

import datetime
import errno
import json
import os
import tempfile
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from portal.audit import clock
from portal.audit.macs import ERASURE, Keys, fits, mac_of

LATE = datetime.timedelta(hours=26)
LONGEST = datetime.timedelta(hours=6)  # after which one that is under way is ended
# What is kept of each: the last try, and the last one that came to its end.
MADE, WHOLE, TRIED, PROVED = "made", "whole", "tried", "proved"
UNFINISHED, FAILED = "unfinished", "failed"

ARCHIVER = "SELECT last_archived_time, last_failed_time FROM pg_stat_archiver"


@dataclass(frozen=True)
class Outcome:
    """What came of a backup or of a restore test: a name, times and sizes; nothing in problem where all went well."""

    at: datetime.datetime
    name: str
    size: int = 0
    seconds: float = 0
    problem: str = ""


def outcomes(folder: Path) -> dict[str, Outcome]:
    """Return what is known, by its kind; nothing where there is no backup yet."""
    try:
        kept = json.loads((folder / "results.json").read_text())
        return {kind: Outcome(**one | {"at": datetime.datetime.fromisoformat(one["at"])}) for kind, one in kept.items()}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def note(folder: Path, **found: Outcome) -> None:
    """Write down what came of it, whole or not at all."""
    kept = outcomes(folder) | found
    lines = {kind: asdict(one) | {"at": one.at.isoformat()} for kind, one in kept.items()}
    descriptor, draft = tempfile.mkstemp(dir=folder, prefix=".results-")
    with os.fdopen(descriptor, "w") as file:
        json.dump(lines, file, indent=1)
    os.replace(draft, folder / "results.json")


@dataclass(frozen=True)
class State:
    """How backups stand now, for whoever keeps the portal."""

    known: dict[str, Outcome]
    now: datetime.datetime
    copied: datetime.datetime | None = None  # when the last piece of the log of changes was copied
    is_copying: bool = True

    def is_late(self, kind: str) -> bool:
        """Return whether the last good one of a kind is older than a day and two hours, or not there at all."""
        last = self.known.get(kind)
        return last is None or self.now - last.at > LATE

    def is_under_way(self, kind: str) -> bool:
        """Return whether one is just being made or tried."""
        last = self.known.get(kind)
        return last is not None and last.problem == UNFINISHED and self.now - last.at < LONGEST

    @property
    def is_new(self) -> bool:
        """Return whether nobody ever tried."""
        return not self.known

    @property
    def is_good(self) -> bool:
        return self.is_copying and not self.is_late(WHOLE) and not self.is_late(PROVED)


def state() -> State:
    """Return how backups stand: from the folder, and for the log of changes from the server itself."""
    with connection.cursor() as cursor:
        cursor.execute(ARCHIVER)
        copied, failed = cursor.fetchone()
    is_copying = failed is None or (copied is not None and copied > failed)
    return State(outcomes(settings.BACKUPS), clock.now(), copied, is_copying)


# Whom to erase again


@dataclass(frozen=True)
class Erased:
    """What of a child's file was erased: ids, numbers of sections and the ground; no word of it, and no name."""

    id: uuid.UUID
    child_id: uuid.UUID
    sections: list[int]
    ground: str
    asked_by: uuid.UUID | None
    approved_by: uuid.UUID | None
    at: datetime.datetime


def note_erasure(erased: Erased, folder: Path | None = None, keys: Keys | None = None) -> None:
    """Write down beside the backups what was erased: after every restore it is done again. Raises OSError where it cannot.

    A line that does not fit on the disk is taken back: half a line would make the whole list unreadable.
    """
    folder = folder or settings.BACKUPS
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    said = json.loads(json.dumps(asdict(erased), default=str))
    line = json.dumps(said | {"mac": mac_of(keys or settings.EVENT_KEYS, ERASURE, said).hex()}) + "\n"
    descriptor = os.open(folder / "erasures.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        if os.write(descriptor, line.encode()) < len(line.encode()):
            os.ftruncate(descriptor, size)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(folder))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def erasures(folder: Path) -> list[Erased]:
    """Return what was erased, in that order; without the lines that the portal did not write."""
    return [one for _number, one in listed(folder) if one is not None]


def unfit_lines(folder: Path) -> list[int]:
    """Return the numbers of the lines that the portal did not write, or that somebody altered."""
    return [number for number, one in listed(folder) if one is None]


def listed(folder: Path) -> list[tuple[int, Erased | None]]:
    """Return the lines of the list by their numbers; nothing in the place of one whose MAC does not fit."""
    try:
        lines = (folder / "erasures.jsonl").read_bytes().splitlines()
    except FileNotFoundError:
        return []
    return [(number, erased_from(line)) for number, line in enumerate(lines, 1) if line.strip()]


def erased_from(line: bytes) -> Erased | None:
    """Return what a line says; nothing where the portal did not write it."""
    try:
        one: dict[str, Any] = json.loads(line)
        if not fits(settings.EVENT_KEYS, ERASURE, one, bytes.fromhex(one.pop("mac"))):
            return None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    ids = {name: one[name] and uuid.UUID(one[name]) for name in ("id", "child_id", "asked_by", "approved_by")}
    return Erased(**one | ids | {"at": datetime.datetime.fromisoformat(one["at"])})
