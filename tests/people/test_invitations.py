"""Invitations: sent after a second person agreed, opened once and within seven days, told to nobody else."""

import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from portal.access import jobs, links
from portal.access import people as acts
from portal.access.identity import Refused, acting
from portal.accounts.models import Agency, Invitation, Person, PersonChange
from portal.accounts.roles import Role
from portal.audit.kinds import shifted
from portal.casework.workflow import NotPossible
from tests.attacks import attack
from tests.statements import assert_refused, jobs_of, last_event, rows, run, value
from tests.world import DAY

WORDS = "a long enough secret phrase 7"


def invited(people, *, by="keeper", email="New.Person@example.net", roles=(Role.SOCIAL_WORKER,), agency=None, teams=()):
    keeper = getattr(people, by)
    return acts.invite(
        agency=agency or keeper.agency, email=email, given_name="Noor", family_name="Said", roles=list(roles), by=keeper,
        reason="starts on Monday", teams=teams,
    )  # fmt: skip


def change_of(invitation, by):
    with acting(by):
        return PersonChange.objects.get(invitation=invitation)


def agreed(people, invitation, by="second"):
    """A second person agrees, and the worker sends the mail; returns the address of the link."""
    second = getattr(people, by)
    acts.decide_change(change=change_of(invitation, second), approves=True, by=second)
    return posted()


def posted():
    """Run the newest job of a mail; return the path of its link."""
    jobs.run(jobs_of("invitation")[-1])
    return re.search(r"http://\S+?(/accounts/invitation/\S+)", mail.outbox[-1].body)[1]


def chosen(link):
    return Client().post(link, {"password1": WORDS, "password2": WORDS})


@pytest.fixture
def link(people):
    """The link of an invitation that two administrators agreed on."""
    return agreed(people, invited(people, teams=[people.team("social_worker")]))


def test_invitation_is_sent_after_a_second_person_agreed(people):
    invitation = invited(people)
    assert (invitation.state, invitation.digest) == (Invitation.State.ASKED, None)
    assert not jobs_of("invitation")
    link = agreed(people, invitation)
    assert mail.outbox[-1].to == ["new.person@example.net"]
    assert chosen(link).url == reverse("account_login")
    person = Person.objects.get(email="new.person@example.net")
    assert (person.roles, person.agency_id) == ([Role.SOCIAL_WORKER], people.keeper.agency_id)
    assert person.check_password(WORDS)
    assert last_event(kind="password")["purpose"] == "accepted an invitation"


@attack("D50")
def test_mail_holds_a_reference_and_a_link_and_no_word_of_the_agency_or_a_role(people, link):
    text = mail.outbox[-1].subject + mail.outbox[-1].body
    for word in (people.keeper.agency.name, "social worker", "Noor", "Melo"):
        assert word not in text
    assert value("SELECT count(*) FROM accounts_invitation WHERE encode(digest, 'hex') = %s", link.split("/")[-2]) == 0


def test_whoever_joined_is_in_the_teams_and_makes_a_second_factor_first(people, link):
    chosen(link)
    person = Person.objects.get(email="new.person@example.net")
    assert person.team_ids == {people.team("social_worker").pk}
    client = Client()
    client.post(reverse("account_login"), {"login": person.email, "password": WORDS})
    assert client.get("/", follow=True).request["PATH_INFO"] == reverse("mfa_activate_totp")


def test_link_works_once(link):
    assert chosen(link).status_code == 302
    answer = chosen(link)
    assert answer.status_code == 404
    assert "opens nothing any more" in answer.content.decode()
    assert last_event(kind="invitation")["reason_code"] == "link_opens_nothing"


def test_link_works_for_seven_days(link):
    with shifted(6.9 * DAY):
        assert Client().get(link).status_code == 200
    with shifted(7.1 * DAY):
        assert chosen(link).status_code == 404
    assert not Person.objects.filter(email="new.person@example.net").exists()


def test_sending_again_ends_the_link_before(people, link):
    with acting(people.keeper):
        invitation = Invitation.objects.get()
    acts.send_again(invitation=invitation, by=people.keeper)
    newer = posted()
    assert newer != link
    assert chosen(link).status_code == 404
    assert chosen(newer).status_code == 302


def test_withdrawn_invitation_opens_nothing(people, link):
    with acting(people.keeper):
        invitation = Invitation.objects.get()
    acts.withdraw(invitation=invitation, by=people.keeper)
    assert chosen(link).status_code == 404
    with pytest.raises(NotPossible):
        acts.send_again(invitation=invitation, by=people.keeper)


def test_refused_invitation_is_never_sent(people):
    invitation = invited(people)
    acts.decide_change(change=change_of(invitation, people.second), approves=False, by=people.second, reason="unknown")
    assert not jobs_of("invitation")
    with acting(people.keeper):
        assert Invitation.objects.get().state == Invitation.State.REFUSED


