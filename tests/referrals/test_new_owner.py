"""A file gets another owner while its referrals are under way: the sending side is the team that owns it now."""

import pytest
from django.urls import reverse

from portal.access.actions import accept as accept_grant
from portal.access.actions import transfer
from portal.access.identity import Refused, acting
from portal.access.models import Grant
from portal.accounts import actions as accounts
from portal.accounts.models import Membership
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.stamp import Stamp, stamping
from referrals import actions, inbox
from referrals.models import Brief, Referral
from referrals.workflow import ReferralState
from tests.conftest import as_owner
from tests.referrals.conftest import ASK, opening
from tests.statements import assert_refused, rows, run, value
from tests.world import declare
from victims.models import Child


def hand_to_police(cast, child_id):
    """Transfer a file of the social worker's team to the investigator's."""
    with acting(cast.social_worker):
        child = Child.objects.select_related("owner__agency").get(pk=child_id)
    transfer(child=child, team=cast.team("investigator"), by=cast.social_worker, reason="moves")
    with acting(cast.investigator):
        grant = Grant.objects.get(child_id=child_id, team=cast.team("investigator"), accepted=None, ended=None)
    accept_grant(grant=grant, by=cast.investigator)


@pytest.fixture
def colleague(cast):
    """A second social worker of the team that sends."""
    with as_owner(), stamping(Stamp(None, "test")):
        known = {"email": "colleague@example.org", "given_name": "Nuno", "family_name": "Braga"}
        person = accounts.register_person(**known, agency=cast.social_worker.agency, roles=[Role.SOCIAL_WORKER])
        accounts.join_team(person=person, team=cast.team("social_worker"))
    return cast.colleague


@pytest.fixture
def moved(cast, files, accepted):
    """A referral that was accepted, of a file that the police own since."""
    referral = accepted("Ended")
    hand_to_police(cast, files["Ended"])
    return referral


def test_the_former_owner_reads_nothing_of_the_referral_any_more(cast, moved):
    with acting(cast.social_worker):
        for model in (Referral, Brief):
            assert not model.objects.filter(child_id=moved.child_id).exists(), model
            assert not model.history.filter(child_id=moved.child_id).exists(), model
        assert not inbox.from_us(cast.social_worker).exists()


def test_the_new_owner_reads_it_and_finds_it_among_what_was_sent(cast, moved, browse):
    with acting(cast.investigator):
        assert Referral.objects.get(pk=moved.pk).worker == cast.ngo_worker
        assert Brief.objects.get(referral=moved).asked == ASK.asked
        assert [one.pk for one in inbox.from_us(cast.investigator)] == [moved.pk]
    page = browse(cast.investigator).get(reverse("referrals:referral", args=[moved.child_id, moved.pk]))
    assert "Casa Aurora" in page.content.decode()
    assert "Revoke or withdraw" in page.content.decode()
    assert browse(cast.social_worker).get(page.request["PATH_INFO"]).status_code == 404


def test_the_home_of_the_former_owner_waits_for_no_answer_and_that_of_the_new_one_does(cast, files, sent, browse):
    sent("Ended")
    hand_to_police(cast, files["Ended"])
    for person, expected in ((cast.social_worker, 0), (cast.investigator, 1)):
        groups = browse(person).get(reverse("desk:home")).context["groups"]
        waits = [row for group in groups if group.id == "waiting" for row in group.rows]
        assert sum(row.title == "Answer to your referral" for row in waits) == expected, person


def test_the_former_owner_acts_on_nothing_and_the_new_one_does(cast, moved):
    for act in (actions.remind, actions.order_letter, actions.take_back):
        more = {"language": "en"} if act is actions.order_letter else {}
        more |= {"name": "revoke"} if act is actions.take_back else {}
        with pytest.raises(Refused):
            act(referral=moved, by=cast.social_worker, reason="x", **more)
    done = actions.take_back(referral=moved, name="revoke", by=cast.investigator, reason="x")
    assert done.state == ReferralState.REVOKED
    assert value("SELECT ended IS NOT NULL FROM access_grant WHERE id = %s", moved.grant_id)


