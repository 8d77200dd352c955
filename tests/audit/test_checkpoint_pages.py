"""Checkpoints on pages and paper, and the feed that a witness keeps."""

import datetime
import json

import pytest
from django.conf import settings
from django.core import signing
from django.template.loader import render_to_string
from django.test import Client, override_settings
from django.urls import reverse

from portal.access import auditing
from portal.access.identity import acting
from portal.accounts.passwords import opening_key
from portal.audit.kinds import shifted
from portal.audit.macs import name_of
from portal.audit.sealing import latest, seal
from portal.audit.stamp import Stamp, stamping
from portal.audit.verification import Range, compare
from portal.desk.views.proof import SALT
from tests.attacks import attack
from tests.audit.test_macs import CHANGED, FORGE, FORGED
from tests.audit.test_proof import KEY, OLD_EVENT, ONE, PUBLIC, tamper
from tests.conftest import as_owner, as_role
from tests.oversight import register_overseers
from tests.statements import assert_refused, run, value

FEED = reverse("desk:checkpoint_feed")
A_LOOK = "SELECT id FROM audit_event WHERE child_id = '{}' AND mac <> '' ORDER BY recorded, id LIMIT 1"


@pytest.fixture
def sealed(cast):
    register_overseers(cast)
    with as_role("owner"):
        return seal(KEY)[-1]


def fetch(agency, after="0"):
    secret = signing.dumps(str(agency.pk), salt=SALT)
    return Client().get(FEED, {"after": after}, headers={"Authorization": f"Bearer {secret}"})


def test_page_shows_how_far_the_record_is_sealed(cast, browse, sealed):
    page = browse(cast.auditor).get(reverse("desk:checkpoints")).content.decode()
    assert sealed.short in page
    assert FEED in page
    assert browse(cast.social_worker).get(reverse("desk:checkpoints")).status_code == 404


def test_feed_gives_a_witness_what_can_be_checked_later(cast, sealed, tmp_path):
    agency = cast.stranger.agency
    answer = fetch(agency)
    assert answer.status_code == 200
    assert [json.loads(line)["hash"] for line in answer.content.decode().splitlines()] == [sealed.hash.hex()]
    assert fetch(agency, after=str(sealed.number)).content == b""
    kept = tmp_path / "kept.jsonl"
    kept.write_bytes(answer.content)
    with as_role("owner"):
        seal(KEY)
        assert compare(PUBLIC, Range(), kept).exit_code == 0
        kept.write_text(answer.content.decode().replace(sealed.root.hex(), "00" * 32))
        assert compare(PUBLIC, Range(), kept).exit_code == 0  # the hash is what counts
        kept.write_text(answer.content.decode().replace(sealed.hash.hex(), "00" * 32))
        assert compare(PUBLIC, Range(), kept).exit_code == 1


SECRETS = {
    "none": "",
    "nonsense": "nonsense",
    "no agency": signing.dumps("no agency", salt=SALT),
    "of something else": signing.dumps("x", salt="y"),
}


@pytest.mark.parametrize("whose", SECRETS)
def test_feed_leads_everybody_else_to_the_sign_in(cast, sealed, whose):
    answer = Client().get(FEED, headers={"Authorization": f"Bearer {SECRETS[whose]}"})
    assert (answer.status_code, answer.content) == (302, b"")


def test_feed_ends_with_its_agency_and_takes_numbers_only(cast, sealed):
    agency = cast.stranger.agency
    assert fetch(agency, after="one").status_code == 302
    with as_owner(), stamping(Stamp(None, "set-up")):
        agency.is_active = False
        agency.save()
    assert fetch(agency).status_code == 302


def test_every_document_says_how_far_the_record_was_sealed(cast, sealed):
    """The line stands at the foot of each page, whatever the document is."""
    folder = settings.ROOT / "templates" / "documents"
    running = (folder / "_running.html").read_text()  # what stands at the foot of papers that leave a file
    for path in folder.glob("[!_]*.html"):
        text = path.read_text().replace('{% include "documents/_running.html" %}', running)
        assert "documents/_checkpoint.html" in text, path.name
    words = render_to_string("documents/_checkpoint.html", {"checkpoint": latest()})
    assert sealed.short in words


def history(browse, cast, child_id):
    return browse(cast.auditor).get(reverse("desk:history", args=[child_id])).content.decode()


def test_history_of_a_file_says_whether_it_was_altered(cast, browse, files):
    register_overseers(cast)
    mira = files["Mira"]
    assert "Cannot tell whether" in history(browse, cast, mira)
    with as_owner():
        seal(KEY)
    assert "Nothing missing, nothing altered." in history(browse, cast, mira)
    with as_owner():
        run("ALTER TABLE audit_event DISABLE TRIGGER USER")
        run("UPDATE audit_event SET person = 'X. Nobody' WHERE child_id = %s AND action = 'C'", mira)
    page = history(browse, cast, mira)
    assert "Altered: something does not fit." in page
    with as_owner():
        assert str(value("SELECT id FROM audit_event WHERE person = 'X. Nobody' ORDER BY id LIMIT 1")) in page