def test_inviter_is_not_told_of_an_account_elsewhere(people):
    invitation = invited(people, email=people.stranger.email)
    link = agreed(people, invitation)
    answer = chosen(link)
    assert "has an account already" in answer.content.decode()
    assert Person.objects.get(email=people.stranger.email).agency_id == people.stranger.agency_id
    with acting(people.keeper):
        assert Invitation.objects.get().state == Invitation.State.SENT


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("email", "ana@\u0430gency.example"),  # the first letter is Cyrillic
        ("email", "ana@agency\u202e.example"),
        ("family_name", "Pinto\u202e"),  # turns what stands behind it
        ("given_name", "Jo\u200bana"),  # holds a space that nobody sees
    ],
)
def test_whoever_decides_reads_the_name_and_the_address_that_were_typed(people, field, typed):
    named = {"email": "ana@agency.example", "given_name": "Joana", "family_name": "Pinto"} | {field: typed}
    with pytest.raises(NotPossible) as problem:
        acts.invite(agency=people.keeper.agency, roles=[Role.SOCIAL_WORKER], by=people.keeper, reason="x", **named)
    assert problem.value.field == field


def test_a_name_is_written_as_its_script_asks(people):
    named = {"email": "ali@agency.example", "given_name": "علی\u200cرضا", "family_name": "O’Neil-Žák"}
    acts.invite(agency=people.keeper.agency, roles=[Role.SOCIAL_WORKER], by=people.keeper, reason="x", **named)


def test_inviter_is_told_of_an_account_in_the_own_agency(people):
    with pytest.raises(NotPossible) as problem:
        invited(people, email=people.social_worker.email)
    assert problem.value.field == "email"


def test_operator_invites_no_administrator_alone_once_there_is_a_file(people):
    agency = people.stranger.agency
    first = invited(people, by="operator", email="one@example.net", roles=[Role.AGENCY_ADMIN], agency=agency)
    assert (first.state, first.digest) == (Invitation.State.ASKED, None)
    with pytest.raises(Refused):
        acts.decide_change(change=change_of(first, people.operator), approves=True, by=people.operator)
    with acting(people.operator):
        send = (
            "UPDATE accounts_invitation SET state = 2, sends = 1, digest = 'x', until = app_now() + interval '7 days'"
        )
        assert_refused(send + " WHERE id = %s", first.pk, match="second person has agreed")


def test_operator_invites_nobody_who_works_with_files(people):
    with pytest.raises(Refused):
        invited(people, by="operator", agency=people.stranger.agency)


def test_nobody_invites_to_another_agency_or_without_being_an_administrator(people):
    for by in ("foreign_keeper", "social_worker", "supervisor"):
        with pytest.raises(Refused):
            invited(people, by=by, agency=Agency.objects.get(pk=people.keeper.agency_id))


def test_network_roles_are_given_in_the_networks_offices_alone(people):
    with pytest.raises(NotPossible, match="own offices"):
        invited(people, roles=[Role.AUDITOR])


def test_single_administrator_waits_for_the_operator(people):
    invitation = invited(people, by="foreign_keeper")
    change = change_of(invitation, people.operator)
    with pytest.raises(Refused):
        acts.decide_change(change=change, approves=True, by=people.foreign_keeper)
    assert chosen(agreed(people, invitation, by="operator")).status_code == 302


def test_somebody_who_is_signed_in_is_asked_to_sign_out(people, link, browse):
    assert "Sign out first" in browse(people.keeper).get(link).content.decode()


# --- by raw SQL -----------------------------------------------------------------------------------------------------


def forged(invitation, **columns):
    names = ", ".join(f"{name} = {text}" for name, text in columns.items())
    return f"UPDATE accounts_invitation SET {names}, version = version + 1 WHERE id = '{invitation.pk}'"


def test_query_sends_no_invitation_that_nobody_agreed_to(people):
    invitation = invited(people)
    link = {"state": "2", "sends": "1", "digest": "sha256('x')", "until": "app_now() + interval '7 days'"}
    for by in (people.keeper, people.second):
        with acting(by):
            assert_refused(forged(invitation, **link), match="second person")
    with acting(people.foreign_keeper):
        assert run(forged(invitation, **link)) == 0


def test_query_makes_no_account_without_a_link(people, link):
    made = """INSERT INTO accounts_person (id, version, email, given_name, family_name, agency_id, roles, language, time_zone,
      shortcuts, is_active, joined, password) SELECT uuidv7(), 1, email, given_name, family_name, agency_id, roles, 'en', 'UTC',
      true, true, app_now(), '!' FROM accounts_invitation"""
    with acting(people.keeper):
        assert_refused(made, match="by its invitation")
        assert_refused("SELECT access.begin_joining('x', '')", match="opening key")


def test_query_reads_no_invitation_of_another_agency(people, link):
    for by in (people.foreign_keeper, people.social_worker, people.registrar):
        with acting(by):
            assert run("SELECT 1 FROM accounts_invitation") == 0
            assert run("SELECT 1 FROM accounts_historicalinvitation") == 0


def test_mark_of_a_link_is_not_guessed_and_not_used_again(people, link):
    with links.opened(link.split("/")[-2]):
        mark = value("SELECT current_setting('safe.joining', true)")
        assert rows("SELECT access.joining() IS NOT NULL") == [(True,)]
    run("SELECT set_config('safe.joining', %s, true)", mark.split()[0] + " " + "0" * 64)
    assert rows("SELECT access.joining()") == [(None,)]
