"""Mails to people about their accounts: a reference and a link, never a role, an agency or anything of a file."""

from typing import Any

from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from portal.access import links
from portal.access.identity import Refused
from portal.accounts.models import Invitation, Person
from portal.accounts.network import network, network_name
from portal.audit.events import Event
from portal.casework.models import Job


def send_invitation(job: Job, person: Person) -> None:
    """Send the newest link of an invitation, as a job of whoever sent it; one that ended meanwhile is not sent."""
    invitation = Invitation.objects.filter(pk=job.subject_id).first()  # type: ignore[misc]
    if invitation is None:  # whoever sent it keeps this agency's people no more
        raise Refused(Event("refusal", "E", "refused", "not_an_administrator_of_the_agency"), known=False)
    if not invitation.is_open:
        return
    words = {"reference": invitation.reference, "link": links.address(invitation), "days": links.DAYS}
    post(
        invitation.email,
        _("Your invitation, reference %(number)s") % {"number": invitation.reference},
        "invitation",
        words,
    )


def tell_of_factors(job: Job, person: Person) -> None:
    """Tell somebody that the second factor was reset: whoever did not ask for it has to know before the next sign-in."""
    whose = Person.objects.get(pk=job.subject_id)  # type: ignore[misc]
    with translation.override(whose.language):
        post(whose.email, _("Your second factor was reset"), "factors_reset", {"link": settings.ADDRESS})


def send_reset(job: Job, person: Person) -> None:
    """Send somebody the link under which a new password is set. Whoever asked for it has not signed in."""
    key = {"uidb36": user_pk_to_url_str(person), "key": PasswordResetTokenGenerator().make_token(person)}
    link = settings.ADDRESS.rstrip("/") + reverse("account_reset_password_from_key", kwargs=key)
    words = {"link": link, "minutes": settings.PASSWORD_RESET_TIMEOUT // 60}
    with translation.override(person.language):
        post(person.email, _("A new password"), "password_reset", words)


def post(address: str, subject: str, template: str, words: dict[str, Any]) -> None:
    """Send one mail in the language in force."""
    body = render_to_string(f"emails/{template}.txt", words | {"network": network_name()})
    EmailMessage(f"[{network_name()}] {subject}", body, network().mail_from, [address]).send()
