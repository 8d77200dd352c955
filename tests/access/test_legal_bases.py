"""What allows access: each section stands on a legal basis, and what stood on one that has ended is over at once."""

import pytest
from django.db import DatabaseError

from portal.access.actions import accept, give
from portal.access.identity import Refused, acting
from portal.access.legal_bases import add_basis, end_basis
from portal.access.models import Grant, LegalBasis, LegalKind
from portal.access.opens import file_lines
from portal.access.rights import check, sections_open
from portal.access.sections import Level, Section
from portal.audit import clock
from portal.casework.workflow import NotPossible
from tests.attacks import attack
from tests.oversight import register_overseers
from tests.statements import assert_refused, run, value
from tests.world import DAY
from victims.models import CareEntry, HealthEntry

S = Section


@pytest.fixture
def operator(cast):
    register_overseers(cast)
    return cast.operator


def held(person, child_id):
    with acting(person):
        return set(sections_open(person, child_id))


def offer(cast, files, *sections, **more):
    return give(
        child_id=files["Follow"], until=clock.now() + 30 * DAY, owner=cast.team("social_worker"), by=cast.social_worker,
        reason="needed", sections=dict.fromkeys((S.SUMMARY, *sections), Level.VIEW), team=cast.team("stranger"), **more,
    )  # fmt: skip


def basis(operator, code):
    with acting(operator):
        return LegalBasis.objects.get(code=code)


def test_every_grant_names_its_legal_basis(cast, files):
    assert value("SELECT count(*) FROM access_grant WHERE legal_basis = ''") == 0
    assert (
        value("SELECT legal_basis FROM access_grant WHERE child_id = %s AND basis = 'ownership'", files["Mira"])
        == "mandate"
    )


@attack("D23")
def test_an_offer_on_a_basis_that_ended_names_no_file_any_more(cast, files, operator):
    offer(cast, files, S.CARE, legal_basis="consent")
    with acting(cast.stranger):
        assert list(file_lines([files["Follow"]])) == [files["Follow"]]
    end_basis(basis=basis(operator, "consent"), by=operator, reason="withdrawn")
    with acting(cast.stranger):
        assert file_lines([files["Follow"]]) == {}


@attack("D24")
def test_what_stands_on_an_ended_basis_is_over_at_once_section_by_section(cast, files, operator):
    grant = offer(cast, files, S.CARE, S.HEALTH, legal_basis="duty", legal_by_section={"4": "consent"})
    accept(grant=grant, by=cast.stranger)
    assert held(cast.stranger, files["Follow"]) == {S.SUMMARY, S.CARE, S.HEALTH}
    end_basis(basis=basis(operator, "consent"), by=operator, reason="withdrawn")
    assert held(cast.stranger, files["Follow"]) == {S.SUMMARY, S.CARE}
    with acting(cast.stranger):
        assert not HealthEntry.objects.filter(child_id=files["Follow"]).exists()
        assert CareEntry.objects.filter(child_id=files["Follow"]).exists()
        with pytest.raises(Refused, match="legal_basis_ended"):
            check(cast.stranger, files["Follow"], S.HEALTH)
        with pytest.raises(Refused, match="no_grant"):
            check(cast.stranger, files["Follow"], S.LEGAL)
    end_basis(basis=basis(operator, "duty"), by=operator, reason="repealed")
    assert held(cast.stranger, files["Follow"]) == set()
    with acting(cast.stranger), pytest.raises(Refused, match="legal_basis_ended"):
        check(cast.stranger, files["Follow"], S.SUMMARY)


def test_other_access_that_still_stands_opens_the_same_sections(cast, files, operator):
    for code in ("consent", "court_order"):
        accept(grant=offer(cast, files, S.CARE, legal_basis=code), by=cast.stranger)
    end_basis(basis=basis(operator, "consent"), by=operator, reason="withdrawn")
    assert held(cast.stranger, files["Follow"]) == {S.SUMMARY, S.CARE}


@pytest.mark.parametrize(
    ("code", "words"), [("mandate", "iles are owned"), ("vital", "mergency access stands on this legal basis")]
)
def test_a_basis_on_which_files_are_owned_or_opened_in_an_emergency_does_not_end(cast, files, operator, code, words):
    with pytest.raises(NotPossible, match=words):
        end_basis(basis=basis(operator, code), by=operator, reason="x")
    ending = "UPDATE access_legalbasis SET ended = app_now(), end_reason = 'x', version = version + 1 WHERE code = %s"
    with acting(operator):
        assert_refused(ending, code, match=words)


@pytest.mark.parametrize(
    ("sections", "more", "field", "words"),
    [
        ((S.CARE,), {"legal_basis": "no-such"}, "legal_basis", "has ended"),
        ((S.SUSPECTS,), {"legal_basis": "consent"}, "legal_basis", "may not stand for: Suspects"),
        (
            (S.CARE, S.LEGAL),
            {"legal_by_section": {"6": "investigation"}},
            "legal_basis_beside",
            "may not stand for: Care",
        ),
    ],
)
def test_a_basis_that_does_not_fit_names_the_field_and_the_section(cast, files, sections, more, field, words):
    with pytest.raises(NotPossible, match=words) as wrong:
        offer(cast, files, *sections, **more)
    assert wrong.value.field == field


@pytest.mark.parametrize(
    "more",
    [
        {"legal_basis": "no-such"},
        {"legal_basis": "consent", "view": [1, 9]},
        {"legal_by_section": {"6": "no-such"}},
        {"legal_by_section": {"6": "investigation"}},
    ],
)
def test_the_wall_takes_no_access_without_a_fitting_basis(cast, files, more):
    now = clock.now()
    values = {
        "child_id": files["Follow"],
        "team": cast.team("stranger"),
        "basis": "referral",
        "reason": "x",
        "view": [1, 6],
    }
    values |= {"begins": now, "until": now + DAY, "given_by": cast.social_worker, "legal_basis": "duty"}
    with pytest.raises(DatabaseError, match="row-level security"), acting(cast.social_worker, reason="x"):
        Grant(**values | more).save()


def test_a_basis_that_has_ended_gives_nothing_new(cast, files, operator):
    end_basis(basis=basis(operator, "assent"), by=operator, reason="x")
    with pytest.raises(NotPossible, match="has ended"):
        offer(cast, files, legal_basis="assent")


@pytest.mark.parametrize("name", ["social_worker", "supervisor", "stranger"])
def test_nobody_but_the_operator_ends_a_basis(cast, files, operator, name):
    person = getattr(cast, name)
    with pytest.raises(Refused):
        end_basis(basis=basis(operator, "duty"), by=person, reason="x")
    with pytest.raises(Refused):
        add_basis(label="x", label_ar="", kind=LegalKind.STATUTE, sections=[1], by=person)
    with acting(person):
        assert run("UPDATE access_legalbasis SET ended = app_now(), end_reason = 'x', version = version + 1") == 0


def test_a_new_basis_gets_a_code_of_its_own(cast, files, operator):
    first, second = (
        add_basis(label="Children Act", label_ar="", kind=LegalKind.STATUTE, sections=[6, 1], by=operator)
        for _n in range(2)
    )
    assert (first.code, second.code, first.sections) == ("children-act", "children-act-2", [1, 6])
    accept(grant=offer(cast, files, S.CARE, legal_basis="children-act"), by=cast.stranger)
    assert held(cast.stranger, files["Follow"]) == {S.SUMMARY, S.CARE}
