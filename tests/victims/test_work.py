"""Warnings, next steps, links to series, and what has to be settled before a file is closed."""

import datetime

import pytest
from django.urls import reverse

from portal.access import work
from portal.access.identity import Refused, acting
from portal.access.sections import Stage
from portal.audit import clock
from portal.audit.kinds import shifted
from portal.casework.models import Task
from portal.casework.workflow import NotPossible
from tests.attacks import attack
from tests.referrals.test_referrals import later
from tests.statements import last_event
from tests.world import open_file
from victims.actions import open_series, take_step
from victims.case_numbers import new_number
from victims.models import Child, ChildSeries, RiskFlag

DAY = datetime.timedelta(days=1)


def post(browse, person, name, *parts, **values):
    return browse(person).post(reverse(f"victims:{name}", args=parts), values)


def test_a_warning_is_set_shown_and_taken_down(cast, files, browse):
    mira = files["Mira"]
    assert post(browse, cast.social_worker, "flags", mira, text="Release on 14 January", once="k").status_code == 302
    overview = browse(cast.ngo_worker).get(reverse("victims:child", args=[mira])).content.decode()
    assert "Release on 14 January" in overview
    with acting(cast.social_worker):
        flag = RiskFlag.objects.get(child_id=mira, text="Release on 14 January")
    done = post(browse, cast.social_worker, "end_flag", mira, flag.pk, reason="Sentence prolonged", once="l")
    assert done.status_code == 302
    overview = browse(cast.ngo_worker).get(reverse("victims:child", args=[mira])).content.decode()
    assert "14 January" not in overview.partition('id="timeline"')[0]


def test_a_warning_without_words_is_asked_for_again(cast, files, browse):
    page = post(browse, cast.social_worker, "flags", files["Mira"], text=" ")
    assert "Write the warning." in page.content.decode()


def test_whoever_only_reads_the_summary_sets_no_warning(cast, files, browse):
    assert post(browse, cast.ngo_worker, "flags", files["Mira"], text="x").status_code == 403
    assert last_event(kind="refusal")["person_id"] == cast.ngo_worker.pk


def test_a_next_step_is_asked_of_a_team_on_the_file(cast, files, browse):
    due = clock.now().date() + 3 * DAY
    page = reverse("victims:add_task", args=[files["Mira"]])
    choices = [label for _pk, label in browse(cast.ngo_worker).get(page).context["form"].fields["team"].choices]
    assert "a shelter" in choices
    values = {"title": "Ring the school", "rule": "The week begins", "due": due, "team": cast.team("social_worker").pk}
    assert browse(cast.ngo_worker).post(page, values | {"once": "k"}).status_code == 302
    with acting(cast.social_worker):
        task = Task.objects.get(title="Ring the school")
    assert (task.team_id, task.when) == (cast.team("social_worker").pk, due)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("title", "", "Say what is to be done."),
        ("rule", "", "Say why it is due then."),
        ("due", "2020-01-01", "This day has passed."),
        ("team", "", "Choose whose it is."),
    ],
)
def test_a_next_step_with_a_gap_names_it_and_keeps_the_rest(cast, files, browse, field, value, words):
    values = {"title": "Ring", "rule": "So", "due": clock.now().date() + DAY, "team": cast.team("social_worker").pk}
    page = post(browse, cast.social_worker, "add_task", files["Mira"], **values | {field: value})
    assert words in page.content.decode()
    assert all(str(page.context["form"][name].value()) == str(v) for name, v in values.items() if name != field)


def test_today_is_the_day_where_the_reader_is(cast, files, browse):
    """In the evening in Ottawa it is tomorrow in UTC: what is due today can still be done today."""
    later(cast, "social_worker")
    work.change_preferences(values={"time_zone": "America/Toronto"}, by=cast.social_worker)
    midnight = clock.now().replace(hour=0, minute=0) + DAY
    with shifted(midnight + datetime.timedelta(hours=2) - clock.now()):
        here = clock.now().date() - DAY
        values = {"title": "Ring", "rule": "So", "team": cast.team("social_worker").pk, "once": "k"}
        passed = post(browse, cast.social_worker, "add_task", files["Mira"], due=here - DAY, **values)
        assert "This day has passed." in passed.content.decode()
        assert post(browse, cast.social_worker, "add_task", files["Mira"], due=here, **values).status_code == 302
        page = browse(cast.social_worker).get(reverse("victims:contact", args=[files["Mira"]]))
        assert page.context["form"]["on"].value() == here


@attack("D17")
def test_a_next_step_is_not_asked_of_a_team_that_is_not_on_the_file(cast, files, browse):
    values = {"title": "Ring", "rule": "So", "due": clock.now().date() + DAY, "team": cast.team("stranger").pk}
    assert post(browse, cast.social_worker, "add_task", files["Mira"], **values).status_code == 200


def test_a_task_on_a_file_that_is_not_open_is_refused(cast, files):
    with pytest.raises(Refused):
        work.add_task(kind="x", title="x", team=cast.team("stranger"), child_id=files["Mira"], by=cast.stranger)


def test_a_child_is_linked_to_a_series_by_its_number(cast, files, browse):
    series = open_series(name="One", team=cast.team("analyst"), is_network=True, by=cast.analyst)
    with acting(cast.analyst):
        number = Child.objects.get(pk=files["Open"]).case_number
    done = post(browse, cast.analyst, "link", series.pk, number=number, reason="the same wall", once="k")
    assert done.status_code == 302
    again = post(browse, cast.analyst, "link", series.pk, number=number, reason="the same wall", once="l")
    assert "linked to the series already" in again.content.decode()
    with acting(cast.analyst):
        assert ChildSeries.objects.filter(child_id=files["Open"], series=series).count() == 1


@pytest.mark.parametrize("file", ["Mira", None])
def test_a_number_that_is_not_open_reads_like_one_that_is_not_there(cast, files, browse, file):
    series = open_series(name="One", team=cast.team("analyst"), is_network=True, by=cast.analyst)
    number = new_number(2026)
    if file:
        with acting(cast.social_worker):
            number = Child.objects.get(pk=files[file]).case_number
    page = post(browse, cast.analyst, "link", series.pk, number=number, reason="x")
    assert "You work on no file with this number." in page.content.decode()


def test_a_file_with_open_tasks_is_not_closed(cast, files):
    child = open_file(cast, "Teal", "social_worker", Stage.RESCUED)
    take_step(child=child, cycle="stage", name="start_follow_up", by=cast.social_worker)
    task = work.add_task(
        kind="x", title="Visit", team=cast.team("social_worker"), child_id=child.pk, by=cast.social_worker
    )
    with pytest.raises(NotPossible, match="1 task is still open"):
        take_step(child=child, cycle="stage", name="close", by=cast.social_worker, reason="safe")
    work.end_task(task=task, by=cast.social_worker)
    assert (
        take_step(child=child, cycle="stage", name="close", by=cast.social_worker, reason="safe").stage == Stage.CLOSED
    )


def test_a_colleague_of_the_first_officer_is_no_second_officer(cast, files):
    child = open_file(cast, "Iris", "investigator", Stage.SOUGHT)
    take_step(child=child, cycle="identity", name="propose", by=cast.investigator, reason="x")
    take_step(child=child, cycle="identity", name="make_probable", by=cast.investigator, reason="x")
    with pytest.raises(NotPossible, match="of another team"):
        take_step(child=child, cycle="identity", name="confirm", by=cast.analyst, reason="x")
