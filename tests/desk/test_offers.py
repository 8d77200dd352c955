"""Offers of access on My work: what they say, accepting, declining; and notices, which lead to what they tell of."""

import pytest
from django.urls import reverse

from portal.access.actions import accept, decline, give
from portal.access.identity import Refused, acting
from portal.access.models import Grant
from portal.access.sections import Level, Section
from portal.access.work import tell
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.events import NotRecorded
from portal.audit.stamp import Stamp, stamping
from portal.casework import notices
from portal.casework.models import Notice
from portal.desk.views.home import QUESTIONS
from tests.statements import last_event, rows, run, value
from tests.world import DAY

S = Section


@pytest.fixture
def offered(cast, files):
    """Give the stranger, or the stranger's team, access to a file."""

    def offer(file="Mira", **audience):
        to = audience or {"team": cast.team("stranger")}
        return give(
            child_id=files[file], sections={S.SUMMARY: Level.VIEW, S.CARE: Level.CHANGE}, until=clock.now() + 20 * DAY,
            owner=cast.team("social_worker"), by=cast.social_worker, reason="takes over on Sundays", **to,
        )  # fmt: skip

    return offer


def text_of(answer):
    return " ".join(answer.content.decode().split())


def notices_of(person, kind):
    with acting(person):
        return list(Notice.objects.filter(person=person, kind=kind))


def test_an_offer_says_what_until_when_why_and_from_whom(cast, offered, browse):
    offered()
    text = text_of(browse(cast.stranger).get("/"))
    for words in ("A. Ferreira (City Children&#x27;s Services) offers your team access to", "takes over on Sundays"):
        assert words in text
    offer = browse(cast.stranger).get("/").context["offers"][0]
    assert (offer["sections"], offer["to_change"]) == ("Summary, Care", "Care")
    assert offer["until"] == (clock.now() + 20 * DAY).date()


def test_an_offer_names_no_change_that_no_role_there_makes(cast, files, offered, browse):
    give(
        child_id=files["Mira"], sections=dict.fromkeys((S.SUMMARY, S.CARE), Level.CHANGE), reason="x",
        until=clock.now() + 20 * DAY, team=cast.team("stranger"), owner=cast.team("social_worker"), by=cast.social_worker,
    )  # fmt: skip
    (offer,) = browse(cast.stranger).get("/").context["offers"]
    assert (offer["sections"], offer["to_change"]) == ("Summary, Care", "Care")  # NGO workers never change SUMMARY


def test_whoever_of_a_team_works_with_no_files_is_told_of_no_child(cast, offered, owner):
    with owner(), stamping(Stamp(None, "test")):
        cast.stranger.roles = [Role.AGENCY_ADMIN]
        cast.stranger.save(update_fields=["roles", "version"])
    offered()
    assert value("SELECT count(*) FROM casework_notice WHERE person_id = %s", cast.stranger.pk) == 0


def test_an_offer_to_one_person_says_you(cast, offered, browse):
    offered(person=cast.stranger)
    text = text_of(browse(cast.stranger).get("/"))
    assert "offers you access to" in text
    assert "offers your team access" not in text
    assert len(notices_of(cast.stranger, "access_offered_to_you")) == 1


def test_declining_asks_why_ends_the_grant_and_tells_the_giver(cast, files, offered, browse):
    grant, client = offered(), browse(cast.stranger)
    page = reverse("desk:decline_grant", args=[grant.pk])
    assert "Decline access to “Mira”?" in text_of(client.get(page))
    assert last_event(kind="offer")["entities"] == [files["Mira"]]
    assert "Say why you decline." in text_of(client.post(page, {"reason": ""}))
    assert client.post(page, {"reason": "no place", "once": "k"}).url == reverse("desk:home")
    kept = "SELECT accepted IS NULL, end_reason, ended_by_id FROM access_grant WHERE id = %s"
    assert rows(kept, grant.pk) == [(True, "no place", cast.stranger.pk)]
    (told,) = notices_of(cast.social_worker, "access_declined")
    assert (told.words, told.subject_id) == (["S. Engel", "Mira"], grant.pk)
    assert "Access declined." in text_of(client.get("/"))
    assert client.get(page).status_code == 404


