"""Limits that stand in Python and in the database as well: each pair says the same."""

import datetime
import re

import pytest

from portal.access import (
    actions,
    decide,
    emergency,
    erasing,
    evidence_holds,
    extracts,
    going_on,
    jobs,
    links,
    retention,
    seals,
    training,
    unusual,
)
from portal.access.identity import acting
from portal.access.roles import FILE_WORKERS
from portal.accounts.roles import CERTIFIED_ROLES, Role
from portal.casework import code_names, drafts
from referrals.models import referrals
from shelters import actions as shelters
from shelters import licences
from tests.people.conftest import set_account
from tests.statements import rows, value
from victims import claims, disclosures, import_files, match_review
from victims.models import Disclosure

DAY = datetime.timedelta(days=1)
# The limit, the function of the database, and its words around the figure, or the interval, that says the same.
LIMITS = [
    (actions.LONGEST, "within_180_days", "::date + {}"),
    (claims.HOURS, "match_claimed", "at + {}"),
    (decide.FRESH_FOR, "fresh_for", "RETURN {}"),
    (disclosures.KEPT, "disclosure_fixed", "at + {}"),
    (drafts.KEPT_FOR, "drop_old_drafts", "app_now() - {}"),
    (emergency.LASTS, "is_of_emergency", "at + {}"),
    (emergency.MOST_UNREVIEWED, "open_in_emergency", "reviewed IS NULL) >= {}"),
    (emergency.REVIEWED_WITHIN, "emergency_fixed", "at + {}"),
    (evidence_holds.LONGEST + DAY, "hold_fixed", "at::date + {}"),  # a day more: the browser may be a day ahead
    (extracts.ALONE, "extract_fixed", "access.files_taken(NEW.files) <= {}"),
    (going_on.AHEAD, "ask_to_confirm", "d.day - {}"),
    (import_files.LONGEST, "open_job", "'job', {}"),
    (jobs.PUBLISH_AGAIN, "jobs_to_publish", "app_now() - {}"),
    (links.DAYS * DAY, "invitation_kept", "app_now() + {}"),
    (licences.ALLOWED, "licence_forbids", "app_now() - {}"),
    (match_review.FARTHEST, "near_media", "wanted) <= {}"),
    (referrals.CLAIM, "recipient_may", "before.claimed <= at - {}"),
    (retention.LONGEST + DAY, "longer_fixed", "at::date + {}"),
    (seals.FEWEST, "may_ask_seal", "cardinality(keepers) >= {}"),
    (shelters.HOLD, "placement_fixed", "at + {}"),
    (shelters.HOLD, "placement_fixed", "upper(OLD.during) + {}"),
    (training.GRACE, "is_trained", "at - {}"),
    (training.GRACE, "person", "at - {}"),
    (training.GRACE, "remind_of_training", "min(n.since) + {}"),
    (unusual.MOST, "unusual_looks", "least(most, {})"),
]


def code_of(function):
    """The function as it stands in the database."""
    return value("SELECT prosrc FROM pg_proc WHERE oid = to_regproc(%s)", f"access.{function}")


def figures(words, function):
    """The figures between these words, whole days as an interval where the limit is one."""
    figure = r"(?:interval '([^']+)'|(\d+))"
    return re.findall(re.escape(words).replace(r"\{\}", figure), code_of(function))


@pytest.mark.parametrize(("limit", "function", "words"), LIMITS)
def test_the_database_says_the_same(db, limit, function, words):
    is_time = isinstance(limit, datetime.timedelta)
    said = {
        value("SELECT %s::interval", interval or f"{number} days") if is_time else int(number)
        for interval, number in figures(words, function)
    }
    assert said == {limit}


def test_hours_to_answer_a_referral_are_those_of_the_database(db):
    said = re.findall(r"ARRAY\[([\d, ]+)\]\)\[r\.urgency\]", code_of("may_send"))
    assert [[int(hours) for hours in found.split(",")] for found in said] == [
        [referrals.HOURS[urgency] for urgency in sorted(referrals.HOURS)]
    ]


@pytest.mark.parametrize(
    ("function", "words", "sections"),
    [("is_of_emergency", "given <@", emergency.OPENED), ("reads_disclosure", "parts &&", decide.NEED_CODE)],
)
def test_sections_are_those_of_the_database(db, function, words, sections):
    said = re.findall(rf"{words} '\{{([\d,]+)\}}'", code_of(function))
    assert [sorted(map(int, found.split(","))) for found in said] == [sorted(sections)]


def test_jobs_of_others_are_those_of_the_database(db):
    assert set(re.findall(r"kind <> '(\w+)'", code_of("cancel_job"))) == jobs.FOR_OTHERS


@pytest.mark.parametrize("kind", Disclosure.Kind)
def test_decisions_on_a_paper_are_those_of_the_database(db, kind):
    assert value("SELECT access.decisions_needed(%s)", kind) == sorted(map(str, disclosures.ROLES[kind]))


@pytest.mark.parametrize("role", Role)
def test_who_works_with_files_and_decides_is_said_by_the_database_too(cast, role):
    person = cast.investigator if role in CERTIFIED_ROLES else cast.supervisor  # who has the training
    set_account(person, roles=[role])
    with acting(person):
        assert value("SELECT access.works_with_files()") == (role in FILE_WORKERS)
        assert value("SELECT access.decides_seals()") == (role in seals.DECIDERS)
        found = re.findall(r"'erasure' THEN access.has_role\('([^']+)'\)", code_of("may_answer"))
        assert [value("SELECT access.has_role(%s::varchar[])", roles) for roles in found] == [role in erasing.APPROVERS]


def test_listed_code_names_are_those_of_the_database(db):
    assert dict(rows("SELECT english, arabic FROM access.listed_names()")) == code_names.WORDS
