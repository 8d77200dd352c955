"""Where the sign-in leads after Lock or an end of the session, and what its page says of it."""

import re

import pytest
from django.conf import settings
from django.urls import reverse

from tests.attacks import attack
from tests.posted import form_with
from tests.statements import value

LOGIN = reverse("account_login")
ENDED = "You were signed out. Sign in and you return to this page."
NOT_SAVED = "You were not signed in, so nothing was saved."


def lock(client, page):
    """Press Lock on a page, as it stands in its HTML."""
    return client.post(reverse("desk:lock"), form_with(client.get(page), "next"))


@pytest.fixture
def ended(cast, browse):
    """A browser whose session has ended in the database."""
    client = browse(cast.social_worker)
    client.cookies[settings.IDENTITY_COOKIE_NAME] = "another secret"
    return client


def test_lock_leads_back_to_the_page_on_which_it_was_pressed(cast, files, browse):
    page = reverse("victims:section", args=[files["Mira"], "care"])
    client = browse(cast.social_worker)
    assert lock(client, page).url == f"{LOGIN}?next={page}"
    assert client.get(page).url == f"{LOGIN}?next={page}"


def test_lock_carries_nothing_that_was_asked_on_the_page(cast, browse):
    answer = lock(browse(cast.social_worker), reverse("victims:children") + "?stage=4&canary=1")
    assert answer.url == f"{LOGIN}?next={reverse('victims:children')}"


@pytest.mark.parametrize(
    ("page", "kept"),
    [
        ("/search/?q=canary", "/search/"),
        ("/children/#canary", "/children/"),
        ("/", ""),
        ("", ""),
        ("https://canary.invalid/", ""),
        ("//canary.invalid/", ""),
        ("/\\canary.invalid", ""),
        ("javascript:canary", ""),
        ("canary", ""),
        ("\0/canary", ""),
    ],
)
@attack("D54")
def test_lock_leads_to_a_path_of_this_portal_or_nowhere(cast, browse, page, kept):
    answer = browse(cast.social_worker).post(reverse("desk:lock"), {"next": page})
    assert answer.url == (f"{LOGIN}?next={kept}" if kept else LOGIN)
    chosen = browse(cast.social_worker).post(reverse("set_language"), {"next": page, "language": "ar"})
    assert chosen.url == ("/" if re.search(r"invalid|:|\0", page) else page or "/")


def test_a_page_asked_for_after_the_end_of_the_session_is_promised_and_kept(files, ended):
    page = reverse("victims:child", args=[files["Mira"]])
    answer = ended.get(page + "?only=care", follow=True)
    assert answer.redirect_chain == [(f"{LOGIN}?next={page}", 302)]
    assert ENDED in answer.content.decode()
    assert form_with(answer, "login")["next"] == [page]


def test_a_form_sent_after_the_end_of_the_session_is_not_saved_and_the_page_says_so(files, ended):
    page = reverse("victims:add", args=[files["Mira"], "care"])
    answer = ended.post(page, {"on": "2026-01-02", "kind": "wish", "text": "canary-late"}, follow=True)
    text = answer.content.decode()
    assert NOT_SAVED in text
    assert ENDED not in text
    assert value("SELECT count(*) FROM victims_careentry WHERE text = 'canary-late'") == 0


def test_whoever_never_signed_in_is_told_of_no_end(client, db):
    assert ENDED not in client.get(reverse("victims:children"), follow=True).content.decode()


def test_a_sign_in_asked_for_after_the_end_of_the_session_promises_nothing(ended):
    assert ENDED not in ended.get(LOGIN).content.decode()
