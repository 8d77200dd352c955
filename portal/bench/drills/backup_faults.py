"""Backup, restore and the way back to a moment, on a small portal of their own that is thrown away."""

import json
import shutil
import tempfile
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from portal.accounts.backups import Erased, note_erasure
from portal.audit.events import INSERT, Event, row_of
from portal.audit.macs import event_keys
from portal.audit.stamp import Stamp
from portal.bench.drills.result import Result
from portal.bench.drills.stage import Scene, Stage
from portal.embedded import preparation
from portal.embedded.backups import digests
from portal.embedded.backups.daily import back_up
from portal.embedded.backups.making import copy_log, seal
from portal.embedded.backups.place import Place
from portal.embedded.backups.restoring import Restored, differences, restored
from portal.embedded.cluster import DATABASES, TEMPORARY, Cluster, sweep
from portal.embedded.folder import DataFolder

MODE = "local"
BEFORE, AFTER = 50, 200  # looks that are recorded at least before and after the backup
BAD_DELETE = """
SET session_replication_role = replica;
DELETE FROM audit_event WHERE kind = 'drill';
DELETE FROM casework_historicallookup;
RESET session_replication_role;
"""
# A file as it stands in a backup, with its history and the key of a section; nobody works in the portal of a drill.
FORGOTTEN, CANARY = uuid.UUID("00000000-0000-7000-8000-00000000f13a"), "canary-of-the-drill"
ENTRY = uuid.UUID("00000000-0000-7000-8000-00000000f13b")
FILE = """
SET session_replication_role = replica;
INSERT INTO victims_child (id, version, case_number, code_name, code_name_key, identity, stage, owner_id, sex, age_band,
    languages, contact_safely, risk, opened, open_to_network, erased)
  VALUES ('{file}', 1, 'VC-2026-0000000-0', 'Drill', 'drill', 1, 7, gen_random_uuid(), 0, '',
    '{{}}', '{word}', 0, now(), false, '{{}}');
INSERT INTO victims_careentry (id, version, child_id, "on", kind, text) VALUES ('{entry}', 1, '{file}', now(), 'wish', '{word}');
INSERT INTO casework_sectionkey (id, child_id, section, ring, wrapped)
  SELECT uuidv7(), '{file}', 6, p.ring, 'wrapped' FROM casework_portalkey p LIMIT 1;
INSERT INTO victims_historicalchild
  SELECT (jsonb_populate_record(NULL::victims_historicalchild, to_jsonb(t) || n.history)).* FROM victims_child t, {noted};
INSERT INTO victims_historicalcareentry
  SELECT (jsonb_populate_record(NULL::victims_historicalcareentry, to_jsonb(t) || n.history)).* FROM victims_careentry t, {noted};
RESET session_replication_role;
"""
NOTED = """(SELECT jsonb_build_object('history_id', uuidv7(), 'history_date', '{at}'::timestamptz, 'history_type', '+',
    'history_by', 'drill', 'history_change_reason', '{word}', 'history_agency', '', 'history_role', '', 'history_via', '',
    'tx', pg_current_xact_id()::text) AS history) n"""
LEFT = """
SELECT (SELECT count(*) FROM casework_sectionkey) + (SELECT count(*) FROM victims_child t WHERE t::text LIKE '%canary%')
  + (SELECT count(*) FROM victims_careentry t WHERE t::text LIKE '%canary%')
  + (SELECT count(*) FROM victims_historicalchild t WHERE t::text LIKE '%canary%')
  + (SELECT count(*) FROM victims_historicalcareentry t WHERE t::text LIKE '%canary%')
"""
LINE = """
SELECT json_build_object('number', number, 'made', to_char(made AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
    'horizon', horizon::text, 'size', size, 'root', encode(root, 'hex'), 'previous', encode(previous, 'hex'), 'note', note,
    'hash', encode(hash, 'hex'), 'key', key, 'signature', encode(signature, 'hex')) FROM audit_checkpoint ORDER BY number
"""


