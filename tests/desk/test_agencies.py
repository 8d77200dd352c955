"""Agencies by pages: registered, renamed, switched off and on; what only the first day allows; and its list."""

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from portal.access import operating
from portal.access.actions import accept
from portal.access.holders import holders_of
from portal.access.identity import Refused, acting
from portal.access.legal_bases import end_basis
from portal.access.models import LegalBasis
from portal.access.rights import can
from portal.access.sections import Section
from portal.accounts.models import Agency, Team
from portal.accounts.zones import zone_choices, zones_of
from portal.audit import clock
from portal.casework.workflow import NotPossible
from tests.access.test_onward import given, held, passed
from tests.attacks import attack
from tests.oversight import register_overseers
from tests.posted import form_with
from tests.statements import assert_refused, count_events, run, value
from tests.world import DAY

NEW = {"name": "Blue House", "kind": "ngo", "country": "AT", "time_zone": "Europe/Vienna"}


@pytest.fixture
def operator(cast):
    register_overseers(cast)
    return cast.operator


@pytest.fixture
def desk(operator, browse):
    return browse(operator)


def register(desk, **answers):
    page = reverse("desk:new_agency")
    return desk.post(page, form_with(desk.get(page), "country") | {"name": "Blue House", "kind": "ngo"} | answers)


def test_an_agency_is_registered_with_its_intake_desk_and_the_zone_of_its_country(desk, operator):
    done = register(desk, country="AT")
    assert done.status_code == 302, done.context["form"].errors
    agency = Agency.objects.get(name="Blue House")
    assert agency.time_zone == "Europe/Vienna"
    team = Team.objects.get(agency=agency)
    assert (team.is_intake, team.group.name) == (True, str(team.pk))
    assert team.history.get().history_user_id == operator.pk
    assert "Blue House" in desk.get(done.url).content.decode()


def test_where_a_country_has_several_zones_they_are_offered_first(desk):
    answer = register(desk, country="PT")
    text = answer.content.decode()
    assert "The country has 3 time zones" in text
    assert 'value="Blue House"' in text
    assert text.index("Atlantic/Azores") < text.index("Africa/Abidjan")
    assert register(desk, country="PT", time_zone="Atlantic/Azores").status_code == 302
    assert Agency.objects.get(name="Blue House").time_zone == "Atlantic/Azores"


def test_every_zone_of_a_country_is_one_that_an_agency_can_have():
    assert zones_of("DE") == ["Europe/Berlin", "Europe/Busingen"]
    assert zones_of("") == []
    groups = zone_choices("DE")
    assert [label for _name, label in groups[1][1]] == ["Europe/Berlin", "Europe/Busingen"]
    assert len(zone_choices("")) > 400


def test_each_answer_that_is_missing_is_named(desk):
    text = register(desk, name="", kind="", country="").content.decode()
    for sentence in ("Enter the name of the agency.", "Choose what kind of agency it is.", "Choose the country."):
        assert sentence in text


def test_an_agency_gets_another_name_and_keeps_its_kind(desk, cast):
    agency = cast.stranger.agency
    page = reverse("desk:change_agency", args=[agency.pk])
    form = form_with(desk.get(page), "name") | {"name": "Open Gate", "kind": "police", "reason": "renamed"}
    assert desk.post(page, form).status_code == 302
    agency.refresh_from_db()
    assert (agency.name, agency.kind) == ("Open Gate", "ngo")
    assert count_events(kind="unasked fields") == 1  # the kind


@attack("D08")
def test_switching_off_ends_sign_ins_and_access_at_once(desk, cast, files, browse, operator):
    agency, ngo = cast.ngo_worker.agency, browse(cast.ngo_worker)
    assert ngo.get(reverse("victims:child", args=[files["Mira"]])).status_code == 200
    page = reverse("desk:switch_agency", args=[agency.pk])
    text = desk.get(page).content.decode()
    assert "signed out now" in text
    assert desk.post(page, form_with(desk.get(page), "reason") | {"reason": "left the network"}).status_code == 302
    assert ngo.get(reverse("victims:child", args=[files["Mira"]])).status_code == 302
    operating.switch_on(agency=agency, by=operator, reason="came back")
    assert ngo.get(reverse("desk:home")).status_code == 302  # signs in anew
    again = type(cast)().ngo_worker
    with acting(again):
        assert can(again, files["Mira"], Section.CARE)


