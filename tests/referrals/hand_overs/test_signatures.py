"""A child changes hands: each side answers and signs for itself, and the file moves with the second signature."""

import pytest
from django.urls import reverse

from portal.access.actions import accept, give, live_grants, transfer
from portal.access.fresh_codes import Proof
from portal.access.identity import Refused, acting
from portal.access.models import Basis, Grant
from portal.access.opens import file_lines
from portal.access.rights import can, sections_open
from portal.access.sections import Level, Section, Stage
from portal.access.timeline import page
from portal.accounts import actions as accounts
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.events import NotRecorded
from portal.audit.kinds import shifted
from portal.audit.stamp import Stamp, stamping
from portal.casework.models import Notice, Task
from portal.casework.workflow import NotPossible
from referrals import hand_overs
from referrals.hand_over_steps import HandOverState
from referrals.models import HandOver, HandOverItem
from tests.conftest import as_owner
from tests.posted import form_with
from tests.referrals.hand_overs.conftest import answer, begun, given, now, received, rescued
from tests.statements import assert_refused, last_event, rows, run, value
from tests.world import DAY, HOUR, open_file
from victims.models import Child

S = HandOverState
OWNER = "SELECT owner_id FROM victims_child WHERE id = %s"
STATE = "SELECT state FROM referrals_handover WHERE id = %s"


def test_before_it_signs_the_receiving_team_reads_the_heading_and_the_hand_over_alone(cast, tern, one):
    with acting(cast.social_worker):
        assert file_lines([tern.pk])[tern.pk].code_name == "Tern"
        assert not sections_open(cast.social_worker, tern.pk)
        assert not Child.objects.filter(pk=tern.pk).exists()
        assert HandOver.objects.get(pk=one.pk).items.count() == 7


@pytest.mark.parametrize("name", ["stranger", "ngo_worker", "foreign", "supervisor"])
def test_nobody_else_learns_of_a_hand_over(cast, one, name):
    is_of_the_team = name == "supervisor"  # of the receiving team
    with acting(getattr(cast, name)):
        assert HandOver.objects.filter(pk=one.pk).exists() is is_of_the_team


def test_both_signatures_move_the_file(cast, tern, one):
    received(cast, given(cast, one))
    assert value(OWNER, tern.pk) == cast.team("social_worker").pk
    done = now(one, cast.social_worker)
    assert (done.state, done.giver, done.receiver) == (S.RECEIVED, cast.investigator, cast.social_worker)
    assert done.number.startswith("HO-")
    with acting(cast.social_worker):
        assert can(cast.social_worker, tern.pk, Section.WHEREABOUTS, Level.CHANGE)
        assert [g.basis for g in live_grants(tern.pk) if g.team == cast.team("social_worker")] == [Basis.OWNERSHIP]


def test_the_police_keep_their_investigation_and_not_where_the_child_lives(cast, tern, one):
    received(cast, given(cast, one))
    with acting(cast.investigator):
        held = sections_open(cast.investigator, tern.pk)
    assert held == [Section.SUMMARY, Section.LEGAL, Section.INVESTIGATION, Section.SUSPECTS]


def test_a_team_that_keeps_nothing_opens_nothing_and_still_reads_its_hand_over(cast, tern):
    one = begun(cast, tern, keeps=False)
    received(cast, given(cast, one))
    with acting(cast.investigator):
        assert not sections_open(cast.investigator, tern.pk)
        assert HandOver.objects.get(pk=one.pk).how == "canary-how: tired, calm."


def test_open_tasks_go_along_and_the_first_clocks_start(cast, tern, one):
    received(cast, given(cast, one))
    with acting(cast.social_worker):
        kinds = {task.kind: task.team for task in Task.objects.filter(child_id=tern.pk, state=Task.State.OPEN)}
    assert set(kinds) == {"medical_72h", "authority_24h", "first_contact", "initial_assessment"}
    assert set(kinds.values()) == {cast.team("social_worker")}


def test_the_timeline_says_in_whose_care_the_child_is(cast, tern, one):
    received(cast, given(cast, one))
    for person in (cast.social_worker, cast.investigator):
        with acting(person):
            said = {str(entry.what): (entry.who, entry.text[:5]) for entry in page(tern.pk, person)}
        assert said["The child is in their care"] == ("A. Ferreira", "since")
        assert "Another team owns the file from now on" in said


