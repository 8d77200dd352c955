"""The proof: what is committed is sealed; what is altered, added, moved or removed afterwards both verifiers name."""

import base64
import importlib.util
import json
import os
import subprocess
import sys

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.db import connection, transaction

from portal.access.identity import acting
from portal.audit import extracting
from portal.audit.proof import hash_of, name_of, public_of, root_of
from portal.audit.sealing import checkpoints, latest, seal
from portal.audit.verification import Range, compare
from tests.attacks import attack
from tests.conftest import as_role
from tests.statements import run, value
from victims.models import CareEntry

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
PUBLIC = {name_of(public_of(KEY)): public_of(KEY)}
WORD = base64.b64encode(public_of(KEY)).decode()
ALONE = settings.ROOT / "docs" / "verify_record.py"


def load_alone():
    spec = importlib.util.spec_from_file_location("verify_record", ALONE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def sealed_world(django_db_setup, django_db_blocker):
    """A copy of the small world, sealed twice, with a change in between; each test puts it back as it was."""
    from tests.copies import copied

    with django_db_blocker.unblock(), copied() as copy:
        with as_role("anchor"):
            seal(KEY)
        person = copy.cast.social_worker
        with acting(person):
            entry = CareEntry.objects.filter(child_id=copy.files["Mira"]).first()
            entry.text = f"{entry.text}, and again"
            entry.save()
        with as_role("anchor"):
            seal(KEY)
        yield copy


@pytest.fixture
def sealed(sealed_world, django_db_blocker):
    with django_db_blocker.unblock(), as_role("owner"), transaction.atomic():
        yield sealed_world
        transaction.set_rollback(True)


def tamper(*statements):
    """Do what the owner of the tables can do, who takes the guards away first."""
    with connection.cursor() as cursor:
        for table in (
            "audit_event",
            "audit_link",
            "audit_leaf",
            "audit_checkpoint",
            "victims_careentry",
            "victims_historicalcareentry",
        ):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)


def alone(tmp_path, capsys, monkeypatch, *more):
    """Write the whole record out and have it checked by the verifier that knows no database; return code and words."""
    path = tmp_path / "record.jsonl"
    with path.open("w") as file:
        extracting.write(file, Range())
    keys = tmp_path / "event.keys"
    keys.write_text(os.environ["SAFE_RETURN_EVENT_KEYS"])
    monkeypatch.setattr(sys, "argv", ["verify_record", str(path), "--key", WORD, "--event-keys", str(keys), *more])
    capsys.readouterr()
    code = load_alone().main()
    return code, capsys.readouterr().out


