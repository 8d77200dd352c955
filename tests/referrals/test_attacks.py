"""What a query under the application's role, with somebody's sign-in, cannot do to a referral or learn from it."""

import pytest

from portal.access.identity import Refused, acting
from portal.access.legal_bases import end_basis
from portal.access.models import LegalBasis
from portal.access.rights import sections_open
from portal.access.sections import Section
from portal.casework.models import Document
from portal.casework.workflow import NotPossible
from referrals import actions
from referrals.models import Brief, Referral
from tests.attacks import attack
from tests.oversight import register_overseers
from tests.referrals.conftest import entered, opening
from tests.statements import assert_refused, rows, run, value
from tests.world import declare
from victims.models import CareEntry

S = Section


@pytest.mark.parametrize("change", ["view = '{1,2,6}'", "change = '{1}'", "until = until + interval '180 days'"])
@pytest.mark.parametrize("who", ["ngo_worker", "social_worker"])
def test_nobody_widens_the_access_of_a_referral(cast, accepted, who, change):
    referral = accepted()
    with acting(getattr(cast, who), reason="x"):
        assert_refused(f"UPDATE access_grant SET {change} WHERE id = %s", referral.grant_id, match="never changed")


@pytest.mark.parametrize(
    "change", ["until = until + interval '9 days'", "grant_id = NULL", "to_team_id = from_team_id"]
)
@pytest.mark.parametrize("who", ["ngo_worker", "social_worker"])
def test_nobody_changes_what_a_referral_opens_and_to_whom(cast, accepted, who, change):
    referral = accepted()
    with acting(getattr(cast, who), reason="x"):
        assert_refused(f"UPDATE referrals_referral SET {change} WHERE id = %s", referral.pk, match="not this person's")


@pytest.mark.parametrize("change", ["view = '{1,2,6}'", "why = 'x'", "referral_id = referral_id"])
def test_the_recipient_writes_nothing_into_the_brief(cast, accepted, change):
    referral = accepted()
    with acting(cast.ngo_worker, reason="x"):
        assert_refused(f"UPDATE referrals_brief SET {change} WHERE id = %s", referral.pk, match="while its referral")


@attack("D23")
def test_ended_access_is_not_opened_again(cast, accepted):
    referral = actions.take_back(referral=accepted(), name="revoke", by=cast.social_worker, reason="x")
    for person in (cast.ngo_worker, cast.social_worker):
        with acting(person, reason="x"):
            opened = "UPDATE access_grant SET ended = NULL, ended_by_id = NULL, end_reason = '' WHERE id = %s"
            assert_refused(opened, referral.grant_id, match="never changed")
            assert_refused("UPDATE referrals_referral SET state = 4, closed = NULL WHERE id = %s", referral.pk)
    with acting(cast.ngo_worker):
        assert sections_open(cast.ngo_worker, referral.child_id) == []


@attack("D23")
def test_after_it_was_revoked_the_recipient_reads_neither_brief_nor_letter(cast, accepted):
    referral = accepted()
    ordered = actions.order_letter(referral=referral, language="en", by=cast.social_worker)
    actions.take_back(referral=referral, name="revoke", by=cast.social_worker, reason="x")
    with acting(cast.ngo_worker):
        assert Referral.objects.filter(pk=referral.pk).exists()
        for found in (Brief.objects, Brief.history, Document.objects.filter(pk=ordered.pk), CareEntry.objects):
            assert not found.filter(child_id=referral.child_id).exists()


@attack("D23")
def test_the_brief_closes_with_what_allowed_its_access(cast, accepted):
    register_overseers(cast)
    referral = accepted()
    with acting(cast.ngo_worker):
        assert Brief.objects.filter(pk=referral.pk).exists()
    code = value("SELECT legal_basis FROM access_grant WHERE id = %s", referral.grant_id)
    with acting(cast.operator):
        basis = LegalBasis.objects.get(code=code)
    end_basis(basis=basis, by=cast.operator, reason="withdrawn")
    with acting(cast.ngo_worker):
        assert not Brief.objects.filter(pk=referral.pk).exists()


DECLINE = "UPDATE referrals_referral SET state = 6, decline = 'no_place', closed = app_now() WHERE id = %s"
WAIT = "UPDATE referrals_referral SET state = 5, decline = 'no_place', answer = 'x' WHERE id = %s"
CLAIM = "UPDATE referrals_referral SET state = 3, claimed = app_now(), claimed_by_id = access.person() WHERE id = %s"


@pytest.mark.parametrize("statement", [DECLINE, WAIT, CLAIM], ids=["decline", "wait", "claim"])
def test_nothing_is_answered_after_it_was_accepted(cast, accepted, statement):
    referral = accepted()
    with acting(cast.ngo_worker, reason="x"):
        assert_refused(statement, referral.pk, match="not this person's")
    for act in ({"act": actions.decline, "why": "no_place"}, {"act": actions.wait, "why": "", "answer": "x"}):
        with pytest.raises(NotPossible, match="accepted this at"):
            act.pop("act")(referral=referral, by=cast.ngo_worker, **act)


