"""Where the links of mails lead in production, and whether a page was opened by a name or by a number."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.test import RequestFactory

from portal.casework.templatetags.words import Host, name_of_host

KEYS = {
    "SAFE_RETURN_MODE": "production",
    "SAFE_RETURN_SECRET_KEY": "k" * 60,
    "DATABASE_URL": "postgresql://app@db/live",
}


def address(**more):
    """Return what a production of its own calls its address, or why it does not start."""
    env = {name: value for name, value in os.environ.items() if name != "SAFE_RETURN_ADDRESS"} | KEYS | more
    words = [sys.executable, "-c", "from portal import settings; print(settings.ADDRESS)"]
    done = subprocess.run(words, env=env, cwd=settings.ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def test_address_is_that_of_the_first_host():
    assert address(SAFE_RETURN_HOSTS="portal.example.org,other.example.org") == "https://portal.example.org"


@pytest.mark.parametrize("given", ["https://safe.example.org", "https://safe.example.org:8443"])
def test_address_is_the_one_given(given):
    assert address(SAFE_RETURN_HOSTS="portal.example.org", SAFE_RETURN_ADDRESS=given) == given


def test_address_without_encryption_stops_the_start():
    said = address(SAFE_RETURN_HOSTS="portal.example.org", SAFE_RETURN_ADDRESS="http://portal.example.org")
    assert "must begin with https://" in said


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost:8000", Host("localhost")),
        ("portal.example.org", Host("portal.example.org")),
        ("127.0.0.1:8123", Host("127.0.0.1", True, "http://localhost:8123/accounts/")),
        ("[::1]", Host("::1", True, "http://localhost/accounts/")),
        ("192.0.2.7", Host("192.0.2.7", True)),
    ],
)
def test_page_knows_whether_it_was_opened_by_a_name(settings, host, expected):
    settings.ALLOWED_HOSTS = ["*"]
    assert name_of_host(RequestFactory().get("/accounts/", headers={"host": host})) == expected
