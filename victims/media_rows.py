"""Writing media and their hashes: as JSON, many at a time, which costs a third of the same rows written one by one."""

import base64
import json
from typing import Any

from django.db import connection, models

from portal.audit.ids import uuid7
from victims.models import Import, Media, MediaHash, PerceptualHash, Series
from victims.vics_entries import FLAGS, HASHES, MediaEntry

MOST = 1_000  # entries of one batch
HEAVIEST = 2_000_000  # characters of their comments
KINDS = {"md5": 1, "sha1": 2, "sha256": 3, "pdq": 4, "photodna": 5}


def insert_of(model: type[models.Model]) -> str:
    """Return the statement that adds rows of a table from a JSON list of objects."""
    written = [str(field.column) for field in model._meta.concrete_fields if not field.generated]
    table, columns = model._meta.db_table, ", ".join(written)
    rows = f"json_populate_recordset(NULL::{table}, %s::json)"
    return f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {rows}"  # noqa: S608 - names of our own columns


INSERTS = [insert_of(Media), insert_of(MediaHash), insert_of(PerceptualHash)]


class Batch:
    """Good entries of one import on their way into the tables."""

    def __init__(self, import_: Import) -> None:
        self.import_id = str(import_.pk)
        self.media: list[dict[str, Any]] = []
        self.hashes: list[dict[str, Any]] = []
        self.perceptual: list[dict[str, Any]] = []
        self.weight = 0

    def add(self, entry: MediaEntry, series: Series) -> None:
        """Take an entry of a series; write when there are many."""
        row = media_row(entry, str(series.pk), self.import_id)
        self.media.append(row)
        self.hashes += hash_rows(entry, row["id"], row["series_id"])
        self.perceptual += perceptual_rows(entry, row["id"], row["series_id"])
        self.weight += len(entry.comments or "")
        if len(self.media) == MOST or self.weight > HEAVIEST:
            self.write()

    def write(self) -> None:
        """Write what was taken."""
        with connection.cursor() as cursor:
            for insert, rows in zip(INSERTS, (self.media, self.hashes, self.perceptual), strict=True):
                cursor.execute(insert, [json.dumps(rows)])
        connection.check_constraints()  # all at once at the commit would take longer than a statement may
        self.media, self.hashes, self.perceptual, self.weight = [], [], [], 0


def media_row(entry: MediaEntry, series_id: str, import_id: str) -> dict[str, Any]:
    """Return the row of one entry; names of files and hashes of other kinds are not kept."""
    return {
        "id": str(uuid7()),
        "series_id": series_id,
        "import_id": import_id,
        "position": entry.position,
        "media_id": entry.media_id,
        "category": entry.category,
        "size": entry.size,
        "mime_type": entry.mime_type or "",
        "updated": entry.updated.isoformat() if entry.updated else None,
        "tags": entry.tags,
        "comments": entry.comments or "",
        "devices": entry.devices,
        "file_count": entry.file_names,
        **{flag: getattr(entry, flag) for flag in FLAGS},
    }


def hash_rows(entry: MediaEntry, media_id: str, series_id: str) -> list[dict[str, Any]]:
    """Return the rows of an entry's hashes."""
    return [
        {
            "id": str(uuid7()),
            "media_id": media_id,
            "series_id": series_id,
            "kind": KINDS[name],
            "value": as_bytea(name, value),
        }
        for name in HASHES
        if (value := getattr(entry, name))
    ]


def perceptual_rows(entry: MediaEntry, media_id: str, series_id: str) -> list[dict[str, Any]]:
    """Return the row by which files near to an entry are found, where it has a PDQ hash."""
    row = {"media_id": media_id, "series_id": series_id, "hash": f"x{entry.pdq}", "quality": entry.pdq_quality}
    return [row] if entry.pdq else []


def as_bytea(name: str, value: str) -> str:
    """Return a digest as the database writes bytes."""
    return "\\x" + (base64.b64decode(value).hex() if name == "photodna" else value)
