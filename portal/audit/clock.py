"""The one clock: the database's time, shifted only in demonstration and test databases."""

import datetime
from contextvars import ContextVar

from django.db import connection

# The start of the transaction that is open, once it is known: one page then has one time.
transaction_time: ContextVar[datetime.datetime | None] = ContextVar("transaction_time", default=None)


def now() -> datetime.datetime:
    """Return the time of the open transaction, or the database's time now, in UTC."""
    known = transaction_time.get()
    if known is not None:
        return known
    with connection.cursor() as cursor:
        cursor.execute("SELECT app_now()")
        return cursor.fetchone()[0]
