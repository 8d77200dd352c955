"""Somebody who signs in through the real pages: with a password, then with a second factor."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from portal.access.jobs import run as run_job
from tests.codes import code
from tests.statements import jobs_of
from tests.world import Stamp, stamping

PASSWORD = "a long and quiet afternoon"
LOGIN = "/accounts/login/"


@pytest.fixture(autouse=True)
def no_counts_of_earlier_tests(db):
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def person(cast, owner):
    """Somebody with a password and no second factor yet."""
    person = cast.social_worker
    with owner(), stamping(Stamp(None, "test")):
        person.set_password(PASSWORD)
        person.save()
    return person


@pytest.fixture
def client():
    return Client()


def sign_in(client, email="social_worker@example.org", password=PASSWORD, **more):
    return client.post(LOGIN, {"login": email, "password": password, **more})


@pytest.fixture
def enrolled(client, person):
    """Somebody who has made a second factor, signed in on the client; returns its secret."""
    sign_in(client)
    return enrol(client)


def ask_for_reset(client, email, **more):
    """Ask for a new password on the page, and have the worker send the mail."""
    answer = client.post(reverse("account_reset_password"), {"email": email}, **more)
    for job in jobs_of("password_reset", "waiting"):
        run_job(job)
    return answer


def enrol(client):
    """Make a second factor on a client that has signed in with the password; return its secret."""
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    page = client.get(reverse("mfa_activate_totp"))
    secret = page.context["form"].secret
    answer = client.post(reverse("mfa_activate_totp"), {"code": code(secret)})
    assert answer.status_code == 302, answer.context["form"].errors
    return secret
