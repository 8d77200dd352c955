"""Signing in: the library proves who somebody is; here that becomes an identity, kept in a cookie of its own."""

import datetime
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.auth_backends import AuthenticationBackend
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from portal.access.drafts import carry, take_in
from portal.access.factors import WAYS_IN, has_second_factor, way_in
from portal.access.identity import Identity, entered, open_token, stamp_of
from portal.access.jobs import schedule
from portal.accounts.models import Person
from portal.accounts.network import network_name, zone
from portal.accounts.passwords import opening_key
from portal.audit import events
from portal.audit.events import Event
from portal.audit.stamp import Stamp, current, stamping
from portal.casework import keys

IDLE = datetime.timedelta(minutes=settings.SESSION_IDLE_MINUTES)
LIFETIME = datetime.timedelta(hours=settings.SESSION_HOURS)
# Where somebody without a second factor may go: to make one, or away.
ENROLMENT = (
    "/accounts/2fa/",
    "/accounts/logout/",
    "/accounts/reauthenticate/",
    "/accounts/login/",
    "/i18n/",
    "/static/",
)


class Backend(AuthenticationBackend):
    """Proves who somebody is; answers no question about permissions. The agency comes along: every event names it."""

    def get_user(self, user_id: Any) -> Person | None:
        person = Person.objects.select_related("agency").filter(pk=user_id).first()
        return person if person is not None and self.user_can_authenticate(person) else None

    def user_can_authenticate(self, user: Any) -> bool:
        """A switched-off agency's people are answered like those whose account is closed."""
        return super().user_can_authenticate(user) and user.agency.is_active

    @classmethod
    def _stash_user(cls, user: Any) -> None:
        """Forget who a closed account belongs to: it is answered like a wrong password."""

    def has_perm(self, *args: Any, **kwargs: Any) -> bool:
        return False


class SignInAdapter(DefaultAccountAdapter):
    """Nobody signs up: people are registered by their agency. Every way of signing in ends in login()."""

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the client's address, as long as the record takes it: its zone (fe80::1%eth0) may be any text."""
        return str(super().get_client_ip(request))[:45]

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def login(self, request: HttpRequest, user: Any) -> None:
        super().login(request, user)
        begin(request, user)

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        # The first second factor follows the password at once: nothing else opens before it.
        first = (
            app == "allauth.mfa" and isinstance(self.request.user, Person) and not has_second_factor(self.request.user)
        )
        return not first and super().is_reauthentication_required(app=app, **kwargs)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Return how somebody confirms that it is them: whoever has a second factor by that, the password is not enough."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return [one for one in methods if one["id"].startswith("mfa_")] or methods

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        """Answer a closed account like one that never was."""
        return redirect("account_login")

    def set_password(self, user: Any, password: str) -> None:
        user.set_password(password)
        before = replace(user.stamp(), person_id=None, **self.named_in_events(self.request))  # a reset: nobody acts yet
        with stamping(current() or before, reason="changed" if current() else "reset"):
            user.save(update_fields=["password"])

    def send_password_reset_mail(self, user: Any, email: str, context: dict[str, Any]) -> None:
        """Leave the mail to the worker: a server that is slow or down must not tell that the address has an account."""
        schedule("password_reset", user.pk, by=user)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        # The library's own begins with the host of the request: each port would be a new set of tries.
        return credentials.get("email", "").lower()

    def logout(self, request: HttpRequest) -> None:
        end(request)
        super().logout(request)

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        super().authentication_failed(request, **credentials)
        stamp = Stamp(None, "", **self.named_in_events(request))
        events.record(Event("sign-in", "E", "failed", "wrong_credentials"), stamp=stamp)

    def named_in_events(self, request: HttpRequest) -> dict[str, Any]:
        """Return what an event says of the request of somebody who has not signed in."""
        return {"request_id": getattr(request, "request_id", ""), "address": self.get_client_ip(request)}


