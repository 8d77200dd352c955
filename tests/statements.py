"""Plain SQL on the test's own connection, as the owner of the tables or as the application."""

import re
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from tests.conftest import as_owner


def rows(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """Return what the owner of the tables reads."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def value(statement: str, *values: Any) -> Any:
    """Return the one value that the owner of the tables reads."""
    return rows(statement, *values)[0][0]


def jobs_of(kind: str, state: str = "") -> list[Any]:
    """Return the jobs of a kind, of whomever, the oldest first."""
    found = rows("SELECT id FROM casework_job WHERE kind = %s AND state LIKE %s ORDER BY id", kind, state or "%")
    return [job_id for (job_id,) in found]


def run(statement: str, *values: Any) -> int:
    """Run a statement in the role in force; return how many rows it met."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


def assert_refused(statement: str, *values: Any, match: str = ".") -> None:
    """Assert that the database refuses the statement in the role in force."""
    with pytest.raises(DatabaseError, match=match), transaction.atomic():
        run(statement, *values)


def last_event(**wanted: Any) -> dict[str, Any]:
    """Return the newest event with these columns."""
    conditions = " AND ".join(f"{name} = %s" for name in wanted) or "true"
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(
            f"SELECT * FROM audit_event WHERE {conditions} ORDER BY recorded DESC, id DESC LIMIT 1", [*wanted.values()]
        )
        names = [column.name for column in cursor.description]
        return dict(zip(names, cursor.fetchone() or [None] * len(names), strict=True))


def count_events(**wanted: Any) -> int:
    """Return how many events have these columns."""
    conditions = " AND ".join(f"{name} = %s" for name in wanted) or "true"
    return value(f"SELECT count(*) FROM audit_event WHERE {conditions}", *wanted.values())


def digest() -> dict[str, str]:
    """Return a checksum of what each table holds: all but the record of looks, and sessions, which last while they are used."""
    tables = rows("SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace")
    kept = [name for (name,) in tables if not re.match("audit_event|django_session|access_identitytoken", name)]
    sums = [f"SELECT '{name}', md5(string_agg(t::text, '' ORDER BY t::text)) FROM {name} t" for name in kept]
    return dict(rows(" UNION ALL ".join(sums)))  # the tables come in any order
