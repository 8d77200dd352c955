"""What a query cannot do to a task: those who only read the file, and other teams, neither end, move nor postpone it."""

import pytest
from django.db import DatabaseError, transaction

from portal.access import work
from portal.access.identity import acting
from portal.access.reminders import remind
from portal.audit import clock
from portal.casework.models import Task
from tests.statements import assert_refused, run
from victims import care

SCORES = {"safety": {"score": 3, "why": ""}}
CHANGES = {
    "due = due + interval '9 years'": "never later",
    "due = due - interval '1 hour'": "never later",
    "rule = 'x'": "never later",
    "title = 'nothing'": "stays",
    "kind = 'x'": "stays",
    "child_id = NULL": "stays",
    "step = 4": "stays",
    "person_id = access.person()": "its own team",
    "team_id = (SELECT access.teams())[1]": "with its file",
    "overrun_reason = 'x'": "ends now",
    "state = 2, ended = app_now() - interval '9 days'": "ends now",
}


@pytest.fixture
def visit(cast, files):
    """A visit that the team of the owner has to make."""
    return work.due(
        code="visit", child_id=files["Mira"], since=clock.now(), team=cast.team("social_worker"), by=cast.social_worker
    )


def end_by_query(task: Task, person) -> None:
    """End a task as an injected query would, with the history row that a save writes."""
    with acting(person, reason="x"):
        found = Task.objects.get(pk=task.pk)
        found.state, found.ended = Task.State.DONE, clock.now()
        found.save()


@pytest.mark.parametrize("change", CHANGES)
def test_a_reader_changes_nothing_of_another_teams_task(cast, visit, change):
    with acting(cast.ngo_worker, reason="x"):
        assert_refused(f"UPDATE casework_task SET {change} WHERE id = %s", visit.pk, match=CHANGES[change])


def test_whoever_may_bring_a_date_forward_makes_nothing_late_by_it(cast, visit):
    """Sooner is counted from now: no other team stands as late for two years by a query."""
    sooner = "UPDATE casework_task SET due = app_now() {moved}, version = version + 1 WHERE id = %s"
    with acting(cast.social_worker, reason="x"):
        assert_refused(sooner.format(moved="- interval '1 minute'"), visit.pk, match="never later")
        assert_refused(sooner.format(moved="- interval '2 years'"), visit.pk, match="never later")
        with transaction.atomic():
            assert run(sooner.format(moved="+ interval '1 hour'"), visit.pk) == 1
            transaction.set_rollback(True)


def test_a_reader_ends_no_task_of_another_team(cast, visit):
    with acting(cast.ngo_worker):
        end_by_query(visit, cast.ngo_worker)
        assert_refused("SET CONSTRAINTS ALL IMMEDIATE", match="record that it asked for")
        transaction.set_rollback(True)


def test_a_record_of_another_kind_does_not_end_it(cast, files, visit):
    values = {"kind": "comprehensive", "on": clock.now().date(), "level": 2, "scores": SCORES}
    with acting(cast.ngo_worker):
        care.record_assessment(child_id=files["Mira"], values=values, by=cast.ngo_worker)
        end_by_query(visit, cast.ngo_worker)
        assert_refused("SET CONSTRAINTS ALL IMMEDIATE", match="record that it asked for")
        transaction.set_rollback(True)


def test_the_record_of_another_team_ends_it(cast, files, visit):
    values = {"kind": "comprehensive", "on": clock.now().date(), "level": 2, "scores": SCORES}
    asked = work.due(
        code="full_assessment", child_id=files["Mira"], since=clock.now(), team=visit.team, by=cast.social_worker
    )
    care.record_assessment(child_id=files["Mira"], values=values, by=cast.ngo_worker)
    with acting(cast.social_worker):
        run("SET CONSTRAINTS ALL IMMEDIATE")
        assert Task.objects.get(pk=asked.pk).state == Task.State.DONE


def test_its_own_team_ends_it(cast, visit):
    work.end_task(task=visit, by=cast.supervisor)
    run("SET CONSTRAINTS ALL IMMEDIATE")


def test_what_has_ended_stays(cast, visit):
    work.end_task(task=visit, by=cast.social_worker)
    with acting(cast.social_worker, reason="x"):
        assert_refused("UPDATE casework_task SET state = 1, ended = NULL WHERE id = %s", visit.pk, match="stays")


def test_a_reminder_is_of_those_who_wait_and_once_a_day(cast, files):
    task = work.add_task(
        kind="x", title="Ring the school", team=cast.team("ngo_worker"), child_id=files["Mira"], by=cast.social_worker
    )  # fmt: skip
    again = "UPDATE casework_task SET reminded = app_now() WHERE id = %s"
    with acting(cast.social_worker, reason="x"):
        assert_refused(again.replace("app_now()", "app_now() - interval '2 days'"), task.pk, match="once a day")
    remind(task=task, by=cast.social_worker)
    with acting(cast.social_worker, reason="x"):
        assert_refused(again.replace("app_now()", "app_now() + interval '1 hour'"), task.pk, match="once a day")


def test_a_task_begins_open_with_somebody_of_its_team(cast, files):
    with acting(cast.social_worker, reason="x"):
        for values in ({"person": cast.stranger}, {"state": 2, "ended": clock.now()}, {"reminded": clock.now()}):
            task = Task(kind="x", title="x", team=cast.team("ngo_worker"), child_id=files["Mira"], **values)
            with pytest.raises(DatabaseError, match="begins open"), transaction.atomic():
                task.save(force_insert=True)
