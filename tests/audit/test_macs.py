"""MACs: what the application did not write is named, also where whoever owns the tables wrote and sealed it."""

import base64
import json
import os
import re
import secrets

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from portal.access.identity import acting
from portal.audit import events, macs
from portal.audit.authors import BESIDE, BY_DATABASE, Authors
from portal.audit.events import Event
from portal.audit.macs import name_of
from portal.audit.sealing import seal
from portal.audit.stamp import Stamp
from portal.audit.verification import Range, compare
from portal.embedded.folder import DataFolder
from portal.embedded.recipes import anchor
from portal.environment import event_keys
from tests.attacks import attack
from tests.audit.test_proof import KEY, OLD_EVENT, ONE, PUBLIC, alone, load_alone, sealed, sealed_world, tamper  # noqa: F401 - fixtures
from tests.conftest import as_role
from tests.statements import run, value

FORGED = "00000000-0000-7000-8000-00000000000f"
COLUMNS = """recorded, tx, kind, action, outcome, reason_code, child_id, series_id, entity, entity_id, entities, sections, basis,
    purpose, details, person_id, person, agency_id, agency, role, via, session, request_id, address"""
NOW = COLUMNS.replace("recorded, tx", "app_now(), pg_current_xact_id()")
FORGE = f"""INSERT INTO audit_event (id, {COLUMNS}, mac)
    SELECT '{FORGED}', {NOW}, {{mac}} FROM audit_event WHERE id = {OLD_EVENT}"""
MACS = {
    "none": ("''", "was not written by the application"),
    "that of another event": ("mac", "bears the MAC of another one"),
    "one by chance": ("substr(mac, 1, 4) || sha256('x')", "bears the MAC of another one"),
    "one that is too short": ("substr(mac, 1, 35)", "bears a MAC of a wrong length"),
    "one under no key that is too short": ("'\\x0102'", "bears a MAC of a wrong length"),
    "one under no key that is too long": ("'\\x00000000' || sha256('x') || 'x'", "bears a MAC of a wrong length"),
}


def seal_now():
    with as_role("anchor"):
        seal(KEY)


def compared(chosen=None):
    return compare(PUBLIC, chosen or Range(), None, settings.EVENT_KEYS)


@attack("D36")
@pytest.mark.parametrize("what", MACS)
def test_event_that_the_owner_of_the_tables_writes_is_named(sealed, what, tmp_path, capsys, monkeypatch):  # noqa: F811
    mac, words = MACS[what]
    assert run(FORGE.format(mac=mac)) == 1
    seal_now()
    assert any(f"event {FORGED} of" in line and words in line for line in compared().problems)
    code, said = alone(tmp_path, capsys, monkeypatch)
    assert code == 1
    assert f"TAMPERED: event {FORGED} {words}." in said


def test_event_under_an_unknown_key_cannot_be_told(sealed, tmp_path, capsys, monkeypatch):  # noqa: F811
    run(FORGE.format(mac="'\\x00000000' || sha256('x')"))
    seal_now()
    found = compared()
    assert (found.exit_code, found.problems) == (2, [])
    assert "1 events were written under key 00000000, which is not in SAFE_RETURN_EVENT_KEYS." in found.unknown
    code, said = alone(tmp_path, capsys, monkeypatch)
    assert code == 2
    assert f"event {FORGED} was written under key 00000000" in said


@pytest.mark.parametrize("mac", ["'\\x0102'", "'\\x00000000' || sha256('x') || 'x'"])
def test_mac_of_a_wrong_length_is_named_without_any_key(sealed, mac):  # noqa: F811
    run(FORGE.format(mac=mac))
    seal_now()
    named = [line for line in compare(PUBLIC, Range()).problems if FORGED in line]
    assert [line.partition("bears")[2] for line in named] == [" a MAC of a wrong length"]
    assert compare(PUBLIC, Range(), None, settings.EVENT_KEYS).problems.count(named[0]) == 1


def test_mac_of_a_wrong_length_in_a_file_of_an_old_month_is_named():
    found = Authors({}, 20)
    found.look([f"part {number}" for number in range(25)] + ["0102"])
    assert (found.bad, found.strange) == (["event part 0 of part 1 bears a MAC of a wrong length"], {})


@pytest.mark.parametrize("change", ["set_byte(mac, 0, 255 - get_byte(mac, 0))", "''"])
def test_mac_that_is_changed_afterwards_is_part_of_what_was_sealed(sealed, change):  # noqa: F811
    which = value(f"SELECT {OLD_EVENT}")
    tamper(f"UPDATE audit_event SET mac = {change} WHERE id = {OLD_EVENT}")
    found = compare(PUBLIC, Range())  # without any key
    assert any(f"event {which} of" in line and "was altered" in line for line in found.problems)


