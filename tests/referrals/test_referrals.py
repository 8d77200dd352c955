"""A referral from its draft to its end: what each side may do, what opens, what nobody learns."""

import datetime

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from portal.access.actions import accept as accept_grant
from portal.access.actions import end as end_grant
from portal.access.actions import live_grants
from portal.access.identity import Refused, acting
from portal.access.opens import file_lines
from portal.access.rights import can, sections_open
from portal.access.sections import Level, Section, Stage
from portal.audit.events import NotRecorded
from portal.audit.kinds import shifted
from portal.casework.workflow import NotPossible
from referrals import actions, directory, inbox
from referrals.models import Brief, Referral
from referrals.workflow import ReferralState
from tests import world
from tests.attacks import attack
from tests.referrals.conftest import ASK, entered, opening
from tests.statements import assert_refused, last_event, run, value
from victims.actions import take_step

HOUR = datetime.timedelta(hours=1)
BROKEN = "REVOKE INSERT ON audit_event FROM app"
S = Section


def state(referral):
    return value("SELECT state FROM referrals_referral WHERE id = %s", referral.pk)


def later(cast, *names):
    """Let sign-ins outlive the hours that a test moves the clock by."""
    for name in names:
        person = getattr(cast, name)
        world.outlive(person, 200 * world.DAY)


def told(person, kind):
    """Return the words of the newest notice of this kind."""
    return value(
        "SELECT words FROM casework_notice WHERE person_id = %s AND kind = %s ORDER BY id DESC LIMIT 1", person.pk, kind
    )


def grant_of(referral, column):
    return value(f"SELECT {column} FROM access_grant WHERE id = %s", referral.grant_id)


# --- drafting and sending -------------------------------------------------------------------------------------------


def test_a_draft_copies_the_card_from_the_summary_and_tells_nobody(cast, drafted):
    referral = drafted()
    assert (referral.sex, referral.age_band, referral.state) == (2, "6-11", ReferralState.DRAFT)
    assert referral.number.startswith("R-")
    assert value("SELECT count(*) FROM casework_notice WHERE subject_id = %s", referral.pk) == 0
    with acting(cast.ngo_worker):
        assert not Referral.objects.exists()


@pytest.mark.parametrize("who", ["ngo_worker", "stranger", "clinician"])
def test_who_does_not_own_the_file_refers_no_child_and_the_refusal_is_recorded(cast, drafted, who):
    with pytest.raises(Refused):
        drafted("Mira", by=who)
    assert last_event(person_id=getattr(cast, who).pk)["outcome"] == "refused"
    assert value("SELECT count(*) FROM referrals_referral") == 0


def test_sending_starts_the_clock_and_offers_exactly_the_sections(cast, sent):
    referral = sent(view=(S.CARE, S.LEGAL), change=(S.CARE,))
    assert referral.answer_by - referral.sent == 24 * HOUR
    assert (grant_of(referral, "view"), grant_of(referral, "change")) == ([1, 6, 7], [6])
    assert (grant_of(referral, "basis"), grant_of(referral, "legal_basis")) == ("referral", "consent")
    assert grant_of(referral, "accepted IS NULL AND ended IS NULL")
    assert grant_of(referral, "until") == referral.until


def test_sending_tells_the_recipient_no_name_and_no_kind_of_service(cast, sent):
    sent()
    assert told(cast.ngo_worker, "referral_sent") == ["A. Ferreira"]
    assert value("SELECT child_id FROM casework_notice WHERE kind = 'referral_sent'") is None


def test_nothing_is_sent_when_the_event_cannot_be_written(cast, drafted, owner):
    referral = drafted()
    with owner():
        run(BROKEN)
    with pytest.raises(NotRecorded):
        actions.send(referral=referral, opened=opening(S.CARE), by=cast.social_worker)
    assert state(referral) == ReferralState.DRAFT
    assert value("SELECT count(*) FROM access_grant WHERE reason = %s", referral.number) == 0


def test_a_sent_referral_is_not_sent_again(cast, sent):
    referral = sent()
    with pytest.raises(NotPossible, match="stands at: Sent, not answered"):
        actions.send(referral=referral, opened=opening(S.CARE), by=cast.social_worker)


def test_a_second_live_referral_of_one_child_to_one_service_is_refused(cast, sent, drafted):
    referral = sent()
    with pytest.raises(NotPossible, match=referral.number):
        drafted()


def test_after_a_referral_expired_a_new_one_closes_it(cast, sent):
    later(cast, "social_worker", "ngo_worker")
    old = sent(days=2)
    with shifted(3 * world.DAY):
        with pytest.raises(NotPossible, match="expired on"):
            actions.claim(referral=old, by=cast.ngo_worker)
        sent()
    assert state(old) == ReferralState.EXPIRED


