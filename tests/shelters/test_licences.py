"""A shelter whose licence has ended: asked by a worker, allowed by a supervisor of the team for fourteen days."""

import datetime

import pytest
from django.db import DatabaseError
from django.urls import reverse

from portal.access import work
from portal.access.identity import Refused, acting
from portal.audit import clock
from portal.audit.events import NotRecorded
from portal.audit.kinds import shifted
from portal.casework.clock import today
from portal.casework.models import Notice
from portal.casework.notices import address, sentence
from portal.casework.workflow import NotPossible
from shelters import actions, directory, licences
from tests import world
from tests.posted import form_with
from tests.shelters.conftest import CARD, opened
from tests.shelters.test_pages import find, judged, words
from tests.statements import last_event, value
from tests.world import DAY

WHY = "Nobody else takes brothers tonight."


@pytest.fixture
def lapsed(cast):
    return opened(cast, "1", "2", public_name="Alta residence", licence_until=(clock.now() - DAY).date())


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Etc/GMT+12"])
@pytest.mark.parametrize("ended", [True, False])
def test_the_day_is_the_shelters_whatever_the_person_sets(cast, zone, ended):
    local = today(cast.shelter_worker.agency.time_zone)
    shelter = opened(cast, "1", licence_until=local - DAY if ended else local)
    work.change_preferences(values={"time_zone": zone}, by=cast.social_worker)
    with acting(cast.social_worker):
        assert licences.has_lapsed(shelter) is ended
        assert value("SELECT access.licence_forbids(%s)", shelter.pk) is ended


def ask(cast, shelter, by="social_worker"):
    return licences.ask(shelter=shelter, by=getattr(cast, by), reason=WHY)


def allow(cast, shelter, is_allowed=True):
    return licences.decide(
        approval=ask(cast, shelter), is_allowed=is_allowed, by=cast.supervisor, reason="Inspected last week."
    )


def hold(cast, files, shelter):
    return actions.hold(child_id=files["Waiting"], shelter=shelter, card=CARD, by=cast.social_worker)


def url_of(shelter):
    return reverse("shelters:licence", args=[shelter.pk])


def test_question_goes_to_the_supervisors_of_the_team(cast, lapsed):
    ask(cast, lapsed)
    with acting(cast.supervisor):
        told = Notice.objects.get(person=cast.supervisor, kind="licence_asked")
        assert (sentence(told), address(told)) == (
            "A. Ferreira asks a supervisor about a shelter whose licence has ended.", url_of(lapsed),
        )  # fmt: skip


def test_answer_leads_back_to_the_shelter_that_was_asked_about(cast, lapsed):
    allow(cast, lapsed)
    with acting(cast.social_worker):
        told = Notice.objects.get(person=cast.social_worker, kind="licence_decided")
        assert (sentence(told), address(told)) == (
            "J. Pinto answered what you asked about a shelter whose licence has ended.", url_of(lapsed),
        )  # fmt: skip


def test_allowed_shelter_fits_and_is_held(cast, files, lapsed):
    with pytest.raises(NotPossible, match="licence"):
        hold(cast, files, lapsed)
    allow(cast, lapsed)
    fits, cannot = judged(cast)
    assert (fits, cannot) == (["Alta residence"], {})
    assert hold(cast, files, lapsed).shelter == lapsed


def test_allowance_ends_after_fourteen_days(cast, files, lapsed):
    allow(cast, lapsed)
    world.outlive(cast.social_worker, 20 * DAY)
    with shifted(14 * DAY + datetime.timedelta(minutes=1)):
        assert judged(cast)[1]["Alta residence"].startswith("Licence ended on")
        with pytest.raises(NotPossible, match="licence"):
            hold(cast, files, lapsed)


def test_refused_shelter_stays_out(cast, files, lapsed):
    allow(cast, lapsed, is_allowed=False)
    assert judged(cast)[0] == []
    with pytest.raises(NotPossible, match="licence"):
        hold(cast, files, lapsed)


@pytest.fixture
def forged(cast, files, lapsed, monkeypatch):
    """Hold a bed past the action's own question, as a query could."""
    monkeypatch.setattr("shelters.actions.demand_licence", lambda *_given: None)
    return lambda: hold(cast, files, lapsed)


def test_the_database_holds_no_bed_where_the_licence_has_ended(cast, forged, lapsed):
    with pytest.raises(DatabaseError, match="licence of the shelter has ended"):
        forged()
    allow(cast, lapsed, is_allowed=False)
    with pytest.raises(DatabaseError, match="licence of the shelter has ended"):
        forged()


def test_the_database_asks_for_an_allowance_of_these_days(cast, forged, lapsed):
    allow(cast, lapsed)
    world.outlive(cast.social_worker, 20 * DAY)
    with shifted(14 * DAY + datetime.timedelta(minutes=1)), pytest.raises(DatabaseError, match="licence"):
        forged()


@pytest.mark.parametrize(("who", "forbids"), [("social_worker", False), ("supervisor", False), ("investigator", True)])
def test_the_database_asks_for_an_allowance_of_the_own_team(cast, lapsed, who, forbids):
    allow(cast, lapsed)
    with acting(getattr(cast, who)):
        assert value("SELECT access.licence_forbids(%s)", lapsed.pk) is forbids


