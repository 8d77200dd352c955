"""Keyed hashes of how a child's names sound, kept beside IDENTITY; names and codes never reach the database."""

import hmac
import re
import uuid
from collections.abc import Iterable
from typing import Any

from django.db import connection

from portal.casework import keys
from victims.models import Identity, NameToken
from victims.name_codes import codes

MOST = 200  # hashes of one file
BETWEEN_NAMES = re.compile(r"[,،;؛/|\n]+")


def names_of(identity: Identity) -> list[str]:
    """Return the names that a record of the identity holds, each as it is written."""
    whole = " ".join(part for part in (identity.given_names, identity.family_name) if part)
    others = BETWEEN_NAMES.split(identity.other_names or "")
    return [name.strip() for name in (whole, *others) if name.strip()]


def hashed(found: Iterable[str]) -> list[int]:
    """Return the keyed hashes of codes: signed numbers of 64 bits, in order."""
    key = keys.portal_key(keys.NAMES)
    digests = (hmac.digest(key, code.encode(), "sha256") for code in found)
    return sorted({int.from_bytes(digest[:8], signed=True) for digest in digests})


def tokens_of(names: Iterable[str]) -> list[int]:
    """Return the hashes under which names are found."""
    return hashed(set().union(*(codes(name) for name in names)))[:MOST]


def follow(record: Any) -> None:
    """Let the hashes follow a record that was saved; only one of IDENTITY has any."""
    if isinstance(record, Identity):
        child_id: uuid.UUID = record.child_id  # type: ignore[attr-defined]
        with connection.cursor() as cursor:
            cursor.execute("SELECT access.set_name_tokens(%s, %s::bigint[])", [child_id, tokens_of(names_of(record))])


def renew(batch: list[uuid.UUID]) -> int:
    """Let the hashes of these files follow their names, for whoever owns the tables; return how many files changed.

    The records are locked meanwhile, so that nobody's change is overtaken. A file whose key is gone keeps no hash.
    """
    changed = 0
    records = Identity.objects.select_for_update(of=("self",)).filter(child_id__in=batch)
    wanted = {record.child_id: set(readable(record)) for record in records}  # type: ignore[attr-defined]
    present: dict[uuid.UUID, set[int]] = {}
    for child_id, token in NameToken.objects.filter(child_id__in=batch).values_list("child_id", "token"):
        present.setdefault(child_id, set()).add(token)
    for child_id in batch:
        before, after = present.get(child_id, set()), wanted.get(child_id, set())
        if before != after:
            changed += 1
            NameToken.objects.filter(child_id=child_id, token__in=before - after).delete()
            NameToken.objects.bulk_create(NameToken(child_id=child_id, token=token) for token in after - before)
    return changed


def readable(record: Identity) -> list[int]:
    """Return the hashes of a record's names; none where its key was destroyed."""
    try:
        return tokens_of(names_of(record))
    except keys.KeyMissing:
        return []