GUARDED = [
    "audit_event",
    "audit_link",
    "audit_leaf",
    "audit_checkpoint",
    "victims_careentry",
    "victims_historicalcareentry",
]
OLD_EVENT = "(SELECT id FROM audit_event ORDER BY recorded, id LIMIT 1)"
OLD_ROW = "(SELECT history_id FROM victims_historicalcareentry ORDER BY history_id LIMIT 1)"
LAST_ROW = "(SELECT history_id FROM victims_historicalcareentry ORDER BY history_id DESC LIMIT 1)"
ONE = "(SELECT id FROM victims_careentry ORDER BY id LIMIT 1)"
TAMPERING = {
    "an event is altered": (f"UPDATE audit_event SET person = 'X. Nobody' WHERE id = {OLD_EVENT}", "event {event} of"),
    "the purpose of an event": (f"UPDATE audit_event SET purpose = 'other' WHERE id = {OLD_EVENT}", "event {event} of"),
    "an event is dated back": (
        f"UPDATE audit_event SET recorded = recorded + interval '1 second' WHERE id = {OLD_EVENT}",
        "event {event} of",
    ),
    "two events change places": (
        "UPDATE audit_event e SET person = o.person, request_id = o.request_id || e.id FROM audit_event o WHERE e.id <> o.id"
        f" AND (e.id = {OLD_EVENT} OR o.id = {OLD_EVENT})",
        "event {event} of",
    ),
    "an event is deleted": (f"DELETE FROM audit_event WHERE id = {OLD_EVENT}", "event {event} of"),
    "the newest events are deleted": (
        "DELETE FROM audit_event WHERE recorded >= (SELECT max(recorded) FROM audit_event)",
        "was deleted",
    ),
    "an event is added": (
        'INSERT INTO audit_event SELECT (jsonb_populate_record(e, \'{"id": "00000000-0000-7000-8000-000000000001"}\')).*'
        f" FROM audit_event e WHERE id = {OLD_EVENT}",
        "event 00000000-0000-7000-8000-000000000001",
    ),
    "an event and its leaf": (
        f"UPDATE audit_event SET person = 'X. Nobody' WHERE id = {OLD_EVENT};"
        f" UPDATE audit_leaf f SET leaf = audit.leaf(e) FROM audit_event e WHERE e.id = f.id AND e.id = {OLD_EVENT}",
        "checkpoint 1: its",
    ),
    "an event with its leaf is deleted": (
        f"DELETE FROM audit_leaf WHERE id = {OLD_EVENT}; DELETE FROM audit_event WHERE id = {OLD_EVENT}",
        "checkpoint 1: its",
    ),
    "a leaf is altered": ("UPDATE audit_leaf SET leaf = sha256('') WHERE checkpoint = 1 AND place = 1", "checkpoint 1"),
    "two leaves change places": (
        "UPDATE audit_leaf SET place = -place WHERE checkpoint = 1 AND place < 3;"
        " UPDATE audit_leaf SET place = 3 + place WHERE checkpoint = 1 AND place < 0",
        "checkpoint 1: its",
    ),
    "the leaves of a checkpoint are gone": ("DELETE FROM audit_leaf WHERE checkpoint = 2", "checkpoint 2: its"),
    "a history row is altered": (
        f"UPDATE victims_historicalcareentry SET history_by = 'X' WHERE history_id = {OLD_ROW}",
        "{row}",
    ),
    "a history row is deleted": (f"DELETE FROM victims_historicalcareentry WHERE history_id = {OLD_ROW}", "{row}"),
    "the last history row and the record": (
        f"UPDATE victims_historicalcareentry SET text = 'other' WHERE history_id = {LAST_ROW};"
        " UPDATE victims_careentry c SET text = 'other' FROM victims_historicalcareentry h"
        f" WHERE h.id = c.id AND h.history_id = {LAST_ROW}",
        "was altered",
    ),
    "a history row is added": (
        'INSERT INTO victims_historicalcareentry SELECT (jsonb_populate_record(h, \'{"version": 90, "history_id":'
        f' "00000000-0000-7000-8000-000000000002"}}\')).* FROM victims_historicalcareentry h WHERE history_id = {OLD_ROW}',
        "00000000-0000-7000-8000-000000000002",
    ),
    "two history rows change places": (
        "UPDATE victims_historicalcareentry a SET text = b.text, history_by = b.history_by || '.'"
        " FROM victims_historicalcareentry b"
        f" WHERE a.history_id = {OLD_ROW} AND b.history_id = {LAST_ROW}",
        "{row}",
    ),
    "a record is altered": (
        f"UPDATE victims_careentry SET text = 'other' WHERE id = {ONE}",
        "differs from its last history row",
    ),
    "a record is deleted": (f"DELETE FROM victims_careentry WHERE id = {ONE}", "victims_careentry {record}"),
    "a record is added": (
        'INSERT INTO victims_careentry SELECT (jsonb_populate_record(c, \'{"id": "00000000-0000-7000-8000-000000000003"}\')).*'
        f" FROM victims_careentry c WHERE id = {ONE}",
        "victims_careentry 00000000-0000-7000-8000-000000000003",
    ),
    "a link is altered": (f"UPDATE audit_link SET commitment = sha256('') WHERE history_id = {OLD_ROW}", "{row}"),
    "a link is deleted": (f"DELETE FROM audit_link WHERE history_id = {OLD_ROW}", "{row}"),
    "a chain is cut at its end": (
        "DELETE FROM audit_link WHERE (root, seq) IN (SELECT root, seq FROM audit_root WHERE seq > 1 LIMIT 1)",
        "was deleted",
    ),
    "a checkpoint is altered": (
        "UPDATE audit_checkpoint SET made = made - interval '1 day' WHERE number = 1",
        "checkpoint 1 was altered",
    ),
    "a checkpoint is deleted": ("DELETE FROM audit_checkpoint WHERE number = 1", "checkpoint 1 is missing"),
    "a checkpoint is signed by nobody": (
        "UPDATE audit_checkpoint SET signature = decode(repeat('00', 64), 'hex') WHERE number = 2",
        "checkpoint 2 is not signed",
    ),
}


