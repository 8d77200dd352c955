"""Admitting a child and ending a stay: access, whereabouts, real times, and who may."""

import datetime

import pytest

from portal.access import timeline
from portal.access.identity import Refused, acting
from portal.access.models import Grant
from portal.access.rights import can, sections_open
from portal.access.sections import Level, Section
from portal.accounts.models import Agency
from portal.audit import clock
from portal.audit.events import NotRecorded
from portal.audit.kinds import shifted
from portal.audit.stamp import Stamp, stamping
from portal.casework.models import Task
from portal.casework.workflow import NotPossible
from shelters import actions
from shelters.workflow import PlacementState
from tests.statements import last_event, rows, run, value
from tests.world import Cast, share
from victims.models import Whereabouts

MINUTE = datetime.timedelta(minutes=1)
S = Section


def admitted(cast, hold, by="shelter_worker", file="Waiting"):
    return actions.admit(placement=hold(file), by=getattr(cast, by), reason="admitted")


def test_admitting_opens_the_file_to_the_shelter_in_the_same_act(cast, files, hold):
    placement = admitted(cast, hold)
    assert (placement.state, placement.during.upper) == (PlacementState.ADMITTED, None)
    with acting(cast.shelter_worker):
        assert set(sections_open(cast.shelter_worker, files["Waiting"])) == {S.SUMMARY, S.CARE, S.WHEREABOUTS}
    accepted = value("SELECT accepted_by_id FROM access_grant WHERE id = %s", placement.grant_id)
    assert accepted == cast.shelter_worker.pk


def test_admitting_writes_where_the_child_is_by_the_public_name(cast, files, hold):
    admitted(cast, hold)
    with acting(cast.social_worker):
        where = Whereabouts.objects.get(child_id=files["Waiting"])
        assert (where.care_type, where.place, where.phone) == ("residential", "Rua Clara shelter", "")


def visits(child_id):
    """The visits in the placement that are asked of a team: state and team of each."""
    found = "SELECT state, team_id FROM casework_task WHERE child_id = %s AND kind = 'placement_visit'"
    return rows(found, child_id)


def test_admitting_makes_a_visit_due_for_the_team_that_owns_the_file(cast, files, hold):
    admitted(cast, hold)
    assert visits(files["Waiting"]) == [(Task.State.OPEN, cast.team("social_worker").pk)]


def test_a_stay_that_ends_takes_its_visit_away(cast, files, hold):
    placement = admitted(cast, hold)
    with shifted(MINUTE * 10):
        by = Cast().shelter_worker
        actions.end(placement=placement, at=clock.now(), why="transferred", by=by, reason="moved")
    assert visits(files["Waiting"]) == [(Task.State.CANCELLED, cast.team("social_worker").pk)]


def test_the_holder_is_told_of_the_admission(cast, hold):
    admitted(cast, hold)
    told = "SELECT words FROM casework_notice WHERE person_id = %s AND kind = 'admitted'"
    assert value(told, cast.social_worker.pk) == ["L. Brandt", "Waiting"]


def test_the_owner_may_write_down_the_admission_and_the_shelter_accepts_after(cast, files, hold):
    placement = admitted(cast, hold, by="social_worker")
    with acting(cast.shelter_worker):
        assert sections_open(cast.shelter_worker, files["Waiting"]) == []
    actions.access.accept(grant=placement.grant, by=cast.shelter_worker)
    with acting(cast.shelter_worker):
        assert can(cast.shelter_worker, files["Waiting"], S.WHEREABOUTS, Level.CHANGE)


@pytest.mark.parametrize("who", ["stranger", "ngo_worker", "clinician", "supervisor"])
def test_others_admit_nobody_and_the_refusal_is_recorded(cast, hold, who):
    placement = hold()
    with pytest.raises(Refused):
        actions.admit(placement=placement, by=getattr(cast, who))
    assert value("SELECT state FROM shelters_placement WHERE id = %s", placement.pk) == PlacementState.HELD
    assert last_event(person_id=getattr(cast, who).pk)["outcome"] == "refused"


def test_a_child_who_is_not_rescued_yet_is_not_admitted_by_the_shelter(cast, files, hold):
    placement = hold("Planned", by="investigator")
    with pytest.raises(NotPossible, match="the rescue is not recorded"):
        actions.admit(placement=placement, by=cast.shelter_worker)
    assert value("SELECT accepted FROM access_grant WHERE id = %s", placement.grant_id) is None


def test_a_bed_held_without_the_owner_offers_nothing_and_admits_nobody(cast, files, hold):
    placement = hold("Rescued")  # owned by the investigator's team; the social worker holds WHEREABOUTS
    assert placement.grant is None
    with pytest.raises(NotPossible, match="not open to you yet"):
        actions.admit(placement=placement, by=cast.shelter_worker)


