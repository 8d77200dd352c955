"""Grants: given, accepted, ended; never more than given, never changed, never made by a query of one's own."""

import datetime
import re
import zoneinfo

import pytest
from django.db import DatabaseError, connection
from django.urls import reverse

from portal.access.actions import accept, end, give
from portal.access.asking import answer
from portal.access.identity import Refused, acting
from portal.access.models import FOREVER, Grant
from portal.access.opens import file_lines
from portal.access.rights import can, sections_open
from portal.access.sections import Level, Section, Stage
from portal.accounts.models import Membership
from portal.audit import clock
from portal.audit.kinds import shifted
from portal.casework.workflow import NotPossible
from tests import world
from tests.attacks import attack
from tests.conftest import as_owner
from tests.statements import assert_refused, run, value
from tests.world import DAY, declare, share
from victims.actions import take_step
from victims.models import CareEntry, Child, Whereabouts

S, VIEW, CHANGE = Section, Level.VIEW, Level.CHANGE


def held(person, child_id, level=VIEW):
    with acting(person):
        return set(sections_open(person, child_id, level))


def grant_of(cast, files, file, name):
    with acting(getattr(cast, name)):
        return Grant.objects.get(child_id=files[file], team=cast.team(name))


def offer(cast, files, file="Follow", to="stranger", days=30, **more):
    audience = {"team": cast.team(to)} if "person" not in more else {}
    return give(
        child_id=files[file], until=clock.now() + days * DAY, owner=cast.team("social_worker"), by=cast.social_worker,
        reason="needed", **{"sections": {S.SUMMARY: VIEW, S.CARE: CHANGE}} | audience | more,
    )  # fmt: skip


@attack("D23")
def test_offer_shows_its_heading_only_until_it_is_accepted(cast, files):
    with acting(cast.stranger):
        assert file_lines([files["Follow"]]) == {}
    grant = offer(cast, files)
    offer(cast, files, to="supervisor")  # which rewrites the rows of the file
    assert held(cast.stranger, files["Follow"]) == set()
    with acting(cast.stranger):
        assert file_lines(list(files.values()))[files["Follow"]].code_name == "Follow"
        assert not Child.objects.filter(pk=files["Follow"]).exists()
    accept(grant=grant, by=cast.stranger)
    assert held(cast.stranger, files["Follow"]) == {S.SUMMARY, S.CARE}
    assert held(cast.stranger, files["Follow"], CHANGE) == {S.CARE}


def test_offer_inside_the_owners_agency_holds_at_once(cast, files):
    grant = offer(cast, files, to="supervisor")
    assert grant.accepted is not None


def test_reading_does_not_let_anybody_write(cast, files):
    accept(grant=offer(cast, files, sections={S.SUMMARY: VIEW, S.CARE: VIEW}), by=cast.stranger)
    assert held(cast.stranger, files["Follow"], CHANGE) == set()


def test_a_grant_never_gives_what_the_role_does_not_reach(cast, files):
    everything = {section: CHANGE for section in Section if section != S.THERAPY}
    accept(grant=offer(cast, files, sections=everything), by=cast.stranger)
    assert held(cast.stranger, files["Follow"]) == set(everything) - {S.INVESTIGATION, S.SUSPECTS}
    assert held(cast.stranger, files["Follow"], CHANGE) == {S.CARE}


@attack("D23")
def test_a_grant_ends_by_itself_without_any_worker(cast, files):
    grant = accept(grant=offer(cast, files, days=2), by=cast.stranger)
    for person in (cast.stranger, cast.social_worker):
        world.outlive(person, 9 * DAY)
    with acting(cast.stranger):
        assert CareEntry.objects.filter(child_id=files["Follow"]).exists()
    with shifted(3 * DAY):
        assert held(cast.stranger, files["Follow"]) == set()
        with acting(cast.stranger):  # and each wall by itself
            assert not Child.objects.filter(pk=files["Follow"]).exists()
            assert not CareEntry.objects.filter(child_id=files["Follow"]).exists()
            assert file_lines([files["Follow"]]) == {}
            assert not answer("SELECT count(*) FROM access.grants_of(%s)", files["Follow"])
        with acting(cast.social_worker):
            assert not answer("SELECT count(*) FROM access.opened_by(%s) WHERE id = %s", files["Follow"], grant.pk)


