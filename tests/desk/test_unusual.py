"""Unusual looking: what is noted of a day, who reviews it, once, and that nobody reviews oneself."""

import datetime
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.access import unusual
from portal.access.identity import acting
from portal.audit import events
from portal.audit.events import Event
from portal.audit.kinds import shifted
from tests.attacks import attack
from tests.oversight import register_overseers
from tests.posted import form_with
from tests.statements import assert_refused, last_event, rows, value
from tests.world import FILES, Cast

PAGE = reverse("desk:unusual")


def at(hour, days=1):
    """Move the clock to an hour of a coming day where everybody of the small world works."""
    now = timezone.now()
    then = datetime.datetime.combine(now.date() + datetime.timedelta(days=days), datetime.time(hour), now.tzinfo)
    return shifted(then - now)


def look(person, child_ids, **more):
    with acting(person):
        for child_id in child_ids:
            events.record(Event("view", child_id=child_id, sections=[1], **more))


@pytest.fixture
def noted(cast, files):
    """A day at noon, a night, and the next morning, on which the day is noted."""
    register_overseers(cast)
    with at(12):
        look(Cast().investigator, [uuid.uuid4() for _number in range(20)])
        look(Cast().stranger, list(FILES.values())[:5], outcome="refused", reason_code="no_grant")
        look(Cast().supervisor, list(FILES.values())[:4])
    with at(2):
        look(Cast().clinician, list(FILES.values())[:5])
        look(Cast().shelter_worker, list(FILES.values())[:5])
    with at(0, days=2):  # what was begun before midnight may not be there yet
        assert timezone.now().date() + datetime.timedelta(days=1) not in days_to_note()
    with at(9, days=2):
        assert unusual.note_days() > 0
        assert days_to_note() == []
        assert unusual.note_days() == 0
        yield files


def days_to_note():
    return [day for (day,) in rows("SELECT access.days_to_note()")]


def lines(person):
    with acting(person):
        tomorrow = timezone.now().date() + datetime.timedelta(days=1)
        return {(one.person, one.kind): one for one in unusual.unusual() if one.day == tomorrow}


def test_each_rule_notes_what_is_unusual_and_nothing_else(noted):
    found = lines(Cast().auditor)
    assert found["R. Salgado", "many"].files == 20
    assert found["R. Salgado", "without_task"].files == 20
    assert found["S. Engel", "refused"].files == 5
    assert found["K. Osei", "night"].files == 5
    assert not {name for name, _kind in found} & {"J. Pinto"}  # four files are not many
    assert ("L. Brandt", "night") not in found  # who has night duty


def test_days_on_which_nobody_noted_are_made_up_for_within_a_week(cast, files):
    register_overseers(cast)
    with at(12):
        look(Cast().investigator, [uuid.uuid4() for _number in range(20)])
    with at(9, days=9):
        assert unusual.note_days() == 0  # eight days ago: too late
    with at(9, days=8):
        assert len(days_to_note()) == 1  # the one that nobody looked through before
        assert unusual.note_days() > 0
        assert ("R. Salgado", "many") in lines(Cast().auditor)


def test_a_day_that_is_not_over_is_not_noted(cast):
    today = timezone.now().date()
    assert_refused("SELECT access.note_unusual(%s)", today, match="not over")


@attack("D16")
def test_who_reviews_whom(noted, browse):
    """The auditor everybody, a privacy officer the own people; nobody else learns that anything was noted."""
    assert {name for name, _kind in lines(Cast().foreign_officer)} <= {"L. Brandt"}
    for name in ("social_worker", "supervisor", "operator"):
        assert lines(getattr(Cast(), name)) == {}
        assert browse(getattr(Cast(), name)).get(PAGE).status_code == 404
    one = lines(Cast().auditor)["K. Osei", "night"]
    url = reverse("desk:review_unusual", args=[one.id])
    assert browse(Cast().foreign_officer).get(url).status_code == 404
    with acting(Cast().foreign_officer):
        assert value("SELECT access.review_unusual(%s, false, 'mine')", one.id) is False


def test_a_review_is_written_down_once_and_by_somebody_else(noted, browse, monkeypatch):
    auditor = Cast().auditor
    look(auditor, [])
    one = lines(auditor)["K. Osei", "night"]
    client, url = browse(auditor), reverse("desk:review_unusual", args=[one.id])
    assert "K. Osei" in client.get(PAGE).content.decode()
    with monkeypatch.context() as few:
        few.setattr("portal.desk.views.unusual.SHOWN", 2)
        assert "The first 2." in client.get(PAGE).content.decode()
    assert "Opened files at night" in client.get(reverse("desk:home")).content.decode()
    empty = client.post(url, form_with(client.get(url), "comment")).content.decode()
    assert "Choose what came of it." in empty
    form = form_with(client.get(url), "comment") | {"answer": "no", "comment": "Was on call that night."}
    assert client.post(url, form).status_code == 302
    assert "Was on call that night." in client.get(PAGE).content.decode()
    assert "This was reviewed already." in client.get(url).content.decode()
    with acting(auditor):
        assert value("SELECT access.review_unusual(%s, true, 'again')", one.id) is False
    assert last_event(kind="review unusual looking")["entity_id"] == one.id
