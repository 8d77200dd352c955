"""The operator's one-time link, from the command to the first page."""

import re

import pytest
from django.core.management import call_command
from django.urls import reverse

from portal.accounts.models import Person

WORDS = "a long enough secret phrase 7"


@pytest.fixture
def link(db, owner, capsys):
    with owner():
        call_command("operator_link", email="first@example.org")
    return re.search(r"http://\S+(/accounts/\S+)", capsys.readouterr().out)[1]


def set_password(client, link):
    page = client.get(link, follow=True)
    return client.post(page.redirect_chain[-1][0], {"password1": WORDS, "password2": WORDS})


def test_operator_link_sets_a_password_once(client, link):
    assert set_password(client, link).status_code == 302
    assert Person.objects.get(email="first@example.org").check_password(WORDS)
    assert "password1" not in client.get(link, follow=True).content.decode()


def test_operator_signs_in_and_is_led_to_a_second_factor(client, link):
    set_password(client, link)
    client.post(reverse("account_login"), {"login": "first@example.org", "password": WORDS})
    assert client.get("/", follow=True).request["PATH_INFO"] == reverse("mfa_activate_totp")


def test_whoever_has_set_the_first_password_is_led_to_the_sign_in(client, link):
    answer = set_password(client, link)
    assert answer.url == reverse("account_login")
    assert "Your password is set. Sign in with it." in client.get(answer.url).content.decode()
