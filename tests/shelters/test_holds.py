"""Holding, renewing and releasing a bed: one bed one child, one child one bed, and a hold that runs out by itself."""

import datetime

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.urls import reverse
from psycopg.types.range import TimestamptzRange

from portal.access.actions import accept, live_grants
from portal.access.identity import Refused, acting
from portal.access.models import Grant
from portal.access.opens import file_lines
from portal.access.rights import sections_open
from portal.audit import clock
from portal.audit.events import NotRecorded
from portal.audit.kinds import shifted
from portal.casework.workflow import NotPossible
from shelters import actions
from shelters.actions import Taken
from shelters.models import Placement
from shelters.workflow import PlacementState
from tests import world
from tests.shelters.conftest import CARD
from tests.statements import assert_refused, last_event, run, value

HOUR = datetime.timedelta(hours=1)
BROKEN = "REVOKE INSERT ON audit_event FROM app"


def state(placement):
    return value("SELECT state FROM shelters_placement WHERE id = %s", placement.pk)


def later(cast, *names):
    """Let sign-ins outlive the hours that a test moves the clock by."""
    for name in names:
        world.outlive(getattr(cast, name), 9 * HOUR * 24)


def free(cast, house):
    with acting(cast.social_worker), connection.cursor() as cursor:
        cursor.execute("SELECT free FROM access.bed_counts() WHERE shelter_id = %s", [house.pk])
        return cursor.fetchone()[0]


def test_a_bed_is_held_for_four_hours_with_its_history_and_event(cast, files, house, hold):
    placement = hold()
    assert placement.during.upper - placement.during.lower == 4 * HOUR
    assert free(cast, house) == 1
    rows = value(
        "SELECT count(*) FROM shelters_historicalplacement WHERE id = %s AND history_by = 'A. Ferreira'", placement.pk
    )
    event = last_event(entity="shelters.placement")
    assert rows == 1
    assert (event["kind"], event["action"], event["child_id"], event["sections"]) == (
        "change",
        "C",
        files["Waiting"],
        [3],
    )


def test_hold_offers_the_shelter_access_and_tells_it_no_name(cast, files, hold):
    placement = hold()
    assert (placement.grant.view, placement.grant.change) == ([1, 3, 6], [3, 6])
    assert (placement.grant.basis, placement.grant.reason, placement.grant.accepted) == ("referral", "Bed held", None)
    words = value(
        "SELECT words FROM casework_notice WHERE person_id = %s AND kind = 'bed_held'", cast.shelter_worker.pk
    )
    assert words == ["A. Ferreira"]
    with acting(cast.shelter_worker):
        assert file_lines([files["Waiting"]]) == {}
        assert sections_open(cast.shelter_worker, files["Waiting"]) == []


def test_the_offer_of_a_hold_is_accepted_by_admitting_alone(cast, hold):
    placement = hold()
    with pytest.raises(Refused):
        accept(grant=placement.grant, by=cast.shelter_worker)
    with acting(cast.shelter_worker):
        assert_refused(
            "UPDATE access_grant SET accepted = app_now(), accepted_by_id = %s WHERE id = %s",
            cast.shelter_worker.pk, placement.grant_id, match="by that act",
        )  # fmt: skip


def test_my_work_of_the_shelter_offers_no_access_that_waits_for_a_child(cast, browse, hold):
    hold()
    text = browse(cast.shelter_worker).get(reverse("desk:home")).content.decode()
    assert "offers access to" not in text
    assert "“Waiting”" not in text


@pytest.mark.parametrize(("who", "file"), [("stranger", "Waiting"), ("ngo_worker", "Mira"), ("clinician", "Mira")])
def test_who_does_not_change_whereabouts_holds_no_bed_and_the_refusal_is_recorded(cast, hold, who, file):
    with pytest.raises(Refused):
        hold(file, by=who)
    event = last_event(person_id=getattr(cast, who).pk)
    assert (event["outcome"], event["sections"]) == ("refused", [3])
    assert value("SELECT count(*) FROM shelters_placement") == 0


def test_nothing_is_held_when_the_event_cannot_be_written(hold, owner):
    with owner():
        run(BROKEN)
    with pytest.raises(NotRecorded):
        hold()
    assert value("SELECT count(*) FROM shelters_placement") == 0
    assert value("SELECT count(*) FROM access_grant WHERE reason = 'Bed held'") == 0


def test_a_child_holds_no_second_bed(cast, files, house, small, hold):
    hold()
    with pytest.raises(NotPossible, match="A bed at Rua Clara shelter is held for this child until"):
        hold(shelter=small)


def test_a_full_shelter_is_taken(hold, small):
    hold("Waiting", shelter=small)
    with pytest.raises(Taken):
        hold("Ended", shelter=small)


COPY = """INSERT INTO shelters_placement (id, version, child_id, bed_id, shelter_id, team_id, during, state, renewed,
  held_by_id, sex, age_band, languages, needs, in_spite, end_reason)
  SELECT gen_random_uuid(), 1, %s, %s, shelter_id, team_id, during, 1, false, held_by_id, 0, '', '{}', '{}', '', ''
    FROM shelters_placement WHERE id = %s"""


@pytest.mark.parametrize("constraint", ["one_bed_one_child", "one_child_one_bed"])
def test_the_database_keeps_bed_and_child_apart_past_actions_and_locks(files, owner, house, hold, constraint):
    first = hold()
    other_bed = value("SELECT id FROM shelters_bed WHERE shelter_id = %s AND id <> %s", house.pk, first.bed_id)
    same_bed = constraint == "one_bed_one_child"
    child, bed = (files["Ended"], first.bed_id) if same_bed else (files["Waiting"], other_bed)
    with owner(), pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        run(COPY, child, bed, first.pk)


