"""Somebody writes into a part while it is being erased, on a copy where both commit: in and emptied, or refused."""

import threading

import pytest
from django.conf import settings
from django.db import ProgrammingError, connection
from django.urls import reverse

from portal.access import erasing, extracts, work
from portal.access.actions import give
from portal.access.fresh_codes import Proof
from portal.access.identity import acting
from portal.access.sections import Section as S
from portal.accounts.models import Team
from portal.audit import clock
from portal.audit.models import write_history
from portal.audit.sealing import seal
from portal.audit.verification import Range, compare
from tests.access.test_erasing import erase, keeping
from tests.audit.test_proof import KEY, PUBLIC
from tests.casework.test_dump import dumped, words_in
from tests.conftest import as_role
from tests.oversight import register_overseers
from tests.posted import form_with
from tests.referrals.hand_overs.conftest import enrol
from tests.world import DAY
from victims import actions
from victims.attachments import write_note
from victims.models import CareEntry, Child, Identity

WORD = "canary-written-meanwhile"
PARTS = [S.SUMMARY, S.IDENTITY, S.CARE]


def change_entry(entry, child, by):
    actions.change(record=entry, values={"text": WORD}, by=by, reason=WORD)


def change_by_a_query(entry, child, by):
    """As whoever has the application's role could: without a lock before, and with the history row that is demanded."""
    with connection.cursor() as cursor:
        change = "UPDATE victims_careentry SET text = %s, version = version + 1 WHERE id = %s RETURNING version"
        cursor.execute(change, [WORD, entry.pk])
        entry.version, entry.text = cursor.fetchone()[0], WORD
    write_history(entry, "~")


def add_entry(entry, child, by):
    actions.add(model=CareEntry, child=child, values={"on": entry.on, "kind": "wish", "text": WORD}, by=by, reason=WORD)


def change_identity(entry, child, by):
    actions.change(record=Identity.objects.get(child_id=child.pk), values={"family_name": WORD}, by=by, reason=WORD)


def add_note(entry, child, by):
    write_note(child=child, section=S.CARE, body=WORD, by=by, reason=WORD)


def change_summary(entry, child, by):
    actions.change_summary(child=child, values={"contact_safely": WORD}, by=by, reason=WORD)


WRITES = (change_entry, change_by_a_query, add_entry, change_identity, add_note, change_summary)


def add_task(entry, child, by):
    work.add_task(kind="next_step", title=WORD, team=child.owner, child_id=child.pk, by=by)


def give_access(entry, child, by):
    to = Team.objects.filter(agency__kind="ngo", is_intake=False).first()
    give(
        child_id=child.pk,
        sections={S.SUMMARY: 0},
        until=clock.now() + DAY,
        by=by,
        reason=WORD,
        owner=child.owner,
        team=to,
    )


WHOLE = (add_task, give_access)  # of a file of which something stays they go on


def at_once(clone, monkeypatch, write, *, writer_first, parts=PARTS):
    """Write and erase side by side, the second one waiting for the first; return what became of both."""
    cast, file = clone.cast, clone.files["Mira"]
    register_overseers(cast)
    officer, first, forget = cast.privacy_officer, threading.Event(), erasing.forget
    approval = erasing.propose(
        file=keeping(officer, file), parts=parts, ground="asked", team=None, by=officer, reason="x"
    )

    def held_open(*_args):
        first.set()
        clone.wait_for(1)

    def writes():
        return write(held_open if writer_first else lambda: None, first.wait if not writer_first else lambda _s: None)

    def erases():
        if writer_first:
            first.wait(10)
        erasing.decide(approval=approval, approve=True, proof=Proof(cast.supervisor), by=cast.supervisor)

    if not writer_first:  # called once it is carried out
        monkeypatch.setattr(erasing, "forget", lambda child_id: (forget(child_id), held_open()))
    written, erased = clone.at_once(lambda n: (writes, erases)[n](), 2)
    assert erased is None, erased
    assert words_in(dumped(clone.name), [WORD]) == set()
    keys = "SELECT count(*) FROM casework_sectionkey WHERE child_id = %s AND section = ANY (%s)"
    assert clone.value(keys, file, list(parts)) == 0
    assert clone.value("SELECT count(*) FROM access.not_erased(%s)", file) == 0
    return written


