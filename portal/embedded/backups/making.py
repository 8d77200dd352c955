"""Making a backup: the files of the database at one moment, the uploaded files, and what there is to compare with."""

import base64
import hashlib
import json
import os
import shutil
import signal
import subprocess
import tarfile
import time
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from portal.audit import macs
from portal.audit.disk import digest_of, write_down
from portal.audit.proof import public_keys
from portal.embedded.archive import BEGUN
from portal.embedded.backups import digests
from portal.embedded.backups.place import DRAFT, MANIFEST, Backup, Place, demand_whole, read
from portal.embedded.cluster import DATABASES, Cluster
from portal.embedded.folder import ROOT
from portal.embedded.postgres import find_wheel
from portal.embedded.preparation import Errand, migrations_print
from portal.embedded.processes import Failed, end_with_parent

FILES = "files.tar.gz"
MAJOR = 18  # of PostgreSQL, everywhere
PATIENCE = 120  # seconds for the server to copy one piece of its log
APART = """Not in it, on purpose: whoever has a backup and the keys reads everything. Keep apart from it, in two places:
  the key ring and the secret key (SAFE_RETURN_KEYS and SAFE_RETURN_SECRET_KEY; on one machine in secrets.json),
  the keys that prove who wrote events (SAFE_RETURN_EVENT_KEYS; on one machine in event.keys),
  the key that signs checkpoints (anchor.key, or the file that SAFE_RETURN_ANCHOR_KEY names).
Without the key ring nobody reads a name, a place or a word of health in it, ever again."""


@dataclass
class Source:
    """What is backed up: a server, by libpq addresses, and the folder of uploaded files."""

    replicating: str  # a login that may copy the whole server
    reading: str  # one that may read the checkpoints
    files: Path
    facts: dict[str, Any] = field(default_factory=dict)
    is_ours: bool = False  # then rows can be compared, and the log is copied by the server itself


def source_of(cluster: Cluster, mode: str) -> Source:
    """Return the running servers of one machine as what is backed up."""
    if not cluster.postgres.has_database(DATABASES[mode]):
        raise Failed(f"There is no database of {mode} in {cluster.folder.path}: nothing to back up.")
    env = cluster.environment(mode)
    address = f"host={cluster.postgres.sockets} user=postgres password={cluster.postgres.passwords['postgres']}"
    reading = f"{address} dbname={DATABASES[mode]}"
    return Source(address, reading, cluster.folder.path / "files", {"mode": mode, **prints(env)}, is_ours=True)


def prints(env: Mapping[str, str]) -> dict[str, Any]:
    """Return by what the keys are known that open what is in a backup: names and digests, never a key."""
    ring = dict(pair.split(":", 1) for pair in env.get("SAFE_RETURN_KEYS", "").split(",") if ":" in pair)
    return {
        "keys": {name.strip(): print_of(base64.b64decode(key)) for name, key in ring.items()},
        "secret_key": print_of(env.get("SAFE_RETURN_SECRET_KEY", "").encode()),
        "event_keys": sorted(name.hex() for name in macs.event_keys(env.get("SAFE_RETURN_EVENT_KEYS", ""))),
        "anchors": sorted(public_keys(env.get("SAFE_RETURN_ANCHOR_PUBLIC", ""))),
    }


def print_of(key: bytes) -> str:
    """Return what tells two random keys apart and leads to neither."""
    return hashlib.sha256(b"print of a key\0" + key).hexdigest()[:16]