@pytest.mark.parametrize("name", ["ngo_worker", "supervisor", "analyst"])
def test_an_offer_is_declined_by_nobody_else(cast, offered, browse, name):
    grant, person = offered(), getattr(cast, name)
    assert browse(person).post(reverse("desk:decline_grant", args=[grant.pk]), {"reason": "x"}).status_code == 404
    with pytest.raises((Refused, Grant.DoesNotExist)):
        decline(grant=grant, by=person, reason="x")
    assert value("SELECT ended IS NULL FROM access_grant WHERE id = %s", grant.pk)


def test_what_was_accepted_is_no_longer_declined(cast, offered):
    grant = offered()
    accept(grant=grant, by=cast.stranger)
    with pytest.raises(Refused):
        decline(grant=grant, by=cast.stranger, reason="x")
    assert last_event(kind="refusal")["reason_code"] == "not_offered_to_you"


def test_declining_leaves_nothing_behind_when_its_event_cannot_be_written(cast, offered, owner):
    grant = offered()
    with owner():
        run("REVOKE INSERT ON audit_event FROM app")
    with pytest.raises(NotRecorded):
        decline(grant=grant, by=cast.stranger, reason="x")
    assert value("SELECT ended IS NULL FROM access_grant WHERE id = %s", grant.pk)
    assert value("SELECT count(*) FROM casework_notice WHERE kind = 'access_declined'") == 0


def test_accepting_reads_the_notice_of_that_offer_and_of_no_other(cast, offered, browse):
    first, second = offered(), offered(person=cast.stranger)
    browse(cast.stranger).post(reverse("desk:accept_grant", args=[first.pk]))
    with acting(cast.stranger):
        told = {notice.subject_id: notice.seen for notice in Notice.objects.filter(person=cast.stranger)}
    assert told[first.pk] is not None
    assert told[second.pk] is None


# --- notices ------------------------------------------------------------------------------------------------------


def notice(person, kind, words, **about):
    with acting(person):
        tell([person], kind, words, **about)
        return Notice.objects.filter(person=person).order_by("-id").first()


