"""What is due by when: rules as data, tasks that they make, and a clock that a higher risk makes run faster."""

import datetime
import zoneinfo

import pytest
from django.db import DatabaseError
from django.urls import reverse
from django.utils import translation

from portal.access import work
from portal.access.identity import Refused, acting
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.events import NotRecorded
from portal.audit.stamp import Stamp, stamping
from portal.casework import due_rules
from portal.casework.models import DueRule, Task
from tests.care.conftest import pass_to_intake
from tests.posted import form_with
from tests.statements import count_events, last_event, rows, run, value

DAY = datetime.timedelta(days=1)
HOUR = datetime.timedelta(hours=1)
LISBON = zoneinfo.ZoneInfo("Europe/Lisbon")


@pytest.fixture
def ask(cast, files):
    """Ask for what a rule asks for: ask("visit", risk=3)."""

    def asked(code, by="social_worker", since=None, file="Mira", **more):
        team, person = cast.team("social_worker"), getattr(cast, by)
        return work.due(code=code, child_id=files[file], since=since or clock.now(), team=team, by=person, **more)

    return asked


@pytest.fixture
def own_rule(cast, owner):
    """Give the social worker's agency a figure of its own."""

    def given(code, amount, **more):
        with owner(), stamping(Stamp(None, "test")):
            default = DueRule.objects.get(code=code, risk=0, agency=None)
            rule = DueRule(code=code, amount=amount, unit=default.unit, title=default.title, **more)
            rule.agency = cast.social_worker.agency
            rule.save(force_insert=True)
        return rule

    return given


WEDNESDAY = datetime.datetime(2026, 11, 25, 12, tzinfo=LISBON)


def end_of(day):
    return datetime.datetime.combine(day, datetime.time(23, 59), LISBON)


def test_every_rule_of_the_code_is_in_the_database_once(db, owner):
    with owner(), stamping(Stamp(None, "test")):
        due_rules.add_missing()
    assert value("SELECT count(*) FROM casework_duerule") == len(due_rules.starting_rules())


def test_a_rule_in_hours_is_due_to_the_minute(ask):
    since = clock.now() - HOUR
    task = ask("medical_72h", since=since)
    assert (task.due, task.to_the_minute, task.kind) == (since + 72 * HOUR, True, "medical_72h")
    assert task.rule == "Start at once: the window closes 72 hours after the rescue."


@pytest.mark.parametrize(("risk", "days"), [(0, 7), (1, 28), (2, 14), (3, 7)])
def test_a_visit_is_due_by_the_risk_at_the_end_of_a_day_of_the_teams_country(ask, risk, days):
    since = WEDNESDAY
    task = ask("visit", since=since, risk=risk)
    assert task.due == end_of(since.astimezone(LISBON).date() + days * DAY)
    assert not task.to_the_minute


@pytest.mark.parametrize(("weekend", "days"), [({6, 7}, 13), ({5, 6}, 12), ({7}, 12)])
def test_working_days_leave_the_weekend_of_the_network_out(ask, settings, weekend, days):
    settings.WEEKEND = weekend
    saturday = WEDNESDAY + 3 * DAY
    assert ask("visit", since=saturday, risk=2).due == end_of(saturday.date() + days * DAY)


def test_so_many_working_days_before_leave_the_weekend_out_too():
    assert due_rules.working_days_on(datetime.date(2026, 11, 23), -1) == datetime.date(2026, 11, 20)


def test_a_rule_without_a_row_for_the_risk_takes_the_one_for_any(ask):
    assert ask("plan_review", risk=2).rule == "At least every three months."


def test_an_order_that_ends_soon_is_due_today_and_not_late_at_once(ask):
    task = ask("order_expiry", since=clock.now() + 3 * DAY)
    assert task.due == end_of(clock.now().astimezone(LISBON).date())


def test_an_open_task_of_the_same_code_stays_as_it_is(ask, cast, files):
    first = ask("visit", risk=2)
    again = ask("visit", risk=3)
    assert (again.pk, again.due) == (first.pk, first.due)
    assert ask("visit", file="Waiting").pk != first.pk


