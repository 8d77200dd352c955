"""What an agency has signed that it may receive caps what it is given: before the gift, at the wall, and when it changes."""

import datetime

import pytest
from django.db import DatabaseError

from portal.access.actions import accept, give, transfer
from portal.access.agreements import agreement_of, end_agreement, sign_agreement
from portal.access.identity import Refused, acting
from portal.access.models import Grant
from portal.access.rights import check, sections_open
from portal.access.sections import Level, Section
from portal.accounts.models import Agreement
from portal.audit import clock
from portal.casework.clock import today
from portal.casework.workflow import NotPossible
from tests.oversight import register_overseers
from tests.statements import assert_refused, run, value
from tests.world import DAY
from victims.models import CareEntry, Child

S = Section


@pytest.fixture
def operator(cast):
    register_overseers(cast)
    return cast.operator


def sign(operator, agency, *sections, days=365):
    return sign_agreement(
        agency=agency, sections=sections, signed_on=today(agency.time_zone), until=today(agency.time_zone) + days * DAY,
        by=operator, reason="signed",
    )  # fmt: skip


def held(person, child_id):
    with acting(person):
        return set(sections_open(person, child_id))


def offer(cast, files, *sections, to="stranger", **more):
    audience = {} if "person" in more else {"team": cast.team(to)}
    return give(
        child_id=files["Follow"], until=clock.now() + 30 * DAY, owner=cast.team("social_worker"), by=cast.social_worker,
        reason="needed", sections=dict.fromkeys((S.SUMMARY, *sections), Level.VIEW), **audience | more,
    )  # fmt: skip


def ended(operator, agency):
    with acting(operator):
        agreement = agreement_of(agency)
    return end_agreement(agreement=agreement, by=operator, reason="left the network")


def test_an_agency_receives_no_section_that_its_agreement_leaves_out(cast, files, operator):
    sign(operator, cast.stranger.agency, S.SUMMARY, S.CARE)
    with pytest.raises(NotPossible, match="agreement of Open Door does not cover: Health") as wrong:
        offer(cast, files, S.CARE, S.HEALTH)
    assert wrong.value.field == "view"
    with pytest.raises(NotPossible, match="agreement of Open Door does not cover: Legal"):
        offer(cast, files, S.LEGAL, team=None, person=cast.stranger)
    accept(grant=offer(cast, files, S.CARE), by=cast.stranger)
    assert held(cast.stranger, files["Follow"]) == {S.SUMMARY, S.CARE}


def test_an_agency_without_an_agreement_receives_nothing(cast, files, operator):
    ended(operator, cast.stranger.agency)
    with pytest.raises(NotPossible, match="Open Door has no agreement in force"):
        offer(cast, files)
    with acting(cast.social_worker):
        child = Child.objects.select_related("owner__agency").get(pk=files["Follow"])
    with pytest.raises(NotPossible, match="no agreement in force"):
        transfer(child=child, team=cast.team("stranger"), by=cast.social_worker, reason="x")


def test_the_wall_holds_gifts_to_the_agreement(cast, files, operator):
    sign(operator, cast.stranger.agency, S.SUMMARY, S.CARE)
    for view in ([1, 4], [1, 2, 6]):
        with pytest.raises(DatabaseError, match="row-level security"), acting(cast.social_worker, reason="x"):
            raw(cast, files, view=view)
    with acting(cast.social_worker, reason="x"):
        raw(cast, files, view=[1, 6])


def raw(cast, files, **more):
    now = clock.now()
    values = {"child_id": files["Follow"], "team": cast.team("stranger"), "basis": "referral", "reason": "x"}
    Grant(**values | {"begins": now, "until": now + DAY, "given_by": cast.social_worker} | more).save()


