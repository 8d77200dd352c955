"""The sign-in library's forms, whose errors name the field and the remedy."""

from typing import Any

from allauth.account.forms import LoginForm, ReauthenticateForm, ResetPasswordForm
from django import forms
from django.utils.translation import gettext_lazy as _

from portal.access import code_forms

ADDRESS = _("Enter your e-mail address.")
PASSWORD = _("Enter your password.")
CODE = _("Enter the code from your phone.")


class Naming(forms.Form):
    """A form that says by a sentence of its own what is missing in a field."""

    missing: dict[str, Any] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, sentence in self.missing.items():
            self.fields[name].error_messages["required"] = sentence


class SignInForm(Naming, LoginForm):
    missing = {"login": ADDRESS, "password": PASSWORD}


class PasswordAgainForm(Naming, ReauthenticateForm):
    missing = {"password": PASSWORD}


class ForgottenForm(Naming, ResetPasswordForm):
    missing = {"email": ADDRESS}


class CodeForm(Naming, code_forms.Code):
    missing = {"code": CODE}


class CodeAgainForm(Naming, code_forms.CodeAgain):
    missing = {"code": CODE}


class FirstCodeForm(Naming, code_forms.FirstCode):
    missing = {"code": CODE}
