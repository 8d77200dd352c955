"""Making checkpoints: as the role `anchor`, which reads hashes alone and signs with a key that nobody else holds."""

import datetime
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection, transaction

from portal.audit.proof import Checkpoint, hash_of, name_of, public_of, root_of

MOST = 10_000  # leaves of a kind in one checkpoint
COLUMNS = "number, made, horizon::text, size, root, previous, note, hash, key, signature"


def seal(key: Ed25519PrivateKey, note: dict[str, Any] | None = None) -> list[Checkpoint]:
    """Seal everything that is committed: one checkpoint at least, and as many as it takes."""
    made: list[Checkpoint] = []
    while not made or made[-1].size >= MOST:
        made.append(seal_some(key, note or {}))
    return made


@transaction.atomic
def seal_some(key: Ed25519PrivateKey, note: dict[str, Any]) -> Checkpoint:
    """Make the next checkpoint. Two signers at once make one after the other."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM audit.seal(%s)", [MOST])
        number, horizon, previous, leaves = cursor.fetchone()
        cursor.execute("SELECT clock_timestamp() + (app_now() - now())")
        made = written(cursor.fetchone()[0])
        root, previous = root_of([bytes(leaf) for leaf in leaves]), bytes(previous)
        hashed = hash_of(number, made, str(horizon), len(leaves), root, previous, note)
        name, signature = name_of(public_of(key)), key.sign(hashed)
        one = Checkpoint(number, made, str(horizon), len(leaves), root, previous, note, hashed, name, signature)
        values = [number, made, str(horizon), one.size, root, previous, json.dumps(note), hashed, name, signature]
        cursor.execute(
            "SELECT audit.put_checkpoint(%s, %s, %s::text::xid8, %s, %s, %s, %s::jsonb, %s, %s, %s)",
            values,
        )
    return one


def written(at: datetime.datetime) -> str:
    """Return a moment as checkpoints say it."""
    return at.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def checkpoints(after: int = 0, most: int = 1_000) -> list[Checkpoint]:
    """Return checkpoints in their order."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {COLUMNS} FROM audit_checkpoint WHERE number > %s ORDER BY number LIMIT %s",  # noqa: S608 - above
            [after, most],
        )
        return [checkpoint(*row) for row in cursor.fetchall()]


def latest() -> Checkpoint | None:
    """Return the newest checkpoint: what stands on paper says how far the record went."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {COLUMNS} FROM audit_checkpoint ORDER BY number DESC LIMIT 1")  # noqa: S608 - above
        row = cursor.fetchone()
    return checkpoint(*row) if row else None


def checkpoint(number: int, made: datetime.datetime, horizon: str, size: int, *rest: Any) -> Checkpoint:
    """Return a checkpoint from its row."""
    root, previous, note, hashed, key, signature = rest
    said = json.loads(note) if isinstance(note, str) else note
    return Checkpoint(
        number, written(made), horizon, size, bytes(root), bytes(previous), said, bytes(hashed), key, bytes(signature)
    )
