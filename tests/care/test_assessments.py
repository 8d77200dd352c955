"""Assessments: what they demand, the risk that they set, the tasks that they close and make."""

import pytest

from portal.access import work
from portal.access.identity import Refused, acting
from portal.access.sections import Stage
from portal.audit import clock
from portal.audit.events import NotRecorded
from portal.casework.models import Notice, Task
from portal.casework.workflow import NotPossible
from tests.care.conftest import SCORES, today
from tests.statements import last_event, run, value
from tests.world import DAY, open_file
from victims import care
from victims.actions import take_step
from victims.models import Assessment, Child


def open_codes(person, child_id):
    """The kinds of the open tasks of a file, besides the first contact that opening it made, with when they are due."""
    with acting(person):
        tasks = Task.objects.filter(child_id=child_id, state=Task.State.OPEN).select_related("team__agency")
        return {task.kind: task.due for task in tasks.exclude(kind="first_contact")}


def risk_of(person, child_id):
    with acting(person):
        return Child.objects.get(pk=child_id).risk


def test_an_assessment_sets_the_risk_and_the_next_dates(cast, files, assess):
    assess(level=3)
    assert risk_of(cast.social_worker, files["Mira"]) == 3
    due = open_codes(cast.social_worker, files["Mira"])
    assert set(due) == {"visit", "care_plan"}
    assert due["visit"].date() == today() + 7 * DAY
    assert due["care_plan"].date() == today() + 3 * DAY


def test_the_record_closes_the_task_that_asked_for_it(cast, files, assess):
    team, who = cast.team("social_worker"), {"child_id": files["Mira"], "by": cast.social_worker}
    for code in ("initial_assessment", "full_assessment"):
        work.due(code=code, since=clock.now(), team=team, **who)
    assess(kind="initial")
    assert set(open_codes(cast.social_worker, files["Mira"])) == {"full_assessment", "visit"}
    assess(kind="comprehensive")
    assert set(open_codes(cast.social_worker, files["Mira"])) == {"visit", "care_plan"}


def test_whoever_may_not_change_the_summary_tells_the_owner_of_the_risk(cast, files, assess):
    before = risk_of(cast.social_worker, files["Mira"])
    assess(by="ngo_worker", level=3)
    assert risk_of(cast.social_worker, files["Mira"]) == before
    with acting(cast.social_worker):
        assert Notice.objects.filter(kind="risk_assessed", child_id=files["Mira"]).exists()
    assert open_codes(cast.social_worker, files["Mira"])["visit"].date() == today() + 7 * DAY


def test_a_higher_risk_brings_the_open_visit_forward(cast, files, assess):
    assess(level=1)
    assess(kind="after_incident", level=3)
    assert open_codes(cast.social_worker, files["Mira"])["visit"].date() == today() + 7 * DAY


@pytest.mark.parametrize(
    ("scores", "words"),
    [
        ({}, "at least one domain"),
        ({"safety": {"score": 5, "why": "x"}}, "from 1 to 4"),
        ({"nowhere": {"score": 3, "why": ""}}, "from 1 to 4"),
        ({"safety": {"score": 1, "why": ""}}, "Say why for safety"),
    ],
)
def test_scores_that_do_not_hold_are_not_saved(assess, scores, words):
    with pytest.raises(NotPossible, match=words):
        assess(scores=scores)
    assert value("SELECT count(*) FROM victims_assessment") == 0


def test_whoever_does_not_write_care_assesses_nothing(cast, files, assess):
    for name in ("clinician", "stranger", "investigator"):
        with pytest.raises(Refused):
            assess(by=name)
    assert last_event(kind="refusal")["child_id"] == files["Mira"]


def test_an_assessment_leaves_nothing_behind_when_its_event_cannot_be_written(assess, owner):
    with owner():
        run("REVOKE INSERT ON audit_event FROM app")
    with pytest.raises(NotRecorded):
        assess()
    assert value("SELECT count(*) FROM victims_assessment") == 0
    visits = "SELECT count(*) FROM casework_task WHERE kind = 'visit' AND state = 1"
    assert value(visits) == 1  # of the file that is followed


def test_other_roles_see_no_assessment(cast, files, assess):
    made = assess()
    for name, sees in (("ngo_worker", True), ("supervisor", True), ("clinician", False), ("stranger", False)):
        with acting(getattr(cast, name)):
            assert Assessment.objects.filter(pk=made.pk).exists() == sees, name


def test_taking_into_care_makes_the_assessments_and_the_visit_due(cast):
    child = open_file(cast, "Teal", "social_worker", Stage.RESCUED)
    take_step(child=child, cycle="stage", name="take_into_care", by=cast.social_worker)
    assert set(open_codes(cast.social_worker, child.pk)) == {"initial_assessment", "full_assessment", "visit"}


def test_starting_follow_up_makes_the_visit_due_and_closing_ends_it(cast):
    child = open_file(cast, "Teal", "social_worker", Stage.RESCUED)
    take_step(child=child, cycle="stage", name="start_follow_up", by=cast.social_worker)
    assert set(open_codes(cast.social_worker, child.pk)) == {"visit"}
    take_step(child=child, cycle="stage", name="close", by=cast.social_worker, reason="safe")
    assert open_codes(cast.social_worker, child.pk) == {}


def test_a_file_with_an_open_action_is_not_closed(cast, files, act):
    act()
    with acting(cast.social_worker):
        child = Child.objects.get(pk=files["Mira"])
    take_step(child=child, cycle="stage", name="start_follow_up", by=cast.social_worker)
    with pytest.raises(NotPossible, match="1 action of the care plan is still open"):
        take_step(child=child, cycle="stage", name="close", by=cast.social_worker, reason="safe")


def test_the_newest_score_of_each_domain_counts(cast, files, assess):
    assess(on=today() - 20 * DAY)
    assess(kind="review", scores={"safety": {"score": 3, "why": ""}})
    with acting(cast.social_worker):
        found = {code: score for code, (score, _on) in care.newest_scores(files["Mira"]).items()}
    assert found == {"safety": 3, "health": SCORES["health"]["score"]}


def test_the_wall_shows_no_row_of_care_without_the_section(cast, files, assess, plan, act, contact):
    assess()
    act("social_worker")
    contact()
    tables = ("assessment", "careplan", "goal", "planaction", "followup")
    with acting(cast.clinician):
        for table in tables:
            assert run(f"SELECT 1 FROM victims_{table}") == 0, table
            assert run(f"SELECT 1 FROM victims_historical{table}") == 0, table
