"""Each act leaves one event that says what it was: its kind, its sections, its file and the thing it was about."""

import ast
import uuid
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from portal.access.identity import acting
from portal.access.jobs import run
from portal.access.sections import Section
from portal.access.work import add_task
from portal.accounts.roles import Role
from portal.audit.stamp import Stamp, stamping
from portal.casework.models import Lookup
from portal.desk.event_words import WORDS
from tests.statements import count_events, last_event, value
from tests.victims.vics_files import DATA
from victims import attachments, documents, imports
from victims.looks import KINDS
from victims.models import Child


@pytest.fixture
def restricted(cast):
    """An import that went into restricted series of the analyst's team."""
    settled = {"path": DATA / "case-2.0.json", "name": "case-2.0.json", "is_network": False, "dry_run": False}
    return imports.read_file(team=cast.team("analyst"), by=cast.analyst, **settled)


def addresses(import_):
    """The pages of a series and of an import."""
    pages = {"one_series": import_.summary["series"][0]["id"], "import": import_.pk}
    return {name: reverse(f"victims:{name}", args=[one]) for name, one in pages.items()}


@pytest.mark.parametrize("name", ["one_series", "import"])
def test_series_or_import_that_is_not_open_is_refused_before_any_look_is_recorded(cast, browse, restricted, name):
    page = addresses(restricted)[name]
    client = browse(cast.foreign)
    before, looks = count_events(), count_events(outcome="ok", action="R")
    assert client.get(page).status_code == 404
    assert (count_events(), count_events(outcome="ok", action="R")) == (before + 1, looks)
    event = last_event(person_id=cast.foreign.pk)
    assert (event["kind"], event["outcome"], event["reason_code"]) == ("refusal", "refused", "not_there_or_not_open")
    assert str(event["series_id"] or event["entity_id"]) in page


@pytest.mark.parametrize("name", ["one_series", "import"])
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
        kind="call", title="Call", team=cast.team("social_worker"), child_id=files["Mira"], by=cast.social_worker
    )


def test_my_work_names_every_file_of_which_a_code_name_stands_on_it(cast, files, task, browse, monkeypatch):
    monkeypatch.setattr("portal.desk.caseload.SHOWN", 2)
    page = browse(cast.social_worker).get("/").content.decode()
    event = last_event(kind="my work")
    named = {name for name in files if f"“{name}”" in page}
    assert {files[name] for name in named} == set(event["entities"])
    assert ("Mira" in named, len(named) < len(files)) == (True, True)


def test_my_work_names_the_files_that_are_offered_and_told_of(cast, files, browse, monkeypatch):
    monkeypatch.setattr("portal.desk.caseload.SHOWN", 0)
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


def events_of(person, act):
    """The events that an act leaves, oldest first, as (kind, action, sections)."""
    latest = value("SELECT max(id::text) FROM audit_event")
    act()
    found = "SELECT json_agg(json_build_array(kind, action, sections) ORDER BY id) FROM audit_event WHERE id::text > %s"
    return [tuple(row) for row in value(found + " AND person_id = %s", latest, person.pk) or []]


@pytest.fixture
def attachment(cast, files):
    with acting(cast.social_worker):
        child = Child.objects.get(pk=files["Mira"])
    return attachments.attach(
        child=child, section=Section.LEGAL, title="Order", data=b"An order of the court.", by=cast.social_worker
    )


def test_download_names_the_document(cast, files, attachment, browse):
    page = reverse("victims:attachment", args=[files["Mira"], "legal", attachment.pk])
    client = browse(cast.social_worker)
    assert events_of(cast.social_worker, lambda: client.get(page)) == [("download", "R", [Section.LEGAL])]
    event = last_event(kind="download")
    assert (event["entity"], event["entity_id"]) == ("casework.attachment", attachment.pk)
    assert (event["child_id"], event["outcome"]) == (files["Mira"], "ok")


def test_download_of_what_is_not_there_is_no_look(cast, files, attachment, browse):
    page = reverse("victims:attachment", args=[files["Mira"], "care", attachment.pk])  # it lies in another section
    client = browse(cast.social_worker)
    assert events_of(cast.social_worker, lambda: client.get(page)) == [("refusal", "R", [])]


