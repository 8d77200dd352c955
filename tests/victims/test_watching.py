"""Pages that wait for the worker ask by themselves: for a while, without a look, without keeping a sign-in alive."""

import datetime

import pytest
from django.test import Client
from django.urls import reverse

from portal.access.actions import end
from portal.access.identity import acting
from portal.access.jobs import run
from portal.access.models import Grant
from portal.audit.kinds import shifted
from tests import statements
from tests.statements import count_events, value
from tests.victims.vics_files import DATA
from victims import documents, imports
from victims.views.watching import STOP_ASKING, WATCHED

MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture
def document(cast, files):
    return documents.order(child_id=files["Mira"], kind="file", language="en", by=cast.ngo_worker)


@pytest.fixture
def state(document):
    return reverse("victims:document_state", args=[document.pk])


@pytest.fixture
def progress(cast):
    """The address that the page of a waiting import asks."""
    file = (DATA / "case-2.0.json").read_bytes()
    sent = {"file": [file], "name": "case-2.0.json", "is_network": True, "dry_run": True}
    import_ = imports.receive(team=cast.team("analyst"), by=cast.analyst, **sent)
    return reverse("victims:import_progress", args=[import_.pk])


def end_of_sign_in(person):
    return value("SELECT until FROM access_identitytoken WHERE digest = %s", person.identity.digest)


def test_waiting_page_of_a_pdf_asks_its_state(cast, document, state, browse):
    client = browse(cast.ngo_worker)
    page = client.get(reverse("victims:document", args=[document.pk])).content.decode()
    assert f'hx-get="{state}" hx-trigger="every 2s"' in page
    assert "being made" in client.get(state).content.decode()
    run(document.job_id)
    assert client.get(state)["HX-Refresh"] == "true"
    assert "hx-get" not in client.get(reverse("victims:document", args=[document.pk])).content.decode()


def test_page_left_open_stops_asking(cast, document, state, browse):
    client = browse(cast.ngo_worker)
    assert client.get(state).status_code == 200
    with shifted(WATCHED + MINUTE):
        assert client.get(state).status_code == STOP_ASKING


def test_asking_writes_no_event(cast, state, progress, browse):
    for person, page in ((cast.ngo_worker, state), (cast.analyst, progress)):
        client, before = browse(person), count_events()
        assert client.get(page).status_code == 200
        assert count_events() == before


def test_asking_does_not_keep_a_sign_in_alive(cast, state, progress, browse):
    for person, page in ((cast.ngo_worker, state), (cast.analyst, progress)):
        client, before = browse(person), end_of_sign_in(person)
        with shifted(50 * MINUTE):
            client.get(page)
            assert end_of_sign_in(person) == before
            client.get("/")
            assert end_of_sign_in(person) > before


@pytest.mark.parametrize("name", ["stranger", "social_worker"])
def test_state_of_a_pdf_is_nothing_to_others_and_no_look(cast, state, browse, name):
    before = count_events()
    answer = browse(getattr(cast, name)).get(state)
    assert (answer.status_code, answer.content, answer["HX-Refresh"]) == (404, b"", "true")
    assert count_events() == before


def test_page_whose_sign_in_ended_is_loaded_anew(cast, state):
    answer = Client().get(state, headers={"hx-request": "true"})
    assert (answer.status_code, answer["HX-Refresh"]) == (401, "true")
    assert Client().get(state).url.startswith(reverse("account_login"))


def test_pdf_that_was_given_up_is_offered_again_on_the_whole_page(cast, files, document, state, browse, owner):
    client = browse(cast.ngo_worker)
    with owner():
        statements.run("UPDATE casework_job SET state = 'failed' WHERE id = %s", document.job_id)
    assert client.get(state)["HX-Refresh"] == "true"
    page = client.get(reverse("victims:document", args=[document.pk])).content.decode()
    assert "could not be made" in page
    again = reverse("victims:print", args=[files["Mira"]])
    assert f'action="{again}"' in page
    assert client.post(again).url.startswith("/documents/")


def test_whole_page_refuses_once_the_rights_have_ended(cast, files, document, state, browse):
    with acting(cast.social_worker):
        grant = Grant.objects.get(child_id=files["Mira"], team=cast.team("ngo_worker"))
        end(grant=grant, owner=cast.team("social_worker"), by=cast.social_worker, reason="done")
    client, before = browse(cast.ngo_worker), count_events(outcome="refused")
    assert client.get(state).status_code == 200  # nothing of the file stands there
    assert client.get(reverse("victims:document", args=[document.pk])).status_code == 404
    assert count_events(outcome="refused") == before + 1
