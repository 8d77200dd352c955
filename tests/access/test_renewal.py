"""How access goes on: renewed in time, confirmed where it has no end, and told of before it ends."""

import datetime
import zoneinfo

import pytest
from django.db import DatabaseError
from django.urls import reverse

from portal.access.actions import accept, end, give, last_moment
from portal.access.going_on import ask_renewal, confirm, pass_on, renew, to_confirm
from portal.access.identity import Refused, acting
from portal.access.models import FOREVER, Grant
from portal.access.reminders import look_at_the_clock
from portal.access.rights import sections_open
from portal.access.sections import Level, Section
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.kinds import shifted
from portal.casework.models import DueRule, Notice, Task
from portal.casework.notices import sentence
from portal.casework.workflow import NotPossible
from tests import world
from tests.people.conftest import set_account
from tests.statements import assert_refused, run, value
from tests.world import DAY

S, VIEW, CHANGE = Section, Level.VIEW, Level.CHANGE


def held(person, child_id):
    with acting(person):
        return set(sections_open(person, child_id))


def grant_of(cast, files, name, file="Mira"):
    with acting(getattr(cast, name)):
        return Grant.objects.get(child_id=files[file], team=cast.team(name))


def renewed(cast, grant, days=100, by="social_worker", **more):
    until = clock.now() + days * DAY
    return renew(
        grant=grant, until=until, owner=cast.team("social_worker"), by=getattr(cast, by), reason="still works", **more
    )


def signed_in(person, days):
    person.identity = world.open_token(person, "session", idle=days * DAY, lifetime=days * DAY)


def test_renewed_access_goes_on_and_its_history_keeps_both_ends(cast, files):
    grant = grant_of(cast, files, "ngo_worker")
    signed_in(cast.ngo_worker, 200)
    renewed(cast, grant, 150)
    with shifted(120 * DAY):
        assert held(cast.ngo_worker, files["Mira"]) == {S.SUMMARY, S.CARE}
    with acting(cast.social_worker):
        rows = list(Grant.history.filter(id=grant.pk).order_by("version").values_list("until", "history_change_reason"))
    assert rows[0][0] < rows[-1][0]
    assert rows[-1][1] == "still works"
    with acting(cast.ngo_worker):
        assert Notice.objects.filter(person=cast.ngo_worker, kind="access_renewed").exists()


def test_a_renewal_may_leave_sections_out_and_adds_none(cast, files):
    grant = grant_of(cast, files, "shelter_worker")
    renewed(cast, grant, sections=[S.CARE])
    assert held(cast.shelter_worker, files["Mira"]) == {S.SUMMARY, S.CARE}
    with pytest.raises(NotPossible, match="no more than before"):
        renewed(cast, grant, sections=[S.CARE, S.HEALTH])


@pytest.mark.parametrize("days", [182, 10])
def test_a_renewal_is_later_and_at_most_180_days_ahead(cast, files, days):
    grant = grant_of(cast, files, "ngo_worker")
    with pytest.raises(NotPossible, match="Choose a day from") as wrong:
        renewed(cast, grant, days)
    assert wrong.value.field == "until"


@pytest.mark.parametrize("name", ["ngo_worker", "shelter_worker", "stranger"])
def test_nobody_but_the_owner_renews(cast, files, name):
    grant = grant_of(cast, files, "ngo_worker")
    with pytest.raises((Refused, Grant.DoesNotExist)):
        renewed(cast, grant, by=name)


def test_ended_access_and_ownership_are_not_renewed(cast, files):
    grant = grant_of(cast, files, "ngo_worker")
    end(grant=grant, owner=cast.team("social_worker"), by=cast.social_worker, reason="x")
    for one in (grant, grant_of(cast, files, "social_worker")):
        with pytest.raises(NotPossible, match="cannot be renewed"):
            renewed(cast, one)


