"""The central test: decide = visible = row-level security, for every person, file and section of the small world."""

from portal.access.identity import acting
from portal.access.rights import can
from portal.access.sections import Section
from portal.access.visibility import visible, visible_ids
from victims.models import Child
from victims.section_pages import MODELS


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
