"""The training gate: whoever has a police role opens nothing without a valid certificate but the ways in and out."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.http import HttpRequest

from portal.access.factors import WAYS_IN
from portal.accounts.models import Person
from portal.accounts.roles import CERTIFIED_ROLES

VALID = """
SELECT coalesce(bool_or(valid_from <= app_now() AND valid_until > app_now()), false),
       max(valid_until) FILTER (WHERE valid_until <= app_now())
  FROM accounts_certificate WHERE person_id = %s
"""


@dataclass(frozen=True)
class Lapse:
    """A certificate that is not there, or since when it has not been valid."""

    ended: datetime.datetime | None


def without_certificate(view: Callable[..., Any]) -> Callable[..., Any]:
    """Mark a view that opens without a certificate: nothing of a file stands on it, or it leads away."""
    view.needs_no_certificate = True  # type: ignore[attr-defined]
    return view


def needs_certificate(request: HttpRequest, view: Callable[..., Any]) -> bool:
    """Return whether the page opens to police roles only with a certificate."""
    is_free = getattr(view, "is_public", False) or getattr(view, "needs_no_certificate", False)
    return not is_free and not request.path.startswith(WAYS_IN)


def lapse_of(person: Person) -> Lapse | None:
    """Return what is wrong with the certificate that the person's roles need; None where nothing is."""
    if CERTIFIED_ROLES.isdisjoint(person.roles):
        return None
    with connection.cursor() as cursor:
        cursor.execute(VALID, [person.pk])
        is_valid, ended = cursor.fetchone()
    return None if is_valid else Lapse(ended)