@pytest.mark.parametrize(
    "change",
    ["until = app_now() + interval '182 days'", "until = app_now() + interval '5 days'", "until = '9999-01-01'",
     "until = until + interval '9 days', view = view || 4::smallint", "until = until + interval '9 days', onward = true",
     "confirmed = app_now()", "until = until + interval '9 days', legal_basis = 'consent'"],
)  # fmt: skip
def test_the_wall_renews_no_more_than_that(cast, files, change):
    grant = grant_of(cast, files, "ngo_worker")
    for name in ("social_worker", "ngo_worker"):
        with acting(getattr(cast, name)):
            assert_refused(f"UPDATE access_grant SET {change}, version = version + 1 WHERE id = %s", grant.pk)
    with acting(cast.ngo_worker):
        assert_refused(
            "UPDATE access_grant SET until = until + interval '9 days' WHERE id = %s", grant.pk, match="never changed"
        )


def test_what_was_passed_on_is_renewed_by_whoever_passed_it_on_within_its_parent(cast, files):
    team, owner = cast.team("ngo_worker"), cast.team("social_worker")
    parent = give(
        child_id=files["Follow"], sections={S.SUMMARY: VIEW, S.CARE: CHANGE}, until=clock.now() + 30 * DAY, team=team,
        owner=owner, by=cast.social_worker, reason="x", onward=True,
    )  # fmt: skip
    parent = accept(grant=parent, by=cast.ngo_worker)
    grant = pass_on(
        parent=parent, sections={S.SUMMARY: VIEW}, until=clock.now() + 5 * DAY, owner=owner, by=cast.ngo_worker,
        reason="x", team=cast.team("stranger"),
    )  # fmt: skip
    accept(grant=grant, by=cast.stranger)
    assert renewed(cast, grant, 20, by="ngo_worker").until > grant.until
    with pytest.raises(NotPossible, match="Choose a day from"):
        renewed(cast, grant, 31, by="ngo_worker")
    with pytest.raises(Refused):
        renewed(cast, grant, 20)
    later = "UPDATE access_grant SET until = until + interval '{} days' WHERE id = %s"
    with acting(cast.ngo_worker):
        assert_refused(later.format(30), grant.pk)
    set_account(cast.ngo_worker, roles=[Role.PRIVACY_OFFICER])  # in the team, and works with no file any more
    cast.ngo_worker.roles = [Role.PRIVACY_OFFICER]
    with pytest.raises(Refused):
        renewed(cast, grant, 25, by="ngo_worker")
    with acting(cast.ngo_worker):
        assert_refused(later.format(1), grant.pk, match="never changed")


def test_a_holder_asks_for_more_time_once(cast, files):
    grant = grant_of(cast, files, "ngo_worker")
    owner = cast.team("social_worker")
    signed_in(cast.ngo_worker, 9)
    ask_renewal(grant=grant, owner=owner, by=cast.ngo_worker)
    with pytest.raises(NotPossible, match="the owner has not answered yet. Ask again after a day"):
        ask_renewal(grant=grant, owner=owner, by=cast.ngo_worker)
    assert value("SELECT count(DISTINCT made) FROM casework_notice WHERE kind = 'renewal_asked'") == 1
    with acting(cast.social_worker):
        task = Task.objects.get(child_id=files["Mira"], kind="renew_access")
        assert task.team == cast.team("social_worker")
        assert task.due.date() == (grant.until - 14 * DAY).date()
        told = {sentence(one) for one in Notice.objects.filter(kind="renewal_asked")}
    # The whole team is told: who it is stands where each may read it.
    assert told == {"More time with “Mira” was asked for. Renew the access, or let it end."}
    with pytest.raises(Refused):
        ask_renewal(grant=grant, owner=owner, by=cast.shelter_worker)
    with acting(cast.shelter_worker):
        assert value("SELECT access.time_asked(%s)", grant.pk) is None  # whose access it is not learns of no wish
    minute = datetime.timedelta(minutes=1)
    with shifted(minute):
        renewed(cast, grant)
    with acting(cast.social_worker):
        assert Task.objects.get(pk=task.pk).state == Task.State.DONE
    with shifted(2 * minute):  # answered: the next wish is another one
        ask_renewal(grant=grant, owner=owner, by=cast.ngo_worker)
    with shifted(DAY + 3 * minute):  # and what nobody answers stands for a day
        ask_renewal(grant=grant, owner=owner, by=cast.ngo_worker)


