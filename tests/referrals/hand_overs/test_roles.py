"""Being in a team does not act for it: a privacy officer in either team reads and does nothing of a hand-over."""

from contextlib import contextmanager

import pytest
from django.db import transaction
from django.urls import reverse

from portal.access import work
from portal.access.fresh_codes import Proof
from portal.access.identity import Refused, acting
from portal.accounts import actions as accounts
from portal.accounts.passwords import opening_key
from portal.accounts.roles import Role
from portal.audit.stamp import Stamp, stamping
from portal.casework.models import Task
from portal.desk.groups.work import my_tasks
from referrals import hand_overs
from tests.conftest import as_owner
from tests.oversight import register_overseers
from tests.referrals.hand_overs.conftest import answer
from tests.referrals.hand_overs.test_forged import GIVE
from tests.statements import assert_refused, run


def officer_in(cast, team):
    """A privacy officer who is in the team of somebody."""
    register_overseers(cast)
    with as_owner(), stamping(Stamp(None, "test")):
        accounts.join_team(person=cast.privacy_officer, team=cast.team(team))
    return cast.privacy_officer


@contextmanager
def refused_at_the_end(match):
    """What is done here is refused by what the database demands when the transaction ends."""
    with transaction.atomic():
        yield
        assert_refused("SET CONSTRAINTS ALL IMMEDIATE", match=match)
        transaction.set_rollback(True)


@pytest.mark.parametrize("team", ["investigator", "social_worker"])
def test_a_privacy_officer_of_a_team_meets_no_row_of_its_hand_overs(cast, one, team):
    officer = officer_in(cast, team)
    with acting(officer, reason="x"):
        for table in ("handover", "handoveritem", "historicalhandover", "historicalhandoveritem"):
            assert run(f"SELECT FROM referrals_{table}") == 0
        assert run("UPDATE referrals_handover SET how = 'forged'") == 0


def test_a_privacy_officer_signs_no_child_away(cast, one):
    officer = officer_in(cast, "investigator")
    answer(one, cast.investigator, "given")
    for act in (
        lambda: hand_overs.tell_how(hand_over=one, how="x", by=officer),
        lambda: hand_overs.sign_given(hand_over=one, proof=Proof(officer), by=officer),
    ):
        with pytest.raises((Refused, hand_overs.NotPossible)):
            act()


def test_a_giver_who_changes_nothing_in_the_file_does_not_sign(cast, one):
    answer(one, cast.investigator, "given")
    with as_owner(), stamping(Stamp(None, "test")):
        cast.investigator.roles = [Role.SUPERVISOR]
        cast.investigator.save()
    with pytest.raises(Refused):
        hand_overs.sign_given(hand_over=one, proof=Proof(cast.investigator), by=cast.investigator)
    with acting(cast.investigator, reason="x"):
        run("SELECT access.begin_signature(%s)", opening_key())
        assert_refused(GIVE, cast.investigator.pk, one.pk, match="not this person's")


def test_a_task_of_a_file_is_not_for_a_privacy_officer_of_the_team(cast, tern):
    officer, team = officer_in(cast, "investigator"), cast.team("investigator")
    task = work.add_task(kind="court_order", title="Renew", team=team, child_id=tern.pk, by=cast.investigator)
    with acting(officer):
        assert task.pk not in {one.pk for one in my_tasks(officer)}
    with pytest.raises(Refused):
        work.end_task(task=task, by=officer)
    with acting(officer, reason="x"), refused_at_the_end("ends with the record"):
        work.put_end(task, Task.State.DONE)
    with pytest.raises(Refused):
        work.give_task(task=task, to=officer, by=cast.investigator)
    with acting(cast.investigator, reason="x"):
        assert_refused(
            "UPDATE casework_task SET person_id = %s WHERE id = %s", officer.pk, task.pk, match="to a colleague"
        )


def test_what_the_receiver_found_missing_is_not_rewritten_by_the_giver(cast, one):
    answer(one, cast.investigator, "given")
    with acting(cast.investigator):
        item = one.items.filter(kind="medicine").get()
    hand_overs.tick(item=item, count=0, side="received", difference="The bag was empty.", by=cast.social_worker)
    with acting(cast.investigator, reason="x"):
        rewritten = "UPDATE referrals_handoveritem SET difference = 'all was there' WHERE id = %s"
        assert_refused(rewritten, item.pk, match="this side")
        assert_refused(rewritten.replace("SET", "SET received = NULL,"), item.pk, match="this side")
    hand_overs.tick(item=item, count=2, side="given", by=cast.investigator)
    with acting(cast.social_worker):
        item.refresh_from_db()
    assert (item.received, item.difference) == (None, "")


def test_a_privacy_officer_is_offered_no_task_of_the_team(cast, files, browse):
    officer = officer_in(cast, "social_worker")
    task = work.add_task(
        kind="next_step", title="Ring the school", rule="r", team=cast.team("social_worker"), child_id=files["Mira"],
        due=None, by=cast.social_worker,
    )  # fmt: skip
    done = reverse("desk:task_done", args=[task.pk])
    page = reverse("victims:child", args=[files["Mira"]])
    assert done in browse(cast.social_worker).get(page).content.decode()
    answer_ = browse(officer).get(page)
    assert answer_.status_code == 200
    assert done not in answer_.content.decode()