def test_allowance_is_the_own_teams_alone(cast, lapsed):
    allow(cast, lapsed)
    with acting(cast.investigator):
        assert licences.allowed(cast.investigator) == {}
    with acting(cast.supervisor):
        assert set(licences.allowed(cast.supervisor)) == {lapsed.pk}


@pytest.mark.parametrize("who", ["stranger", "clinician", "supervisor"])
def test_question_is_asked_by_those_who_place_children(cast, lapsed, who):
    with pytest.raises(Refused):
        ask(cast, lapsed, who)
    assert last_event(kind="refusal")["reason_code"] == "not_a_placing_role"


def test_nobody_answers_but_a_supervisor_of_the_team(cast, lapsed):
    asked = ask(cast, lapsed)
    with pytest.raises(Refused):
        licences.decide(approval=asked, is_allowed=True, by=cast.social_worker, reason="mine")
    assert last_event(kind="refusal")["reason_code"] == "not_a_supervisor"
    assert value("SELECT state FROM casework_approval") == 1


def test_question_is_asked_once_and_only_where_the_licence_has_ended(cast, house, lapsed):
    with pytest.raises(NotPossible, match="is valid"):
        ask(cast, house)
    ask(cast, lapsed)
    with pytest.raises(NotPossible, match="has asked already"):
        ask(cast, lapsed)


def test_team_without_a_supervisor_is_told_whom_to_ring(cast, lapsed):
    with pytest.raises(NotPossible, match="Ring the duty supervisor"):
        ask(cast, lapsed, "investigator")


def test_question_without_its_event_leaves_nothing_behind(cast, lapsed, monkeypatch):
    def broken(event, **more):
        raise NotRecorded(event.kind)

    monkeypatch.setattr("portal.audit.models.events.record", broken)
    with pytest.raises(NotRecorded):
        ask(cast, lapsed)
    assert value("SELECT count(*) FROM casework_approval") == 0


def test_page_is_asked_on_by_the_worker_and_answered_by_the_supervisor(cast, files, lapsed, browse):
    assert f"See the licence of {lapsed.public_name}" in words(find(browse, cast.social_worker, files["Waiting"]))
    client = browse(cast.social_worker)
    page = client.get(url_of(lapsed))
    client.post(url_of(lapsed), form_with(page, "reason") | {"reason": WHY})
    assert "Until a supervisor answers" in words(client.get(url_of(lapsed)))
    desk = browse(cast.supervisor)
    page = desk.get(url_of(lapsed))
    assert WHY in words(page)
    sent = form_with(page, "reason") | {"reason": "Inspected last week.", "answer": "agree"}
    answer = desk.post(url_of(lapsed), sent, follow=True)
    assert "<strong>J. Pinto</strong> allows your team this shelter until" in words(answer)
    assert "Inspected last week." in words(client.get(url_of(lapsed)))
    assert last_event(kind="view licence of shelter")["entity_id"] == lapsed.pk


def test_allowed_shelter_asks_for_a_reason_before_it_is_held(cast, files, lapsed, browse):
    allow(cast, lapsed)
    answer = find(browse, cast.social_worker, files["Waiting"], hold=str(lapsed.pk))
    assert "J. Pinto allows this shelter until" in words(answer)
    assert form_with(answer, "in_spite")


def test_answer_without_a_reason_asks_for_one_and_another_answer_does_not_exist(cast, lapsed, browse):
    ask(cast, lapsed)
    desk = browse(cast.supervisor)
    form = form_with(desk.get(url_of(lapsed)), "reason")
    assert "Say why." in words(desk.post(url_of(lapsed), form | {"answer": "agree"}))
    assert desk.post(url_of(lapsed), form | {"reason": "x", "answer": "maybe"}).status_code == 404


def test_notice_about_a_licence_that_was_renewed_leads_to_the_list(cast, lapsed, browse):
    allow(cast, lapsed)
    new = {"licence_until": (clock.now() + 300 * DAY).date()}
    directory.change_shelter(shelter=lapsed, values=new, by=cast.shelter_worker, reason="renewed")
    answer = browse(cast.social_worker).get(url_of(lapsed), follow=True)
    assert "The licence of Alta residence is valid again." in words(answer)
    assert browse(cast.investigator).get(url_of(lapsed)).status_code == 404  # whose team asked nothing


def test_page_of_a_valid_licence_does_not_exist_nor_any_for_other_roles(cast, house, lapsed, browse):
    assert browse(cast.social_worker).get(url_of(house)).status_code == 404
    assert browse(cast.clinician).get(url_of(lapsed)).status_code == 404


def test_own_shelter_says_that_its_licence_has_ended_or_until_when_it_is_valid(cast, house, lapsed, browse):
    client = browse(cast.shelter_worker)
    pages = [words(client.get(reverse("shelters:shelter", args=[one.pk]))) for one in (house, lapsed)]
    assert ["Licence valid until" in page for page in pages] == [True, False]
    assert ["The licence ended on" in page for page in pages] == [False, True]


def test_list_is_narrowed_to_the_shelters_whose_licence_has_ended(cast, house, lapsed, browse):
    page = words(browse(cast.supervisor).get(reverse("shelters:find") + "?licence=ended"))
    assert "The licence of 1 shelter has ended" in page
    assert (lapsed.public_name in page, house.public_name in page) == (True, False)
    assert house.public_name in words(browse(cast.supervisor).get(reverse("shelters:find")))
