"""The central test: decide = visible = row-level security, for every person, file and section of the small world."""

from portal.access.identity import acting
from portal.access.rights import can
from portal.access.sections import Level, Section
from portal.access.visibility import visible, visible_ids
from tests.attacks import attack
from victims.actions import open_series
from victims.models import Child, Series
from victims.section_pages import MODELS
from victims.series_list import series_open


def test_decide_equals_visible_equals_the_wall(cast, files):
    compared = 0
    for name, person in cast.all().items():
        with acting(person):
            for section in Section:
                model = Child if section == Section.SUMMARY else MODELS[section]
                listed = set(visible_ids(person, section=section, most=1000))
                for file, child_id in files.items():
                    by_decision = can(person, child_id, section)
                    column = "pk" if model is Child else "child_id"
                    by_list = visible(model, person).filter(**{column: child_id}).exists()
                    by_wall = model.objects.filter(**{column: child_id}).exists()
                    assert by_decision == by_list == by_wall, (name, file, section.name)
                    assert (child_id in listed) == by_decision, (name, file, section.name)
                    compared += 1
    assert compared == 9 * len(files) * 9


@attack("D21")
def test_changing_is_the_same_three_times(cast, files):
    """A row is locked for a change only where the policy of UPDATE lets it through, beside that of SELECT."""
    changeable = 0
    for name, person in cast.all().items():
        with acting(person):
            for section in set(Section) - {Section.SUMMARY}:  # whoever may change any section writes the child's row
                model = MODELS[section]
                for file, child_id in files.items():
                    both = can(person, child_id, section) and can(person, child_id, section, Level.CHANGE)
                    listed = visible(model, person, level=Level.CHANGE).filter(child_id=child_id).exists()
                    locked = bool(model.objects.select_for_update(of=("self",)).filter(child_id=child_id))
                    assert both == listed == locked, (name, file, section.name)
                    changeable += both
    assert changeable > 20


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
