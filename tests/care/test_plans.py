"""Care plans: drafts, approval by a supervisor who did not send it, versions, and what a query cannot forge."""

import contextlib
import datetime

import pytest

from portal.access import reminders
from portal.access.actions import end, live_grants
from portal.access.identity import Refused, acting
from portal.audit import clock
from portal.audit.events import NotRecorded
from portal.audit.stamp import Stamp, stamping
from portal.casework.models import Approval, Notice, Task
from portal.casework.workflow import NotPossible
from tests.care.conftest import pass_to_intake, today
from tests.statements import assert_refused, last_event, run, value
from tests.world import DAY
from victims import care
from victims.care_states import ActionState, PlanState
from victims.models import CarePlan, Child, Goal, PlanAction


def state_of(plan):
    return value("SELECT state FROM victims_careplan WHERE id = %s", plan.pk)


def test_a_plan_is_sent_and_a_supervisor_agrees(cast, files, plan):
    care.send_plan(plan=plan, by=cast.social_worker)
    assert state_of(plan) == PlanState.SENT
    with acting(cast.supervisor):
        assert Notice.objects.filter(kind="plan_sent", child_id=files["Mira"]).exists()
    care.decide_plan(plan=plan, agrees=True, by=cast.supervisor)
    assert state_of(plan) == PlanState.AGREED
    with acting(cast.supervisor):
        assert not Notice.objects.filter(kind="plan_sent", seen=None).exists()
    with acting(cast.social_worker):
        assert Notice.objects.filter(kind="plan_decided", child_id=files["Mira"]).exists()
        approval = Approval.objects.get(subject_id=plan.pk)
        assert (approval.state, approval.decided_by) == (Approval.State.APPROVED, cast.supervisor)


def test_an_agreed_plan_closes_what_asked_for_it_and_makes_its_review_due(cast, files, plan, assess):
    assess(level=1)
    care.change_plan(plan=plan, values={"review_on": today() + 20 * DAY}, by=cast.social_worker, reason="sooner")
    care.send_plan(plan=plan, by=cast.social_worker)
    care.decide_plan(plan=plan, agrees=True, by=cast.supervisor)
    with acting(cast.social_worker):
        tasks = {t.kind: t.when for t in Task.objects.filter(child_id=files["Mira"], state=1).select_related("team")}
    assert "care_plan" not in tasks
    assert tasks["plan_review"] == today() + 20 * DAY


def test_the_rule_sets_the_review_where_it_is_sooner_than_the_plan_says(cast, files, plan):
    care.change_plan(plan=plan, values={"review_on": today() + 300 * DAY}, by=cast.social_worker, reason="later")
    care.send_plan(plan=plan, by=cast.social_worker)
    care.decide_plan(plan=plan, agrees=True, by=cast.supervisor)
    with acting(cast.social_worker):
        assert Task.objects.get(child_id=files["Mira"], kind="plan_review").when == today() + 90 * DAY


def test_changes_that_are_asked_lead_back_to_the_writer(cast, plan):
    care.send_plan(plan=plan, by=cast.social_worker)
    with pytest.raises(NotPossible, match="Say what is to be changed"):
        care.decide_plan(plan=plan, agrees=False, by=cast.supervisor)
    care.decide_plan(plan=plan, agrees=False, by=cast.supervisor, reason="Who pays the school?")
    assert state_of(plan) == PlanState.CHANGES_ASKED
    care.change_plan(plan=plan, values={"words": "better"}, by=cast.social_worker, reason="answered")
    care.send_plan(plan=plan, by=cast.social_worker)
    assert state_of(plan) == PlanState.SENT


def test_a_need_without_a_goal_blocks_the_approval_and_not_the_saving(cast, plan, assess):
    assess(scores={"education": {"score": 1, "why": "No school."}})
    with pytest.raises(NotPossible, match="No goal yet for: education"):
        care.send_plan(plan=plan, by=cast.social_worker)
    care.add_goal(plan=plan, values={"title": "Back to school", "domain": "education"}, by=cast.social_worker)
    care.send_plan(plan=plan, by=cast.social_worker)
    assess(scores={"family": {"score": 2, "why": "Nobody came."}})
    with pytest.raises(NotPossible, match="No goal yet for: family"):
        care.decide_plan(plan=plan, agrees=True, by=cast.supervisor)
    assert state_of(plan) == PlanState.SENT


def test_a_plan_without_a_goal_is_not_sent(cast, files):
    plan = care.start_plan(child_id=files["Waiting"], values={}, by=cast.social_worker)
    with pytest.raises(NotPossible, match="Add a goal first"):
        care.send_plan(plan=plan, by=cast.social_worker)