class SecondFactorAdapter(DefaultMFAAdapter):
    """Secrets of second factors are sealed under the portal's own key; apps show them under the network's name."""

    def get_totp_issuer(self) -> str:
        return network_name()

    def encrypt(self, text: str) -> str:
        return keys.seal_by_ring(text.encode(), "second factor").hex()

    def decrypt(self, encrypted_text: str) -> str:
        return keys.unseal_by_ring(bytes.fromhex(encrypted_text), "second factor").decode()


def begin(request: HttpRequest, person: Person) -> None:
    """Open the identity of a session and record the sign-in; the middleware puts the secret into its cookie."""
    secret = secrets.token_urlsafe(32)
    with transaction.atomic():
        open_token(person, "session", idle=IDLE, lifetime=LIFETIME, secret=secret)
        person.identity = identity_of(request, secret)
        with entered(person, stamp_of(person, ""), False):
            events.record(Event("sign-in", "E"))
            with connection.cursor() as cursor:
                agent = request.headers.get("User-Agent", "")
                cursor.execute("SELECT access.describe_session(%s, %s)", [person.identity.address, agent])
            take_in(request, person)
    request.new_identity = secret  # type: ignore[attr-defined]
    if settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
        request.new_language = person.language  # type: ignore[attr-defined]


def show_again(request: HttpRequest, person: Person) -> None:
    """Note that the person showed a second factor again: the session goes on under a new key and a new secret.

    Whoever had seen the old ones gains nothing by the code; when the sign-in ends stays as it was.
    """
    secret = secrets.token_urlsafe(32)
    renewed = identity_of(request, secret)
    with transaction.atomic(), entered(person, stamp_of(person, ""), False):
        events.record(Event("code again", "E"))
        with connection.cursor() as cursor:
            cursor.execute("SELECT access.renew_token(%s, %s)", [opening_key(), renewed.digest])
    person.identity = renewed
    request.session.cycle_key()
    request.new_identity = secret  # type: ignore[attr-defined]


def end(request: HttpRequest) -> None:
    """Close the identity of the session, and record the sign-out."""
    person = request.user
    if isinstance(person, Person) and person.identity is not None:
        with transaction.atomic(), entered(person, stamp_of(person, ""), False):
            with transaction.atomic(), suppress(events.NotRecorded):  # a record that fails keeps nobody signed in
                events.record(Event("sign-out", "E"))
            with connection.cursor() as cursor:
                cursor.execute("SELECT access.close_token()")
    request.new_identity = ""  # type: ignore[attr-defined]


def identity_of(request: HttpRequest, secret: str) -> Identity:
    """Return the identity that this request acts with."""
    return Identity(
        secret,
        request_id=getattr(request, "request_id", ""),
        address=SignInAdapter(request).get_client_ip(request),
    )


class IdentityMiddleware:
    """Ties the signed-in person to a live identity; without one, or without a second factor, no page but sign-in opens."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        person = request.user
        if not isinstance(person, Person):
            with timezone.override(zone()):
                return with_cookie(request, self.answer(request))
        secret = request.COOKIES.get(settings.IDENTITY_COOKIE_NAME, "")
        if not alive(secret, person, moves=not is_poll(request)):
            sign_out(request)
            return with_cookie(request, self.answer(request))
        person.identity = identity_of(request, secret)
        with timezone.override(person.zone):
            return with_cookie(request, self.behind_second_factor(request, person))

    def behind_second_factor(self, request: HttpRequest, person: Person) -> HttpResponse:
        """Answer where this session has proven a second factor; else lead to making one, or to signing in with it."""
        if is_proven(request):
            return self.answer(request, person)
        if has_second_factor(person):  # it was made in another session: this one only ever knew the password
            end(request)
            sign_out(request)
            return to_sign_in(request)
        if not request.path.startswith(ENROLMENT):
            return redirect("mfa_activate_totp")
        response = self.answer(request, person)
        if getattr(request, "has_made_factor", False):
            request.session["second_factor_made"] = True
        return response

    def answer(self, request: HttpRequest, person: Person | None = None) -> HttpResponse:
        """Answer the request; the pages of the sign-in library each in a transaction of their own."""
        if not request.path.startswith(WAYS_IN):
            return self.get_response(request)
        with way_in(request, person):
            return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        if isinstance(request.user, Person) or getattr(view, "is_public", False) or request.path.startswith(WAYS_IN):
            return None
        if request.headers.get("HX-Request"):
            return whole_page(401)
        return to_sign_in(request)


def alive(secret: str, person: Person, *, moves: bool = True) -> bool:
    """Return whether the secret is a live token of this person; using it moves its idle end, watching a page does not."""
    if not secret:
        return False
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('safe.session', %s, true)", [secret])
        cursor.execute("SELECT access.keep_token(%s) AND access.holder() = %s", [moves, person.pk])
        return bool(cursor.fetchone()[0])


def polled(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark a view that an open page asks by itself: nobody is at work, so it keeps no sign-in alive and is no look."""
    view.is_poll = True  # type: ignore[attr-defined]
    return view


