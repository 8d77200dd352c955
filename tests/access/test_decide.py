"""decide() against an oracle of its own: the published matrix, written out by hand, and the gates in their order."""

import datetime
import itertools
import uuid
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.access.decide import Decision, Facts, Held, PersonFacts, Write, decide
from portal.access.roles import may_open_file, rules, stages_for, works_with_files
from portal.access.sections import Level, Section, Stage
from tests.attacks import attack

NOW = datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC)
HOUR = datetime.timedelta(hours=1)
POLICE = {"analyst", "investigator"}

# The matrix of the published page. Letters: s summary, i identity, w whereabouts, h health, t therapy, c care, l legal,
# n investigation, p suspects; capitals may be written. Columns: stages 1-3 (sought, located, rescue planned),
# 4-5 (rescued, in care), 6 (follow-up), 7-8 (closed, deceased).
MATRIX = {
    "analyst": ("siNP", "iN", "", ""),
    "investigator": ("SINPWL", "siNPL", "Pl", "P"),
    "intake": ("S", "S", "S", "s"),
    "social_worker": ("s", "SIWCLh", "SIWCLh", "sCW"),
    "shelter_worker": ("", "sCW", "", ""),
    "clinician": ("", "siHT", "HT", "ht"),
    "ngo_worker": ("", "sCiwhtl", "sCiwhtl", ""),
    "privacy_officer": ("s", "s", "s", "s"),
    "supervisor": ("", "", "", ""),
    "agency_admin": ("", "", "", ""),
    "auditor": ("", "", "", ""),
    "registrar": ("", "", "", ""),
    "operator": ("", "", "", ""),
}
LETTERS = dict(zip("siwhtclnp", Section, strict=True))
COLUMN = {1: 0, 2: 0, 3: 0, 4: 1, 5: 1, 6: 2, 7: 3, 8: 3}


def reaches(roles, section, level, stage):
    """Whether one of the roles reaches the section at the stage, by the matrix above."""
    letter = next(letter for letter, one in LETTERS.items() if one == section)
    cells = "".join(MATRIX[role][COLUMN[stage]] for role in roles)
    return letter.upper() in cells or (level == Level.VIEW and letter in cells)


def expected(facts, section, level):
    """The same question, asked of the matrix: may this person, with these rows, see or change this section?"""
    person = facts.person
    if not person.is_active or not person.is_certified or facts.in_conflict or facts.is_sealed_away:
        return False
    if section.name in ("WHEREABOUTS", "HEALTH", "THERAPY") and person.code_age >= 4 * HOUR:
        return False
    overseen = person.team_roles if "supervisor" in person.roles and level == Level.VIEW else frozenset()
    roles = person.roles | overseen
    rows = [row for row in facts.rows.get((section, level), ()) if row.until > NOW and not row.cut]
    if any(reaches(roles, section, level, row.stage) for row in rows):
        return True
    opened = section == Section.INVESTIGATION or (section, level) == (Section.SUMMARY, Level.VIEW)
    return bool(facts.open_at and person.roams and opened and reaches(roles, section, level, facts.open_at))


roles = st.frozensets(st.sampled_from(sorted(MATRIX)), max_size=3)
ages = st.sampled_from([-HOUR, 0 * HOUR, 4 * HOUR - datetime.timedelta(microseconds=1), 4 * HOUR, 9 * HOUR])
people = st.builds(
    PersonFacts,
    is_active=st.booleans(),
    is_certified=st.booleans(),
    roles=roles,
    team_roles=roles,
    roams=st.booleans(),
    code_age=ages,
)
stages = st.sampled_from(list(Stage))
ends = st.sampled_from([NOW - HOUR, NOW, NOW + HOUR])
held = st.lists(st.builds(Held, until=ends, stage=stages, cut=st.sampled_from(["", "no_agreement"])), max_size=3).map(
    tuple
)
keys = st.tuples(st.sampled_from(list(Section)), st.sampled_from(list(Level)))
every_facts = st.builds(
    Facts,
    person=people,
    rows=st.dictionaries(keys, held, max_size=6),
    open_at=st.none() | stages,
    in_conflict=st.booleans(),
    is_sealed_away=st.booleans(),
)


# How long a try takes says something of the machine, nothing of the decision.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@patient
@given(every_facts)
def test_decision_agrees_with_the_matrix_whatever_the_facts(facts):
    for section in Section:
        for level in Level:
            decision = decide(facts, section, level, NOW)
            assert decision.allowed == expected(facts, section, level), decision
            assert decision.reason
            assert bool(decision.basis) == decision.allowed


@patient
@given(every_facts)
def test_closed_lapsed_conflicted_or_sealed_away_never_passes(facts):
    shut = not facts.person.is_active or not facts.person.is_certified or facts.in_conflict or facts.is_sealed_away
    answers = [decide(facts, section, level, NOW) for section in Section for level in Level]
    assert not (shut and any(answers))


