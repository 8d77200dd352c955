"""How often beds are held and given back: an address is read with a hold, so there are few, and they are told of."""

import datetime

import pytest
from django.urls import reverse

from portal.access.identity import acting
from portal.audit.ids import uuid7
from portal.audit.kinds import shifted
from shelters import actions
from shelters.hold_pace import TooManyHolds
from shelters.models import Placement
from tests.shelters.test_holds import later
from tests.shelters.test_pages import find, words
from tests.statements import assert_refused, last_event, value
from tests.world import HOUR

MINUTE = datetime.timedelta(minutes=1)
TOLD = "SELECT count(*) FROM casework_notice WHERE person_id = %s AND kind = 'beds_given_back'"


@pytest.fixture
def given_back(cast, hold):
    """Hold a bed and give it back, three times in three minutes."""
    for n in range(3):
        with shifted(n * MINUTE):
            actions.release(placement=hold(), by=cast.social_worker, reason="x")


def test_fourth_bed_of_a_child_within_an_hour_is_refused_on_record(cast, files, hold, given_back):
    with shifted(4 * MINUTE), pytest.raises(TooManyHolds):
        hold()
    event = last_event(kind="refusal")
    assert (event["reason_code"], event["child_id"]) == ("too_many_holds", files["Waiting"])


def test_page_says_when_the_next_bed_can_be_held_and_shows_no_address(cast, files, house, browse, given_back):
    answer = find(browse, cast.social_worker, files["Waiting"], hold=str(house.pk))
    assert answer.status_code == 429
    assert "Hold the next one at" in words(answer)
    assert int(answer["Retry-After"]) > 60
    assert "canary-street" not in words(answer)


def test_whoever_gave_three_beds_back_holds_none_for_another_child(cast, hold, given_back):
    with shifted(4 * MINUTE), pytest.raises(TooManyHolds):
        hold("Mira")


def test_bed_is_held_again_an_hour_after_the_first(cast, hold, given_back):
    later(cast, "social_worker")
    with shifted(HOUR + MINUTE):
        assert hold().is_live


def test_beds_that_stay_held_slow_nobody(cast, files, hold):
    hold()
    assert value("SELECT count(*) FROM shelters_placement") == 1
    with acting(cast.social_worker):
        assert value("SELECT access.next_hold(%s)", files["Mira"]) is None


def test_database_refuses_a_fourth_hold_of_a_query(cast, files, given_back):
    columns = "version, child_id, bed_id, shelter_id, team_id, held_by_id, grant_id, sex, age_band, languages, needs, in_spite"
    insert = f"""INSERT INTO shelters_placement (id, state, during, renewed, end_reason, {columns})
        SELECT %s, 1, tstzrange(app_now(), app_now() + interval '4 hours'), false, '', {columns}
        FROM shelters_placement ORDER BY id DESC LIMIT 1"""
    with shifted(4 * MINUTE), acting(cast.social_worker, reason="x"):
        assert Placement.objects.count() == 3
        assert_refused(insert, uuid7(), match="too many beds")


def test_third_bed_given_back_within_a_day_is_told_to_the_shelter_and_the_supervisor(cast, hold):
    for n in range(3):
        assert value(TOLD, cast.shelter_worker.pk) == value(TOLD, cast.supervisor.pk) == 0
        with shifted(n * MINUTE):
            actions.release(placement=hold(), by=cast.social_worker, reason="x")
    assert value(TOLD, cast.shelter_worker.pk) == value(TOLD, cast.supervisor.pk) == 1


def test_notice_of_beds_given_back_names_no_place_and_no_child(cast, browse, given_back):
    text = words(browse(cast.supervisor).get(reverse("desk:notices")))
    assert "A. Ferreira held and gave back three beds or more within a day." in text
    assert "Rua Clara" not in text
