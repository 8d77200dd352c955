"""What a query under the application's role, with somebody's sign-in, cannot do: the attacks that were tried, each refused."""

import pytest
from django.db import DatabaseError, transaction

from portal.access import work
from portal.access.identity import acting
from portal.access.models import Basis, Grant, Step
from portal.access.sections import Section, Stage, permission_id
from portal.accounts.actions import join_team
from portal.accounts.models import Team
from portal.audit import clock
from portal.audit.ids import uuid7
from portal.audit.stamp import Stamp, stamping
from portal.casework.models import Notice, Task
from tests.attacks import attack
from tests.conftest import as_owner
from tests.statements import assert_refused, rows, run, value
from tests.world import DAY, open_file, share
from victims.actions import open_series, take_step
from victims.models import Child
from victims.workflow import CYCLES

SET = "UPDATE victims_child SET {} WHERE id = %s"


@pytest.mark.parametrize("change", ["stage = 2", "stage = 5", "identity = 4", "stage = 1, identity = 1"])
def test_investigator_takes_no_step_back_to_where_a_rescued_child_is_shown(cast, files, change):
    with acting(cast.investigator, reason="x"):
        assert_refused(SET.format(change), files["Rescued"], match="not this person's to take")


def test_a_guest_on_the_file_closes_and_reopens_nothing(cast, files):
    with acting(cast.ngo_worker, reason="x"):
        for stage in (Stage.SOUGHT, Stage.FOLLOW_UP, Stage.CLOSED):
            assert_refused(SET.format(f"stage = {stage.value}"), files["Mira"], match="not this person's")


def test_the_first_officer_and_the_same_team_confirm_nobody(cast, files):
    child = open_file(cast, "Vega", "investigator", Stage.SOUGHT)
    for step in ("propose", "make_probable"):
        take_step(child=child, cycle="identity", name=step, by=cast.investigator, reason="x")
    for person in (cast.investigator, cast.analyst):
        with acting(person, reason="x"):
            assert_refused(SET.format("identity = 4"), child.pk, match="not this person's")


def test_an_officer_of_another_team_confirms(cast, files):
    child = open_file(cast, "Vega", "investigator", Stage.SOUGHT)
    take_step(child=child, cycle="identity", name="propose", by=cast.investigator, reason="x")
    share(cast, child, "investigator", "foreign", Section.SUMMARY, Section.INVESTIGATION)
    take_step(child=child, cycle="identity", name="make_probable", by=cast.investigator, reason="x")
    taken = take_step(child=child, cycle="identity", name="confirm", by=cast.foreign, reason="x")
    assert taken.get_identity_display() == "Confirmed"


def test_the_summary_is_not_changed_by_whoever_changes_another_section(cast, files):
    with acting(cast.ngo_worker, reason="x"):
        assert_refused(SET.format("contact_safely = 'Ring the uncle.'"), files["Mira"], match="summary is not")


def test_steps_of_the_database_are_the_life_cycles_of_the_code(db):
    expected = {
        (name, source, step.target, permission_id(step.section, step.level), step.second_person, step.side == "owner")
        for name, cycle in CYCLES.items()
        for step in cycle.transitions
        for source in step.sources
    }
    columns = "cycle, source, target, permission, second_team, owner_only"
    assert set(rows(f"SELECT {columns} FROM access_step")) == expected
    assert Step._meta.db_table == "access_step"


def test_a_second_ownership_is_refused(cast, files):
    now = clock.now()
    with acting(cast.social_worker, reason="x"):
        second = Grant(
            child_id=files["Mira"], team=cast.team("stranger"), view=[1, 3], basis=Basis.OWNERSHIP, reason="x",
            begins=now, until=now + 999 * DAY, given_by=cast.social_worker,
        )  # fmt: skip
        with pytest.raises(DatabaseError, match=r"row-level security|one_owner"):
            second.save()


@pytest.mark.parametrize("member", ["supervisor", "social_worker"])
@attack("D23")
def test_nobody_accepts_or_ends_in_anothers_name(cast, files, member):
    grant = value("SELECT id FROM access_grant WHERE child_id = %s AND basis <> 'ownership' LIMIT 1", files["Mira"])
    with acting(getattr(cast, member), reason="x"):
        ended = "UPDATE access_grant SET ended = app_now(), end_reason = 'x', ended_by_id = %s WHERE id = %s"
        assert_refused(ended, cast.ngo_worker.pk, grant, match="own name")


def test_access_that_a_query_ends_is_over_though_nobody_rewrote_its_rows(cast, files):
    grant = value("SELECT id FROM access_grant WHERE child_id = %s AND team_id = %s", files["Mira"],
                  cast.team("ngo_worker").pk)  # fmt: skip
    left = "SELECT count(*) FROM access_childgrouppermission WHERE grant_id = %s"
    assert value(left, grant)
    with acting(cast.ngo_worker, reason="x"), transaction.atomic():
        ended = "UPDATE access_grant SET ended = app_now(), end_reason = 'x', ended_by_id = %s WHERE id = %s"
        assert run(ended, cast.ngo_worker.pk, grant) == 1
        assert not value(left, grant)
        transaction.set_rollback(True)