def test_an_agencys_own_figure_beats_the_default(ask, own_rule):
    own_rule("care_plan", 5, sentence="Within five days with us.")
    task = ask("care_plan", risk=3)
    assert (task.rule, task.when) == ("Within five days with us.", clock.now().astimezone(LISBON).date() + 5 * DAY)


def test_the_figure_of_another_agency_counts_for_nobody_else(ask, own_rule, cast, files):
    own_rule("care_plan", 5, sentence="Within five days with us.")
    team = cast.team("ngo_worker")
    task = work.due(code="care_plan", child_id=files["Mira"], since=clock.now(), team=team, by=cast.ngo_worker)
    assert task.rule == "Within two weeks of the assessment."


def test_a_rule_that_is_out_of_use_makes_no_task(ask, owner):
    with owner(), stamping(Stamp(None, "test")):
        rule = DueRule.objects.get(code="placement_visit")
        rule.is_active = False
        rule.save()
    assert ask("placement_visit") is None


def test_nothing_is_due_on_a_file_that_is_not_open(ask, files):
    with pytest.raises(Refused):
        ask("visit", by="stranger")
    assert last_event(kind="refusal")["child_id"] == files["Mira"]


def test_a_task_is_not_made_when_its_event_cannot_be_written(ask, owner):
    before = value("SELECT count(*) FROM casework_task")
    with owner():
        run("REVOKE INSERT ON audit_event FROM app")
    with pytest.raises(NotRecorded):
        ask("visit")
    assert value("SELECT count(*) FROM casework_task") == before


def test_the_record_that_was_asked_for_closes_the_task_of_another_team(ask, cast, contact):
    task = ask("visit")
    contact(by="ngo_worker")
    with acting(cast.social_worker):
        assert Task.objects.get(pk=task.pk).state == Task.State.DONE
        run("SET CONSTRAINTS ALL IMMEDIATE")


def test_whoever_is_not_on_the_file_closes_nothing(ask, cast, files):
    ask("visit")
    with pytest.raises(Refused):
        work.close_tasks(child_id=files["Mira"], codes=["visit"], by=cast.stranger)


def test_a_late_task_that_is_closed_by_its_record_says_why(ask, cast, files):
    ask("visit", since=clock.now() - 20 * DAY)
    (task,) = work.close_tasks(child_id=files["Mira"], codes=["visit"], by=cast.social_worker, reason="She was away")
    assert task.overrun_reason == "She was away"


def test_a_higher_risk_brings_dates_forward(ask, cast, files):
    ask("visit", risk=2)
    (task,) = work.shorten(child_id=files["Mira"], risk=3, by=cast.social_worker)
    assert (task.when, task.rule) == (
        clock.now().astimezone(LISBON).date() + 7 * DAY,
        "Every week while the risk is high.",
    )


def test_a_lower_risk_never_moves_a_date_back(ask, cast, files):
    task = ask("visit", risk=3)
    assert work.shorten(child_id=files["Mira"], risk=1, by=cast.social_worker) == []
    with acting(cast.social_worker):
        assert Task.objects.get(pk=task.pk).due == task.due


def test_a_team_that_takes_over_takes_the_clock_with_it(ask, cast, files):
    task = ask("visit", person=cast.social_worker)
    team = pass_to_intake(cast, files["Mira"])
    values = "SELECT team_id, person_id, due FROM casework_task WHERE id = %s"
    assert rows(values, task.pk) == [(team.pk, None, task.due)]


def test_tasks_go_to_no_team_without_the_file(ask, cast, files):
    ask("visit")
    teams = {"from_team": cast.team("social_worker"), "to_team": cast.team("ngo_worker")}
    with pytest.raises(DatabaseError, match="with its file"):
        work.hand_tasks(child_id=files["Mira"], by=cast.social_worker, **teams)
    with pytest.raises(Refused):
        work.hand_tasks(child_id=files["Mira"], by=cast.stranger, **teams)