@pytest.mark.parametrize("by", ["social_worker", "stranger"])
def test_owner_and_holder_end_access_at_once(cast, files, by):
    grant = offer(cast, files)
    accept(grant=grant, by=cast.stranger)
    end(grant=grant, owner=cast.team("social_worker"), by=getattr(cast, by), reason="done")
    assert held(cast.stranger, files["Follow"]) == set()


def test_access_is_not_ended_by_somebody_else(cast, files):
    grant = grant_of(cast, files, "Mira", "ngo_worker")
    with pytest.raises((Refused, Grant.DoesNotExist)):
        end(grant=grant, owner=cast.team("social_worker"), by=cast.shelter_worker, reason="x")
    assert S.CARE in held(cast.ngo_worker, files["Mira"])


def test_ownership_cannot_end(cast, files):
    grant = grant_of(cast, files, "Mira", "social_worker")
    with pytest.raises(NotPossible, match="always has an owner"):
        end(grant=grant, owner=cast.team("social_worker"), by=cast.social_worker, reason="x")


@pytest.mark.parametrize("by", ["analyst", "stranger", "shelter_worker"])
@attack("D23")
def test_offer_is_not_accepted_by_somebody_else(cast, files, by):
    grant = offer(cast, files, to="ngo_worker")
    with pytest.raises((Refused, Grant.DoesNotExist)):
        accept(grant=grant, by=getattr(cast, by))
    assert value("SELECT accepted IS NULL FROM access_grant WHERE id = %s", grant.pk)


def test_ended_offer_cannot_be_accepted(cast, files):
    grant = offer(cast, files)
    end(grant=grant, owner=cast.team("social_worker"), by=cast.social_worker, reason="mistake")
    with pytest.raises(Refused):
        accept(grant=grant, by=cast.stranger)


@pytest.mark.parametrize("giver", ["shelter_worker", "ngo_worker", "clinician", "investigator", "stranger", "analyst"])
def test_nobody_but_the_owner_gives_access(cast, files, giver):
    person = getattr(cast, giver)
    values = {"child_id": files["Mira"], "sections": {S.SUMMARY: VIEW}, "until": clock.now() + DAY, "reason": "x"}
    with pytest.raises((Refused, DatabaseError)):
        give(**values, team=cast.team("stranger"), owner=cast.team(giver), by=person)
    with pytest.raises((Refused, DatabaseError)):
        give(**values, team=cast.team("stranger"), owner=cast.team("social_worker"), by=person)


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"sections": {}}, "view"),
        ({"days": 181}, "until"),
        ({"days": 0}, "until"),
        ({"sections": {S.CARE: VIEW}}, "view"),
        ({"sections": {S.SUMMARY: VIEW, S.THERAPY: VIEW}}, "view"),
    ],
    ids=["no section", "too long", "no time", "no summary", "therapy for a team"],
)
def test_an_impossible_gift_is_refused_with_its_field(cast, files, more, field):
    with pytest.raises(NotPossible) as wrong:
        offer(cast, files, **more)
    assert wrong.value.field == field


def test_therapy_goes_to_a_named_person_and_to_nobody_else_of_the_team(cast, files):
    assert S.THERAPY in held(cast.clinician, files["Mira"])
    with acting(cast.clinician):
        assert value("SELECT count(*) FROM access_childgrouppermission WHERE permission_id IN (1005, 1014)") == 0


@attack("D25")
def test_investigator_loses_whereabouts_the_moment_the_rescue_is_recorded(cast, files):
    person, child_id = cast.investigator, files["Planned"]
    assert S.WHEREABOUTS in held(person, child_id)
    with acting(person):
        child = Child.objects.get(pk=child_id)
    take_step(child=child, cycle="stage", name="rescue", by=person, reason="raid")
    assert S.WHEREABOUTS not in held(person, child_id)
    with acting(person):
        assert not Whereabouts.objects.filter(child_id=child_id).exists()
        assert not Whereabouts.history.filter(child_id=child_id).exists()


