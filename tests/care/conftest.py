"""A child whose care is planned: the social worker writes, the supervisor approves, an NGO on the file does its part."""

import datetime

import pytest

from portal.access.actions import take_over
from portal.access.identity import acting
from portal.accounts import actions as accounts
from portal.accounts.models import Team
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.stamp import Stamp, stamping
from tests.conftest import as_owner
from tests.world import DAY
from victims import care
from victims.models import Child

SCORES = {
    "safety": {"score": 2, "why": "He may be released."},
    "health": {"score": 4, "why": ""},
}


def today():
    return clock.now().date()


def pass_to_intake(cast, child_id):
    """Give a file of the social worker's team to the intake team of the same agency; return that team."""
    team = Team.objects.get(agency=cast.social_worker.agency, is_intake=True)
    with as_owner(), stamping(Stamp(None, "set-up")):
        known = {"email": "clerk@example.org", "given_name": "Vera", "family_name": "Costa", "agency": team.agency}
        accounts.join_team(person=accounts.register_person(**known, roles=[Role.INTAKE]), team=team)
    with acting(cast.social_worker):
        take_over(child=Child.objects.get(pk=child_id), team=team, by=cast.social_worker, reason="x")
    return team


@pytest.fixture
def assess(cast, files):
    """Record an assessment: assess(level=3)."""

    def assessed(file="Mira", by="social_worker", **values):
        given = {"kind": "comprehensive", "on": today(), "level": 2, "scores": SCORES} | values
        return care.record_assessment(child_id=files[file], values=given, by=getattr(cast, by))

    return assessed


@pytest.fixture
def plan(cast, files):
    """A draft of a plan with one goal, written by the social worker."""
    values = {"words": "canary-words-plan", "agreed_by_child": True, "language": "pt"}
    made = care.start_plan(child_id=files["Mira"], values=values, by=cast.social_worker)
    care.add_goal(plan=made, values={"title": "Mira is safe", "domain": "safety"}, by=cast.social_worker)
    return made


@pytest.fixture
def goal(cast, plan):
    with acting(cast.social_worker):
        return plan.goals.select_related("plan").get()


@pytest.fixture
def act(cast, goal):
    """Ask a team for something towards the goal: act("ngo_worker", "Find a school")."""

    def asked(of="ngo_worker", title="canary-action", due=None, **more):
        values = {"title": title, "team": cast.team(of), "person": None, "due": due or today() + 5 * DAY}
        return care.add_action(goal=goal, values=values | more, by=cast.social_worker)

    return asked


@pytest.fixture
def agreed(cast, plan):
    """The plan, sent and approved."""
    care.send_plan(plan=plan, by=cast.social_worker)
    return care.decide_plan(plan=plan, agrees=True, by=cast.supervisor)


@pytest.fixture
def both(cast, owner):
    """The supervisor, who is a social worker too."""
    with owner(), stamping(Stamp(None, "test")):
        cast.supervisor.roles = [Role.SUPERVISOR, Role.SOCIAL_WORKER]
        cast.supervisor.save()
    return cast.supervisor


@pytest.fixture
def contact(cast, files):
    """Record a contact: contact(result=2)."""

    def recorded(file="Mira", by="social_worker", **values):
        given = {"mode": "visit", "result": 1, "on": today(), "seen_alone": 1, "is_safe": True} | values
        return care.record_contact(child_id=files[file], values=given, by=getattr(cast, by))

    return recorded


def days(count: int) -> datetime.timedelta:
    return count * DAY
