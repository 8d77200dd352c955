"""What one administrator asks about somebody and another person decides: roles, closed accounts, lost second factors."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.core import mail
from django.urls import reverse

from portal.access import jobs
from portal.access import people as acts
from portal.access.identity import Refused, acting
from portal.accounts.models import Person, PersonChange
from portal.accounts.roles import Role
from portal.casework.models import Notice
from portal.casework.workflow import NotPossible
from tests.attacks import attack
from tests.people.conftest import KEEPERS, THIRD, register_keepers, set_account
from tests.statements import assert_refused, count_events, jobs_of, last_event, rows, run, value

BOTH = [Role.SOCIAL_WORKER, Role.SUPERVISOR]


def asked(people, *, person="social_worker", by="keeper", roles=BOTH):
    return acts.ask_for_roles(
        person=getattr(people, person), roles=roles, by=getattr(people, by), reason="leads the team"
    )


def decided(people, change, by="second", approves=True):
    return acts.decide_change(change=change, approves=approves, by=getattr(people, by), reason="seen")


def roles_of(person):
    return Person.objects.get(pk=person.pk).roles


def test_roles_change_when_a_second_person_agrees(people):
    change = asked(people)
    assert roles_of(people.social_worker) == [Role.SOCIAL_WORKER]
    decided(people, change)
    assert roles_of(people.social_worker) == BOTH
    history = rows(
        "SELECT history_by, history_change_reason FROM accounts_historicalperson WHERE id = %s ORDER BY version DESC LIMIT 1",
        people.social_worker.pk,
    )
    assert history == [("N. Braga", "leads the team")]


def test_refused_roles_stay_as_they_were(people):
    decided(people, asked(people), approves=False)
    assert roles_of(people.social_worker) == [Role.SOCIAL_WORKER]


def test_nobody_decides_on_what_they_asked_or_on_themselves(people):
    change = asked(people)
    with pytest.raises(Refused):
        decided(people, change, by="keeper")
    about_second = asked(people, person="second", roles=[Role.AGENCY_ADMIN, Role.SUPERVISOR])
    with pytest.raises(Refused):
        decided(people, about_second, by="second")
    decided(people, about_second, by="operator")  # no third administrator is there


@pytest.mark.parametrize("by", ["operator", "foreign_keeper", "supervisor", "registrar"])
def test_others_decide_nothing_while_a_second_administrator_is_there(people, by):
    change = asked(people)
    with pytest.raises((Refused, PersonChange.DoesNotExist)):
        decided(people, change, by=by)
    assert roles_of(people.social_worker) == [Role.SOCIAL_WORKER]


def test_administrators_ask_nothing_for_themselves_or_for_another_agency(people):
    for person, by in (("keeper", "keeper"), ("social_worker", "foreign_keeper"), ("social_worker", "supervisor")):
        with pytest.raises(Refused):
            asked(people, person=person, by=by)


def test_deciders_are_told_and_the_answer_is_told(people):
    change = asked(people)
    with acting(people.second):
        assert Notice.objects.filter(kind="person_change_asked", subject_id=change.pk).count() == 1
    decided(people, change)
    with acting(people.keeper):
        assert Notice.objects.filter(kind="person_change_decided").count() == 1
    with acting(people.social_worker):
        assert Notice.objects.filter(kind="roles_changed").count() == 1


def test_roles_that_changed_meanwhile_are_asked_anew(people):
    change = asked(people)
    set_account(people.social_worker, roles=[Role.INTAKE])
    with pytest.raises(NotPossible, match="changed since"):
        decided(people, change)


def test_the_same_is_asked_once_and_can_be_taken_back(people):
    change = asked(people)
    with pytest.raises(NotPossible, match="asked already"):
        asked(people, by="second", roles=[Role.SUPERVISOR])
    acts.take_back(change=change, by=people.keeper)
    with pytest.raises(NotPossible, match="meanwhile"):
        decided(people, change)
    asked(people, by="second", roles=[Role.SUPERVISOR])


def test_roles_without_which_a_file_is_left_alone_are_not_taken(people):
    set_account(people.supervisor, roles=[Role.AUDITOR])
    change = asked(people, roles=[Role.PRIVACY_OFFICER])
    with pytest.raises(NotPossible, match="left with nobody"):
        decided(people, change)
    assert roles_of(people.social_worker) == [Role.SOCIAL_WORKER]


# --- a lost second factor --------------------------------------------------------------------------------------------


@pytest.fixture
def lost(people, owner):
    with owner():
        RecoveryCodes.activate(people.social_worker)
    by = {"by": people.keeper, "reason": "came by with the staff card"}
    return acts.ask_for_new_factor(person=people.social_worker, **by)


def factors(person):
    return value("SELECT count(*) FROM mfa_authenticator WHERE user_id = %s", person.pk)


def test_second_factor_is_reset_by_two_and_every_sign_in_ends(people, lost, browse):
    client = browse(people.social_worker)
    assert client.get("/").status_code == 200
    assert factors(people.social_worker) == 1
    decided(people, lost)
    assert factors(people.social_worker) == 0
    assert client.get("/").url.startswith(reverse("account_login"))
    assert last_event(kind="second factor")["entity_id"] == people.social_worker.pk


def test_person_is_told_of_the_reset_by_mail_and_in_the_portal(people, lost):
    decided(people, lost)
    jobs.run(jobs_of("factors_reset")[-1])
    assert mail.outbox[-1].to == [people.social_worker.email]
    assert "Your second factor was reset" in mail.outbox[-1].subject
    kinds = rows("SELECT kind FROM casework_notice WHERE person_id = %s", people.social_worker.pk)
    assert ("factors_reset",) in kinds


def test_query_removes_no_second_factor_of_somebody_else(people, lost):
    for by in (people.keeper, people.second):
        with acting(by):
            assert_refused("SELECT access.remove_factors(%s)", people.social_worker.pk, match="second person")
            assert run("DELETE FROM mfa_authenticator WHERE user_id = %s", people.social_worker.pk) == 0
            assert not Authenticator.objects.exists()


# --- by raw SQL -----------------------------------------------------------------------------------------------------

GIVE = "UPDATE accounts_person SET roles = '{social_worker,operator}', version = version + 1 WHERE id = %s"
ASK = """INSERT INTO accounts_personchange (id, version, agency_id, kind, person_id, before, roles, asked_by_id, asked, reason,
  state, comment{more}) SELECT uuidv7(), 1, agency_id, %s, id, roles, '{{supervisor}}', %s, app_now(), 'x', {state}, ''{values}
  FROM accounts_person WHERE id = %s"""


def ask_by_query(kind, by, person, *, state=1, more="", values=""):
    return ASK.format(state=state, more=more, values=values), kind, by.pk, person.pk


@attack("D31")
def test_query_gives_no_roles(people):
    for by in (people.keeper, people.foreign_keeper, people.social_worker, people.operator, people.registrar):
        with acting(by):
            assert_refused(GIVE, people.social_worker.pk, match="not this person's to change")
            assert_refused(GIVE, by.pk, match="not this person's to change")


def test_query_asks_nothing_for_oneself_in_anothers_name_or_decided(people):
    me, other = people.keeper, people.social_worker
    with acting(me):
        assert_refused(*ask_by_query("roles", me, me), match="asked by who keeps")
        assert_refused(*ask_by_query("roles", people.second, other), match="asked by who keeps")
        assert_refused(*ask_by_query("roles", me, people.ngo_worker), match="asked by who keeps")
        more = {"more": ", decided, decided_by_id", "values": f", app_now(), '{people.second.pk}'"}
        assert_refused(*ask_by_query("roles", me, other, state=2, **more), match="asked by who keeps")
    with acting(people.social_worker):
        assert_refused(*ask_by_query("roles", people.social_worker, people.supervisor), match="asked by who keeps")


def test_query_decides_nothing_that_one_asked_oneself(people):
    change = asked(people)
    decide = """UPDATE accounts_personchange SET state = 2, decided_by_id = %s, decided = app_now(), version = version + 1
      WHERE id = %s"""
    with acting(people.keeper):
        assert_refused(decide, people.keeper.pk, change.pk)
        assert_refused(decide, people.second.pk, change.pk, match="second person")
    with acting(people.foreign_keeper):
        assert run(decide, people.foreign_keeper.pk, change.pk) == 0
    with acting(people.second):
        changed = decide.replace("SET state", "SET roles = '{operator}', state")
        assert_refused(changed, people.second.pk, change.pk, match="second person")


def test_query_opens_no_closed_account_and_writes_no_name_of_others(people):
    set_account(people.social_worker, is_active=False)
    with acting(people.keeper):
        reopen = "UPDATE accounts_person SET is_active = true, version = version + 1 WHERE id = %s"
        assert_refused(reopen, people.social_worker.pk, match="not this person's")
        rename = "UPDATE accounts_person SET family_name = 'x', version = version + 1 WHERE id = %s"
        assert_refused(rename, people.supervisor.pk, match="not this person's")


def test_two_who_decide_at_once_decide_once(clone):
    people = clone.cast
    register_keepers(people, KEEPERS | THIRD)
    change = asked(people)
    keepers = [people.second, people.third]

    def decide(number):
        return acts.decide_change(change=change, approves=number == 0, by=keepers[number], reason="x")

    results = clone.at_once(decide, 2)
    assert sum(isinstance(one, NotPossible) for one in results) == 1
    state = clone.value("SELECT state FROM accounts_personchange WHERE id = %s", change.pk)
    roles = clone.value("SELECT roles FROM accounts_person WHERE id = %s", people.social_worker.pk)
    assert (state, roles) in [(2, BOTH), (3, [Role.SOCIAL_WORKER])]


def test_refusals_are_recorded(people):
    before = count_events(reason_code="not_yours_to_decide")
    with pytest.raises(Refused):
        decided(people, asked(people), by="keeper")
    assert count_events(reason_code="not_yours_to_decide") == before + 1
