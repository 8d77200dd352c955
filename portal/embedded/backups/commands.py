"""manage.py backup and restore: what is typed, what is said, and the exit codes 0 done, 1 not done, 2 cannot."""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from portal.embedded.backups import daily
from portal.embedded.backups.making import APART, Source, make, prints
from portal.embedded.backups.place import Backup, Place
from portal.embedded.backups.restoring import Restored, bring_events, end_sign_ins, restored
from portal.embedded.cluster import DATABASES, Cluster
from portal.embedded.folder import data_folder
from portal.embedded.preparation import Errand, migrations_print
from portal.embedded.processes import Failed

CANNOT = 2
Servers = Callable[[str], AbstractContextManager[Cluster]]

NEEDS_A_LOGIN = """This portal works on a database server that is not its own, so a backup needs a login of that server
which may copy all of it. As administrator of the server, once:

    CREATE ROLE backup LOGIN REPLICATION PASSWORD '...';
    a line in pg_hba.conf:  hostssl replication backup ADDRESS scram-sha-256

Then set DATABASE_BACKUP_URL=postgresql://backup:...@HOST/ with the host of DATABASE_OWNER_URL, for this command alone.
The log of changes is copied by the server itself: docs/operations.md, Backup and restore."""
RESTORE_THERE = """This portal works on a database server that is not its own: it is restored there, by whoever looks after it.
How, with what has to be done afterwards: docs/operations.md, Backup and restore.
To look into a backup on this machine, unset DATABASE_URL."""


def backup(arguments: Sequence[str], servers: Servers) -> int:
    """Make a backup of the portal of this data folder, or of the server that the environment names."""
    parser = argparse.ArgumentParser(prog="manage.py backup", description="Back up the portal while it runs.")
    parser.add_argument("--to", type=Path, metavar="FOLDER", help="another folder than the usual one")
    parser.add_argument("--test", action="store_true", help="restore it at once into a folder that is thrown away")
    options = parser.parse_args(arguments)
    os.nice(10)  # whoever works goes first
    place = Place(options.to or data_folder().backups)
    if "DATABASE_URL" in os.environ:
        return _of_another_server(place)
    with servers("backup") as cluster, place.held():
        mode = str(cluster.facts["mode"])
        done = daily.everything(cluster, mode, place) if options.test else daily.back_up(cluster, mode, place)
    _say_backup(done)
    if options.to:
        print(f"The log of changes that goes on from it is copied to {data_folder().backups / 'wal'}.")
    if options.test:
        print("Restored, compared and thrown away: the rows are equal, and the portal's own checks found nothing.")
    return 0


def _of_another_server(place: Place) -> int:
    if not (address := os.environ.get("DATABASE_BACKUP_URL")):
        print(NEEDS_A_LOGIN, file=sys.stderr)
        return CANNOT
    facts = {"mode": os.environ.get("SAFE_RETURN_MODE", "production"), **prints(os.environ)}
    source = Source(address, os.environ["DATABASE_URL"], data_folder().path / "files", facts)
    try:
        with place.held():
            _say_backup(daily.noted(place.folder, daily.MADE, daily.WHOLE, "", lambda: _made(source, place)))
    except psycopg.OperationalError as problem:
        raise Failed(
            f"The server does not answer, or does not let this login in.\n{problem}\n\n{NEEDS_A_LOGIN}"
        ) from None
    return 0


def _made(source: Source, place: Place) -> Backup:
    done = make(source, place)
    place.prune(done.facts["system"])
    return done


def _say_backup(done: Backup) -> None:
    sealed = done.facts["checkpoint"]
    until = f", sealed up to checkpoint {sealed['number']}" if sealed else ""
    print(f"Backup {done.name}: {done.size / 1e6:.1f} MB in {done.facts['seconds']} s{until}.\n{done.path}\n\n{APART}")


def restore(arguments: Sequence[str], _servers: Servers) -> int:
    """Make a portal of a backup, in a new folder."""
    parser = argparse.ArgumentParser(prog="manage.py restore", description="Restore a backup into a new data folder.")
    parser.add_argument("backup", help="its folder, its name, or: newest")
    parser.add_argument("--until", type=_moment, metavar="MOMENT", help="such as 2026-11-28T14:05:00 (UTC)")
    parser.add_argument(
        "--into", type=Path, metavar="FOLDER", help="a new data folder; without it one beside the old one"
    )
    parser.add_argument("--keys", type=Path, metavar="FOLDER", help="where secrets.json and anchor.key lie")
    parser.add_argument(
        "--wal", type=Path, metavar="FOLDER", help="where the log of changes lies, if not beside the backup"
    )
    options = parser.parse_args(arguments)
    if "DATABASE_URL" in os.environ:
        print(RESTORE_THERE, file=sys.stderr)
        return CANNOT
    folder = data_folder()
    found = Place(folder.backups).find(options.backup)
    into = options.into or folder.path.with_name(f"{folder.path.name}-restored-{datetime.now(UTC):%Y%m%dT%H%M%SZ}")
    print(f"Restoring {found.name} into {into} ...", flush=True)
    with restored(found, into, keys=options.keys or folder.path, until=options.until, wal=options.wal) as portal:
        return _after(portal, into.absolute())


def _after(portal: Restored, into: Path) -> int:
    """Do what a restored portal needs before anybody works with it, and say how to go on."""
    end_sign_ins(portal)
    bring_events(portal)
    Errand("migrate", "--no-input", env=portal.cluster.environment(portal.mode), folder=portal.cluster.folder).finish()
    portal.cluster.postgres.note(DATABASES[portal.mode], migrations=migrations_print())
    to_when = portal.reached.astimezone(UTC).isoformat(timespec="seconds")
    said = f"to {to_when} from backup {portal.backup.name}"
    code, words = portal.ask("after_restore", "--said", said, "--beside", str(portal.backup.path.parent))
    print(f"Restored {said}: the last change in it was made then.\n{words}")
    if code:
        print(
            "What was restored does not pass the portal's own checks. Nobody should work with it before that is cleared."
        )
        return 1
    start = {"local": "up"}.get(portal.mode, portal.mode)
    print(
        "Everybody signs in again. What was ended, refused or closed after that moment stands again as before it: tell\n"
        "the agencies, and look through the changes that they report. Start it with:\n\n"
        f"    SAFE_RETURN_DATA={into} python3 manage.py {start}"
    )
    return 0


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


COMMANDS: dict[str, Callable[[Sequence[str], Servers], int]] = {
    "backup": backup,
    "restore": restore,
}
