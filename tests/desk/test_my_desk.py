"""Rows of My work and next steps of a file: what each is for, whose it is, and the page on which it is done."""

import pytest
from django.urls import reverse

from portal.access.actions import accept
from portal.access.identity import acting
from portal.access.models import Grant
from portal.access.sections import Stage
from portal.access.work import add_task
from portal.audit import clock
from referrals import actions as referrals
from tests.care.test_clock import probable as called_probable
from tests.matching.pairs import make_match
from tests.referrals.conftest import accepted, drafted, sent, service  # noqa: F401
from tests.statements import value
from tests.world import DAY, open_file
from victims import claims, decisions
from victims.actions import take_step


def groups(client):
    return {group.id: group for group in client.get("/").context["groups"]}


def places(client):
    return [place["url"] for place in client.get("/").context["frame"].nav]


# --- referrals in hand ------------------------------------------------------------------------------------------------


def test_what_one_claimed_is_ones_own_to_decide_and_a_colleagues_is_named(cast, sent, browse, owner):  # noqa: F811
    one = referrals.claim(referral=sent(), by=cast.ngo_worker, reason="claimed")
    (row,) = groups(browse(cast.ngo_worker))["in-hand"].rows
    page = reverse("referrals:asked", args=[one.pk])
    assert (row.why, row.act, row.act_url, row.due, row.name) == ("Yours to decide.", "Answer", page, one.answer_by, "")


def test_what_was_accepted_waits_for_its_start(cast, accepted, browse):  # noqa: F811
    one = accepted()
    (row,) = groups(browse(cast.ngo_worker))["in-hand"].rows
    page = reverse("referrals:asked", args=[one.pk])
    assert (row.title, row.name, row.act_url) == ("Begin what was accepted", "Ended", page)
    assert "Record the start" in browse(cast.ngo_worker).get(page).content.decode()


def test_what_others_hold_is_in_nobody_elses_hand(cast, accepted, browse):  # noqa: F811
    accepted()
    for person in (cast.stranger, cast.social_worker, cast.shelter_worker):
        assert "in-hand" not in groups(browse(person))


@pytest.mark.parametrize("name", ["analyst", "investigator", "social_worker"])
def test_the_police_find_their_referrals_in_six_places_at_most(cast, files, browse, name):
    found = places(browse(getattr(cast, name)))
    assert reverse("referrals:inbox") in found
    assert len(found) <= 6


def test_an_investigator_finds_the_imports_on_the_page_of_the_series(cast, browse):
    text = browse(cast.investigator).get(reverse("victims:series")).content.decode()
    assert f'href="{reverse("victims:imports")}"' in text


# --- pairs ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def match(cast):
    return make_match(cast, near=(2,), identical=1)


def pair_rows(client):
    return list(groups(client)["pairs"].rows)


@pytest.mark.parametrize("name", ["analyst", "investigator", "foreign"])
def test_whoever_may_weigh_a_pair_finds_it(cast, match, browse, name):
    (row,) = pair_rows(browse(getattr(cast, name)))
    assert (row.act, row.act_url, row.due) == ("Weigh", match.url, None)


def test_a_proposed_pair_stands_with_its_clock_before_the_second_officer_alone(cast, match, browse):
    decision = decisions.decide(pair_id=match.pair_id, step="propose", version=0, by=cast.analyst, reason="same room")
    (row,) = pair_rows(browse(cast.foreign))
    assert (row.due, row.why) == (decision.answer_by, "One officer says: same child. A second one is asked.")
    for mine in (cast.analyst, cast.investigator):
        assert pair_rows(browse(mine)) == []


def test_a_pair_that_somebody_weighs_is_free_to_nobody_else(cast, match, browse):
    claims.claim(pair_id=match.pair_id, by=cast.analyst)
    assert pair_rows(browse(cast.foreign)) == []
    (row,) = pair_rows(browse(cast.analyst))
    assert row.why.startswith("You weigh it now.")


# --- identities -------------------------------------------------------------------------------------------------------


@pytest.fixture
def probable(cast, files):
    """A file that two forces work on, whose identity one of them called probable."""
    return called_probable(cast)


def identity_rows(client, name="Vega"):
    return [row for row in groups(client)["identities"].rows if row.name == name]


def test_a_candidate_is_listed_with_the_step_to_whoever_may_take_it(cast, files, browse):
    child = open_file(cast, "Vega", "investigator", Stage.SOUGHT)
    take_step(child=child, cycle="identity", name="propose", by=cast.investigator, reason="a photo")
    (row,) = identity_rows(browse(cast.investigator))
    assert row.act_url == reverse("victims:make_probable", args=[child.pk])
    assert identity_rows(browse(cast.foreign)) == []  # open to the network: the owner's step


def test_a_probable_identity_is_listed_to_the_second_officer_alone(cast, probable, browse):
    assert identity_rows(browse(cast.investigator)) == []
    with acting(cast.foreign):
        offered = Grant.objects.get(child_id=probable, team=cast.team("foreign"), ended=None)
    accept(grant=offered, by=cast.foreign)
    (row,) = identity_rows(browse(cast.foreign))
    confirm = reverse("victims:step", args=[probable, "identity", "confirm"])
    assert (row.title, row.act_url) == ("Confirm the identity", confirm)
    assert row.due == value("SELECT due FROM casework_task WHERE kind = 'second_officer_24h'")


# --- next steps of a file ---------------------------------------------------------------------------------------------


def next_steps(client, child_id):
    return client.get(reverse("victims:child", args=[child_id])).context["tasks"]


def task_on(cast, file, of, kind="next_step"):
    due = clock.now() + DAY
    return add_task(kind=kind, title="Ring", team=cast.team(of), due=due, child_id=file, by=cast.social_worker)


def test_a_next_step_of_ones_own_leads_to_where_it_is_done(cast, files, browse):
    typed, visit = task_on(cast, files["Mira"], "social_worker"), task_on(cast, files["Mira"], "social_worker", "visit")
    found = {row["task"].pk: row["act_url"] for row in next_steps(browse(cast.social_worker), files["Mira"])}
    assert found[typed.pk] == reverse("desk:task_done", args=[typed.pk])
    assert found[visit.pk] == reverse("victims:contact", args=[files["Mira"]])


def test_a_next_step_of_others_is_reminded_of_once_a_day(cast, files, browse):
    task, client = task_on(cast, files["Mira"], "ngo_worker"), browse(cast.social_worker)
    (row,) = [row for row in next_steps(client, files["Mira"]) if row["task"].pk == task.pk]
    assert (row["act"], row["posts"]) == ("Remind", True)
    answer = client.post(row["act_url"], {"file": "1"})
    assert answer.url == reverse("victims:child", args=[files["Mira"]])
    (row,) = [row for row in next_steps(client, files["Mira"]) if row["task"].pk == task.pk]
    assert "act" not in row


def test_whoever_does_not_own_the_file_reminds_nobody(cast, files, browse):
    task = task_on(cast, files["Mira"], "social_worker")
    (row,) = [row for row in next_steps(browse(cast.ngo_worker), files["Mira"]) if row["task"].pk == task.pk]
    assert "act_url" not in row