@attack("D26")
def test_leaving_the_team_ends_its_access_at_once(cast, files, owner):
    assert held(cast.ngo_worker, files["Mira"])
    with owner(), world.stamping(world.Stamp(None, "test")):
        membership = Membership.objects.get(person=cast.ngo_worker)
        membership.until = clock.now()
        membership.save()
    assert held(cast.ngo_worker, files["Mira"]) == set()
    with acting(cast.ngo_worker):
        assert not Child.objects.exists()


def test_conflict_of_interest_beats_every_grant(cast, files):
    assert held(cast.clinician, files["Mira"])
    declare(cast.clinician, files["Mira"])
    assert held(cast.clinician, files["Mira"]) == set()
    with acting(cast.clinician):
        assert not Child.objects.filter(pk=files["Mira"]).exists()


def test_conflict_of_interest_beats_the_open_rule(cast, files):
    declare(cast.foreign, files["Open"])
    assert held(cast.foreign, files["Open"]) == set()


def test_two_grants_give_the_later_end(cast, files):
    first, second = offer(cast, files, days=5), offer(cast, files, days=50)
    accept(grant=first, by=cast.stranger)
    accept(grant=second, by=cast.stranger)
    until = (
        "SELECT max(valid_until) FROM access_childgrouppermission WHERE content_object_id = %s AND grant_id = ANY (%s)"
    )
    assert value(until, files["Follow"], [first.pk, second.pk]) == second.until
    end(grant=second, owner=cast.team("social_worker"), by=cast.social_worker, reason="x")
    assert S.CARE in held(cast.stranger, files["Follow"])


def test_projecting_again_changes_nothing(cast, files):
    held_rows = """SELECT md5(string_agg(r::text, '' ORDER BY r::text)) FROM (SELECT group_id, permission_id, grant_id,
      valid_until, stage FROM access_childgrouppermission WHERE content_object_id = %s) r"""
    before = value(held_rows, files["Mira"])
    with as_owner():
        run("SELECT access.project_files(ARRAY[%s::uuid])", files["Mira"])
    assert value(held_rows, files["Mira"]) == before


@pytest.mark.parametrize(
    "change",
    [
        "view = '{1,2,3,4,6,7,8,9}'",
        "change = '{}'",
        "until = '9999-01-01'",
        "team_id = NULL, person_id = %(me)s",
        "onward = true",
        "basis = 'ownership'",
        "accepted = NULL, accepted_by_id = NULL",
        "child_id = %(other)s",
    ],
)
def test_nothing_of_a_grant_is_changed_by_a_query(cast, files, change):
    grant = grant_of(cast, files, "Mira", "ngo_worker")
    places = {"me": cast.ngo_worker.pk, "other": files["Follow"]}
    change = re.sub(r"%\((\w+)\)s", lambda match: f"'{places[match[1]]}'", change)
    with acting(cast.ngo_worker):
        assert_refused(f"UPDATE access_grant SET {change} WHERE id = %s", grant.pk)


@pytest.mark.parametrize("table", ["childgroup", "childuser", "seriesgroup", "seriesuser"])
@pytest.mark.parametrize(
    "change", ["INSERT INTO {} SELECT * FROM {}", "UPDATE {} SET valid_until = '9999-01-01'", "DELETE FROM {}"]
)
def test_permission_rows_are_written_by_no_query(cast, table, change):
    name = f"access_{table}permission"
    with acting(cast.social_worker):
        assert_refused(change.format(name, name), match="permission denied")


def raw_grant(giver, child_id, **more):
    now = clock.now()
    values = {
        "person": giver,
        "view": [1, 6],
        "change": [],
        "basis": "assignment",
        "reason": "x",
        "begins": now,
        "until": now + DAY,
    }
    values |= {"given_by": giver, "accepted_by": giver, "accepted": now}
    Grant(child_id=child_id, **values | more).save()


def test_whoever_ends_access_on_paper_alone_keeps_nothing_open(cast, files):
    """A query that ends a grant, or takes a step, and leaves the permission rows as they are: they follow at its end."""
    with acting(cast.ngo_worker, reason="x"):
        grant = Grant.objects.get(child_id=files["Mira"], team=cast.team("ngo_worker"))
        grant.ended, grant.ended_by, grant.end_reason = clock.now(), cast.ngo_worker, "x"
        grant.save()
        connection.check_constraints()
    assert held(cast.ngo_worker, files["Mira"]) == set()