@pytest.fixture
def months(owner):
    """Partitions of the event table for the months that a test looks ahead."""
    with owner():
        run("SELECT audit.make_partitions(app_now()::date, (app_now() + interval '14 months')::date)")


def told(person, kind, file):
    return value(
        "SELECT array_agg(words[1] ORDER BY made) FROM casework_notice WHERE person_id = %s AND kind = %s AND child_id = %s",
        person.pk, kind, file,
    )  # fmt: skip


def test_both_sides_are_told_two_weeks_and_three_days_before_access_ends_and_once_each(cast, files, months):
    look_at_the_clock()
    assert told(cast.ngo_worker, "own_access_ends", files["Mira"]) is None
    for days in (77, 78, 87, 88):
        with shifted(days * DAY):
            look_at_the_clock()
            look_at_the_clock()
    assert told(cast.ngo_worker, "own_access_ends", files["Mira"]) == ["14", "3"]
    assert told(cast.social_worker, "given_access_ends", files["Mira"])[:2] == [
        "14",
        "14",
    ]  # for each of those who hold it
    assert told(cast.stranger, "own_access_ends", files["Mira"]) is None
    assert told(cast.ngo_worker, "own_access_ends", files["Conflict"]) is None


def test_nobody_makes_the_clock_speak_in_ones_own_name(cast, files):
    with acting(cast.stranger):
        assert run("SELECT access.look_at_the_clock()") == 1
        for call in ("tell_of_ends('renew_access')", "ask_to_confirm()", "escalate_confirmations()"):
            assert_refused(f"SELECT access.{call}", match="permission denied")
    assert value("SELECT count(*) FROM casework_task WHERE kind = 'confirm_access'") == 0


def test_a_file_is_confirmed_every_180_days_and_nothing_ends_by_itself(cast, files, months):
    owner = cast.team("social_worker")
    signed_in(cast.social_worker, 400)
    with shifted(164 * DAY):  # late in the evening it is a day more where summer time has begun by then
        look_at_the_clock()
    assert value("SELECT count(*) FROM casework_task WHERE kind = 'confirm_access'") == 0
    with shifted(170 * DAY):
        look_at_the_clock()
        look_at_the_clock()
        assert (
            value("SELECT count(*) FROM casework_task WHERE kind = 'confirm_access' AND child_id = %s", files["Mira"])
            == 1
        )
        assert (
            value("SELECT count(*) FROM casework_task WHERE kind = 'confirm_access' AND child_id = %s", files["Closed"])
            == 0
        )
        confirm(child_id=files["Mira"], owner=owner, by=cast.social_worker, reason="still ours")
        look_at_the_clock()
        with acting(cast.social_worker):
            assert not Task.objects.filter(child_id=files["Mira"], kind="confirm_access", state=Task.State.OPEN)
            assert Grant.objects.get(child_id=files["Mira"], basis="ownership").confirmed == clock.now()
    with shifted(200 * DAY):
        look_at_the_clock()
        look_at_the_clock()
    late = "SELECT count(*) FROM casework_notice WHERE kind = 'confirmation_late' AND child_id = %s AND person_id = %s"
    assert value(late, files["Waiting"], cast.supervisor.pk) == 1
    assert value(late, files["Waiting"], cast.social_worker.pk) == 0
    assert value(late, files["Mira"], cast.supervisor.pk) == 0
    with shifted(399 * DAY):
        assert S.CARE in held(cast.social_worker, files["Waiting"])


