"""Events for those who oversee: what each of them reads, by person, file, agency, kind and days, and taking them along."""

import csv
import hashlib
import io
import json

import pytest
from django.apps import apps
from django.urls import reverse

from portal.access.identity import acting
from portal.audit import events
from portal.audit.events import Event
from portal.audit.models import Tracked
from portal.audit.sealing import seal
from portal.desk import record_words
from tests.attacks import attack
from tests.audit.test_proof import KEY
from tests.conftest import as_owner
from tests.oversight import register_overseers
from tests.posted import form_with
from tests.statements import last_event, value
from tests.statements import rows as asked
from victims import actions
from victims.models import CareEntry

PAGE = reverse("desk:events")


@pytest.fixture
def looked(cast, files, browse):
    """Somebody looked at a file, somebody was refused it, a stranger searched."""
    register_overseers(cast)
    browse(cast.social_worker).get(reverse("victims:section", args=[files["Mira"], "care"]))
    browse(cast.stranger).get(reverse("victims:child", args=[files["Mira"]]))
    with acting(cast.stranger):
        events.record(Event("search", purpose="three words here"))
    return files


def rows(browse, reader, **query):
    answer = browse(reader).get(PAGE, query)
    assert answer.status_code == 200
    return answer.context["rows"]


def whos(found):
    return {row["who"] for row in found}


def test_an_auditor_reads_events_of_the_whole_network(cast, browse, looked):
    found = rows(browse, cast.auditor)
    assert {"A. Ferreira", "S. Engel"} <= whos(found)
    assert "canary" not in browse(cast.auditor).get(PAGE).content.decode()
    search = next(row for row in found if row["who"] == "S. Engel" and row["what"] == "Search")
    assert search["purpose_words"] == 3


def test_a_change_says_which_record_and_leads_to_it_in_the_history(cast, files, browse, looked):
    with acting(cast.social_worker):
        entry = CareEntry.objects.filter(child_id=files["Mira"]).first()
    actions.change(record=entry, values={"text": "canary-changed"}, by=cast.social_worker, reason="told")
    found = next(row for row in rows(browse, cast.auditor, file=files["Mira"], kind="changes"))
    assert found["what"] == "Record changed: care entry"
    assert found["sections"] == ["Care"]
    history = browse(cast.auditor).get(found["change_url"])
    with acting(cast.social_worker):
        assert history.context["one"]["change"].history_id == CareEntry.history.filter(id=entry.pk).first().history_id
    assert "canary" not in history.content.decode()
    changed = rows(browse, cast.auditor, file=files["Mira"], kind="changes")
    assert {row["what"] for row in changed if not row["change_url"]} <= {"Record added: notice"}  # of one person alone
    assert "Access given" in {row["what"] for row in changed}


def test_every_tracked_record_has_a_word():
    labels = {model._meta.label_lower for model in apps.get_models() if issubclass(model, Tracked)}
    assert labels == set(record_words.RECORDS)


def test_a_privacy_officer_reads_those_of_the_own_agency(cast, browse, looked):
    """What others do without a file, and files of others, are not theirs."""
    found = rows(browse, cast.privacy_officer)
    assert all(row["number"] or row["agency"] == cast.privacy_officer.agency.name for row in found)
    assert "S. Engel" in whos(rows(browse, cast.privacy_officer, kind="refusals"))
    assert not any(row["what"] == "Search" and row["who"] == "S. Engel" for row in found)
    statement = (
        "SELECT case_number FROM victims_child c JOIN accounts_team t ON t.id = c.owner_id WHERE t.agency_id = %s"
    )
    with as_owner():
        owned = {number for (number,) in asked(statement, cast.privacy_officer.agency_id)}
    assert {row["number"] for row in found if row["number"]} <= owned


@attack("D16", "D30")
def test_nobody_else_reads_events(cast, browse, looked):
    for person in (cast.social_worker, cast.supervisor, cast.stranger):
        assert browse(person).get(PAGE).status_code == 404
        with acting(person):
            statement = (
                "SELECT count(*) FROM access.events_overseen('infinity', gen_random_uuid(), 50, NULL, NULL, NULL, '{}', '{}',"
                " false, NULL, NULL)"
            )
            assert value(statement) == 0


def test_each_filter_leaves_what_fits(cast, browse, looked):
    person, mira = cast.social_worker, looked["Mira"]
    assert whos(rows(browse, cast.auditor, person=person.pk)) == {"A. Ferreira"}
    assert {row["child_id"] for row in rows(browse, cast.auditor, file=mira)} == {mira}
    assert {row["agency"] for row in rows(browse, cast.auditor, agency=person.agency_id)} == {person.agency.name}
    assert all(row["is_refused"] for row in rows(browse, cast.auditor, kind="refusals"))
    assert {row["what"] for row in rows(browse, cast.auditor, kind="searches")} == {"Search"}
    assert rows(browse, cast.auditor, until="2001-01-01") == []
    for wrong in ({"kind": "x"}, {"person": "x"}, {"since": "soon"}, {"since": "2026-02-31"}):
        assert browse(cast.auditor).get(PAGE, wrong).status_code == 404


def test_number_and_address_are_posted_and_do_not_stand_in_the_address(cast, browse, looked):
    client = browse(cast.auditor)
    number = value_of_number(looked["Mira"])
    form = form_with(client.get(PAGE), "email") | {"number": number, "email": cast.social_worker.email}
    answer = client.post(PAGE, form)
    assert answer.status_code == 302
    assert number not in answer.url
    assert "@" not in answer.url
    assert client.get(answer.url).context["rows"]
    wrong = client.post(
        PAGE, form_with(client.get(PAGE), "email") | {"number": "VC-2026-0000000-0", "email": "no@example.org"}
    )
    assert "Check the number." in wrong.content.decode()
    assert "Nobody has this address." in wrong.content.decode()


def value_of_number(child_id):
    with as_owner():
        return value("SELECT case_number FROM victims_child WHERE id = %s", child_id)


@attack("D45")
def test_events_are_taken_along_with_a_purpose_and_a_digest_on_record(cast, browse, looked):
    with acting(cast.stranger):
        events.record(Event("search", purpose="x", details={}), stamp=None)
    with as_owner():
        seal(KEY)
    client = browse(cast.auditor)
    address = reverse("desk:export_events") + "?kind=refusals"
    page = client.get(address)
    assert "Say what you need the table for." in client.post(address, form_with(page, "purpose")).content.decode()
    answer = client.post(address, form_with(page, "purpose") | {"purpose": "Yearly review"})
    lines = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert "Yearly review" in lines[0][0]
    assert "checkpoint" in lines[0][0]
    assert {line[2] for line in lines[2:]} == {"refused"}
    assert all(line[12] and len(line[13]) == 64 for line in lines[2:-1])
    event = last_event(kind="export events")
    assert json.loads(event["details"])["sha256"] == hashlib.sha256(answer.content).hexdigest()
    assert event["purpose"] == "Yearly review"
    assert looked["Mira"] in event["entities"]