@attack("D25")
def test_whoever_takes_a_step_on_paper_alone_loses_whereabouts_all_the_same(cast, files):
    with acting(cast.investigator, reason="x"):
        child = Child.objects.get(pk=files["Planned"])
        child.stage = Stage.RESCUED
        child.save()
        connection.check_constraints()
    assert S.WHEREABOUTS not in held(cast.investigator, files["Planned"])
    assert S.INVESTIGATION in held(cast.investigator, files["Planned"])


@pytest.mark.parametrize("what", ["begins", "accepted"])
def test_access_is_given_and_accepted_now_and_not_before(cast, files, what):
    given = {"person": cast.supervisor, "accepted_by": cast.social_worker, "given_by": cast.social_worker}
    with pytest.raises(DatabaseError, match="row-level security"), acting(cast.social_worker, reason="x"):
        raw_grant(cast.social_worker, files["Mira"], **given, **{what: clock.now() - DAY})
    with acting(cast.social_worker, reason="x"):
        raw_grant(cast.social_worker, files["Mira"], **given)


@pytest.mark.parametrize("change", [
    "accepted = app_now() - interval '1 day', accepted_by_id = access.person()",
    "ended = app_now() - interval '1 day', ended_by_id = access.person(), end_reason = 'x'",
    "ended = app_now() + interval '1 day', ended_by_id = access.person(), end_reason = 'x'",
])  # fmt: skip
def test_access_is_accepted_and_ended_now(cast, files, change):
    grant = offer(cast, files)
    with acting(cast.stranger):
        assert_refused(f"UPDATE access_grant SET {change} WHERE id = %s", grant.pk, match="accepted and ended now")


@pytest.mark.parametrize("basis", ["assignment", "ownership", "emergency", "court_order"])
@pytest.mark.parametrize("name", ["stranger", "ngo_worker", "clinician", "analyst"])
def test_nobody_gives_oneself_a_grant(cast, files, name, basis):
    person = getattr(cast, name)
    with pytest.raises(DatabaseError, match="row-level security"), acting(person, reason="x"):
        raw_grant(person, files["Follow"], basis=basis)


def test_nobody_gives_in_anothers_name(cast, files):
    with pytest.raises(DatabaseError, match="row-level security"), acting(cast.stranger, reason="x"):
        raw_grant(cast.stranger, files["Mira"], given_by=cast.social_worker)


@pytest.mark.parametrize("hours", [0, 6, 12, 18])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Lisbon", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_last_day_is_the_hundred_and_eightieth_to_its_end_where_the_owner_is(cast, files, owner, zone, hours):
    """The action and the database draw the line at the same moment."""
    person, hour = cast.social_worker, datetime.timedelta(hours=hours)
    with owner(), world.stamping(world.Stamp(None, "moved")):
        person.agency.time_zone = zone
        person.agency.save()
    person.identity = world.open_token(person, "session", idle=9 * DAY, lifetime=9 * DAY)
    with shifted(hour):
        today = clock.now().astimezone(zoneinfo.ZoneInfo(zone)).date()
        last = datetime.datetime.combine(today + 180 * DAY, datetime.time(23, 59), zoneinfo.ZoneInfo(zone))
        values = {"child_id": files["Follow"], "sections": {S.SUMMARY: VIEW}, "reason": "x", "by": person}
        values |= {"owner": cast.team("social_worker"), "team": cast.team("stranger")}
        assert give(until=last, **values).until == last
        with pytest.raises(NotPossible) as wrong:
            give(until=last + datetime.timedelta(minutes=1), **values)
        assert wrong.value.field == "until"
        too_long = {"basis": "referral", "until": last + datetime.timedelta(minutes=1)}
        with pytest.raises(DatabaseError, match="row-level security"), acting(person, reason="x"):
            raw_grant(person, files["Follow"], **too_long)


