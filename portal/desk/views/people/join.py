"""The link of an invitation: choosing a password. Nobody has signed in here; the second factor follows at the sign-in."""

from typing import Any

from allauth.account.forms import SetPasswordForm
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from portal.access import links
from portal.access.opens import WRITE
from portal.access.sign_in import SignInAdapter, public
from portal.accounts.models import Invitation, Person
from portal.accounts.network import network_name
from portal.audit import events
from portal.audit.events import Event
from portal.audit.stamp import Stamp


class JoinForm(SetPasswordForm):
    """The first password of an account that is made with it."""

    def __init__(self, invitation: Invitation, posted: QueryDict | None) -> None:
        names = {"given_name": invitation.given_name, "family_name": invitation.family_name}
        super().__init__(Person(email=invitation.email, **names), posted)
        self.fields["password1"].error_messages["required"] = _("Choose a password.")
        self.fields["password2"].error_messages["required"] = _("Type the password once more.")


@public
@require_http_methods(list(WRITE))
def join(request: HttpRequest, secret: str) -> HttpResponse:
    """Show what the link opens, and make the account with the password that was chosen."""
    if request.user.is_authenticated:
        return shown(request, "desk/people/join_signed_in.html")
    with links.opened(secret) as invitation:
        if invitation is None:
            stamp = Stamp(None, "", **SignInAdapter(request).named_in_events(request))
            events.record(Event("invitation", "E", "failed", "link_opens_nothing"), stamp=stamp)
            return shown(request, "desk/people/join_over.html", status=404)
        if links.has_account(invitation):
            return shown(request, "desk/people/join_elsewhere.html", {"invitation": invitation})
        form = JoinForm(invitation, request.POST or None)
        if request.method == "POST" and form.is_valid():
            links.join(invitation, form.cleaned_data["password1"], language=get_language() or "en")
            messages.success(request, _("Your password is set. Sign in with it."))
            return redirect("account_login")
        return shown(request, "desk/people/join.html", {"form": form, "invitation": invitation})


def shown(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    """Return a page that needs no sign-in, under the name of the network whose people invite."""
    return render(request, template, {"network_name": network_name()} | (context or {}), status=status)