def test_a_full_service_takes_only_what_cannot_wait(cast, service, drafted):
    until = (actions.clock.now() + 9 * world.DAY).date()
    directory.fill_up(service=service, until=until, by=cast.ngo_worker)
    with acting(cast.social_worker):
        full = type(service).objects.select_related("team").get(pk=service.pk)
    with pytest.raises(NotPossible, match="is full until"):
        drafted(to=full)
    urgent = actions.Ask(**{**vars(ASK), "urgency": 2})
    assert drafted(to=full, ask=urgent).state == ReferralState.DRAFT


def test_a_team_refers_no_child_to_itself(cast, drafted):
    own = entered(cast, by="social_worker", name="Ours")
    with pytest.raises(NotPossible, match="Add a next step"):
        drafted(to=own)


def test_therapy_is_not_given_with_a_referral(cast, drafted):
    with pytest.raises(NotPossible, match="named person"):
        actions.send(referral=drafted(), opened=opening(S.THERAPY), by=cast.social_worker)


# --- before accepting -----------------------------------------------------------------------------------------------


@attack("D23")
def test_before_accepting_the_recipient_reads_the_card_and_nothing_of_the_file(cast, files, sent):
    referral = sent()
    with acting(cast.ngo_worker):
        assert Referral.objects.get(pk=referral.pk).first_line == ASK.first_line
        assert not Brief.objects.exists()
        assert file_lines([files["Ended"]]) == {}
        assert sections_open(cast.ngo_worker, files["Ended"]) == []


@attack("D23")
def test_neither_stranger_nor_others_on_the_file_read_the_referral(cast, sent):
    sent("Mira")
    for name in ("stranger", "clinician", "shelter_worker", "investigator"):
        with acting(getattr(cast, name)):
            assert not Referral.objects.exists(), name
            assert not Brief.objects.exists(), name
            assert not Referral.history.exists(), name


def test_who_is_in_conflict_with_the_child_reads_no_referral(cast, sent):
    sent("Conflict")
    with acting(cast.ngo_worker):
        assert not Referral.objects.exists()


@attack("D23")
def test_access_that_comes_with_a_referral_is_accepted_by_accepting_it_alone(cast, sent):
    referral = sent()
    with pytest.raises(Refused):
        accept_grant(grant=referral.grant, by=cast.ngo_worker)
    with acting(cast.ngo_worker):
        assert_refused(
            "UPDATE access_grant SET accepted = app_now(), accepted_by_id = %s WHERE id = %s",
            cast.ngo_worker.pk, referral.grant_id, match="by that act",
        )  # fmt: skip


@attack("D23")
def test_my_work_of_the_recipient_offers_no_access_that_comes_with_a_referral(cast, sent, browse):
    before = browse(cast.ngo_worker).get(reverse("desk:home")).content.decode()
    sent("Short")
    text = browse(cast.ngo_worker).get(reverse("desk:home")).content.decode()
    assert text.count("offers your team access") == before.count("offers your team access")
    assert "Short" not in text


# --- claiming -------------------------------------------------------------------------------------------------------


def test_a_claim_lasts_four_hours_and_returns_by_itself(cast, sent):
    later(cast, "social_worker", "ngo_worker")
    referral = actions.claim(referral=sent(), by=cast.ngo_worker)
    with acting(cast.ngo_worker):
        assert inbox.count_to_claim(cast.ngo_worker) == 0
    with shifted(4 * HOUR), acting(cast.ngo_worker):
        assert inbox.count_to_claim(cast.ngo_worker) == 1
        assert actions.claim(referral=referral, by=cast.ngo_worker).is_claimed


def test_a_claim_that_runs_is_not_taken_over(cast, sent):
    referral = actions.claim(referral=sent(), by=cast.ngo_worker)
    with pytest.raises(NotPossible, match=r"M\. Haddad claimed this at"):
        actions.claim(referral=referral, by=cast.ngo_worker)


@pytest.mark.parametrize("who", ["stranger", "social_worker"])
def test_who_is_not_the_recipient_claims_nothing_and_the_refusal_is_recorded(cast, sent, who):
    referral = sent()
    with pytest.raises(Refused):
        actions.claim(referral=referral, by=getattr(cast, who))
    assert last_event(person_id=getattr(cast, who).pk)["outcome"] == "refused"
    assert state(referral) == ReferralState.SENT


# --- answers --------------------------------------------------------------------------------------------------------


