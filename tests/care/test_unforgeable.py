"""What a query under the application's role cannot do to what care plans and records: each attack is refused."""

import pytest

from portal.access import work
from portal.access.identity import Refused, acting
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.stamp import Stamp, stamping
from tests.care.conftest import today
from tests.conftest import as_owner
from tests.statements import assert_refused, run
from tests.world import DAY
from victims import care, due

PLAN = """INSERT INTO victims_careplan (id, version, number, state, words, language, child_id, team_id)
  VALUES (uuidv7(), 1, 9, 1, '', '', %s, %s)"""
GOAL = """INSERT INTO victims_goal (id, version, title, domain, words, child_id, plan_id)
  VALUES (uuidv7(), 1, 'forged', 'family', '', %s, %s)"""
ACTION = """INSERT INTO victims_planaction (id, version, goal_title, title, due, state, result, ended, child_id, goal_id,
  team_id, task_id) VALUES (uuidv7(), 1, 'x', 'forged', %s, %s, %s, %s, %s, %s, %s, %s)"""


CONTACT = """INSERT INTO victims_followup (id, version, mode, result, "on", seen_alone, is_safe, wishes, concern, text,
  late_reason, child_id) VALUES (uuidv7(), 1, 'visit', 1, %s, 1, true, '', '', '', '', %s)"""
ASSESSMENT = """INSERT INTO victims_assessment (id, version, kind, "on", level, scores, text, late_reason, child_id)
  VALUES (uuidv7(), 1, 'review', %s, 2, %s, '', '', %s)"""


@pytest.mark.parametrize("team", ["ngo_worker", "stranger"])
def test_a_plan_is_of_the_team_that_owns_the_file(cast, files, team):
    with acting(cast.social_worker):
        assert_refused(PLAN, files["Mira"], cast.team(team).pk, match="the team that owns the file")


def test_a_plan_is_not_sent_to_another_team(cast, plan):
    ask = {"kind": "care_plan", "subject_id": plan.pk, "child_id": plan.child_id, "team": cast.team("ngo_worker")}
    approval = work.ask(by=cast.social_worker, **ask)
    with acting(cast.social_worker):
        change = "UPDATE victims_careplan SET state = 2, sent_by_id = %s, approval_id = %s, team_id = %s"
        refused = (cast.social_worker.pk, approval.pk, cast.team("ngo_worker").pk)
        assert_refused(change, *refused, match="not this person")


@pytest.mark.parametrize("state", ["sent", "agreed"])
def test_goals_of_a_plan_that_was_sent_stay_as_they_are(cast, files, plan, goal, state):
    care.send_plan(plan=plan, by=cast.social_worker)
    if state == "agreed":
        care.decide_plan(plan=plan, agrees=True, by=cast.supervisor)
    with acting(cast.social_worker):
        assert_refused("UPDATE victims_goal SET title = 'forged', version = 2", match="before their plan is sent")
        assert_refused(GOAL, files["Mira"], plan.pk, match="before their plan is sent")


def test_a_goal_stays_in_its_plan_and_its_file(cast, files, plan):
    other = care.start_plan(child_id=files["Waiting"], values={}, by=cast.social_worker)
    with acting(cast.social_worker):
        assert_refused("UPDATE victims_goal SET plan_id = %s", other.pk, match="before their plan is sent")
        assert_refused(GOAL, files["Mira"], other.pk, match="before their plan is sent")


@pytest.fixture
def forge(cast, files, goal):
    """Try to write an action by a query: forge(state=3)."""

    def forged(of="ngo_worker", kind=due.PLAN_ACTION, **values):
        team = cast.team(of)
        task = work.add_task(kind=kind, title="x", team=team, child_id=files["Mira"], by=cast.social_worker)
        given = {"due": today() + DAY, "state": 1, "result": "", "ended": None, "child": files["Mira"]}
        given |= {"goal": goal.pk, "team": team.pk, "task": task.pk} | values
        with acting(cast.social_worker):
            assert_refused(ACTION, *given.values(), match="begins open")

    return forged


def test_an_action_does_not_begin_as_done(forge, cast):
    forge(state=3, result="forged", ended=clock.now())
    forge(state=2)
    forge(result="forged")


def test_an_action_is_asked_of_a_team_on_the_file_with_a_task_of_its_own(forge, cast):
    forge(of="stranger")
    forge(kind="next_step")
    forge(task=None)
    forge(team=cast.team("clinician").pk)