def test_the_page_takes_the_day_that_it_offers(cast, files, browse):
    client, page = browse(cast.social_worker), reverse("victims:give_access", args=[files["Follow"]])
    page += f"?agency={cast.stranger.agency_id}"
    today = clock.now().astimezone(zoneinfo.ZoneInfo(cast.social_worker.agency.time_zone)).date()
    posted = {"team": cast.team("stranger").pk, "view": [6], "reason": "x", "legal_basis": "duty"}
    assert client.post(page, posted | {"until": today + 180 * DAY, "once": "a"}).status_code == 302
    answer = client.post(page, posted | {"until": today + 181 * DAY, "once": "b"})
    assert "Choose a day from today to 180 days from now." in answer.content.decode()


def test_an_owner_gives_nothing_for_ever_outside_by_a_query(cast, files):
    with pytest.raises(DatabaseError, match="row-level security"), acting(cast.social_worker, reason="x"):
        raw_grant(cast.social_worker, files["Mira"], basis="referral", until=FOREVER)


def test_onward_access_is_no_more_and_no_longer_than_its_parent(cast, files, owner):
    parent = share(
        cast, Child(pk=files["Follow"], code_name="Follow"), "social_worker", "ngo_worker", S.SUMMARY, S.CARE
    )
    connection.check_constraints()
    with owner():
        run("ALTER TABLE access_grant DISABLE TRIGGER USER")
        run("UPDATE access_grant SET onward = true WHERE id = %s", parent.pk)
    good = {
        "person": cast.stranger,
        "basis": "referral",
        "parent": parent,
        "until": parent.until - DAY,
        "accepted": None,
        "accepted_by": None,
    }
    tries = {
        "more": good | {"view": [1, 2, 6]},
        "longer": good | {"until": parent.until + DAY},
        "orphan": good | {"parent": None},
    }
    for values in tries.values():
        with pytest.raises(DatabaseError, match="row-level security"), acting(cast.ngo_worker, reason="x"):
            raw_grant(cast.ngo_worker, files["Follow"], **values)
    with acting(cast.ngo_worker, reason="x"):
        raw_grant(cast.ngo_worker, files["Follow"], **good)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO accounts_membership (id, version, person_id, team_id, since)"
        " SELECT gen_random_uuid(), 1, access.person(), id, now() FROM accounts_team",
        "UPDATE accounts_person SET roles = '{social_worker,operator}'",
        "UPDATE accounts_certificate SET valid_until = '9999-01-01'",
        "INSERT INTO auth_group (name) VALUES ('mine')",
    ],
)
def test_nobody_joins_a_team_or_takes_a_role_by_a_query(cast, statement):
    with acting(cast.stranger):
        assert_refused(
            statement, match="permission denied|by an administrator|not this person's|recorded by who keeps it"
        )


def test_nobody_switches_an_agency_off_by_a_query(cast):
    with acting(cast.stranger):
        assert run("UPDATE accounts_agency SET is_active = false") == 0


@attack("D23")
def test_the_giver_does_not_accept_for_the_taker_by_a_query(cast, files):
    grant = offer(cast, files)
    accepting = "UPDATE access_grant SET accepted = now(), accepted_by_id = %s WHERE id = %s"
    with acting(cast.social_worker):
        assert_refused(accepting, cast.social_worker.pk, grant.pk)


def test_supervisor_reads_what_the_team_reads_and_writes_nothing(cast, files):
    team = held(cast.social_worker, files["Mira"])
    assert held(cast.supervisor, files["Mira"]) == team
    assert held(cast.supervisor, files["Mira"], CHANGE) == set()


def test_search_again_leaves_old_grants_dead_at_the_stage(cast, files):
    """Reopening the search: the side of care keeps what its roles read while a child is sought, and no more."""
    share(cast, Child(pk=files["Mira"], code_name="Mira"), "social_worker", "investigator", S.SUMMARY, S.INVESTIGATION)
    with acting(cast.social_worker):
        child = Child.objects.get(pk=files["Mira"])
    take_step(child=child, cycle="stage", name="search_again", by=cast.social_worker, reason="left the house")
    assert held(cast.ngo_worker, files["Mira"]) == set()
    assert held(cast.social_worker, files["Mira"]) == {S.SUMMARY}
    with acting(cast.social_worker):
        assert not can(cast.social_worker, files["Mira"], S.WHEREABOUTS)
        assert (
            value("SELECT DISTINCT stage FROM access_childgrouppermission WHERE content_object_id = %s", child.pk)
            == Stage.SOUGHT
        )
