"""Erasing: proposed by one, approved by another, gone everywhere; what is evidence stays, and the proof goes on."""

import datetime
import json
import re
import uuid

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from portal.access import emergency, erasing, evidence_holds, extracts, retention, seals, work
from portal.access.actions import give
from portal.access.fresh_codes import Proof, begin_signature
from portal.access.identity import Refused, acting
from portal.access.models import EvidenceHold, Ground
from portal.access.reminders import look_at_the_clock
from portal.access.sections import Section as S
from portal.access.visibility import listed_ids
from portal.accounts import actions as accounts
from portal.accounts import backups
from portal.accounts.roles import Role
from portal.audit import clock, events
from portal.audit.events import Event
from portal.audit.kinds import shifted
from portal.audit.sealing import seal
from portal.audit.stamp import Stamp, stamping
from portal.audit.verification import Range, compare
from portal.casework import code_names, keys
from portal.casework.models import Approval
from portal.casework.workflow import NotPossible
from portal.embedded.management.commands import after_restore
from tests.access.test_seals import second
from tests.attacks import attack
from tests.audit.test_proof import KEY, PUBLIC, alone
from tests.casework.test_drafts import typing
from tests.casework.test_dump import dumped, words_in
from tests.conftest import as_owner, as_role
from tests.oversight import register_overseers
from tests.people.conftest import set_account
from tests.posted import form_with, taking_back
from tests.referrals.hand_overs.conftest import enrol
from tests.statements import assert_refused, count_events, last_event, rows, run, value
from tests.world import DAY, declare, outlive
from victims import actions, disclosures, documents
from victims.attachments import attach, write_note
from victims.models import CareEntry, Child, Disclosure, HealthEntry, LegalOrder

ALL = list(S)
HELD = (S.LEGAL, S.SUSPECTS)
WORDS = [f"canary-{section.slug}-Closed" for section in S]
TYPED = ["canary-typed-note", "canary-typed-title", "canary-typed-paper", "canary-typed-task", "canary-typed-why",
         "canary-typed-grant", "canary-typed-draft"]  # fmt: skip


def keeping(person, child_id):
    with acting(person):
        return erasing.keeping_of(person, child_id)


def propose(cast, child_id, parts=ALL, by="privacy_officer", **more):
    person = getattr(cast, by)
    return erasing.propose(
        file=keeping(person, child_id),
        parts=parts,
        ground="asked",
        team=None,
        by=person,
        reason="They asked for it.",
        **more,
    )


def approve(cast, approval, by="supervisor"):
    person = getattr(cast, by)
    return erasing.decide(approval=approval, approve=True, proof=Proof(person), by=person)


def erase(cast, child_id, parts=ALL):
    approval = propose(cast, child_id, parts)
    connection.check_constraints()  # as at a commit: what stood before is empty afterwards
    return approve(cast, approval)


def hold(cast, child_id, *parts, by="investigator", days=90):
    person = getattr(cast, by)
    review_on = clock.now().date() + datetime.timedelta(days=days)
    return evidence_holds.set_hold(
        file=keeping(person, child_id), parts=parts, basis="proceedings", reference="NUIPC 17/26", review_on=review_on,
        by=person,
    )  # fmt: skip


@pytest.fixture
def officers(cast, files):
    register_overseers(cast)
    with as_owner(), stamping(Stamp(None, "set-up")):
        chief = accounts.register_person(
            email="chief@example.org", given_name="Jorge", family_name="Leal", agency=cast.investigator.agency,
            roles=[Role.SUPERVISOR],
        )  # fmt: skip
        accounts.join_team(person=chief, team=cast.team("investigator"))
        accounts.brief(person=chief, until=clock.now() + 999 * DAY)
    return cast


def write_more(copy):
    """Write into the closed file wherever somebody writes, so that every kind of word is there to be erased."""
    cast, file = copy.cast, copy.files["Closed"]
    worker = cast.social_worker
    with acting(worker):
        child = Child.objects.get(pk=file)
    write_note(child=child, section=S.CARE, body=TYPED[0], by=worker)
    attach(child=child, section=S.CARE, title=TYPED[1], data=TYPED[2].encode(), by=worker)
    actions.change(
        record=record_of(worker, CareEntry, file), values={"text": f"{WORDS[5]} and more"}, by=worker, reason=TYPED[4]
    )
    work.add_task(kind="next_step", title=TYPED[3], team=cast.team("social_worker"), child_id=file, by=worker)
    give(child_id=file, sections={S.SUMMARY: 0, S.CARE: 0}, until=clock.now() + DAY, by=worker, reason=TYPED[5],
         owner=cast.team("social_worker"), team=cast.team("ngo_worker"))  # fmt: skip
    documents.order(child_id=file, kind="file", language="en", by=worker)
    typing(copy.browse(worker), reverse("victims:note", args=[file, "care"]), body=TYPED[6])


def record_of(person, model, child_id):
    with acting(person):
        return model.objects.filter(child_id=child_id).first()


@pytest.fixture(scope="module")
def erased(django_db_setup, django_db_blocker):
    """A copy of the world in which one file was erased, and one but for what is evidence; sealed before and after."""
    from tests.copies import copied

    with django_db_blocker.unblock(), copied() as copy:
        register_overseers(copy.cast)
        write_more(copy)
        with as_role("anchor"):
            seal(KEY)
        hold(copy.cast, copy.files["Follow"], *HELD)
        copy.before = words_in(dumped(copy.name), [*WORDS, *TYPED])
        erase(copy.cast, copy.files["Closed"])
        erase(copy.cast, copy.files["Follow"], [part for part in S if part not in HELD])
        with as_role("anchor"):
            seal(KEY)
        yield copy


@pytest.fixture
def sealed(erased, django_db_blocker):
    with django_db_blocker.unblock(), as_role("owner"), transaction.atomic():
        yield erased
        transaction.set_rollback(True)


def test_no_word_of_an_erased_file_is_left_in_the_database(erased):
    assert {word for word in erased.before if word in TYPED} >= {TYPED[3], TYPED[4], TYPED[5]}
    assert {
        "canary-summary-Closed",
        "canary-care-Closed",
        "canary-legal-Closed",
        "canary-suspects-Closed",
    } <= erased.before
    assert words_in(dumped(erased.name), [*WORDS, *TYPED]) == set()
    # Nor is one kept that somebody still types, in a page that was open meanwhile.
    address, file = "/files/x/", erased.files["Closed"]
    keep = "SELECT access.keep_draft(gen_random_uuid(), %s, %s, %s::smallint, 1::smallint, true, 'x', '')"
    with acting(erased.cast.social_worker), connection.cursor() as cursor:
        for part in (6, None):
            cursor.execute(keep, [address, file, part])
            cursor.execute("SELECT access.draft_kept(%s)", [address])
            assert cursor.fetchone()[0] is not None  # that it is gone is told to nobody
    assert erased.value("SELECT string_agg(closed, '') FROM casework_draft WHERE child_id = %s", file) == b""
    erased.run("DELETE FROM casework_draft WHERE child_id = %s", file)
    held = {f"canary-{section.slug}-Follow" for section in S}
    assert words_in(dumped(erased.name), held) == {"canary-legal-Follow", "canary-suspects-Follow"}


def test_keys_contents_names_and_drafts_are_gone(erased):
    file, follow = erased.files["Closed"], erased.files["Follow"]
    for table in ("casework_sectionkey", "casework_attachmentcontent", "victims_nametoken", "casework_draft"):
        assert erased.value(f"SELECT count(*) FROM {table} WHERE child_id = %s", file) == 0, table
    assert erased.value("SELECT count(*) FROM casework_document WHERE child_id = %s AND data IS NOT NULL", file) == 0
    assert erased.value("SELECT count(*) FROM casework_sectionkey WHERE child_id = %s AND section < 7", follow) == 0
    assert erased.value("SELECT count(*) FROM audit_root WHERE root = %s AND key IS NULL", file) == 1
    assert erased.value("SELECT count(*) FROM audit_root WHERE root = %s AND key IS NULL", follow) == 0
    with as_owner(), pytest.raises(keys.KeyMissing):
        HealthEntry.objects.filter(child_id=file).first().text  # noqa: B018