def test_both_sides_are_told(cast, tern, one):
    received(cast, given(cast, one))
    for name, kinds in (
        ("social_worker", {"hand_over_started", "hand_over_given"}),
        ("analyst", {"hand_over_received"}),
    ):
        with acting(getattr(cast, name)):
            told = {notice.kind for notice in Notice.objects.filter(person=getattr(cast, name), subject_id=one.pk)}
        assert told == kinds, name


def test_nothing_is_signed_while_something_is_unanswered(cast, one):
    with pytest.raises(NotPossible, match="“none” is an answer"):
        hand_overs.sign_given(hand_over=one, proof=Proof(cast.investigator), by=cast.investigator)
    given(cast, one)
    with pytest.raises(NotPossible, match="that you received first"):
        hand_overs.sign_received(hand_over=one, proof=Proof(cast.social_worker), by=cast.social_worker)
    assert value(STATE, one.pk) == S.GIVEN


def test_none_is_an_answer(cast, one):
    answer(one, cast.investigator, "given", count=0)
    signed = hand_overs.sign_given(hand_over=one, proof=Proof(cast.investigator), by=cast.investigator)
    assert signed.state == S.GIVEN


def test_different_counts_say_why(cast, one):
    given(cast, one)
    with acting(cast.social_worker):
        item = one.items.first()
    with pytest.raises(NotPossible, match="Say why"):
        hand_overs.tick(item=item, count=0, side="received", by=cast.social_worker)
    kept = hand_overs.tick(item=item, count=0, side="received", difference="left in the car", by=cast.social_worker)
    assert (kept.given, kept.received, kept.difference) == (1, 0, "left in the car")


def test_each_side_ticks_its_own_column(cast, one):
    with acting(cast.investigator):
        item = one.items.first()
    for by, side in ((cast.investigator, "received"), (cast.social_worker, "given")):
        with pytest.raises(Refused):
            hand_overs.tick(item=item, count=1, side=side, by=by)
    assert last_event(kind="refusal")["reason_code"] == "not_your_side_of_the_hand_over"


def test_an_answer_that_changes_is_received_anew(cast, one):
    answer(one, cast.investigator, "given")
    answer(one, cast.social_worker, "received")
    with acting(cast.investigator):
        item = one.items.first()
    changed = hand_overs.tick(item=item, count=2, words="two bags", by=cast.investigator)
    assert (changed.given, changed.received, changed.words) == (2, None, "two bags")


def test_the_giver_does_not_sign_for_the_receiver(cast, one):
    given(cast, one)
    answer(one, cast.social_worker, "received")
    with pytest.raises(Refused):
        hand_overs.sign_received(hand_over=one, proof=Proof(cast.investigator), by=cast.investigator)
    with pytest.raises(ValueError, match="own person"):
        hand_overs.sign_received(hand_over=one, proof=Proof(cast.investigator), by=cast.social_worker)
    assert value(STATE, one.pk) == S.GIVEN


def test_nobody_is_between_two_carers_when_the_child_is_not_received(cast, tern, one):
    given(cast, one)
    hand_overs.refuse(hand_over=one, by=cast.social_worker, reason="canary-no bed")
    assert value(OWNER, tern.pk) == cast.team("investigator").pk
    with acting(cast.social_worker):
        assert not file_lines([tern.pk])
    with acting(cast.investigator):
        assert Notice.objects.filter(person=cast.investigator, kind="hand_over_refused").exists()
    again = begun(cast, tern)
    assert received(cast, given(cast, again)).state == S.RECEIVED


def test_whoever_gives_calls_it_off(cast, tern, one):
    given(cast, one)
    hand_overs.cancel(hand_over=one, by=cast.investigator, reason="another house")
    with acting(cast.social_worker):
        assert not file_lines([tern.pk])
        assert Notice.objects.filter(person=cast.social_worker, kind="hand_over_cancelled").exists()
    with acting(cast.investigator):
        assert [grant.basis for grant in live_grants(tern.pk)] == [Basis.OWNERSHIP]


def kept(cast, child):
    """Return which live access the police have to a file, beside owning it."""
    found = "SELECT reason FROM access_grant WHERE child_id = %s AND team_id = %s AND ended IS NULL AND basis <> 'ownership'"
    return [reason for (reason,) in rows(found, child.pk, cast.team("investigator").pk)]


