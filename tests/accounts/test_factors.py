"""Passwords and second factors: whose they are in the database, and the record of every change to them."""

import datetime
import re

import psycopg
import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.cache import cache
from django.test import Client
from django.test.client import FakePayload
from django.urls import reverse

from portal.access.factors import signing_in
from portal.access.identity import NoIdentity, acting
from portal.accounts import passwords
from portal.accounts.models import Person
from tests.accounts.conftest import LOGIN, PASSWORD, ask_for_reset, enrol, sign_in
from tests.attacks import attack
from tests.codes import another_code, code
from tests.statements import assert_refused, count_events, last_event, rows, run, value

NEW = "another long and quiet morning"
MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture
def factors(cast, owner):
    """One second factor each for two people."""
    with owner():
        for person in (cast.investigator, cast.stranger):
            RecoveryCodes.activate(person)


def seen():
    """The people whose second factors the application reads now."""
    return set(Authenticator.objects.values_list("user_id", flat=True))


# --- in the database ------------------------------------------------------------------------------------------------


def test_application_writes_no_password_past_its_function(cast):
    with acting(cast.stranger):
        assert_refused("UPDATE accounts_person SET password = 'x'", match="permission denied")
        call = "SELECT access.set_password(%s, %s, 'x')"
        for proof in ("", "x", passwords.opening_key()[:-1]):
            assert_refused(call, proof, cast.investigator.pk, match="opening key does not fit")


def test_second_factors_are_shown_to_their_person_alone(cast, factors):
    with acting(cast.stranger):
        assert seen() == {cast.stranger.pk}
    with acting(cast.clinician):
        assert seen() == set()


def test_second_factors_of_others_are_neither_changed_nor_removed_nor_made(cast, factors):
    with acting(cast.stranger):
        assert run("UPDATE mfa_authenticator SET data = '{}' WHERE user_id <> %s", cast.stranger.pk) == 0
        assert run("DELETE FROM mfa_authenticator WHERE user_id <> %s", cast.stranger.pk) == 0
        made = "INSERT INTO mfa_authenticator (user_id, type, data, created_at) VALUES (%s, 'totp', '{}', now())"
        assert_refused(made, cast.investigator.pk, match="row-level security")


def test_question_about_second_factors_outside_of_an_act_raises(cast, factors):
    with pytest.raises(NoIdentity):
        Authenticator.objects.exists()


def test_sign_in_looks_at_second_factors_but_makes_and_removes_none(cast, factors):
    with signing_in():
        assert seen() == {cast.investigator.pk, cast.stranger.pk}
        assert run("DELETE FROM mfa_authenticator") == 0
        made = "INSERT INTO mfa_authenticator (user_id, type, data, created_at) VALUES (%s, 'totp', '{}', now())"
        assert_refused(made, cast.investigator.pk, match="row-level security")
    with acting(cast.clinician):
        assert seen() == set()


COUNT = "SELECT count(*) FROM mfa_authenticator"
MARK = "SELECT current_setting('safe.sign_in', true)"