def test_record_is_as_it_was_and_says_what_was_erased(sealed, tmp_path, capsys, monkeypatch):
    found = compare(PUBLIC, Range())
    assert (found.problems, found.unknown) == ([], [])
    assert sum("nothing is left to compare" in line for line in found.notices) == 2
    code, said = alone(tmp_path, capsys, monkeypatch)
    assert (code, said.splitlines()[1:]) == (0, ["Nothing missing, nothing altered."])
    one = compare(PUBLIC, Range(child_id=sealed.files["Closed"]))
    assert (one.problems, len([line for line in one.notices if "nothing is left to compare" in line])) == ([], 1)


EMPTY = "UPDATE victims_historicalcareentry SET text = '—'"
TAMPERED = {
    "a row of an erased file": "UPDATE victims_historicalcareentry SET text = 'other' WHERE child_id = '{Closed}'",
    "a row of a part that is gone": "UPDATE victims_historicalcareentry SET history_date = now() WHERE child_id = '{Follow}'",
    "evidence that was held": "UPDATE victims_historicalsuspectentry SET known_as = 'other' WHERE child_id = '{Follow}'",
    "a row emptied without an erasure": f"{EMPTY} WHERE child_id = '{{Mira}}'",
    "and called erased": f"{EMPTY} WHERE child_id = '{{Mira}}'; INSERT INTO audit_erased SELECT h.history_id, gen_random_uuid(),"
    " h.child_id, 'victims_careentry', audit.commitment(audit.no_key(), 'victims_careentry', to_jsonb(h))"
    " FROM victims_historicalcareentry h WHERE h.child_id = '{Mira}'",
    "and put to another erasure": f"{EMPTY} WHERE child_id = '{{Mira}}'; INSERT INTO audit_erased SELECT h.history_id,"
    " (SELECT erasure FROM audit_erased LIMIT 1), h.child_id, 'victims_careentry',"
    " audit.commitment(audit.no_key(), 'victims_careentry', to_jsonb(h))"
    " FROM victims_historicalcareentry h WHERE h.child_id = '{Mira}'",
    "what is left forgotten": "DELETE FROM audit_erased WHERE file = '{Closed}'",
    "a row of an erased file deleted": "DELETE FROM victims_historicalcareentry WHERE child_id = '{Closed}'",
    "a purpose taken out": "UPDATE audit_event e SET purpose_hash = audit.purpose_hash(e), purpose = ''"
    " WHERE child_id = '{Mira}' AND purpose <> ''",
}


@attack("D36")
@pytest.mark.parametrize("what", TAMPERED)
def test_tampering_after_an_erasure_is_named(sealed, what, tmp_path, capsys, monkeypatch):
    tables = ["audit_event", "audit_erased", "victims_historicalcareentry", "victims_historicalsuspectentry"]
    for table in tables:
        run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    assert run(TAMPERED[what].format(**sealed.files).split("; ")[0]) > 0
    for more in TAMPERED[what].format(**sealed.files).split("; ")[1:]:
        run(more)
    assert compare(PUBLIC, Range()).exit_code == 1
    if "purpose" not in what:  # no purpose is in an extract
        assert alone(tmp_path, capsys, monkeypatch)[0] == 1


WHICH = "'00000000-0000-7000-8000-00000000000e'"
CALL = """INSERT INTO audit_erased SELECT h.history_id, {which}, h.child_id, 'victims_careentry',
    audit.commitment(audit.no_key(), 'victims_careentry', to_jsonb(h))
  FROM victims_historicalcareentry h WHERE h.child_id = '{Mira}'"""
AGAIN = """UPDATE audit_erased x SET remains = audit.commitment(audit.no_key(), x.source, to_jsonb(h))
  FROM victims_historicalcareentry h WHERE h.history_id = x.history_id AND x.file = '{Closed}'"""
TELL = """INSERT INTO audit_event (id, recorded, tx, kind, action, outcome, reason_code, child_id, entity, entity_id, entities,
    sections, basis, purpose, details, person, agency, role, via, session, request_id, address)
  SELECT uuidv7(), app_now(), pg_current_xact_id(), 'erasure', 'D', 'ok', '', x.file, 'access.erasure', x.erasure, '{{}}',
    '{{6}}', '', '', jsonb_build_object('rows', count(*), 'digest', audit.erased_digest(x.erasure)), '', '', '', '', '', '', ''
    FROM audit_erased x WHERE x.file = '{file}' AND x.erasure NOT IN (SELECT entity_id FROM audit_event WHERE kind = 'erasure'
      AND details ->> 'digest' = audit.erased_digest(x.erasure)) GROUP BY x.file, x.erasure"""
SIGN = """INSERT INTO access_erasure (id, version, child_id, sections, ground, reason, asked, done)
  VALUES ({which}, 1, '{Mira}', '{{6}}', 'asked', 'x', now(), now())"""
ALTER = "UPDATE victims_historicalcareentry SET text = 'another' WHERE child_id = '{Mira}'"
OWN = {  # of whoever owns the tables: what is altered, called erased, and told by an event as the portal would write it
    "nobody decided on": ("Mira", [ALTER, CALL]),
    "holds words still": ("Mira", [ALTER, CALL, SIGN, "UPDATE victims_child SET erased = '{{6}}' WHERE id = '{Mira}'"]),
    "without a record of": ("Closed", [
        "UPDATE victims_historicalcareentry SET history_by = 'X. Other' WHERE child_id = '{Closed}'", AGAIN,
    ]),
}  # fmt: skip


@pytest.mark.parametrize("named", OWN)
def test_an_erasure_that_the_owner_of_the_tables_tells_excuses_nothing(sealed, named, tmp_path, capsys, monkeypatch):
    file, statements = OWN[named]
    for table in ("audit_event", "audit_erased", "victims_historicalcareentry", "victims_child", "access_erasure"):
        run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    for statement in [*statements, TELL]:
        assert run(statement.format(which=WHICH, file=sealed.files[file], **sealed.files)) > 0
    assert any(named in line for line in compare(PUBLIC, Range()).problems)
    if file == "Closed":  # the extract holds no record: whether somebody decided stands in none
        assert alone(tmp_path, capsys, monkeypatch)[0] == 1


# Everything that the record of an erasure needs, but a word of the application.
PLAYED = [
    "UPDATE victims_historicalcareentry SET text = '—', history_change_reason = '' WHERE child_id = '{Mira}'",
    "UPDATE victims_careentry SET text = '—' WHERE child_id = '{Mira}'",
    "UPDATE victims_child SET erased = '{{6}}' WHERE id = '{Mira}'",
    "UPDATE victims_historicalchild h SET erased = '{{6}}' WHERE id = '{Mira}' AND version = (SELECT max(version)"
    " FROM victims_historicalchild WHERE id = h.id)",
    """INSERT INTO access_erasure (id, version, child_id, sections, ground, reason, asked_by_id, asked, approved_by_id, done)
      SELECT {which}, 1, '{Mira}', '{{6}}', 'asked', 'x', asked_by_id, now(), approved_by_id, now()
        FROM access_erasure LIMIT 1""",
    CALL,
]


