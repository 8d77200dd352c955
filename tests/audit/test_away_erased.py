"""What was erased long ago stays known when the month of its event is away."""

import gzip

from django.test import override_settings

from portal.audit import events
from portal.audit.events import Event
from portal.audit.kinds import shifted
from portal.audit.stamp import Stamp
from tests.attacks import attack
from tests.audit.test_away import LONG_AGO, alone, found, said, seal_now
from tests.conftest import as_role
from tests.statements import run, value


@attack("D36")
def test_an_erasure_is_told_for_as_long_as_what_it_emptied_stands(clone, tmp_path, capsys, monkeypatch):
    with as_role("owner"), shifted(-LONG_AGO):
        run("SELECT audit.make_partitions(app_now()::date, app_now()::date)")
        event = Event("view", child_id=clone.files["Closed"], sections=[6], purpose="canary-erased")
        events.record(event, stamp=Stamp(None, "X. Longago"))
        erase = "SELECT access.erase_again(%s, '{6}', uuidv7(), 'asked', NULL, NULL, app_now())"
        assert value(erase, clone.files["Closed"])
    with override_settings(EVENT_DAYS=400, EVENT_FILES=tmp_path / "events", BACKUPS=tmp_path / "none"):
        for word in ("events written", "taken out, they stand in"):
            seal_now()
            assert word in said(capsys)
        (file,) = (tmp_path / "events").iterdir()
        assert b"canary-erased" not in gzip.decompress(file.read_bytes())
        assert (found().exit_code, value("SELECT count(*) FROM audit_told")) == (0, 1)
        assert alone(tmp_path, capsys, monkeypatch, "--events", str(file))[0] == 0
        clone.run("ALTER TABLE audit_told DISABLE TRIGGER USER")
        clone.run("UPDATE audit_told SET text = replace(text, 'asked', 'other')")
        clone.run("UPDATE audit_told SET text = replace(text, '\"rows\": ', '\"rows\": 1')")
        assert any("emptied without a record" in line for line in found().problems)
        (tmp_path / "record.jsonl").unlink()  # the extract of before
        code, words = alone(tmp_path, capsys, monkeypatch, "--events", str(file))
        assert (code, "emptied without a record" in words) == (1, True)