@pytest.mark.parametrize("name", ["social_worker", "ngo_worker", "stranger"])
def test_nobody_but_a_supervisor_of_the_team_approves(cast, plan, name):
    care.send_plan(plan=plan, by=cast.social_worker)
    with pytest.raises(Refused):
        care.decide_plan(plan=plan, agrees=True, by=getattr(cast, name))
    assert last_event(kind="refusal")["person_id"] == getattr(cast, name).pk
    assert state_of(plan) == PlanState.SENT


def test_a_supervisor_does_not_approve_what_the_same_person_sent(cast, plan, both):
    with pytest.raises(NotPossible, match="Nobody else in the team is a supervisor"):
        care.send_plan(plan=plan, by=both)
    care.send_plan(plan=plan, by=cast.social_worker)
    with acting(cast.social_worker):
        assert_refused("UPDATE victims_careplan SET state = 4, version = version + 1", match="not this person")


def test_a_plan_is_not_written_while_somebody_decides_on_it(cast, plan, goal):
    care.send_plan(plan=plan, by=cast.social_worker)
    with pytest.raises(NotPossible, match="Sent for approval"):
        care.change_plan(plan=plan, values={"words": "x"}, by=cast.social_worker, reason="x")
    with acting(cast.social_worker):
        sent = CarePlan.objects.get(pk=plan.pk)
    with pytest.raises(NotPossible, match="Sent for approval"):
        care.add_goal(plan=sent, values={"title": "x", "domain": "family"}, by=cast.social_worker)
    with acting(cast.social_worker):
        assert_refused("UPDATE victims_careplan SET words = 'forged'", match="before it is sent")


def test_a_supervisor_changes_nothing_of_a_plan_but_where_it_stands(cast, plan):
    with acting(cast.supervisor):
        assert_refused("UPDATE victims_careplan SET words = 'forged'", match="before it is sent")
        assert_refused("UPDATE victims_careplan SET state = 2", match="not this person")


def test_a_plan_begins_as_a_draft_whatever_the_statement_says(cast, plan, files):
    statement = (
        "INSERT INTO victims_careplan (id, version, number, state, words, language, child_id, team_id, approval_id,"
        " sent_by_id) SELECT uuidv7(), 1, 9, 4, '', '', child_id, team_id, %s, %s FROM victims_careplan WHERE id = %s"
    )
    care.send_plan(plan=plan, by=cast.social_worker)
    with acting(cast.social_worker):
        assert_refused(statement, plan.pk, cast.social_worker.pk, plan.pk, match="begins as a draft")


def test_what_was_agreed_is_changed_in_a_new_version_alone(cast, agreed, goal, files):
    with acting(cast.social_worker):
        goal = Goal.objects.select_related("plan").get(pk=goal.pk)
    with pytest.raises(NotPossible, match="Start a review"):
        care.change_goal(goal=goal, values={"title": "Theirs"}, by=cast.social_worker, reason="x")
    with pytest.raises(NotPossible, match="Start a review"):
        care.add_goal(plan=agreed, values={"title": "Theirs", "domain": "family"}, by=cast.social_worker)
    review = care.start_plan(child_id=files["Mira"], values={}, by=cast.social_worker)
    values = {"title": "x", "team": cast.team("ngo_worker"), "person": None, "due": today() + DAY}
    with pytest.raises(NotPossible, match="A newer version is in the making"):
        care.add_action(goal=goal, values=values, by=cast.social_worker)
    assert care.add_goal(plan=review, values={"title": "New", "domain": "family"}, by=cast.social_worker)


def test_a_review_takes_goals_and_open_actions_over(cast, agreed, goal, files):
    values = {"team": cast.team("ngo_worker"), "person": None, "due": today() + DAY}
    with acting(cast.social_worker):
        goal = Goal.objects.select_related("plan").get(pk=goal.pk)
    done = care.add_action(goal=goal, values=values | {"title": "done one"}, by=cast.social_worker)
    care.take_action(plan_action=done, name="finish", by=cast.ngo_worker, reason="She did.")
    going_on = care.add_action(goal=goal, values=values | {"title": "open one"}, by=cast.social_worker)
    review = care.start_plan(child_id=files["Mira"], values={}, by=cast.social_worker)
    with acting(cast.social_worker):
        new = review.goals.get()
        assert (new.title, new.continues_id) == ("Mira is safe", goal.pk)
        assert [one.pk for one in new.actions.all()] == [going_on.pk]
        assert [one.pk for one in goal.actions.all()] == [done.pk]