def test_accepting_opens_exactly_the_previewed_sections_until_the_date(cast, files, sent):
    later(cast, "social_worker", "ngo_worker")
    referral = sent(view=(S.CARE, S.LEGAL), change=(S.CARE,), days=30)
    actions.accept(referral=referral, worker=cast.ngo_worker, first_on=None, by=cast.ngo_worker)
    with acting(cast.ngo_worker):
        assert sections_open(cast.ngo_worker, files["Ended"]) == [S.SUMMARY, S.CARE, S.LEGAL]
        assert sections_open(cast.ngo_worker, files["Ended"], Level.CHANGE) == [S.CARE]
        assert Brief.objects.get(referral=referral).asked == ASK.asked
    with shifted(31 * world.DAY), acting(cast.ngo_worker):
        assert sections_open(cast.ngo_worker, files["Ended"]) == []
        assert not Brief.objects.exists()
        assert Referral.objects.filter(pk=referral.pk).exists()


def test_accepting_tells_the_sender_by_the_code_name(cast, accepted):
    accepted()
    assert told(cast.social_worker, "referral_accepted") == ["M. Haddad", "Ended"]


def test_the_second_to_accept_reads_who_accepted_and_when(cast, accepted):
    referral = accepted()
    with pytest.raises(NotPossible, match=r"M\. Haddad accepted this at .* your team has the file"):
        actions.accept(referral=referral, worker=cast.ngo_worker, first_on=None, by=cast.ngo_worker)


def test_work_is_given_to_somebody_of_the_team(cast, sent):
    with pytest.raises(NotPossible, match="somebody of your team"):
        actions.accept(referral=sent(), worker=cast.stranger, first_on=None, by=cast.ngo_worker)


def test_nothing_is_accepted_when_the_event_cannot_be_written(cast, files, sent, owner):
    referral = sent()
    with owner():
        run(BROKEN)
    with pytest.raises(NotRecorded):
        actions.accept(referral=referral, worker=cast.ngo_worker, first_on=None, by=cast.ngo_worker)
    assert state(referral) == ReferralState.SENT
    assert grant_of(referral, "accepted IS NULL")


def test_access_ended_before_the_answer_is_not_accepted(cast, sent):
    referral = sent()
    end_grant(grant=referral.grant, owner=cast.team("social_worker"), by=cast.social_worker, reason="changed our mind")
    with pytest.raises(NotPossible, match="Ring the sender"):
        actions.accept(referral=referral, worker=cast.ngo_worker, first_on=None, by=cast.ngo_worker)


def test_declining_ends_the_offer_and_names_no_child(cast, files, sent):
    referral = actions.decline(referral=sent(), why="no_place", by=cast.ngo_worker, reason="declined")
    assert (state(referral), referral.decline) == (ReferralState.DECLINED, "no_place")
    assert grant_of(referral, "ended IS NOT NULL AND accepted IS NULL")
    assert told(cast.social_worker, "referral_answered") == ["M. Haddad"]
    with acting(cast.social_worker):
        assert referral.grant_id not in {grant.pk for grant in live_grants(files["Ended"])}


def test_declining_asks_why(cast, sent):
    with pytest.raises(NotPossible, match="Choose why"):
        actions.decline(referral=sent(), why="", by=cast.ngo_worker)


def test_when_you_could_puts_it_on_the_waiting_list_where_it_is_accepted_later(cast, files, sent):
    referral = actions.wait(referral=sent(), why="no_place", answer="in about 3 weeks", by=cast.ngo_worker)
    assert state(referral) == ReferralState.WAITING
    assert grant_of(referral, "ended IS NULL AND accepted IS NULL")
    actions.accept(referral=referral, worker=cast.ngo_worker, first_on=None, by=cast.ngo_worker)
    with acting(cast.ngo_worker):
        assert can(cast.ngo_worker, files["Ended"], S.CARE)


# --- afterwards -----------------------------------------------------------------------------------------------------


def test_the_result_reaches_the_sender_and_ends_the_access(cast, files, accepted):
    referral = actions.start(referral=accepted(), by=cast.ngo_worker)
    done = actions.finish(referral=referral, attended=True, outcome="sleeps better", by=cast.ngo_worker)
    assert (done.state, done.outcome) == (ReferralState.COMPLETED, "sleeps better")
    assert told(cast.social_worker, "referral_result") == ["M. Haddad", "Ended"]
    with acting(cast.ngo_worker):
        assert sections_open(cast.ngo_worker, files["Ended"]) == []


def test_not_attended_is_an_end_of_its_own(cast, accepted):
    done = actions.finish(referral=accepted(), attended=False, outcome="nobody came", by=cast.ngo_worker)
    assert done.state == ReferralState.NOT_ATTENDED


