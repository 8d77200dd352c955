"""Where the links of mails lead in production: to what the settings say, and to nothing without encryption."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

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