def test_words_of_a_rule_are_said_in_arabic_and_typed_ones_stay(ask, cast, files, monkeypatch):
    task = ask("visit", risk=3)
    typed = work.add_task(kind="next_step", title=task.title, team=cast.team("social_worker"), by=cast.social_worker)
    monkeypatch.setattr(due_rules, "gettext", lambda text: f"ar {text}")
    assert due_rules.title_of(task) == "ar Visit, seen alone"
    assert due_rules.rule_of(task) == "ar Every week while the risk is high."
    assert due_rules.title_of(typed) == "Visit, seen alone"
    assert due_rules.rule_of(typed) == ""


def test_the_reference_page_lists_rules_with_their_sources(cast, browse):
    before = count_events()
    text = browse(cast.stranger).get(reverse("desk:rules")).content.decode()
    for words in (
        "72 hours",
        "20 working days",
        "not counted: Saturday and Sunday.",
        "Juvenile Justice Act",
        "default, confirm locally",
        "14 days before",
    ):
        assert words in text
    assert count_events() == before + 1


def test_the_reference_page_shows_an_agencys_own_figure_to_that_agency_alone(cast, browse, own_rule):
    own_rule("placement_visit", 3, sentence="Within three days with us.")
    assert "Within three days with us." in browse(cast.social_worker).get(reverse("desk:rules")).content.decode()
    assert "Within three days with us." not in browse(cast.ngo_worker).get(reverse("desk:rules")).content.decode()


@pytest.fixture
def keeper(cast, owner):
    """The supervisor of this test administers the agency too."""
    with owner(), stamping(Stamp(None, "test")):
        person = cast.supervisor
        person.roles = [*person.roles, Role.AGENCY_ADMIN]
        person.save()
    return person


def default_of(code, person):
    with acting(person):
        return DueRule.objects.get(code=code, risk=0, agency=None)


def test_an_administrator_sets_the_agencys_own_figure(ask, keeper, browse):
    page = reverse("desk:own_rule", args=[default_of("care_plan", keeper).pk])
    values = {"amount": 5, "unit": "d", "sentence": "Within five days with us.", "is_active": "on"}
    assert browse(keeper).post(page, values).status_code == 302
    assert ask("care_plan").rule == "Within five days with us."
    again = form_with(browse(keeper).get(page), "amount") | {"is_active": [], "reason": "back to the default"}
    assert browse(keeper).post(page, again).status_code == 302
    assert ask("care_plan", file="Waiting").rule == "Within two weeks of the assessment."


def test_a_figure_with_a_gap_names_it(keeper, browse):
    page = reverse("desk:own_rule", args=[default_of("care_plan", keeper).pk])
    text = browse(keeper).post(page, {"amount": "", "sentence": ""}).content.decode()
    assert "Enter how long." in text
    assert "Write the rule in one sentence." in text


def test_whoever_administers_nothing_sets_no_figure(cast, browse):
    rule = default_of("care_plan", cast.social_worker)
    assert browse(cast.social_worker).get(reverse("desk:own_rule", args=[rule.pk])).status_code == 404
    with pytest.raises(Refused):
        work.set_rule(rule=rule, values={"amount": 1}, by=cast.social_worker, reason="x")
    with acting(cast.social_worker):
        assert run("UPDATE casework_duerule SET amount = 1") == 0


def test_an_administrator_changes_no_default_and_no_figure_of_others(keeper, own_rule, owner, cast):
    with owner(), stamping(Stamp(None, "test")):
        other = own_rule("visit", 3, sentence="x")
        other.agency = cast.ngo_worker.agency
        other.save()
    with acting(keeper):
        assert run("UPDATE casework_duerule SET amount = 1") == 0


def test_a_figure_is_not_set_when_its_event_cannot_be_written(keeper, owner):
    rule = default_of("care_plan", keeper)
    with owner():
        run("REVOKE INSERT ON audit_event FROM app")
    with pytest.raises(NotRecorded):
        work.set_rule(rule=rule, values={"amount": 1, "sentence": "x"}, by=keeper, reason="x")
    assert value("SELECT count(*) FROM casework_duerule WHERE agency_id IS NOT NULL") == 0


def test_the_reference_page_is_said_in_arabic(cast, browse):
    client = browse(cast.social_worker)
    client.cookies["django_language"] = "ar"
    with translation.override("ar"):
        page = client.get(reverse("desk:rules"))
    assert page.status_code == 200
