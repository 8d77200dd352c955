"""Signing in through the form, as people do: password, the first code, a later code, a key, and the lock."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from portal.audit.stamp import Stamp, stamping
from tests.codes import code
from tests.conftest import as_owner
from tests.journeys.browser import findings
from tests.journeys.scene import PASSWORD


@pytest.fixture
def person(site):
    """Somebody who was invited and has set a password."""
    cache.clear()  # tries that another run counted
    person = site.cast.supervisor
    with as_owner(), stamping(Stamp(None, "set-up")):
        person.set_password(PASSWORD)
        person.save()
    return person


def enter(seat, password=PASSWORD):
    seat.page.fill("[name=login]", "supervisor@example.org")
    seat.page.fill("[name=password]", password)
    press(seat, "Continue")


def press(seat, words):
    with seat.page.expect_navigation():
        seat.page.get_by_role("button", name=words, exact=True).click()


def test_first_sign_in_makes_a_second_factor_and_the_next_one_asks_for_it(seat, person):
    desk = seat()
    wanted = reverse("victims:children")
    desk.go(wanted)
    assert reverse("account_login") in desk.page.url
    enter(desk, password="not the password")
    assert "do not go together" in desk.text() or "not correct" in desk.text()
    enter(desk)
    if reverse("account_reauthenticate") in desk.page.url:  # the library may ask once more before a factor is added
        desk.page.fill("[name=password]", PASSWORD)
        with desk.page.expect_navigation():
            desk.press("Enter")
    assert desk.page.url.endswith(reverse("mfa_activate_totp"))
    desk.go(wanted)
    assert desk.page.url.endswith(reverse("mfa_activate_totp"))  # nothing else opens without a second factor
    secret = desk.page.input_value("#authenticator_secret")
    desk.page.fill("[name=code]", code(secret))
    press(desk, desk.page.locator("main .govuk-button").inner_text())
    desk.go(wanted)
    assert desk.page.url.endswith(wanted)
    with desk.page.expect_navigation():
        desk.page.get_by_role("button", name="Lock").click()

    desk.said.clear()  # the browser says what Lock had it forget
    enter(desk)  # and the sign-in leads back to the page, as the address at the end tells
    assert desk.page.url.endswith(reverse("mfa_authenticate"))
    assert findings(desk.page) == []
    desk.page.fill("[name=code]", "000000")
    with desk.page.expect_navigation():
        desk.press("Enter")
    assert desk.page.locator(".govuk-error-message").count() == 1
    desk.page.fill("[name=code]", code(secret, back=-1))  # each counts once, also the first
    with desk.page.expect_navigation():
        desk.press("Enter")
    assert desk.page.url.endswith(wanted)
    assert desk.said == []


KEY = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_a_key_is_added_and_signs_in_alone(seat, site, monkeypatch):
    monkeypatch.setattr(site, "url", site.url.replace("127.0.0.1", "localhost"))  # keys belong to a name
    desk = seat("investigator")
    devices = desk.context.new_cdp_session(desk.page)
    devices.send("WebAuthn.enable")
    devices.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    desk.go(reverse("mfa_add_webauthn"))
    desk.page.fill("[name=name]", "Desk key")
    desk.page.check("[name=passwordless]")
    with desk.page.expect_navigation():
        desk.page.locator("main .govuk-button").first.click()
    desk.go(reverse("mfa_list_webauthn"))
    assert "Desk key" in desk.text()
    desk.go(reverse("mfa_reauthenticate_webauthn"))
    assert findings(desk.page) == []
    with desk.page.expect_navigation():
        desk.page.get_by_role("button", name="Lock").click()

    desk.go(reverse("account_login"))
    with desk.page.expect_navigation(url="**/"):
        desk.page.click("#passkey_login")
    assert "My work" in desk.page.inner_text("h1")
    assert desk.said == []


def test_page_of_a_new_key_leads_from_a_number_to_a_name(seat, site, monkeypatch):
    desk = seat("clinician")
    desk.go(reverse("mfa_add_webauthn"))
    assert "this page was opened by a number (127.0.0.1)" in desk.text()
    assert desk.page.locator("#mfa_webauthn_add").count() == 0
    named = site.url.replace("127.0.0.1", "localhost")
    link = desk.page.get_by_role("link", name="localhost")
    assert link.get_attribute("href") == named + reverse("mfa_add_webauthn")
    link.click()
    desk.page.wait_for_url("**/accounts/login/**")  # the cookie of the number is not the name's
    assert desk.page.url.startswith(named)


def test_a_passkey_is_offered_only_where_browsers_take_it(seat, site, monkeypatch):
    nobody = seat()
    nobody.go(reverse("account_login"))
    assert not nobody.page.is_visible("#passkey_login")
    assert "localhost" in nobody.page.inner_text("#passkey_elsewhere")
    assert findings(nobody.page) == []
    monkeypatch.setattr(site, "url", site.url.replace("127.0.0.1", "localhost"))
    nobody.go(reverse("account_login"))
    assert nobody.page.is_visible("#passkey_login")
    assert not nobody.page.is_visible("#passkey_elsewhere")