def test_no_result_before_accepting(cast, sent):
    with pytest.raises(NotPossible, match="stands at: Sent"):
        actions.finish(referral=sent(), attended=True, outcome="x", by=cast.ngo_worker)


@pytest.mark.parametrize(("name", "end"), [("withdraw", ReferralState.WITHDRAWN), ("revoke", ReferralState.REVOKED)])
def test_the_sender_takes_it_back_and_the_access_ends_at_once(cast, files, accepted, name, end):
    referral = actions.take_back(referral=accepted(), name=name, by=cast.social_worker, reason="placed elsewhere")
    assert (state(referral), referral.close_reason) == (end, "placed elsewhere")
    assert told(cast.ngo_worker, "referral_taken_back") == ["A. Ferreira", "Ended"]
    with acting(cast.ngo_worker):
        assert sections_open(cast.ngo_worker, files["Ended"]) == []


def test_what_is_taken_back_before_the_answer_names_no_child(cast, sent):
    actions.take_back(referral=sent(), name="revoke", by=cast.social_worker, reason="placed elsewhere")
    assert told(cast.ngo_worker, "referral_taken_back_unnamed") == ["A. Ferreira"]


def test_the_recipient_takes_nothing_back(cast, sent):
    with pytest.raises(Refused):
        actions.take_back(referral=sent(), name="revoke", by=cast.ngo_worker, reason="x")


def test_a_reminder_is_sent_once_a_day(cast, sent):
    later(cast, "social_worker")
    referral = actions.remind(referral=sent(), by=cast.social_worker)
    assert told(cast.ngo_worker, "referral_reminder_unnamed") == ["A. Ferreira"]
    with pytest.raises(NotPossible, match="Once a day"):
        actions.remind(referral=referral, by=cast.social_worker)
    with shifted(25 * HOUR):
        actions.remind(referral=referral, by=cast.social_worker)


@pytest.mark.parametrize("act", ["claim", "remind", "drop"])
def test_no_step_is_taken_when_the_event_cannot_be_written(cast, sent, drafted, owner, act):
    referral = drafted() if act == "drop" else sent()
    before = state(referral)
    with owner():
        run(BROKEN)
    with pytest.raises(NotRecorded):
        getattr(actions, act)(referral=referral, by=cast.ngo_worker if act == "claim" else cast.social_worker)
    assert state(referral) == before
    assert value("SELECT reminded IS NULL FROM referrals_referral WHERE id = %s", referral.pk)


def test_a_file_with_an_open_referral_is_not_closed(cast, files, sent):
    sent("Follow")
    with acting(cast.social_worker):
        child = actions.Child.objects.get(pk=files["Follow"])
    assert child.stage == Stage.FOLLOW_UP
    with pytest.raises(NotPossible, match="1 referral is still open"):
        take_step(child=child, cycle="stage", name="close", by=cast.social_worker, reason="safe")


# --- what a query cannot forge --------------------------------------------------------------------------------------


