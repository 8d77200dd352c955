"""Signing in through a provider of one's own: it proves who somebody is. Loaded only where the settings name one."""

from typing import Any

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.providers.base import AuthProcess
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access.sign_in import SignInAdapter
from portal.accounts.models import Person
from portal.audit import events
from portal.audit.events import Event
from portal.audit.stamp import Stamp

# Links of people to what the provider calls them: their person's, and what a sign-in under way has to look at.
WALL = """
ALTER TABLE socialaccount_socialaccount ENABLE ROW LEVEL SECURITY;
ALTER TABLE socialaccount_socialaccount FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS inside ON socialaccount_socialaccount;
DROP POLICY IF EXISTS seen ON socialaccount_socialaccount;
DROP POLICY IF EXISTS added ON socialaccount_socialaccount;
DROP POLICY IF EXISTS noted ON socialaccount_socialaccount;
DROP POLICY IF EXISTS removed ON socialaccount_socialaccount;
CREATE POLICY inside ON socialaccount_socialaccount TO owner, guard USING (true) WITH CHECK (true);
CREATE POLICY seen ON socialaccount_socialaccount FOR SELECT TO app
  USING (user_id = (SELECT access.holder()) OR (SELECT access.is_signing_in()));
CREATE POLICY added ON socialaccount_socialaccount FOR INSERT TO app WITH CHECK (user_id = (SELECT access.holder()));
CREATE POLICY noted ON socialaccount_socialaccount FOR UPDATE TO app
  USING (user_id = (SELECT access.holder()) OR (SELECT access.is_signing_in()));
CREATE POLICY removed ON socialaccount_socialaccount FOR DELETE TO app USING (user_id = (SELECT access.holder()));
GRANT SELECT, INSERT, UPDATE, DELETE ON socialaccount_socialaccount TO app;
GRANT SELECT ON socialaccount_socialapp TO app;
"""


class ProviderAdapter(DefaultSocialAccountAdapter):
    """Nobody comes in by a provider who has not linked it oneself, signed in with a second factor, which is asked for again."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def can_authenticate_by_email(self, login: Any, email: str) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Refuse whoever is not known, and whose account is closed, with one answer."""
        sociallogin.account.extra_data = {}  # what else the provider says of a person is not kept
        if sociallogin.state.get("process") == AuthProcess.CONNECT:
            raise ImmediateHttpResponse(self.linked(request, sociallogin))
        person: Any = sociallogin.user if sociallogin.is_existing else None
        if not isinstance(person, Person) or not (person.is_active and person.agency.is_active):
            raise ImmediateHttpResponse(self.refused(request))
        sociallogin.account.save(update_fields=["extra_data", "last_login"])

    def linked(self, request: HttpRequest, sociallogin: Any) -> HttpResponse:
        """Link the account of whoever is signed in and has just shown the second factor; the library's own way saves people."""
        person, account = request.user, sociallogin.account
        if not isinstance(person, Person):
            return redirect("account_login")
        if not did_recently_reauthenticate(request):
            messages.info(request, _("Show your second factor once more, then link your account again."))
            return redirect(f"{reverse('account_reauthenticate')}?next={reverse('desk:settings')}")
        if sociallogin.is_existing:
            messages.error(request, _("This is linked already. Nothing was changed."))
        else:
            account.user = person
            account.save(force_insert=True)
            events.record(Event("link at provider", "C", entity="accounts.person", entity_id=person.pk))
            messages.success(request, _("Your account is linked. You can sign in through your agency from now on."))
        return redirect("desk:settings")

    def on_authentication_error(self, request: HttpRequest, provider: Any, **kwargs: Any) -> None:
        raise ImmediateHttpResponse(self.refused(request))

    def refused(self, request: HttpRequest) -> HttpResponse:
        """Lead back to the sign-in, and record the try."""
        stamp = Stamp(None, "", **SignInAdapter(request).named_in_events(request))
        events.record(Event("sign-in", "E", "failed", "unknown_at_provider"), stamp=stamp)
        messages.error(
            request, _("That leads to no account here. Sign in with your password, or ask your agency administrator.")
        )
        return redirect("account_login")
