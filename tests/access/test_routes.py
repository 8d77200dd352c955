"""Every address of the portal: closed to whoever has not signed in, never kept by a browser, safe headers on all."""

import re
import uuid

import pytest
from django.conf import settings
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.attacks import attack
from tests.statements import count_events, digest

# What may be answered without a sign-in: the way in, the way out, the health of the portal, the language.
OPEN = {"health/", "i18n/set-language/"}
WAYS_IN = "accounts/"
FILL = {"uuid": str(uuid.UUID(int=7)), "slug": "care", "int": "1", "str": "x", "path": "x"}
NAMED = {"slug:cycle": "stage", "slug:name": "close", "slug:source": "care", "slug:vocabulary": "custody"}


def routes(resolver=None, prefix=""):
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from routes(entry, prefix + str(entry.pattern))
        elif isinstance(entry, URLPattern):
            yield prefix + str(entry.pattern)


ROUTES = sorted(set(routes()))
OURS = [route for route in ROUTES if not route.startswith(WAYS_IN)]


def filled(route):
    route = re.sub(r"[\^$\\]", "", re.sub(r"\(\?P<\w+>[^)]*\)", "1", route))
    return "/" + re.sub(r"<([^>]+)>", lambda match: NAMED.get(match[1]) or FILL[match[1].split(":")[0]], route)


def test_there_are_routes_to_look_at():
    assert len(OURS) > 30
    assert len(ROUTES) > 50


@pytest.mark.parametrize("method", ["get", "post", "head", "put", "delete"])
@attack("D01")
def test_anonymous_requests_of_every_route_lead_to_the_sign_in(db, method):
    client, before = Client(), count_events()
    for route in OURS:
        answer = getattr(client, method)(filled(route))
        if route in OPEN:
            assert answer.status_code in (200, 302, 405), route
        else:
            assert answer.status_code == 302, route
            assert answer.url.startswith(reverse("account_login")), route
    assert count_events() == before


@attack("D01")
def test_anonymous_requests_of_the_ways_in_show_no_page_of_somebody(db):
    client = Client()
    for route in set(ROUTES) - set(OURS):
        answer = client.get(filled(route))
        assert answer.status_code in (200, 302, 400, 404, 405), route
        assert "Sign out" not in answer.content.decode(), route


def test_redirect_to_the_sign_in_carries_no_query(db):
    answer = Client().get(reverse("victims:new") + "?code_name=canary")
    assert "canary" not in answer.url


@attack("D49", "D53")
def test_every_answer_is_kept_by_no_browser_and_carries_its_protective_headers(cast, files, browse):
    """Pages, refusals, what is not there and what may not be asked for, signed in and not."""
    client, stranger = browse(cast.social_worker), Client()
    addresses = [filled(route).replace(FILL["uuid"], str(files["Mira"])) for route in OURS]
    asked = [(client, address) for address in [*addresses, "/nowhere/", "/accounts/login/"]]
    statuses = set()
    for who, address in [*asked, (stranger, "/"), (stranger, "/accounts/login/"), (stranger, "/nowhere/")]:
        answer = who.get(address)
        statuses.add(answer.status_code)
        assert_kept_by_nobody(answer, address)
        assert_protected(answer, address)
    assert_kept_by_nobody(client.delete("/"), "DELETE")
    assert_protected(client.delete("/"), "DELETE")
    assert {200, 302, 404, 405} <= statuses


def assert_kept_by_nobody(answer, address):
    assert {"no-store", "private"} <= set(re.split(r",\s*", answer["Cache-Control"])), address
    assert "Cookie" in answer["Vary"], address
    assert "ETag" not in answer, address


def assert_protected(answer, address):
    policy = answer["Content-Security-Policy"]
    assert "default-src 'none'" in policy, address
    assert "frame-ancestors 'none'" in policy, address
    assert "unsafe" not in policy, address
    assert answer["X-Frame-Options"] == "DENY", address
    assert answer["X-Content-Type-Options"] == "nosniff", address
    assert answer["Referrer-Policy"] == "same-origin", address
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin", address


@attack("D47")
def test_no_page_holds_script_or_style_that_the_policy_forbids(cast, files, browse):
    client = browse(cast.social_worker)
    pages = ["/", "/children/", "/components/", reverse("victims:child", args=[files["Mira"]]), "/accounts/login/"]
    for page in pages:
        text = client.get(page, follow=True).content.decode()
        assert not re.search(r"<script(?![^>]*\ssrc=)[^>]*>\s*\S", text), page
        assert not re.search(r"\sstyle=|\son[a-z]+=\"|<style", text), page


@attack("D12")
@pytest.mark.parametrize("kind", ["missing", "foreign"])
def test_no_form_of_the_portal_is_taken_without_its_token(cast, files, browse, kind):
    """Every route: no token, and a token that another browser was given."""
    client, before = Client(enforce_csrf_checks=True), digest()
    client.cookies = browse(cast.social_worker).cookies
    client.get("/")
    other = Client()
    foreign = re.search(r'csrfmiddlewaretoken" value="([^"]+)"', other.get("/accounts/login/").content.decode())[1]
    form = {"text": "x"} | ({"csrfmiddlewaretoken": foreign} if kind == "foreign" else {})
    for route in ROUTES:
        address = filled(route).replace(FILL["uuid"], str(files["Mira"]))
        assert client.post(address, form).status_code == 403, route
    assert digest() == before


@attack("D12")
def test_reading_changes_nothing_but_the_record(cast, files, browse):
    client, before = browse(cast.social_worker), digest()
    for route in OURS:
        client.get(filled(route).replace(FILL["uuid"], str(files["Mira"])))
    assert digest() == before
    assert len(before) > 50


@attack("D52")
def test_forced_error_shows_a_number_and_no_data(cast, files, browse, monkeypatch):
    monkeypatch.setattr("victims.views.overview.stage_since", lambda child: 1 / 0)
    client = browse(cast.social_worker)
    client.raise_request_exception = False
    answer = client.get(reverse("victims:child", args=[files["Mira"]]))
    text = answer.content.decode()
    assert answer.status_code == 500
    assert answer["X-Request-Id"] in text
    assert not any(word in text for word in ("canary", "Mira", "ZeroDivision", "Traceback"))


def test_demonstration_has_no_address_here(db):
    assert not settings.DEMO
    assert not any(route.startswith("demo/") for route in ROUTES)
    assert not any(route.startswith("admin") for route in ROUTES)
