"""Identities: the secret with which a process acts for a person, and acting(), which opens every transaction."""

import datetime
import hashlib
import hmac
import secrets
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any, TypeVar

from django.conf import settings
from django.db import connection, transaction

from portal.accounts.models import Person
from portal.accounts.passwords import opening_key
from portal.audit import events
from portal.audit.clock import transaction_time
from portal.audit.events import Event
from portal.audit.ids import steady_offset, uuid7
from portal.audit.stamp import Stamp, stamping
from portal.casework.keys import opened_keys


@dataclass(frozen=True)
class Identity:
    """The secret of a token, and what events say about the request or job that uses it."""

    secret: str = field(repr=False)
    via: str = ""
    request_id: str = ""
    address: str = ""

    @property
    def digest(self) -> bytes:
        return hashlib.sha256(self.secret.encode()).digest()


@dataclass
class Acting:
    """The transaction in hand: whose it is, and what was already looked up in it."""

    person: Person
    stamp: Stamp
    rights: dict[Any, Any] = field(default_factory=dict)


class NoIdentity(RuntimeError):
    """Somebody acts without having signed in, or a guarded table was asked outside acting()."""


class Refused(Exception):
    """The person may not do this. Known: another section of the file is open, so the file may be admitted to exist."""

    def __init__(self, event: Event, *, known: bool) -> None:
        self.event = event
        self.known = known
        super().__init__(event.reason_code)


_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)
signing_in: ContextVar[bool] = ContextVar("signing_in", default=False)  # somebody is about to prove who that is


def current() -> Acting:
    """Return the transaction in hand."""
    state = _acting.get()
    if state is None:
        raise NoIdentity("This runs outside access.acting(person). Open it there.")
    return state


def is_acting() -> bool:
    """Return whether a transaction with an identity is open."""
    return _acting.get() is not None


def stamp_of(person: Person, reason: str) -> Stamp:
    """Return the person as author, with the request or job that acts."""
    identity: Identity = person.identity
    return replace(
        person.stamp(reason=reason, via=identity.via),
        session=identity.digest.hex()[:16],
        request_id=identity.request_id,
        address=identity.address,
    )


@contextmanager
def acting(person: Person, *, reason: str = "", read_only: bool = False) -> Iterator[Acting]:
    """Open a transaction in which the database knows the person; inside another one of the same person, join it.

    A refusal rolls the transaction back, is recorded in one of its own, and goes on to the caller.
    """
    outer = _acting.get()
    if outer is not None:
        if outer.person.pk != person.pk:
            raise NoIdentity("A transaction of one person cannot hold the act of another.")
        with stamping(outer.stamp, reason=reason or None):
            yield outer
        return
    if person.identity is None:
        raise NoIdentity(f"{person.pk} has not signed in.")
    stamp = stamp_of(person, reason)
    try:
        with transaction.atomic(durable=True), entered(person, stamp, read_only) as state:
            yield state
    except Refused as refusal:
        with transaction.atomic(durable=True), entered(person, stamp, False):
            events.record(refusal.event)
        raise


# The time of the portal, that of the database's clock for new ids, and who acts.
BEGIN = (
    "SELECT app_now(), (extract(epoch FROM clock_timestamp()) * 1000000)::bigint, set_config('safe.session', %s, true)"
)
BEGIN_READING = f"{BEGIN}, set_config('transaction_read_only', 'on', true)"


@contextmanager
def entered(person: Person, stamp: Stamp, read_only: bool) -> Iterator[Acting]:
    """Tell the open transaction who acts, and this process too, until the block ends."""
    with connection.cursor() as cursor:
        cursor.execute(BEGIN_READING if read_only else BEGIN, [person.identity.secret])
        at, microseconds, *_more = cursor.fetchone()
    offset = 1000 * microseconds - time.monotonic_ns()
    outer, state = _acting.get(), Acting(person, stamp)
    tokens: list[tuple[Any, Any]] = [(_acting, _acting.set(state)), (transaction_time, transaction_time.set(at))]
    tokens.append((opened_keys, opened_keys.set({})))
    tokens.append((steady_offset, steady_offset.set(offset)))
    try:
        with stamping(stamp):
            yield state
    finally:
        for variable, token in tokens:
            variable.reset(token)
    # The end of the transaction takes the setting back; a savepoint alone takes it back only where it goes wrong.
    if connection.savepoint_ids and not connection.needs_rollback:
        with connection.cursor() as cursor:
            secret = outer.person.identity.secret if outer else ""
            cursor.execute("SELECT set_config('safe.session', %s, true)", [secret])


def patient() -> None:
    """Let the statements of this transaction take longer than those of a page: many files follow one change."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', '10min', true)")


Result = TypeVar("Result")


def action(function: Callable[..., Result]) -> Callable[..., Result]:
    """Make a function an action: keyword-only, in one transaction of by, with reason on everything that it writes."""

    @wraps(function)
    def run(*args: Any, by: Person, reason: str = "", **kwargs: Any) -> Result:
        with acting(by, reason=reason):
            return function(*args, by=by, reason=reason, **kwargs)

    return run


def open_token(
    person: Person, kind: str, *, idle: datetime.timedelta, lifetime: datetime.timedelta, secret: str = ""
) -> Identity:
    """Open a token of a kind (session, job, command) for the person and return the identity that uses it."""
    identity = Identity(secret or secrets.token_urlsafe(32), via="" if kind == "session" else kind)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT access.open_token(%s, %s, %s, %s, %s, %s::interval, %s::interval)",
            [opening_key(), uuid7(), person.pk, identity.digest, kind, str(idle), str(lifetime)],
        )
    return identity


def job_secret(job_id: uuid.UUID) -> str:
    """Return the secret under which a job runs; worked out again by the worker, so that no table or broker holds it."""
    return hmac.new(settings.SECRET_KEY.encode(), b"job " + job_id.bytes, "sha256").hexdigest()


@contextmanager
def signed_in(email: str, kind: str = "command") -> Iterator[Person]:
    """Give a command the person it acts for, with a token of an hour."""
    person = Person.objects.select_related("agency").get(email__iexact=email)
    hour = datetime.timedelta(hours=1)
    person.identity = open_token(person, kind, idle=hour, lifetime=hour)
    yield person