def test_pdf_leaves_one_event_when_asked_for_made_and_taken(cast, files, browse):
    client, every = browse(cast.clinician), [Section.SUMMARY, Section.HEALTH, Section.THERAPY]
    ask = lambda: client.post(reverse("victims:print", args=[files["Mira"]]))  # noqa: E731
    assert events_of(cast.clinician, ask) == [("pdf asked", "E", [])]
    document = last_event(kind="pdf asked")["entity_id"]
    run(value("SELECT job_id FROM casework_document WHERE id = %s", document))
    take = lambda: client.get(reverse("victims:take_document", args=[document]))  # noqa: E731
    assert events_of(cast.clinician, take) == [("pdf", "R", every)]
    event = last_event(kind="pdf")
    assert (event["child_id"], event["entity"], event["entity_id"]) == (files["Mira"], "casework.document", document)


def test_taken_pdf_stands_among_the_looks_with_its_sections(cast, files, browse):
    document = documents.order(child_id=files["Mira"], kind="file", language="en", by=cast.clinician)
    run(document.job_id)
    client = browse(cast.clinician)
    client.get(reverse("victims:take_document", args=[document.pk]))
    rows = client.get(reverse("victims:looks", args=[files["Mira"]])).context["rows"]
    taken = next(row for row in rows if row["what"] == "PDF taken")
    assert taken["sections"] == "Summary, Health, Therapy"


def test_overview_names_the_sections_whose_words_stand_on_it(cast, files, browse):
    page = reverse("victims:child", args=[files["Mira"]])
    for name, more in (("social_worker", [Section.CARE, Section.LEGAL]), ("clinician", [])):
        client = browse(getattr(cast, name))
        assert events_of(getattr(cast, name), lambda c=client: c.get(page)) == [("view", "R", [Section.SUMMARY, *more])]


def test_empty_upload_form_is_no_file_that_was_sent(cast, browse):
    client, page = browse(cast.analyst), reverse("victims:upload")
    assert events_of(cast.analyst, lambda: client.get(page)) == [("upload form", "R", [])]
    assert events_of(cast.analyst, lambda: client.post(page, {})) == [("upload form", "R", [])]


def test_file_that_is_sent_and_then_read_in_leaves_one_event_each(cast, browse):
    client = browse(cast.analyst)
    sent = {"openness": "network", "dry_run": "on", "once": "a"}
    file = SimpleUploadedFile("case-2.0.json", (DATA / "case-2.0.json").read_bytes())
    send = lambda: client.post(reverse("victims:upload"), {**sent, "file": file})  # noqa: E731
    assert events_of(cast.analyst, send) == [("send file", "C", [])]
    import_id = last_event(kind="send file")["entity_id"]
    run(value("SELECT job_id FROM victims_import WHERE id = %s", import_id))
    assert last_event(entity_id=import_id)["kind"] == "import"
    press = lambda: client.post(reverse("victims:read_now", args=[import_id]), {"once": "b"})  # noqa: E731
    assert events_of(cast.analyst, press) == [("read in", "U", [])]


@pytest.mark.parametrize("page", ["victims:series", "victims:imports", "victims:children", "desk:home"])
def test_list_that_shows_no_file_claims_no_section(cast, restricted, browse, page):
    client = browse(cast.stranger if page in ("victims:children", "desk:home") else cast.analyst)
    assert client.get(reverse(page)).status_code == 200
    event = last_event(action="R")
    assert event["sections"] == []
    assert bool(event["entities"]) == (event["entity"] in ("victims.series", "victims.import"))


def test_vocabularies_are_no_look_at_a_file(cast, owner, browse):
    with owner(), stamping(Stamp(None, "test")):
        cast.supervisor.roles = [Role.AGENCY_ADMIN]
        cast.supervisor.save()
    word, client = Lookup.objects.first(), browse(cast.supervisor)
    pages = [reverse("desk:words"), reverse("desk:word", args=[word.pk])]
    assert [events_of(cast.supervisor, lambda p=p: client.get(p)) for p in pages] == [[("vocabularies", "R", [])]] * 2
    assert last_event(kind="vocabularies")["entities"] == [word.pk]