def named():
    """Return the identifiers that the verifiers have to name."""
    return {
        "event": value(f"SELECT {OLD_EVENT}"),
        "row": value(f"SELECT {OLD_ROW}"),
        "record": value(f"SELECT {ONE}"),
    }


@attack("D36", "D37")
@pytest.mark.parametrize("what", TAMPERING)
def test_tampering_is_named(sealed, what, tmp_path, capsys, monkeypatch):
    statement, words = TAMPERING[what]
    known = named()
    words = words.format(**known)
    tamper(statement)
    found = compare(PUBLIC, Range())
    assert found.exit_code == 1
    assert any(words in line for line in found.problems), found.problems
    code, said = alone(tmp_path, capsys, monkeypatch)
    assert code == 1, said
    assert "TAMPERED" in said
    for one in [str(which) for which in known.values() if str(which) in words]:
        assert one in said


def test_what_is_as_it_was_is_clean(sealed, tmp_path, capsys, monkeypatch):
    found = compare(PUBLIC, Range(), None, settings.EVENT_KEYS)
    assert (found.problems, found.unknown, found.checkpoints) == ([], [], 2)
    assert found.leaves > 500
    code, said = alone(tmp_path, capsys, monkeypatch)
    assert (code, said.splitlines()[1:]) == (0, ["Nothing missing, nothing altered."])
    marked = value("SELECT count(*) FROM audit_event WHERE mac <> ''")
    assert f"{marked} events bear the MAC of the application" in found.notices
    assert said.startswith(f"{marked} MACs compared.")


# Back to what checkpoint 1 sealed, as a restore leaves it.
TO_FIRST = (
    "DELETE FROM audit_link WHERE history_id IN (SELECT id FROM audit_leaf WHERE checkpoint = 2 AND kind = 'l')",
    "UPDATE audit_root r SET (seq, hash) = (SELECT l.seq, l.hash FROM audit_link l WHERE l.root = r.root"
    " ORDER BY seq DESC LIMIT 1)",
    "DELETE FROM audit_leaf WHERE checkpoint = 2",
    "DELETE FROM audit_checkpoint WHERE number = 2",
)


@attack("D37")
def test_a_dropped_partition_is_named(sealed):
    part = value("SELECT tableoid::regclass::text FROM audit_event ORDER BY recorded LIMIT 1")
    run(f"DROP TABLE {part}")
    assert "was deleted" in compare(PUBLIC, Range()).problems[0]


@attack("D37")
def test_what_is_cut_off_at_the_end_is_known_to_a_witness(sealed, tmp_path, capsys, monkeypatch):
    """Whoever goes back to an older state takes the last checkpoint along: only somebody else has kept it."""
    kept = tmp_path / "kept.jsonl"
    kept.write_text("".join(json.dumps(one.line()) + "\n" for one in checkpoints()))
    tamper("DELETE FROM audit_checkpoint WHERE number = 2", "DELETE FROM audit_leaf WHERE checkpoint = 2")
    found = compare(PUBLIC, Range(), kept)
    assert any(line.startswith("checkpoint 2 is missing in the record, kept by a witness") for line in found.problems)
    code, said = alone(tmp_path, capsys, monkeypatch, "--witness", str(kept))
    assert code == 1
    assert "checkpoint 2 is missing" in said