def test_two_referrals_to_one_team_open_together_only_what_each_opens_while_it_lives(cast, files, accepted):
    other = entered(cast, name="Schooling", kind="education")
    care, legal = accepted("Ended"), accepted("Ended", to=other, view=(S.LEGAL,), change=())
    open_to = lambda: sections_open(cast.ngo_worker, files["Ended"])  # noqa: E731
    with acting(cast.ngo_worker):
        assert open_to() == [S.SUMMARY, S.CARE, S.LEGAL]
    actions.take_back(referral=care, name="revoke", by=cast.social_worker, reason="x")
    with acting(cast.ngo_worker):
        assert open_to() == [S.SUMMARY, S.LEGAL]
        assert [brief.pk for brief in Brief.objects.all()] == [legal.pk]
    actions.finish(referral=legal, attended=True, outcome="done", by=cast.ngo_worker)
    with acting(cast.ngo_worker):
        assert open_to() == []


def test_one_grant_serves_one_referral(cast, files, sent, drafted):
    first = sent("Ended")
    second = drafted("Ended", to=entered(cast, name="Schooling", kind="education"))
    with acting(cast.social_worker, reason="x"):
        assert_refused(
            "UPDATE referrals_referral r SET state = 2, sent = app_now(), until = f.until, grant_id = f.grant_id,"
            " answer_by = app_now() + interval '24 hours' FROM referrals_referral f WHERE f.id = %s AND r.id = %s",
            first.pk, second.pk,
        )  # fmt: skip


def test_a_conflict_of_interest_closes_a_referral_that_was_accepted_before(cast, files, accepted):
    referral = accepted("Ended")
    declare(cast.ngo_worker, files["Ended"])
    with acting(cast.ngo_worker, reason="x"):
        for model in (Referral, Brief):
            assert not model.objects.exists()
            assert not model.history.exists()
        assert run("UPDATE referrals_referral SET state = 7 WHERE id = %s", referral.pk) == 0


def test_a_referral_to_somebody_in_conflict_names_the_child_in_no_notice(cast, sent):
    actions.remind(referral=sent("Conflict"), by=cast.social_worker)
    told = "SELECT words, child_id FROM casework_notice WHERE person_id = %s AND kind LIKE 'referral%%'"
    assert rows(told, cast.ngo_worker.pk) == [(["A. Ferreira"], None)] * 2


def test_the_recipient_gives_nothing_on(cast, accepted):
    referral = accepted()
    with acting(cast.ngo_worker, reason="x"):
        assert_refused(
            "INSERT INTO access_grant SELECT (jsonb_populate_record(g, jsonb_build_object('id', uuidv7(), 'team_id', %s::text,"
            " 'given_by_id', access.person(), 'accepted', NULL, 'accepted_by_id', NULL, 'parent_id', g.id))).*"
            " FROM access_grant g WHERE g.id = %s", str(cast.team("stranger").pk), referral.grant_id,
            match="row-level security",
        )  # fmt: skip


def test_another_team_sends_no_draft_to_itself(cast, drafted):
    draft = drafted()
    team = cast.team("stranger").pk
    with acting(cast.stranger, reason="x"):
        assert run("UPDATE referrals_referral SET to_team_id = %s WHERE id = %s", team, draft.pk) == 0
    with acting(cast.social_worker, reason="x"):
        assert_refused("UPDATE referrals_referral SET from_team_id = %s WHERE id = %s", team, draft.pk)


def test_a_draft_is_not_sent_with_access_that_was_given_for_something_else(cast, files, drafted):
    """Neither with access of another file, nor with access that somebody else gave, nor with access that is open."""
    draft = drafted("Ended")
    grants = {
        "other file": value(
            "SELECT id FROM access_grant WHERE child_id = %s AND accepted IS NULL LIMIT 1", files["Waiting"]
        ),
        "owner": value("SELECT id FROM access_grant WHERE child_id = %s AND basis = 'ownership'", files["Ended"]),
    }
    with acting(cast.social_worker, reason="x"):
        for grant in grants.values():
            assert_refused(
                "UPDATE referrals_referral r SET state = 2, sent = app_now(), until = g.until, grant_id = g.id,"
                " answer_by = app_now() + interval '24 hours' FROM access_grant g WHERE g.id = %s AND r.id = %s",
                grant, draft.pk, match="not this person's",
            )  # fmt: skip


def test_a_referral_is_not_sent_by_who_may_change_nothing_of_the_file(cast, drafted):
    with pytest.raises(Refused):
        actions.send(referral=drafted(), opened=opening(), by=cast.supervisor)
