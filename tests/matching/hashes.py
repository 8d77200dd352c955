"""Imports made for one test, out of hashes alone, and what the comparison found in them."""

import json
import random
import tempfile
from typing import Any

from django.db import connection

from tests.conftest import as_owner
from victims import imports

HASH_SET = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/Default/$metadata#Media"
PAIRS = """
SELECT a.media_id, b.media_id, m.kind, m.distance FROM victims_mediamatch m
  JOIN victims_media a ON a.id = m.a_id JOIN victims_media b ON b.id = m.b_id
"""


def drawn(seed: int | str) -> int:
    """Return a random hash of 256 bits."""
    return random.Random(seed).getrandbits(256)


def at_distance(hash_: int, distance: int, seed: int) -> int:
    """Return a hash that differs in so many bits."""
    for bit in random.Random(seed).sample(range(256), distance):
        hash_ ^= 1 << bit
    return hash_


def media(number: int, pdq: int | None = None, series: str = "Found", **fields: Any) -> dict[str, Any]:
    """Return a media entry with an MD5 of its own, and perhaps a PDQ hash."""
    known = [{"HashName": "PDQ", "HashValue": f"{pdq:064x}"}] if pdq is not None else []
    return {"MediaID": number, "MD5": f"{number:032x}", "Series": series, "AlternativeHashes": known} | fields


def read_in(cast: Any, entries: list[dict[str, Any]], by: str = "analyst", **options: Any) -> Any:
    """Read in a hash set with these entries."""
    text = json.dumps({"@odata.context": HASH_SET, "value": entries}).encode()
    settled = {"name": "set.json", "is_network": True, "dry_run": False, "team": cast.team(by)}
    with tempfile.NamedTemporaryFile() as file:
        file.write(text)
        file.flush()
        return imports.read_file(path=file.name, by=getattr(cast, by), **settled | options)


def found(statement: str = PAIRS) -> set[tuple[Any, ...]]:
    """Return every match there is: numbers of the two files in order, kind, distance."""
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(statement)
        return {(*sorted((int(a), int(b))), *more) for a, b, *more in cursor.fetchall()}
