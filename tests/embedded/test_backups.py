"""Backup and restore on real servers: one small portal, backed up, hurt and restored; and what is refused by name."""

import json
import re
import shutil
import tarfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.test import override_settings

from portal.accounts.backups import FAILED, MADE, PROVED, TRIED, WHOLE, Outcome, erasures, note, outcomes
from portal.audit.macs import event_keys
from portal.bench.drills import backup_faults as drills
from portal.bench.drills.result import EXPECTED, Result
from portal.embedded.archive import gap_after
from portal.embedded.backups import commands
from portal.embedded.backups.daily import is_due, try_out
from portal.embedded.backups.place import MANIFEST, Backup, Place, demand_whole, read
from portal.embedded.backups.restoring import KEY_FILES, Restored, bring_events, demand_keys, demand_log, restored
from portal.embedded.cluster import Cluster
from portal.embedded.folder import DataFolder
from portal.embedded.processes import Failed

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def portal():
    with drills.small_portal() as cluster:
        yield cluster


@pytest.fixture(scope="module")
def f13(portal):
    result = Result("F13")
    drills.back_up_and_restore(portal, result)
    return result


@pytest.fixture
def place(portal, f13):
    return Place(portal.folder.backups)


@pytest.fixture
def backup(place):
    return place.find("newest")


@pytest.fixture
def copy(backup, tmp_path):
    """The same backup elsewhere, to be damaged, without the log of changes."""
    shutil.copytree(backup.path, tmp_path / "backups" / backup.name)
    return read(tmp_path / "backups" / backup.name)


def names_in(packed: Path) -> list[str]:
    with tarfile.open(packed) as archive:
        return archive.getnames()


@pytest.mark.stack
class TestMade:
    """One backup of a portal in which somebody works meanwhile."""

    def test_f13_everything_acknowledged_is_restored_once(self, f13):
        assert f13.code == EXPECTED, f13
        assert f13.acknowledged == f13.stored >= drills.BEFORE + drills.AFTER

    def test_it_holds_no_key_and_says_how_far_the_record_was_sealed(self, portal, backup):
        kept = [value for value in portal.folder.secrets().values() if len(value) > 20]
        text = (backup.path / MANIFEST).read_text()
        assert not any(value.split(":")[-1] in text for value in kept)
        packed = [name for tar in backup.path.rglob("*.tar.gz") for name in names_in(tar)]
        assert not any(name.endswith(KEY_FILES) for name in packed)
        assert {file.stat().st_mode & 0o077 for file in backup.path.rglob("*.gz")} == {0}
        assert backup.facts["checkpoint"]["number"] >= 1
        assert backup.facts["versions"]["postgres"].startswith("18.")

    def test_what_came_of_it_is_written_down(self, portal, backup):
        known = outcomes(portal.folder.backups)
        assert known[MADE] == known[WHOLE]
        assert (known[WHOLE].name, known[WHOLE].size) == (backup.name, backup.size)
        with override_settings(EVENT_KEYS=event_keys(portal.folder.event_keys())):
            assert len(erasures(portal.folder.backups)) == 1

    def test_restore_test_compares_rows_and_leaves_nothing(self, portal, place, backup):
        try_out(backup, place, portal.folder)
        assert outcomes(place.folder)[PROVED].name == backup.name
        assert not list(place.folder.glob(".draft-*"))

    def test_f14_a_bad_delete_is_undone_and_a_witness_is_told(self, portal, f13):
        done = Result("F14")
        drills.go_back_to_a_moment(portal, done)
        assert done.code == EXPECTED, done
        assert done.acknowledged == done.stored > 0

    def test_restore_test_that_finds_other_rows_fails_and_says_where(self, portal, place, backup):
        """The delete of F14 stands in the log: what was made a day ago no longer holds what it held."""
        with pytest.raises(Failed, match="other rows in: audit_event"):
            try_out(backup, place, portal.folder)
        assert outcomes(place.folder)[TRIED].problem == FAILED
        assert not list(place.folder.glob(".draft-*"))

    def test_a_server_that_is_not_ours_is_copied_by_a_login_of_its_own(
        self, portal, f13, monkeypatch, tmp_path, capsys
    ):
        with portal.postgres.connect() as connection:
            connection.execute("CREATE ROLE backup LOGIN REPLICATION PASSWORD 'invented'")
        monkeypatch.setenv("DATABASE_URL", portal.environment("local")["DATABASE_URL"])
        monkeypatch.setenv("DATABASE_BACKUP_URL", f"host={portal.postgres.sockets} user=backup password=invented")
        monkeypatch.setattr("os.nice", lambda _more: 0)
        assert commands.backup(["--to", str(tmp_path)], None) == 0
        assert "sealed up to checkpoint" in capsys.readouterr().out
        made = Place(tmp_path).find("newest")
        made.verify()
        assert outcomes(tmp_path)[WHOLE].name == made.name
        monkeypatch.setenv("DATABASE_BACKUP_URL", f"host={portal.postgres.sockets} user=app password=invented")
        with pytest.raises(Failed, match="could not be copied"):
            commands.backup(["--to", str(tmp_path)], None)
        assert outcomes(tmp_path)[MADE].problem == FAILED
        assert not list(tmp_path.glob(".draft-*"))