def make(source: Source, place: Place) -> Backup:
    """Make a backup, whole or not at all; whoever works meanwhile does not notice. The folder must be held."""
    began, clock = datetime.now(UTC), time.monotonic()
    name = f"{began:%Y-%m-%dT%H%M%SZ}"
    draft = place.folder / f"{DRAFT}{name}"
    draft.mkdir(mode=0o700)
    try:
        with psycopg.connect(source.reading, autocommit=True) as connection:
            facts = {"name": name, "began": began.isoformat(), **source.facts, "versions": versions(connection)}
            facts["checkpoint"] = digests.newest_checkpoint(connection)
            if source.is_ours:
                facts["moment"] = digests.moment(connection)
            copy_database(source, draft / "database", name)
            facts["ended"] = datetime.now(UTC).isoformat()
            copy_files(source.files, draft / FILES)
            facts |= described(draft / "database", connection)
        facts["seconds"] = round(time.monotonic() - clock, 1)
        files = sorted(path for path in draft.rglob("*") if path.is_file())
        for file in files:
            file.chmod(0o600)  # wherever the folder is carried to
        facts["files"] = {
            str(file.relative_to(draft)): {"bytes": file.stat().st_size, "sha256": digest_of(file)} for file in files
        }
        write(draft / MANIFEST, json.dumps(facts, indent=1))
        draft.rename(place.folder / name)
        write_down(place.folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return read(place.folder / name)


def begin_log(cluster: Cluster) -> None:
    """From now on the server copies its log: begun before the first backup, so that nothing lies between the two."""
    log = log_of(cluster)
    if log:
        (log / BEGUN).touch(mode=0o644)


def log_of(cluster: Cluster) -> Path | None:
    """Return where the log of the running server is copied to."""
    if cluster.postgres.backups is None:
        return None
    with cluster.postgres.connect() as connection:
        row = connection.execute("SELECT system_identifier FROM pg_control_system()").fetchone()
    return cluster.postgres.backups / "wal" / str(row[0] if row else "")


def copy_log(cluster: Cluster) -> None:
    """Have the server copy its log up to now, and wait for it; raises Failed where it does not."""
    log = log_of(cluster)
    if log is None:
        return
    with cluster.postgres.connect() as connection:
        connection.execute("SELECT pg_create_restore_point('copied')")  # an empty piece is never closed
        row = connection.execute("SELECT pg_walfile_name(pg_current_wal_insert_lsn())").fetchone()
        connection.execute("SELECT pg_switch_wal()")
    piece, deadline = log / f"{row[0] if row else ''}.gz", time.monotonic() + PATIENCE
    while not piece.exists():
        if time.monotonic() > deadline:
            raise Failed(f"The server does not copy its log to {log}. Is there room? The end of its own log says why.")
        time.sleep(0.05)


def seal(cluster: Cluster, mode: str) -> None:
    """Seal what is on record now, so that the backup can be held against a checkpoint."""
    Errand("anchor", "--once", env=cluster.environment(mode), folder=cluster.folder).finish()


def put_events_away(cluster: Cluster, mode: str) -> None:
    """Let old months of events leave the database, each with a copy beside the backups. Raises Failed where one does not fit."""
    Errand("put_away_events", env=cluster.environment(mode), folder=cluster.folder).finish()


def copy_database(source: Source, to: Path, name: str) -> None:
    """Copy the whole server, as tables and indexes lie on the disk, and compare the copy with the server's own list."""
    address: dict[str, Any] = dict(conninfo_to_dict(source.replicating))
    password = {"PGPASSWORD": str(address.pop("password"))} if "password" in address else {}  # not where `ps` shows it
    words = ["-D", str(to), "-d", make_conninfo(**address), "-l", name]
    words += ["--format=tar", "--compress=client-gzip:1", "--wal-method=stream", "--checkpoint=fast"]
    asked = subprocess.run(  # noqa: S603 - the program that belongs to the server
        [program("pg_basebackup", source), *words],
        env=os.environ | password,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=end_with_parent(signal.SIGTERM),
    )
    if asked.returncode:
        raise Failed(f"PostgreSQL could not be copied.\n{asked.stderr}")
    demand_whole(to)


def program(name: str, source: Source) -> str:
    """Return the program that was brought along; for another server that of its own version, if the machine has it."""
    found = None if source.is_ours else shutil.which(name)  # it speaks TLS, the one brought along does not
    if found:
        said = subprocess.run([found, "--version"], capture_output=True, text=True, check=False).stdout  # noqa: S603
        if f") {MAJOR}." in said:
            return found
    return str(find_wheel() / "bin" / name)


def copy_files(folder: Path, to: Path) -> None:
    """Pack the uploaded files. One that is let go meanwhile was read in already, and is left out."""
    with tarfile.open(to, "w:gz", compresslevel=1) as packed:
        for path in sorted(folder.rglob("*")):
            try:
                packed.add(path, path.relative_to(folder), recursive=False)
            except FileNotFoundError:
                continue


def described(database: Path, connection: psycopg.Connection) -> dict[str, Any]:
    """Return what the copy says of itself: whose files these are, and from which piece on the log is needed."""
    said = json.loads((database / "backup_manifest").read_text())
    begins = said["WAL-Ranges"][0]["Start-LSN"]
    query = "SELECT pg_walfile_name(%s), pg_size_bytes(current_setting('wal_segment_size'))"
    row = connection.execute(query, [begins]).fetchone()
    assert row
    return {"system": str(said["System-Identifier"]), "wal_from": row[0], "wal_size": row[1]}


def versions(connection: psycopg.Connection) -> dict[str, str]:
    portal = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    server = connection.info.server_version
    return {"portal": portal, "tables": migrations_print(), "postgres": f"{server // 10000}.{server % 10000}"}


def write(path: Path, text: str) -> None:
    with path.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
