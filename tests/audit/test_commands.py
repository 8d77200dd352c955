"""The commands as somebody types them: seal, verify, extract, with their exit codes."""

import sys
import uuid
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError
from django.test import override_settings

from portal.audit.management.commands import anchor
from portal.audit.sealing import latest, seal
from portal.audit.verification import is_due, last_verified, verify_daily
from tests.audit.test_macs import FORGE
from tests.audit.test_proof import KEY, PUBLIC, WORD, load_alone
from tests.conftest import as_role
from tests.statements import rows, run


@pytest.fixture
def keys(tmp_path):
    path = tmp_path / "anchor.key"
    path.write_bytes(KEY.private_bytes_raw())
    with override_settings(ANCHOR_KEY=path, ANCHOR_PUBLIC=PUBLIC):
        yield path


def test_sealing_and_verifying_by_command(clone, keys, tmp_path, capsys, monkeypatch):
    with as_role("owner"):
        with pytest.raises(SystemExit) as ended:
            call_command("verify_audit")
        assert ended.value.code == 2
        assert "There is no checkpoint yet" in capsys.readouterr().out
    call_command("anchor", public=True)
    assert capsys.readouterr().out.strip() == WORD
    with as_role("anchor"):
        call_command("anchor", once=True)
    with as_role("owner"):
        assert f"Checkpoint {latest().number}, {latest().short}" in capsys.readouterr().out
        with pytest.raises(SystemExit) as ended:
            call_command("verify_audit")
        out = capsys.readouterr().out
        assert (ended.value.code, "Nothing missing, nothing altered." in out) == (0, True)
        assert "events bear the MAC of the application" in out
        call_command("audit_extract", str(tmp_path / "record.jsonl"))
        with pytest.raises(CommandError, match="Name a new file"):
            call_command("audit_extract", str(tmp_path / "record.jsonl"))
    capsys.readouterr()
    monkeypatch.setattr("sys.argv", ["verify_record", str(tmp_path / "record.jsonl")])
    assert load_alone().main() == 2  # signed by a key that was not given
    assert "which was not given" in capsys.readouterr().out


def test_a_signer_without_a_key_says_what_is_missing(db, tmp_path):
    with override_settings(ANCHOR_KEY=tmp_path / "none"), pytest.raises(CommandError, match="SAFE_RETURN_ANCHOR_KEY"):
        call_command("anchor", once=True)


def test_sealing_goes_on_while_the_record_is_compared(clone, keys, monkeypatch, capsys):
    """The comparison is a process of its own: it is waited for at the end, and its failure is said."""
    comparing = anchor.Comparing()
    monkeypatch.setattr(anchor, "COMPARE", [sys.executable, "-c", "import time; time.sleep(60)"])
    with as_role("anchor"):
        for _minute in range(2):
            anchor.Command().seal(KEY, comparing)
        assert latest().number == 2
        process = comparing.process
        assert process.poll() is None
        comparing.stop()
        assert process.returncode
        anchor.Command().seal(KEY, comparing)
        assert "The record was not compared (code -15)" in capsys.readouterr().err
        anchor.Command().seal(KEY, comparing)
        assert comparing.process is None  # not before an hour has passed
        assert is_due()
        call_command("anchor", compare=True)
        assert (last_verified().code, is_due()) == (0, False)


def test_a_signer_that_is_told_to_end_ends_the_comparison(keys, monkeypatch, db):
    ended = []
    monkeypatch.setattr(anchor.Command, "seal", lambda *_some: anchor.end(15, None))
    monkeypatch.setattr(anchor.Comparing, "stop", lambda _self: ended.append(True))
    monkeypatch.setattr(anchor.signal, "signal", lambda *_some: None)
    with pytest.raises(SystemExit):
        call_command("anchor")
    assert ended == [True]


def test_comparing_as_a_timer_leaves_what_came_of_it_beside_the_anchors(clone, keys, capsys):
    with as_role("anchor"):
        seal(KEY)
        verify_daily(PUBLIC)
    with as_role("owner"):
        run(FORGE.format(mac="mac"))
        with as_role("anchor"):
            seal(KEY)
        with pytest.raises(SystemExit) as ended:
            call_command("verify_audit", keep=True)
        assert ended.value.code == 1
        code, words = rows("SELECT code, words FROM audit_verification WHERE with_keys")[0]
        assert (code, "bears the MAC of another one" in words[0]) == (1, True)
        assert (last_verified().code, last_verified().with_keys) == (0, False)


@pytest.mark.parametrize("what", [{"child": uuid.UUID(int=1)}, {"checkpoint": Path("kept.jsonl")}, {}])
def test_comparing_as_a_timer_is_of_everything_and_with_the_keys(db, what):
    with override_settings(EVENT_KEYS=settings.EVENT_KEYS if what else {}), pytest.raises(CommandError, match="--keep"):
        call_command("verify_audit", keep=True, **what)


def test_the_anchor_which_has_no_keys_of_macs_says_nothing_of_a_comparison_with_them(clone):
    with as_role("anchor"):
        said = "INSERT INTO audit_verification ({}) SELECT {}app_now(), 1, 0, '{{}}', 0.1"
        run(said.format("at, checkpoint, code, words, seconds", ""))
        with pytest.raises(DatabaseError, match="permission denied"):
            run(said.format("with_keys, at, checkpoint, code, words, seconds", "true, "))