@pytest.mark.parametrize(
    ("kind", "page", "about"),
    [
        ("access_offered", "desk:home", ""),
        ("access_offered_to_you", "desk:home", ""),
        ("access_declined", "victims:who", "child_id"),
        ("access_ended", "", ""),
        ("access_ended_to_you", "", ""),
        ("access_returned", "victims:who", "child_id"),
        ("access_passed_on", "victims:who", "child_id"),
        ("access_renewed", "victims:who", "child_id"),
        ("access_renewed_to_you", "victims:who", "child_id"),
        ("renewal_asked", "victims:who", "child_id"),
        ("given_access_ends", "victims:who", "child_id"),
        ("own_access_ends", "victims:who", "child_id"),
        ("confirmation_late", "desk:confirmations", ""),
        ("file_to_intake", "victims:child", "child_id"),
        ("document_ready", "victims:document", "subject_id"),
        ("import_checked", "victims:import", "subject_id"),
        ("import_done", "victims:import", "subject_id"),
        ("import_refused", "victims:import", "subject_id"),
        ("bed_held", "shelters:asked", "subject_id"),
        ("bed_free_again", "", ""),
        ("beds_given_back", "", ""),
        ("bed_refused", "", ""),
        ("second_officer", "victims:match", "subject_id"),
        ("second_officer_said", "victims:match", "subject_id"),
        ("match_question", "victims:match", "subject_id"),
        ("match_answered", "victims:match", "subject_id"),
        ("licence_asked", "shelters:licence", "subject_id"),
        ("licence_decided", "shelters:licence", "subject_id"),
        ("admitted", "victims:child", "child_id"),
        ("task_given", "desk:home", ""),
        ("task_given_without_file", "desk:home", ""),
        ("reminder", "desk:home", ""),
        ("reminder_unnamed", "desk:home", ""),
        ("access_offered_as_owner", "desk:home", ""),
        ("identity_to_confirm", "victims:child", "child_id"),
        ("file_taken", "victims:child", "child_id"),
        ("hand_over_started", "referrals:hand_over", "subject_id"),
        ("hand_over_given", "referrals:hand_over", "subject_id"),
        ("hand_over_received", "referrals:hand_over", "subject_id"),
        ("hand_over_refused", "referrals:hand_over", "subject_id"),
        ("hand_over_cancelled", "", ""),
        ("hand_over_receipt", "referrals:hand_over", "subject_id"),
        ("referral_sent", "referrals:asked", "subject_id"),
        ("referral_accepted", "referrals:asked", "subject_id"),
        ("referral_answered", "referrals:asked", "subject_id"),
        ("referral_result", "referrals:asked", "subject_id"),
        ("referral_answered_next", "referrals:asked", "subject_id"),
        ("referral_result_next", "referrals:asked", "subject_id"),
        ("referral_reminder", "referrals:asked", "subject_id"),
        ("referral_reminder_unnamed", "referrals:asked", "subject_id"),
        ("referral_taken_back", "referrals:asked", "subject_id"),
        ("referral_taken_back_unnamed", "referrals:asked", "subject_id"),
        ("emergency_opened", "desk:emergency_review", "subject_id"),
        ("emergency_reviewed", "desk:emergency_review", "subject_id"),
        ("extract_asked", "desk:extract", "subject_id"),
        ("extract_decided", "desk:extract", "subject_id"),
        ("disclosure_asked", "victims:read_disclosure", "subject_id"),
        ("disclosure_decided", "victims:disclosure", "subject_id"),
        ("disclosure_made", "victims:disclosure", "subject_id"),
        ("disclosure_of_yours", "", ""),
        ("plan_sent", "victims:care", "child_id"),
        ("plan_decided", "victims:care", "child_id"),
        ("risk_assessed", "victims:care", "child_id"),
        ("person_change_asked", "desk:person_change", "subject_id"),
        ("person_change_decided", "desk:person_change", "subject_id"),
        ("roles_changed", "desk:access", ""),
        ("teams_changed", "desk:access", ""),
        ("joined_your_team", "desk:access", ""),
        ("factors_reset", "", ""),
        ("training_recorded", "desk:access", ""),
        ("training_revoked", "desk:access", ""),
        ("training_ends_in_30_days", "desk:access", ""),
        ("training_ends_in_7_days", "desk:access", ""),
        ("seal_asked", "desk:decide_seal", "subject_id"),
        ("seal_decided", "desk:decide_seal", "subject_id"),
        ("erasure_asked", "desk:decide_erasure", "subject_id"),
        ("erasure_decided", "desk:decide_erasure", "subject_id"),
        ("file_erased", "victims:erasure", "subject_id"),
        ("hold_review", "desk:hold", "subject_id"),
        ("hold_left", "desk:hold", "subject_id"),
        ("custodian_named", "victims:children", ""),
        ("custodian_alone", "victims:children", ""),
        ("seal_left_alone", "desk:name_custodians", "subject_id"),
        ("confirmation_waits", "", ""),
        ("answer_waits", "", ""),
        ("person_waits", "", ""),
        ("conflict_recorded", "desk:conflicts", ""),
        ("change_asked", "victims:child", "child_id"),
        ("change_asked_unnamed", "victims:child", "child_id"),
    ],
)
def test_every_kind_of_notice_leads_to_its_page(cast, files, browse, kind, page, about):
    ids = {"subject_id": files["Waiting"], "child_id": files["Mira"]}
    made = notice(cast.social_worker, kind, ["A. Ferreira", "Mira"], **ids)
    address = reverse(page, args=[ids[about]] if about else []) if page else ""
    assert notices.address(made) == address
    if address:  # of a question that nobody asks any more, the link is gone
        text = browse(cast.social_worker).get(reverse("desk:notices")).content.decode()
        assert (f'href="{address}"' in text) == (kind not in QUESTIONS)


def test_every_kind_is_tried_above():
    tried = test_every_kind_of_notice_leads_to_its_page.pytestmark[0].args[1]
    assert {kind for kind, _page, _about in tried} == set(notices.KINDS)


def test_a_notice_whose_subject_was_not_kept_leads_nowhere(cast):
    assert notices.address(notice(cast.social_worker, "document_ready", ["", "Mira"])) == ""


def test_a_notice_has_the_code_name_in_quotation_marks(cast, files):
    made = notice(cast.social_worker, "access_ended", ["A. Ferreira", "Mira"], child_id=files["Mira"])
    assert notices.sentence(made) == "A. Ferreira ended your team’s access to “Mira”."
