"""A probable identity: which teams keep the investigation, which one owns the file, and who is asked to confirm."""

import pytest
from django.urls import reverse

from portal.access.actions import accept, live_grants
from portal.access.identity import Refused, acting
from portal.access.models import Basis, Grant
from portal.access.rights import can
from portal.access.sections import Level, Section, Stage
from portal.accounts import actions as accounts
from portal.audit.events import NotRecorded
from portal.audit.stamp import Stamp, stamping
from portal.casework.models import Notice, Task
from portal.casework.workflow import NotPossible, WrongState
from tests.matching.pairs import describe, make_match
from tests.posted import form_with
from tests.statements import last_event, rows, run, value
from tests.world import Cast, contents, open_file
from victims.actions import add, link_series, take_step
from victims.identification import make_probable, teams_on
from victims.models import Child, InvestigationEntry, Series
from victims.workflow import IdentityState

INVESTIGATION = Section.INVESTIGATION
OWNER = "SELECT owner_id FROM victims_child WHERE id = %s"


@pytest.fixture
def named(cast, files):
    """A file open to the network, in which another country's officer wrote, with a candidate."""
    child = open_file(cast, "Vega", "investigator", Stage.SOUGHT)
    add(model=InvestigationEntry, child=child, values=contents(INVESTIGATION, "canary-lead"), by=cast.foreign)
    return take_step(child=child, cycle="identity", name="propose", by=cast.investigator, reason="a school photo")


@pytest.fixture
def second_team(cast, owner):
    """Another team of the owner's agency, with the analyst in it."""
    with owner(), stamping(Stamp(None, "test")):
        team = accounts.register_team(agency=cast.investigator.agency, name="night team")
        accounts.join_team(person=cast.analyst, team=team)
    cast._people.pop("analyst")
    return team


def probable(cast: Cast, child, *keepers, owner=None, by="investigator"):
    owner = owner or cast.team("investigator")
    return make_probable(child=child, keepers=list(keepers), owner=owner, by=getattr(cast, by), reason="dental record")


def page_of(child):
    return reverse("victims:make_probable", args=[child.pk])


def test_teams_that_wrote_while_the_file_was_open_are_asked_about(cast, named):
    with acting(cast.investigator):
        assert {team.pk for team in teams_on(named)} == {cast.team("investigator").pk, cast.team("foreign").pk}


def test_a_team_that_keeps_the_investigation_opens_it_once_it_accepts(cast, named):
    probable(cast, named, cast.team("foreign"))
    with acting(cast.foreign):
        assert not can(cast.foreign, named.pk, INVESTIGATION)
        grant = Grant.objects.get(child_id=named.pk, team=cast.team("foreign"))
    assert (grant.view, grant.change, grant.basis) == ([1, 8], [8], Basis.SHARED_SERIES)
    accept(grant=grant, by=cast.foreign)
    with acting(cast.foreign):
        assert can(cast.foreign, named.pk, INVESTIGATION, Level.CHANGE)


def test_a_team_that_is_not_named_loses_the_file(cast, named):
    probable(cast, named)
    with acting(cast.foreign):
        assert not Child.objects.filter(pk=named.pk).exists()


def test_access_of_a_team_that_is_not_named_any_more_ends(cast, named):
    probable(cast, named, cast.team("foreign"))
    accept(grant=of_team(cast, named, "foreign"), by=cast.foreign)
    with acting(cast.investigator):
        named = take_step(child=named, cycle="identity", name="withdraw", by=cast.investigator, reason="mistaken")
    named = take_step(child=named, cycle="identity", name="propose", by=cast.investigator, reason="again")
    probable(cast, named)
    with acting(cast.investigator):
        assert [grant.basis for grant in live_grants(named.pk)] == [Basis.OWNERSHIP]


def of_team(cast, child, name):
    with acting(getattr(cast, name)):
        return Grant.objects.get(child_id=child.pk, team=cast.team(name), ended=None)


def test_the_other_team_is_told_and_has_a_day_to_confirm(cast, named):
    probable(cast, named, cast.team("foreign"))
    with acting(cast.foreign):
        task = Task.objects.get(child_id=named.pk, kind="second_officer_24h")
        kinds = {notice.kind for notice in Notice.objects.filter(person=cast.foreign)}
    assert (task.team, task.to_the_minute) == (cast.team("foreign"), True)
    assert {"identity_to_confirm", "access_offered"} <= kinds


