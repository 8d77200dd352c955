"""What pages do while the code is old: they lead to one that asks for it, and nothing typed is lost."""

import datetime
import re

import pytest
from django.conf import settings as conf
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from tests.attacks import attack
from tests.conftest import as_owner
from tests.statements import count_events, last_event, run, value

HOUR = datetime.timedelta(hours=1)


def old(person, age=5 * HOUR) -> None:
    """Let the person's second factor be as old as this."""
    with as_owner():
        run("UPDATE access_identitytoken SET proved = app_now() - %s WHERE digest = %s", age, person.identity.digest)


@pytest.fixture(autouse=True)
def demonstration(settings):
    """Nobody of the cast has a phone: the code of a desk stands on the page, as in the demonstration."""
    settings.DEMO = True


def make_demo(client) -> None:
    """Put the client at a desk of the demonstration."""
    session = client.session
    session["demo_seat"] = True
    session.save()


def code_of(client) -> str:
    """Return the code that stands on the page."""
    return client.get(reverse("desk:code")).context["form"].demo_code


@pytest.fixture
def client(cast, browse):
    client = browse(cast.social_worker)
    make_demo(client)
    old(cast.social_worker)
    return client


@pytest.fixture
def page(files):
    return reverse("victims:section", args=[files["Mira"], "whereabouts"])


def test_a_stranger_with_an_old_code_reads_the_page_of_a_file_that_does_not_exist(cast, files, browse, page):
    old(cast.stranger)
    client = browse(cast.stranger)
    nothing = client.get(page.replace(str(files["Mira"]), "01900000-0000-7000-8000-000000000000"))
    there = client.get(page)
    assert there.status_code == nothing.status_code == 404
    strip = lambda text: re.sub(r"[\w-]{43,}|children/[\w-]{36}", "", text.content.decode())  # noqa: E731
    assert strip(there) == strip(nothing)


def test_pages_leave_the_sections_out_and_say_so_once_with_the_way_back(client, files):
    text = client.get(reverse("victims:child", args=[files["Mira"]])).content.decode()
    assert "canary-whereabouts-Mira" not in text
    assert text.count("left out until you show it again") == 1
    assert reverse("victims:section", args=[files["Mira"], "whereabouts"]) in text  # the tab asks for the code


def test_nothing_is_said_to_whose_role_reaches_none_of_the_three(cast, browse):
    old(cast.analyst)
    assert "show it again" not in browse(cast.analyst).get("/").content.decode()


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:1"])
@attack("D54")
def test_the_page_leads_back_to_own_addresses_alone(client, elsewhere):
    address = reverse("desk:code")
    assert client.get(address, {"next": elsewhere}).context["hidden"] == [("next", "/")]
    assert client.post(address, {"code": code_of(client), "next": elsewhere}).url == "/"


def test_a_wrong_code_is_said_beside_the_field_and_opens_nothing(client, page):
    answer = client.post(reverse("desk:code"), {"code": "000000", "next": page})
    assert "This is not the code." in answer.content.decode()
    assert client.get(page).status_code == 302


def test_a_second_press_goes_where_the_first_one_went(client, page):
    address = f"{reverse('desk:code')}?next={page}"
    pressed = {"code": code_of(client), "next": page}
    late = client.__class__()
    late.cookies.load({name: morsel.value for name, morsel in client.cookies.items()})
    assert client.post(address, pressed).url == client.post(address, pressed).url == page
    # Sent with the cookies that the first press replaced: the sign-in leads there all the same.
    assert late.post(address, pressed).url == f"{reverse('account_login')}?next={page}"
    assert late.post(f"{reverse('desk:code')}?next=//evil.example", pressed).url == reverse("account_login")


def hidden(answer) -> dict:
    return dict(answer.context["hidden"])


def test_a_form_posted_with_an_old_code_is_carried_along_and_saved(client, cast, files, page):
    add = reverse("victims:edit", args=[files["Closed"], "whereabouts", whereabouts(cast, files)])
    typed = {"care_type": "residential", "place": "typed in the night", "reason": "moved", "version": "1", "once": "k1"}
    answer = client.post(add, typed)
    assert (answer.status_code, answer.context["action"]) == (403, add)
    text = answer.content.decode()
    assert "Nothing you typed is lost." in text
    assert hidden(answer) == typed
    again = {"again-once": "x", "again-code": "000000"}
    wrong = client.post(add, hidden(answer) | again)
    assert (wrong.status_code, hidden(wrong)) == (403, typed)
    right = client.post(add, hidden(wrong) | again | {"again-code": code_of(client)})
    assert right.status_code == 302
    assert "again" not in right.url
    text = client.get(reverse("victims:section", args=[files["Closed"], "whereabouts"])).content.decode()
    assert "typed in the night" in text


def whereabouts(cast, files):
    return value("SELECT id FROM victims_whereabouts WHERE child_id = %s", files["Closed"])


def test_a_document_has_to_be_chosen_again_and_the_page_says_so(client, files):
    attach = reverse("victims:attach", args=[files["Mira"], "whereabouts"])
    sent = {"file": SimpleUploadedFile("a.txt", b"text"), "title": "Letter"}
    text = client.post(attach, sent).content.decode()
    assert "chosen again" in text


def test_a_part_of_a_page_that_asks_by_itself_has_the_whole_page_loaded(client, page):
    answer = client.get(page, headers={"HX-Request": "true"})
    assert (answer.status_code, answer["HX-Refresh"]) == (403, "true")


@attack("D05")
def test_showing_the_code_again_changes_both_ids_and_the_old_ones_are_dead(cast, files, browse):
    client = browse(cast.social_worker)
    make_demo(client)
    old(cast.social_worker)
    stolen = client.__class__()
    for name in (conf.SESSION_COOKIE_NAME, conf.IDENTITY_COOKIE_NAME):
        stolen.cookies[name] = client.cookies[name].value
    page = reverse("victims:section", args=[files["Mira"], "whereabouts"])
    answer = client.get(page)
    assert answer.url == f"{reverse('desk:code')}?next={page.replace('/', '%2F')}"
    answer = client.post(reverse("desk:code"), {"code": code_of(client), "next": page})
    assert (answer.status_code, answer.url) == (302, page)
    assert "canary-whereabouts-Mira" in client.get(page).content.decode()
    for name in (conf.SESSION_COOKIE_NAME, conf.IDENTITY_COOKIE_NAME):
        assert client.cookies[name].value != stolen.cookies[name].value
    assert stolen.get(page).url.startswith(reverse("account_login"))
    assert last_event(kind="code again")["person_id"] == cast.social_worker.pk
    assert count_events(kind="code again") == 1