def test_mark_of_a_sign_in_is_neither_guessed_nor_used_again(clone):
    clone.run(
        "INSERT INTO mfa_authenticator (user_id, type, data, created_at) SELECT id, 'totp', '{}', now() FROM accounts_person"
    )
    with clone.sign_in_as_app() as app:
        with app.transaction():
            app.execute("SELECT access.begin_sign_in(%s)", [passwords.opening_key()])
            assert app.execute(COUNT).fetchone()[0] > 5
            mark = app.execute(MARK).fetchone()[0]
        for guess in (mark, "true", "", "x" * 64):
            with app.transaction():
                app.execute("SELECT set_config('safe.sign_in', %s, true)", [guess])
                assert app.execute(COUNT).fetchone() == (0,)
        for call in ("SELECT access.sign_in_mark()", "SELECT access.begin_sign_in('x')"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                app.execute(call)


def test_no_history_row_holds_a_password(cast, person):
    kept = value("SELECT password FROM accounts_person WHERE id = %s", person.pk)
    assert kept
    assert not rows("SELECT 1 FROM accounts_historicalperson h WHERE to_jsonb(h)::text LIKE %s", f"%{kept}%")


# --- on record ------------------------------------------------------------------------------------------------------


def factor_events(person):
    found = (
        "SELECT action, details ->> 'type' FROM audit_event WHERE kind = 'second factor' AND person_id = %s ORDER BY id"
    )
    return rows(found, person.pk)


def test_making_and_removing_second_factors_is_recorded(client, enrolled, person):
    made = [("C", "totp"), ("C", "recovery_codes")]
    assert sorted(factor_events(person)) == sorted(made)
    client.post(reverse("mfa_generate_recovery_codes"))
    assert sorted(factor_events(person)[2:]) == [("C", "recovery_codes"), ("D", "recovery_codes")]
    assert client.post(reverse("mfa_deactivate_totp")).status_code == 302
    assert sorted(factor_events(person)[4:]) == [("D", "recovery_codes"), ("D", "totp")]


def test_looking_at_the_second_factors_records_nothing(client, enrolled, person):
    before = len(factor_events(person))
    assert client.get(reverse("mfa_index")).status_code == 200
    assert client.post(reverse("mfa_reauthenticate"), {"code": code(enrolled, back=-1)}).status_code == 302
    assert len(factor_events(person)) == before


@pytest.mark.parametrize(
    "page", ["mfa_deactivate_totp", "mfa_add_webauthn", "mfa_generate_recovery_codes", "mfa_view_recovery_codes"]
)
@attack("D02")
def test_the_password_alone_neither_removes_nor_adds_a_second_factor(enrolled, person, page):
    other, asked = Client(), reverse("mfa_reauthenticate")
    sign_in(other)
    other.post(reverse("mfa_authenticate"), {"code": code(enrolled, back=-1)})
    before = factor_events(person)
    assert other.get(reverse(page)).url.startswith(asked)
    assert other.post(reverse("account_reauthenticate"), {"password": PASSWORD}).url.startswith(asked)
    assert other.get(reverse(page)).url.startswith(asked)
    other.post(reverse(page))
    assert factor_events(person) == before
    assert "password" not in other.get(asked).content.decode().partition("<main")[2]
    assert other.post(asked, {"code": another_code(enrolled)}).status_code == 302
    assert other.get(reverse(page)).status_code == 200


@attack("D10")
def test_change_of_a_password_is_recorded_and_ends_other_sign_ins(client, enrolled, person):
    other = Client()
    other.cookies = client.cookies.copy()
    form = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    answer = client.post(reverse("account_change_password"), form)
    assert answer.status_code == 302
    event = last_event(kind="password")
    assert (event["person_id"], event["entity_id"], event["purpose"]) == (person.pk, person.pk, "changed")
    assert event["request_id"] == answer["X-Request-Id"]
    assert other.get("/").url.startswith(LOGIN)
    assert sign_in(Client(), password=NEW).url.startswith(reverse("mfa_authenticate"))


def test_reset_of_a_password_is_recorded_and_claims_no_identity(client, person, mailoutbox):
    ask_for_reset(client, person.email)
    link = re.search(r"http://\S+?(/accounts/\S+)", mailoutbox[0].body)[1]
    form = client.get(link, follow=True).redirect_chain[-1][0]
    answer = client.post(form, {"password1": NEW, "password2": NEW})
    assert answer.status_code == 302
    event = last_event(kind="password")
    assert (event["person_id"], event["person"], event["entity_id"]) == (None, "A. Ferreira", person.pk)
    assert (event["purpose"], event["request_id"]) == ("reset", answer["X-Request-Id"])
    assert sign_in(Client(), password=NEW).status_code == 302


def form_of(client, link):
    """Follow the link of a mail; return the address that takes the new password, nothing where there is none."""
    page = client.get(link, follow=True)
    return page.redirect_chain[-1][0] if 'name="password1"' in page.content.decode() else ""


@attack("D10")
def test_a_link_of_a_reset_counts_once_for_half_an_hour_and_skips_no_second_factor(
    client, enrolled, person, mailoutbox, monkeypatch
):
    other = Client()
    ask_for_reset(other, person.email)
    link = re.search(r"http://\S+?(/accounts/\S+)", mailoutbox[0].body)[1]
    now = PasswordResetTokenGenerator._now
    with monkeypatch.context() as later:
        later.setattr(PasswordResetTokenGenerator, "_now", lambda self: now(self) + 31 * MINUTE)
        assert not form_of(Client(), link)
    address = form_of(other, link)
    assert client.get("/").status_code == 200
    assert other.post(address, {"password1": NEW, "password2": NEW}).status_code == 302
    assert client.get("/").url.startswith(LOGIN)  # whoever was signed in with the old password
    assert other.get("/").url.startswith(LOGIN)
    assert not form_of(Client(), link)
    assert sign_in(other, password=NEW).url.startswith(reverse("mfa_authenticate"))


def test_old_hash_is_renewed_at_the_sign_in(client, person, settings):
    strong = "django.contrib.auth.hashers.Argon2PasswordHasher"
    settings.PASSWORD_HASHERS = [strong, *settings.PASSWORD_HASHERS]
    assert sign_in(client).status_code == 302
    assert Person.objects.get(pk=person.pk).password.startswith("argon2")
    assert last_event(kind="password")["purpose"] == "hash renewed"


def test_event_of_a_password_holds_no_word_and_no_hash_of_it(client, enrolled, person):
    client.post(reverse("account_change_password"), {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})
    kept = value("SELECT password FROM accounts_person WHERE id = %s", person.pk)
    for word in (NEW, PASSWORD, kept):
        assert not rows("SELECT 1 FROM audit_event e WHERE to_jsonb(e)::text LIKE %s", f"%{word}%")


def test_password_that_cannot_be_recorded_is_not_changed(client, person, owner):
    before = value("SELECT password FROM accounts_person WHERE id = %s", person.pk)
    with owner():
        run("REVOKE INSERT ON audit_event FROM app")
    changing = Person.objects.get(pk=person.pk)
    changing.set_password(NEW)
    with pytest.raises(passwords.events.NotRecorded):
        changing.save(update_fields=["password"])
    assert value("SELECT password FROM accounts_person WHERE id = %s", person.pk) == before


def test_recovery_code_signs_in_once(client, enrolled, person, owner):
    page = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    code = re.search(r"\b\d{8}\b", page)[0]
    for expected in (302, 200):
        cache.clear()
        other = Client()
        sign_in(other)
        assert other.post(reverse("mfa_authenticate"), {"code": code}).status_code == expected
    assert count_events(kind="sign-in", outcome="ok", person_id=person.pk) == 2


def test_factor_made_in_another_session_while_a_form_arrives_slowly_opens_nothing(client, person, files):
    """The form of a session that only knows the password arrives after its owner has enrolled elsewhere."""
    sign_in(client)
    other = Client()
    sign_in(other)

    class Slowly(FakePayload):
        def read(self, *size):
            enrol(other)
            return super().read(*size)

    body = b"code=123456"
    client.request(
        PATH_INFO=reverse("mfa_activate_totp"), REQUEST_METHOD="POST", CONTENT_TYPE="application/x-www-form-urlencoded",
        CONTENT_LENGTH=len(body), **{"wsgi.input": Slowly(body)},
    )  # fmt: skip
    assert other.get("/").status_code == 200
    assert client.get(reverse("victims:child", args=[files["Mira"]])).status_code == 302
