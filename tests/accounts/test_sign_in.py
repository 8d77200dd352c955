"""Signing in through the real pages: password, then second factor; nobody learns whether an account exists."""

import json
import re
import runpy

import pytest
from django.conf import settings
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from portal.access.sign_in import SignInAdapter
from tests.accounts.conftest import LOGIN, PASSWORD, ask_for_reset, enrol, sign_in
from tests.attacks import attack
from tests.codes import code, wait_for
from tests.statements import count_events, last_event, rows, run, value
from tests.world import Stamp, stamping

NONCES = re.compile(rb'(csrfmiddlewaretoken" value=|X-CSRFToken": )"[^"]+"|[0-9a-f]{32}')


@attack("D02")
def test_password_alone_opens_no_page_but_that_of_the_second_factor(client, person, files):
    assert sign_in(client).status_code == 302
    pages = [reverse(name) for name in ("desk:home", "victims:children", "desk:notices", "desk:search")]
    pages += [reverse("victims:child", args=[files["Mira"]]), reverse("victims:section", args=[files["Mira"], "care"])]
    for page in pages:
        answer = client.get(page)
        assert (answer.status_code, answer.url) == (302, reverse("mfa_activate_totp")), page


def test_client_s_address_is_cut_to_what_the_record_takes(client, person):
    zone = "fe80::1%" + "z" * 60  # the zone of such an address may be any text
    client.post(LOGIN, {"login": person.email, "password": "wrong words in here"}, REMOTE_ADDR=zone)
    assert last_event(kind="sign-in", outcome="failed")["address"] == zone[:45]


@attack("D02")
def test_password_alone_saves_nothing(client, person, files):
    sign_in(client)
    page = reverse("victims:add", args=[files["Mira"], "care"])
    client.post(page, {"on": "2026-01-02", "kind": "wish", "text": "canary-half-signed"})
    assert value("SELECT count(*) FROM victims_careentry WHERE text = 'canary-half-signed'") == 0


def test_making_the_second_factor_opens_the_pages(client, enrolled):
    assert client.get(reverse("desk:home")).status_code == 200


def test_second_factor_is_asked_for_at_the_next_sign_in(client, enrolled):
    other = Client()
    answer = sign_in(other)
    assert answer.url.startswith(reverse("mfa_authenticate"))
    assert other.get(reverse("desk:home")).url.startswith(LOGIN)


def test_right_code_ends_the_sign_in_and_a_wrong_one_does_not(client, enrolled):
    other = Client()
    sign_in(other)
    assert other.post(reverse("mfa_authenticate"), {"code": "000000"}).status_code == 200
    assert other.get(reverse("desk:home")).status_code == 302
    cache.clear()  # the code of this half minute was used when the factor was made
    other.post(reverse("mfa_authenticate"), {"code": code(enrolled)})
    assert other.get(reverse("desk:home")).status_code == 200


def test_a_code_is_good_once(client, enrolled):
    first, second = Client(), Client()
    used = code(enrolled)
    cache.clear()
    for one in (first, second):
        sign_in(one)
        one.post(reverse("mfa_authenticate"), {"code": used})
    assert first.get(reverse("desk:home")).status_code == 200
    assert second.get(reverse("desk:home")).status_code == 302


def code_is_taken(used):
    """Sign in anew and show a code; return whether it opens the pages."""
    one = Client()
    sign_in(one)
    one.post(reverse("mfa_authenticate"), {"code": used})
    return one.get(reverse("desk:home")).status_code == 200


def test_a_code_that_ended_while_it_was_typed_is_taken_and_an_older_one_is_not(client, person):
    wait_for(3)
    sign_in(client)
    enrolled = enrol(client)
    cache.clear()
    assert not code_is_taken(code(enrolled, back=3))
    assert code_is_taken(code(enrolled, back=1))