@attack("D36")
def test_an_erasure_that_is_played_as_a_whole_is_named(sealed, tmp_path, capsys, monkeypatch):
    """Two people stand in the record who decided nothing: their word would bear a MAC."""
    for table in ("audit_erased", "victims_historicalcareentry", "victims_careentry", "victims_child",
                  "victims_historicalchild", "access_erasure"):  # fmt: skip
        run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    run("ALTER TABLE audit_event DISABLE TRIGGER USER")
    for statement in [*PLAYED, TELL]:
        assert run(statement.format(which=WHICH, file=sealed.files["Mira"], **sealed.files)) > 0
    with as_role("anchor"):
        seal(KEY)
    which = WHICH.strip("'")
    assert f"file {sealed.files['Mira']}: nobody decided on erasure {which} through the application" in (
        compare(PUBLIC, Range()).problems
    )
    code, said = alone(tmp_path, capsys, monkeypatch)
    assert (code, f"nobody decided on erasure {which} through the application" in said) == (1, True)


@attack("D36")
@pytest.mark.parametrize("mac", ["''", "decode('00', 'hex') || sha256('x')", "mac"])
def test_erasure_that_nobody_decided_is_not_written_beside_the_backups(sealed, settings, tmp_path, mac):
    """Played in the tables it would be done to the backups as well, by the next restore."""
    for table in ("access_erasure", "audit_event"):
        run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    run(
        "INSERT INTO access_erasure SELECT (jsonb_populate_record(e, jsonb_build_object('id', %s::text, 'child_id', %s::text))).*"
        " FROM access_erasure e LIMIT 1", WHICH.strip("'"), sealed.files["Mira"],
    )  # fmt: skip
    run(
        "INSERT INTO audit_event SELECT (jsonb_populate_record(e, jsonb_build_object('id', uuidv7(), 'entity_id', %s::text,"
        f" 'child_id', %s::text, 'mac', {mac}))).* FROM audit_event e WHERE kind = 'approve erasure' LIMIT 1",
        WHICH.strip("'"), sealed.files["Mira"],
    )  # fmt: skip
    settings.BACKUPS = tmp_path
    assert erasing.note_missing() == 2  # the true ones
    assert uuid.UUID(WHICH.strip("'")) not in {one.id for one in backups.erasures(tmp_path)}


LINES = {
    "added by hand": lambda one: {**one, "id": str(uuid.uuid4()), "mac": "00000000" + "00" * 32},
    "with the MAC of another": lambda one: {**one, "child_id": str(uuid.uuid4())},
    "with more sections": lambda one: {**one, "sections": [1, 2, 3]},
    "without a MAC": lambda one: {name: value for name, value in one.items() if name != "mac"},
    "that is no line": lambda _one: [[1], 2],
}


@pytest.mark.parametrize("what", LINES)
def test_line_of_the_list_that_the_portal_did_not_write_erases_nothing(cast, files, what, tmp_path, capsys):
    """A restore names it and goes on with the others; under the id of a true one it does not stand in its place."""
    true = backups.Erased(uuid.uuid4(), files["Mira"], [4, 5, 6], "asked", None, cast.supervisor.pk, clock.now())
    backups.note_erasure(true, tmp_path)
    line = (tmp_path / "erasures.jsonl").read_text()
    false = json.dumps(LINES[what](json.loads(line) | {"child_id": str(files["Closed"])})) + "\n"
    (tmp_path / "erasures.jsonl").write_text(false + line)
    assert (backups.erasures(tmp_path), backups.unfit_lines(tmp_path)) == ([true], [1])
    with as_owner():
        assert after_restore.Command().repeat_erasures(tmp_path) == 1
    said = capsys.readouterr().out
    assert "REFUSED: line 1 of erasures.jsonl was not written by this portal" in said
    assert "Erased again: 1." in said
    assert value("SELECT erased FROM victims_child WHERE id = %s", files["Closed"]) == []
    assert value("SELECT erased FROM victims_child WHERE id = %s", files["Mira"]) == [4, 5, 6]


def test_file_is_in_no_list_and_its_page_says_what_became_of_it(erased):
    cast, file, follow = erased.cast, erased.files["Closed"], erased.files["Follow"]
    with acting(cast.social_worker):
        listed = listed_ids(cast.social_worker)
        assert file not in listed
        assert not CareEntry.objects.filter(child_id=follow).exists()
    desk = erased.browse(cast.social_worker)
    assert desk.get(reverse("victims:child", args=[file])).status_code == 404
    said = desk.get(reverse("victims:erasure", args=[file]))
    assert said.status_code == 200
    assert "This file was erased" in said.content.decode()
    assert "proposed by G. Vidal" in said.content.decode()
    told = erased.value("SELECT count(*) FROM casework_notice WHERE kind = 'file_erased' AND words = '{J. Pinto}'")
    assert told > 0  # by reference: its team, without a name
    assert erased.browse(cast.stranger).get(reverse("victims:erasure", args=[file])).status_code == 404
    number = erased.value("SELECT case_number FROM victims_child WHERE id = %s", file)
    with pytest.raises((NotPossible, Refused)):
        emergency.open_file(
            number=number, ground=Ground.DANGER, words="Fainted.", proof=Proof(cast.clinician), by=cast.clinician
        )
    # Those who hold what stays read that it stays, and why.
    with acting(cast.investigator):
        assert follow in listed_ids(cast.investigator)
        assert LegalOrder.objects.get(child_id=follow).number == "canary-legal-Follow"
    page = erased.browse(cast.investigator).get(reverse("victims:hold", args=[follow])).content.decode()
    assert "NUIPC 17/26" in page
    assert "What stays: Legal and Suspects." in page


def test_erasure_is_written_down_beside_the_backups_once(erased, settings, tmp_path):
    settings.BACKUPS = tmp_path
    assert erasing.note_missing() == 2
    assert erasing.note_missing() == 0
    known = {one.child_id: one.sections for one in backups.erasures(tmp_path)}
    assert known[erased.files["Closed"]] == [*range(1, 10)]
    with as_owner(), transaction.atomic():
        assert erasing.erase_again(backups.erasures(tmp_path)) == 0  # it is gone


def test_erased_again_after_a_restore(cast, files):
    """The backup knew nothing of it: no proposal, no approval, and the people of then."""
    one = backups.Erased(uuid.uuid4(), files["Mira"], [4, 5, 6], "asked", None, cast.supervisor.pk, clock.now())
    connection.check_constraints()
    with as_owner():
        assert erasing.erase_again([one, one]) == 1
    connection.check_constraints()
    assert value("SELECT erased FROM victims_child WHERE id = %s", files["Mira"]) == [4, 5, 6]
    assert (
        value("SELECT count(*) FROM casework_sectionkey WHERE child_id = %s AND section IN (4, 5, 6)", files["Mira"])
        == 0
    )
    assert (
        value("SELECT string_agg(text, '') FROM victims_historicalcareentry WHERE child_id = %s", files["Mira"]).strip(
            "—"
        )
        == ""
    )
    assert last_event(kind="erasure")["entity_id"] == one.id


def test_what_is_held_is_refused_in_words_and_by_the_database(officers, files):
    cast, file = officers, files["Follow"]
    hold(cast, file, *HELD)
    with pytest.raises(NotPossible, match="held as evidence and stay: Legal, Suspects"):
        propose(cast, file)
    with acting(cast.privacy_officer):
        values = [uuid.uuid4(), file, [9], cast.privacy_officer.pk]
        assert_refused(
            "INSERT INTO access_erasure (id, version, child_id, sections, ground, reason, asked_by_id, asked)"
            " VALUES (%s, 1, %s, %s, 'asked', 'x', %s, app_now())", *values, match="not held as evidence",
        )  # fmt: skip
    with acting(cast.investigator):  # nor is one set that nobody looks at again
        assert_refused(
            "INSERT INTO access_evidencehold"
            " (id, version, child_id, sections, basis, reference, team_id, set_by_id, since, review_on,"
            " end_reason) VALUES (%s, 1, %s, '{9}', 'proceedings', 'x', %s, %s, app_now(), '9999-01-01', '')",
            uuid.uuid4(), file, cast.team("investigator").pk, cast.investigator.pk, match="a hold is set by",
        )  # fmt: skip
    # A hold that comes after the proposal stands in the way of the approval too.
    approval = propose(cast, files["Sought"], [S.SUMMARY, S.SUSPECTS], by="chief")
    hold(cast, files["Sought"], S.SUSPECTS)
    with pytest.raises(NotPossible, match="Suspects"):
        approve(cast, approval)
    assert value("SELECT erased FROM victims_child WHERE id = %s", files["Sought"]) == []


