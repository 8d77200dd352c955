"""The auditor's desk: files under review, the history of one file, who looked; open to those who oversee it alone."""

import html
import re
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.access.auditing import Filter, changes
from portal.access.identity import acting
from portal.access.work import add_task
from tests import world
from tests.oversight import existing, register_overseers
from tests.posted import form_with
from tests.statements import count_events, last_event, value
from victims.models import RiskFlag

AUDIT = "/history/"


@pytest.fixture
def files(files):
    return existing(files)


@pytest.fixture(autouse=True)
def overseers(cast, files):
    register_overseers(cast)


def page_of(child_id, query=""):
    return reverse("desk:history", args=[child_id]) + query


def words_of(answer):
    text = re.sub(r"<(script|style|svg|head).*?</\1>|<[^>]+>", " ", answer.content.decode(), flags=re.DOTALL)
    return " ".join(html.unescape(text).split())


def number_of(child_id):
    return value("SELECT case_number FROM victims_child WHERE id = %s", child_id)


def change_flag(cast, child_id, text="no contact with male relatives"):
    with acting(cast.social_worker, reason="after the visit"):
        flag = RiskFlag.objects.filter(child_id=child_id).first()
        flag.text = text
        flag.save()


def each_sort(person, files):
    """Return the page of one change of each table, new or not, in each section: what is hidden is chosen by these."""
    with acting(person):
        every = [(child_id, one) for child_id in files.values() for one in changes(child_id, Filter(), most=1000)]
    found = {(one.source, one.is_new, one.section): (child_id, one) for child_id, one in every}
    assert len(found) >= 15
    return [page_of(child_id, f"?change={one.history_id}") for child_id, one in found.values()]


def test_auditor_pages_show_no_word_that_anybody_wrote(cast, files, browse):
    client = browse(cast.auditor)
    pages = [client.get(AUDIT)]
    for name, child_id in files.items():
        pages.append(client.get(page_of(child_id)))
        assert f"History of {number_of(child_id)}" in words_of(pages[-1])
        assert len(pages[-1].context["rows"]) >= 10, name
    for answer in (*pages, *map(client.get, each_sort(cast.auditor, files))):
        assert answer.status_code == 200
        assert b"canary" not in answer.content
        assert not re.search(rb"\\x[0-9a-f]{20}", answer.content)
        assert not any(f"“{name}”" in answer.content.decode() for name in files)


@pytest.mark.parametrize("name", [*world.PEOPLE, "operator", "registrar"])
def test_everybody_else_gets_what_a_file_that_does_not_exist_gets(cast, files, browse, name):
    person = getattr(cast, name)
    client = browse(person)
    assert client.get(AUDIT).status_code == 404
    teams = set(person.team_ids)
    for child_id in files.values():
        owned = value("SELECT owner_id FROM victims_child WHERE id = %s", child_id) in teams
        if not owned:
            assert client.get(page_of(child_id)).status_code == 404
            assert last_event(person_id=person.pk)["reason_code"] == "no_oversight"
    assert client.get(page_of(uuid.uuid4())).status_code == 404


def test_privacy_officer_opens_files_of_the_own_agency_alone(cast, files, browse):
    client = browse(cast.privacy_officer)
    assert client.get(page_of(files["Mira"])).status_code == 200
    assert client.get(page_of(files["Sought"])).status_code == 404
    listed = {line["id"] for line in client.get(AUDIT).context["files"]}
    assert listed == {files[name] for name in ("Mira", "Waiting", "Ended", "Follow", "Closed", "Conflict", "Short")}


def test_reading_the_history_is_a_look_on_that_history(cast, files, browse):
    text = words_of(browse(cast.auditor).get(page_of(files["Mira"])))
    event = last_event(person_id=cast.auditor.pk)
    assert (event["kind"], event["child_id"], event["basis"]) == ("view history", files["Mira"], "auditor")
    assert "N. Okafor Joint Audit Office History read" in text
    assert "History read" in words_of(browse(cast.social_worker).get(reverse("victims:looks", args=[files["Mira"]])))


def test_a_file_opens_by_its_exact_number_and_the_number_stands_in_no_address(cast, files, browse):
    client = browse(cast.auditor)
    form = form_with(client.get(AUDIT), "number")
    answer = client.post(AUDIT, form | {"number": number_of(files["Foreign"])})
    assert answer.url == page_of(files["Foreign"])
    assert last_event(person_id=cast.auditor.pk)["entities"] == [files["Foreign"]]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Enter the case number."),
        ("Mira", "This is no case number."),
        ("VC-2026-1234567-8", "One digit is wrong."),
        ("other", "No file with this number is open to you here. Check the number."),
    ],
)
def test_a_number_that_leads_nowhere_says_what_to_do(cast, files, browse, typed, said):
    number = number_of(files["Sought"]) if typed == "other" else typed
    answer = browse(cast.privacy_officer).post(AUDIT, {"number": number})
    assert said in words_of(answer)
    assert files["Sought"] not in last_event(person_id=cast.privacy_officer.pk)["entities"]


def test_one_change_stands_beside_the_list_with_before_and_after(cast, files, browse):
    client = browse(cast.auditor)
    rows = client.get(page_of(files["Closed"])).context["rows"]
    closed = next(row for row in rows if row["what"] == "File closed")
    answer = client.get(page_of(files["Closed"], closed["url"]))
    text = words_of(answer)
    assert "Stage At home, followed" in text or "Stage Follow-up Closed" in text
    assert "<del>Follow-up</del>" in answer.content.decode()
    assert "<ins>Closed</ins>" in answer.content.decode()
    assert "A. Ferreira, social worker, City Children's Services" in text
    assert "Reason given 1 word, hidden here" in text
    assert "other fields did not change" in text
    assert [row["what"] for row in answer.context["rows"] if row["is_current"]] == ["File closed"]