@pytest.mark.parametrize(("write", "parts"), [*((one, PARTS) for one in WRITES), *((one, list(S)) for one in WHOLE)])
@pytest.mark.parametrize("writer_first", [True, False])
def test_no_word_is_left_of_what_was_written_while_it_was_erased(clone, monkeypatch, write, parts, writer_first):
    by, file = clone.cast.social_worker, clone.files["Mira"]

    def writing(stays_open, waits):
        with acting(by):
            child = Child.objects.select_related("owner").get(pk=file)
            entry = CareEntry.objects.filter(child_id=file).first()
            waits(10)
            write(entry, child, by)
            stays_open()

    written = at_once(clone, monkeypatch, writing, writer_first=writer_first, parts=parts)
    assert (written is None) is writer_first, repr(written)
    if not writer_first:
        assert isinstance(written, ProgrammingError)


def test_form_that_is_sent_while_its_part_is_erased_is_refused_as_one_without_access(clone, monkeypatch):
    by, file = clone.cast.social_worker, clone.files["Mira"]
    with acting(by):
        entry = CareEntry.objects.filter(child_id=file).first()
    client, page = clone.browse(by), reverse("victims:edit", args=[file, "care", entry.pk])
    form = form_with(client.get(page), "text") | {"text": WORD, "reason": WORD}

    def writing(_stays_open, waits):
        waits(10)  # the erasure is under way: what is decided now is decided by what stood before
        return client.post(page, form)

    answer = at_once(clone, monkeypatch, writing, writer_first=False)
    assert answer.status_code == 403  # other sections of the file are still theirs
    refused = "SELECT count(*) FROM audit_event WHERE kind = 'refusal' AND person_id = %s AND child_id = %s"
    assert clone.value(refused, by.pk, file) == 1


def test_whoever_erases_a_busy_file_reads_so_and_keeps_what_was_typed(clone):
    cast, file = clone.cast, clone.files["Mira"]
    register_overseers(cast)
    officer = cast.privacy_officer
    approval = erasing.propose(
        file=keeping(officer, file), parts=PARTS, ground="asked", team=None, by=officer, reason="x"
    )
    with clone.connect() as owner:  # ten seconds' patience would be a long test
        code = owner.execute("SELECT pg_get_functiondef('access.take_for_erasing'::regproc)").fetchone()[0]
        owner.execute(code.replace("200", "2"))
    page = reverse("desk:decide_erasure", args=[approval.pk])
    client, shown = clone.browse(cast.supervisor), enrol(cast.supervisor)
    sent = form_with(client.get(page), "code") | {"answer": "agree", "comment": "As agreed.", "code": shown()}
    with clone.connect() as slow, slow.transaction():
        slow.execute("SELECT FROM victims_careentry WHERE child_id = %s FOR UPDATE", [file])
        text = client.post(page, sent).content.decode()
    assert "Somebody is writing into this file right now." in text
    assert ("This did not work" in text, "Check 1 answer" in text) == (True, False)
    assert "As agreed." in text
    assert clone.value("SELECT erased FROM victims_child WHERE id = %s", file) == []
    assert clone.value("SELECT state FROM casework_approval WHERE id = %s", approval.pk) == 1


@pytest.mark.parametrize("held", ["victims_child WHERE id = %s", "access_extract WHERE files @> ARRAY[%s]"])
def test_an_erasure_that_waits_for_somebody_stops_no_sealing(clone, held):
    cast, file, sealed = clone.cast, clone.files["Mira"], []
    register_overseers(cast)
    extracts.ask(stage=None, purpose="for Mira", by=cast.social_worker)
    officer = cast.privacy_officer
    approval = erasing.propose(
        file=keeping(officer, file), parts=PARTS, ground="asked", team=None, by=officer, reason="x"
    )
    slow = clone.connect()
    slow.autocommit = False
    slow.execute(f"SELECT FROM {held} FOR UPDATE", [file])

    def erases():
        erasing.decide(approval=approval, approve=True, proof=Proof(cast.supervisor), by=cast.supervisor)

    def seals():
        clone.wait_for(1)
        with as_role("anchor"), connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '3s'")
            try:
                sealed.extend(seal(KEY))
            finally:
                slow.close()

    assert clone.at_once(lambda n: (erases, seals)[n](), 2) == [None, None]
    assert sealed


def test_a_table_asked_for_together_with_a_change_keeps_no_file_from_being_erased(clone):
    """It has two keys to what an erasure empties: the transaction that wrote it, and the name in its purpose."""
    cast, file = clone.cast, clone.files["Mira"]
    register_overseers(cast)
    with acting(cast.social_worker):
        child = Child.objects.get(pk=file)
        change_summary(None, child, cast.social_worker)
        extracts.ask(stage=None, purpose=f"for {child.code_name}", by=cast.social_worker, reason=WORD)
    with as_role("anchor"):
        seal(KEY)
    erase(cast, file)
    assert words_in(dumped(clone.name), [WORD]) == set()
    with as_role("anchor"):
        seal(KEY)
        assert compare(PUBLIC, Range(), None, settings.EVENT_KEYS).problems == []