def held_on_its_page(cast, browse, child_id, *parts):
    """Hold parts of a file on the page of it."""
    client, page = browse(cast.investigator), reverse("victims:hold", args=[child_id])
    day = clock.now().date() + datetime.timedelta(days=90)
    form = form_with(client.get(page), "reference") | {
        "sections": list(map(int, parts)), "basis": "proceedings", "reference": "NUIPC 17/26", "review_on": day.isoformat(),
    }  # fmt: skip
    assert client.post(page, form).status_code == 302
    with acting(cast.investigator):
        return EvidenceHold.objects.get(child_id=child_id)


def test_hold_is_set_by_an_investigator_and_ended_by_a_second_one(officers, files, browse):
    cast, file, given = officers, files["Follow"], officers.team("investigator")
    with as_owner(), stamping(Stamp(None, "set-up")):  # of two teams, and one of them was given the file
        second_team = accounts.register_team(agency=cast.investigator.agency, name="Team without the file")
        accounts.join_team(person=cast.investigator, team=second_team)
    found = held_on_its_page(cast, browse, file, S.LEGAL, S.SUSPECTS)
    assert found.team == given
    with pytest.raises(Refused):
        hold(cast, file, S.CARE)
    assert [one.sections for one in keeping(cast.social_worker, file).holds] == [
        [S.LEGAL]
    ]  # the other part is not theirs
    assert keeping(cast.privacy_officer, file).held == [S.LEGAL, S.SUSPECTS]
    assert keeping(cast.social_worker, file).evidence == []
    with pytest.raises(Refused):
        evidence_holds.end_hold(hold=found, by=cast.investigator, reason="over")
    with acting(cast.investigator):
        assert_refused(
            "UPDATE access_evidencehold SET ended = app_now(), ended_by_id = %s, end_reason = 'x', version = 2 WHERE id = %s",
            cast.investigator.pk, found.pk, match="second person|another",
        )  # fmt: skip
    client, page = browse(cast.chief), reverse("desk:hold", args=[found.pk])
    form = form_with(client.get(page), "reason") | {"reason": "The trial is over.", "answer": "refuse"}
    assert client.post(page, form).url == reverse("desk:home")
    ended = "SELECT ended_by_id, end_reason FROM access_evidencehold WHERE id = %s"
    assert rows(ended, found.pk) == [(cast.chief.pk, "The trial is over.")]
    assert keeping(cast.privacy_officer, file).held == []


def test_hold_is_looked_at_again_on_its_day(officers, files, browse):
    cast, file = officers, files["Follow"]
    outlive(cast.investigator, 100 * DAY)
    found = hold(cast, file, S.SUSPECTS, days=30)
    look_at_the_clock()
    told = "SELECT count(*) FROM casework_notice WHERE kind = 'hold_review' AND person_id = %s"
    assert value(told, cast.investigator.pk) == 0
    with shifted(31 * DAY):
        look_at_the_clock()
        look_at_the_clock()
        assert value(told, cast.investigator.pk) == 1
        groups = {one.id: one for one in browse(cast.investigator).get("/").context["groups"]}
        assert [row.code for row in groups["holds"].rows] == ["NUIPC 17/26"]
        page = reverse("desk:hold", args=[found.pk])
        client = browse(cast.investigator)
        bare = client.post(page, form_with(client.get(page), "once") | {"answer": "agree"}).content.decode()
        assert all(words in bare for words in ("Enter a day.", "Say why it goes on, or ends."))  # both at once
        form = form_with(client.get(page), "once") | {"reason": "The trial begins in May.", "answer": "agree"}
        again = form | {"review_on": (clock.now().date() + datetime.timedelta(days=60)).isoformat()}
        assert client.post(page, again).status_code == 302
    assert value("SELECT review_on FROM access_evidencehold WHERE id = %s", found.pk) > clock.now().date()
    assert browse(cast.social_worker).get(page).status_code == 404


def left_alone(cast, name):
    """Let nobody of the hold's team be left but who set it; in the agency somebody supervises another team."""
    set_account(getattr(cast, name), is_active=False)


@pytest.fixture
def other_chief(officers):
    """A supervisor of the same agency, of no team of the hold."""
    with as_owner(), stamping(Stamp(None, "set-up")):
        agency = officers.investigator.agency
        one = accounts.register_person(
            email="other_chief@example.org",
            given_name="Ines",
            family_name="Rua",
            agency=agency,
            roles=[Role.SUPERVISOR],
        )
        accounts.join_team(person=one, team=accounts.register_team(agency=agency, name="North"))
        accounts.brief(person=one, until=clock.now() + 999 * DAY)
    return officers.other_chief


def test_whoever_joins_a_team_later_counts_from_then_on(officers, files):
    cast, team = officers, officers.team("investigator")
    found = hold(cast, files["Follow"], S.SUSPECTS)
    left_alone(cast, "chief")
    with as_owner(), stamping(Stamp(None, "set-up")):
        known = {"given_name": "Rosa", "family_name": "Vale", "agency": team.agency}
        rosa = accounts.register_person(email="rosa@example.org", roles=[Role.SUPERVISOR], **known)
        accounts.brief(person=rosa, until=clock.now() + 999 * DAY)
        with shifted(40 * DAY):
            accounts.join_team(person=rosa, team=team)
    asked = (
        ("SELECT %s = ANY (access.hold_enders(%s))", rosa.pk, found.pk),
        ("SELECT access.could_propose(%s, %s)", files["Open"], rosa.pk),
        ("SELECT access.decides_erasures(%s, %s)", team.pk, cast.privacy_officer.pk),
    )
    assert [value(*one) for one in asked] == [False, False, False]
    with shifted(41 * DAY):
        assert [value(*one) for one in asked] == [True, True, True]


def test_hold_whose_team_has_nobody_left_is_ended_by_another_supervisor_of_the_agency(
    officers, other_chief, files, browse
):
    cast, file = officers, files["Follow"]
    outlive(other_chief, 100 * DAY)
    found = hold(cast, file, S.SUSPECTS, days=30)
    page, told = (
        reverse("desk:hold", args=[found.pk]),
        "SELECT count(*) FROM casework_notice WHERE kind = 'hold_left' AND person_id = %s",
    )
    client = browse(other_chief)
    assert client.get(page).status_code == 404  # the team has somebody
    left_alone(cast, "chief")
    with shifted(31 * DAY):
        look_at_the_clock()
        look_at_the_clock()
        assert value(told, other_chief.pk) == 1
        assert value(told, cast.privacy_officer.pk) == 0
        client = browse(other_chief)
        assert "holds" in {one.id for one in client.get("/").context["groups"]}
        shown = client.get(page).content.decode()
        assert "you decide in its place" in shown
        assert "Follow" not in shown
        for name in ("privacy_officer", "supervisor", "stranger"):
            with acting(getattr(cast, name)):
                assert evidence_holds.left_to_me() == []
        form = form_with(client.get(page), "reason") | {"reason": "The trial is over.", "answer": "refuse"}
        assert client.post(page, form).url == reverse("desk:home")
    assert value("SELECT ended_by_id FROM access_evidencehold WHERE id = %s", found.pk) == other_chief.pk
    assert client.get(page).status_code == 404


