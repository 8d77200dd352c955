"""Lists: a file stays on the desk of whoever holds any section of it, also after its stage has taken SUMMARY away."""

from django.urls import reverse

from portal.access.identity import acting
from portal.access.opens import file_lines
from portal.access.rights import sections_open
from portal.access.sections import Level, Section
from portal.access.visibility import headed_ids, listed_ids, visible_ids
from tests.attacks import attack
from tests.world import share
from victims.actions import take_step
from victims.models import Child
from victims.search import children


def followed(cast, files):
    """Give the clinician HEALTH on a file in follow-up: no role of hers reads SUMMARY there."""
    child = Child(pk=files["Follow"], code_name="Follow")
    share(cast, child, "social_worker", "clinician", Section.SUMMARY, Section.HEALTH)
    return child.pk


def test_a_file_without_summary_is_listed_with_its_heading(cast, files, browse):
    child_id = followed(cast, files)
    with acting(cast.clinician):
        assert child_id not in visible_ids(cast.clinician, section=Section.SUMMARY)
        assert child_id in listed_ids(cast.clinician)
        assert headed_ids(cast.clinician, most=10) == [child_id]
    page = browse(cast.clinician).get(reverse("victims:children"))
    row = next(row for row in page.context["rows"] if row["child"].pk == child_id)
    assert row["url"] == reverse("victims:section", args=[child_id, "health"])
    assert "identity" not in row
    assert browse(cast.clinician).get(row["url"]).status_code == 200


def test_a_file_without_summary_is_found_by_name_and_number(cast, files):
    child_id = followed(cast, files)
    with acting(cast.clinician):
        number = file_lines([child_id])[child_id].case_number
        assert children("foll", cast.clinician).files == [child_id]
        assert children(number, cast.clinician).files == [child_id]
    with acting(cast.stranger):
        assert children("foll", cast.stranger).files == children(number, cast.stranger).files == []


def test_a_file_goes_from_the_list_with_the_last_section(cast, files):
    child_id = followed(cast, files)
    with acting(cast.social_worker):
        child = Child.objects.get(pk=child_id)
    take_step(child=child, cycle="stage", name="close", by=cast.social_worker, reason="safe")
    with acting(cast.clinician):
        assert child_id in listed_ids(cast.clinician)  # clinicians read health after the end
    with acting(cast.investigator):
        assert child_id in listed_ids(cast.investigator)  # suspects stay theirs
    with acting(cast.analyst):
        assert child_id not in listed_ids(cast.analyst)


@attack("D16")
def test_list_holds_exactly_the_files_with_an_open_section(cast, files):
    followed(cast, files)
    for name, person in cast.all().items():
        with acting(person):
            expected = {child_id for child_id in files.values() if sections_open(person, child_id, Level.VIEW)}
            assert set(listed_ids(person, most=100)) == expected, name
            assert set(file_lines(list(files.values()))) >= expected, name
