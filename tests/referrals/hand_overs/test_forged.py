"""What a query under the application's role, with somebody's sign-in, cannot do to a hand-over."""

import pytest
from django.db import DatabaseError, transaction

from portal.access.actions import end, give
from portal.access.identity import acting
from portal.access.models import Basis
from portal.access.sections import Level, Section
from portal.accounts.passwords import opening_key
from portal.audit import clock
from referrals import hand_overs
from tests.referrals.hand_overs.conftest import answer, given
from tests.statements import assert_refused, run, value
from tests.world import DAY

GIVE = "UPDATE referrals_handover SET state = 2, giver_id = %s, given = app_now() WHERE id = %s"
RECEIVE = (
    "UPDATE referrals_handover SET state = 3, receiver_id = %s, received = app_now(), number = 'HO-1' WHERE id = %s"
)


def test_nobody_signs_by_a_query_not_even_in_the_own_name(cast, one):
    answer(one, cast.investigator, "given")
    with acting(cast.investigator, reason="x"):
        assert_refused(GIVE, cast.investigator.pk, one.pk, match="fresh code")
    given(cast, one)
    answer(one, cast.social_worker, "received")
    with acting(cast.social_worker, reason="x"):
        assert_refused(RECEIVE, cast.social_worker.pk, one.pk, match="fresh code")


def test_the_mark_of_a_signature_is_not_made_without_the_key(cast, one):
    with acting(cast.social_worker):
        assert_refused("SELECT access.begin_signature('guess')", match="opening key")
        assert_refused("SELECT access.signature_mark()", match="permission denied")
        run("SELECT set_config('safe.signature', 'guess', true)")
        assert value("SELECT NOT access.is_signing()")


@pytest.mark.parametrize("signer", ["investigator", "analyst"])
def test_the_side_that_gives_does_not_receive(cast, one, signer):
    given(cast, one)
    answer(one, cast.social_worker, "received")
    person = getattr(cast, signer)
    with acting(person, reason="x"):
        run("SELECT access.begin_signature(%s)", opening_key())
        assert_refused(RECEIVE, person.pk, one.pk, match="not this person's")
        assert_refused(RECEIVE, cast.social_worker.pk, one.pk, match="not this person's")


def test_a_receiver_signs_neither_before_the_giver_nor_before_everything_is_answered(cast, one):
    with acting(cast.social_worker, reason="x"):
        run("SELECT access.begin_signature(%s)", opening_key())
        assert_refused(RECEIVE, cast.social_worker.pk, one.pk)
    given(cast, one)
    with acting(cast.social_worker, reason="x"):
        run("SELECT access.begin_signature(%s)", opening_key())
        assert_refused(RECEIVE, cast.social_worker.pk, one.pk, match="not this person's")


@pytest.mark.parametrize(
    "column", ["to_team_id = %(team)s", "child_id = %(child)s", "code_name = 'X'", "number = 'HO-1'"]
)
def test_teams_child_and_number_of_a_hand_over_stay(cast, files, one, column):
    place = {"team": f"'{cast.team('ngo_worker').pk}'", "child": f"'{files['Mira']}'"}
    with acting(cast.investigator, reason="x"):
        assert_refused(f"UPDATE referrals_handover SET {column % place} WHERE id = %s", one.pk)


def test_each_side_ticks_its_own_column_in_the_database_too(cast, one):
    with acting(cast.social_worker, reason="x"):
        assert_refused("UPDATE referrals_handoveritem SET given = 1 WHERE hand_over_id = %s", one.pk, match="this side")
    with acting(cast.investigator, reason="x"):
        assert_refused(
            "UPDATE referrals_handoveritem SET received = 1 WHERE hand_over_id = %s", one.pk, match="this side"
        )


def test_nobody_signs_in_the_name_of_a_colleague_or_at_another_time(cast, one):
    answer(one, cast.investigator, "given")
    early = GIVE.replace("app_now()", "app_now() - interval '1 hour'")
    with acting(cast.investigator, reason="x"):
        run("SELECT access.begin_signature(%s)", opening_key())
        assert_refused(GIVE, cast.analyst.pk, one.pk, match="not this person's")
        assert_refused(early, cast.investigator.pk, one.pk, match="not this person's")
    given(cast, one)
    answer(one, cast.social_worker, "received")
    with acting(cast.social_worker, reason="x"):
        run("SELECT access.begin_signature(%s)", opening_key())
        assert_refused(RECEIVE, cast.supervisor.pk, one.pk, match="not this person's")