def test_the_version_before_is_replaced_when_the_new_one_is_agreed(cast, agreed, files):
    review = care.start_plan(child_id=files["Mira"], values={}, by=cast.social_worker)
    assert (review.number, state_of(agreed)) == (2, PlanState.AGREED)
    care.send_plan(plan=review, by=cast.social_worker)
    care.decide_plan(plan=review, agrees=True, by=cast.supervisor)
    assert (state_of(agreed), state_of(review)) == (PlanState.REPLACED, PlanState.AGREED)


def test_two_plans_are_never_in_the_making(cast, plan, files):
    with pytest.raises(NotPossible, match="in the making already"):
        care.start_plan(child_id=files["Mira"], values={}, by=cast.ngo_worker)


def test_whoever_does_not_write_care_starts_no_plan(cast, files):
    with pytest.raises(Refused):
        care.start_plan(child_id=files["Mira"], values={}, by=cast.clinician)
    assert last_event(kind="refusal")["person_id"] == cast.clinician.pk


def test_a_plan_leaves_nothing_behind_when_its_event_cannot_be_written(cast, files, owner):
    with owner():
        run("REVOKE INSERT ON audit_event FROM app")
    with pytest.raises(NotRecorded):
        care.start_plan(child_id=files["Mira"], values={}, by=cast.social_worker)
    assert value("SELECT count(*) FROM victims_careplan") == 0


def test_teams_read_the_new_title_of_a_goal_that_was_changed(cast, goal, act):
    one = act()
    with acting(cast.social_worker):
        goal = Goal.objects.select_related("plan").get(pk=goal.pk)
    care.change_goal(goal=goal, values={"title": "Safe at last"}, by=cast.social_worker, reason="clearer")
    with acting(cast.ngo_worker):
        assert PlanAction.objects.get(pk=one.pk).goal_title == "Safe at last"


# --- actions --------------------------------------------------------------------------------------------------------


def test_an_action_makes_a_task_that_says_nothing_of_it(cast, act):
    one = act()
    with acting(cast.ngo_worker):
        task = Task.objects.get(pk=one.task_id)
    assert (task.title, task.team, task.when) == ("An action of the care plan", cast.team("ngo_worker"), one.due)


def test_only_the_team_of_an_action_ticks_it(cast, act):
    one = act()
    for name in ("social_worker", "supervisor", "stranger"):
        with pytest.raises(Refused):
            care.take_action(plan_action=one, name="finish", by=getattr(cast, name), reason="x")
    with acting(cast.social_worker):
        assert_refused(
            "UPDATE victims_planaction SET state = 3, result = 'x', ended = app_now()", match="only its team"
        )
    done = care.take_action(plan_action=one, name="finish", by=cast.ngo_worker, reason="She goes to school.")
    assert (done.state, done.result) == (ActionState.DONE, "She goes to school.")


def test_an_action_that_is_done_ends_its_task(cast, act):
    one = act()
    care.take_action(plan_action=one, name="begin", by=cast.ngo_worker)
    care.take_action(plan_action=one, name="finish", by=cast.ngo_worker, reason="She goes to school.")
    assert value("SELECT state FROM casework_task WHERE id = %s", one.task_id) == Task.State.DONE


def test_an_action_is_not_done_without_what_came_of_it_nor_twice(cast, act):
    one = act()
    with pytest.raises(NotPossible, match="what came of it"):
        care.take_action(plan_action=one, name="finish", by=cast.ngo_worker)
    care.take_action(plan_action=one, name="finish", by=cast.ngo_worker, reason="Done.")
    with pytest.raises(NotPossible, match="It now stands at: Done"):
        care.take_action(plan_action=one, name="give_up", by=cast.ngo_worker, reason="x")


def test_whoever_writes_the_plan_cancels_an_action_of_another_team(cast, act):
    one = act()
    with pytest.raises(Refused):
        care.take_action(plan_action=one, name="cancel", by=cast.clinician, reason="x")
    care.take_action(plan_action=one, name="cancel", by=cast.social_worker, reason="She moved.")
    assert value("SELECT state FROM casework_task WHERE id = %s", one.task_id) == Task.State.CANCELLED


@pytest.fixture
def lab(cast, act):
    """An action of a team that is on the file without CARE: the clinician's."""
    return act("clinician", title="Check her ears")