def test_true_event_that_is_played_once_more_is_named(sealed, tmp_path, capsys, monkeypatch):  # noqa: F811
    """Its MAC holds its time: at another one it does not fit, and the event of that id has its leaf already."""
    which = value(f"SELECT {OLD_EVENT}")
    run(FORGE.format(mac="mac").replace(FORGED, str(which)))
    seal_now()
    assert any("bears the MAC of another one" in line for line in compared().problems)
    assert alone(tmp_path, capsys, monkeypatch)[0] == 1
    tamper("UPDATE audit_checkpoint SET horizon = '999999999'")  # as once this transaction is over
    assert any(f"event {which} of" in line and "was added" in line for line in compare(PUBLIC, Range()).problems)


def test_without_the_key_it_says_that_it_did_not_ask(sealed):  # noqa: F811
    run(FORGE.format(mac="mac"))
    seal_now()
    found = compare(PUBLIC, Range())
    assert found.exit_code == 0
    assert any("SAFE_RETURN_EVENT_KEYS is not set" in line for line in found.notices)


def test_key_is_changed_and_the_older_one_still_tells(sealed, tmp_path, capsys, monkeypatch):  # noqa: F811
    newer = secrets.token_bytes(32)
    older = settings.EVENT_KEYS
    with override_settings(EVENT_KEYS={name_of(newer): newer, **older}):
        which = events.record(Event("view"), stamp=Stamp(None, "whoever runs the portal"))
        assert bytes(value("SELECT mac FROM audit_event WHERE id = %s", which)).startswith(name_of(newer))
        seal_now()
        assert compared().exit_code == 0
    found = compared()
    assert (found.exit_code, f"key {name_of(newer).hex()}" in found.unknown[0]) == (2, True)
    with override_settings(EVENT_KEYS={name_of(newer): newer}):
        assert compared().exit_code == 2
    assert alone(tmp_path, capsys, monkeypatch)[0] == 2


CHANGED = f"""UPDATE victims_careentry SET text = 'other', version = version + 1 WHERE id = {ONE};
    INSERT INTO victims_historicalcareentry SELECT (jsonb_populate_record(NULL::victims_historicalcareentry,
        to_jsonb(h) || to_jsonb(c) || jsonb_build_object(
        'history_id', '{FORGED}', 'history_date', {{at}}, 'history_type', '~', 'tx', pg_current_xact_id()::text))).*
      FROM victims_careentry c JOIN LATERAL (SELECT * FROM victims_historicalcareentry h WHERE h.id = c.id
        ORDER BY h.version DESC LIMIT 1) h ON true WHERE c.id = {ONE}"""


@attack("D36")
@pytest.mark.parametrize("at", ["app_now()", "h.history_date"])
def test_change_that_no_event_of_the_application_tells_is_named(sealed, at):  # noqa: F811
    """Also where it borrows the moment and the author of a true one: there is one event, and there are two rows."""
    tamper(*CHANGED.format(at=at).split(";\n"))
    seal_now()
    words = f"history row {FORGED}: no event of the application says so"
    assert any(line.endswith(words) for line in compare(PUBLIC, Range()).problems)
    assert any(line.endswith(words) for line in compared(Range(child_id=sealed.files["Mira"])).problems) == bool(
        value(f"SELECT count(*) FROM victims_careentry WHERE id = {ONE} AND child_id = %s", sealed.files["Mira"])
    )


def test_event_of_the_database_beside_no_act_is_named(sealed):  # noqa: F811
    grant = "kind = 'grant' AND action = 'C' AND entity = 'access.grant'"
    made = f"INSERT INTO audit_event (id, {COLUMNS}) SELECT '{FORGED}', {NOW} FROM audit_event WHERE {grant} LIMIT 1"
    assert run(made) == 1
    seal_now()
    found = compare(PUBLIC, Range())
    assert any(f"event {FORGED} of" in line and "beside no act" in line for line in found.problems)


OLD_GRANT = "kind = 'grant' AND action = 'C' AND entity = 'access.grant'"


@attack("D36")
def test_event_of_the_database_that_is_added_later_beside_an_old_act_is_named(sealed, tmp_path, capsys, monkeypatch):  # noqa: F811
    forged = COLUMNS.replace("recorded, tx", "recorded, pg_current_xact_id()")
    made = f"INSERT INTO audit_event (id, {COLUMNS}) SELECT '{FORGED}', {forged} FROM audit_event WHERE {OLD_GRANT} LIMIT 1"
    assert run(made) == 1
    seal_now()
    assert any(f"event {FORGED} of" in line and "beside no act" in line for line in compare(PUBLIC, Range()).problems)
    code, said = alone(tmp_path, capsys, monkeypatch)
    assert (code, f"event {FORGED} stands beside no act" in said) == (1, True)