def test_a_restore_says_so_and_excuses_only_what_it_undid(sealed, tmp_path):
    """Going back is accepted with a signed checkpoint that says so, made after what it undid; nothing later goes with it."""
    kept = tmp_path / "kept.jsonl"
    lines = [one.line() for one in checkpoints()]
    tamper(*TO_FIRST)
    seal(KEY, {"restored": "to yesterday"})
    kept.write_text("".join(json.dumps(line) + "\n" for line in lines))
    found = compare(PUBLIC, Range(), kept)
    assert found.problems == []
    assert any("kept by a witness" in line for line in found.notices)
    kept.write_text(json.dumps(lines[1] | {"number": 3, "made": "2099-01-01T00:00:00.000000Z"}))
    assert any("checkpoint 3 is missing" in line for line in compare(PUBLIC, Range(), kept).problems)


def test_a_record_signed_anew_with_another_key_is_not_believed(sealed):
    """Whoever rewrites everything needs the key; another one is not among those that are known."""
    one = latest()
    hashed = hash_of(one.number, one.made, one.horizon, one.size, root_of([]), one.previous, one.note)
    values = [root_of([]), hashed, name_of(public_of(OTHER)), OTHER.sign(hashed)]
    tamper()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE audit_checkpoint SET root = %s, hash = %s, key = %s, signature = %s WHERE number = 2", values
        )
    found = compare(PUBLIC, Range())
    assert any("is not among the public keys" in line for line in found.unknown)
    assert any("do not make its root" in line for line in found.problems)


def test_one_file_is_compared_by_itself(sealed, tmp_path, capsys, monkeypatch):
    mira, other = sealed.files["Mira"], sealed.files["Planned"]
    tamper(f"UPDATE victims_careentry SET text = 'other' WHERE child_id = '{mira}'")
    assert compare(PUBLIC, Range(child_id=other)).exit_code == 0
    assert compare(PUBLIC, Range(child_id=mira)).exit_code == 1
    for child_id, wanted in ((other, 0), (mira, 1)):
        path = tmp_path / f"{child_id}.jsonl"
        with path.open("w") as file:
            assert extracting.write(file, Range(child_id=child_id)) > 10
        monkeypatch.setattr(sys, "argv", ["verify_record", str(path), "--key", WORD])
        assert load_alone().main() == wanted
        assert str(sealed.files["Rescued"]) not in path.read_text()  # nothing of others but hashes
    capsys.readouterr()


def test_an_extract_holds_no_word_of_a_record(sealed, tmp_path):
    path = tmp_path / "record.jsonl"
    with path.open("w") as file:
        extracting.write(file, Range())
    assert "canary" not in path.read_text()


def test_without_checkpoints_or_keys_it_cannot_be_told(sealed):
    assert compare({}, Range()).exit_code == 2
    tamper("DELETE FROM audit_checkpoint", "DELETE FROM audit_leaf", "DELETE FROM audit_link", "DELETE FROM audit_root")
    found = compare(PUBLIC, Range())
    assert found.exit_code == 2
    assert found.problems == []


def test_the_verifier_runs_by_itself(sealed, tmp_path):
    path = tmp_path / "record.jsonl"
    path.write_text("nonsense")
    done = subprocess.run(
        [sys.executable, "-I", str(ALONE), str(path)], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert (done.returncode, done.stdout[:12]) == (2, "Cannot tell:")
    own = ("portal", "victims", "shelters", "referrals", "django")
    assert not any(f"import {name}" in ALONE.read_text() or f"from {name}" in ALONE.read_text() for name in own)