def test_the_second_officer_confirms_and_the_task_is_done(cast, named):
    probable(cast, named, cast.team("foreign"))
    accept(grant=of_team(cast, named, "foreign"), by=cast.foreign)
    child = take_step(child=named, cycle="identity", name="confirm", by=cast.foreign, reason="seen")
    assert child.identity == IdentityState.CONFIRMED
    assert value("SELECT state FROM casework_task WHERE kind = 'second_officer_24h'") == Task.State.DONE


def test_another_team_of_the_agency_owns_the_file_at_once(cast, named, second_team):
    probable(cast, named, cast.team("investigator"), owner=second_team)
    assert value(OWNER, named.pk) == second_team.pk
    ownerships = rows(
        "SELECT team_id, ended IS NULL FROM access_grant WHERE child_id = %s AND basis = 'ownership'", named.pk
    )
    assert set(ownerships) == {(cast.team("investigator").pk, False), (second_team.pk, True)}
    with acting(cast.investigator):
        assert can(cast.investigator, named.pk, INVESTIGATION, Level.CHANGE)
        assert not can(cast.investigator, named.pk, Section.LEGAL)


def test_a_team_of_another_agency_owns_the_file_when_it_accepts(cast, named):
    probable(cast, named, cast.team("investigator"), owner=cast.team("foreign"))
    assert value(OWNER, named.pk) == cast.team("investigator").pk
    accept(grant=of_team(cast, named, "foreign"), by=cast.foreign)
    assert value(OWNER, named.pk) == cast.team("foreign").pk
    with acting(cast.foreign):
        assert can(cast.foreign, named.pk, Section.LEGAL, Level.CHANGE)


def test_it_is_refused_without_the_right_and_recorded(cast, named):
    with pytest.raises(NotPossible, match="owns the file"):
        probable(cast, named, by="foreign")
    with pytest.raises(Refused):
        make_probable(child=named, keepers=[], owner=cast.team("investigator"), by=cast.stranger, reason="x")
    assert last_event(kind="refusal")["child_id"] == named.pk


def test_it_is_not_possible_from_another_state_and_leaves_nothing(cast, named):
    probable(cast, named)
    before = value("SELECT count(*) FROM access_grant")
    with pytest.raises(WrongState):
        probable(cast, named, cast.team("foreign"))
    assert value("SELECT count(*) FROM access_grant") == before


def test_nothing_of_it_stays_when_its_event_cannot_be_written(cast, named, owner):
    with owner():
        run("REVOKE INSERT ON audit_event FROM app")
    with pytest.raises(NotRecorded):
        probable(cast, named, cast.team("foreign"))
    assert value("SELECT identity FROM victims_child WHERE id = %s", named.pk) == IdentityState.CANDIDATE


def test_the_page_cannot_be_saved_without_an_owner_and_keeps_what_was_typed(cast, named, browse):
    client = browse(cast.investigator)
    form = form_with(client.get(page_of(named)), "keepers")
    assert len(form["keepers"]) == 2
    assert form["owner"] == [""]
    answer = client.post(page_of(named), form | {"reason": "canary-dental"})
    text = answer.content.decode()
    assert "Choose the team that owns the file from now on." in text
    assert "canary-dental" in text


def test_the_page_takes_the_step_and_gives_what_was_ticked(cast, named, browse):
    client = browse(cast.investigator)
    form = form_with(client.get(page_of(named)), "keepers")
    answer = client.post(page_of(named), form | {"reason": "dental", "owner": str(cast.team("investigator").pk)})
    assert (answer.status_code, answer.url) == (302, reverse("victims:child", args=[named.pk]))
    with acting(cast.investigator):
        assert {grant.team_id for grant in live_grants(named.pk)} == {
            cast.team(n).pk for n in ("investigator", "foreign")
        }


def test_whoever_does_not_own_an_open_file_is_led_back_with_the_reason(cast, named, browse):
    answer = browse(cast.foreign).get(page_of(named), follow=True)
    assert "names who goes on with the file" in answer.content.decode()


def test_the_page_of_a_candidate_shows_what_is_known_and_records_the_looks(cast, files, browse):
    match = make_match(cast, near=(2,), identical=1)
    describe(cast, match)
    child = open_file(cast, "Rigel", "investigator", Stage.SOUGHT)
    with acting(cast.investigator):
        series = Series.objects.get(pk=match.stairs)
    link_series(child=child, series=series, by=cast.investigator, reason="same room")
    text = browse(cast.investigator).get(reverse("victims:propose", args=[child.pk])).content.decode()
    assert series.name in text
    assert reverse("victims:match", args=[match.pair_id]) in text
    assert last_event(kind="view series")["series_id"] == series.pk
    assert 8 in last_event(kind="view")["sections"]
