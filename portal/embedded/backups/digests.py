"""Digests of rows, by which a restored database is compared with the one that it was made from."""

from typing import Any

import psycopg
from psycopg import sql

# What is only ever added, so that its rows of one moment can be told apart later: histories and events know their transaction.
ADDED = (
    "accounts_historicalagency",
    "accounts_historicalperson",
    "access_historicalgrant",
    "casework_historicaltask",
    "victims_historicalchild",
)
DIGEST = "SELECT count(*), coalesce(sum(hashtextextended({}, 0)::numeric), 0)::text FROM public.{} t WHERE {}"
# Of rows of a moment, what an erasure after it leaves as it is; whether their contents fit, the portal's own check says.
WHOLE = sql.SQL("t::text")
OF_HISTORY = sql.SQL("ROW(t.history_id, t.id, t.version, t.history_date, t.history_type, t.tx)::text")
OF_EVENT = sql.SQL("(to_jsonb(t) - '{purpose,purpose_hash}'::text[])::text")
SEEN = "pg_visible_in_snapshot(t.tx, {}::pg_snapshot)"
LAST_DAY = "t.recorded > {}::timestamptz - interval '1 day' AND "


def moment(connection: psycopg.Connection) -> dict[str, Any]:
    """Return what is committed at one moment: its snapshot, its time, and the digests of some tables."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        snapshot, at = _row(connection, "SELECT pg_current_snapshot()::text, now()::text")
        return {"snapshot": snapshot, "at": at, "rows": of_moment(connection, snapshot, at)}


def of_moment(connection: psycopg.Connection, snapshot: str, at: str) -> dict[str, list[Any]]:
    """Return number and digest of the rows that were committed at that moment, whatever came after it."""
    seen = sql.SQL(SEEN).format(sql.Literal(snapshot))
    conditions = {name: seen for name in ADDED if has_table(connection, name)}
    conditions["audit_event"] = sql.SQL(LAST_DAY).format(sql.Literal(at)) + seen
    parts = dict.fromkeys(ADDED, OF_HISTORY) | {"audit_event": OF_EVENT}
    return {name: _digest(connection, name, condition, parts[name]) for name, condition in conditions.items()}


def everything(connection: psycopg.Connection) -> dict[str, list[Any]]:
    """Return number and digest of the rows of every table, as they are now: for a portal in which nobody works."""
    query = (
        "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace ORDER BY relname"
    )
    return {name: _digest(connection, name, sql.SQL("true")) for (name,) in connection.execute(query).fetchall()}


def has_table(connection: psycopg.Connection, name: str) -> bool:
    return bool(_row(connection, "SELECT to_regclass(%s) IS NOT NULL", name)[0])


def newest_checkpoint(connection: psycopg.Connection) -> dict[str, Any] | None:
    """Return number and hash of the newest checkpoint: how far the record was sealed."""
    query = "SELECT number, hash FROM audit_checkpoint ORDER BY number DESC LIMIT 1"
    row = connection.execute(query).fetchone() if has_table(connection, "audit_checkpoint") else None
    return {"number": row[0], "hash": row[1].hex()} if row else None


def _digest(
    connection: psycopg.Connection, name: str, condition: sql.Composable, of_row: sql.Composable = WHOLE
) -> list[Any]:
    query = sql.SQL(DIGEST).format(of_row, sql.Identifier(name), condition)
    row = connection.execute(query).fetchone()
    return list(row) if row else []


def _row(connection: psycopg.Connection, query: Any, *values: object) -> tuple[Any, ...]:
    row = connection.execute(query, values).fetchone()
    assert row
    return row