def test_a_code_is_not_taken_again_when_the_library_has_forgotten_it(client, enrolled):
    used = code(enrolled)
    cache.clear()
    assert code_is_taken(used)
    (person_id,) = rows("SELECT user_id FROM mfa_authenticator WHERE type = 'totp'")[0]
    assert cache.delete(f"allauth.mfa.totp.used?user={person_id}&code={used}")  # as it does after half a minute
    assert not code_is_taken(used)


def test_the_first_code_is_not_taken_again_elsewhere(client, person):
    sign_in(client)
    secret = enrol(client)
    assert not code_is_taken(code(secret))
    assert code_is_taken(code(secret, back=-1))


def test_a_code_that_was_shown_does_not_set_the_count_of_tries_back(client, enrolled):
    used = code(enrolled)
    cache.clear()
    assert code_is_taken(used)
    (person_id,) = rows("SELECT user_id FROM mfa_authenticator WHERE type = 'totp'")[0]
    other, said = Client(), []
    sign_in(other)
    for tried in ["000000", "000000", "000000", used] * 3:
        cache.delete(f"allauth.mfa.totp.used?user={person_id}&code={used}")
        said.append(other.post(reverse("mfa_authenticate"), {"code": tried}).content.decode())
    assert "Too many" in said[-1]


def test_a_wrong_first_code_is_recorded(client, person):
    sign_in(client)
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    before = count_events(kind="sign-in", outcome="failed")
    client.post(reverse("mfa_activate_totp"), {"code": "000000"})
    assert count_events(kind="sign-in", outcome="failed") == before + 1


def test_secret_of_the_second_factor_lies_sealed(enrolled):
    stored = value("SELECT data::text FROM mfa_authenticator WHERE type = 'totp'")
    assert enrolled not in stored


@pytest.mark.parametrize("email", ["nobody@example.org", "social_worker@example.org", "ana@elsewhere.invalid"])
@attack("D03")
def test_answer_to_a_wrong_sign_in_is_the_same_for_every_account(client, person, email):
    known, asked = (
        sign_in(Client(), email=one, password="wrong words here") for one in ("social_worker@example.org", email)
    )
    bare = [
        NONCES.sub(b"", answer.content).replace(email.encode(), b"social_worker@example.org")
        for answer in (known, asked)
    ]
    assert bare[0] == bare[1]
    assert known.status_code == asked.status_code == 200


@attack("D03")
@pytest.mark.parametrize("closed", ["account", "agency"])
def test_closed_account_is_answered_like_a_wrong_password(client, person, owner, closed):
    wrong = sign_in(Client(), password="wrong words here")
    with owner(), stamping(Stamp(None, "test")):
        one = person if closed == "account" else person.agency
        one.is_active = False
        one.save()
    closed = sign_in(Client())
    assert closed.status_code == 200
    assert NONCES.sub(b"", closed.content) == NONCES.sub(b"", wrong.content)


def test_failed_sign_in_is_recorded_without_the_password(client, person):
    sign_in(client, password="canary-password")
    event = last_event(kind="sign-in", outcome="failed")
    assert event["reason_code"] == "wrong_credentials"
    assert not rows("SELECT 1 FROM audit_event e WHERE to_jsonb(e)::text LIKE '%%canary-password%%'")


def test_failed_sign_in_is_recorded_with_request_and_address(client, person):
    answer = sign_in(client, password="wrong words here")
    event = last_event(kind="sign-in", outcome="failed")
    assert (event["request_id"], event["address"]) == (answer["X-Request-Id"], "127.0.0.1")


def test_sign_in_that_cannot_be_recorded_does_not_come_about(client, person, owner):
    with owner():
        run("REVOKE INSERT ON audit_event FROM app")
    assert sign_in(client).status_code == 503
    assert client.get(reverse("desk:home")).url.startswith(LOGIN)


def test_sign_in_and_sign_out_are_recorded(client, enrolled, cast):
    assert count_events(kind="sign-in", outcome="ok", person_id=cast.social_worker.pk) == 1
    client.post("/accounts/logout/")
    assert count_events(kind="sign-out", person_id=cast.social_worker.pk) == 1


