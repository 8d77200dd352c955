"""Writing access events: one row for every view, list, search, document, change, refusal and sign-in."""

import datetime
import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection

from portal.audit import clock
from portal.audit.ids import uuid7
from portal.audit.macs import EVENT, Keys, mac_of, purpose_hash, told
from portal.audit.sealing import written
from portal.audit.stamp import Stamp, current


@dataclass(frozen=True)
class Event:
    """What happened, in the words of FHIR AuditEvent: action is C, R, U, D or E; ids only, never what was read."""

    kind: str
    action: str = "R"
    outcome: str = "ok"
    reason_code: str = ""
    child_id: uuid.UUID | None = None
    series_id: uuid.UUID | None = None
    entity: str = ""
    entity_id: uuid.UUID | None = None
    entities: Sequence[uuid.UUID] = ()
    sections: Sequence[int] = ()
    basis: str = ""
    purpose: str = ""
    details: dict[str, Any] = field(default_factory=dict)


class NotRecorded(Exception):
    """The event could not be written: what it was to record is neither shown nor done."""


INSERT = """
INSERT INTO audit_event (id, recorded, tx, kind, action, outcome, reason_code, child_id, series_id, entity, entity_id,
    entities, sections, basis, purpose, details, person_id, person, agency_id, agency, role, via, session, request_id, address,
    mac)
VALUES (%s, %s, pg_current_xact_id(), %s, %s, %s, %s, %s, %s, %s, %s, %s::uuid[], %s::smallint[], %s, %s, %s::jsonb,
    %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


def record(event: Event, *, stamp: Stamp | None = None) -> uuid.UUID:
    """Write one event in the open transaction (or as its own) and return its id; the caller commits before it answers.

    Raises NotRecorded where the database does not take it.
    """
    signed_in = current()
    stamp = stamp or signed_in or Stamp(person_id=None, person="")
    if signed_in and signed_in.person_id:  # whoever that is, the database writes down that one
        stamp = replace(stamp, person_id=signed_in.person_id, session=signed_in.session)
    event_id = uuid7()
    values = row_of(event_id, clock.now(), event, stamp)
    try:
        with connection.cursor() as cursor:
            cursor.execute(INSERT, values)
    except DatabaseError as error:
        raise NotRecorded(event.kind) from error
    return event_id


def row_of(
    event_id: uuid.UUID, at: datetime.datetime, event: Event, stamp: Stamp, keys: Keys | None = None
) -> list[Any]:
    """Return the values of an event for INSERT, its MAC among them; at is the time of its transaction."""
    keys = keys or settings.EVENT_KEYS
    if not keys:
        raise ImproperlyConfigured("SAFE_RETURN_EVENT_KEYS is not set: no event can be written without it.")
    purpose, details = event.purpose or stamp.reason, json.dumps(event.details)
    entities, sections = list(event.entities), [int(section) for section in event.sections]
    what: list[Any] = [event.kind, event.action, event.outcome, event.reason_code, event.child_id, event.series_id]
    what += [event.entity, event.entity_id, entities, sections, event.basis]
    who: list[Any] = [stamp.person_id, stamp.person, stamp.agency_id, stamp.agency, stamp.role, stamp.via]
    who += [stamp.session, stamp.request_id, stamp.address]
    text = [event_id, written(at), "", *what, purpose_hash(event_id, purpose), json.loads(details), *who]
    mac = mac_of(keys, EVENT, told(text))
    return [event_id, at, *what, purpose, details, *who, mac]