def test_hold_of_an_agency_without_anybody_is_ended_by_the_owner_s_privacy_officer_who_erases_nothing_then(
    officers, files
):
    cast, file = officers, files["Follow"]
    for person in (cast.privacy_officer, cast.supervisor, cast.investigator):
        outlive(person, 100 * DAY)
    found = hold(cast, file, *HELD, days=30)
    left_alone(cast, "chief")
    with acting(cast.privacy_officer):
        assert evidence_holds.left_to_me() == []  # before its day it is nobody else's
    with pytest.raises(Refused):
        evidence_holds.end_hold(hold=found, by=cast.privacy_officer, reason="over")
    with shifted(31 * DAY):
        with acting(cast.privacy_officer):
            assert evidence_holds.left_to_me() == [found.pk]
        with acting(cast.supervisor):  # nor by a query of anybody else
            ends = "UPDATE access_evidencehold SET ended = app_now(), ended_by_id = %s, end_reason = 'x', version = 2"
            assert_refused(ends, cast.supervisor.pk, match="second person")
        with pytest.raises(Refused):
            evidence_holds.end_hold(hold=found, by=cast.investigator, reason="over")
        evidence_holds.end_hold(hold=found, by=cast.privacy_officer, reason="The court says that the case is closed.")
        with pytest.raises(NotPossible, match="in another team’s place"):
            propose(cast, file, HELD)
        with acting(cast.privacy_officer):
            assert_refused(
                "INSERT INTO access_erasure (id, version, child_id, sections, ground, reason, asked_by_id, asked)"
                " VALUES (%s, 1, %s, '{9}', 'asked', 'x', %s, app_now())", uuid.uuid4(), file, cast.privacy_officer.pk,
                match="an erasure is proposed by",
            )  # fmt: skip


def test_whoever_ended_a_hold_for_others_does_not_approve_either(officers, files):
    cast, file = officers, files["Sought"]
    found = hold(cast, file, S.SUSPECTS)
    approval = propose(cast, file, [S.SUMMARY], by="chief")
    connection.check_constraints()
    with as_owner():
        run("ALTER TABLE access_evidencehold DISABLE TRIGGER USER")
        run("UPDATE access_evidencehold SET ended = app_now(), ended_by_id = %s, end_reason = 'x' WHERE id = %s",
            cast.supervisor.pk, found.pk)  # fmt: skip
    with pytest.raises(NotPossible, match="in another team’s place"):
        approve(cast, approval)
    with acting(cast.supervisor):
        begin_signature(Proof(cast.supervisor), cast.supervisor)
        run("UPDATE casework_approval SET state = 2, decided_by_id = %s, decided = app_now(), version = 2 WHERE id = %s",
            cast.supervisor.pk, approval.pk)  # fmt: skip
        assert_refused("SELECT access.carry_out_erasure(%s)", approval.subject_id, match="something still goes on")
        transaction.set_rollback(True)


def test_what_somebody_proposed_lapses_once_they_end_a_hold_for_others(officers, files):
    """Who says that it is no evidence, who proposed and who approves are three, in whatever order."""
    cast, file = officers, files["Follow"]
    for person in (cast.privacy_officer, cast.supervisor, cast.investigator):
        outlive(person, 100 * DAY)
    approval = propose(cast, file, [S.LEGAL])
    connection.check_constraints()
    found = hold(cast, file, S.LEGAL, days=30)
    left_alone(cast, "chief")
    with shifted(31 * DAY):
        evidence_holds.end_hold(hold=found, by=cast.privacy_officer, reason="The trial is over.")
        connection.check_constraints()
        with pytest.raises(Refused, match="not_your_approval"):
            approve(cast, approval)
        with acting(cast.privacy_officer):
            assert work.over(approval.pk, [erasing.ERASURE]).state == "lapsed"
    assert value("SELECT erased FROM victims_child WHERE id = %s", file) == []


def test_whoever_a_relation_keeps_apart_ends_no_hold_where_the_wall_is_open(officers, files):
    cast, file = officers, files["Follow"]
    found = hold(cast, file, S.LEGAL)
    declare(cast.chief, file)
    connection.check_constraints()
    with as_owner():
        run("CREATE POLICY lifted ON access_evidencehold TO app USING (true)")
    with pytest.raises(Refused, match="not_yours_to_end"):
        evidence_holds.end_hold(hold=found, by=cast.chief, reason="over")
    with acting(cast.chief):
        assert evidence_holds.hold_of(cast.chief, found.pk) is None
        ends = "UPDATE access_evidencehold SET ended = app_now(), ended_by_id = %s, end_reason = 'x', version = 2"
        assert_refused(ends, cast.chief.pk, match="second person")


def test_hold_is_for_the_team_that_is_chosen_and_first_for_one_with_somebody_to_end_it(officers, files, browse):
    """The file was given to the investigator alone: a team with a second person is offered first."""
    cast, file = officers, files["Follow"]
    with as_owner(), stamping(Stamp(None, "set-up")):
        empty = accounts.register_team(agency=cast.investigator.agency, name="A team of one")
        accounts.join_team(person=cast.investigator, team=empty)
        connection.check_constraints()
        run("ALTER TABLE access_grant DISABLE TRIGGER USER")
        run("UPDATE access_grant SET team_id = NULL, person_id = %s WHERE child_id = %s AND team_id = %s",
            cast.investigator.pk, file, cast.chief.memberships.get().team_id)  # fmt: skip
    given = cast.chief.memberships.get().team
    client, page = browse(cast.investigator), reverse("victims:hold", args=[file])
    form = form_with(client.get(page), "reference")
    assert form["team"] == [str(given.pk)]
    day = (clock.now().date() + datetime.timedelta(days=90)).isoformat()
    form |= {"sections": [9], "basis": "proceedings", "reference": "17/26", "review_on": day, "team": str(empty.pk)}
    assert client.post(page, form).status_code == 302
    assert value("SELECT team_id FROM access_evidencehold WHERE child_id = %s", file) == empty.pk


def test_the_notice_of_a_question_that_was_answered_leads_nowhere(officers, files, browse):
    approval = propose(officers, files["Closed"])
    client, page = browse(officers.supervisor), reverse("desk:decide_erasure", args=[approval.pk])
    assert page in client.get(reverse("desk:notices")).content.decode()
    erasing.decide(approval=approval, approve=False, by=officers.supervisor, reason="It is needed.")
    text = client.get(reverse("desk:notices")).content.decode()
    assert (page in text, "Answered or ended." in text) == (False, True)


def test_whoever_proposed_reads_whom_it_waits_for_and_why_it_was_refused(officers, files, browse):
    approval, page = propose(officers, files["Closed"]), reverse("victims:erasure", args=[files["Closed"]])
    client = browse(officers.privacy_officer)
    assert f"It waits for {approval.team.label}." in client.get(page).content.decode()
    erasing.decide(approval=approval, approve=False, by=officers.supervisor, reason="A claim is pending.")
    decision = reverse("desk:decide_erasure", args=[approval.pk])
    assert decision in client.get(reverse("desk:notices")).content.decode()
    assert all("A claim is pending." in client.get(each).content.decode() for each in (decision, page))
    assert "A claim is pending." not in browse(officers.social_worker).get(page).content.decode()


def test_two_people_and_a_fresh_code(officers, files, browse):
    cast, file = officers, files["Closed"]
    approval = propose(cast, file)
    with pytest.raises(NotPossible, match="asked already"):
        propose(cast, file)
    for name in ("privacy_officer", "social_worker", "stranger", "foreign_officer"):
        with pytest.raises(Refused):
            approve(cast, approval, by=name)
    with pytest.raises(Refused):
        erasing.decide(approval=approval, approve=True, by=cast.supervisor)  # no fresh code
    page = reverse("desk:decide_erasure", args=[approval.pk])
    client = browse(cast.supervisor)
    text = client.get(page).content.decode()
    assert "Erase the whole file of “Closed”?" in text
    assert "They asked for it." in text
    assert text.count("It stays when the file is gone") == 2  # what is said to the asker, and why not
    assert browse(cast.social_worker).get(page).status_code == 404
    connection.check_constraints()
    form = form_with(client.get(page), "code") | {"code": enrol(cast.supervisor)(), "answer": "agree"}
    assert client.post(page, form).url == reverse("desk:home")
    with pytest.raises(NotPossible, match="decided on this already"):
        approve(cast, approval)
    assert value("SELECT count(*) FROM audit_event WHERE kind = 'erasure' AND child_id = %s", file) == 1
    connection.check_constraints()