def test_a_signature_moves_no_other_column_of_the_hand_over(cast, one):
    given(cast, one)
    answer(one, cast.social_worker, "received")
    with acting(cast.social_worker, reason="x"):
        run("SELECT access.begin_signature(%s)", opening_key())
        for more in ("giver_id = %(me)s", "keeps = false", "kept_id = NULL", "given = app_now() - interval '1 h'"):
            change = RECEIVE.replace("SET", f"SET {more % {'me': repr(str(cast.social_worker.pk))}},")
            assert_refused(change, cast.social_worker.pk, one.pk)


@pytest.mark.parametrize(
    "column", ["code_name = 'X'", "case_number = 'X'", "kept_id = grant_id", "started_by_id = %(other)s"]
)
def test_a_hand_over_begins_with_number_and_name_of_its_file_and_nothing_signed(cast, one, column):
    hand_overs.cancel(hand_over=one, by=cast.investigator, reason="x")
    column %= {"other": f"'{cast.analyst.pk}'"}
    with acting(cast.investigator, reason="x"):
        grant = give(
            child_id=one.child_id, sections={Section.SUMMARY: Level.VIEW}, until=clock.now() + DAY,
            team=cast.team("social_worker"), owner=cast.team("investigator"), basis=Basis.HAND_OVER,
            by=cast.investigator, reason="x", with_act=True,
        )  # fmt: skip
        run("CREATE TEMPORARY TABLE forged ON COMMIT DROP AS SELECT * FROM referrals_handover WHERE id = %s", one.pk)
        run(
            "UPDATE forged SET id = uuidv7(), state = 1, started = app_now(), ended = NULL, ended_by_id = NULL,"
            " end_reason = '', grant_id = %s", grant.pk,
        )  # fmt: skip
        run(f"UPDATE forged SET {column}")
        assert_refused("INSERT INTO referrals_handover SELECT * FROM forged", match="begun by the team")


KEPT = "UPDATE referrals_handover SET state = 2, giver_id = %s, given = app_now(), kept_id = %s WHERE id = %s"


def test_the_giver_keeps_no_access_but_what_the_signature_makes(cast, tern, one):
    answer(one, cast.investigator, "given")
    older = value("SELECT id FROM access_grant WHERE child_id = %s AND basis = 'ownership' AND ended IS NULL", tern.pk)
    with acting(cast.investigator, reason="x"):
        run("SELECT access.begin_signature(%s)", opening_key())
        for grant in (older, one.grant_id):
            assert_refused(KEPT, cast.investigator.pk, grant, one.pk, match="not this person's")


@pytest.mark.parametrize(("who", "state"), [("social_worker", 4), ("investigator", 5)])
def test_a_query_ends_no_hand_over_while_its_access_lives(cast, one, who, state):
    given(cast, one)
    ended = (
        "UPDATE referrals_handover SET state = %s, ended = app_now(), ended_by_id = %s, end_reason = 'x' WHERE id = %s"
    )
    with acting(getattr(cast, who), reason="x"):
        assert_refused(ended, state, getattr(cast, who).pk, one.pk)


def test_a_query_ends_no_offer_of_a_hand_over_that_goes_on(cast, one):
    refused = pytest.raises(DatabaseError, match="ends with that hand-over")
    with acting(cast.investigator, reason="x"), refused, transaction.atomic():
        end(grant=one.grant, owner=one.from_team, by=cast.investigator, reason="x", with_act=True)
        run("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_stranger_meets_no_row_of_a_hand_over(cast, one):
    with acting(cast.stranger, reason="x"):
        for table in ("handover", "handoveritem", "historicalhandover", "historicalhandoveritem"):
            assert run(f"SELECT FROM referrals_{table}") == 0
        assert run("UPDATE referrals_handover SET keeps = false") == 0


def test_the_owner_of_a_file_is_not_changed_by_an_offer_that_nobody_signed(cast, tern, one):
    with acting(cast.social_worker, reason="x"):
        accepted = "UPDATE access_grant SET accepted = app_now(), accepted_by_id = %s WHERE id = %s"
        assert_refused(accepted, cast.social_worker.pk, one.grant_id, match="by that act")
        assert run("UPDATE victims_child SET owner_id = %s WHERE id = %s", cast.team("social_worker").pk, tern.pk) == 0