@pytest.mark.parametrize("name", ["ngo_worker", "stranger", "investigator"])
def test_nobody_but_the_owner_confirms(cast, files, name):
    with pytest.raises((Refused, DatabaseError)):
        confirm(child_id=files["Mira"], owner=cast.team(name), by=getattr(cast, name))
    with pytest.raises(Refused):
        confirm(child_id=files["Mira"], owner=cast.team("social_worker"), by=getattr(cast, name))


def planted(cast, files, **audience):
    values = {"view": [1], "basis": "assignment", "reason": "x", "begins": clock.now(), "until": FOREVER}
    Grant(child_id=files["Mira"], **{"given_by": cast.social_worker} | values | audience).save()


@pytest.fixture
def night(cast, owner):
    """A second team of the social workers' agency."""
    from portal.accounts import actions as accounts

    with owner(), world.stamping(world.Stamp(None, "test")):
        return accounts.register_team(agency=cast.social_worker.agency, name="Night team")


def test_a_team_of_the_own_agency_may_have_access_without_an_end_and_is_confirmed_with_the_file(cast, files, night):
    values = {
        "child_id": files["Mira"],
        "sections": {S.SUMMARY: VIEW},
        "owner": cast.team("social_worker"),
        "reason": "nights",
    }
    grant = give(until=FOREVER, team=night, by=cast.social_worker, **values)
    assert grant.accepted
    done = confirm(child_id=files["Mira"], owner=cast.team("social_worker"), by=cast.social_worker)
    assert {one.basis for one in done} == {"ownership", "assignment"}
    for audience in ({"team": cast.team("stranger")}, {"person": cast.supervisor}):
        with pytest.raises(NotPossible):
            give(until=FOREVER, by=cast.social_worker, **values, **audience)
        with pytest.raises(DatabaseError, match="row-level security"), acting(cast.social_worker, reason="x"):
            planted(cast, files, **audience)


def test_the_page_confirms_one_or_several(cast, files, browse, months):
    for person in (cast.social_worker, cast.supervisor, cast.stranger):
        signed_in(person, 400)
    with shifted(170 * DAY):
        client, page = browse(cast.social_worker), reverse("desk:confirmations")
        look_at_the_clock()
        assert f'href="{page}"' in client.get("/").content.decode()
        rows = client.get(page).context["rows"]
        names = {row["child"].code_name for row in rows}
        assert {"Mira", "Waiting"} <= names
        assert "Closed" not in names
        assert client.post(page, {"once": "a"}).context["form"].errors["files"] == ["Tick at least one file."]
        ticked = [files["Mira"], files["Waiting"]]
        superior = browse(cast.supervisor)  # told when it is late, and reads what is; a worker confirms
        seen = superior.get(page).context["rows"]
        assert ({row["child"].code_name for row in seen}, {row["may_confirm"] for row in seen}) == (names, {False})
        assert "files" in superior.post(page, {"files": ticked, "once": "s"}).context["form"].errors
        assert client.post(page, {"files": ticked, "once": "b"}).status_code == 302
        left = {row["child"].code_name for row in client.get(page).context["rows"]}
        assert left == names - {"Mira", "Waiting"}
        assert browse(cast.stranger).get(page).context["rows"] == []
        with acting(cast.social_worker):
            assert not to_confirm(cast.social_worker).filter(child_id=files["Mira"]).exists()


def test_an_agency_that_confirms_sooner_finds_on_the_page_what_its_task_asks_for(cast, files, owner, browse, months):
    signed_in(cast.social_worker, 400)
    with owner(), world.stamping(world.Stamp(None, "test")):
        rule = DueRule.objects.get(code="confirm_access", agency=None)
        own = {"code": rule.code, "title": rule.title, "unit": rule.unit, "sentence": "every 90 days"}
        DueRule(**own, amount=90, agency=cast.social_worker.agency).save(force_insert=True)
    with shifted(80 * DAY):
        look_at_the_clock()
        asked = "SELECT count(*) FROM casework_task WHERE kind = 'confirm_access' AND child_id = %s"
        assert value(asked, files["Mira"]) == 1
        found = browse(cast.social_worker).get(reverse("desk:confirmations")).context["rows"]
        assert (clock.now().date() + 10 * DAY) in {row["due"] for row in found if row["child"].pk == files["Mira"]}