@patient
@given(every_facts, st.sampled_from(list(Section)))
@attack("D21")
def test_whoever_may_change_a_section_may_read_it_by_the_same_row(facts, section):
    rows = dict(facts.rows) | {(section, Level.VIEW): facts.rows.get((section, Level.CHANGE), ())}
    both = replace(facts, rows=rows)
    if decide(both, section, Level.CHANGE, NOW):
        assert decide(both, section, Level.VIEW, NOW)


def test_roles_table_is_the_matrix():
    found = {
        (role.value, section, level, stage)
        for (role, section, level), mask in rules().items()
        for stage in Stage
        if mask >> stage & 1
    }
    assert found == {
        (role, section, level, stage)
        for role in MATRIX
        for section in Section
        for level in Level
        for stage in Stage
        if reaches([role], section, level, stage)
    }


GOOD = PersonFacts(True, True, frozenset({"ngo_worker"}))
ROW = {(Section.CARE, Level.VIEW): (Held(NOW + HOUR, Stage.RESCUED),)}
REASONS = {
    "account_closed": Facts(PersonFacts(False, True, GOOD.roles), ROW),
    "certificate_lapsed": Facts(PersonFacts(True, False, GOOD.roles), ROW),
    "conflict_of_interest": Facts(GOOD, ROW, None, True),
    "role_never": Facts(PersonFacts(True, True, frozenset({"auditor"})), ROW),
    "no_grant": Facts(GOOD),
    "legal_basis_ended": Facts(
        GOOD, {(Section.CARE, Level.VIEW): (Held(NOW + HOUR, Stage.RESCUED, None, "legal_basis_ended"),)}
    ),
    "grant_ended": Facts(GOOD, {(Section.CARE, Level.VIEW): (Held(NOW, Stage.RESCUED),)}),
    "role_not_in_emergency": Facts(GOOD, {(Section.CARE, Level.VIEW): (Held(NOW + HOUR, 0),)}),
    "role_not_at_closed": Facts(GOOD, {(Section.CARE, Level.VIEW): (Held(NOW + HOUR, Stage.CLOSED),)}),
}


@pytest.mark.parametrize("reason", REASONS)
def test_every_refusal_says_why(reason):
    decision = decide(REASONS[reason], Section.CARE, Level.VIEW, NOW)
    assert (decision.allowed, decision.reason) == (False, reason)


OLD = replace(GOOD, code_age=4 * HOUR)
HEALTH = {(Section.HEALTH, Level.VIEW): (Held(NOW + HOUR, Stage.RESCUED),)}
# From the last gate to the first: each fact shuts the one before which all the others are open.
ONE_BY_ONE = [
    ("version_not_current", {}, {}),
    ("conflict_of_interest", {"in_conflict": True}, {}),
    ("sealed", {"is_sealed_away": True}, {}),
    ("no_grant", {"is_sealed_away": False, "rows": {}}, {}),
    ("role_never", {}, {"roles": frozenset({"auditor"})}),
    ("certificate_lapsed", {}, {"is_certified": False}),
    ("code_not_fresh", {}, {"code_age": 4 * HOUR}),
    ("account_closed", {}, {"is_active": False}),
]


@attack("D09")  # the gate behind the page: where the wall is open, the decision is not
def test_gates_are_asked_in_their_order():
    """Whatever else is shut as well, the first gate names the reason."""
    facts = Facts(GOOD, HEALTH)
    assert decide(facts, Section.HEALTH, Level.VIEW, NOW, Write())
    for reason, of_file, of_person in ONE_BY_ONE:
        facts = replace(facts, person=replace(facts.person, **of_person), **of_file)
        made = decide(facts, Section.HEALTH, Level.VIEW, NOW, Write(version_is_current=False, step_is_allowed=False))
        assert (made.allowed, made.reason) == (False, reason)


@pytest.mark.parametrize("section", Section)
def test_an_old_code_shuts_three_sections_and_no_other(section):
    rows = {(section, Level.VIEW): (Held(NOW + HOUR, Stage.RESCUED),)}
    reached = stages_for({"ngo_worker"}, set(), section, Level.VIEW) >> Stage.RESCUED & 1
    shut = section in (Section.WHEREABOUTS, Section.HEALTH, Section.THERAPY)
    assert bool(decide(Facts(OLD, rows), section, Level.VIEW, NOW)) == (bool(reached) and not shut)
    assert bool(decide(Facts(GOOD, rows), section, Level.VIEW, NOW)) == bool(reached)


