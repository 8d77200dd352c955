"""The central test: decide = visible = row-level security = the oracle, for everybody and every file of the small world."""

import itertools

from django.db import connection

from portal.access.identity import acting
from portal.access.rights import decision, prefetch
from portal.access.sections import Level, Section
from portal.access.visibility import visible_ids
from portal.audit import clock
from portal.desk.comparison import answers, differences, filled, question
from tests.access.stories import LETTER, Beginning
from tests.attacks import attack
from tests.conftest import as_owner
from victims.actions import open_series
from victims.models import Series
from victims.series_list import series_open


@attack("D13", "D21")
def test_decide_equals_visible_equals_the_wall_equals_the_oracle(cast, files):
    """A row is locked for a change only where the policy of UPDATE lets it through, beside that of SELECT."""
    asked, ids, world = question(cast.analyst), list(files.values()), Beginning().world
    with as_owner(), connection.cursor() as cursor:
        there = filled(cursor, ids)
    assert len(there) == len(files) * len(Section)  # so that the wall has something to hide
    for name, person in cast.all().items():
        with acting(person), connection.cursor() as cursor:
            prefetch(person, ids)
            decided = {right: decision(person, *right) for right in itertools.product(ids, Section, Level)}
            assert list(differences(decided, answers(cursor, asked, ids), there)) == [], name
            for file, section, level in itertools.product(files, Section, Level):
                expected = world.may(name, file, LETTER[section], bool(level), clock.now())
                assert decided[files[file], section, level].allowed == expected, (name, file, section, level)
            for section in Section:
                listed = {child_id for child_id in ids if decided[child_id, section, Level.VIEW]}
                assert set(visible_ids(person, section=section, most=100)) == listed, (name, section)


def test_series_are_the_same_twice(cast):
    """What a certified person may see of series: by rule, and by the wall."""
    mine = open_series(name="Mine", team=cast.team("analyst"), is_network=False, by=cast.analyst)
    network = open_series(name="Everybody", team=cast.team("analyst"), is_network=True, by=cast.analyst)
    for name, person in cast.all().items():
        with acting(person):
            by_rule = set(series_open(person).values_list("pk", flat=True))
            assert by_rule == set(Series.objects.values_list("pk", flat=True)), name
            roams = name in ("analyst", "investigator", "foreign")
            assert (network.pk in by_rule) == roams, name
            assert (mine.pk in by_rule) == (name in ("analyst", "investigator")), name