@pytest.mark.parametrize("end", ["refuse", "cancel"])
def test_what_the_police_would_keep_ends_with_a_hand_over_that_came_to_nothing(cast, tern, one, end):
    given(cast, one)
    assert kept(cast, tern) == ["Goes on with the investigation after the hand-over"]
    by = cast.social_worker if end == "refuse" else cast.analyst  # a colleague of who began it
    getattr(hand_overs, end)(hand_over=one, by=by, reason="no bed")
    assert kept(cast, tern) == []
    received(cast, given(cast, begun(cast, tern, keeps=False)))
    with acting(cast.investigator):
        assert not sections_open(cast.investigator, tern.pk)


def own_access(cast, tern):
    """Give the police team access beside its ownership, before any hand-over."""
    return give(
        child_id=tern.pk, sections=dict.fromkeys((Section.SUMMARY, Section.INVESTIGATION), Level.CHANGE),
        until=clock.now() + 9 * DAY, team=cast.team("investigator"), owner=cast.team("investigator"),
        by=cast.investigator, reason="older",
    )  # fmt: skip


@pytest.mark.parametrize("end", ["refuse", "cancel"])
def test_older_access_outlives_a_hand_over_that_came_to_nothing(cast, tern, end):
    own_access(cast, tern)
    one = given(cast, begun(cast, tern))
    getattr(hand_overs, end)(
        hand_over=one, by=cast.social_worker if end == "refuse" else cast.investigator, reason="no bed"
    )
    assert kept(cast, tern) == ["older"]


def test_who_hands_over_anew_and_keeps_nothing_keeps_nothing_of_the_time_before(cast, tern, one):
    received(cast, given(cast, one))
    with acting(cast.social_worker):
        child = Child.objects.get(pk=tern.pk)
    back = hand_overs.start(child=child, team=cast.team("investigator"), by=cast.social_worker)
    received(cast, given(cast, back, by=cast.social_worker), by=cast.investigator)
    received(cast, given(cast, begun(cast, tern, keeps=False)))
    assert kept(cast, tern) == []


@pytest.mark.parametrize("end", ["refuse", "cancel"])
def test_the_team_that_was_to_receive_reads_nothing_of_a_hand_over_that_came_to_nothing(cast, one, end):
    by = cast.social_worker if end == "refuse" else cast.investigator
    getattr(hand_overs, end)(hand_over=given(cast, one), by=by, reason="no bed")
    tables = (HandOver, HandOver.history, HandOverItem, HandOverItem.history)
    with shifted(HOUR / 2):
        for name, expected in (("social_worker", False), ("supervisor", False), ("investigator", True)):
            with acting(getattr(cast, name)):
                assert {getattr(table, "objects", table).exists() for table in tables} == {expected}, name


def test_who_signs_what_was_called_off_a_moment_ago_is_told(cast, one):
    given(cast, one)
    answer(one, cast.social_worker, "received")
    hand_overs.cancel(hand_over=one, by=cast.investigator, reason="another house")
    with pytest.raises(NotPossible, match="was called off"):
        hand_overs.sign_received(hand_over=one, proof=Proof(cast.social_worker), by=cast.social_worker)


def test_after_it_the_team_that_gave_reads_the_receipt_and_nothing_later(cast, one):
    done = received(cast, given(cast, one))
    for person in (cast.investigator, cast.social_worker):
        with acting(person, reason="x"):
            for change in ("how = ''", "keeps = false", "end_reason = 'x'", "expected_id = NULL"):
                assert_refused(f"UPDATE referrals_handover SET {change} WHERE id = %s", done.pk)
            assert_refused("UPDATE referrals_handoveritem SET words = 'x' WHERE hand_over_id = %s", done.pk)


def test_a_child_has_one_hand_over_at_a_time(cast, tern, one):
    with pytest.raises(NotPossible, match="under way"):
        begun(cast, tern, to="ngo_worker")


def test_only_the_owner_begins_one_and_the_refusal_is_recorded(cast, tern):
    with pytest.raises(Refused):
        hand_overs.start(child=tern, team=cast.team("ngo_worker"), by=cast.social_worker)
    assert last_event(kind="refusal")["reason_code"] == "not_the_owner"


def test_no_child_is_handed_over_before_the_rescue(cast, files):
    child = open_file(cast, "Swift", "investigator", Stage.LOCATED)
    with pytest.raises(NotPossible, match="once the rescue is recorded"):
        begun(cast, child)