def test_what_a_team_inside_has_without_an_end_is_passed_on_for_180_days_at_most(cast, files, browse, night, owner):
    with owner(), world.stamping(world.Stamp(None, "set-up")):
        una = world.accounts.register_person(
            email="una@example.org", given_name="Una", family_name="Neves", agency=night.agency, roles=["social_worker"]
        )
        world.accounts.join_team(person=una, team=night)
    team, last = cast.team("social_worker"), last_moment(cast.team("social_worker"))
    parent = give(
        child_id=files["Mira"], sections={S.SUMMARY: VIEW, S.CARE: VIEW}, until=FOREVER, team=night, owner=team,
        by=cast.social_worker, reason="x", onward=True,
    )  # fmt: skip
    client = browse(cast.una)
    assert "no end" in client.get(reverse("desk:access")).content.decode()
    page = reverse("victims:pass_on", args=[files["Mira"], parent.pk]) + f"?agency={cast.stranger.agency_id}"
    assert (
        client.get(page).context["form"].fields["until"].initial
        == last.astimezone(zoneinfo.ZoneInfo(team.agency.time_zone)).date()
    )
    given = {"parent": parent, "sections": {S.SUMMARY: VIEW}, "owner": team, "by": cast.una, "reason": "x"}
    with pytest.raises(NotPossible, match="180 days"):
        pass_on(until=FOREVER, team=cast.team("stranger"), **given)
    grant = accept(grant=pass_on(until=clock.now() + DAY, team=cast.team("stranger"), **given), by=cast.stranger)
    with pytest.raises(NotPossible, match="Choose a day from"):
        renew(grant=grant, until=last + DAY, owner=team, by=cast.una, reason="x")
    with acting(cast.una):
        assert_refused("UPDATE access_grant SET until = until + interval '300 days' WHERE id = %s", grant.pk)
    with pytest.raises(DatabaseError, match="row-level security"), acting(cast.una, reason="x"):
        planted(cast, files, basis="referral", team=cast.team("stranger"), parent=parent, given_by=cast.una)


def test_renewing_from_the_page_takes_two_clicks(cast, files, browse):
    grant = grant_of(cast, files, "ngo_worker")
    client = browse(cast.social_worker)
    rows = client.get(reverse("victims:who", args=[files["Mira"]])).context["holders"]
    url = next(row["renew_url"] for row in rows if row["agency"] == "Casa Aurora")
    form = client.get(url).context["form"]
    first = {name: form[name].value() for name in ("view", "until", "reason")}
    assert client.post(url, first | {"once": "a"}).status_code == 302
    with acting(cast.social_worker):
        assert Grant.objects.get(pk=grant.pk).until == last_moment(cast.team("social_worker"))
    assert isinstance(first["until"], datetime.date)
    assert browse(cast.shelter_worker).get(url).status_code == 404


def test_the_holder_asks_from_the_page(cast, files, browse):
    client = browse(cast.ngo_worker)
    rows = client.get(reverse("victims:who", args=[files["Mira"]])).context["holders"]
    url = next(row["ask_url"] for row in rows if row["ask_url"])
    assert client.post(url, {"once": "a"}).status_code == 302
    seen = client.get(reverse("victims:who", args=[files["Mira"]]))
    assert not any(row["ask_url"] for row in seen.context["holders"])
    assert "The owner has not answered yet." in seen.content.decode()
    again = client.post(url, {"once": "b"}, follow=True).content.decode()
    assert "Ask again after a day." in again
    assert value("SELECT count(*) FROM casework_task WHERE kind = 'renew_access' AND child_id = %s", files["Mira"]) == 1
