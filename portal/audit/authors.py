"""Whether the application wrote what is on record: MACs of events, and what stands in the database without its word."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from portal.audit.macs import EVENT, LENGTH, NAME, Keys, fits, told

# Events that functions of the database write without the application: kind, action and entity of each. They bear no MAC, and
# stand beside an act of the same person that bears one; the last one beside the decision of two (access.unproved_erasures).
BY_DATABASE = [
    "change U victims.child",
    "change U casework.task",
    "grant C access.grant",
    "end grant U access.grant",
    "erasure D access.erasure",
]
# Records that these functions write too, and those whose event names something else than the record.
BESIDE = [
    "victims_child", "victims_childseries", "victims_childrequest", "victims_disclosure", "access_grant", "access_erasure",
    "casework_task", "casework_notice", "casework_approval",
    "victims_matchdecision", "victims_matchclaim", "victims_matchquestion",
]  # fmt: skip
MAC = 25  # the place of the MAC in the text of an event

UNMARKED = "SELECT * FROM audit.unmarked(%s::uuid, %s) ORDER BY recorded, id LIMIT %s"
UNSAID = "SELECT * FROM audit.unsaid(%s::uuid, %s) ORDER BY history_id, source LIMIT %s"
UNPROVED = "SELECT * FROM access.unproved_erasures(%s::uuid) ORDER BY file, erasure LIMIT %s"
TEXTS = """
SELECT audit.text_of(e) FROM audit_event e
 WHERE audit.is_marked(e.mac) AND (%(child)s::uuid IS NULL OR e.child_id = %(child)s) AND (%(whole)s OR EXISTS (
   SELECT FROM audit_leaf f WHERE f.id = e.id AND f.kind = 'e' AND f.checkpoint BETWEEN %(first)s AND %(last)s))
"""


@dataclass
class Authors:
    """What was found of the MACs of events: how many fit, which do not, and which keys are not known."""

    keys: Keys
    most: int  # that are named
    fit: int = 0
    faults: list[tuple[list[Any], str]] = field(default_factory=list)  # the parts of an event's text, and what is wrong
    strange: dict[str, int] = field(default_factory=dict)

    def look(self, text: list[Any]) -> None:
        """Compare the MAC of an event, by the parts of its text, where any key is known."""
        mac = bytes.fromhex(text[MAC])
        answer = fits(self.keys, EVENT, told(text), mac) if mac and self.keys else None
        if answer:
            self.fit += 1
        elif not mac:
            self.look_at_none(text)
        elif len(mac) != LENGTH:
            self.name(text, "bears a MAC of a wrong length")
        elif answer is False:
            self.name(text, "bears the MAC of another one")
        elif self.keys:
            name = mac[:NAME].hex()
            self.strange[name] = self.strange.get(name, 0) + 1

    def look_at_none(self, text: list[Any]) -> None:
        """Name an event without a MAC, where the database does not write such events by itself."""
        if " ".join((text[3], text[4], text[9])) not in BY_DATABASE:
            self.name(text, "was not written by the application")

    def name(self, text: list[Any], problem: str) -> None:
        if len(self.faults) < self.most:
            self.faults.append((text, problem))

    @property
    def bad(self) -> list[str]:
        """What does not fit, by name."""
        return [f"event {text[0]} of {text[1]} {problem}" for text, problem in self.faults]


def look_at_events(found: Authors, child_id: uuid.UUID | None, between: tuple[int, int] | None) -> None:
    """Compare the MACs of the events in the database: of one file, of those sealed between two checkpoints, or of all."""
    first, last = between or (0, 0)
    with connection.chunked_cursor() as cursor:
        cursor.execute(TEXTS, {"child": child_id, "whole": between is None, "first": first, "last": last})
        for (text,) in cursor:
            found.look(json.loads(text))


def unwritten(cursor: Any, child_id: uuid.UUID | None, most: int) -> Iterator[str]:
    """Yield what stands there without the application's word; asked without any key, since what bears a MAC passes here."""
    cursor.execute(UNMARKED, [child_id, BY_DATABASE, most])
    for which, recorded, problem in cursor.fetchall():
        yield f"event {which} of {recorded.isoformat()} {problem}"
    cursor.execute(UNSAID, [child_id, BESIDE, most])
    for source, record_id, version, history_id in cursor.fetchall():
        yield f"{source} {record_id}, version {version}, history row {history_id}: no event of the application says so"
    cursor.execute(UNPROVED, [child_id, most])
    for file, erasure in cursor.fetchall():
        yield f"file {file}: nobody decided on erasure {erasure} through the application"