@attack("D04")
def test_too_many_wrong_passwords_delay_that_account_only(client, person):
    answers = [sign_in(client, password=f"wrong words {number}").status_code for number in range(7)]
    late = sign_in(client)
    assert set(answers) == {200}
    assert late.status_code == 200
    assert "too many" in late.content.decode().lower()


@pytest.mark.parametrize(
    "target", ["https://canary.invalid/", "//canary.invalid/", "/\\canary.invalid", "javascript:alert(1)"]
)
@attack("D54")
def test_sign_in_leads_to_no_other_host(client, person, target):
    for place in (f"{LOGIN}?next={target}", LOGIN):
        answer = Client().post(place, {"login": person.email, "password": PASSWORD, "next": target})
        assert answer.status_code == 302
        assert "canary" not in answer.url
        assert not answer.url.startswith("javascript")
    sign_in(client)
    for page, form in (("account_reauthenticate", {"password": PASSWORD}), ("account_logout", {})):
        answer = client.post(reverse(page) + f"?next={target}", form | {"next": target})
        assert answer.status_code == 302, page
        assert "canary" not in answer.url, page
        assert not answer.url.startswith("javascript"), page


def test_sign_in_leads_back_to_the_page_asked_for(client, enrolled, files):
    client.post("/accounts/logout/")
    page = reverse("victims:child", args=[files["Mira"]])
    assert client.get(page).url == f"{LOGIN}?next={page}"


@attack("D05")
def test_session_from_before_the_sign_in_is_worth_nothing_after_it(client, person):
    client.get(LOGIN)
    client.session.save()
    planted = client.session.session_key
    client.cookies[settings.SESSION_COOKIE_NAME] = planted
    sign_in(client)
    assert client.session.session_key != planted
    other = Client()
    other.cookies[settings.SESSION_COOKIE_NAME] = planted
    assert other.get(reverse("desk:home")).url.startswith(LOGIN)


@attack("D06")
def test_old_cookies_open_nothing_after_the_sign_out(client, enrolled):
    old = {name: morsel.value for name, morsel in client.cookies.items()}
    client.post("/accounts/logout/")
    other = Client()
    for name, kept in old.items():
        other.cookies[name] = kept
    assert other.get(reverse("desk:home")).url.startswith(LOGIN)
    cache.clear()
    signed = Client()  # a new session, with the identity of the one that ended
    sign_in(signed)
    signed.post(reverse("mfa_authenticate"), {"code": code(enrolled)})
    assert signed.get(reverse("desk:home")).status_code == 200
    signed.cookies[settings.IDENTITY_COOKIE_NAME] = old[settings.IDENTITY_COOKIE_NAME]
    assert signed.get(reverse("desk:home")).url.startswith(LOGIN)


@attack("D49")
def test_sign_out_clears_what_the_browser_kept(client, enrolled):
    answer = client.post("/accounts/logout/")
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert answer.cookies[settings.IDENTITY_COOKIE_NAME].value == ""


def test_session_without_its_identity_opens_nothing(client, enrolled):
    del client.cookies[settings.IDENTITY_COOKIE_NAME]
    assert client.get(reverse("desk:home")).url.startswith(LOGIN)


def test_identity_of_another_person_does_not_fit_the_session(client, enrolled, cast):
    client.cookies[settings.IDENTITY_COOKIE_NAME] = cast.stranger.identity.secret
    assert client.get(reverse("desk:home")).url.startswith(LOGIN)


@attack("D11")
def test_cookies_are_kept_from_scripts_and_other_sites(client, enrolled):
    client.get(reverse("desk:home"))
    for name in (settings.SESSION_COOKIE_NAME, settings.IDENTITY_COOKIE_NAME, settings.CSRF_COOKIE_NAME):
        morsel = client.cookies[name]
        assert morsel["httponly"], name
        assert morsel["samesite"] == "Lax", name
        assert morsel["path"] == "/", name
    assert client.cookies[settings.IDENTITY_COOKIE_NAME]["max-age"] == ""