WRITTEN = {
    "nobody": (FORGE.format(mac="''"), "was not written by the application"),
    "somebody with another MAC": (FORGE.format(mac="mac"), "bears the MAC of another one"),
    "somebody in the tables": (CHANGED.format(at="app_now()"), "no event of the application says so"),
}


@attack("D36")
@pytest.mark.parametrize("who", WRITTEN)
def test_history_of_a_file_names_what_the_portal_did_not_write(cast, browse, files, who):
    register_overseers(cast)
    statements, words = WRITTEN[who]
    with as_owner():
        child_id = value(f"SELECT child_id FROM victims_careentry WHERE id = {ONE}")
        tamper(*statements.replace(OLD_EVENT, f"(SELECT id FROM ({A_LOOK.format(child_id)}) n)").split(";\n"))
        seal(KEY)
    page = " ".join(history(browse, cast, child_id).split())
    assert "Altered: something does not fit." in page
    assert f"<code>{FORGED}</code> {words}" in page


def test_history_of_a_file_cannot_tell_who_wrote_under_a_key_that_is_not_known(cast, browse, files):
    register_overseers(cast)
    newer = bytes(range(32))
    with as_owner():
        seal(KEY)
    with override_settings(EVENT_KEYS={name_of(newer): newer}):
        assert "of the changes and looks cannot be told" in history(browse, cast, files["Mira"])


def test_history_of_a_file_says_of_how_many_it_asked_who_wrote_them(cast, browse, files, monkeypatch):
    register_overseers(cast)
    with as_owner():
        seal(KEY)
    assert "was written by the portal and fits" in history(browse, cast, files["Mira"])
    monkeypatch.setattr(auditing, "EVENTS_ASKED", 2)
    assert "The newest 2 were written by the portal" in history(browse, cast, files["Mira"])


def test_whoever_oversees_a_file_does_not_choose_what_does_not_fit_in_it(cast, files):
    """What is named as written by nobody would say what the database wrote in sections that are not theirs."""
    faults = "SELECT * FROM access.faults_of_file(%s{})"
    with acting(cast.social_worker):
        assert_refused(faults.format(", '{}', '{}'"), files["Mira"], match="does not exist")
        assert run(faults.format(""), files["Mira"]) == 0


def test_texts_of_events_are_for_the_application_and_not_for_a_query_of_somebody(cast, files):
    register_overseers(cast)
    texts = "SELECT count(*) FROM access.texts_of_file(%s, %s, 9)"
    with acting(cast.auditor):
        assert value(texts, opening_key(), files["Mira"]) == 9
        assert_refused(texts, "guessed", files["Mira"], match="opening key")
    with acting(cast.stranger):
        assert value(texts, opening_key(), files["Mira"]) == 0


def test_a_record_that_is_not_sealed_any_more_cannot_be_told(cast, browse, files):
    register_overseers(cast)
    with as_owner():
        seal(KEY)
    with shifted(datetime.timedelta(minutes=4)):
        assert "but nothing was sealed since" in history(browse, cast, files["Mira"])


def test_those_who_oversee_or_run_the_portal_are_told_of_alarms(cast, browse, sealed):
    """A record that is in order says nothing; one that is not stands first on My work and on the page of the checkpoints."""

    def told(person):
        return "Proof of the record" in browse(person).get(reverse("desk:home")).content.decode()

    assert not told(cast.auditor)
    with as_owner():
        run("INSERT INTO audit_verification VALUES (app_now(), 1, 1, '{checkpoint 1 was altered}', 0.1)")
    assert told(cast.auditor)
    assert told(cast.operator)
    assert not told(cast.social_worker)
    page = browse(cast.operator).get(reverse("desk:checkpoints")).content.decode()
    assert "checkpoint 1 was altered" in page
    with as_owner():
        run("INSERT INTO audit_verification VALUES (app_now() + interval '1 s', 1, 0, '{}', 0.1, true)")
    assert told(cast.operator)  # a later one that found nothing makes no other one good
    with acting(cast.privacy_officer):
        assert value("SELECT words FROM access.last_verified()") == []  # it could name a file


def test_those_who_run_the_portal_are_told_that_the_comparison_with_the_keys_stays_away(cast, browse, sealed):
    words = "It was not asked for more than eight days who wrote what is on record."

    def said(page):
        return words in browse(cast.operator).get(reverse(page)).content.decode()

    for days, is_late in ((9, True), (7, False)):
        with as_owner(), shifted(datetime.timedelta(days=-days)):
            run("INSERT INTO audit_verification VALUES (app_now(), 1, 0, '{}', 0.1, true)")
        assert (said("desk:home"), said("desk:checkpoints")) == (is_late, is_late)
