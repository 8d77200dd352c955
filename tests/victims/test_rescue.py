"""A rescue: one form, one transaction; whereabouts leave the police, and the clocks of care start."""

import datetime

import pytest
from django.urls import reverse

from portal.access import timeline
from portal.access.identity import Refused, acting
from portal.access.jobs import run as run_job
from portal.access.rights import can
from portal.access.sections import Section, Stage
from portal.audit.events import NotRecorded
from portal.casework.models import Task
from portal.casework.workflow import WrongState
from tests.casework.test_documents import opened, words
from tests.posted import form_with
from tests.statements import last_event, run, value
from tests.world import open_file, share
from victims import documents
from victims.models import Child, Rescue
from victims.rescues import record_rescue

HOUR = datetime.timedelta(hours=1)
STAGE = "SELECT stage FROM victims_child WHERE id = %s"
COUNT = "SELECT count(*) FROM victims_rescue"


@pytest.fixture
def planned(cast, files):
    with acting(cast.investigator):
        return Child.objects.get(pk=files["Planned"])


@pytest.fixture
def recorded(cast, planned, raid):
    return record_rescue(child=planned, values=raid, by=cast.investigator)


def page_of(child):
    return reverse("victims:rescue", args=[child.pk])


def test_a_rescue_is_recorded_with_its_step(cast, planned, recorded):
    with acting(cast.investigator):
        assert Child.objects.get(pk=planned.pk).stage == Stage.RESCUED
        assert Rescue.objects.get(pk=recorded.pk).present == ["police", "interpreter"]


def test_the_clocks_start_at_the_moment_of_the_rescue_for_the_team_that_owns_the_file(cast, planned, recorded, raid):
    with acting(cast.investigator):
        found = {task.kind: task for task in Task.objects.filter(child_id=planned.pk, state=Task.State.OPEN)}
    assert found.keys() == {"medical_72h", "authority_24h", "order_expiry"}  # the order ends within two weeks
    assert (found["medical_72h"].due - raid["at"], found["authority_24h"].due - raid["at"]) == (72 * HOUR, 24 * HOUR)
    assert {task.team for task in found.values()} == {cast.team("investigator")}


def test_whereabouts_leave_the_investigator_at_that_moment_and_the_page_says_it_before(cast, planned, browse, raid):
    client, by = browse(cast.investigator), cast.investigator
    text = " ".join(client.get(page_of(planned)).content.decode().split())
    assert "Closes for Northern Unit – police_x team: Whereabouts." in text
    record_rescue(child=planned, values=raid, by=by)
    with acting(by):
        assert not can(by, planned.pk, Section.WHEREABOUTS)
        assert can(by, planned.pk, Section.LEGAL)
    assert client.get(reverse("victims:section", args=[planned.pk, "whereabouts"])).status_code == 403


@pytest.mark.parametrize("name", ["analyst", "stranger"])
def test_a_rescue_is_refused_without_the_right_and_the_refusal_is_recorded(cast, planned, raid, name):
    with pytest.raises(Refused):
        record_rescue(child=planned, values=raid, by=getattr(cast, name))
    event = last_event(kind="refusal")
    assert (event["child_id"], event["person_id"]) == (planned.pk, getattr(cast, name).pk)
    assert value(STAGE, planned.pk) == Stage.RESCUE_PLANNED


def test_a_rescue_is_not_recorded_twice(cast, planned, recorded, raid):
    with pytest.raises(WrongState):
        record_rescue(child=planned, values=raid, by=cast.investigator)
    assert value(COUNT) == 1


def test_nothing_of_a_rescue_stays_when_its_event_cannot_be_written(cast, planned, raid, owner):
    with owner():
        run("REVOKE INSERT ON audit_event FROM app")
    with pytest.raises(NotRecorded):
        record_rescue(child=planned, values=raid, by=cast.investigator)
    assert (value(COUNT), value(STAGE, planned.pk)) == (0, Stage.RESCUE_PLANNED)


def posted(client, planned, **more):
    form = form_with(client.get(page_of(planned)), "lead_agency")
    sent = {"lead_agency": "Northern Unit", "legal_basis": "police_power", "present": ["police"], "force_used": "1"}
    return client.post(page_of(planned), form | sent | more)