def test_purposes_go_with_the_last_part_that_a_look_was_at(officers, files):
    """Care first and health later: the reason of a look at both is about nothing that is left."""
    cast, file = officers, files["Mira"]
    with acting(cast.social_worker):
        events.record(Event("view", "R", child_id=file, sections=[S.HEALTH, S.CARE], purpose="canary-why-both"))
    left = "SELECT count(*) FROM audit_event WHERE child_id = %s AND purpose = 'canary-why-both'"
    erase(cast, file, [S.CARE])
    assert value(left, file) == 1
    erase(cast, file, [S.HEALTH])
    assert value(left, file) == 0
    found = keeping(cast.shelter_worker, file)
    # That there was health to erase is for those who were given it, and who oversee the file.
    assert (found.erased, len(found.erasures)) == ([S.CARE], 1)
    assert keeping(cast.social_worker, file).erased == [S.HEALTH, S.CARE]
    assert S.HEALTH not in found.staying


PURPOSES = {  # of looks at many files, this one among them; and whether they go with it
    "For the hearing of {name}.": True,
    "{lower}’s aunt asked": True,
    "number ({number})": True,
    "before {former} ran away": True,  # what it was called once
    "(the one of Plover)": True,
    "من أجل {arabic}، للمحكمة": True,
    "{name}wards and other birds": False,
    "the yearly report": False,
}


def test_what_was_typed_about_many_files_goes_with_one_that_it_names(officers, files):
    cast, file, other = officers, files["Mira"], files["Closed"]
    with as_owner():
        number, former = rows("SELECT case_number, code_name FROM victims_child WHERE id = %s", file)[0]
    with acting(cast.social_worker):
        child = Child.objects.get(pk=file)
    name = "Linnet"
    for called in ("Plover.", name):
        actions.change_summary(child=child, values={"code_name": called}, by=cast.social_worker, reason="known to him")
    names = {"name": name, "lower": name.lower(), "number": number, "former": former, "arabic": code_names.WORDS[name]}
    said = {words.format(**names): goes for words, goes in PURPOSES.items()}
    with acting(cast.social_worker):
        for purpose in said:
            events.record(Event("table of files", entities=[file, other], sections=[1], purpose=purpose))
        events.record(Event("table of files", entities=[other], sections=[1], purpose=f"like {name}"))
    made = [extracts.ask(stage=None, purpose=words, by=cast.social_worker) for words in (f"for {name}", "the report")]
    with as_owner():
        seal(KEY)
    erase(cast, file)
    with as_owner():
        seal(KEY)
        left = {words for (words,) in rows("SELECT purpose FROM audit_event WHERE kind = 'table of files'")} - {""}
        assert left == {words for words, goes in said.items() if not goes} | {f"like {name}"}
        tables = "SELECT purpose FROM access_{}extract WHERE id = ANY (%s) ORDER BY id, version"
        assert rows(tables.format(""), [one.pk for one in made]) == [("—",), ("the report",)]
        assert rows(tables.format("historical"), [one.pk for one in made]) == [("—",), ("—",), ("the report",)]
        assert compare(PUBLIC, Range(), None, settings.EVENT_KEYS).problems == []


def test_a_table_goes_with_one_file_by_its_purpose_and_with_another_by_the_answer(officers, files, monkeypatch):
    cast = officers
    monkeypatch.setattr(extracts, "needs_second", lambda _files: True)
    made = extracts.ask(stage=None, purpose="for Mira", by=cast.social_worker)
    erase(cast, files["Mira"])
    extracts.decide(extract=made, is_allowed=False, comment="Not Closed.", by=cast.privacy_officer)
    with as_owner():
        seal(KEY)
    erase(cast, files["Closed"])
    with as_owner():
        seal(KEY)
        assert rows("SELECT purpose, comment FROM access_extract WHERE id = %s", made.pk) == [("—", "—")]
        words = "SELECT count(*) FROM access_historicalextract WHERE id = %s AND purpose || comment ~ 'Mira|Closed'"
        assert value(words, made.pk) == 0
        assert compare(PUBLIC, Range(), None, settings.EVENT_KEYS).problems == []


def test_a_paper_that_nobody_can_finish_keeps_nothing_from_being_erased(officers, files):
    """Whoever asked for it has left: nobody makes it, and nobody takes it back."""
    cast, file = officers, files["Mira"]
    order = {"kind": "order", "authority": "Court", "order_number": "1", "issued": clock.now().date(), "parts": [6],
             "legal_basis": "court_order", "language": "en", "reason": "x"}  # fmt: skip
    one = disclosures.ask(child_id=file, values=order, by=cast.social_worker)
    with pytest.raises(NotPossible, match="A paper for a court"):
        propose(cast, file, [S.CARE])
    set_account(cast.social_worker, is_active=False)
    erase(cast, file, [S.CARE])
    assert value("SELECT state FROM victims_disclosure WHERE id = %s", one.pk) == Disclosure.State.WITHDRAWN
    connection.check_constraints()


def test_receipt_of_a_hand_over_goes_with_care_and_a_pdf_of_what_is_gone_is_no_page(officers, files, browse):
    """It says how the child was, and is sealed under the portal's own key, which no erasure destroys."""
    cast, file = officers, files["Mira"]
    receipt, pdf = (documents.order(child_id=file, kind="file", language="en", by=cast.social_worker) for _ in "ab")
    with as_owner():
        filled = "UPDATE casework_document SET data = 'x', finished = app_now(), kind = %s, sections = %s WHERE id = %s"
        run(filled, "receipt", [], receipt.pk)
        run(filled, "file", [1, 7], pdf.pk)
    erase(cast, file, [S.CARE])
    left = "SELECT data IS NOT NULL FROM casework_document WHERE id = %s"
    assert (value(left, receipt.pk), value(left, pdf.pk)) == (False, True)
    erase(cast, file, [S.SUMMARY])
    assert value(left, pdf.pk) is False
    assert browse(cast.social_worker).get(reverse("victims:take_document", args=[pdf.pk])).status_code == 404


def test_with_the_care_section_the_tasks_of_its_plan_end_and_no_others(officers, files):
    """Nobody can do an action whose plan is gone; what was asked for beside it goes on."""
    cast, file = officers, files["Mira"]
    action, other = (
        work.add_task(kind=kind, title="x", team=cast.team("ngo_worker"), child_id=file, by=cast.social_worker)
        for kind in ("plan_action", "next_step")
    )
    erase(cast, file, [S.CARE])
    state = "SELECT state FROM casework_task WHERE id = %s"
    assert (value(state, action.pk), value(state, other.pk)) == (3, 1)  # cancelled, open
    connection.check_constraints()


APPROVED = "UPDATE casework_approval SET state = 2, decided_by_id = %s, decided = app_now(), version = 2 WHERE id = %s"


def waits(client):
    return sum(len(group.rows) for group in client.get("/").context["groups"] if group.id == "approvals")


