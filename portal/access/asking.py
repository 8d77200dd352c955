"""Asking the functions of the database, in the transaction in hand."""

from typing import Any

from django.db import connection


def asked(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    """Return the rows that the database answers."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def answer(statement: str, *values: Any) -> Any:
    """Return the one value that the database answers."""
    return asked(statement, *values)[0][0]