BORROWED = """WITH said AS (SELECT * FROM audit_event WHERE kind = 'change' AND entity = 'victims.identity' LIMIT 1),
      made AS (INSERT INTO {table} SELECT (jsonb_populate_record(NULL::{table},
        to_jsonb(r) || jsonb_build_object('id', {id}))).* FROM (SELECT * FROM {table} LIMIT 1) r, said e RETURNING *)
    INSERT INTO {history} SELECT (jsonb_populate_record(NULL::{history}, to_jsonb(h) || to_jsonb(m) || jsonb_build_object(
        'history_id', '{FORGED}', 'history_date', e.recorded, 'history_user_id', e.person_id,
        'tx', pg_current_xact_id()::text))).* FROM made m, said e, (SELECT * FROM {history} LIMIT 1) h"""


@attack("D36")
@pytest.mark.parametrize(("table", "which"), [("victims_careentry", "e.entity_id"), ("casework_task", f"'{FORGED}'")])
def test_false_record_that_borrows_a_true_event_is_named(sealed, table, which):  # noqa: F811
    """The id of a true one, in another table; or any id, in a table that functions of the database write into."""
    history = table.replace("_", "_historical")
    tamper(
        f"ALTER TABLE {table} DISABLE TRIGGER USER",
        f"ALTER TABLE {history} DISABLE TRIGGER USER",
        BORROWED.format(table=table, history=history, id=which, FORGED=FORGED),
    )
    seal_now()
    words = f"history row {FORGED}: no event of the application says so"
    assert any(line.endswith(words) for line in compare(PUBLIC, Range()).problems)


@pytest.mark.parametrize("words", ["{key},", "{key},c2hvcnQ="])
def test_keys_of_the_verifier_that_stands_alone_are_whole_ones(tmp_path, words):
    """A comma too much is no empty key, with which anybody makes MACs."""
    path = tmp_path / "event.keys"
    path.write_text(words.format(key=os.environ["SAFE_RETURN_EVENT_KEYS"]))
    try:
        assert load_alone().keys_of(path) == settings.EVENT_KEYS
    except ValueError:
        assert not words.endswith(",")


def test_what_functions_of_the_database_write_is_named_in_one_place():
    written = "".join(path.read_text() for path in (settings.ROOT / "portal" / "access" / "sql").glob("*.sql"))
    noted = re.findall(r"note_event\('([^']+)', '(\w)', [^,]+, '([^']*)'", written)
    told = re.findall(r"pg_current_xact_id\(\), '(\w+)', '(\w)'.*?'(access\.\w+)'", written)
    assert {" ".join(one) for one in noted + told} == set(BY_DATABASE)
    histories = set(re.findall(r"note_history\('(\w+)'", written))
    assert len(histories) > 5
    assert histories <= set(BESIDE)


def test_mac_says_everything_that_the_application_knows():
    """Each part but the transaction, and the names that the database takes from the row of whoever acts."""
    text = [f"part {number}" for number in range(26)]
    for number in range(25):
        other = [*text[:number], "other", *text[number + 1 :]]
        assert (macs.told(other) != macs.told(text)) == (number not in (2, 17, 18, 19, 20)), number
    assert "part 19" in macs.told([*text[:16], None, *text[17:]])  # where nobody is signed in


def test_anchor_is_told_no_key_of_events_and_the_owner_of_the_tables_needs_none():
    folder = DataFolder(settings.DATA)
    env = {"SAFE_RETURN_EVENT_KEYS": "x", "DATABASE_ANCHOR_URL": "y"}
    assert "SAFE_RETURN_EVENT_KEYS" not in anchor(folder, env).env
    assert folder.event_keys() == os.environ["SAFE_RETURN_EVENT_KEYS"]


def test_nothing_is_written_without_a_key(db):
    with (
        override_settings(EVENT_KEYS={}),
        pytest.raises(ImproperlyConfigured, match="SAFE_RETURN_EVENT_KEYS is not set"),
    ):
        events.record(Event("view"), stamp=Stamp(None, ""))


@pytest.mark.parametrize("words", ["short", base64.b64encode(bytes(16)).decode()])
def test_key_that_is_none_is_refused_with_the_remedy(words):
    with pytest.raises(ImproperlyConfigured, match="openssl rand -base64 32"):
        event_keys(words)


def test_event_under_another_stamp_names_whoever_is_signed_in(cast):
    """As the database does: what is asked for again and wrong is nobody's sign-in, and somebody's page."""
    person = cast.social_worker
    with acting(person):
        which = events.record(Event("sign-in", "E", "failed"), stamp=Stamp(None, "", address="127.0.0.9"))
    with as_role("owner"):
        text = json.loads(value("SELECT audit.text_of(e) FROM audit_event e WHERE id = %s", which))
    assert (text[macs.PERSON], text[-2]) == (str(person.pk), "127.0.0.9")
    assert macs.fits(settings.EVENT_KEYS, macs.EVENT, macs.told(text), bytes.fromhex(text[-1]))
