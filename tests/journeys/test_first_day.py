"""The first day in a browser: from the operator's link on an empty portal to two administrators who have signed in."""

import io
import re
from typing import Any

import pytest
from django.core import mail
from django.core.cache import cache
from django.core.management import call_command
from django.urls import reverse

from portal.access import jobs
from portal.accounts import network
from portal.accounts.models import Agency, Person
from tests.codes import code
from tests.conftest import as_owner
from tests.journeys import site as sites
from tests.journeys.browser import Seat, findings
from tests.statements import jobs_of

WORDS = "a long enough secret phrase 7"
OPERATOR = "first@example.org"


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: Any, chromium: Any) -> Any:
    """A portal in which nobody has done anything yet."""
    network.forget()
    with django_db_blocker.unblock(), sites.opened(is_empty=True) as opened:
        yield opened
    network.forget()


def send(desk: Seat, button: str = "main form[data-save] button[type=submit]") -> None:
    """Press the button of the page's form."""
    with desk.page.expect_navigation():
        desk.page.locator(button).first.click()


def fill(desk: Seat, **answers: str) -> None:
    for name, value in answers.items():
        desk.page.fill(f"[name={name}]", value)


def enter(desk: Seat) -> None:
    with desk.page.expect_navigation():
        desk.press("Enter")


def first_sign_in(desk: Seat, link: str, email: str) -> None:
    """Choose a password by a link, sign in with it and make the second factor."""
    cache.clear()
    desk.go(link)
    fill(desk, password1=WORDS, password2=WORDS)
    enter(desk)
    assert "Your password is set. Sign in with it." in desk.text()
    fill(desk, login=email, password=WORDS)
    enter(desk)
    if reverse("account_reauthenticate") in desk.page.url:
        fill(desk, password=WORDS)
        enter(desk)
    fill(desk, code=code(desk.page.input_value("#authenticator_secret")))
    enter(desk)


def operators_link() -> str:
    """Return the path of the link that the command prints."""
    said = io.StringIO()
    with as_owner():
        call_command("operator_link", email=OPERATOR, stdout=said)
    return re.search(r"http://[^/\s]+(/\S+)", said.getvalue())[1]  # type: ignore[index]


def invitation_link() -> str:
    """Do the newest job that sends an invitation; return the path of its link."""
    jobs.run(jobs_of("invitation")[-1])
    return re.search(r"http://[^/\s]+(/accounts/invitation/\S+)", mail.outbox[-1].body)[1]  # type: ignore[index]


def test_from_the_operators_link_to_two_administrators(seat: Any, site: Any) -> None:
    desk = seat()
    first_sign_in(desk, operators_link(), OPERATOR)
    desk.go(reverse("desk:home"))
    assert "Set-up: still to do" in desk.text()
    set_up_lines(desk)
    desk.shoot("first-day-agency")
    register_agency(desk)
    links = [invite(desk, name) for name in ("Ilse", "Omar")]
    assert "1 line is to do." in checklist(desk)
    assert "Invite an administrator of your office" in desk.text()
    assert "Invited I. Gruber" in page(desk, "first_day")
    for name, link in zip(("Ilse", "Omar"), links, strict=True):
        newcomer = seat()
        newcomer.go(link)
        assert "Blue Network" in newcomer.page.title()
        first_sign_in(newcomer, link, f"{name.lower()}@example.org")
        newcomer.go(reverse("desk:people"))
        assert "Gruber" in newcomer.text()
        assert "Blue Network" in newcomer.page.title()
    assert set(Person.objects.values_list("email", flat=True)) == {OPERATOR, "ilse@example.org", "omar@example.org"}


def page(desk: Seat, name: str, *parts: Any) -> str:
    """Open a page of the desk; return its words."""
    assert desk.go(reverse(f"desk:{name}", args=parts)).status == 200
    assert findings(desk.page) == [], name
    return desk.text()


def checklist(desk: Seat) -> str:
    text = page(desk, "set_up")
    desk.shoot("first-day-set-up")
    return text


def set_up_lines(desk: Seat) -> None:
    """Go through what needs no other person: each page leads back to the list."""
    assert "7 lines are to do." in checklist(desk)
    send(desk, "main .actions a.govuk-button")
    fill(desk, name="Blue Network")
    send(desk)
    assert "6 lines are to do." in desk.text()
    page(desk, "set_mail")
    send(desk, f"form[action='{reverse('desk:try_mail')}'] button")
    assert f"Sent to {OPERATOR}" in desk.text()
    assert mail.outbox[-1].subject == "[Blue Network] Test of mail"
    page(desk, "keys")
    desk.page.check("[name=is_apart]")
    send(desk)
    page(desk, "set_backup")
    fill(desk, backup_place="The safe of the second office")
    send(desk)
    assert "3 lines are to do." in desk.text()


def register_agency(desk: Seat) -> None:
    """Register the first agency, in a country with one time zone."""
    page(desk, "new_agency")
    fill(desk, name="Blue House")
    desk.page.select_option("[name=kind]", "social_services")
    desk.page.select_option("[name=country]", "AT")
    send(desk)
    assert "Europe/Vienna" in desk.text()
    desk.shoot("first-day-one-agency")


def invite(desk: Seat, name: str) -> str:
    """Invite an administrator; return the link of the mail."""
    agency = Agency.objects.get(name="Blue House")
    page(desk, "agency", agency.pk)
    desk.page.click("text=Invite an administrator")
    assert "their link goes at once" in desk.text()
    fill(desk, given_name=name, family_name="Gruber", email=f"{name.lower()}@example.org", reason="first of the agency")
    send(desk)
    assert "Gruber" in desk.text()
    return invitation_link()
