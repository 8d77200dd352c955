"""How often somebody may try: passwords, codes, links; and that an account cannot be told by how long an answer takes."""

import statistics
import time
from types import SimpleNamespace

import pytest
from allauth.core import context
from django.contrib.sessions.backends.cache import SessionStore
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.urls import reverse

from portal.access.fresh_codes import FreshCodeForm
from portal.access.identity import acting
from tests.accounts.conftest import PASSWORD, sign_in
from tests.attacks import attack
from tests.codes import code
from tests.conftest import as_owner
from tests.statements import jobs_of
from tests.world import Stamp, stamping

WRONG = "wrong words in here"


@attack("D04")
@pytest.mark.parametrize("email", ["social_worker@example.org", "nobody@example.org"])
def test_a_reset_is_asked_for_five_times_a_minute_whether_or_not_there_is_an_account(person, email):
    answers = [Client().post(reverse("account_reset_password"), {"email": email}).status_code for _ in range(7)]
    assert answers == [302] * 5 + [429] * 2
    assert len(jobs_of("password_reset")) == (5 if email == person.email else 0)


@attack("D04")
def test_guesses_at_the_link_of_a_reset_come_to_an_end(client, person):
    page = reverse("account_reset_password_from_key", kwargs={"uidb36": "x", "key": "set-password"})
    answers = [client.post(page, {"password1": PASSWORD, "password2": PASSWORD}).status_code for _ in range(21)]
    assert answers[-1] == 429
    assert 429 not in answers[:20]


@attack("D04")
def test_the_password_that_is_asked_for_again_is_not_guessed_for_ever(client, person):
    sign_in(client)  # who has a second factor is asked for that
    page = reverse("account_reauthenticate")
    answers = [client.post(page, {"password": WRONG}) for _ in range(12)]
    assert answers[-1].status_code == 429 or "too many" in answers[-1].content.decode().lower()


@attack("D04")
def test_the_old_password_is_not_guessed_through_the_page_that_changes_it(client, enrolled):
    client.post(reverse("mfa_reauthenticate"), {"code": code(enrolled, back=-1)})
    new = {"oldpassword": WRONG, "password1": "another quiet morning", "password2": "another quiet morning"}
    answers = [client.post(reverse("account_change_password"), new).status_code for _ in range(7)]
    assert answers[-1] == 429


@attack("D04")
def test_codes_of_the_second_factor_are_not_guessed_at_the_sign_in(client, enrolled):
    other = Client()
    sign_in(other)
    for number in range(6):
        other.post(reverse("mfa_authenticate"), {"code": f"00000{number}"})
    late = other.post(reverse("mfa_authenticate"), {"code": code(enrolled, back=-1)})
    assert "too many" in late.content.decode().lower()
    assert other.get(reverse("desk:home")).status_code == 302


@attack("D04")
def test_fresh_codes_are_not_guessed_either(client, enrolled, person):
    cache.clear()
    request = RequestFactory().post("/")
    request.user, request.session = person, SessionStore()
    said = []
    with context.request_context(request), acting(person):
        for number in range(6):
            said.append(str(FreshCodeForm({"code": f"00000{number}"}, request=request).errors))
        right = FreshCodeForm({"code": code(enrolled, back=-1)}, request=request)
        assert not right.is_valid()
    assert "too many" in str(right.errors).lower()
    assert "too many" not in said[0].lower()


@attack("D03")
def test_an_account_is_not_told_by_how_long_its_refusal_takes(person, cast, settings):
    """With the hasher of real portals; tries of each kind in turn, so that a busy machine is busy for all of them."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    closed, invited = cast.ngo_worker, cast.clinician
    with as_owner(), stamping(Stamp(None, "test")):
        for one in (person, closed):
            one.set_password(PASSWORD)
            one.is_active = one is not closed
            one.save()
        invited.set_unusable_password()
        invited.save()
    tries = {"wrong": (person.email, WRONG), "closed": (closed.email, PASSWORD), "none": ("nobody@example.org", WRONG)}
    tries["invited"] = (invited.email, WRONG)
    taken: dict[str, list[float]] = {kind: [] for kind in tries}
    for _turn in range(4):
        for kind, (email, password) in tries.items():
            start = time.perf_counter()
            assert sign_in(Client(), email=email, password=password).status_code == 200
            taken[kind].append(time.perf_counter() - start)
    middle = {kind: statistics.median(times) for kind, times in taken.items()}
    assert max(middle.values()) < 2.5 * min(middle.values()), SimpleNamespace(**middle)