def test_a_hold_runs_out_by_itself_and_its_offer_with_it(cast, files, house, hold):
    placement = hold()
    later(cast, "social_worker", "shelter_worker")
    with acting(cast.social_worker):
        assert placement.grant_id in {grant.pk for grant in live_grants(files["Waiting"])}
    with shifted(4 * HOUR):
        assert free(cast, house) == 2
        with acting(cast.social_worker):
            assert placement.grant_id not in {grant.pk for grant in live_grants(files["Waiting"])}
        with pytest.raises(NotPossible, match="The hold ended at"):
            actions.admit(placement=placement, by=cast.shelter_worker)
        with pytest.raises(Refused):
            accept(grant=placement.grant, by=cast.shelter_worker)
    assert state(placement) == PlacementState.HELD  # no worker touched it


def test_a_new_hold_ends_the_offer_of_one_that_ran_out_by_name(cast, house, hold):
    first = hold()
    later(cast, "social_worker")
    with shifted(5 * HOUR):
        hold()
    with acting(cast.social_worker):
        assert Grant.objects.get(pk=first.grant_id).end_reason == "The hold of the bed ran out"


def test_a_hold_is_renewed_once(cast, hold):
    placement = actions.renew(placement=hold(), by=cast.social_worker)
    assert placement.during.upper - placement.during.lower == 8 * HOUR
    with pytest.raises(NotPossible, match="renewed once"):
        actions.renew(placement=placement, by=cast.social_worker)


def test_a_hold_that_ran_out_is_not_renewed(cast, hold):
    placement = hold()
    later(cast, "social_worker")
    with shifted(4 * HOUR), pytest.raises(NotPossible, match="The hold ended"):
        actions.renew(placement=placement, by=cast.social_worker)


def test_the_shelter_does_not_renew_and_the_refusal_is_recorded(cast, hold):
    placement = hold()
    with pytest.raises(Refused):
        actions.renew(placement=placement, by=cast.shelter_worker)
    assert last_event(person_id=cast.shelter_worker.pk)["outcome"] == "refused"


@pytest.mark.parametrize("who", ["social_worker", "shelter_worker"])
def test_a_bed_is_given_back_by_either_side_and_the_offer_ends(cast, house, hold, who):
    placement = actions.release(placement=hold(), by=getattr(cast, who), reason="not needed")
    assert free(cast, house) == 2
    assert state(placement) == PlacementState.RELEASED
    reasons = "SELECT end_reason FROM access_grant WHERE id = %s"
    assert value(reasons, placement.grant_id) == "The bed was given back"


def test_the_holder_is_told_that_the_shelter_gave_the_bed_back(cast, hold):
    actions.release(placement=hold(), by=cast.shelter_worker, reason="flooded")
    told = value(
        "SELECT words FROM casework_notice WHERE person_id = %s AND kind = 'bed_refused'", cast.social_worker.pk
    )
    assert told == ["L. Brandt"]


def test_a_stranger_releases_nothing_and_the_refusal_is_recorded(cast, hold):
    placement = hold()
    with pytest.raises(Refused):
        actions.release(placement=placement, by=cast.stranger, reason="x")
    assert state(placement) == PlacementState.HELD
    assert last_event(person_id=cast.stranger.pk)["outcome"] == "refused"


def test_a_released_bed_is_not_released_again(cast, hold):
    placement = actions.release(placement=hold(), by=cast.social_worker, reason="x")
    for act in (actions.release, actions.renew, actions.admit):
        with pytest.raises(NotPossible, match="It now stands at: Hold released"):
            act(placement=placement, by=cast.social_worker)


@pytest.mark.parametrize("act", [actions.release, actions.renew, actions.admit])
def test_no_step_is_taken_when_the_event_cannot_be_written(cast, hold, owner, act):
    placement = hold()
    with owner():
        run(BROKEN)
    with pytest.raises(NotRecorded):
        act(placement=placement, by=cast.social_worker)
    assert state(placement) == PlacementState.HELD
    assert not value("SELECT renewed FROM shelters_placement WHERE id = %s", placement.pk)


FORGED = {
    "child": "child_id = %(other)s",
    "longer": "during = tstzrange(lower(during), upper(during) + interval '9 hours'), renewed = true",
    "twice": "renewed = false",
    "ended": "state = 3, end_reason = 'died'",
    "needs": "needs = '{}'",
}


@pytest.mark.parametrize("change", FORGED.values(), ids=FORGED)
def test_a_query_of_ones_own_forges_no_placement(cast, files, hold, change):
    placement = hold()
    if "renewed = false" in change:
        actions.renew(placement=placement, by=cast.social_worker)
    with acting(cast.social_worker), connection.cursor() as cursor:
        words = {"other": files["Mira"], "id": placement.pk}
        with pytest.raises(DatabaseError, match="placement"), transaction.atomic():
            cursor.execute(f"UPDATE shelters_placement SET {change} WHERE id = %(id)s", words)


def test_a_query_holds_no_bed_for_thirty_hours(cast, files, house):
    now = clock.now()
    with acting(cast.social_worker):
        placement = Placement(
            child_id=files["Waiting"], bed=house.beds.first(), shelter=house, team_id=house.team_id,
            held_by=cast.social_worker, during=TimestamptzRange(now, now + 30 * HOUR), **CARD.values(),
        )  # fmt: skip
        with pytest.raises(DatabaseError, match="four hours"), transaction.atomic():
            placement.save(force_insert=True)
