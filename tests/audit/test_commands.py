"""The commands as somebody types them: seal, verify, extract, with their exit codes."""

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from portal.audit.sealing import latest
from tests.audit.test_proof import KEY, PUBLIC, WORD, load_alone
from tests.conftest import as_role


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
        assert (ended.value.code, "Nothing missing, nothing altered." in capsys.readouterr().out) == (0, True)
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
