"""Restoring: a backup becomes a portal of its own in a new folder, as it stood at a moment. Nothing that runs is touched."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from portal.audit import macs
from portal.audit.proof import name_of, private_key, public_of
from portal.embedded.archive import gap_after, pieces
from portal.embedded.backups.making import FILES, prints
from portal.embedded.backups.place import Backup
from portal.embedded.cluster import DATABASES, Cluster
from portal.embedded.folder import ROOT, DataFolder
from portal.embedded.postgres import SERVANT
from portal.embedded.processes import Failed

KEY_FILES = ("secrets.json", "anchor.key", "event.keys")
TOO_EARLY = "requested recovery stop point is before consistent recovery point"
TOO_LATE = "recovery ended before configured recovery target was reached"
END_SIGN_INS = """
UPDATE access_identitytoken SET until = least(until, now()), latest = least(latest, now()) WHERE kind = 'session';
DELETE FROM django_session;
"""


@dataclass(frozen=True)
class Restored:
    """A restored portal whose servers run."""

    cluster: Cluster
    backup: Backup
    reached: datetime  # when the last change was made that is in it

    @property
    def mode(self) -> str:
        return str(self.backup.facts["mode"])

    @property
    def event_files(self) -> Path:
        """The months that left the database: in the restored folder, or, where this is a test, beside the backups."""
        own = self.cluster.folder.path / "events" / self.mode
        return own if own.is_dir() else events_beside(self.backup, self.mode)

    def ask(self, *words: str) -> tuple[int, str]:
        """Run a command of the portal on it; return its exit code and what it said."""
        asked = subprocess.run(  # noqa: S603 - the commands named in this folder
            [sys.executable, str(ROOT / "manage.py"), *words],
            env=os.environ
            | self.cluster.environment(self.mode)
            | {
                "SAFE_RETURN_ANCHOR_KEY": str(self.cluster.folder.anchor_key()),
                "SAFE_RETURN_EVENT_FILES": str(self.event_files),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        return asked.returncode, asked.stdout + (asked.stderr if asked.returncode else "")


@contextmanager
def restored(
    backup: Backup,
    into: Path,
    *,
    keys: Path,
    until: datetime | None = None,
    wal: Path | None = None,
    copies_log: bool = True,
) -> Iterator[Restored]:
    """Make a portal of a backup and start its servers; what fails leaves nothing behind. Raises Failed."""
    demand_unused(into)
    backup.verify()
    log = demand_log(backup, wal or backup.wal(), until)
    demand_keys(backup, keys)
    cluster = Cluster(DataFolder(into), copies_log=copies_log)
    try:
        cluster.folder.hold()
        for name in KEY_FILES:
            shutil.copy(keys / name, cluster.folder.path / name)
        unpack(backup, cluster.folder)
        last = recover(cluster, log, until)
        cluster.start(kind="command", name="restore", mode=backup.facts["mode"])
        try:
            yield Restored(cluster, backup, last or backup.ended)
        finally:
            cluster.stop()
    except BaseException:
        cluster.folder.let_go()
        shutil.rmtree(into, ignore_errors=True)
        raise


def events_beside(backup: Backup, mode: str) -> Path:
    """Return where the months that left the database are kept beside the backups."""
    return backup.path.parent / "events" / mode


def bring_events(found: Restored) -> None:
    """Copy the months that left the database into the restored folder: no backup of the database has them."""
    kept = events_beside(found.backup, found.mode)
    if kept.is_dir():
        shutil.copytree(kept, found.cluster.folder.path / "events" / found.mode, ignore=shutil.ignore_patterns(".*"))


def demand_unused(into: Path) -> None:
    """Raise Failed where something is in the folder: a restore never goes over what is there."""
    if DataFolder(into).is_held():
        raise Failed(f"A portal runs in {into}. Restore into a new folder: --into FOLDER.")
    if into.exists() and any(into.iterdir()):
        raise Failed(f"{into} is not empty. Restore into a new folder: --into FOLDER.")


def demand_log(backup: Backup, wal: Path, until: datetime | None) -> Path | None:
    """Return the folder of the log that goes on from the backup; raises Failed where it does not lead to that moment."""
    if until and until < backup.ended:
        raise Failed(
            f"Backup {backup.name} begins at {backup.ended.isoformat()}, after that moment. Take an earlier backup."
        )
    if not wal.is_dir() or not pieces(wal):
        if until:
            raise Failed(
                f"There is no log of changes in {wal}: only the backup itself can be restored, without --until."
                " Where the log lies elsewhere, say --wal FOLDER."
            )
        return None
    names = [name for name in pieces(wal) if name[8:] >= backup.facts["wal_from"][8:]]
    missing = gap_after(names, backup.facts["wal_from"], backup.facts["wal_size"])
    if missing and not until:
        raise Failed(
            f"The log of changes in {wal} has a gap: {missing}.gz is missing. Put it back,"
            " or say with --until the moment up to which you restore."
        )
    demand_readable(wal)
    return wal


def demand_readable(wal: Path) -> None:
    """As root the server has an account of its own, which must be able to read the log."""
    if os.geteuid() == 0 and any(path.stat().st_uid == 0 and not path.stat().st_mode & 0o004 for path in wal.iterdir()):
        raise Failed(f"The server runs as {SERVANT!r} and cannot read {wal}: chown -R {SERVANT} {wal}")


def demand_keys(backup: Backup, keys: Path) -> None:
    """Raise Failed where the keys are not those that the backup was made with; with others nobody reads it."""
    missing = [name for name in KEY_FILES if not (keys / name).exists()]
    if missing:
        raise Failed(
            f"{', '.join(missing)} not found in {keys}. The keys are in no backup: put the copy that was kept apart"
            " into a folder, and say --keys FOLDER."
        )
    kept = json.loads((keys / "secrets.json").read_text())
    there = prints({"SAFE_RETURN_KEYS": kept["keys"], "SAFE_RETURN_SECRET_KEY": kept["secret_key"]})["keys"]
    other = [name for name, said in backup.facts["keys"].items() if there.get(name) != said]
    if other:
        raise Failed(
            f"The key ring in {keys} is another one: it lacks {', '.join(other)}, with which this backup was made."
        )
    events = {name.hex() for name in macs.event_keys((keys / "event.keys").read_text())}
    if gone := sorted({*backup.facts.get("event_keys", ())} - events):
        raise Failed(f"event.keys in {keys} lacks {', '.join(gone)}, under which events of this backup were written.")
    anchor = name_of(public_of(private_key(keys / "anchor.key")))
    if anchor not in backup.facts["anchors"]:
        raise Failed(f"The key {anchor} in {keys} signed no checkpoint of this backup. Put the right anchor.key there.")


def unpack(backup: Backup, folder: DataFolder) -> None:
    """Put the files in place; those of the database belong to the account that its server runs as."""
    draft = folder.path / "postgres.new"
    for packed, to in (("base", draft), ("pg_wal", draft / "pg_wal")):
        extract(backup.path / "database" / f"{packed}.tar.gz", to)
    extract(backup.path / FILES, folder.path / "files")
    draft.chmod(0o700)
    if os.geteuid() == 0:
        for path in (draft, *draft.rglob("*")):
            shutil.chown(path, SERVANT)
    draft.rename(folder.postgres)


def extract(packed: Path, to: Path) -> None:
    to.mkdir(mode=0o700, exist_ok=True)
    careful: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
    with tarfile.open(packed) as archive:
        archive.extractall(to, **careful)  # noqa: S202 - its digest was compared


def recover(cluster: Cluster, wal: Path | None, until: datetime | None) -> datetime | None:
    """Play the log back up to the moment, or as far as it goes; return when the last change was made."""
    target = {"recovery_target_time": until.isoformat(sep=" ")} if until else {}
    cluster.place(cluster.folder.sockets())
    try:
        return cluster.postgres.recover(wal, target)
    except Failed as problem:
        if TOO_LATE in str(problem):
            raise Failed(
                f"The log of changes in {wal} does not reach {until}. Without --until it is restored as far as it goes."
            ) from None
        if TOO_EARLY in str(problem):
            raise Failed(f"{until} lies before the end of this backup. Take an earlier backup.") from None
        raise
    finally:
        cluster.postgres.stop()
        if not cluster.sockets.is_relative_to(cluster.folder.path):
            shutil.rmtree(cluster.sockets, ignore_errors=True)


def end_sign_ins(found: Restored) -> None:
    """End every sign-in: those that were ended after that moment would be open again."""
    with found.cluster.postgres.connect(DATABASES[found.mode]) as connection:
        connection.execute(END_SIGN_INS)


def differences(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Return the tables whose rows are not those of the other side."""
    return sorted(name for name in set(found) | set(wanted) if found.get(name) != wanted.get(name))
