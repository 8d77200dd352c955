"""What the bench makes of its times: medians, ratios, growth, missed goals, wrong answers."""

import os
from types import SimpleNamespace

import pytest
from django.core.management import CommandError

from portal.bench.management.commands.bench import refuse_wrong
from portal.bench.measure import ENOUGH, PATIENCE, Case, Goal, Spent, run_rounds, timed
from portal.bench.report import rows_of, share, table, wrong_answers


def case(size, *, limit=1, project=2, naive=40, goal=None, answers=(7, 7, 7)):
    world = SimpleNamespace(size=size, use=lambda way: os.getpid())
    ways = [lambda subject, answer=answer: timed(lambda: answer) for answer in answers]
    made = Case("list", "xall", world, goal or Goal(limit=2, naive=15, growth=1.3), *ways)
    for way, milliseconds in {"limit": limit, "project": project, "naive": naive, "whole": project}.items():
        made.times[way] = [Spent(milliseconds * 1_000_000, None)] * 3
    return made


def test_rows_compare_with_the_limit_and_the_libraries():
    (row,) = rows_of([case(100)])
    assert (row["limit_ms"], row["project_ms"], row["naive_ms"]) == (1, 2, 40)
    assert (row["ratio_limit"], row["ratio_naive"], row["growth"]) == (2, 20, None)


def test_rows_of_the_larger_size_show_the_growth():
    small, large = rows_of([case(1000, project=3), case(100, project=2)])
    assert (small["size"], small["growth"]) == (100, None)
    assert (large["size"], large["growth"]) == (1000, 1.5)


def test_share_is_the_median_and_the_95th_part():
    times = [number * 1_000_000 for number in range(1, 101)]
    assert share(times, 0.5) == 50.5
    assert share(times, 0.95) == 96
    assert share([], 0.5) is None


def test_table_marks_a_goal_that_was_missed():
    met, missed = (table(rows_of([case(100, project=project)])) for project in (2, 3))
    assert "!" not in met
    assert "| 3.0 !" in missed


def test_rounds_run_every_way_and_keep_the_times():
    made = case(100)
    run_rounds([made], 4)
    assert [len(made.times[way]) for way in ("limit", "project", "naive", "whole")] == [7] * 4
    assert (made.faults, made.naive_agrees) == (set(), True)


def test_rounds_report_a_project_that_disagrees_with_the_limit():
    made = case(100, answers=(7, 8, 7))
    run_rounds([made], 1)
    assert wrong_answers([made], ["found before", "found before"]) == ["found before", *made.faults]
    assert rows_of([made])[0]["correct"] is False


def test_rounds_allow_libraries_that_disagree():
    made = case(100, answers=(7, 7, 9))
    run_rounds([made], 1)
    assert (made.faults, made.naive_agrees) == (set(), False)


def test_a_wrong_answer_ends_in_an_error():
    right, wrong = case(100), case(100, answers=(7, 8, 7))
    run_rounds([right, wrong], 1)
    refuse_wrong([right], [])
    with pytest.raises(CommandError, match="disagree"):
        refuse_wrong([right, wrong], [])
    with pytest.raises(CommandError, match="list of somebody"):
        refuse_wrong([right], ["list of somebody"])


def test_a_slow_way_is_run_often_enough_and_no_more():
    made = case(100)
    made.times = {way: [] for way in made.times}
    made.passed["naive"] = PATIENCE + 1
    run_rounds([made], 20)
    assert [len(made.times[way]) for way in ("limit", "project", "naive")] == [20, 20, ENOUGH]
    assert made.faults == set()