def test_an_action_is_not_moved_to_another_team_nor_to_another_task(cast, files, act):
    act()
    other = act("clinician")
    with acting(cast.social_worker):
        for change, value in (("team_id", cast.team("social_worker").pk), ("title", "x"), ("due", today())):
            statement = f"UPDATE victims_planaction SET {change} = %s WHERE id <> %s"
            assert_refused(statement, value, other.pk, match="stays as it was asked")
        assert_refused(
            "UPDATE victims_planaction SET task_id = %s WHERE id <> %s", other.pk, other.pk, match="stays as"
        )


def test_an_action_goes_on_under_the_goal_that_goes_on_alone(cast, plan, act):
    act()
    other = care.add_goal(plan=plan, values={"title": "x", "domain": "family"}, by=cast.social_worker)
    with acting(cast.social_worker):
        assert_refused("UPDATE victims_planaction SET goal_id = %s", other.pk, match="stays as it was asked")


def test_what_came_of_an_action_is_said_once_and_as_it_happens(cast, act):
    one = act()
    told = "UPDATE victims_planaction SET state = 3, result = 'forged', ended = %s"
    with acting(cast.ngo_worker):
        for moment in (clock.now() - DAY, clock.now() + DAY):
            assert_refused(told, moment, match="once and as it happens")
    care.take_action(plan_action=one, name="finish", by=cast.ngo_worker, reason="Done.")
    with acting(cast.ngo_worker):
        assert_refused("UPDATE victims_planaction SET result = 'forged'", match="once and as it happens")


def test_a_visit_of_a_child_not_held_is_refused(cast, files):
    for name, file in (("stranger", "Mira"), ("clinician", "Mira"), ("ngo_worker", "Ended"), ("ngo_worker", "Waiting")):
        with acting(getattr(cast, name)):
            assert_refused(CONTACT, today(), files[file], match="row-level security")


def test_nothing_is_recorded_before_its_day(cast, files):
    scores = '{"safety": {"score": 3, "why": ""}}'
    with acting(cast.social_worker):
        assert_refused(CONTACT, today() + 2 * DAY, files["Mira"], match="has happened")
        assert_refused(ASSESSMENT, today() + 2 * DAY, scores, files["Mira"], match="has happened")


@pytest.mark.parametrize(
    "scores",
    [
        "{}",
        '{"safety": {}}',
        '{"safety": {"score": 5, "why": "x"}}',
        '{"safety": {"score": 0, "why": "x"}}',
        '{"safety": {"score": 1, "why": ""}}',
        '{"safety": {"score": 3, "why": ""}, "health": {"score": 9, "why": ""}}',
    ],
)
def test_a_score_out_of_range_or_without_its_reason_is_refused(cast, files, scores):
    with acting(cast.social_worker):
        assert_refused(ASSESSMENT, today(), scores, files["Mira"], match="from 1 to 4")


def test_what_was_recorded_is_not_changed_after_the_fact(cast, contact, assess):
    contact()
    assess()
    with acting(cast.social_worker):
        for change in (
            "victims_followup SET result = 2",
            "victims_followup SET concern = ''",
            "victims_assessment SET level = 1",
        ):
            assert_refused(f"UPDATE {change}", match="as it was recorded")


@pytest.mark.parametrize("name", ["social_worker", "ngo_worker"])
def test_a_plan_is_not_approved_without_a_second_person(cast, plan, name):
    care.send_plan(plan=plan, by=cast.social_worker)
    with acting(getattr(cast, name)):
        assert_refused("UPDATE victims_careplan SET state = 4, version = version + 1", match="not this person")


def test_a_supervisor_of_another_team_does_not_even_see_the_plan(cast, plan, owner):
    care.send_plan(plan=plan, by=cast.social_worker)
    with owner(), stamping(Stamp(None, "test")):
        cast.stranger.roles = [Role.SUPERVISOR, Role.SOCIAL_WORKER]
        cast.stranger.save()
    with acting(cast.stranger):
        assert run("UPDATE victims_careplan SET state = 4, version = version + 1") == 0


def test_being_in_the_team_of_an_action_does_not_act_for_it(cast, act):
    action = act()
    with as_owner(), stamping(Stamp(None, "test")):
        cast.ngo_worker.roles = [Role.PRIVACY_OFFICER]
        cast.ngo_worker.save()
    with acting(cast.ngo_worker, reason="x"):
        for table in ("victims_planaction", "victims_historicalplanaction"):
            assert run(f"SELECT FROM {table}") == 0
        assert run("UPDATE victims_planaction SET state = 2") == 0
    with pytest.raises(Refused):
        care.take_action(plan_action=action, name="finish", by=cast.ngo_worker, reason="forged")