def is_poll(request: HttpRequest) -> bool:
    """Return whether an open page asks by itself."""
    try:
        return getattr(resolve(request.path_info).func, "is_poll", False)
    except Resolver404:
        return False


def whole_page(status: int) -> HttpResponse:
    """Answer a page that asks by itself: load the whole page, which then says what happened."""
    return HttpResponse(status=status, headers={"HX-Refresh": "true"})


def sign_out(request: HttpRequest) -> None:
    """Forget the session; the sign-in page says that it ended."""
    logout(request)
    request.new_identity = ""  # type: ignore[attr-defined]
    request.signed_out = True  # type: ignore[attr-defined]


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Lead to the sign-in, and from there back to a page that was asked for; what was sent has to be sent again.

    A page that itself only leads on to another one, such as that of the code, is left out: a second press there comes
    with the cookies that the first one replaced.
    """
    leads_on = own_path(request.GET.get("next", ""))
    if request.method not in ("GET", "HEAD"):
        if is_poll(request):  # an open page asked by itself: there is nothing to keep and nobody to tell
            return redirect(leading_back(leads_on))
        if (form := carry(request)) is not None:
            if request.path != reverse("desk:keep_draft"):  # that one nobody pressed
                words = _("You were not signed in. Your text is kept: sign in, and it stands in its form again.")
                messages.info(request, words)
            return redirect(leading_back(form.path))
        messages.info(request, _("You were not signed in, so nothing was saved. Sign in and do it again."))
        return redirect(leading_back(leads_on))
    if getattr(request, "signed_out", False):
        messages.info(request, _("You were signed out. Sign in and you return to this page."))
    return redirect(leading_back(leads_on or request.path))


def own_path(address: str) -> str:
    """Return the path of a page of this portal, without what was asked there; nothing for any other address."""
    path = address.partition("?")[0].partition("#")[0]
    return path if path.startswith("/") and url_has_allowed_host_and_scheme(path, allowed_hosts=None) else ""


def leading_back(path: str) -> str:
    """Return the address of the sign-in that leads back to a page of this portal: to its path, never to what was asked."""
    sign_in, path = reverse("account_login"), own_path(path)
    return f"{sign_in}?next={quote(path)}" if path not in ("", "/") else sign_in


def is_proven(request: HttpRequest) -> bool:
    """Return whether this session has shown a second factor, or made it itself."""
    if request.session.get("second_factor_made") or (settings.DEMO and request.session.get("demo_seat")):
        return True
    methods = request.session.get("account_authentication_methods", [])
    return any(method.get("method") == "mfa" for method in methods)


def with_cookie(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Set or remove the identity cookie after a sign-in or sign-out."""
    secret = getattr(request, "new_identity", None)
    language = getattr(request, "new_language", None)
    if language:
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, language, secure=settings.PRODUCTION, httponly=True, samesite="Lax"
        )
    if secret:
        response.set_cookie(
            settings.IDENTITY_COOKIE_NAME, secret, secure=settings.PRODUCTION, httponly=True, samesite="Lax", path="/"
        )
    elif secret == "":
        response.delete_cookie(settings.IDENTITY_COOKIE_NAME, path="/", samesite="Lax")
        response["Clear-Site-Data"] = '"cache", "storage"'
    return response


def public(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Mark a view as open to everybody: sign-in, health, static text. Every other view needs a sign-in."""
    view.is_public = True  # type: ignore[attr-defined]
    return view
