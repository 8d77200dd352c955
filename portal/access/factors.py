"""Second factors: whose rows the pages of the sign-in may touch, and the record of those that come and go."""

from collections.abc import Iterator
from contextlib import contextmanager

from allauth.mfa.models import Authenticator
from django.db import connection, transaction
from django.http import HttpRequest

from portal.access import identity
from portal.access.identity import entered, stamp_of
from portal.accounts.models import Person
from portal.accounts.passwords import opening_key
from portal.audit import events
from portal.audit.events import Event

WAYS_IN = "/accounts/"
Factors = dict[int, str]


def factors_of(person: Person) -> Factors:
    """Return the kinds of a person's second factors by their numbers, where this transaction may see them."""
    return dict(Authenticator.objects.filter(user_id=person.pk).values_list("pk", "type"))


def locked_factors(person: Person) -> Factors:
    """Return the second factors; until this transaction ends no other request of the person makes or removes one.

    Else a factor that another session makes meanwhile would count as this one's.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('factors ' || %s, 0))", [str(person.pk)])
    return factors_of(person)


def has_second_factor(person: Person) -> bool:
    """Return whether a person who has signed in has made a second factor anywhere."""
    with transaction.atomic(), entered(person, stamp_of(person, ""), False):
        return bool(factors_of(person))


@contextmanager
def way_in(request: HttpRequest, person: Person | None) -> Iterator[None]:
    """Answer a page of the sign-in library in one transaction, which the database lets at second factors.

    Of somebody who has signed in: at that person's own, and what is made or removed is recorded with it. Before that:
    at those that a sign-in has to look at, because the application shows its key.
    """
    if person is None:
        with transaction.atomic(), signing_in():
            yield
    else:
        with transaction.atomic(), entered(person, stamp_of(person, ""), False):
            before = locked_factors(person) if request.method == "POST" else {}
            yield
            if request.method == "POST" and request.user == person:
                after = factors_of(person)
                record_changes(before, after)
                request.has_made_factor = not after.keys() <= before.keys()  # type: ignore[attr-defined]


@contextmanager
def signing_in() -> Iterator[None]:
    """Mark the open transaction as one in which somebody signs in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT access.begin_sign_in(%s)", [opening_key()])
    token = identity.signing_in.set(True)
    try:
        yield
    finally:
        identity.signing_in.reset(token)
    if not connection.needs_rollback:  # inside a test's own transaction the mark would outlive ours
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('safe.sign_in', '', true)")


def record_changes(before: Factors, after: Factors) -> None:
    """Record the second factors that were made and those that were removed."""
    for number, kind in [*before.items(), *after.items()]:
        if (number in before) != (number in after):
            action = "D" if number in before else "C"
            events.record(Event("second factor", action, entity="mfa.authenticator", details={"type": kind}))
