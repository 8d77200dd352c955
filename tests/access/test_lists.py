"""Lists: a file stays on the desk of whoever holds any section of it, also after its stage has taken SUMMARY away."""

from django.urls import reverse

from portal.access.asking import asked
from portal.access.identity import acting
from portal.access.opens import file_lines
from portal.access.rights import sections_open
from portal.access.sections import Level, Section
from portal.access.visibility import headed_ids, listed_ids, visible_ids
from portal.audit.kinds import shifted
from tests.attacks import attack
from tests.world import DAY, declare, outlive, share
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


OFFERED = {"ngo_worker": "Waiting"}  # whose heading stands on My work until it is accepted


def opened(person, files, *sections):
    with acting(person):
        open_to = {child_id: set(sections_open(person, child_id, Level.VIEW)) for child_id in files.values()}
    return {child_id for child_id, found in open_to.items() if found & set(sections or Section)}


@attack("D16")
def test_list_holds_exactly_the_files_with_an_open_section(cast, files):
    follow = Child(pk=followed(cast, files), code_name="Follow")
    share(cast, follow, "social_worker", "shelter_worker", Section.SUMMARY, Section.CARE)  # whose role ended there
    assert files["Conflict"] not in opened(cast.ngo_worker, files)
    for name, person in cast.all().items():
        expected = opened(person, files)
        with acting(person):
            assert set(listed_ids(person, most=100)) == expected, name
            offered = {files[OFFERED[name]]} if name in OFFERED else set()
            assert set(file_lines(list(files.values()))) == expected | offered, name


@attack("D16")
def test_what_has_ended_and_what_a_relation_closes_stands_on_no_list(cast, files):
    outlive(cast.clinician, 9 * DAY)
    declare(cast.ngo_worker, files["Waiting"])
    with acting(cast.ngo_worker):
        assert file_lines([files["Waiting"]]) == {}
    with shifted(3 * DAY), acting(cast.clinician):
        assert files["Short"] not in listed_ids(cast.clinician)
        assert set(file_lines([files["Short"], files["Mira"]])) == {files["Mira"]}


# What lists, searches and choices are made of, and the section behind which each row stands.
MADE_OF = {
    "SELECT id FROM victims_child": Section.SUMMARY,
    "SELECT id FROM victims_historicalchild": Section.SUMMARY,
    "SELECT child_id FROM victims_identity": Section.IDENTITY,
    "SELECT child_id FROM victims_nametoken": Section.IDENTITY,
}
OF_OTHERS = """SELECT 'team' FROM access_childgrouppermission WHERE group_id <> ALL (access.groups())
  UNION ALL SELECT 'person' FROM access_childuserpermission WHERE user_id <> access.person()
  UNION ALL SELECT 'notice' FROM casework_notice WHERE person_id <> access.person()
  UNION ALL SELECT 'task' FROM casework_task WHERE child_id <> ALL (%s) AND team_id <> ALL (access.teams())
  UNION ALL SELECT 'grant' FROM access_grant WHERE child_id <> ALL (%s) AND agency_id IS NULL
    AND coalesce(team_id <> ALL (access.teams()), person_id <> access.person())"""


@attack("D16")
def test_a_query_of_ones_own_finds_no_more_than_the_lists(cast, files):
    """The wall behind the filters: whoever runs a query with somebody's sign-in meets the same files."""
    for name, person in cast.all().items():
        with acting(person):
            headed = list(file_lines(list(files.values())))
        for statement, section in MADE_OF.items():
            expected = opened(person, files, section)
            with acting(person):
                assert {child_id for (child_id,) in asked(statement)} <= expected, (name, statement)
        with acting(person):
            assert asked(OF_OTHERS, headed, headed) == [], name