@pytest.mark.parametrize(("write", "reason"), [
    (None, "granted"), (Write(), "granted"), (Write(version_is_current=False), "version_not_current"),
    (Write(step_is_allowed=False), "step_not_allowed"), (Write(False, False), "version_not_current"),
])  # fmt: skip
def test_a_save_needs_the_version_that_stands_and_a_step_that_leads_on(write, reason):
    assert decide(Facts(GOOD, ROW), Section.CARE, Level.VIEW, NOW, write).reason == reason


def test_a_seal_is_named_where_its_rows_are_gone_and_only_for_a_role_that_reaches_the_section():
    away = Facts(GOOD, {}, is_sealed_away=True)
    assert decide(away, Section.CARE, Level.VIEW, NOW).reason == "sealed"
    assert decide(away, Section.SUSPECTS, Level.VIEW, NOW).reason == "role_never"


@pytest.mark.parametrize(("role", "stage", "may"), [
    ("analyst", Stage.SOUGHT, True), ("analyst", Stage.LOCATED, False), ("investigator", Stage.RESCUE_PLANNED, True),
    ("investigator", Stage.RESCUED, False), ("social_worker", Stage.RESCUED, True), ("social_worker", Stage.SOUGHT, False),
    ("shelter_worker", Stage.IN_CARE, False), ("intake", Stage.FOLLOW_UP, True), ("auditor", Stage.SOUGHT, False),
])  # fmt: skip
def test_opening_a_file_follows_who_writes_its_summary(role, stage, may):
    assert may_open_file({role}, stage) is may


# Everything below leaves nothing to chance: each of these was once a fault that no test found (tests/access/mutants.py).


def test_a_row_or_an_open_file_opens_at_each_stage_what_the_matrix_says():
    for role, section, level, stage in itertools.product(MATRIX, Section, Level, Stage):
        person, reached = PersonFacts(True, True, frozenset({role})), reaches([role], section, level, stage)
        row = Facts(person, {(section, level): (Held(NOW + HOUR, stage),)})
        assert decide(row, section, level, NOW).allowed == reached, (role, section, level, stage)
        opened = section == Section.INVESTIGATION or (section, level) == (Section.SUMMARY, Level.VIEW)
        roams = replace(person, roams=True)
        assert decide(Facts(roams, {}, stage), section, level, NOW).allowed == (reached and opened)
        assert not decide(Facts(person, {}, stage), section, level, NOW)


def test_a_supervisor_reads_what_the_roles_of_the_team_read_and_writes_none_of_it():
    for role, section, level, stage in itertools.product(MATRIX, Section, Level, Stage):
        person = PersonFacts(True, True, frozenset({"supervisor"}), frozenset({role, "supervisor"}))
        facts = Facts(person, {(section, level): (Held(NOW + HOUR, stage),)})
        assert decide(facts, section, level, NOW).allowed == (
            level == Level.VIEW and reaches([role], section, level, stage)
        )
        both = replace(facts, person=replace(person, roles=frozenset({"supervisor", "intake"})))
        assert decide(both, section, level, NOW).allowed == (
            (level == Level.VIEW and reaches([role], section, level, stage))
            or reaches(["intake"], section, level, stage)
        )


def test_a_yes_names_its_grant_or_the_open_file():
    grant = uuid.UUID(int=7)
    row = {(Section.CARE, Level.VIEW): (Held(NOW + HOUR, Stage.RESCUED, grant),)}
    assert decide(Facts(GOOD, row), Section.CARE, Level.VIEW, NOW) == Decision(True, "granted", f"grant {grant}")
    analyst = PersonFacts(True, True, frozenset({"analyst"}), roams=True)
    made = decide(Facts(analyst, {}, Stage.SOUGHT), Section.SUMMARY, Level.VIEW, NOW)
    assert made == Decision(True, "open_file", "open file")


def test_a_no_names_the_stage_of_the_first_row_that_has_not_ended():
    rows = (Held(NOW, Stage.SOUGHT), Held(NOW + HOUR, Stage.CLOSED), Held(NOW + HOUR, Stage.DECEASED))
    made = decide(Facts(GOOD, {(Section.CARE, Level.VIEW): rows}), Section.CARE, Level.VIEW, NOW)
    assert made == Decision(False, "role_not_at_closed", "")


def test_a_code_opens_for_four_hours_to_the_moment():
    for age, opens in ((4 * HOUR - datetime.timedelta(microseconds=1), True), (4 * HOUR, False)):
        facts = Facts(replace(GOOD, code_age=age), HEALTH)
        assert bool(decide(facts, Section.HEALTH, Level.VIEW, NOW)) == opens


@pytest.mark.parametrize("role", MATRIX)
def test_who_works_with_files_is_who_has_a_part_of_them_and_supervises(role):
    keeps = {"privacy_officer", "agency_admin", "auditor", "registrar", "operator"}
    assert works_with_files([role]) == (role not in keeps)