def test_a_query_of_the_former_owner_meets_no_row(cast, moved):
    with acting(cast.social_worker, reason="x"):
        assert run("UPDATE referrals_referral SET reminded = app_now() WHERE id = %s", moved.pk) == 0


def told(referral, *kinds):
    """Return who was told of answers to a referral."""
    found = rows(
        "SELECT p.email FROM casework_notice n JOIN accounts_person p ON p.id = n.person_id WHERE n.subject_id = %s"
        " AND n.kind = ANY (%s)", referral.pk, [*kinds],
    )  # fmt: skip
    return {email.split("@")[0] for (email,) in found}


def test_what_came_of_it_is_told_to_the_new_owner_alone(cast, moved):
    actions.finish(referral=moved, attended=True, outcome="better", by=cast.ngo_worker)
    assert told(moved, "referral_result") == {"investigator"}  # an analyst opens no rescued file


def leaves(person):
    with as_owner(), stamping(Stamp(None, "test")):
        membership = Membership.objects.get(person=person, until=None)
        membership.until = clock.now()
        membership.save()


def test_an_answer_is_told_to_who_sent_it_while_of_the_team_and_else_to_the_team(cast, sent, colleague):
    first, second = sent("Ended"), sent("Short", days=9)
    actions.decline(referral=first, why="no_place", by=cast.ngo_worker)
    leaves(cast.social_worker)
    actions.accept(referral=second, worker=cast.ngo_worker, first_on=None, by=cast.ngo_worker)
    assert told(first, "referral_answered") == {"social_worker"}
    assert told(second, "referral_accepted") == {"colleague"}


def test_who_is_in_conflict_with_the_child_is_told_of_no_answer(cast, files, sent, colleague):
    referral = sent("Ended")
    declare(colleague, files["Ended"])
    leaves(cast.social_worker)
    actions.decline(referral=referral, why="no_place", by=cast.ngo_worker)
    assert told(referral, "referral_answered") == set()


def test_whom_to_tell_is_told_to_the_recipient_alone(cast, sent, drafted):
    referral, draft = sent("Ended"), drafted("Short")
    question = "SELECT access.told_of_answer(%s)"
    for person in (cast.stranger, cast.social_worker):
        with acting(person):
            assert run(question, referral.pk) == 0
    with acting(cast.ngo_worker):
        assert run(question, referral.pk) == 1
        assert run(question, draft.pk) == 0


def test_a_draft_is_its_writers_alone(cast, files, drafted, colleague, browse):
    draft = drafted("Ended")
    with acting(colleague):
        assert not Referral.objects.exists()
        assert not Referral.history.exists()
        assert not Brief.objects.exists()
    page = reverse("referrals:preview", args=[files["Ended"], draft.pk])
    assert browse(colleague).get(page).status_code == 404
    with pytest.raises(Refused):
        actions.send(referral=draft, opened=opening(), by=colleague)
    with pytest.raises(Refused):
        actions.drop(referral=draft, by=colleague)
    assert actions.drop(referral=draft, by=cast.social_worker).state == ReferralState.WITHDRAWN


def test_what_was_thought_of_before_sending_stays_its_writers(cast, files, accepted, colleague):
    referral = accepted("Ended")
    versions = "SELECT count(*) FROM referrals_historicalreferral WHERE id = %s AND sent IS NULL"
    assert value(versions, referral.pk) == 1
    for person in (colleague, cast.ngo_worker):
        with acting(person):
            assert Referral.objects.filter(pk=referral.pk).exists()
            assert not Referral.history.filter(id=referral.pk, sent=None).exists()
            assert not Brief.history.filter(id=referral.pk).exists()


def test_a_draft_of_the_former_owner_is_read_by_nobody(cast, files, drafted):
    draft = drafted("Ended")
    hand_to_police(cast, files["Ended"])
    for person in (cast.social_worker, cast.investigator):
        with acting(person):
            assert not Referral.objects.filter(pk=draft.pk).exists()


def test_nobody_writes_a_draft_in_anothers_name_by_a_query(cast, drafted, colleague):
    draft = drafted("Ended")
    with acting(cast.social_worker, reason="x"):
        assert_refused("UPDATE referrals_referral SET sent_by_id = %s WHERE id = %s", colleague.pk, draft.pk)