def test_what_rests_comes_back_as_far_as_it_would_have_lasted_and_no_further(cast, files, operator):
    parent = given(cast, files, legal_basis="consent")
    accept(grant=passed(cast, parent), by=cast.stranger)
    assert held(cast.stranger, files["Follow"])
    before = held(cast.ngo_worker, files["Follow"])
    agency = operating.switch_off(agency=cast.ngo_worker.agency, by=operator, reason="laptops were stolen")
    assert held(cast.stranger, files["Follow"]) == set()  # what others have from it rests as well
    line = "SELECT max(valid_until) FROM access_childgrouppermission WHERE grant_id = %s"
    assert value(line, parent.pk) is None
    with acting(cast.social_worker):
        holder = next(one for one in holders_of(files["Follow"]) if one.grant.pk == parent.pk)
        assert (holder.given, holder.people) == ([], [])
    with acting(operator):
        duty = LegalBasis.objects.get(code="duty")
    end_basis(basis=duty, by=operator, reason="another law")
    operating.switch_on(agency=agency, by=operator, reason="new laptops")
    again = type(cast)().ngo_worker
    assert held(again, files["Follow"]) == before
    assert held(again, files["Mira"]) == set()  # on the legal basis that ended meanwhile
    assert value(line, parent.pk) == parent.until


def test_an_agency_that_owns_files_stays_on_and_the_page_says_what_to_do(desk, cast):
    agency = cast.social_worker.agency
    page = reverse("desk:switch_agency", args=[agency.pk])
    answer = desk.post(page, form_with(desk.get(page), "reason") | {"reason": "left the network"})
    assert "Ask its administrators to have each transferred to another agency first." in answer.content.decode()
    agency.refresh_from_db()
    assert agency.is_active


def test_nobody_switches_the_own_agency_off(operator):
    with pytest.raises(NotPossible):
        operating.switch_off(agency=operator.agency, by=operator, reason="bye")


def test_nobody_else_keeps_agencies(cast):
    for act in (operating.switch_off, operating.switch_on):
        with pytest.raises(Refused):
            act(agency=cast.ngo_worker.agency, by=cast.supervisor, reason="mine")
    with pytest.raises(Refused):
        operating.register_agency(values=NEW, by=cast.supervisor, reason="mine")


def test_from_the_first_file_on_an_operator_makes_no_team(cast, desk, operator):
    assert desk.get(reverse("desk:new_team", args=[cast.ngo_worker.agency_id])).status_code == 404
    with pytest.raises(Refused):
        operating.register_team(agency=cast.ngo_worker.agency, name="Mine", by=operator, reason="mine")
    with acting(operator):
        team = Team(agency=cast.ngo_worker.agency, name="mine", group_id=value("SELECT min(id) FROM auth_group"))
        with pytest.raises(DatabaseError, match="made by an administrator of its agency"), transaction.atomic():
            team.save(force_insert=True)


ADD = """INSERT INTO accounts_agency (id, version, name, kind, country, time_zone, therapy, is_active)
  VALUES (uuidv7(), 1, 'x', 'ngo', 'PT', 'UTC', false, true)"""


@attack("D18", "D38")
def test_a_query_of_somebody_else_changes_no_agency(cast):
    with acting(cast.supervisor):
        assert_refused(ADD, match="row-level security")
        assert run("UPDATE accounts_agency SET is_active = false, version = version + 1") == 0
        assert run("SELECT access.owns_anything(%s)", cast.supervisor.agency_id) == 1
        assert_refused("SELECT access.make_group(uuidv7())", match="made by administrators")
    assert run("UPDATE accounts_agency SET name = 'mine'") == 0  # signed in as nobody