@contextmanager
def small_portal() -> Iterator[Cluster]:
    """A portal in which nobody works yet, in a temporary folder, whose writes reach the disk."""
    sweep()
    with tempfile.TemporaryDirectory(prefix=TEMPORARY, ignore_cleanup_errors=True) as name:
        folder = DataFolder(Path(name))
        folder.backups = Path(name) / "backups"
        cluster = Cluster(folder)
        cluster.start(kind="drill", mode=MODE)
        try:
            cluster.ensure_database(MODE)
            preparation.migrate(cluster, MODE)
            (folder.path / "files" / MODE).mkdir(parents=True)
            (folder.path / "files" / MODE / "upload.txt").write_text("an uploaded file")
            yield cluster
        finally:
            cluster.stop()


class Writer(threading.Thread):
    """Somebody who works: one transaction after the other, and the id of each that was acknowledged."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(daemon=True)
        self.cluster, self.keys = cluster, event_keys(cluster.folder.event_keys())
        self.acknowledged: list[uuid.UUID] = []
        self.is_over = threading.Event()

    def run(self) -> None:
        with self.cluster.postgres.connect(DATABASES[MODE]) as connection:
            while not self.is_over.wait(0.001):
                one = uuid.uuid4()
                values = row_of(one, datetime.now(UTC), Event("drill"), Stamp(None, ""), self.keys)
                connection.execute(INSERT, values)
                self.acknowledged.append(one)

    def wait_for(self, more: int) -> None:
        """Wait until so many more are acknowledged."""
        wanted = len(self.acknowledged) + more
        while len(self.acknowledged) < wanted and self.is_alive():
            self.is_over.wait(0.01)

    def end(self) -> None:
        self.is_over.set()
        self.join()


def backup_and_restore(_stage: Stage, _scene: Scene, result: Result) -> None:
    """F13: back up and restore while somebody works; every row is equal, and everything acknowledged is there once."""
    with small_portal() as cluster:
        back_up_and_restore(cluster, result)


def moment_before_a_bad_delete(_stage: Stage, _scene: Scene, result: Result) -> None:
    """F14: go back to the moment before rows were deleted past every guard; a witness accepts it by its signed event."""
    with small_portal() as cluster:
        with Place(cluster.folder.backups).held():
            back_up(cluster, MODE, Place(cluster.folder.backups))
        go_back_to_a_moment(cluster, result)


def back_up_and_restore(cluster: Cluster, result: Result) -> None:
    """Somebody works while a backup is made and after it; then it is restored, and an erasure after it is repeated."""
    place = Place(cluster.folder.backups)
    writer, at = Writer(cluster), datetime.now(UTC)
    with cluster.postgres.connect(DATABASES[MODE]) as connection, connection.transaction():
        noted = NOTED.format(word=CANARY, at=at.isoformat())
        connection.execute(FILE.format(file=FORGOTTEN, entry=ENTRY, word=CANARY, noted=noted))
        for entity, one in (("victims.child", FORGOTTEN), ("victims.careentry", ENTRY)):
            event = Event("change", "C", entity=entity, entity_id=one)
            connection.execute(INSERT, row_of(uuid.uuid4(), at, event, Stamp(None, ""), writer.keys))
    writer.start()
    writer.wait_for(BEFORE)
    with place.held():
        backup = back_up(cluster, MODE, place)
    writer.wait_for(AFTER)
    writer.end()
    everything = Erased(uuid.uuid4(), FORGOTTEN, [*range(1, 10)], "drill", None, None, datetime.now(UTC))
    note_erasure(everything, place.folder, writer.keys)  # after the backup: in what is restored the file is whole
    wanted = _everything(cluster)
    copy_log(cluster)
    with _restored(cluster, place) as found:
        _compare(result, found, writer.acknowledged, wanted)
        upload = found.cluster.folder.path / "files" / MODE / "upload.txt"
        result.demand(upload.exists() and upload.read_text() == "an uploaded file", "the uploaded file is not there")
        before = _left(found)
        code, said = found.ask("after_restore", "--said", _said(found), "--beside", str(place.folder))
        result.demand(code == 0, f"verify_audit says {code}: {said}")
        result.demand("1 erased" in said, "the list of erased files was not read")
        left = _left(found)
        result.demand(
            (before, left) == (5, 0), f"an erased file was not gone again: {before} rows held it, then {left}"
        )
    size = f"{backup.size / 1e6:.1f} MB in {backup.facts['seconds']} s"
    result.notes.append(f"{size}; the rows of {len(wanted)} tables are equal; the erased file is gone again")


def go_back_to_a_moment(cluster: Cluster, result: Result) -> None:
    """Rows are deleted past every guard, and sealed; they come back, and a witness hears of it."""
    place, writer = Place(cluster.folder.backups), Writer(cluster)
    writer.start()
    writer.wait_for(AFTER)
    writer.end()
    wanted = _everything(cluster)
    with cluster.postgres.connect(DATABASES[MODE]) as connection:
        row = connection.execute("SELECT clock_timestamp()").fetchone()
        connection.execute(BAD_DELETE)
    assert row
    seal(cluster, MODE)
    kept = _witness(cluster)
    copy_log(cluster)
    with _restored(cluster, place, until=row[0]) as found:
        _compare(result, found, writer.acknowledged, wanted)
        code, said = found.ask("verify_audit", "--checkpoint", str(kept))
        result.demand(code == 1 and "kept by a witness" in said, "a witness accepts the way back without a word of it")
        words = ["--said", _said(found), "--beside", str(place.folder), "--checkpoint", str(kept)]
        code, said = found.ask("after_restore", *words)
        accepted = code == 0 and "kept by a witness" in said and "the record was restored" in said
        result.demand(accepted, f"the witness does not accept the signed event of the restore: {code}: {said}")
    result.notes.append(f"the rows of {len(wanted)} tables are back; the witness accepts it by the signed event alone")


@contextmanager
def _restored(cluster: Cluster, place: Place, until: datetime | None = None) -> Iterator[Restored]:
    into = cluster.folder.path / "restored"
    try:
        with restored(place.find("newest"), into, keys=cluster.folder.path, until=until, copies_log=False) as found:
            yield found
    finally:
        shutil.rmtree(into, ignore_errors=True)


def _everything(cluster: Cluster) -> dict[str, list[object]]:
    with cluster.postgres.connect(DATABASES[MODE]) as connection:
        return digests.everything(connection)


def _compare(result: Result, found: Restored, acknowledged: list[uuid.UUID], wanted: dict[str, list[object]]) -> None:
    """Count what was acknowledged and is there, and compare the rows of every table."""
    with found.cluster.postgres.connect(DATABASES[MODE]) as connection:
        query = "SELECT id::text, count(*) FROM audit_event WHERE id = ANY(%s) GROUP BY id"
        there: dict[str, int] = dict(connection.execute(query, [acknowledged]).fetchall())
    result.count([str(one) for one in acknowledged], there)
    other = differences(_everything(found.cluster), wanted)
    result.demand(not other, f"other rows in: {', '.join(other)}")


def _left(found: Restored) -> int:
    """Return how many rows hold the file that was erased, its key among them."""
    with found.cluster.postgres.connect(DATABASES[found.mode]) as connection:
        row = connection.execute(LEFT).fetchone()
    assert row
    return int(row[0])


def _said(found: Restored) -> str:
    return f"to {found.reached.isoformat()} from backup {found.backup.name}"


def _witness(cluster: Cluster) -> Path:
    """Keep the checkpoints as an agency does that fetches them."""
    kept = cluster.folder.path / "witness.jsonl"
    with psycopg.connect(cluster.environment(MODE)["DATABASE_URL"]) as connection:
        lines = [json.dumps(row[0]) for row in connection.execute(LINE).fetchall()]
    kept.write_text("\n".join(lines))
    return kept