def test_the_page_records_it_all_in_one_go(cast, planned, browse):
    client = browse(cast.investigator)
    answer = posted(client, planned, condition=["hunger"], interviews="1")
    assert (answer.status_code, answer.url) == (302, reverse("victims:child", args=[planned.pk]))
    text = " ".join(client.get(reverse("victims:section", args=[planned.pk, "legal"])).content.decode().split())
    assert "police protective power" in text
    assert "hunger or thirst" in text


def test_the_basis_of_a_rescue_stands_at_a_glance_until_another_one_is_recorded(cast, files, browse, raid):
    child = open_file(cast, "Swift", "investigator", Stage.LOCATED)
    record_rescue(child=child, values=raid | {"expires": datetime.date(2999, 1, 2)}, by=cast.investigator)
    text = browse(cast.investigator).get(reverse("victims:child", args=[child.pk])).content.decode()
    assert "court order, 214/26, Family Court, until 2 January 2999" in text


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"lead_agency": ""}, "Enter the agency that led the rescue."),
        ({"present": []}, "Tick who was present, or “nobody of these”."),
        ({"present": ["none", "police"]}, "“Nobody of these” stands alone."),
        ({"at": "2999-01-01T00:00"}, "This time has not come yet."),
        ({"expires": "2020-01-01"}, "It ended before the rescue."),
        ({"at": "soon"}, "Enter day and time, such as"),
        ({"legal_basis": ""}, "Choose the legal basis."),
    ],
)
def test_the_page_says_what_is_missing_and_keeps_the_rest(cast, planned, browse, sent, sentence):
    answer = posted(browse(cast.investigator), planned, **({"operation": "Night swift"} | sent))
    text = answer.content.decode()
    assert sentence in text
    assert "Night swift" in text
    assert value(STAGE, planned.pk) == Stage.RESCUE_PLANNED


def test_a_page_asked_on_an_old_version_of_the_file_says_where_it_stands(cast, planned, browse):
    answer = posted(browse(cast.investigator), planned, version="0", operation="Night swift")
    assert "It now stands at: Rescue planned" in answer.content.decode()
    assert form_with(answer, "lead_agency")["version"] == [str(planned.version)]


def test_a_rescue_stands_on_the_timeline_for_whoever_holds_legal(cast, planned, recorded):
    share(cast, planned, "investigator", "social_worker", Section.SUMMARY, Section.LEGAL)
    share(cast, planned, "investigator", "ngo_worker", Section.SUMMARY)
    for person, seen in ((cast.social_worker, True), (cast.ngo_worker, False)):
        with acting(person):
            said = [str(entry.what) for entry in timeline.page(planned.pk, person)]
        assert ("Rescue recorded" in said) is seen
        assert "Rescued" in said


def test_a_rescue_stands_in_the_pdf_of_the_file(cast, planned, recorded):
    document = documents.order(child_id=planned.pk, kind="file", language="en", by=cast.investigator)
    assert run_job(document.job_id)
    text = " ".join(words(opened(document, cast.investigator)).split())
    assert "canary-operation" in text
    assert "police, interpreter" in text


def test_a_correction_of_a_rescue_shows_what_changed(cast, planned, recorded, browse):
    client = browse(cast.investigator)
    page = reverse("victims:edit", args=[planned.pk, "rescue", recorded.pk])
    form = form_with(client.get(page), "lead_agency")
    assert client.post(page, form | {"present": ["police", "health"], "reason": "seen on film"}).status_code == 302
    change = value("SELECT history_id FROM victims_historicalrescue WHERE version = 2")
    text = " ".join(
        client.get(reverse("victims:changes", args=[planned.pk, "rescue", change])).content.decode().split()
    )
    assert "<del>police, interpreter</del>" in text
    assert "<ins>police, health worker</ins>" in text


def test_no_rescue_is_added_without_its_step(cast, planned, browse):
    assert browse(cast.investigator).get(f"/children/{planned.pk}/rescue/add/").status_code == 404


def test_the_page_leads_back_where_the_child_is_rescued_already(cast, files, browse):
    there = reverse("victims:rescue", args=[files["Rescued"]])
    answer = browse(cast.investigator).get(there, follow=True)
    assert answer.redirect_chain == [(reverse("victims:child", args=[files["Rescued"]]), 302)]
    assert "This step is not possible from there." in answer.content.decode()