def test_a_query_of_the_operator_changes_no_kind_and_switches_off_no_owner(cast, operator):
    change = "UPDATE accounts_agency SET {}, version = version + 1 WHERE id = %s"
    with acting(operator):
        for what, agency, words in (
            ("kind = 'police'", cast.stranger.agency_id, "kind and country"),
            ("is_active = false", cast.social_worker.agency_id, "owns files"),
            ("is_active = false", operator.agency_id, "owns files"),
        ):
            assert_refused(change.format(what), agency, match=words)


@attack("D31")
def test_an_operator_is_nothing_else(cast, operator, owner):
    with owner():
        assert_refused(
            "UPDATE accounts_person SET roles = '{operator,social_worker}' WHERE id = %s",
            operator.pk,
            match="an_operator_is_nothing_else",
        )


def test_the_list_of_the_first_day_is_for_those_who_oversee(cast, operator, browse):
    for name, status in (("auditor", 200), ("operator", 200), ("privacy_officer", 200), ("social_worker", 404)):
        assert browse(getattr(cast, name)).get(reverse("desk:first_day")).status_code == status, name
    with acting(cast.social_worker):
        assert run("SELECT * FROM access.first_day_acts()") == 0


def test_what_is_done_after_the_first_file_is_not_of_the_first_day(cast, operator, browse):
    operating.register_agency(values=NEW, by=operator, reason="new")
    assert "Blue House" not in browse(cast.auditor).get(reverse("desk:first_day")).content.decode()
    assert value("SELECT count(*) FROM accounts_agency WHERE name = 'Blue House'") == 1


def test_an_agreement_is_signed_and_ended_on_pages(desk, cast, files, browse):
    agency = cast.ngo_worker.agency
    page = reverse("desk:sign_agreement", args=[agency.pk])
    today = clock.now().date()
    answers = {"sections": ["1"], "signed_on": today, "until": today + 30 * DAY}
    done = desk.post(page, form_with(desk.get(page), "signed_on") | answers)
    assert done.status_code == 302, done.context["form"].errors
    assert "Summary" in desk.get(done.url).content.decode()
    ngo, care = browse(cast.ngo_worker), reverse("victims:section", args=[files["Mira"], "care"])
    assert ngo.get(care).status_code == 403  # cut to the summary
    end = reverse("desk:end_agreement", args=[agency.pk])
    assert desk.post(end, form_with(desk.get(end), "reason") | {"reason": "cancelled"}).status_code == 302
    assert ngo.get(care).status_code == 404
    assert "None in force" in desk.get(reverse("desk:agency", args=[agency.pk])).content.decode()


def test_what_an_agreement_cannot_hold_stands_beside_its_field(desk, cast):
    page = reverse("desk:sign_agreement", args=[cast.ngo_worker.agency_id])
    answers = {"sections": ["6"], "signed_on": "2020-01-01", "until": "2020-02-01"}
    answer = desk.post(page, form_with(desk.get(page), "signed_on") | answers)
    assert "sections" in answer.context["form"].errors
    assert 'value="2020-02-01"' in answer.content.decode()


def test_an_administrator_of_a_new_agency_is_asked_for_once_there_is_a_file(desk, cast):
    page = f"{reverse('desk:invite')}?agency={cast.stranger.agency_id}"
    assert page in desk.get(reverse("desk:agency", args=[cast.stranger.agency_id])).content.decode()
    assert desk.get(page).context["form"]["agency"].value() == str(cast.stranger.agency_id)
    names = {
        "given_name": "Ilse",
        "family_name": "Gruber",
        "email": "ilse@example.net",
        "reason": "first of the agency",
    }
    done = desk.post(page, form_with(desk.get(page), "email") | names)
    assert done.status_code == 302, done.context["form"].errors
    assert "Waits for a second person" in desk.get(done.url).content.decode()
    assert done.url in desk.get(reverse("desk:agency", args=[cast.stranger.agency_id])).content.decode()
    assert "email" in desk.post(page, form_with(desk.get(page), "email") | names).context["form"].errors
