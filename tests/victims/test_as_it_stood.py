"""A section as it stood at a moment: the versions of that day, the changes beside it, and nothing of what one does not hold."""

import datetime

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.access.identity import acting
from portal.audit.kinds import shifted
from tests.attacks import attack
from tests.statements import last_event
from tests.world import Cast
from victims import actions
from victims.models import Assessment, CareEntry, FollowUp
from victims.views import as_it_stood

DAY = datetime.timedelta(days=1)


def page(browse, person, child_id, slug="care", **when):
    return browse(person).get(reverse("victims:as_it_stood", args=[child_id, slug]), when)


@pytest.fixture
def written(cast, files):
    """A care entry that was changed on two later days."""
    for days, text in ((1, "She wants to go to school."), (3, "She goes to school.")):
        with shifted(days * DAY):
            person = Cast().social_worker  # signs in on that day
            with acting(person):
                entry = CareEntry.objects.filter(child_id=files["Mira"]).first()
            actions.change(record=entry, values={"text": text}, by=person, reason="told")
    return entry


def on(days):
    return timezone.localdate() + days * DAY


def test_each_day_shows_its_own_version(cast, files, browse, written):
    with shifted(5 * DAY):
        texts = {
            days: page(browse, cast.social_worker, files["Mira"], on=on(days).isoformat()).content.decode()
            for days in (-9000, 0, 2, 4)
        }
    assert "Nothing stood here at that moment." in texts[-9000]
    assert "school" not in texts[0]
    assert "canary-care-Mira" in texts[0]
    assert "She wants to go to school." in texts[2]
    assert "She goes to school." not in texts[2]
    assert "She goes to school." in texts[4]
    assert "Not today." in texts[4]
    assert "Not today." not in page(browse, cast.social_worker, files["Mira"]).content.decode()
    summary = page(browse, cast.social_worker, files["Mira"], "summary")
    assert summary.wsgi_request.path in overview(browse, "social_worker", files["Mira"])
    assert summary.context["back_url"] == reverse("victims:child", args=[files["Mira"]])
    assert "Team that owns the file" not in summary.content.decode()  # a bare number says nothing


def test_codes_are_said_in_words_and_what_is_left_out_is_said(cast, files, browse, monkeypatch):
    person, mira = cast.social_worker, files["Mira"]
    with acting(person):
        FollowUp(child_id=mira, mode="came", result=2, on=timezone.localdate()).save()
        Assessment(
            child_id=mira,
            kind="initial",
            on=timezone.localdate(),
            level=1,
            scores={"health": {"score": 2, "why": "ill"}},
        ).save()
    shown = page(browse, person, mira)
    said = {(str(label), value) for one in shown.context["records"] for label, value in one["pairs"]}
    assert said >= {("how", "the child came to us"), ("kind", "first safety assessment"), ("scores", "health 2 – ill")}
    assert "The first" not in shown.content.decode()
    monkeypatch.setattr(as_it_stood, "MOST", 1)
    with acting(person):
        FollowUp(child_id=mira, mode="distance", result=2, on=timezone.localdate()).save()
    shown = page(browse, person, mira)
    assert "The first 1." in shown.content.decode()
    assert sum(str(label) == "how" for one in shown.context["records"] for label, _value in one["pairs"]) == 1


def test_one_change_leads_to_the_next(cast, files, browse, written):
    with shifted(5 * DAY):
        now = page(browse, cast.social_worker, files["Mira"])
        before = browse(cast.social_worker).get(now.wsgi_request.path + now.context["before_url"])
        assert "She wants to go to school." in before.content.decode()
        after = browse(cast.social_worker).get(now.wsgi_request.path + before.context["after_url"])
        assert "She goes to school." in after.content.decode()
        assert after.context["after_url"] == ""


@attack("D22")
def test_nobody_sees_the_past_of_a_section_that_is_closed_today(cast, files, browse):
    assert page(browse, cast.social_worker, files["Mira"], "therapy").status_code == 403
    assert page(browse, cast.stranger, files["Mira"]).status_code == 404
    assert page(browse, cast.clinician, files["Mira"], "therapy").status_code == 200


def test_reading_the_past_is_a_look(cast, files, browse):
    page(browse, cast.social_worker, files["Mira"])
    assert last_event(kind="view as it stood")["child_id"] == files["Mira"]


def test_a_day_that_is_none_says_so_and_shows_today(cast, files, browse):
    answer = page(browse, cast.social_worker, files["Mira"], on="soon")
    assert answer.status_code == 200
    assert "govuk-error-message" in answer.content.decode()
    assert "canary-care-Mira" in answer.content.decode()


def overview(browse, name, child_id):
    return browse(getattr(Cast(), name)).get(reverse("victims:child", args=[child_id])).content.decode()


def test_the_page_says_what_others_changed_since_one_looked(cast, files, browse, written):
    """The pages of one visit are one look; one's own changes are no news."""
    mira = files["Mira"]
    with shifted(2 * DAY):
        assert "by others since you looked" not in overview(browse, "supervisor", mira)  # the first look
        assert "by others since you looked" not in overview(browse, "supervisor", mira)
    with shifted(4 * DAY):
        page = overview(browse, "supervisor", mira)
        assert "1 change by others since you looked" in page
        assert page.count("timeline__entry--new") == 1
        assert "1 change by others since you looked" in overview(browse, "supervisor", mira)  # reloaded
        assert "by others since you looked" not in overview(browse, "social_worker", mira)
    with shifted(5 * DAY):
        assert "by others since you looked" not in overview(browse, "supervisor", mira)
