"""Whoever wrote a word of a version of a care plan is not the one who approves it, in code and in the database."""

import pytest

from portal.access import work
from portal.access.identity import Refused, acting
from portal.accounts.roles import Role
from portal.audit.stamp import Stamp, stamping
from portal.casework.workflow import NotPossible
from tests.care.conftest import today
from tests.conftest import as_owner
from tests.statements import assert_refused
from tests.world import DAY
from victims import care
from victims.care_states import PlanState
from victims.models import CarePlan


def first_goal(plan, by):
    with acting(by):
        return plan.goals.select_related("plan").order_by("pk")[0]


def changed(plan, by, worker=None):
    return care.change_plan(plan=plan, values={"words": "mine"}, by=by, reason="better")


def changed_when_asked(plan, by, worker=None):
    care.send_plan(plan=plan, by=worker)
    care.decide_plan(plan=plan, agrees=False, by=by, reason="Who pays?")
    return changed(plan, by)


def added_a_goal(plan, by, worker=None):
    care.add_goal(plan=plan, values={"title": "Mine", "domain": "family"}, by=by)


def changed_a_goal(plan, by, worker=None):
    care.change_goal(goal=first_goal(plan, by), values={"title": "Mine"}, by=by, reason="better")


def added_an_action(plan, by, worker=None):
    values = {"title": "Mine", "team": plan.team, "person": None, "due": today() + DAY}
    return care.add_action(goal=first_goal(plan, by), values=values, by=by)


def cancelled_an_action(plan, by, worker=None):
    one = added_an_action(plan, worker)
    care.take_action(plan_action=one, name="cancel", by=by, reason="Not now.")


WORDS = [changed, changed_when_asked, added_a_goal, changed_a_goal, added_an_action, cancelled_an_action]


@pytest.mark.parametrize("write", WORDS)
def test_whoever_wrote_a_word_does_not_approve_it(cast, plan, both, write):
    write(plan, both, cast.social_worker)
    with pytest.raises(NotPossible, match="Nobody else in the team is a supervisor"):
        care.send_plan(plan=plan, by=cast.social_worker)
    send_anyway(plan, cast.social_worker)
    with pytest.raises(Refused):
        care.decide_plan(plan=plan, agrees=True, by=both)
    with acting(both):
        for state in (PlanState.AGREED, PlanState.CHANGES_ASKED):
            statement = "UPDATE victims_careplan SET state = %s WHERE id = %s"
            assert_refused(statement, state.value, plan.pk, match="not this person")


def send_anyway(plan, by):
    """Bring a plan to where it is decided, although nobody may decide."""
    about = {"kind": "care_plan", "subject_id": plan.pk, "team": plan.team, "child_id": plan.child_id}
    approval = work.ask(by=by, **about)
    with as_owner(), stamping(Stamp(None, "test")):
        plan = CarePlan.objects.get(pk=plan.pk)
        plan.state, plan.approval, plan.sent_by = PlanState.SENT, plan.approval or approval, by
        plan.save()


def test_whoever_asked_for_changes_and_wrote_nothing_approves(cast, plan, both):
    care.send_plan(plan=plan, by=cast.social_worker)
    care.decide_plan(plan=plan, agrees=False, by=both, reason="Who pays?")
    care.send_plan(plan=plan, by=cast.social_worker)
    assert care.decide_plan(plan=plan, agrees=True, by=both).state == PlanState.AGREED


def test_an_action_that_was_approved_once_is_not_written_anew(clone):
    """In a copy of the database, where each act has its own time."""
    cast, child_id, writer = clone.cast, clone.files["Mira"], clone.cast.ngo_worker
    with as_owner(), stamping(Stamp(None, "test")):
        for person in (cast.social_worker, cast.supervisor):
            person.roles = [Role.SUPERVISOR, Role.SOCIAL_WORKER]
            person.save()
    plan = care.start_plan(child_id=child_id, values={}, by=writer)
    care.add_goal(plan=plan, values={"title": "Mira is safe", "domain": "safety"}, by=writer)
    added_an_action(plan, cast.supervisor)
    care.send_plan(plan=plan, by=writer)
    care.decide_plan(plan=plan, agrees=True, by=cast.social_worker)
    review = care.start_plan(child_id=child_id, values={}, by=writer)
    with acting(writer):
        assert care.may_decide(review, cast.supervisor)
    added_an_action(review, cast.supervisor)
    with acting(writer):
        assert not care.may_decide(review, cast.supervisor)