def forge(change, words):
    """Try to change the referral past its actions."""
    with (
        pytest.raises(DatabaseError, match="this step of the referral"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE referrals_referral SET {change} WHERE id = %(id)s", words)


BY_RECIPIENT = {
    "another child": "child_id = %(other)s",
    "longer": "until = until + interval '1 day'",
    "somebody else's claim": "state = 3, claimed = app_now(), claimed_by_id = %(else)s",
    "an old claim": "state = 3, claimed = app_now() - interval '9 hours', claimed_by_id = %(me)s",
    "accepted for another": "state = 4, accepted = app_now(), accepted_by_id = %(else)s, worker_id = %(me)s",
    "finished unaccepted": "state = 8, attended = true, closed = app_now()",
    "taken back": "state = 11, closed = app_now()",
    "a waiting list without a time": "state = 5, decline = 'no_place'",
    "the card": "first_line = 'x'",
    "a result with the claim": "state = 3, claimed = app_now(), claimed_by_id = %(me)s, outcome = 'x'",
    "an end long ago": "state = 6, decline = 'no_place', closed = app_now() - interval '9 days'",
}


@pytest.mark.parametrize("change", BY_RECIPIENT.values(), ids=BY_RECIPIENT)
def test_a_query_of_the_recipient_forges_no_step(cast, files, sent, change):
    referral = sent()
    words = {"other": files["Mira"], "else": cast.stranger.pk, "me": cast.ngo_worker.pk, "id": referral.pk}
    with acting(cast.ngo_worker):
        forge(change, words)


BY_SENDER = {
    "accepted": "state = 4, accepted = app_now(), accepted_by_id = %(me)s, worker_id = %(me)s",
    "another service": "service_id = %(other)s",
    "reminded twice": "reminded = app_now()",
    "expired": "state = 12, closed = app_now()",
    "draft again": "state = 1",
    "a reason without an end": "close_reason = 'x'",
}


@pytest.mark.parametrize("change", BY_SENDER.values(), ids=BY_SENDER)
def test_a_query_of_the_sender_forges_no_step(cast, sent, change):
    referral = actions.remind(referral=sent(), by=cast.social_worker)
    words = {"other": entered(cast, name="Other").pk, "me": cast.social_worker.pk, "id": referral.pk}
    with acting(cast.social_worker):
        forge(change, words)


def test_a_query_sends_nothing_that_opens_more_than_its_brief(cast, files, drafted):
    referral = drafted()
    until = actions.clock.now() + 9 * world.DAY
    with acting(cast.social_worker, reason="x"):
        grant = actions.access.give(
            child_id=files["Ended"], sections={S.SUMMARY: Level.VIEW, S.LEGAL: Level.VIEW}, until=until,
            team=cast.team("ngo_worker"), owner=cast.team("social_worker"), basis="referral", by=cast.social_worker,
            reason="x", with_act=True,
        )  # fmt: skip
        assert_refused(
            "UPDATE referrals_referral SET state = 2, sent = app_now(), sent_by_id = %s, until = %s, grant_id = %s,"
            " answer_by = app_now() + interval '24 hours' WHERE id = %s",
            cast.social_worker.pk, until, grant.pk, referral.pk, match="this step of the referral",
        )  # fmt: skip


ENDS = {
    "withdrawn": ("social_worker", "state = 10, closed = app_now(), close_reason = 'x'"),
    "revoked": ("social_worker", "state = 11, closed = app_now(), close_reason = 'x'"),
    "completed": ("ngo_worker", "state = 8, closed = app_now(), attended = true, outcome = 'x'"),
    "not attended": ("ngo_worker", "state = 9, closed = app_now(), attended = false"),
}


@pytest.mark.parametrize(("who", "change"), ENDS.values(), ids=ENDS)
@attack("D23")
def test_a_query_ends_no_referral_while_its_access_lives(cast, accepted, who, change):
    referral = accepted()
    person = getattr(cast, who)
    with acting(person):
        forge(change, {"id": referral.pk})
    end_grant(grant=referral.grant, owner=cast.team("social_worker"), by=person, reason="x")
    with acting(person, reason="x"), transaction.atomic():
        assert run(f"UPDATE referrals_referral SET {change} WHERE id = %s", referral.pk) == 1
        transaction.set_rollback(True)  # the history row is missing


@attack("D23")
def test_a_query_declines_nothing_and_leaves_the_offer(cast, sent):
    referral = sent()
    with acting(cast.ngo_worker):
        forge("state = 6, decline = 'no_place', closed = app_now()", {"id": referral.pk})


LATER = {
    "claimed": "claimed = app_now(), claimed_by_id = sent_by_id",
    "accepted": "accepted = app_now(), accepted_by_id = sent_by_id",
    "worker": "worker_id = sent_by_id",
    "first day": "first_on = app_now()::date",
    "why declined": "decline = 'no_place'",
    "answer": "answer = 'x'",
    "attended": "attended = true",
    "outcome": "outcome = 'x'",
    "next day": "next_on = app_now()::date",
    "closed": "closed = app_now()",
    "why taken back": "close_reason = 'x'",
    "reminded": "reminded = app_now()",
    "until": "until = app_now() + interval '9 days'",
    "another writer": "sent_by_id = '{stranger}'",
}


@pytest.mark.parametrize("change", LATER.values(), ids=LATER)
def test_a_draft_holds_nothing_that_belongs_to_a_later_step(cast, drafted, change):
    """Neither a draft that is changed, nor one that begins so."""
    draft, change = drafted(), change.format(stranger=cast.stranger.pk)
    copied = "CREATE TEMPORARY TABLE forged ON COMMIT DROP AS SELECT * FROM referrals_referral WHERE id = %s"
    with acting(cast.social_worker, reason="x"):
        forge(change, {"id": draft.pk})
        run(copied, draft.pk)
        run(f"UPDATE forged SET id = uuidv7(), number = 'R-forged', {change}")
        assert_refused("INSERT INTO referrals_referral SELECT * FROM forged", match="begins as a draft")


def test_what_is_asked_stays_as_it_was_sent(cast, sent):
    referral = sent()
    with acting(cast.social_worker):
        assert_refused("UPDATE referrals_brief SET asked = 'x' WHERE id = %s", referral.pk, match="while its referral")