def test_an_agreement_that_ends_closes_what_was_given_and_a_new_one_opens_it_again(cast, files, operator):
    agency = cast.ngo_worker.agency
    assert held(cast.ngo_worker, files["Mira"]) == {S.SUMMARY, S.CARE}
    ended(operator, agency)
    assert held(cast.ngo_worker, files["Mira"]) == set()
    with acting(cast.ngo_worker):
        assert not CareEntry.objects.filter(child_id=files["Mira"]).exists()
        with pytest.raises(Refused, match="no_agreement"):
            check(cast.ngo_worker, files["Mira"], S.CARE)
    sign(operator, agency, S.SUMMARY)
    assert held(cast.ngo_worker, files["Mira"]) == {S.SUMMARY}
    sign(operator, agency, *Section)
    assert held(cast.ngo_worker, files["Mira"]) == {S.SUMMARY, S.CARE}
    assert value("SELECT count(*) FROM accounts_agreement WHERE agency_id = %s AND ended IS NULL", agency.pk) == 1


def test_named_people_are_held_to_the_agreement_of_their_agency(cast, files, operator):
    assert S.THERAPY in held(cast.clinician, files["Mira"])
    sign(operator, cast.clinician.agency, S.SUMMARY, S.HEALTH)
    assert held(cast.clinician, files["Mira"]) == {S.SUMMARY, S.HEALTH}


def test_access_ends_with_the_agreement_at_the_latest(cast, files, operator):
    sign(operator, cast.ngo_worker.agency, *Section, days=3)
    until = "SELECT max(valid_until) FROM access_childgrouppermission r JOIN accounts_team t ON t.group_id = r.group_id"
    last = value(until + " WHERE t.id = %s AND content_object_id = %s", cast.team("ngo_worker").pk, files["Mira"])
    assert last == value(
        "SELECT until FROM accounts_agreement WHERE agency_id = %s AND ended IS NULL", cast.ngo_worker.agency_id
    )
    assert last < clock.now() + 4 * DAY


def test_the_owner_and_its_own_agency_need_no_agreement(cast, files, operator):
    before = held(cast.social_worker, files["Mira"])
    ended(operator, cast.social_worker.agency)
    assert held(cast.social_worker, files["Mira"]) == before
    grant = offer(cast, files, S.CARE, to="supervisor")
    assert grant.accepted


@pytest.mark.parametrize("name", ["social_worker", "supervisor", "stranger"])
def test_nobody_but_the_operator_signs_or_ends_an_agreement(cast, files, operator, name):
    person = getattr(cast, name)
    with acting(person):
        agreement = agreement_of(cast.stranger.agency)
    with pytest.raises(Refused):
        sign(person, cast.stranger.agency, *Section)
    with pytest.raises(Refused):
        end_agreement(agreement=agreement, by=person, reason="x")
    with acting(person):
        assert run("UPDATE accounts_agreement SET ended = app_now(), end_reason = 'x', version = version + 1") == 0
        assert_refused(
            "INSERT INTO accounts_agreement SELECT (jsonb_populate_record(a, jsonb_build_object('id', uuidv7()))).*"
            " FROM accounts_agreement a LIMIT 1", match="row-level security|one_agreement",
        )  # fmt: skip


@pytest.mark.parametrize(
    "change", ["sections = '{1}'", "until = '9999-01-01'", "agency_id = agency_id, signed_on = '2020-01-01'"]
)
def test_what_was_signed_stays(cast, operator, change):
    with acting(operator):
        agreement = agreement_of(cast.stranger.agency)
        statement = f"UPDATE accounts_agreement SET {change}, version = version + 1 WHERE id = %s"
        assert_refused(statement, agreement.pk, match="stays as it was signed")


@pytest.mark.parametrize(
    ("sections", "signed", "days", "field"),
    [([S.CARE], 0, 9, "sections"), ([S.SUMMARY], 1, 9, "signed_on"), ([S.SUMMARY], 0, -1, "until")],
)
def test_an_agreement_that_cannot_be_names_its_field(cast, operator, sections, signed, days, field):
    agency = cast.stranger.agency
    day = today(agency.time_zone)
    with pytest.raises(NotPossible) as wrong:
        sign_agreement(
            agency=agency,
            sections=sections,
            signed_on=day + signed * DAY,
            until=day + days * DAY,
            by=operator,
            reason="x",
        )
    assert wrong.value.field == field
    assert isinstance(day, datetime.date)
    with acting(operator):
        assert Agreement.objects.filter(agency=agency).count() == 1
