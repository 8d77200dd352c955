"""A file is never without somebody who can work on it: whoever moves people meets the rule, and the files fall to the desk."""

import pytest

from portal.access import owners
from portal.access.identity import acting
from portal.access.rights import sections_open
from portal.accounts import actions as accounts
from portal.accounts.models import Team
from portal.accounts.roles import Role
from portal.casework.models import Notice, Task
from portal.casework.workflow import NotPossible
from referrals import hand_overs
from tests import world
from tests.statements import assert_refused, rows, run, value
from victims.models import Child


@pytest.fixture
def administrator(cast, owner):
    """An administrator of the social workers' agency, who holds no file."""
    return person_of(cast, owner, "admin@example.org", Role.AGENCY_ADMIN)


@pytest.fixture
def clerk(cast, owner):
    """Somebody at the intake desk of that agency."""
    return person_of(cast, owner, "clerk@example.org", Role.INTAKE, is_intake=True)


def person_of(cast, owner, email, role, is_intake=False):
    agency = cast.social_worker.agency
    with owner(), world.stamping(world.Stamp(None, "test")):
        person = accounts.register_person(
            email=email, given_name="Vera", family_name="Costa", agency=agency, roles=[role]
        )
        if is_intake:
            accounts.join_team(person=person, team=Team.objects.get(agency=agency, is_intake=True))
    person.identity = world.open_token(person, "session", idle=world.HOUR, lifetime=8 * world.HOUR)
    return person


def leave(owner, person):
    with owner(), world.stamping(world.Stamp(None, "test")):
        person.is_active = False
        person.save(update_fields=["is_active", "version"])


def alone(by, person, team=None):
    with acting(by):
        return owners.left_alone(person, team)


def test_a_team_that_keeps_somebody_leaves_nothing_alone(cast, files, administrator):
    assert alone(administrator, cast.social_worker) == []


def test_the_last_one_who_works_with_files_leaves_them_alone(cast, files, administrator, owner):
    leave(owner, cast.supervisor)
    owned = {pk for (pk,) in rows_of(cast.team("social_worker"))}
    assert set(alone(administrator, cast.social_worker)) == owned != set()
    assert set(alone(administrator, cast.social_worker, cast.team("social_worker"))) == owned
    assert alone(administrator, cast.social_worker, cast.team("stranger")) == []


def rows_of(team):
    return rows("SELECT id FROM victims_child WHERE owner_id = %s", team.pk)


@pytest.mark.parametrize("name", ["social_worker", "stranger", "supervisor", "analyst"])
def test_nobody_else_learns_what_is_left_alone(cast, files, owner, name):
    who = getattr(cast, name)
    if name != "supervisor":
        leave(owner, cast.supervisor)
    assert alone(who, cast.social_worker) == []
    with acting(who):
        assert owners.hand_to_intake(person=cast.social_worker, by=who, reason="x") == 0
    assert value("SELECT owner_id FROM victims_child WHERE id = %s", files["Mira"]) == cast.team("social_worker").pk


def test_files_do_not_fall_to_a_desk_where_nobody_sits(cast, files, administrator, owner):
    leave(owner, cast.supervisor)
    with pytest.raises(NotPossible, match="Nobody at the intake desk"):
        owners.hand_to_intake(person=cast.social_worker, by=administrator, reason="left")
    with acting(administrator):
        assert_refused(
            "SELECT access.move_to_intake(%s, NULL, 'x')", cast.social_worker.pk, match="nobody at the intake desk"
        )


def test_files_fall_to_the_intake_desk_with_their_tasks_in_one_act(cast, files, administrator, clerk, owner):
    leave(owner, cast.supervisor)
    moved = alone(administrator, cast.social_worker)
    with acting(clerk):
        assert sections_open(clerk, files["Waiting"]) == []
    count = owners.hand_to_intake(person=cast.social_worker, by=administrator, reason="She left the agency")
    assert count == len(moved)
    desk = Team.objects.get(agency=administrator.agency, is_intake=True)
    with acting(clerk):
        assert set(Child.objects.filter(owner=desk).values_list("pk", flat=True)) == set(moved)
        assert sections_open(clerk, files["Waiting"])
        task = Task.objects.filter(child_id=files["Waiting"], kind="first_contact").get()
        assert (task.team, task.person, task.state) == (desk, None, Task.State.OPEN)
        told = Notice.objects.filter(person=clerk, kind="file_to_intake", child_id=files["Waiting"]).get()
        assert told.words == ["V. Costa", "Waiting"]
        row = Child.history.filter(id=files["Waiting"]).first()
        assert (row.history_by, row.history_change_reason) == ("V. Costa", "She left the agency")
    with acting(cast.social_worker):
        assert sections_open(cast.social_worker, files["Waiting"]) == []
    event = "SELECT count(*) FROM audit_event WHERE child_id = %s AND person = 'V. Costa' AND purpose = 'She left the agency'"
    assert value(event, files["Waiting"]) >= 3


def test_an_administrator_takes_no_file_by_a_query(cast, files, administrator, owner):
    leave(owner, cast.supervisor)
    desk = Team.objects.get(agency=administrator.agency, is_intake=True)
    with acting(administrator):
        assert run("UPDATE victims_child SET owner_id = %s, version = version + 1", desk.pk) == 0
        for call in ("move_files('{}', NULL, NULL, now(), '')", "move_tasks('{}', NULL, '')", "opened('{}')"):
            assert_refused(f"SELECT access.{call}", match="permission denied")


def test_a_hand_over_under_way_is_finished_first(cast, files, administrator, clerk, owner):
    leave(owner, cast.supervisor)
    with acting(cast.social_worker):
        mira = Child.objects.select_related("owner__agency").get(pk=files["Mira"])
    hand_overs.start(
        child=mira, team=cast.team("stranger"), expected=None, keeps=False, by=cast.social_worker, reason="x"
    )
    with pytest.raises(NotPossible, match="changes hands"):
        owners.hand_to_intake(person=cast.social_worker, by=administrator, reason="left")