def test_what_was_proposed_by_somebody_who_may_no_longer_is_nobody_s_to_approve(officers, files, browse):
    """The file goes to another agency, or whoever asked does something else now, while a second person has not answered."""
    cast, file = officers, files["Closed"]
    approval = propose(cast, file)
    page = reverse("desk:decide_erasure", args=[approval.pk])
    assert waits(browse(cast.supervisor)) == 1
    with acting(cast.supervisor):  # approved a moment before
        begin_signature(Proof(cast.supervisor), cast.supervisor)
        run(APPROVED, cast.supervisor.pk, approval.pk)
        set_account(cast.privacy_officer, roles=[Role.REGISTRAR])
        assert_refused("SELECT access.carry_out_erasure(%s)", approval.subject_id, match="could not do so any more")
        transaction.set_rollback(True)
    set_account(cast.privacy_officer, roles=[Role.REGISTRAR])
    client = browse(cast.supervisor)
    said = client.get(page)  # where the notice leads says what became of it, and nothing of the file
    assert said.status_code == 200
    assert "could not propose it any more" in said.content.decode()
    assert "Closed" not in said.content.decode()
    assert "They asked for it." not in said.content.decode()
    assert client.post(page, {"answer": "agree", "code": "1", "once": "x"}).status_code == 409
    assert waits(client) == 0
    with pytest.raises(Refused):
        approve(cast, approval)
    with acting(cast.supervisor):
        begin_signature(Proof(cast.supervisor), cast.supervisor)
        assert_refused(APPROVED, cast.supervisor.pk, approval.pk, match="answered once")
    assert value("SELECT erased FROM victims_child WHERE id = %s", file) == []


def test_whoever_proposed_reads_what_became_of_it_where_the_notice_leads(officers, files, browse):
    cast = officers
    approval = propose(cast, files["Closed"])
    page = reverse("desk:decide_erasure", args=[approval.pk])
    asker = browse(cast.privacy_officer)
    assert "This waits for somebody else" in asker.get(page).content.decode()
    assert asker.post(page, {"answer": "agree", "once": "x"}).status_code == 404  # nobody decides on their own
    assert last_event(kind="refusal")["reason_code"] == "not_your_approval"
    erasing.decide(approval=approval, approve=False, by=cast.supervisor, reason="The trial is not over.")
    assert page in asker.get(reverse("desk:notices")).content.decode()
    said = asker.get(page).content.decode()
    assert "This was not erased" in said
    assert "The trial is not over." in said
    assert browse(cast.chief).get(page).status_code == 404  # was not asked
    declare(cast.privacy_officer, files["Closed"])
    assert asker.get(page).status_code == 404


def take_back(cast, approval, by="privacy_officer"):
    person = getattr(cast, by)
    with acting(person):
        question = work.over(approval.pk, [erasing.ERASURE])
    return work.take_back(question=question, by=person)


def test_whoever_proposed_takes_it_back_while_it_waits(officers, files, browse):
    cast, file = officers, files["Closed"]
    approval, page = propose(cast, file), reverse("victims:erasure", args=[file])
    button, decision = (reverse(f"desk:{name}", args=[approval.pk]) for name in ("take_back", "decide_erasure"))
    asker, decider = browse(cast.privacy_officer), browse(cast.supervisor)
    assert button not in browse(cast.social_worker).get(page).content.decode()
    assert browse(cast.supervisor).post(button, {"once": "x"}).status_code == 404  # asked nothing
    assert {taking_back(asker.get(one))[0] for one in (page, decision)} == {button}
    assert asker.post(*taking_back(asker.get(page))).url == page
    assert button not in asker.get(page).content.decode()
    assert waits(decider) == 0
    assert "Answered or ended." in decider.get(reverse("desk:notices")).content.decode()
    assert all("This was taken back" in client.get(decision).content.decode() for client in (asker, decider))
    assert decider.post(decision, {"answer": "agree", "code": "1", "once": "x"}).status_code == 409
    with pytest.raises(NotPossible, match="taken back already"):
        take_back(cast, approval)
    assert propose(cast, file).pk != approval.pk
    assert value("SELECT erased FROM victims_child WHERE id = %s", file) == []


TAKEN_BACK = (
    "UPDATE casework_approval SET state = 5, decided_by_id = NULL, decided = app_now(), version = 2 WHERE id = %s"
)


def test_nobody_else_takes_a_proposal_back_and_nobody_one_that_was_decided(officers, files):
    cast = officers
    approval = propose(cast, files["Closed"])
    with pytest.raises(Refused, match="not_yours_to_end"):
        take_back(cast, approval, by="supervisor")
    with acting(cast.supervisor):
        assert_refused(TAKEN_BACK, approval.pk, match="answered once")
    with acting(cast.privacy_officer):
        assert_refused(TAKEN_BACK.replace("NULL", "asked_by_id"), approval.pk, match="answered once")
        assert_refused(TAKEN_BACK.replace("version", "comment = 'x', version"), approval.pk, match="answered once")
    erasing.decide(approval=approval, approve=False, by=cast.supervisor, reason="It is needed.")
    with acting(cast.privacy_officer):
        assert_refused(TAKEN_BACK, approval.pk, match="answered once")


CLOSED = {
    True: "Parts of this file were erased meanwhile, by another decision.",
    False: "It was closed before anybody answered.",
}


def test_question_that_another_erasure_closed_says_so_to_whoever_reads_what_was_erased(officers, files, browse):
    cast, file = officers, files["Closed"]
    first = propose(cast, file, [S.SUMMARY], by="supervisor")
    page = reverse("desk:decide_erasure", args=[first.pk])
    set_account(cast.supervisor, roles=[Role.REGISTRAR])  # so it lapses, and waits on
    approve(cast, propose(cast, file), by="chief")
    set_account(cast.supervisor, roles=[Role.SUPERVISOR])
    for name, reads in (("supervisor", True), ("chief", False)):
        text = browse(getattr(cast, name)).get(page).content.decode()
        said = [words in text for words in ("not asked any more", CLOSED[reads], CLOSED[not reads], "Decided by")]
        assert said == [True, True, False, False], name
        assert "was not erased" not in text
    assert rows("SELECT state, decided_by_id FROM casework_approval WHERE id = %s", first.pk) == [(6, None)]


def test_no_query_asks_another_agency_while_the_own_one_could_decide(officers, files):
    cast, file = officers, files["Closed"]
    with as_owner(), stamping(Stamp(None, "set-up")):
        team = accounts.register_team(agency=cast.social_worker.agency, name="day team")
        known = {"given_name": "Rosa", "family_name": "Vale", "agency": cast.social_worker.agency}
        rosa = accounts.register_person(email="rosa@example.org", roles=[Role.SUPERVISOR], **known)
        accounts.join_team(person=rosa, team=team)
    which = uuid.uuid4()
    ask = (
        "INSERT INTO casework_approval"
        " (id, version, kind, subject_id, team_id, asked_by_id, asked, child_id, state, role, comment)"
        " VALUES (%s, 1, 'erasure', %s, %s, %s, app_now(), %s, 1, '', '')"
    )
    with acting(cast.privacy_officer):
        me = cast.privacy_officer.pk
        run("INSERT INTO access_erasure (id, version, child_id, sections, ground, reason, asked_by_id, asked)"
            " VALUES (%s, 1, %s, '{6}', 'asked', 'x', %s, app_now())", which, file, me)  # fmt: skip
        for name in ("chief", "shelter_worker"):
            assert_refused(ask, uuid.uuid4(), which, cast.team(name).pk, me, file, match="another team is asked")
        run(ask, uuid.uuid4(), which, team.pk, me, file)
        transaction.set_rollback(True)


def test_words_of_who_proposes_and_decides_are_kept_and_are_no_refusal(officers, files, browse):
    """Neither holds any part of the file: what they type is kept all the same, and nobody is told that they were refused."""
    cast, file = officers, files["Closed"]
    page = reverse("victims:erasure", args=[file])
    typing(client := browse(cast.privacy_officer), page, reason="canary-typed reason")
    assert "canary-typed reason" in client.get(page).content.decode()
    approval = propose(cast, file)
    decides = reverse("desk:decide_erasure", args=[approval.pk])
    typing(browse(cast.supervisor), decides, comment="canary-typed comment")
    assert count_events(outcome="refused", child_id=file) == 0


def test_refused_erasure_changes_nothing(officers, files, browse):
    approval = propose(officers, files["Closed"])
    page = reverse("desk:decide_erasure", args=[approval.pk])
    client = browse(officers.supervisor)
    form = form_with(client.get(page), "once") | {"answer": "refuse", "comment": "The trial is not over."}
    assert client.post(page, form).status_code == 302
    assert value("SELECT state FROM casework_approval WHERE id = %s", approval.pk) == Approval.State.REFUSED
    assert value("SELECT erased FROM victims_child WHERE id = %s", files["Closed"]) == []
    assert propose(officers, files["Closed"]).pk != approval.pk


