"""What was erased long ago stays known when the month of its event is away, and what was forged then is named."""

import gzip
import uuid

import pytest
from django.db import transaction
from django.test import override_settings

from portal.access import erasing
from portal.accounts.backups import Erased
from portal.audit import clock, events
from portal.audit.events import Event
from portal.audit.kinds import shifted
from portal.audit.stamp import Stamp
from tests.attacks import attack
from tests.audit.test_away import LONG_AGO, alone, found, said, seal_now
from tests.audit.test_macs import FORGE, FORGED
from tests.audit.test_proof import OLD_EVENT
from tests.conftest import as_role
from tests.statements import run, value


@attack("D36")
def test_an_erasure_is_told_for_as_long_as_what_it_emptied_stands(clone, tmp_path, capsys, monkeypatch):
    with as_role("owner"), shifted(-LONG_AGO):
        run("SELECT audit.make_partitions(app_now()::date, app_now()::date)")
        event = Event("view", child_id=clone.files["Closed"], sections=[6], purpose="canary-erased")
        events.record(event, stamp=Stamp(None, "X. Longago"))
        erased = Erased(uuid.uuid4(), clone.files["Closed"], [6], "asked", None, None, clock.now())
        with transaction.atomic():
            assert erasing.erase_again([erased]) == 1
    with override_settings(EVENT_DAYS=400, EVENT_FILES=tmp_path / "events", BACKUPS=tmp_path / "none"):
        for word in ("events written", "taken out, they stand in"):
            seal_now()
            assert word in said(capsys)
        (file,) = (tmp_path / "events").iterdir()
        assert b"canary-erased" not in gzip.decompress(file.read_bytes())
        assert (found().exit_code, value("SELECT count(*) FROM audit_told")) == (0, 2)
        assert alone(tmp_path, capsys, monkeypatch, "--events", str(file))[0] == 0
        clone.run("ALTER TABLE audit_told DISABLE TRIGGER USER")
        clone.run("UPDATE audit_told SET text = replace(text, 'asked', 'other')")
        clone.run("UPDATE audit_told SET text = replace(text, '\"rows\": ', '\"rows\": 1')")
        assert any("emptied without a record" in line for line in found().problems)
        (tmp_path / "record.jsonl").unlink()  # the extract of before
        code, words = alone(tmp_path, capsys, monkeypatch, "--events", str(file))
        assert (code, "emptied without a record" in words) == (1, True)


@attack("D36")
@pytest.mark.parametrize(
    ("mac", "words"), [("''", "was not written by the application"), ("mac", "bears the MAC of another one")]
)
def test_forged_event_is_named_in_the_file_of_its_month_too(clone, mac, words, tmp_path, capsys, monkeypatch):
    """Sealed and put away like a true one."""
    with as_role("owner"), shifted(-LONG_AGO):
        run("SELECT audit.make_partitions(app_now()::date, app_now()::date)")
        which = events.record(Event("view"), stamp=Stamp(None, "X. Longago"))
        run(FORGE.format(mac=mac).replace(OLD_EVENT, f"'{which}'"))
    with override_settings(EVENT_FILES=tmp_path / "events", EVENT_DAYS=400, BACKUPS=tmp_path / "none"):
        for step in ("events written", "taken out"):
            seal_now()
            assert step in said(capsys)
        problems = found().problems
        assert [line for line in problems if f"event {FORGED} of" in line and words in line]
        file = next((tmp_path / "events").iterdir())
        code, said_alone = alone(tmp_path, capsys, monkeypatch, "--events", str(file))
    assert (code, f"event {FORGED} {words}" in said_alone) == (1, True)


@attack("D36")
def test_history_row_that_is_slipped_under_an_old_one_is_named(clone, tmp_path, capsys):
    """Of the same record, moment and author as one that was compared while its event was here, with a lower version."""
    with as_role("owner"), shifted(-LONG_AGO):
        run("SELECT audit.make_partitions(app_now()::date, app_now()::date)")
        erased = Erased(uuid.uuid4(), clone.files["Closed"], [6], "asked", None, None, clock.now())
        with transaction.atomic():
            assert erasing.erase_again([erased]) == 1
    with override_settings(EVENT_DAYS=400, EVENT_FILES=tmp_path / "events", BACKUPS=tmp_path / "none"):
        for word in ("events written", "taken out, they stand in"):
            seal_now()
            assert word in said(capsys)
        assert found().exit_code == 0
        clone.run("ALTER TABLE access_historicalerasure DISABLE TRIGGER USER")
        clone.run(
            "INSERT INTO access_historicalerasure SELECT (jsonb_populate_record(h, jsonb_build_object('history_id',"
            f" '{FORGED}', 'version', 0, 'tx', pg_current_xact_id()::text))).* FROM access_historicalerasure h"
            f" WHERE id = '{erased.id}' LIMIT 1"
        )
        seal_now()
        assert any(f"history row {FORGED}: no event of the application" in line for line in found().problems)
