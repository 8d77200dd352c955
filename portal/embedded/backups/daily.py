"""The daily backup with its restore test: when it is due, what it does, and what is written down of it."""

import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from portal.accounts.backups import FAILED, LONGEST, MADE, PROVED, TRIED, UNFINISHED, WHOLE, Outcome, note, outcomes
from portal.embedded import recipes
from portal.embedded.backups import digests
from portal.embedded.backups.making import begin_log, copy_log, make, put_events_away, seal, source_of
from portal.embedded.backups.place import DRAFT, Backup, Place
from portal.embedded.backups.restoring import differences, restored
from portal.embedded.cluster import DATABASES, Cluster
from portal.embedded.folder import DataFolder
from portal.embedded.processes import Child, Failed, start

EVERY = timedelta(hours=24)
AGAIN = timedelta(hours=1)  # after one that failed
FIRST = 300  # seconds: whoever has just started the portal wants to work with it
LOOK = 60


def back_up(cluster: Cluster, mode: str, place: Place) -> Backup:
    """Make a backup of the running servers, let go of old ones, and write down what came of it. The folder is held."""

    def made() -> Backup:
        begin_log(cluster)
        seal(cluster, mode)
        backup = make(source_of(cluster, mode), place)
        place.prune(backup.facts["system"])
        return backup

    return noted(place.folder, MADE, WHOLE, "", made)


def try_out(backup: Backup, place: Place, folder: DataFolder) -> Backup:
    """Restore a backup into a folder that is thrown away, compare its rows and let the portal check itself. Raises Failed."""

    def tried() -> Backup:
        with (
            tempfile.TemporaryDirectory(prefix=DRAFT, dir=place.folder, ignore_cleanup_errors=True) as name,
            restored(backup, Path(name) / "data", keys=folder.path, copies_log=False) as found,
        ):
            wanted = backup.facts["moment"]
            with found.cluster.postgres.connect(DATABASES[found.mode]) as connection:
                there = digests.of_moment(connection, wanted["snapshot"], wanted["at"])
            if other := differences(there, wanted["rows"]):
                raise Failed(f"Backup {backup.name} was restored with other rows in: {', '.join(other)}.")
            code, said = found.ask("after_restore")
            if code:
                raise Failed(f"Backup {backup.name} was restored, and the portal's own checks found:\n{said}")
        return backup

    return noted(place.folder, TRIED, PROVED, backup.name, tried)


def noted(folder: Path, last: str, good: str, name: str, act: Callable[[], Backup]) -> Backup:
    """Do it, and write down how it went, also where it is cut short."""
    at, began = datetime.now(UTC), time.monotonic()
    note(folder, **{last: Outcome(at, name, problem=UNFINISHED)})
    try:
        backup = act()
    except Exception:
        note(folder, **{last: Outcome(at, name, seconds=round(time.monotonic() - began, 1), problem=FAILED)})
        raise
    done = Outcome(at, backup.name, backup.size, round(time.monotonic() - began, 1))
    note(folder, **{last: done, good: done})
    return backup


def is_due(folder: Path, now: datetime) -> bool:
    """Return whether the last good ones are a day old, and nothing was tried within the hour."""
    known = outcomes(folder)
    good = [known[kind].at if kind in known else datetime.min.replace(tzinfo=UTC) for kind in (WHOLE, PROVED)]
    tries = [known[kind].at for kind in (MADE, TRIED) if kind in known]
    return min(good) <= now - EVERY and max(tries, default=min(good)) <= now - AGAIN


class Daily:
    """Beside the running portal: starts the backup as a process of its own when it is due. The folder remembers, not this."""

    def __init__(self, folder: DataFolder) -> None:
        self.folder = folder
        self.env: Mapping[str, str] = {}
        self.child: Child | None = None
        self.began = 0.0
        self.next = 0.0

    def begin(self, env: Mapping[str, str]) -> None:
        """The portal is up: leave it to whoever opens it for some minutes."""
        self.env, self.next = env, time.monotonic() + FIRST

    def look(self) -> None:
        """Asked all the time; looks once a minute."""
        now = time.monotonic()
        if now < self.next:
            return
        self.next = now + LOOK
        if self.child and self.child.is_alive():
            if now - self.began > LONGEST.total_seconds():
                self.child.kill()
        elif is_due(self.folder.backups, datetime.now(UTC)):
            self.child, self.began = start(recipes.backup(self.folder, self.env)), now

    def stop(self) -> None:
        if self.child:
            self.child.stop()


def everything(cluster: Cluster, mode: str, place: Place) -> Backup:
    """Make a backup and try it out, with the log of changes up to now; then let old months of events leave the database."""
    backup = back_up(cluster, mode, place)
    copy_log(cluster)
    tried = try_out(backup, place, cluster.folder)
    put_events_away(cluster, mode)
    return tried
