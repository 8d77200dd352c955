"""Links of invitations: the secret is worked out anew when it is sent, the database holds its hash, a page opens with it."""

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection, transaction
from django.urls import reverse

from portal.access import identity
from portal.accounts.models import Invitation, Membership, Person
from portal.accounts.passwords import opening_key
from portal.audit import clock
from portal.audit.stamp import Stamp, stamping

DAYS = 7  # for which a link opens the way in; the database says the same


def secret(invitation: Invitation) -> str:
    """Return the secret of the newest link of an invitation; each sending has another one."""
    about = f"invitation {invitation.pk} {invitation.sends}"
    return hmac.new(settings.SECRET_KEY.encode(), about.encode(), "sha256").hexdigest()


def digest(of_secret: str) -> bytes:
    """Return the hash by which the database knows a link."""
    return hashlib.sha256(of_secret.encode()).digest()


def address(invitation: Invitation) -> str:
    """Return the link: at the portal's own address, whatever host a request names."""
    return settings.ADDRESS.rstrip("/") + reverse("desk:join", args=[secret(invitation)])


@contextmanager
def opened(of_secret: str) -> Iterator[Invitation | None]:
    """Open the invitation of a link in a transaction in which its account may be made; None where it opens nothing."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT access.begin_joining(%s, %s)", [opening_key(), digest(of_secret)])
        found = cursor.fetchone()[0]
        token = identity.signing_in.set(True)
        try:
            yield Invitation.objects.select_related("agency").filter(pk=found).first() if found else None
        finally:
            identity.signing_in.reset(token)
        if not connection.needs_rollback:  # inside a transaction that goes on the mark would outlive ours
            cursor.execute("SELECT set_config('safe.joining', '', true)")


def has_account(invitation: Invitation) -> bool:
    """Return whether the address has an account already: told to whoever opened the link, and to nobody else."""
    return Person.objects.filter(email__iexact=invitation.email).exists()


def join(invitation: Invitation, password: str, *, language: str = "en") -> Person:
    """Make the account of somebody who opened the link, with the roles and teams that were agreed on; the link ends."""
    invitation = Invitation.objects.select_for_update(of=("self",)).select_related("agency").get(pk=invitation.pk)
    agency = invitation.agency
    named = Stamp(
        None, invitation.short_name, agency.pk, agency.name, reason="accepted an invitation", via="invitation"
    )
    with stamping(named):
        person = Person(
            email=invitation.email, given_name=invitation.given_name, family_name=invitation.family_name, agency=agency,
            roles=invitation.roles, language=language, time_zone=agency.time_zone, joined=clock.now(),
        )  # fmt: skip
        person.set_unusable_password()
        person.save(force_insert=True)
        for team_id in invitation.teams:
            Membership(person=person, team_id=team_id, since=clock.now()).save(force_insert=True)
        invitation.state, invitation.person = Invitation.State.ACCEPTED, person
        invitation.digest = invitation.until = None
        invitation.save()
        person.set_password(password)
        person.save(update_fields=["password"])
    return person
