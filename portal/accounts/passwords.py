"""Passwords: a function of the database stores their hashes, for whoever shows the application's key; no history of them."""

import hmac
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from portal.audit import events
from portal.audit.events import Event
from portal.audit.stamp import current


def opening_key() -> str:
    """Return the key with which the application, not an injected query, signs people in; `migrate` stores its digest."""
    return hmac.new(settings.SECRET_KEY.encode(), b"open identity tokens", "sha256").hexdigest()


@transaction.atomic
def store(person: Any) -> None:
    """Store the hash of a password that was set, and record that it was; purpose of the event is the stamp's reason."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT access.set_password(%s, %s, %s)", [opening_key(), person.pk, person.password])
    # Nobody may be signed in yet: then the event names the account in words and claims no identity.
    stamp = current() or replace(person.stamp(reason="hash renewed", via="sign-in"), person_id=None)
    events.record(Event("password", "U", entity="accounts.person", entity_id=person.pk), stamp=stamp)
