"""Live, demonstration or test: what kind of database this is, and the clock that goes with it."""

import datetime
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.core.management.base import CommandError
from django.db import connection

SHIFTED = """
CREATE OR REPLACE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT now() + coalesce(nullif(current_setting('safe.offset', true), ''), '0')::interval $$
"""


def wanted_kind() -> str:
    """Return the kind of database that the settings ask for."""
    return settings.MODE if settings.MODE in ("demo", "test") else "live"


def mark_database() -> None:
    """Mark a new database with its kind, as its owner; refuse one of another kind."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind FROM audit_databasekind")
        row = cursor.fetchone()
        if row is None:
            cursor.execute("INSERT INTO audit_databasekind VALUES (%s)", [wanted_kind()])
            if wanted_kind() != "live":
                cursor.execute(SHIFTED)
        elif row[0] != wanted_kind():
            raise CommandError(
                f"This database is {row[0]}, the settings ask for {wanted_kind()}. "
                "Set SAFE_RETURN_MODE to fit, or point DATABASE_URL at another database."
            )


@contextmanager
def shifted(offset: datetime.timedelta) -> Iterator[None]:
    """Move the clock of this connection, in demonstration and test databases only; elsewhere it changes nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('safe.offset', %s, false)", [f"{offset.total_seconds()} seconds"])
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('safe.offset', '', false)")