@attack("D11")
def test_in_production_cookies_are_secure_and_bound_to_the_host(client, person, settings, monkeypatch):
    given = {"MODE": "production", "SECRET_KEY": "x" * 50, "HOSTS": "portal.example.org", "DEBUG": "0"}
    for name, value_ in given.items():
        monkeypatch.setenv(f"SAFE_RETURN_{name}", value_)
    monkeypatch.delenv("SAFE_RETURN_ADDRESS", raising=False)
    monkeypatch.setenv("DATABASE_URL", "postgresql://app@localhost/x")
    made = runpy.run_path(str(settings.ROOT / "portal" / "settings.py"))
    for cookie in ("SESSION", "CSRF", "LANGUAGE"):
        assert made[f"{cookie}_COOKIE_NAME"].startswith("__Host-"), cookie
        assert made[f"{cookie}_COOKIE_SECURE"], cookie
        assert f"{cookie}_COOKIE_DOMAIN" not in made, cookie
    assert made["IDENTITY_COOKIE_NAME"].startswith("__Host-")
    settings.PRODUCTION = True
    sign_in(client)
    assert client.cookies[settings.IDENTITY_COOKIE_NAME]["secure"]


def test_nobody_signs_up(client, db):
    before = value("SELECT count(*) FROM accounts_person")
    client.post("/accounts/signup/", {"email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD})
    assert value("SELECT count(*) FROM accounts_person") == before


@pytest.mark.parametrize(
    "page", ["", "email/", "signup/", "inactive/", "confirm-email/", "confirm-email/x:y/", "login/code/"]
)
def test_pages_of_the_library_that_nobody_needs_are_not_there(client, enrolled, page):
    for one in (client, Client()):
        assert one.get(f"/accounts/{page}").status_code == 404
        assert one.post(f"/accounts/{page}", {"email": "mine@elsewhere.invalid", "action_add": ""}).status_code == 404
    assert value("SELECT count(*) FROM account_emailaddress") == 0


def test_address_without_an_account_is_told_nothing(client, person, mailoutbox):
    ask_for_reset(client, "mine@elsewhere.invalid")
    assert mailoutbox == []


def test_passkey_of_a_closed_account_leads_back_to_the_sign_in(person):
    answer = SignInAdapter().respond_user_inactive(None, person)
    assert answer.url == LOGIN


@pytest.mark.parametrize("email", ["social_worker@example.org", "nobody@example.org"])
def test_password_reset_answers_the_same_for_every_address(client, person, email, mailoutbox, settings):
    """Also while no mail leaves: it is the worker's."""
    settings.EMAIL_BACKEND = "no.such.backend"
    answer = client.post("/accounts/password/reset/", {"email": email})
    assert mailoutbox == []
    assert (answer.status_code, answer.url) == (302, reverse("account_reset_password_done"))


@attack("D50")
def test_mail_of_a_password_reset_holds_a_link_and_no_name(client, person, mailoutbox):
    ask_for_reset(client, person.email)
    text = mailoutbox[0].subject + mailoutbox[0].body
    assert "/accounts/password/reset/key/" in text
    assert "canary" not in text
    assert "Ferreira" not in text


def test_link_of_a_mail_leads_to_the_portals_own_address(client, person, mailoutbox, settings):
    settings.ADDRESS = "https://portal.example.org"
    ask_for_reset(client, person.email, headers={"host": "localhost:6666"})
    text = mailoutbox[0].subject + mailoutbox[0].body
    assert "https://portal.example.org/accounts/password/reset/key/" in text
    assert "6666" not in text
    assert mailoutbox[0].subject.startswith(f"[{settings.NETWORK_NAME}] ")


@attack("D10")
def test_link_of_a_mail_opens_the_page_that_sets_a_password(client, person, mailoutbox, settings):
    ask_for_reset(client, person.email)
    link = re.search(re.escape(settings.ADDRESS) + r"(\S+)", mailoutbox[0].body)[1]
    assert client.get(link, follow=True).context["form"].fields.keys() >= {"password1", "password2"}


def test_every_port_counts_the_same_tries(client, person):
    for port in range(6):
        sign_in(client, password="wrong words here", headers={"host": f"localhost:{7000 + port}"})
    late = sign_in(client, headers={"host": "localhost:7777"})
    assert "too many" in late.content.decode().lower()


@attack("D04")
def test_office_behind_one_address_signs_in_while_one_account_is_refused(client, person):
    for number in range(40):
        sign_in(Client(), email="other@example.org", password=f"wrong words {number}")
    assert "too many" in sign_in(Client(), email="other@example.org").content.decode().lower()
    assert sign_in(client).status_code == 302


def test_one_address_cannot_try_every_account(client, person):
    for number in range(60):
        sign_in(Client(), email=f"nobody{number}@example.org", password="wrong words here")
    assert "too many" in sign_in(client).content.decode().lower()


def test_wrong_code_is_recorded_with_its_account_and_without_the_code(client, enrolled, person):
    other = Client()
    sign_in(other)
    answer = other.post(reverse("mfa_authenticate"), {"code": "424242"})
    event = last_event(kind="sign-in", outcome="failed")
    assert (event["reason_code"], event["entity_id"], event["person_id"]) == ("wrong_code", person.pk, None)
    assert (event["request_id"], event["address"]) == (answer["X-Request-Id"], "127.0.0.1")
    assert not rows("SELECT 1 FROM audit_event e WHERE to_jsonb(e)::text LIKE '%%424242%%'")


def test_wrong_code_of_somebody_signed_in_is_recorded(client, enrolled, person):
    client.post(reverse("mfa_reauthenticate"), {"code": "000000"})
    event = last_event(kind="sign-in", outcome="failed")
    assert (event["reason_code"], event["entity_id"]) == ("wrong_code", person.pk)


def test_code_that_is_right_or_no_longer_listened_to_is_no_wrong_code(client, enrolled):
    other = Client()
    sign_in(other)
    cache.clear()
    for number in range(8):
        other.post(reverse("mfa_authenticate"), {"code": f"00000{number}"})
    assert count_events(kind="sign-in", outcome="failed", reason_code="wrong_code") == 5
    cache.clear()
    other.post(reverse("mfa_authenticate"), {"code": code(enrolled)})
    assert count_events(kind="sign-in", outcome="failed", reason_code="wrong_code") == 5


def test_wrong_passkey_is_recorded(client, db):
    credential = {"id": "AA", "rawId": "AA", "type": "public-key", "clientExtensionResults": {}}
    response = {"clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA", "userHandle": "AA"}
    client.post(reverse("mfa_login_webauthn"), {"credential": json.dumps(credential | {"response": response})})
    assert count_events(kind="sign-in", outcome="failed", reason_code="wrong_code") == 1


def test_missing_answers_of_the_sign_in_are_named(db, client):
    answer = client.post(LOGIN, {"login": "", "password": ""}).content.decode()
    assert "Enter your e-mail address." in answer
    assert "Enter your password." in answer
    assert "Enter your e-mail address." in client.post(reverse("account_reset_password"), {}).content.decode()


def test_a_missing_code_is_named(client, enrolled):
    other = Client()
    sign_in(other)
    assert "Enter the code from your phone." in other.post(reverse("mfa_authenticate"), {"code": ""}).content.decode()


def test_the_first_code_is_named_where_it_is_missing(client, person):
    sign_in(client)
    assert "Enter the code from your phone." in client.post(reverse("mfa_activate_totp"), {"code": ""}).content.decode()
