"""Figures of My work: what is cut says so, the words beside a figure fit it, and rows stand in an order that is seen."""

import datetime
from types import SimpleNamespace

import pytest

from portal.access.sections import Stage
from portal.access.work import add_task
from portal.audit import clock
from portal.casework.groups import Group, Row
from portal.casework.templatetags.portal import due_lines
from portal.desk import home_page
from portal.desk.groups import police
from portal.desk.groups.shelter import bed_order
from tests.shelters.conftest import hold, house  # noqa: F401
from tests.world import DAY, open_file
from victims.actions import take_step


def groups(client):
    return {group.id: group for group in client.get("/").context["groups"]}


def test_files_on_which_most_is_late_stand_first_where_not_all_fit(cast, browse, monkeypatch):
    monkeypatch.setattr("portal.desk.caseload.SHOWN", 2)
    for name, days in (("Aster", 3), ("Birch", -4), ("Cedar", 1)):
        child = open_file(cast, name, "social_worker", Stage.IN_CARE)
        due = clock.now() + days * DAY
        add_task(kind="next_step", title="Visit", team=cast.team("social_worker"), due=due, child_id=child.pk,
                 by=cast.social_worker)  # fmt: skip
    rows = browse(cast.social_worker).get("/").context["caseload"].rows
    assert [row["child"].code_name for row in rows] == ["Birch", "Cedar"]


def test_a_group_that_is_cut_says_so_and_leads_to_the_rest(cast, files, browse, monkeypatch):
    monkeypatch.setattr(police, "MOST", 1)
    for name in ("Aster", "Birch", "Cedar"):
        child = open_file(cast, name, "investigator", Stage.SOUGHT)
        take_step(child=child, cycle="stage", name="plan_rescue", by=cast.investigator)
    page = browse(cast.investigator).get("/")
    group = next(group for group in page.context["groups"] if group.id == "rescues")
    assert (len(group.rows), group.has_more) == (2, True)
    assert group.more_url.endswith(f"?stage={Stage.RESCUE_PLANNED.value}")
    assert "Rescues planned (2+)" in " ".join(page.content.decode().split())


def test_a_tile_says_that_there_are_more():
    group = Group("x", "X", [Row("a"), Row("b")], tile="waiting", has_more=True)
    (tile,) = home_page.tiles([group])
    assert (tile["count"], tile["limit"]) == (3, 2)


def test_one_bed_that_is_held_is_one_bed(cast, hold, browse):  # noqa: F811
    hold()
    group = groups(browse(cast.shelter_worker))["holds"]
    assert (len(group.rows), group.tile) == (1, "bed held")


def test_beds_stand_by_shelter_then_in_the_order_of_their_numbers():
    stays = [
        SimpleNamespace(shelter=SimpleNamespace(public_name=name), bed=SimpleNamespace(label=label))
        for name, label in (("Monte", "2"), ("Alta", "10"), ("Alta", "9"))
    ]
    assert [one.bed.label for one in sorted(stays, key=bed_order)] == ["9", "10", "2"]


def test_a_team_that_owns_no_file_reads_of_no_limit(cast, files, browse):
    assert browse(cast.ngo_worker).get("/").context["caseload"].count is None


@pytest.mark.parametrize(("hours", "is_said"), [(1, False), (20, True)])
def test_a_clock_that_ends_tomorrow_says_the_day(settings, hours, is_said, monkeypatch):
    noon = datetime.datetime(2026, 11, 28, 12, tzinfo=datetime.UTC)
    monkeypatch.setattr("portal.audit.clock.now", lambda: noon)
    monkeypatch.setattr("portal.casework.clock.now", lambda: noon)
    assert ("Sun 29 Nov, " in due_lines(noon + datetime.timedelta(hours=hours)).words) is is_said
