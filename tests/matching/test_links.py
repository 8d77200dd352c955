"""A child in a series: whose word counts, what a link takes from nobody, and how it ends."""

import pytest
from django.urls import reverse

from portal.access.identity import Refused, acting
from portal.access.sections import Section, Stage
from portal.audit.events import NotRecorded
from portal.audit.ids import uuid7
from portal.casework.workflow import NotPossible
from tests.matching.pairs import make_match
from tests.matching.test_pages import words_of
from tests.matching.test_visibility import open_to, settle
from tests.posted import form_with
from tests.statements import assert_refused, last_event, value
from tests.world import open_file, share
from victims import actions
from victims.identification import series_of
from victims.models import ChildSeries, Series

INSERT = "INSERT INTO victims_childseries (id, version, child_id, series_id, stands) VALUES (%s, 1, %s, %s, %s)"


def link(cast, child, series_id, by="foreign"):
    person = getattr(cast, by)
    with acting(person):
        series = Series.objects.get(pk=series_id)
    return actions.link_series(child=child, series=series, by=person, reason="her face")


@pytest.fixture
def theirs(cast, match):
    """A child of the eastern force, linked to the stairs of the northern one."""
    child = open_file(cast, "Tram", "foreign", Stage.SOUGHT)
    return child, link(cast, child, match.stairs)


def test_link_of_others_takes_no_pair_from_whoever_holds_the_series(cast, match, theirs):
    child, one = theirs
    settle(child.pk)
    assert not one.stands
    assert open_to(cast.analyst) == open_to(cast.foreign) == {match.pair_id}


def test_link_that_the_holder_confirms_settles_the_series_for_others(cast, match, theirs):
    child, _one = theirs
    share(cast, child, "foreign", "investigator", Section.SUMMARY, Section.INVESTIGATION)
    assert link(cast, child, match.stairs, "investigator").stands
    settle(child.pk)
    assert open_to(cast.foreign) == set()
    assert open_to(cast.investigator) == {match.pair_id}


def test_whoever_does_not_hold_the_series_links_a_child_once(cast, match, theirs):
    with pytest.raises(NotPossible, match="linked to the series already"):
        link(cast, theirs[0], match.stairs)


def test_database_takes_no_link_to_a_series_that_is_not_open_or_not_there(cast):
    hidden = make_match(cast, is_network=False)
    child = open_file(cast, "Fern", "investigator", Stage.SOUGHT)
    with acting(cast.investigator, reason="x"):
        for series_id in (hidden.tram, uuid7()):
            assert_refused(INSERT, uuid7(), child.pk, series_id, False, match="not open to this person")


def test_database_lets_nobody_but_the_holder_say_that_a_link_stands(cast, match, theirs):
    child, one = theirs
    with acting(cast.foreign, reason="x"):
        update = "UPDATE victims_childseries SET version = version + 1, stands = true WHERE id = %s"
        assert_refused(update, one.pk, match="by the holder")
        move = "UPDATE victims_childseries SET version = version + 1, series_id = %s WHERE id = %s"
        assert_refused(move, match.tram, one.pk, match="only ended")


def test_link_that_ended_counts_nowhere_and_can_be_made_again(cast, match, theirs):
    child, one = theirs
    actions.end_link(link=one, by=cast.foreign, reason="another child")
    with acting(cast.foreign):
        assert series_of(child.pk, cast.foreign) == []
        assert value("SELECT children FROM access.series_progress(%s)", match.stairs) == 0
    assert link(cast, child, match.stairs).pk != one.pk


def test_link_that_ended_gives_the_pair_back(cast, match):
    child = open_file(cast, "Tram", "foreign", Stage.SOUGHT)
    one = link(cast, child, match.tram)
    settle(child.pk)
    assert open_to(cast.analyst) == set()
    actions.end_link(link=one, by=cast.foreign, reason="another child")
    assert open_to(cast.analyst) == {match.pair_id}


def test_link_is_ended_by_whoever_changes_the_investigation(cast, match, theirs):
    child, one = theirs
    settle(child.pk)
    with pytest.raises(Refused):
        actions.end_link(link=one, by=cast.investigator, reason="x")
    assert last_event(kind="refusal")["child_id"] == child.pk


def test_link_ends_once(cast, theirs):
    actions.end_link(link=theirs[1], by=cast.foreign, reason="another child")
    with pytest.raises(NotPossible, match="has ended"):
        actions.end_link(link=theirs[1], by=cast.foreign, reason="x")


def test_end_of_a_link_without_its_event_leaves_nothing_behind(cast, theirs, monkeypatch):
    def broken(event, **more):
        raise NotRecorded(event.kind)

    monkeypatch.setattr("portal.audit.models.events.record", broken)
    with pytest.raises(NotRecorded):
        actions.end_link(link=theirs[1], by=cast.foreign, reason="x")
    with acting(cast.foreign):
        assert ChildSeries.objects.get(pk=theirs[1].pk).ended is None


def test_page_ends_a_link_with_its_reason_on_the_timeline(cast, browse, match, theirs):
    child, client = theirs[0], browse(cast.foreign)
    page = reverse("victims:end_link", args=[child.pk, match.stairs])
    assert page in client.get(reverse("victims:section", args=[child.pk, "investigation"])).content.decode()
    form = form_with(client.get(page), "reason")
    assert "Say why the link ends." in words_of(client.post(page, form))
    client.post(page, form | {"reason": "Another child."})
    timeline = words_of(client.get(reverse("victims:child", args=[child.pk])))
    assert "Link to a series ended" in timeline
    assert "Another child." in timeline
    assert client.get(page).status_code == 404


def test_page_of_a_link_to_a_series_that_is_not_open_is_not_there(cast, browse):
    hidden = make_match(cast, is_network=False)
    child = open_file(cast, "Tram", "foreign", Stage.SOUGHT)
    link(cast, child, hidden.tram)
    share(cast, child, "foreign", "investigator", Section.SUMMARY, Section.INVESTIGATION)
    page = reverse("victims:end_link", args=[child.pk, hidden.tram])
    assert browse(cast.investigator).get(page).status_code == 404
