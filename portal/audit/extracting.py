"""The record, or that of one file, written out for a verifier that needs neither database nor Django (docs/verify.md)."""

import json
import uuid
from collections.abc import Iterator
from typing import Any, TextIO

from django.db import connection

from portal.audit.away import known
from portal.audit.verification import Range, all_checkpoints

# Of other files a leaf is a hash and nothing more: it takes part in a root.
LEAVES = """
SELECT f.checkpoint, f.place, encode(f.leaf, 'hex'), CASE WHEN mine THEN f.kind END, CASE WHEN mine THEN f.id END,
       CASE WHEN date_trunc('month', f.recorded AT TIME ZONE 'UTC')::date = ANY (%(away)s::date[])
            THEN to_char(f.recorded AT TIME ZONE 'UTC', 'YYYY-MM') END
  FROM (SELECT f.*, %(child)s::uuid IS NULL OR EXISTS (SELECT FROM audit_event e WHERE e.id = f.id AND e.recorded = f.recorded
                 AND e.child_id = %(child)s)
               OR EXISTS (SELECT FROM audit_link l WHERE l.history_id = f.id AND l.root = %(child)s)
               OR EXISTS (SELECT FROM audit_told t WHERE t.event_id = f.id AND t.text::jsonb ->> 7 = %(child)s::text) AS mine
          FROM audit_leaf f WHERE f.checkpoint = ANY (%(checkpoints)s)) f
 ORDER BY f.checkpoint, f.place
"""
WHERE_FILE = """
SELECT DISTINCT f.checkpoint FROM audit_leaf f
  LEFT JOIN audit_event e ON e.id = f.id AND e.recorded = f.recorded LEFT JOIN audit_link l ON l.history_id = f.id
  LEFT JOIN audit_told t ON t.event_id = f.id
 WHERE f.checkpoint = ANY (%(checkpoints)s)
   AND (e.child_id = %(child)s OR l.root = %(child)s OR t.text::jsonb ->> 7 = %(child)s::text)
"""
EVENTS = """
SELECT e.id, audit.text_of(e), e.tx < (SELECT horizon FROM audit_checkpoint ORDER BY number DESC LIMIT 1) FROM audit_event e
 WHERE (%(child)s::uuid IS NULL OR e.child_id = %(child)s)
   AND (%(child)s::uuid IS NOT NULL OR NOT EXISTS (SELECT FROM audit_leaf f WHERE f.id = e.id AND f.kind = 'e')
        OR EXISTS (SELECT FROM audit_leaf f WHERE f.id = e.id AND f.kind = 'e' AND f.checkpoint = ANY (%(checkpoints)s)))
 ORDER BY e.recorded, e.id
"""
LINKS = """
SELECT root, seq, source, history_id, record_id, version, encode(commitment, 'hex'), encode(hash, 'hex') FROM audit_link
 WHERE %(child)s::uuid IS NULL OR root = %(child)s ORDER BY root, seq
"""
ROWS = """
SELECT source, history_id, record_id, version, encode(commitment, 'hex'), encode(remains, 'hex')
  FROM audit.rows_of(%(child)s::uuid)
"""
ERASED = """
SELECT erasure, history_id, encode(remains, 'hex') FROM audit_erased
 WHERE %(child)s::uuid IS NULL OR file = %(child)s ORDER BY erasure, history_id
"""
TOLD = "SELECT event_id, text FROM audit_told WHERE %(child)s::uuid IS NULL OR text::jsonb ->> 7 = %(child)s::text"
UNFIT = "SELECT source, record_id, version, problem FROM audit.bad_rows(%(child)s::uuid) ORDER BY source, record_id"


def lines(chosen: Range) -> Iterator[dict[str, Any]]:
    """Yield the lines of an extract: ids, hashes and events, never what stands in a record."""
    every = list(all_checkpoints())
    for one in every:
        yield {"what": "checkpoint", **one.line()}
    numbers = [one.number for one in every if chosen.holds(one)]
    if chosen.child_id is not None:
        numbers = [row[0] for row in each(WHERE_FILE, {"checkpoints": numbers, "child": chosen.child_id})]
    gone = [month for month in known() if not month.is_here and chosen.child_id is None]
    values = {"child": chosen.child_id, "checkpoints": numbers, "away": [month.month for month in gone]}
    for checkpoint, place, leaf, kind, which, away in each(LEAVES, values):
        yield named("leaf", checkpoint=checkpoint, place=place, leaf=leaf, kind=kind, id=which, away=away)
    for month in gone:
        yield named("away", month=month.name, file=month.file, event=month.event_id, text=month.text)
    for which, text, is_old in each(EVENTS, values):
        yield named("event", id=which, text=text, sealed=is_old)
    for row in each(LINKS, values):
        yield named("link", **dict(zip(LINK, row, strict=True)))
    for row in each(ROWS, values):
        yield named("row", **dict(zip(ROW, row, strict=True)))
    for erasure, history_id, remains in each(ERASED, values):
        yield named("erased", erasure=erasure, history_id=history_id, remains=remains)
    for event_id, text in each(TOLD, values):
        yield named("told", id=event_id, text=text)
    for source, record_id, version, problem in each(UNFIT, values):
        yield named("unfit", source=source, record_id=record_id, version=version, problem=problem)


LINK = ("root", "seq", "source", "history_id", "record_id", "version", "commitment", "hash")
ROW = ("source", "history_id", "record_id", "version", "commitment", "remains")


def named(what: str, **values: Any) -> dict[str, Any]:
    """Return a line: identifiers as text, what is not there left out."""
    said = {name: str(value) if isinstance(value, uuid.UUID) else value for name, value in values.items()}
    return {"what": what, **{name: value for name, value in said.items() if value is not None}}


def each(statement: str, values: Any) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a statement without holding all of them."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, values)
        yield from cursor


def write(file: TextIO, chosen: Range) -> int:
    """Write an extract, a line of JSON each; return the number of lines."""
    number = 0
    for line in lines(chosen):
        number += 1
        file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
    return number
