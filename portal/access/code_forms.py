"""The forms that ask for a second factor: a wrong one is recorded, as a wrong password is."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from allauth.account.adapter import get_adapter
from allauth.core import context
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import get_adapter as get_mfa_adapter
from allauth.mfa.app_settings import TOTP_PERIOD, TOTP_TOLERANCE
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.base.internal.flows import check_rate_limit
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AuthenticateWebAuthnForm, LoginWebAuthnForm, ReauthenticateWebAuthnForm
from django.core.cache import cache
from django.core.exceptions import ValidationError

from portal.accounts.models import Person
from portal.audit import events
from portal.audit.events import Event
from portal.audit.stamp import Stamp, current


@contextmanager
def on_record(person: Person | None) -> Iterator[None]:
    """Record a wrong second factor. Nobody has signed in by it: the event names the account, and claims no identity."""
    try:
        yield
    except ValidationError as problem:
        if problem.code == "incorrect_code":
            request = context.request
            who = replace(person.stamp(), person_id=None) if person else Stamp(None, "")
            where = {"request_id": getattr(request, "request_id", ""), "address": get_adapter().get_client_ip(request)}
            event = Event("sign-in", "E", "failed", "wrong_code")
            if person:
                event = replace(event, entity="accounts.person", entity_id=person.pk)
            events.record(event, stamp=current() or replace(who, **where))
        raise


def key_of(person: Person, code: str) -> str:
    """Return under which key it is kept that a code was shown. The library keeps it for the code's own period alone."""
    return f"code-shown:{person.pk}:{normalize_user_code(code)}"


class ShownOnce:
    """A form whose code counts once, and whose wrong code is recorded."""

    user: Person
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        with on_record(self.user):
            shown = key_of(self.user, self.cleaned_data["code"])
            if cache.get(shown):  # before the library looks: a right code sets its count of tries back
                check_rate_limit(self.user)
                raise get_mfa_adapter().validation_error("incorrect_code")
            code: str = super().clean_code()  # type: ignore[misc]
            if not cache.add(shown, True, TOTP_PERIOD * (2 * TOTP_TOLERANCE + 1)):  # two presses at the same moment
                raise get_mfa_adapter().validation_error("incorrect_code")
            return code


class Code(ShownOnce, AuthenticateForm):
    """Asks for a code at the sign-in."""


class FirstCode(ShownOnce, ActivateTOTPForm):
    """Asks for the first code of an app that is being set up."""


class CodeAgain(ShownOnce, ReauthenticateForm):
    """Asks somebody who has signed in for a code."""


class Passkey:
    """Asks for a passkey; without a password before it, nobody knows yet whose."""

    user: Person | None

    def clean_credential(self) -> Any:
        with on_record(self.user):
            return super().clean_credential()  # type: ignore[misc]


class PasskeyAtSignIn(Passkey, AuthenticateWebAuthnForm):
    """After the password."""


class PasskeyAlone(Passkey, LoginWebAuthnForm):
    """Instead of the password."""


class PasskeyAgain(Passkey, ReauthenticateWebAuthnForm):
    """From somebody who has signed in."""
