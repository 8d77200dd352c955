"""Each act leaves one event that says what it was: its kind, its sections, its file and the thing it was about."""

import uuid

import pytest
from django.urls import reverse

from portal.access.work import add_task
from tests.statements import count_events, last_event
from tests.victims.vics_files import DATA
from victims import imports


@pytest.fixture
def restricted(cast):
    """An import that went into restricted series of the analyst's team."""
    settled = {"path": DATA / "case-2.0.json", "name": "case-2.0.json", "is_network": False, "dry_run": False}
    return imports.read_file(team=cast.team("analyst"), by=cast.analyst, **settled)


def addresses(import_):
    """The pages of a series and of an import, and how the second of them is read in."""
    pages = {"one_series": import_.summary["series"][0]["id"], "import": import_.pk, "import_progress": import_.pk}
    return {name: reverse(f"victims:{name}", args=[one]) for name, one in pages.items()}


@pytest.mark.parametrize("name", ["one_series", "import", "import_progress"])
def test_series_or_import_that_is_not_open_is_refused_before_any_look_is_recorded(cast, browse, restricted, name):
    page = addresses(restricted)[name]
    client = browse(cast.foreign)
    before, looks = count_events(), count_events(outcome="ok", action="R")
    assert client.get(page).status_code == 404
    assert (count_events(), count_events(outcome="ok", action="R")) == (before + 1, looks)
    event = last_event(person_id=cast.foreign.pk)
    assert (event["kind"], event["outcome"], event["reason_code"]) == ("refusal", "refused", "not_there_or_not_open")
    assert str(event["series_id"] or event["entity_id"]) in page


@pytest.mark.parametrize("name", ["one_series", "import", "import_progress"])
def test_series_or_import_that_does_not_exist_is_refused_alike(cast, browse, restricted, name):
    client, page = browse(cast.foreign), addresses(restricted)[name]
    unknown = reverse(f"victims:{name}", args=[uuid.uuid4()])
    closed, missing = client.get(page), client.get(unknown)
    assert closed.status_code == missing.status_code == 404
    assert last_event(person_id=cast.foreign.pk)["reason_code"] == "not_there_or_not_open"


def test_reading_in_a_file_of_others_is_refused_and_recorded(cast, browse, restricted):
    answer = browse(cast.foreign).post(reverse("victims:read_now", args=[restricted.pk]))
    event = last_event(person_id=cast.foreign.pk)
    assert answer.status_code == 404
    assert (event["outcome"], event["entity_id"]) == ("refused", restricted.pk)


def test_look_at_a_series_or_an_import_names_it(cast, browse, restricted):
    client, pages = browse(cast.analyst), addresses(restricted)
    client.get(pages["one_series"])
    client.get(pages["import"])
    series, import_ = last_event(kind="view series"), last_event(kind="view import")
    assert (str(series["series_id"]), series["entity"]) == (restricted.summary["series"][0]["id"], "victims.series")
    assert (import_["entity_id"], import_["entity"]) == (restricted.pk, "victims.import")


@pytest.fixture
def task(cast, files):
    """A task of the social worker on a file that is not among the ten newest."""
    return add_task(
        kind="visit", title="Visit", team=cast.team("social_worker"), child_id=files["Mira"], by=cast.social_worker
    )


def test_my_work_names_every_file_of_which_a_code_name_stands_on_it(cast, files, task, browse, monkeypatch):
    monkeypatch.setattr("portal.desk.views.home.SHOWN", 1)
    page = browse(cast.social_worker).get("/").content.decode()
    event = last_event(kind="my work")
    assert set(event["entities"]) == {files["Short"], files["Mira"]}
    assert {name for name in files if f"“{name}”" in page} == {"Short", "Mira"}


def test_my_work_names_the_files_that_are_offered_and_told_of(cast, files, browse, monkeypatch):
    monkeypatch.setattr("portal.desk.views.home.SHOWN", 0)
    page = browse(cast.ngo_worker).get("/")
    assert [offer["child"].pk for offer in page.context["offers"]] == [files["Waiting"]]
    assert "Ended" in page.content.decode()
    assert {files["Waiting"], files["Ended"]} <= set(last_event(kind="my work")["entities"])


def test_notices_name_the_files_that_they_tell_of(cast, files, browse):
    browse(cast.ngo_worker).get(reverse("desk:notices"))
    event = last_event(kind="notices")
    assert {files["Waiting"], files["Ended"]} <= set(event["entities"])
    assert event["sections"] == [1]


def test_page_of_a_task_names_its_file(cast, files, task, browse):
    browse(cast.social_worker).get(reverse("desk:task_done", args=[task.pk]))
    assert last_event(kind="task")["entities"] == [files["Mira"]]
