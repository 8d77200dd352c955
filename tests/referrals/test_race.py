"""Two accept one referral at the same moment, through the page, on a copy where it really commits."""

from django.urls import reverse

from portal.accounts import actions as accounts
from portal.accounts.roles import Role
from portal.audit.stamp import Stamp, stamping
from referrals import actions
from tests.attacks import attack
from tests.conftest import as_owner, signed_in
from tests.posted import form_with
from tests.referrals.conftest import ASK, entered, opening


def sent_to_two(clone):
    """Send a referral to a team of two, and claim it."""
    cast = clone.cast
    with as_owner(), stamping(Stamp(None, "set-up")):
        second = accounts.register_person(
            email="second@example.org", given_name="Tomas", family_name="Nunes", agency=cast.ngo_worker.agency,
            roles=[Role.NGO_WORKER],
        )  # fmt: skip
        accounts.join_team(person=second, team=cast.team("ngo_worker"))
    referral = actions.draft(
        child_id=clone.files["Short"], service=entered(cast), ask=ASK, by=cast.social_worker, reason="drafted"
    )
    return actions.send(referral=referral, opened=opening(), by=cast.social_worker, reason="sent")


@attack("D44")
def test_one_of_two_accepts_and_the_other_reads_who_was_faster(clone):
    cast = clone.cast
    referral = sent_to_two(clone)
    address = reverse("referrals:accept", args=[referral.pk])
    clients = [signed_in(cast.ngo_worker), signed_in(cast.second)]
    forms = [form_with(client.get(address), "worker") for client in clients]
    answers = clone.at_once(lambda n: clients[n].post(address, forms[n]), 2)
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    assert sorted(answer.status_code for answer in answers) == [302, 409]
    lost = " ".join(next(a for a in answers if a.status_code == 409).content.decode().split())
    winner = clone.value(
        "SELECT p.family_name FROM referrals_referral r JOIN accounts_person p ON p.id = r.accepted_by_id"
    )
    assert f"{winner} accepted this at" in lost
    assert (
        clone.value("SELECT count(*) FROM access_grant WHERE accepted IS NOT NULL AND reason = %s", referral.number)
        == 1
    )


def test_two_send_to_one_service_at_the_same_moment_and_one_referral_goes_out(clone):
    cast = clone.cast
    service = entered(cast)
    drafts = [
        actions.draft(child_id=clone.files["Short"], service=service, ask=ASK, by=cast.social_worker) for _n in range(2)
    ]
    pages = [reverse("referrals:preview", args=[clone.files["Short"], one.pk]) for one in drafts]
    clients = [signed_in(cast.social_worker) for _one in drafts]
    forms = [form_with(client.get(page), "until") for client, page in zip(clients, pages, strict=True)]
    answers = clone.at_once(lambda n: clients[n].post(pages[n], forms[n]), 2)
    assert sorted(answer.status_code for answer in answers) == [200, 302]
    assert clone.value("SELECT count(*) FROM referrals_referral WHERE state = 2") == 1
    assert clone.value("SELECT count(*) FROM access_grant WHERE reason LIKE %s", "R-%") == 1
