"""A file given to another team: inside the agency at once, to another agency's when it accepts."""

import datetime

import pytest
from django.urls import reverse

from portal.access import work
from portal.access.actions import accept, decline, live_grants, transfer
from portal.access.identity import Refused, acting
from portal.access.models import Basis, Grant
from portal.access.opens import file_lines
from portal.access.rights import can, sections_open
from portal.access.sections import Level, Section
from portal.accounts import actions as accounts
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.events import NotRecorded
from portal.audit.stamp import Stamp, stamping
from portal.casework.models import Notice, Task
from tests.posted import form_with
from tests.statements import assert_refused, last_event, run, value
from victims.models import Child

OWNER = "SELECT owner_id FROM victims_child WHERE id = %s"


@pytest.fixture
def mira(cast, files):
    with acting(cast.social_worker):
        return Child.objects.select_related("owner__agency").get(pk=files["Mira"])


@pytest.fixture
def night(cast, owner):
    """A second team of the owner's agency, with a social worker of its own."""
    with owner(), stamping(Stamp(None, "test")):
        agency = cast.social_worker.agency
        team = accounts.register_team(agency=agency, name="night team")
        known = {"email": "night@example.org", "given_name": "Nuno", "family_name": "Braga"}
        accounts.join_team(
            person=accounts.register_person(**known, agency=agency, roles=[Role.SOCIAL_WORKER]), team=team
        )
    return team


def give(cast, child, team, by="social_worker"):
    transfer(child=child, team=team, by=getattr(cast, by), reason="moved house")


def offered(cast, child, name):
    with acting(getattr(cast, name)):
        return Grant.objects.get(child_id=child.pk, team=cast.team(name), basis=Basis.TRANSFER, ended=None)


def test_a_team_of_the_agency_owns_the_file_at_once(cast, mira, night):
    give(cast, mira, night)
    assert value(OWNER, mira.pk) == night.pk
    with acting(cast.night):
        assert can(cast.night, mira.pk, Section.WHEREABOUTS, Level.CHANGE)
        assert Notice.objects.filter(person=cast.night, kind="file_taken").exists()
    with acting(cast.social_worker):
        assert not sections_open(cast.social_worker, mira.pk)


def test_open_tasks_go_along_and_their_clock_runs_on(cast, mira, night):
    due = (clock.now() + datetime.timedelta(days=3)).date()
    mine = {"team": cast.team("social_worker"), "person": cast.social_worker, "by": cast.social_worker}
    task = work.add_task(kind="x", title="Ring the school", child_id=mira.pk, due=due, **mine)
    give(cast, mira, night)
    with acting(cast.night):
        moved = Task.objects.get(pk=task.pk)
    assert (moved.team, moved.person, moved.due) == (night, None, task.due)


def test_access_of_others_runs_on(cast, mira, night):
    give(cast, mira, night)
    with acting(cast.ngo_worker):
        assert can(cast.ngo_worker, mira.pk, Section.CARE, Level.CHANGE)
    with acting(cast.night):
        owners = [grant for grant in live_grants(mira.pk) if grant.basis == Basis.OWNERSHIP]
    assert [grant.team for grant in owners] == [night]


def test_a_team_of_another_agency_owns_the_file_when_it_accepts(cast, mira):
    give(cast, mira, cast.team("stranger"))
    assert value(OWNER, mira.pk) == cast.team("social_worker").pk
    with acting(cast.stranger):
        assert file_lines([mira.pk])
        assert not sections_open(cast.stranger, mira.pk)
    accept(grant=offered(cast, mira, "stranger"), by=cast.stranger)
    assert value(OWNER, mira.pk) == cast.team("stranger").pk
    with acting(cast.social_worker):
        assert not sections_open(cast.social_worker, mira.pk)


def test_a_transfer_that_is_declined_leaves_the_file_where_it_is(cast, mira):
    give(cast, mira, cast.team("stranger"))
    decline(grant=offered(cast, mira, "stranger"), by=cast.stranger, reason="no room")
    assert value(OWNER, mira.pk) == cast.team("social_worker").pk
    with acting(cast.stranger):
        assert not file_lines([mira.pk])