def test_text_is_counted_and_hidden(cast, files, browse):
    change_flag(cast, files["Mira"])
    text = words_of(browse(cast.auditor).get(page_of(files["Mira"])))
    assert "Risk flag changed version 1 to 2" in text
    assert "Text changed: 1 word before, 5 after. Hidden from auditors." in text
    assert "male relatives" not in text


def test_the_owners_team_is_led_to_the_words_on_the_file(cast, files, browse):
    change_flag(cast, files["Mira"])
    answer = browse(cast.social_worker).get(page_of(files["Mira"]))
    url = answer.context["one"]["on_file"]
    assert "male relatives" not in words_of(answer)
    assert "male relatives" in words_of(browse(cast.social_worker).get(url))
    assert (
        page_of(files["Mira"])
        in browse(cast.social_worker).get(reverse("victims:looks", args=[files["Mira"]])).content.decode()
    )


def test_the_owners_team_reads_no_name_that_gives_a_section_away(cast, files, browse, owner):
    """The shelter's and the clinic's people act on the file; who may not place them reads a kind of agency."""
    browse(cast.shelter_worker).get(reverse("victims:child", args=[files["Mira"]]))
    text = words_of(browse(cast.social_worker).get(page_of(files["Mira"])))
    assert "L. Brandt Farol House" in text  # a social worker holds WHEREABOUTS
    rescued = words_of(browse(cast.investigator).get(page_of(files["Rescued"])))
    assert "Whereabouts" not in [
        row["section"] for row in browse(cast.investigator).get(page_of(files["Rescued"])).context["rows"]
    ]
    assert "canary" not in rescued


def test_the_owners_team_reads_no_team_that_gives_a_section_away(cast, files, browse):
    """Police who lost WHEREABOUTS with the rescue: of a task, of a grant, of anything that points at a shelter's team."""
    team = cast.team("shelter_worker")
    add_task(kind="next_step", title="Ring back", team=team, child_id=files["Rescued"], by=cast.investigator)
    text = words_of(browse(cast.investigator).get(page_of(files["Rescued"])))
    assert "Team empty a shelter" in text
    assert "shelter team" not in text
    assert "Team empty shelter team" in words_of(browse(cast.auditor).get(page_of(files["Rescued"])))


def test_filters_have_addresses_and_survive_paging(cast, files, browse, monkeypatch):
    monkeypatch.setattr("portal.desk.views.history.SHOWN", 2)
    client = browse(cast.auditor)
    query = f"?person={cast.social_worker.pk}&kind=care"
    answer = client.get(page_of(files["Mira"], query))
    assert {row["section"] for row in answer.context["rows"]} == {"Care"}
    everything = client.get(page_of(files["Mira"], f"?agency={cast.social_worker.agency_id}"))
    older = everything.context["older_url"]
    assert f"agency={cast.social_worker.agency_id}" in older
    first, second = (page.context["rows"] for page in (everything, client.get(page_of(files["Mira"], older))))
    assert {row["what"] + row["url"] for row in first}.isdisjoint({row["what"] + row["url"] for row in second})
    assert "agency=" in second[0]["url"]


def test_refusals_alone_are_a_filter_of_the_looks(cast, files, browse):
    browse(cast.stranger).get(reverse("victims:child", args=[files["Mira"]]))
    answer = browse(cast.privacy_officer).get(page_of(files["Mira"], "?kind=refusals"))
    assert [(row["who"], row["what"], row["right"]) for row in answer.context["looks"]] == [
        ("S. Engel", "Refused", "no access")
    ]
    assert answer.context["rows"]


@pytest.mark.parametrize("query", ["?person=x", "?agency=00000000-0000-0000-0000-000000000000", "?kind=x", "?since=x"])
def test_a_filter_that_is_none_says_so_and_filters_nothing(cast, files, browse, query):
    answer = browse(cast.auditor).get(page_of(files["Mira"], query))
    assert answer.context["form"].errors
    assert len(answer.context["rows"]) > 10


@pytest.mark.parametrize("query", ["?change=x", f"?change={uuid.UUID(int=7)}", "?at=x", "?before=x"])
def test_an_address_that_names_nothing_is_a_page_that_is_not_there(cast, files, browse, query):
    assert browse(cast.auditor).get(page_of(files["Mira"], query)).status_code == 404


def test_a_change_of_another_file_is_not_shown_under_this_one(cast, files, browse):
    client = browse(cast.privacy_officer)
    foreign = browse(cast.auditor).get(page_of(files["Sought"])).context["rows"][0]["url"]
    assert client.get(page_of(files["Mira"], foreign)).status_code == 404


def test_no_look_without_its_event(cast, files, browse):
    before = count_events(person_id=cast.auditor.pk)
    browse(cast.auditor).get(page_of(files["Mira"]))
    assert count_events(person_id=cast.auditor.pk) == before + 1


def test_statements_do_not_grow_with_the_history(cast, files, browse):
    client = browse(cast.auditor)
    client.get(page_of(files["Mira"]))
    with counted() as short:
        client.get(page_of(files["Short"]))
    for number in range(6):
        change_flag(cast, files["Mira"], f"warning {number}")
    with counted() as long:
        client.get(page_of(files["Mira"]))
    assert len(long) <= len(short) + 1  # a change that points at people asks for their names


def counted():
    return CaptureQueriesContext(connection)


def test_navigation_of_overseers_leads_to_their_desk(cast, browse):
    for name in ("auditor", "privacy_officer"):
        places = [place["url"] for place in browse(getattr(cast, name)).get("/").context["frame"].nav]
        assert AUDIT in places
    assert AUDIT not in [place["url"] for place in browse(cast.social_worker).get("/").context["frame"].nav]
