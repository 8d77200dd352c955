"""Signing in through a provider of one's own, against a small one on this machine. Runs where the settings name it:

SAFE_RETURN_OIDC_ISSUER=http://127.0.0.1:8797 SAFE_RETURN_OIDC_CLIENT=portal SAFE_RETURN_OIDC_SECRET=secret
"""

import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from portal.access.identity import acting
from portal.accounts.models import Person
from tests.accounts.conftest import PASSWORD
from tests.codes import another_code, code
from tests.statements import assert_refused, count_events, rows, run
from tests.world import Stamp, stamping

pytestmark = pytest.mark.skipif(not settings.OIDC_ISSUER, reason="the settings name no provider")


class Provider(BaseHTTPRequestHandler):
    """Says of whoever comes that it is the person whom the test named."""

    who = "ana-at-the-agency"

    def answer(self, words: dict[str, Any]) -> None:
        body = json.dumps(words).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self) -> None:
        here = settings.OIDC_ISSUER
        ends = {"authorization": "authorize", "token": "token", "userinfo": "userinfo"}
        found = {f"{name}_endpoint": f"{here}/{end}" for name, end in ends.items()}
        known = {"sub": self.who, "email": "social_worker@example.org", "email_verified": True}
        self.answer(known if self.path == "/userinfo" else found | {"issuer": here, "jwks_uri": f"{here}/keys"})

    def do_POST(self) -> None:
        import jwt

        self.rfile.read(int(self.headers["Content-Length"]))
        now = int(time.time())
        claims = {"iss": settings.OIDC_ISSUER, "aud": "portal", "sub": self.who, "iat": now, "exp": now + 60}
        token = jwt.encode(claims, "k" * 32, algorithm="HS256")
        self.answer({"access_token": "a", "token_type": "Bearer", "id_token": token})

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture(autouse=True)
def provider():
    place = urlsplit(settings.OIDC_ISSUER)
    server = ThreadingHTTPServer((place.hostname, place.port), Provider)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield
    server.shutdown()
    server.server_close()
    thread.join()


def through(client, process=""):
    """Go to the provider and come back, as a browser does."""
    gone = client.post(reverse("openid_connect_login", args=["agency"]) + process)
    assert gone.status_code == 302, gone.content
    assert gone.url.startswith(f"{settings.OIDC_ISSUER}/authorize"), gone.url
    state = parse_qs(urlsplit(gone.url).query)["state"][0]
    return client.get(reverse("openid_connect_callback", args=["agency"]), {"state": state, "code": "c"})


def page_after(client):
    """Return the page to which the provider's answer leads, without its token."""
    page = client.get(through(client).url).content.decode()
    return re.sub(r'value="\w{60,}"', "", page.partition("<main")[2].partition("</main")[0])


@pytest.fixture
def linked(client, enrolled):
    """Somebody who has linked the account, signed in with password and code."""
    client.post(reverse("mfa_reauthenticate"), {"code": code(enrolled, back=-1)})
    through(client, "?process=connect")
    assert len(rows("SELECT 1 FROM socialaccount_socialaccount")) == 1
    return enrolled


def test_whoever_has_linked_it_signs_in_and_is_asked_for_the_code_all_the_same(linked):
    other = Client()
    assert through(other).url == reverse("mfa_authenticate")
    assert other.get(reverse("desk:home")).status_code == 302
    other.post(reverse("mfa_authenticate"), {"code": another_code(linked)})
    assert other.get(reverse("desk:home")).status_code == 200


def test_an_unknown_one_and_one_whose_account_is_closed_get_the_same_answer(linked, person, owner, monkeypatch):
    with owner(), stamping(Stamp(None, "test")):
        person = Person.objects.get(pk=person.pk)
        person.is_active = False
        person.save()
    closed, texts = Client(), []
    texts.append(page_after(closed))
    monkeypatch.setattr(Provider, "who", "somebody-else")  # with the address of an account: that is no link
    before = count_events(kind="sign-in", reason_code="unknown_at_provider")
    unknown = Client()
    texts.append(page_after(unknown))
    assert "That leads to no account here." in texts[0]
    assert texts[0] == texts[1]
    assert count_events(kind="sign-in", reason_code="unknown_at_provider") == before + 1
    assert not rows("SELECT 1 FROM socialaccount_socialaccount WHERE uid = 'somebody-else'")


def test_nobody_links_an_account_without_showing_the_second_factor_again(client, enrolled):
    client.post("/accounts/logout/")
    other = Client()
    other.post("/accounts/login/", {"login": "social_worker@example.org", "password": PASSWORD})
    other.post(reverse("openid_connect_login", args=["agency"]) + "?process=connect")
    assert not rows("SELECT 1 FROM socialaccount_socialaccount")


def test_a_query_links_nobody_else(cast, linked):
    add = "INSERT INTO socialaccount_socialaccount (user_id, provider, uid, last_login, date_joined, extra_data)"
    with acting(cast.stranger):
        assert not run("SELECT 1 FROM socialaccount_socialaccount")
        assert_refused(
            add + " VALUES (%s, 'agency', 'mine', now(), now(), '{}')", cast.investigator.pk, match="row-level"
        )
        assert run("DELETE FROM socialaccount_socialaccount") == 0