def test_an_older_offer_ends_when_the_file_moves(cast, mira, night):
    give(cast, mira, cast.team("stranger"))
    grant = offered(cast, mira, "stranger")
    give(cast, mira, night)
    with pytest.raises(Refused):
        accept(grant=grant, by=cast.stranger)
    assert value(OWNER, mira.pk) == night.pk


def test_whoever_changes_nothing_in_the_file_does_not_take_it_over(cast, mira, owner):
    with owner(), stamping(Stamp(None, "test")):
        known = {"email": "head@example.org", "given_name": "Ines", "family_name": "Sol"}
        head = accounts.register_person(**known, agency=cast.stranger.agency, roles=[Role.SUPERVISOR])
        accounts.join_team(person=head, team=cast.team("stranger"))
    give(cast, mira, cast.team("stranger"))
    with pytest.raises(Refused):
        accept(grant=offered(cast, mira, "stranger"), by=cast.head)
    assert value(OWNER, mira.pk) == cast.team("social_worker").pk


@pytest.mark.parametrize("name", ["ngo_worker", "supervisor", "stranger"])
def test_nobody_else_gives_the_file_away_and_the_refusal_is_recorded(cast, mira, night, name):
    with pytest.raises(Refused):
        give(cast, mira, cast.team("stranger") if name != "stranger" else cast.team("ngo_worker"), by=name)
    assert last_event(kind="refusal")["child_id"] == mira.pk
    assert value(OWNER, mira.pk) == cast.team("social_worker").pk


def test_nothing_of_it_stays_when_its_event_cannot_be_written(cast, mira, night, owner):
    with owner():
        run("REVOKE INSERT ON audit_event FROM app")
    with pytest.raises(NotRecorded):
        give(cast, mira, night)
    assert value(OWNER, mira.pk) == cast.team("social_worker").pk


def test_a_query_makes_nobody_of_another_agency_the_owner(cast, mira):
    with acting(cast.social_worker, reason="x"):
        update = "UPDATE victims_child SET owner_id = %s WHERE id = %s"
        assert_refused(update, cast.team("stranger").pk, mira.pk, match="by transfer")


def test_the_page_asks_for_agency_and_team_and_gives_the_file(cast, mira, night, browse):
    client = browse(cast.social_worker)
    page = reverse("victims:transfer", args=[mira.pk])
    assert page in client.get(reverse("victims:who", args=[mira.pk])).content.decode()
    assert "Choose the agency." in client.get(f"{page}?agency=").content.decode()
    first = form_with(client.get(page), "agency")
    there = f"{page}?agency={first['agency'][0]}"
    text = client.get(there).content.decode()
    assert "night team" in text
    assert "Your team can open the file no longer" in text
    missing = client.post(there, form_with(client.get(there), "team"))
    assert "Choose the team." in missing.content.decode()
    sent = form_with(client.get(there), "team") | {"team": str(night.pk), "reason": "moved house"}
    assert client.post(there, sent).url == reverse("victims:children")
    assert value(OWNER, mira.pk) == night.pk


def test_the_offer_on_my_work_says_that_the_team_owns_the_file_then(cast, mira, browse):
    give(cast, mira, cast.team("stranger"))
    client = browse(cast.stranger)
    assert "your team owns it from then on" in client.get("/").content.decode()
    accepting = reverse("desk:accept_grant", args=[offered(cast, mira, "stranger").pk])
    client.post(accepting, form_with(client.get("/"), "once"))
    assert value(OWNER, mira.pk) == cast.team("stranger").pk


def test_who_can_see_says_since_when_the_team_owns_the_file(cast, mira, night, browse):
    give(cast, mira, night)
    text = browse(cast.night).get(reverse("victims:who", args=[mira.pk])).content.decode()
    assert "Owner since" in text
    assert "moved by A. Ferreira" in text
