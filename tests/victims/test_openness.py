"""When a file is open to the network: never while it is linked to a restricted series, whoever takes the step."""

import pytest
from django.db import DatabaseError
from django.urls import reverse

from portal.access.identity import acting
from portal.access.sections import Section, Stage
from portal.audit.ids import uuid7
from portal.casework.workflow import NotPossible
from tests.statements import assert_refused
from tests.world import open_file, share
from victims.actions import link_series, open_series, steps_for, take_step
from victims.models import Child, ChildSeries


def restricted(cast, by="investigator"):
    person = getattr(cast, by)
    return open_series(name="Restricted", team=cast.team(by), is_network=False, by=person)


def test_a_link_to_a_restricted_series_closes_the_file(cast, files):
    child = open_file(cast, "Fern", "investigator", Stage.SOUGHT)
    assert child.open_to_network
    link_series(child=child, series=restricted(cast), by=cast.investigator, reason="same room")
    with acting(cast.investigator):
        assert not Child.objects.get(pk=child.pk).open_to_network
    with acting(cast.foreign):
        assert not Child.objects.filter(pk=child.pk).exists()


def test_a_link_is_refused_to_whoever_would_lose_the_file_by_it(cast, files):
    series = restricted(cast, "foreign")
    with acting(cast.foreign):
        child = Child.objects.get(pk=files["Open"])
    with pytest.raises(NotPossible, match="closes the file"):
        link_series(child=child, series=series, by=cast.foreign, reason="same room")
    with acting(cast.foreign):
        assert not ChildSeries.objects.filter(child_id=child.pk).exists()


def test_searching_again_does_not_open_a_file_of_a_restricted_series(cast, files):
    """The social worker sees neither the link nor the series; the file stays closed all the same."""
    child = open_file(cast, "Reed", "social_worker", Stage.RESCUED)
    share(cast, child, "social_worker", "investigator", Section.SUMMARY, Section.INVESTIGATION)
    link_series(child=child, series=restricted(cast), by=cast.investigator, reason="same room")
    with acting(cast.social_worker):
        assert not ChildSeries.objects.filter(child_id=child.pk).exists()
    moved = take_step(child=child, cycle="stage", name="search_again", by=cast.social_worker, reason="gone")
    assert (moved.stage, moved.open_to_network) == (Stage.SOUGHT, False)


def test_searching_again_opens_a_file_of_no_restricted_series(cast, files):
    child = open_file(cast, "Reed", "social_worker", Stage.RESCUED)
    moved = take_step(child=child, cycle="stage", name="search_again", by=cast.social_worker, reason="gone")
    assert moved.open_to_network


def test_the_database_refuses_an_open_file_of_a_restricted_series(cast, files):
    child = open_file(cast, "Moss", "investigator", Stage.SOUGHT)
    link_series(child=child, series=restricted(cast), by=cast.investigator, reason="same room")
    with acting(cast.investigator, reason="x"):
        update = "UPDATE victims_child SET open_to_network = true WHERE id = %s"
        assert_refused(update, child.pk, match="not open to the network")


def test_the_database_refuses_a_link_of_an_open_file(cast, files):
    series = restricted(cast)
    child = open_file(cast, "Sage", "investigator", Stage.SOUGHT)
    with pytest.raises(DatabaseError, match="closed first"), acting(cast.investigator, reason="x"):
        ChildSeries(child_id=child.pk, series=series).save(force_insert=True)


@pytest.mark.parametrize("column", ["case_number = 'VC-2026-0000000-0'", "opened = now()", "owner_id = %(other)s"])
def test_number_first_day_and_owner_are_not_changed_by_a_query(cast, files, column):
    place = {"other": f"'{cast.team('ngo_worker').pk}'"}
    with acting(cast.social_worker, reason="x"):
        update = f"UPDATE victims_child SET {column % place} WHERE id = %s"
        assert_refused(update, files["Mira"], match=r"stay|transfer")


def test_a_new_file_belongs_to_a_team_of_ones_own(cast, files):
    with acting(cast.social_worker):
        copy = Child.objects.get(pk=files["Mira"])
    copy.pk, copy.case_number, copy.owner = uuid7(), "VC-2026-1111111-1", cast.team("ngo_worker")
    with pytest.raises(DatabaseError, match="row-level security"), acting(cast.social_worker, reason="x"):
        copy.save(force_insert=True)


# --- what is offered is what is accepted ---------------------------------------------------------------------------------


def open_to_foreign(cast, files):
    with acting(cast.foreign):
        return Child.objects.get(pk=files["Open"])


def test_steps_that_close_an_open_file_are_not_offered_without_access(cast, files):
    child = open_to_foreign(cast, files)
    with acting(cast.foreign):
        assert [transition.name for _cycle, transition in steps_for(child, cast.foreign)] == ["propose"]


def test_a_step_that_closes_an_open_file_says_so_before_a_reason_is_asked_for(cast, files, browse):
    url = reverse("victims:step", args=[files["Open"], "identity", "not_a_child"])
    answer = browse(cast.foreign).get(url, follow=True)
    assert "Ask the owner to give you access first." in answer.content.decode()
    assert answer.redirect_chain


def test_the_owner_of_an_open_file_is_offered_what_closes_it(cast, files):
    child = open_to_foreign(cast, files)
    with acting(cast.investigator):
        offered = {transition.name for _cycle, transition in steps_for(child, cast.investigator)}
    assert {"not_a_child", "locate", "plan_rescue"} <= offered


def test_a_probable_identity_of_an_open_file_is_offered_to_its_owner_alone(cast, files):
    child = take_step(
        child=open_to_foreign(cast, files), cycle="identity", name="propose", by=cast.investigator, reason="photo"
    )
    share(cast, child, "investigator", "foreign", Section.SUMMARY, Section.INVESTIGATION)
    with acting(cast.foreign):
        assert "make_probable" not in {transition.name for _cycle, transition in steps_for(child, cast.foreign)}
    with pytest.raises(NotPossible, match="team that owns the file"):
        take_step(child=child, cycle="identity", name="make_probable", by=cast.foreign, reason="seen")
