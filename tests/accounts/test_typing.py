"""A form that is sent after its session ended, without any script: it goes along through the sign-in."""

import pytest
from django.conf import settings
from django.urls import reverse

from tests.accounts.conftest import sign_in
from tests.attacks import attack
from tests.codes import code
from tests.posted import form_with
from tests.statements import value

TYPED = "canary-typed: she asked for her aunt"
COUNT = "SELECT count(*) FROM casework_draft"


@pytest.fixture
def page(files):
    return reverse("victims:note", args=[files["Mira"], "care"])


@pytest.fixture
def sent_late(client, enrolled, page):
    """Send a form whose session has ended; return the answer."""
    form = form_with(client.get(page), "draft")
    client.cookies[settings.IDENTITY_COOKIE_NAME] = "another secret"
    return client.post(page, form | {"body": TYPED})


@attack("D07", "D43")
def test_what_was_sent_after_the_session_ended_stands_in_its_form_after_the_sign_in(client, enrolled, page, sent_late):
    assert sent_late.url == f"{reverse('account_login')}?next={page}"
    assert "Your text is kept: sign in" in client.get(sent_late.url).content.decode()
    assert TYPED not in str(dict(client.session))
    sign_in(client)
    answer = client.post(reverse("mfa_authenticate"), {"code": code(enrolled, back=-1)})
    assert answer.status_code == 302
    assert form_with(client.get(page), "body")["body"] == [TYPED]
    assert value(COUNT + " WHERE NOT by_ring") == 1


def test_somebody_else_who_signs_in_there_finds_nothing(cast, client, browse, page, sent_late):
    carried = client.session["carried"]
    other = browse(cast.ngo_worker)
    session = other.session
    session["carried"] = carried
    session.save()
    assert form_with(other.get(page), "body")["body"] == [""]
    assert value(COUNT) == 0


def test_what_an_open_page_asks_by_itself_replaces_nothing_that_was_sent(client, enrolled, page, sent_late):
    form = form_with(client.get(sent_late.url), "login")
    assert "draft" not in form
    before = client.session["carried"]
    assert client.post(reverse("desk:saved_meanwhile"), {"draft": before["token"]}).status_code == 302
    assert client.session["carried"] == before


@attack("D12")
def test_what_no_page_of_the_portal_made_is_carried_nowhere(client, enrolled, page):
    client.cookies[settings.IDENTITY_COOKIE_NAME] = "another secret"
    answer = client.post(page, {"body": TYPED, "draft": "guessed"}, follow=True)
    assert "nothing was saved" in answer.content.decode()
    assert "carried" not in client.session


def test_a_form_opened_before_the_person_signed_in_again_is_not_lost_either(client, enrolled, page):
    """The token against other sites is another one by then."""
    form = form_with(client.get(page), "draft")
    client.handler.enforce_csrf_checks = True
    answer = client.post(page, form | {"body": TYPED, "csrfmiddlewaretoken": "x" * 64})
    assert answer.status_code == 403
    assert "Nothing you typed is lost." in answer.content.decode()
    assert form_with(client.get(page), "body")["body"] == [TYPED]
