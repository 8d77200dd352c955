"""Contacts and tries: only a contact closes the visit and makes the next one; a try is made again within two days."""

import pytest
from django.db import IntegrityError

from portal.access import work
from portal.access.identity import Refused, acting
from portal.audit import clock
from portal.audit.events import NotRecorded
from portal.audit.stamp import Stamp, stamping
from portal.casework.due_rules import working_days_on
from portal.casework.models import Task
from tests.care.conftest import today
from tests.care.test_assessments import open_codes
from tests.care.test_pages import page, text_of
from tests.statements import last_event, run, value
from tests.world import DAY
from victims import care
from victims.models import FollowUp


def closed(child_id, code):
    return value("SELECT count(*) FROM casework_task WHERE child_id = %s AND kind = %s AND state = 2", child_id, code)


def test_a_contact_closes_the_visit_and_makes_the_next_one(cast, files, assess, contact):
    assess(level=2)
    record = contact()
    assert closed(files["Mira"], "visit") == 1
    following = working_days_on(today(), 10)
    assert open_codes(cast.social_worker, files["Mira"])["visit"].date() == following
    assert record.next_due == following


def test_the_next_contact_counts_from_the_day_of_the_last(cast, files, assess, contact):
    assess(level=3)
    contact(on=today() - 2 * DAY)
    assert open_codes(cast.social_worker, files["Mira"])["visit"].date() == today() + 5 * DAY


def test_a_try_is_no_contact_and_is_made_again(cast, files, assess, contact):
    assess(level=2)
    before = open_codes(cast.social_worker, files["Mira"])["visit"]
    record = contact(result=FollowUp.Result.ATTEMPTED, seen_alone=None, is_safe=None)
    due = open_codes(cast.social_worker, files["Mira"])
    assert due["visit"] == before
    assert abs(due["contact_retry"] - clock.now() - 2 * DAY).total_seconds() < 60
    assert record.next_due == due["contact_retry"].date()


def test_a_contact_after_tries_closes_the_retry(cast, files, contact):
    contact(result=FollowUp.Result.ATTEMPTED, seen_alone=None, is_safe=None)
    contact()
    assert set(open_codes(cast.social_worker, files["Mira"])) == {"visit"}


@pytest.mark.parametrize("result", [FollowUp.Result.REFUSED, FollowUp.Result.CANCELLED, FollowUp.Result.MOVED])
def test_what_did_not_take_place_changes_no_date(cast, files, contact, result):
    assert contact(result=result, seen_alone=None, is_safe=None).next_due is None
    assert open_codes(cast.social_worker, files["Mira"]) == {}


def test_a_contact_of_another_agency_counts_as_well(cast, files, assess, contact):
    assess(level=2)
    contact(by="ngo_worker")
    assert closed(files["Mira"], "visit") == 1
    with acting(cast.social_worker):
        task = Task.objects.get(child_id=files["Mira"], kind="visit", state=1)
    assert task.team == cast.team("social_worker")


def test_after_the_file_is_closed_a_contact_makes_nothing_due(cast, files, contact):
    assert contact("Closed").next_due is None
    assert open_codes(cast.social_worker, files["Closed"]) == {}


def test_the_database_takes_no_contact_that_says_nothing_of_safety(cast, contact):
    with pytest.raises(IntegrityError, match="seen_alone_and_safe"):
        contact(is_safe=None)


def test_whoever_does_not_write_care_records_no_contact(cast, contact):
    with pytest.raises(Refused):
        contact(by="clinician")
    assert last_event(kind="refusal")["person_id"] == cast.clinician.pk


def test_a_contact_leaves_nothing_behind_when_its_event_cannot_be_written(contact, owner):
    with owner():
        run("REVOKE INSERT ON audit_event FROM app")
    with pytest.raises(NotRecorded):
        contact()
    assert value("SELECT count(*) FROM victims_followup") == 0


@pytest.fixture
def late(cast, files, assess, owner):
    """The visit was due two days ago."""
    assess(level=2)
    with owner(), stamping(Stamp(None, "test")):
        task = Task.objects.get(child_id=files["Mira"], kind="visit", state=Task.State.OPEN)
        task.due = clock.now() - 2 * DAY
        task.save()


def test_a_visit_that_is_late_says_why_and_the_list_shows_it(cast, files, browse, late):
    answers = {"mode": "visit", "result": "1", "seen_alone": "1", "is_safe": "yes"}
    assert "Choose why it is late." in text_of(page(browse, cast.social_worker, "contact", files["Mira"], **answers))
    answers |= {"late_reason": "not_reached"}
    assert page(browse, cast.social_worker, "contact", files["Mira"], **answers).status_code == 302
    text = text_of(page(browse, cast.social_worker, "care", files["Mira"]))
    assert "late: the child could not be reached" in " ".join(text.split())
    assert value("SELECT overrun_reason FROM casework_task WHERE kind = 'visit' AND state = 2") == "not_reached"


def test_a_try_does_not_answer_for_a_visit_that_is_late(cast, files, browse, late):
    assert page(browse, cast.social_worker, "contact", files["Mira"], mode="visit", result="2").status_code == 302


@pytest.mark.parametrize("kind", ["comprehensive", "initial"])
def test_an_assessment_is_asked_why_where_it_closes_what_is_late(cast, files, browse, owner, kind):
    who = {"child_id": files["Mira"], "by": cast.social_worker, "team": cast.team("social_worker")}
    work.due(code="full_assessment", since=clock.now() - 30 * DAY, **who)
    answers = {"kind": kind, "level": "2", "score_safety": "3"}
    text = text_of(page(browse, cast.social_worker, "assess", files["Mira"], **answers))
    assert ("Choose why it is late." in text) == (kind == "comprehensive")


def test_a_plan_that_is_sent_late_says_why_and_its_task_keeps_it(cast, files, browse, plan):
    who = {"child_id": files["Mira"], "by": cast.social_worker, "team": cast.team("social_worker")}
    work.due(code="care_plan", since=clock.now() - 90 * DAY, **who)
    there = (files["Mira"], plan.pk)
    assert "Choose why it is late." in text_of(page(browse, cast.social_worker, "send_plan", *there, late_reason=""))
    page(browse, cast.social_worker, "send_plan", *there, late_reason="waited")
    care.decide_plan(plan=plan, agrees=True, by=cast.supervisor)
    assert value("SELECT overrun_reason FROM casework_task WHERE kind = 'care_plan'") == "waited"
    assert "late: waited for somebody else" in text_of(page(browse, cast.social_worker, "care", files["Mira"]))


def test_what_is_in_time_is_not_asked_why(cast, files, browse, assess):
    assess(level=2)
    assert "Why it is late" not in text_of(page(browse, cast.social_worker, "contact", files["Mira"]))