@pytest.mark.stack
class TestRefused:
    """What is not restored, and says why."""

    @pytest.mark.parametrize("name", ["database/base.tar.gz", "database/pg_wal.tar.gz", "files.tar.gz"])
    def test_a_damaged_file_is_named(self, copy, name):
        content = bytearray((copy.path / name).read_bytes())
        content[len(content) // 2] ^= 1
        (copy.path / name).write_bytes(content)
        with pytest.raises(Failed, match=f"{name} was altered"):
            copy.verify()
        (copy.path / name).unlink()
        with pytest.raises(Failed, match=f"{name} is missing"):
            copy.verify()

    def test_files_that_are_not_those_the_server_listed(self, copy):
        """Somebody altered the files and our list of them: PostgreSQL wrote one of its own."""
        with tarfile.open(copy.path / "database" / "base.tar.gz", "w:gz") as other:
            other.add(copy.path / "files.tar.gz", "global/pg_control")
        with pytest.raises(Failed, match="not those that were backed up"):
            demand_whole(copy.path / "database")

    def test_half_a_backup(self, copy):
        (copy.path / MANIFEST).unlink()
        with pytest.raises(Failed, match="holds no whole backup"):
            read(copy.path)

    def test_a_moment_without_its_log(self, copy, portal, tmp_path):
        later = copy.ended + HOUR
        with pytest.raises(Failed, match="There is no log of changes"):
            restored(copy, tmp_path / "new", keys=portal.folder.path, until=later).__enter__()
        assert not (tmp_path / "new").exists()
        with pytest.raises(Failed, match="Take an earlier backup"):
            demand_log(copy, copy.wal(), copy.ended - HOUR)

    def test_a_log_with_a_gap_is_not_taken_for_all_there_is(self, backup, tmp_path):
        shutil.copytree(backup.wal(), tmp_path / "wal")
        (tmp_path / "wal" / f"{backup.facts['wal_from']}.gz").unlink()
        with pytest.raises(Failed, match=f"{backup.facts['wal_from']}.gz is missing"):
            demand_log(backup, tmp_path / "wal", None)

    def test_a_moment_that_the_log_does_not_reach(self, backup, portal, tmp_path):
        later = datetime.now(UTC) + HOUR
        with pytest.raises(Failed, match="does not reach"):
            restored(backup, tmp_path / "new", keys=portal.folder.path, until=later).__enter__()
        assert not (tmp_path / "new").exists()

    def test_over_a_running_portal_or_into_a_folder_with_something_in_it(self, backup, portal, tmp_path):
        (tmp_path / "something").touch()
        for folder, said in ((portal.folder.path, "A portal runs in"), (tmp_path, "is not empty")):
            with pytest.raises(Failed, match=said):
                restored(backup, folder, keys=portal.folder.path).__enter__()
        assert (tmp_path / "something").exists()

    def test_other_keys_than_those_it_was_made_with(self, backup, portal, tmp_path):
        with pytest.raises(Failed, match=r"secrets.json, anchor.key, event.keys not found"):
            demand_keys(backup, tmp_path)
        other = DataFolder(tmp_path)
        other.secrets()
        other.anchor_key()
        other.event_keys()
        with pytest.raises(Failed, match="lacks k1"):
            demand_keys(backup, tmp_path)
        shutil.copy(portal.folder.path / "secrets.json", tmp_path)
        with pytest.raises(Failed, match=r"event.keys in .* lacks"):
            demand_keys(backup, tmp_path)
        shutil.copy(portal.folder.path / "event.keys", tmp_path)
        with pytest.raises(Failed, match="signed no checkpoint"):
            demand_keys(backup, tmp_path)


def kept(folder: Path, day: str, hour: int, system: str = "7") -> str:
    name = f"2026-11-{day}T{hour:02}0000Z"
    (folder / name).mkdir()
    facts = {"name": name, "system": system, "wal_from": f"00000001000000000000{day}{hour:02}"}
    (folder / name / MANIFEST).write_text(json.dumps(facts))
    return name


def test_months_that_left_the_database_come_back_from_beside_the_backups(tmp_path):
    kept = tmp_path / "backups" / "events" / "local"
    kept.mkdir(parents=True)
    for name in ("2025-01.jsonl.gz", ".draft-2025-02.jsonl.gz"):
        (kept / name).write_bytes(b"lines")
    backup = Backup(tmp_path / "backups" / "one", {"mode": "local"})
    found = Restored(Cluster(DataFolder(tmp_path / "new")), backup, NOW)
    assert found.event_files == kept  # of a test
    bring_events(found)
    assert found.event_files == tmp_path / "new" / "events" / "local"
    assert [path.name for path in found.event_files.iterdir()] == ["2025-01.jsonl.gz"]


def test_old_ones_are_let_go_with_their_log(tmp_path):
    """Of a past day the newest stays, of today all; what other databases have in the folder is not touched."""
    first, second, third = kept(tmp_path, "10", 1), kept(tmp_path, "10", 2), kept(tmp_path, "11", 1)
    fourth, fifth, other = kept(tmp_path, "12", 1), kept(tmp_path, "12", 2), kept(tmp_path, "01", 1, system="8")
    (tmp_path / "wal" / "7").mkdir(parents=True)
    for piece in ("000000010000000000001001", "000000010000000000001101", "000000010000000000001200"):
        (tmp_path / "wal" / "7" / f"{piece}.gz").touch()
    (tmp_path / "wal" / "7" / "000000010000000000001001.000A67A0.backup.gz").touch()
    assert Place(tmp_path).prune("7", kept=2) == [first, second]
    assert [backup.name for backup in Place(tmp_path).backups()] == sorted([third, fourth, fifth, other])
    assert [path.name[16:24] for path in sorted((tmp_path / "wal" / "7").iterdir())] == ["00001101", "00001200"]


def test_a_piece_that_is_missing_is_found_across_logs_and_time_lines():
    size = 1 << 24
    names = ["0000000100000000000000FE", "0000000100000000000000FF", "000000020000000100000000"]
    assert gap_after(names, names[0], size) == ""
    assert gap_after(names[:1] + names[2:], names[0], size) == "0000000100000000000000FF"
    assert gap_after([], names[0], size) == ""


def test_due_once_a_day_and_an_hour_after_one_that_failed(tmp_path):
    assert is_due(tmp_path, NOW)
    note(tmp_path, **{kind: Outcome(NOW, "x") for kind in (MADE, WHOLE, TRIED, PROVED)})
    assert not is_due(tmp_path, NOW + 23 * HOUR)
    assert is_due(tmp_path, NOW + 24 * HOUR)
    note(tmp_path, made=Outcome(NOW + 24 * HOUR, "y", problem=FAILED))
    assert not is_due(tmp_path, NOW + 24.5 * HOUR)
    assert is_due(tmp_path, NOW + 25 * HOUR)


def test_only_one_at_a_time_in_a_folder_and_leftovers_go(tmp_path):
    (tmp_path / ".draft-x").mkdir()
    with Place(tmp_path).held():
        assert not (tmp_path / ".draft-x").exists()
        with pytest.raises(Failed, match="just being made"), Place(tmp_path).held():
            pass


def test_a_server_that_is_not_ours_needs_a_login_and_says_which(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("DATABASE_URL", "postgresql://app@db/safe_return")
    monkeypatch.delenv("DATABASE_BACKUP_URL", raising=False)
    monkeypatch.setattr("os.nice", lambda _more: 0)
    assert commands.backup(["--to", str(tmp_path / "b")], None) == commands.CANNOT
    assert re.search(r"CREATE ROLE backup LOGIN REPLICATION.*DATABASE_BACKUP_URL", capsys.readouterr().err, re.DOTALL)
    assert commands.restore(["newest"], None) == commands.CANNOT