def test_ownership_is_not_ended_by_a_query(cast, files):
    owned = value("SELECT id FROM access_grant WHERE child_id = %s AND basis = 'ownership'", files["Mira"])
    with acting(cast.social_worker, reason="x"):
        ended = "UPDATE access_grant SET ended = app_now(), end_reason = 'x', ended_by_id = %s WHERE id = %s"
        assert_refused(ended, cast.social_worker.pk, owned, match="by transfer")


def test_a_file_goes_to_no_team_without_its_ownership(cast, files):
    """Inside the agency a member moves it; on paper alone nobody would be left who works on it."""
    desk = Team.objects.get(agency=cast.social_worker.agency, is_intake=True)
    with as_owner(), stamping(Stamp(None, "set-up")):
        join_team(person=cast.supervisor, team=desk)
    refused = pytest.raises(DatabaseError, match="with its ownership")
    with refused, acting(cast.social_worker, reason="x"):
        child = Child.objects.get(pk=files["Mira"])
        child.owner = desk
        child.save()
        run("SET CONSTRAINTS victims_child_owner_holds IMMEDIATE")


def test_a_member_of_the_owner_team_who_only_reads_gives_nothing(cast, files):
    with acting(cast.supervisor):
        held = "SELECT access.may_give(%s, NULL, %s, %s, NULL, '{1}', '{}', app_now() + interval '9 days', 'referral', NULL)"
        assert run(held, files["Mira"], cast.supervisor.pk, cast.team("stranger").pk) == 1
        with pytest.raises(DatabaseError, match="row-level security"):
            Grant(
                child_id=files["Mira"], team=cast.team("stranger"), view=[1, 3], basis=Basis.REFERRAL, reason="x",
                begins=clock.now(), until=clock.now() + DAY, given_by=cast.supervisor,
            ).save()  # fmt: skip


TASK = """INSERT INTO casework_task (id, version, kind, title, rule, team_id, child_id, to_the_minute, state, step,
  overrun_reason) VALUES (%s, 1, 'x', 'Bring her to the station', '', %s, %s, false, 1, 0, '')"""


def test_a_stranger_puts_no_task_before_another_team(cast, files):
    team = cast.team("social_worker").pk
    with acting(cast.stranger, reason="x"):
        for child_id in (files["Mira"], None):
            assert_refused(TASK, uuid7(), team, child_id, match="row-level security")


def test_a_notice_in_anothers_name_is_refused(cast, files):
    """The database puts the sender first, so the history row of the claimed words is no copy of it."""
    words = ["G. Vidal", "Mira"]
    with pytest.raises(DatabaseError, match="no copy"), acting(cast.ngo_worker, reason="x"):
        Notice(
            person=cast.social_worker, kind="access_ended", words=words, child_id=files["Mira"], made=clock.now()
        ).save(force_insert=True)


def test_a_stranger_sends_no_notice_about_a_file(cast, files):
    with pytest.raises(DatabaseError, match="row-level security"), acting(cast.stranger, reason="x"):
        Notice(person=cast.social_worker, kind="access_ended", child_id=files["Mira"], made=clock.now()).save()


def test_a_viewer_plants_no_key(cast, files):
    plant = "INSERT INTO casework_sectionkey (id, child_id, section, ring, wrapped) VALUES (%s, %s, 5, 'x', 'x')"
    with acting(cast.clinician, reason="x"):
        assert_refused(plant, uuid7(), files["Mira"], match="denied")
        call = "SELECT access.add_section_key('guess', %s, %s, 5::smallint, 'x', 'x')"
        assert_refused(call, uuid7(), files["Mira"], match="opening key")


def test_the_idle_end_of_a_sign_in_moves_by_its_own_time_only(cast):
    with acting(cast.stranger):
        assert_refused("SELECT access.keep_token('11 hours'::interval)", match="does not exist")


def test_a_restricted_series_of_another_team_tells_nothing_of_its_children(cast):
    series = open_series(name="Mine", team=cast.team("foreign"), is_network=False, by=cast.foreign)
    with acting(cast.analyst):
        assert run("SELECT FROM access.series_progress(%s) AS p WHERE p.children IS NOT NULL", series.pk) == 0
    with acting(cast.foreign):
        assert run("SELECT FROM access.series_progress(%s) AS p WHERE p.children = 0", series.pk) == 1


def test_a_query_writes_no_word_of_a_vocabulary(cast):
    with acting(cast.stranger, reason="x"):
        assert run("UPDATE casework_lookup SET label = 'x'") == 0


def test_tasks_of_a_file_in_conflict_are_not_shown_to_whom_they_were_given(cast, files):
    task = work.add_task(
        kind="x",
        title="Ring the school",
        team=cast.team("ngo_worker"),
        child_id=files["Conflict"],
        by=cast.social_worker,
    )
    with acting(cast.ngo_worker):
        assert not Task.objects.filter(pk=task.pk).exists()
    with acting(cast.social_worker):
        assert Task.objects.filter(pk=task.pk).exists()
