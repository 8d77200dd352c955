"""Where somebody is signed in: one's own sessions alone, ended one by one or all others at once."""

import re

from django.test import Client
from django.urls import reverse

from portal.access.identity import acting
from tests.accounts.conftest import sign_in
from tests.attacks import attack
from tests.codes import another_code
from tests.statements import assert_refused, count_events, last_event, rows, run, value

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
PAGE, END_OTHERS = "/sessions/", "/sessions/end/"


def elsewhere(secret):
    """Sign the person of the tests in on another machine."""
    other = Client(headers={"user-agent": FIREFOX}, REMOTE_ADDR="203.0.113.77")
    sign_in(other)
    other.post(reverse("mfa_authenticate"), {"code": another_code(secret)})
    assert other.get(reverse("desk:home")).status_code == 200
    return other


def test_each_place_is_listed_with_its_browser_and_a_part_of_its_address(client, enrolled, person):
    elsewhere(enrolled)
    text = client.get(PAGE).content.decode()
    assert "Firefox on Linux" in text
    assert "203.0.…" in text
    assert "203.0.113" not in text
    assert text.count(">this one<") == 1
    live = "SELECT count(*) FROM access_identitytoken WHERE person_id = %s AND until > app_now()"
    assert len(re.findall("Sign out there", text)) == value(live, person.pk) - 1


@attack("D06")
def test_one_is_ended_and_dead_at_its_next_request(client, enrolled, person):
    other = elsewhere(enrolled)
    end = re.search(r'action="(/sessions/[^"]+/end/)"', client.get(PAGE).content.decode())[1]
    assert "Signed out there." in client.post(end, follow=True).content.decode()
    assert other.get(reverse("desk:home")).status_code == 302
    assert client.get(reverse("desk:home")).status_code == 200
    assert last_event(kind="end session")["person_id"] == person.pk


def test_all_others_are_ended_at_once_and_this_one_stays(client, enrolled):
    others = [elsewhere(enrolled), elsewhere(enrolled)]
    client.post(END_OTHERS)
    assert [other.get(reverse("desk:home")).status_code for other in others] == [302, 302]
    text = client.get(PAGE).content.decode()
    assert "You are signed in here and nowhere else." in text
    assert "another browser" in text


def test_nobody_ends_the_session_of_another(client, enrolled, cast, browse):
    (theirs,) = rows("SELECT id FROM access_identitytoken WHERE person_id = %s", cast.stranger.pk)[0]
    before = count_events(kind="end session")
    client.post(reverse("desk:end_session", args=[theirs]))
    assert browse(cast.stranger).get(reverse("desk:home")).status_code == 200
    assert count_events(kind="end session") == before
    with acting(cast.clinician):
        assert run("SELECT access.end_sessions(%s)", theirs) == 0
        assert run("SELECT id FROM access_identitytoken") == 0
        assert_refused("UPDATE access_identitytoken SET until = now()", match="permission denied")


def test_whoever_has_no_certificate_any_more_ends_sessions_too(cast, browse, owner):
    client = browse(cast.analyst)
    with owner():
        run("ALTER TABLE accounts_certificate DISABLE TRIGGER USER")
        run("DELETE FROM accounts_certificate")
    assert client.get(reverse("desk:home")).status_code == 403
    assert client.get(PAGE).status_code == 200
    assert client.post(END_OTHERS).status_code == 302