def test_inside_the_owners_agency_too_the_shelter_waits_for_the_child(cast, files, house, hold, owner):
    """A shelter run by the agency that owns the file."""
    mine = Agency.objects.get(pk=cast.social_worker.agency_id)
    with owner(), stamping(Stamp(None, "test")):
        run("ALTER TABLE accounts_team DISABLE TRIGGER USER")
        run("UPDATE accounts_team SET agency_id = %s WHERE id = %s", mine.pk, house.team_id)
    house.team.refresh_from_db()
    assert hold().grant.accepted is None


def test_a_stay_ends_at_its_real_time_and_the_shelters_access_with_it(cast, files, hold):
    placement = admitted(cast, hold)
    with shifted(30 * MINUTE):
        at = clock.now() - 5 * MINUTE
        ended = actions.end(placement=placement, at=at, why="reunified", by=cast.shelter_worker)
    assert (ended.state, ended.during.upper, ended.end_reason) == (PlacementState.ENDED, at, "reunified")
    with acting(cast.shelter_worker):
        assert sections_open(cast.shelter_worker, files["Waiting"]) == []
    with acting(cast.social_worker):
        assert Grant.objects.get(pk=placement.grant_id).end_reason == "The stay ended"


@pytest.mark.parametrize("minutes", [-10, 0, 31])
def test_a_stay_ends_neither_before_it_began_nor_in_the_future(cast, hold, minutes):
    placement = admitted(cast, hold)
    at = placement.during.lower + minutes * MINUTE
    with shifted(30 * MINUTE), pytest.raises(NotPossible, match="Enter a time after"):
        actions.end(placement=placement, at=at, why="reunified", by=cast.social_worker)


def test_a_stay_is_not_ended_from_a_hold_nor_twice(cast, hold):
    placement = hold()
    with shifted(30 * MINUTE):
        now = clock.now()
        with pytest.raises(NotPossible, match="It now stands at: Bed held"):
            actions.end(placement=placement, at=now, why="died", by=cast.social_worker)
        actions.admit(placement=placement, by=cast.social_worker)
    with shifted(45 * MINUTE):
        actions.end(placement=placement, at=clock.now(), why="hospital", by=cast.social_worker)
        with pytest.raises(NotPossible, match="It now stands at: Stay ended"):
            actions.end(placement=placement, at=clock.now(), why="hospital", by=cast.social_worker)


def test_ending_is_refused_without_the_right_and_recorded(cast, hold):
    placement = admitted(cast, hold)
    for who in ("stranger", "ngo_worker", "supervisor"):
        with pytest.raises(Refused):
            actions.end(placement=placement, at=clock.now(), why="died", by=getattr(cast, who))
        assert last_event(person_id=getattr(cast, who).pk)["outcome"] == "refused"


def test_another_agency_with_whereabouts_ends_no_stay(cast, files, hold):
    """Whoever may write where the child is, but neither runs the shelter nor owns the file."""
    with acting(cast.social_worker):
        child = actions.Child.objects.get(pk=files["Waiting"])
    share(cast, child, "social_worker", "ngo_worker", S.SUMMARY, S.WHEREABOUTS)
    placement = admitted(cast, hold)
    with pytest.raises(Refused):
        actions.end(placement=placement, at=clock.now(), why="died", by=cast.ngo_worker)


def test_no_stay_ends_when_the_event_cannot_be_written(cast, hold, owner):
    placement = admitted(cast, hold)
    with owner():
        run("REVOKE INSERT ON audit_event FROM app")
    with shifted(30 * MINUTE), pytest.raises(NotRecorded):
        actions.end(placement=placement, at=clock.now(), why="died", by=cast.social_worker)
    assert value("SELECT state FROM shelters_placement WHERE id = %s", placement.pk) == PlacementState.ADMITTED


def test_every_step_has_its_sentence_on_the_timeline(cast, files, hold):
    placement = hold()
    actions.renew(placement=placement, by=cast.social_worker)
    actions.admit(placement=placement, by=cast.shelter_worker)
    with shifted(30 * MINUTE):
        actions.end(placement=placement, at=clock.now(), why="reunified", by=cast.social_worker)
    with acting(cast.social_worker):
        said = [str(one.what) for one in actions_on(cast.social_worker, files["Waiting"])]
    assert said == ["Stay in a shelter ended", "Admitted to a shelter", "Hold renewed", "Bed held"]


def actions_on(person, child_id):
    return [one for one in timeline.page(child_id, person) if one.source == "placement"]