@attack("D35")
def test_nobody_erases_by_a_query(officers, files):
    cast, file = officers, files["Closed"]
    approval = propose(cast, file)
    erasure = approval.subject_id
    with acting(cast.supervisor):
        assert_refused("SELECT access.carry_out_erasure(%s)", erasure, match="approval of a second person")
        # An approval without the signature is none.
        assert_refused(APPROVED, cast.supervisor.pk, approval.pk, match="answered once")
        for name in ("erase(%s, NULL)", "erase_again(%s, '{1}', NULL, '', NULL, NULL, NULL)"):
            assert_refused(f"SELECT access.{name}", erasure, match="permission denied")
        assert_refused("SELECT * FROM access.erasures_done('x')", match="opening key")
        assert_refused("UPDATE access_erasure SET done = app_now() WHERE id = %s", erasure, match="permission denied")
        assert_refused("DELETE FROM casework_sectionkey WHERE child_id = %s", file, match="permission denied")
        assert_refused("UPDATE victims_historicalcareentry SET text = ''", match="permission denied")
        run("SELECT set_config('safe.erasing', 'yes', true)")
        assert_refused("UPDATE audit_event SET purpose = ''", match="permission denied")
        with pytest.raises(events.NotRecorded), transaction.atomic():  # no query tells of an erasure
            events.record(Event("erasure", "D", "refused", entity="access.erasure", entity_id=erasure, child_id=file))
    with acting(cast.social_worker):
        assert_refused("UPDATE victims_child SET erased = '{6}', version = version + 1 WHERE id = %s", files["Mira"])
        assert_refused(
            "INSERT INTO access_erasure (id, version, child_id, sections, ground, reason, asked_by_id, asked)"
            " VALUES (%s, 1, %s, '{6}', 'asked', 'x', %s, app_now())",
            uuid.uuid4(), files["Mira"], cast.social_worker.pk, match="proposed by a privacy officer",
        )  # fmt: skip
    with as_owner(), pytest.raises(DatabaseError, match="kept as it is"), transaction.atomic():
        run("UPDATE victims_historicalcareentry SET text = ''")


def test_nothing_is_written_into_what_was_erased(officers, files):
    cast, file = officers, files["Mira"]
    erase(cast, file, [S.CARE])
    with acting(cast.social_worker):
        child = Child.objects.get(pk=file)
    with pytest.raises(Refused):
        write_note(child=child, section=S.CARE, body="again", by=cast.social_worker)
    changed = actions.change_summary(child=child, values={"risk": 2}, by=cast.social_worker, reason="seen")
    assert (changed.risk, changed.erased) == (2, [S.CARE])  # what is left of the file goes on
    add = "INSERT INTO victims_careentry (id, version, child_id, \"on\", kind, text) VALUES (%s, 1, %s, now(), 'wish', 'x')"
    with as_owner():
        assert_refused(add, uuid.uuid4(), file, match="was erased")
    # Whoever has nothing of the file is refused as for a file that does not exist.
    with acting(cast.stranger):
        assert_refused(add, uuid.uuid4(), file, match="^new row violates row-level security policy")


def test_sealed_files_and_relations_keep_out(officers, files):
    cast = officers
    custodians = [cast.social_worker, cast.supervisor]
    with acting(cast.social_worker):
        child = Child.objects.select_related("owner__agency").get(pk=files["Waiting"])
    asked = seals.ask(child=child, custodians=custodians, by=cast.social_worker, reason="threatened")
    seals.decide(approval=asked, approve=True, by=second(cast, asked))
    assert keeping(cast.privacy_officer, files["Waiting"]) is None
    assert keeping(cast.supervisor, files["Waiting"]).erasable == []  # unsealed first
    declare(cast.privacy_officer, files["Mira"])
    assert keeping(cast.privacy_officer, files["Mira"]) is None
    approval = propose(cast, files["Closed"])
    declare(cast.supervisor, files["Closed"])
    with pytest.raises(Refused):
        approve(cast, approval)


def test_nobody_is_told_of_an_erasure_whom_a_relation_keeps_apart(officers, files):
    """A notice whose page does not open would tell that there is a file, and what became of it."""
    cast, told = officers, "SELECT count(*) FROM casework_notice WHERE kind = %s AND person_id = %s"
    declare(cast.social_worker, files["Closed"])
    erase(cast, files["Closed"])
    assert value(told, "file_erased", cast.social_worker.pk) == 0
    erase(cast, files["Waiting"])
    assert value(told, "file_erased", cast.social_worker.pk) == 1
    asked = value(told, "erasure_asked", cast.supervisor.pk)
    declare(cast.supervisor, files["Ended"])
    with pytest.raises(NotPossible, match="Nobody of another team"):
        propose(cast, files["Ended"])
    assert value(told, "erasure_asked", cast.supervisor.pk) == asked == 2


def test_file_is_kept_until_its_day(officers, files, browse, settings):
    cast, file = officers, files["Closed"]  # 6 to 11 years old: 25 in nineteen years at the latest
    found = keeping(cast.privacy_officer, file)
    assert found.keep_until.year == clock.now().year + 19
    assert keeping(cast.privacy_officer, files["Mira"]).keep_until is None
    settings.RETENTION = {"": (10, 25), "PT": (2, 10)}
    assert keeping(cast.privacy_officer, file).keep_until.year == clock.now().year + 4
    with acting(cast.privacy_officer):
        assert retention.files_to_erase(cast.privacy_officer, 10) == []
    assert (
        str(clock.now().year + 4)
        in browse(cast.social_worker).get(reverse("victims:child", args=[file])).content.decode()
    )
    outlive(cast.privacy_officer, 3000 * DAY)
    rows(
        "SELECT audit.make_partitions((app_now() + interval '5 years')::date, (app_now() + interval '61 months')::date)"
    )
    with shifted(5 * 366 * DAY):
        client = browse(cast.privacy_officer)
        group = next(one for one in client.get("/").context["groups"] if one.id == "to-erase")
        assert file in group.files
        assert len(form_with(client.get(reverse("victims:erasure", args=[file])), "once")["sections"]) > 1
        page = reverse("victims:keep_longer", args=[file])
        until = clock.now().date() + datetime.timedelta(days=700)
        form = form_with(client.get(page), "once") | {"reason": "A civil claim is pending.", "until": until.isoformat()}
        assert client.post(page, form).status_code == 302
        assert keeping(cast.privacy_officer, file).keep_until == until
        assert "A civil claim is pending." in client.get(reverse("victims:erasure", args=[file])).content.decode()
        assert file not in [one.id for one in files_over(cast.privacy_officer)]
    assert browse(cast.social_worker).get(page).status_code == 404


def files_over(person):
    with acting(person):
        return retention.files_to_erase(person, 10)


def test_proposal_says_what_is_lost_and_is_made_once(officers, files, browse):
    cast, file = officers, files["Mira"]
    page = reverse("victims:erasure", args=[file])
    client = browse(cast.privacy_officer)
    shown = client.get(page).content.decode()
    assert re.search(r"Care: \d+ record", shown)
    assert "sections" not in form_with(client.get(page), "once")  # nothing is ticked of a file that is not past its day
    form = form_with(client.get(page), "once") | {
        "sections": [6], "ground": "asked", "reason": "They asked.", "team": str(cast.team("supervisor").pk)
    }  # fmt: skip
    assert client.post(page, form).status_code == 302
    assert "A second person was asked to erase Care" in client.get(page).content.decode()
    assert client.post(page, form).status_code == 302  # the same press again
    assert value("SELECT count(*) FROM access_erasure WHERE child_id = %s", file) == 1
