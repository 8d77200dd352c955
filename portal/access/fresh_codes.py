"""The fresh code behind a signature: a second factor shown once more, at the moment of signing."""

import base64
import hashlib
import hmac
import time
from dataclasses import dataclass
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django import forms
from django.conf import settings
from django.db import connection
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.access.code_forms import CodeAgain
from portal.access.factors import factors_of
from portal.accounts.models import Person
from portal.accounts.passwords import opening_key
from portal.casework.forms import OnceForm

FRESH = 300  # seconds for which a passkey that was shown counts
STEP = 30  # seconds for which a code of the demonstration is the newest


@dataclass(frozen=True)
class Proof:
    """Somebody showed a second factor just now. Made by the form alone."""

    person: Person


class FreshCodeForm(OnceForm):
    """Asks for a fresh code; whoever has just shown a passkey is not asked again."""

    code = forms.CharField(
        label=_("Your code"),
        max_length=20,
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
        help_text=_("From your authenticator app, or a recovery code."),
        error_messages={"required": _("Enter the code from your phone.")},
    )

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.person: Person = request.user  # type: ignore[assignment]
        self.secret = demo_secret(request)
        if has_shown_passkey(request):
            del self.fields["code"]
        elif self.secret:
            self.fields["code"].help_text = _("In the demonstration it stands on this page.")

    @property
    def demo_code(self) -> str:
        """Return the code that the demonstration shows; nothing elsewhere."""
        return code_at(self.secret, 0) if self.secret and "code" in self.fields else ""

    @property
    def has_passkey(self) -> bool:
        """Return whether the person could show a passkey instead."""
        return "code" in self.fields and Authenticator.Type.WEBAUTHN in factors_of(self.person).values()

    def clean_code(self) -> str:
        """Accept what the sign-in would accept; a wrong code is recorded, and tries are counted."""
        code = self.cleaned_data["code"].strip().replace(" ", "")
        if self.secret:
            if not any(hmac.compare_digest(code, code_at(self.secret, back)) for back in range(10)):
                raise forms.ValidationError(_("This is not the code. Enter the one that stands on this page."))
            return code
        asked = CodeAgain({"code": code}, user=self.person)
        if not asked.is_valid():
            raise forms.ValidationError(asked.errors["code"])
        return code

    def proof(self) -> Proof:
        """Return the proof that the code was right."""
        assert self.is_valid()
        return Proof(self.person)


def has_shown_passkey(request: HttpRequest) -> bool:
    """Return whether the person has shown a passkey again within the last minutes."""
    methods = request.session.get("account_authentication_methods", [])
    shown = [one for one in methods if one.get("method") == "mfa" and one.get("reauthenticated")]
    newest = shown[-1] if shown else {}
    return newest.get("type") == Authenticator.Type.WEBAUTHN and time.time() - newest.get("at", 0) < FRESH


def demo_secret(request: HttpRequest) -> str:
    """Return what the codes of somebody at a desk of the demonstration come from: they have no phone to look at."""
    person: Any = request.user
    if not settings.DEMO or not request.session.get("demo_seat") or factors_of(person):
        return ""
    digest = hmac.new(settings.SECRET_KEY.encode(), b"demo code " + person.pk.bytes, hashlib.sha256).digest()
    return base64.b32encode(digest[:20]).decode()


def code_at(secret: str, back: int) -> str:
    """Return the code of now, or of so many steps ago."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // STEP - back))


def begin_signature(proof: Proof, by: Person) -> None:
    """Tell the database that the person of this transaction signs; the key shows that the application says so."""
    if proof.person.pk != by.pk:
        raise ValueError("A proof is its own person's.")
    with connection.cursor() as cursor:
        cursor.execute("SELECT access.begin_signature(%s)", [opening_key()])