def kinds_recorded():
    """Every kind of event that the code names, and whether it is a look at files: a page, a list, a look with its child."""
    names = ("portal/audit", "portal/casework", "portal/access", "portal/desk", "victims", "shelters", "referrals")
    folders = [Path(settings.ROOT) / name for name in names]
    for path in (path for folder in folders for path in folder.rglob("*.py")):
        for call in ast.walk(ast.parse(path.read_text())):
            name = getattr(getattr(call, "func", None), "id", "")
            said = {word.arg: getattr(word.value, "value", None) for word in getattr(call, "keywords", [])}
            if name in ("opens", "opens_history", "opens_found", "opens_network"):
                yield said.get("kind", "view"), name in ("opens", "opens_history") or bool(said.get("names_file"))
            elif name in ("opens_list", "look", "Event") and call.args:
                is_of_files = "of" not in said if name == "opens_list" else is_look(call, said)
                yield getattr(call.args[0], "value", None), is_of_files


def is_look(call, said):
    """Return whether this makes the event of a look at a file: look(kind, child_id=...), or an Event that reads."""
    kind, *action = [getattr(part, "value", None) for part in call.args[:2]]
    return "child_id" in said and (call.func.id == "look" or (len(call.args) == 2 and action == ["R"]))


def test_every_kind_of_event_has_its_words():
    found = [(kind, is_look_at_files) for kind, is_look_at_files in kinds_recorded() if kind]
    looks = {kind for kind, is_look_at_files in found if is_look_at_files} - {"pdf asked"}  # nothing is seen by asking
    assert looks == set(KINDS)
    assert {kind for kind, _is_look in found} <= set(WORDS)


def refused(cast, files, browse):
    """The stranger tries Mira's file; returns what the reader finds among the looks."""
    browse(cast.stranger).get(reverse("victims:child", args=[files["Mira"]]))

    def rows_for(person):
        rows = browse(person).get(reverse("victims:looks", args=[files["Mira"]])).context["rows"]
        return [(row["who"], row["agency"]) for row in rows if row["what"] == "Refused: no access"]

    return rows_for


def test_refusals_are_shown_to_the_team_that_owns_the_file_and_to_nobody_else(cast, files, browse):
    rows_for = refused(cast, files, browse)
    assert rows_for(cast.social_worker) == rows_for(cast.supervisor) == [("S. Engel", "Open Door")]
    for name in ("ngo_worker", "clinician", "shelter_worker"):
        assert rows_for(getattr(cast, name)) == []


def test_refusals_are_shown_to_a_privacy_officer_on_the_file(cast, files, owner, browse):
    rows_for = refused(cast, files, browse)
    with owner(), stamping(Stamp(None, "test")):
        cast.ngo_worker.roles = [Role.PRIVACY_OFFICER]
        cast.ngo_worker.save()
    assert rows_for(cast.ngo_worker) == [("S. Engel", "Open Door")]


def test_refusal_of_a_masked_agency_names_nobody(cast, files, browse):
    file = files["Rescued"]  # owned by the police, who do not hold whereabouts after the rescue
    browse(cast.shelter_worker).get(reverse("victims:child", args=[file]))
    rows = browse(cast.investigator).get(reverse("victims:looks", args=[file])).context["rows"]
    assert [(row["who"], row["agency"]) for row in rows if row["what"] == "Refused: no access"] == [("", "a shelter")]


def test_refusals_do_not_stand_among_who_opened_last(cast, files, browse):
    refused(cast, files, browse)
    page = browse(cast.social_worker).get(reverse("victims:child", args=[files["Mira"]]))
    assert "S. Engel" not in {look["who"] for look in page.context["looks"]}


def test_the_same_look_again_on_one_day_stands_there_once_with_how_often(cast, files, browse):
    for _ in range(3):
        browse(cast.social_worker).get(reverse("desk:home"))
    rows = browse(cast.social_worker).get(reverse("victims:looks", args=[files["Mira"]])).context["rows"]
    shown = [row["times"] for row in rows if row["what"] == "Shown on My work" and "Ferreira" in row["who"]]
    assert shown == [3]
