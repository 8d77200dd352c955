"""The figures of the network: no number under eleven, none that gives one away, one snapshot a day, and for whom."""

from itertools import pairwise

import pytest
from django.db import connection
from django.urls import reverse
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from portal.access.identity import acting
from portal.access.sections import Stage
from tests.conftest import as_owner
from tests.oversight import register_overseers
from tests.statements import assert_refused, rows, run, value
from victims.models import Child
from victims.workflow import IdentityState

PAGE = reverse("desk:figures")
FEW, HIDDEN = -1, -2
counts = st.lists(st.one_of(st.integers(0, 13), st.integers(0, 40), st.integers(11, 5000)), min_size=1, max_size=8)


def shown(cells):
    return value("SELECT access.suppressed(%s::integer[])", cells)


def possible(total, marks):
    """Return, for each cell under eleven, which numbers whoever knows the sum and the rule must think possible.

    Written from the side of the reader: the others that are hidden are at least eleven, and no larger than any shown.
    """
    rest = total - sum(n for n in marks if n >= 0)
    largest = min((n for n in marks if n >= 0), default=rest)
    ranges = [range(11) if mark == FEW else range(11, largest + 1) for mark in marks if mark < 0]
    found = []
    for place, numbers in enumerate(ranges):
        others = reachable([r for n, r in enumerate(ranges) if n != place], rest)
        found.append({n for n in numbers if rest - n in others})
    return [numbers for numbers, mark in zip(found, [m for m in marks if m < 0], strict=True) if mark == FEW]


def reachable(ranges, most):
    sums = {0}
    for numbers in ranges:
        sums = {before + n for before in sums for n in numbers if before + n <= most}
    return sums


@given(counts)
@example([0, 11])
@example([11, 11, 0])
@example([10, 10, 50])
@example([5, 11, 11])
@example([0, 0, 0, 0, 0, 0, 0, 12])
@example([7])
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_number_under_eleven_can_be_worked_out(django_db_setup, django_db_blocker, cells):
    with django_db_blocker.unblock():
        marks = shown(cells)
    assert len(marks) == len(cells)
    for mark, count in zip(marks, cells, strict=True):
        assert mark in (count, HIDDEN) or (mark == FEW and count < 11)
    if set(marks) == {HIDDEN}:
        return
    assert all(mark == FEW for mark, count in zip(marks, cells, strict=True) if count < 11)
    for numbers in possible(sum(cells), marks):
        assert len(numbers) > 1, (cells, marks)


@pytest.mark.parametrize(
    ("cells", "marks"),
    [
        ([20, 30, 40], [20, 30, 40]),
        ([3, 30, 400], [FEW, HIDDEN, 400]),
        ([3, 4, 30, 400], [FEW, FEW, HIDDEN, 400]),
        ([0, 12, 30], [FEW, HIDDEN, 30]),
        ([0, 11, 30], [HIDDEN, HIDDEN, HIDDEN]),  # 41 less 30 leaves 11: the first would be 0
        ([5], [HIDDEN]),
    ],
)
def test_the_smallest_of_the_others_goes_with_them(db, cells, marks):
    assert shown(cells) == marks


def make():
    with connection.cursor() as cursor:
        cursor.execute("SELECT access.make_figures()")
        return cursor.fetchone()[0]


def figures(person):
    with acting(person), connection.cursor() as cursor:
        cursor.execute("SELECT kind, cell, count, is_few FROM access.figures()")
        return cursor.fetchall()


def test_cells_are_every_value_that_a_file_can_have(cast):
    make()
    found = {}
    for kind, cell in rows("SELECT kind, cell FROM access_figure ORDER BY kind, place"):
        found.setdefault(kind, []).append(cell)
    assert found["stage"] == [str(stage.value) for stage in Stage]
    assert found["identity"] == [str(state.value) for state in IdentityState]
    assert set(found["age_band"]) == set(Child.AgeBand.values)


def test_they_are_made_once_a_day_whoever_asks(cast, files):
    assert make() is True
    before = rows("SELECT * FROM access_figure ORDER BY id")
    with acting(cast.stranger):
        assert make() is False
    assert rows("SELECT * FROM access_figure ORDER BY id") == before


def test_nothing_under_eleven_is_even_stored(cast, files):
    make()
    assert not rows("SELECT * FROM access_figure WHERE count < 11")
    assert value("SELECT count FROM access_figure WHERE kind = 'all'") == value("SELECT count(*) FROM victims_child")


def test_the_application_reads_neither_the_table_nor_the_numbers_behind_it(cast):
    make()
    with acting(cast.supervisor):
        assert_refused("SELECT * FROM access_figure", match="permission denied")
        assert_refused("SELECT access.files_by('stage', '{1}')", match="permission denied")


@pytest.mark.parametrize("name", ["supervisor", "privacy_officer", "auditor", "operator"])
def test_supervisors_and_overseers_read_them(cast, files, browse, name):
    register_overseers(cast)
    make()
    person = getattr(cast, name)
    assert figures(person)
    page = browse(person).get(PAGE).content.decode()
    assert "in the whole network" in page
    assert f'href="{PAGE}"' in browse(person).get(reverse("desk:home")).content.decode()


@pytest.mark.parametrize("name", ["stranger", "social_worker", "analyst", "clinician"])
def test_others_do_not(cast, files, browse, name):
    make()
    assert figures(getattr(cast, name)) == []
    assert browse(getattr(cast, name)).get(PAGE).status_code == 404


def test_before_the_first_snapshot_the_page_says_so(cast, browse):
    assert "No figures have been made yet" in browse(cast.supervisor).get(PAGE).content.decode()


def test_a_page_of_numbers_shows_no_small_one(cast, files, browse):
    insert = """INSERT INTO access_figure (day, kind, cell, place, count, is_few)
      VALUES ('2026-01-02', %s, %s, %s, %s, %s)"""
    with as_owner():
        for place, (kind, cell, count, few) in enumerate(
            [
                ("all", "", 400, False),
                ("stage", "1", 340, False),
                ("stage", "2", None, True),
                ("stage", "3", None, False),
            ]
        ):
            run(insert, kind, cell, place, count, few)
    text = browse(cast.supervisor).get(PAGE).content.decode()
    places = [
        text.index(words) for words in ("Sought", "340", "Located", "fewer than 11", "Rescue planned", "not shown")
    ]
    assert all(a < b for a, b in pairwise(places))
    assert "would give a number under 11 away" in text  # the tables without a line