def test_access_that_comes_with_a_hand_over_is_accepted_by_signing_alone(cast, tern, one):
    with acting(cast.social_worker):
        grant = Grant.objects.get(child_id=tern.pk, team=cast.team("social_worker"))
    with pytest.raises(Refused):
        accept(grant=grant, by=cast.social_worker)


def test_a_file_that_moved_meanwhile_is_not_handed_over(cast, tern, one, owner):
    given(cast, one)
    with pytest.raises(NotPossible, match="under way"):
        begun(cast, tern)
    received(cast, one)
    with pytest.raises(NotPossible, match="has received the child"):
        hand_overs.cancel(hand_over=one, by=cast.investigator, reason="x")


def test_a_signature_leaves_nothing_when_its_event_cannot_be_written(cast, tern, one, owner):
    given(cast, one)
    answer(one, cast.social_worker, "received")
    with owner():
        run("REVOKE INSERT ON audit_event FROM app")
    with pytest.raises(NotRecorded):
        hand_overs.sign_received(hand_over=one, proof=Proof(cast.social_worker), by=cast.social_worker)
    assert (value(STATE, one.pk), value(OWNER, tern.pk)) == (S.GIVEN, cast.team("investigator").pk)


def test_two_receivers_who_sign_at_the_same_moment(clone):
    cast = clone.cast
    with as_owner(), stamping(Stamp(None, "test")):
        known = {"email": "colleague@example.org", "given_name": "Nuno", "family_name": "Braga"}
        second = accounts.register_person(**known, agency=cast.social_worker.agency, roles=[Role.SOCIAL_WORKER])
        accounts.join_team(person=second, team=cast.team("social_worker"))
    one = begun(cast, rescued(cast))
    given(cast, one)
    answer(one, cast.social_worker, "received")
    people = [cast.social_worker, cast.colleague]

    def press(number):
        by = people[number]
        return hand_overs.sign_received(hand_over=one, proof=Proof(by), by=by)

    results = clone.at_once(press, 2)
    assert sorted(type(result).__name__ for result in results) == ["HandOver", "NotPossible"], results
    lost = next(result for result in results if isinstance(result, NotPossible))
    assert "has received the child" in str(lost.sentence)
    owned = "SELECT count(*) FROM access_grant WHERE child_id = %s AND basis = 'ownership' AND ended IS NULL"
    assert clone.value(owned, one.child_id) == 1


def test_a_file_stays_where_it_is_while_its_child_changes_hands(cast, tern, one, browse, owner):
    with owner(), stamping(Stamp(None, "test")):
        second = accounts.register_team(agency=cast.investigator.agency, name="night team")
        accounts.join_team(person=cast.analyst, team=second)
    with pytest.raises(NotPossible, match="under way"):
        transfer(child=tern, team=second, by=cast.investigator, reason="x")
    with acting(cast.investigator, reason="x"):
        update = "UPDATE victims_child SET owner_id = %s WHERE id = %s"
        assert_refused(update, second.pk, tern.pk, match="changes hands")
    page = reverse("victims:transfer", args=[tern.pk]) + f"?agency={cast.investigator.agency_id}"
    client = browse(cast.investigator)
    sent = form_with(client.get(page), "team") | {"team": str(second.pk), "reason": "x"}
    assert "A hand-over of this child is under way." in client.post(page, sent).content.decode()
    hand_overs.cancel(hand_over=one, by=cast.investigator, reason="x")
    transfer(child=tern, team=second, by=cast.investigator, reason="x")
    assert value(OWNER, tern.pk) == second.pk


def test_a_transfer_that_was_offered_before_waits_for_the_end_of_the_hand_over(cast, tern, browse):
    transfer(child=tern, team=cast.team("foreign"), by=cast.investigator, reason="x")
    begun(cast, tern)
    client = browse(cast.foreign)
    with acting(cast.foreign):
        grant = Grant.objects.get(child_id=tern.pk, team=cast.team("foreign"))
    answer_ = client.post(
        reverse("desk:accept_grant", args=[grant.pk]), form_with(client.get("/"), "once"), follow=True
    )
    assert "A hand-over of this child is under way." in answer_.content.decode()
    assert value("SELECT accepted IS NULL FROM access_grant WHERE id = %s", grant.pk)