def test_a_team_without_care_sees_its_own_action_and_no_more(cast, act, lab):
    act("ngo_worker")
    with acting(cast.clinician):
        assert list(PlanAction.objects.values_list("pk", "goal_title")) == [(lab.pk, "Mira is safe")]
        assert not Goal.objects.exists()
        assert not CarePlan.objects.exists()
        assert_refused("UPDATE victims_planaction SET title = 'forged'", match="stays as it was asked")
    done = care.take_action(plan_action=lab, name="finish", by=cast.clinician, reason="They are fine.")
    assert done.state == ActionState.DONE


def test_a_reminder_goes_to_the_team_once_a_day_and_stands_in_the_history(cast, act):
    one = act()
    care.remind(plan_action=one, by=cast.social_worker, reason="reminded")
    with acting(cast.ngo_worker):
        notice = Notice.objects.get(kind="reminder")
        assert (notice.words, notice.subject_id) == (["A. Ferreira", "Mira"], one.task_id)
    with pytest.raises(NotPossible, match="They were reminded today"):
        care.remind(plan_action=one, by=cast.social_worker)
    history = "SELECT history_change_reason FROM casework_historicaltask WHERE id = %s AND version = 2"
    assert value(history, one.task_id) == "reminded"


def test_the_plan_and_my_work_send_one_reminder_of_an_action(cast, act):
    one = act()
    care.remind(plan_action=one, by=cast.social_worker)
    with acting(cast.social_worker):
        task = Task.objects.get(pk=one.task_id)
    reminders.remind(task=task, by=cast.social_worker)
    assert value("SELECT count(*) FROM casework_notice WHERE kind = 'reminder'") == 1


def test_a_reminder_can_go_again_on_the_next_day_of_the_network(cast, act, owner):
    one, midnight = act(), clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    for last, goes in ((midnight, False), (midnight - datetime.timedelta(seconds=1), True)):
        with owner(), stamping(Stamp(None, "test")):
            task = Task.objects.get(pk=one.task_id)
            task.reminded = last
            task.save()
        with contextlib.nullcontext() if goes else pytest.raises(NotPossible, match="reminded today"):
            care.remind(plan_action=one, by=cast.social_worker)


def test_a_reminder_names_no_file_to_a_team_that_may_not_see_it(cast, files, lab):
    with acting(cast.social_worker):
        given = [grant for grant in live_grants(files["Mira"]) if grant.person_id == cast.clinician.pk]
    for grant in given:
        end(grant=grant, owner=cast.team("social_worker"), by=cast.social_worker, reason="over")
    care.remind(plan_action=lab, by=cast.social_worker)
    with acting(cast.clinician):
        notice = Notice.objects.get(kind__startswith="reminder")
    assert (notice.kind, notice.words, notice.child_id) == ("reminder_unnamed", ["A. Ferreira"], None)


def test_whoever_only_does_an_action_reminds_nobody(cast, lab):
    with pytest.raises(Refused):
        care.remind(plan_action=lab, by=cast.clinician)


def test_nobody_reminds_of_what_has_ended(cast, act):
    one = act()
    care.take_action(plan_action=one, name="give_up", by=cast.ngo_worker, reason="Nobody answers.")
    with pytest.raises(NotPossible, match="has ended"):
        care.remind(plan_action=one, by=cast.social_worker)


def test_tasks_of_actions_pass_to_whoever_takes_the_file_over_too(cast, act, files):
    one = act("social_worker")
    team = pass_to_intake(cast, files["Mira"])
    assert value("SELECT team_id FROM casework_task WHERE id = %s", one.task_id) == team.pk


def test_an_action_on_a_file_in_conflict_is_not_there_for_its_own_team(cast, files):
    plan = care.start_plan(child_id=files["Conflict"], values={}, by=cast.social_worker)
    goal = care.add_goal(plan=plan, values={"title": "x", "domain": "family"}, by=cast.social_worker)
    values = {"title": "x", "team": cast.team("ngo_worker"), "person": None, "due": today() + DAY}
    one = care.add_action(goal=goal, values=values, by=cast.social_worker)
    with acting(cast.ngo_worker):
        assert not PlanAction.objects.filter(pk=one.pk).exists()
        assert not PlanAction.history.filter(id=one.pk).exists()


def test_a_plan_goes_to_the_supervisors_of_the_team_that_owns_the_file_now(cast, files, plan, owner):
    with owner(), stamping(Stamp(None, "test")):
        child = Child.objects.get(pk=files["Mira"])
        child.owner = cast.team("ngo_worker")
        child.save()
    with pytest.raises(NotPossible, match="Nobody else in the team is a supervisor"):
        care.send_plan(plan=plan, by=cast.social_worker)
