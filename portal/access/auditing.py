"""The history of a file for auditors, privacy officers of its agency and the team that owns it: who changed, who looked.

None of it is read from the tables: the database hands out what may be known (sql/auditing.sql) and refuses everybody else.
"""

import datetime
import json
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from portal.access.asking import answer, asked
from portal.access.identity import Refused
from portal.access.opens import READ, Decided, View, looked, refusing_methods
from portal.access.sections import Section
from portal.access.timeline import END_OF_TIME, LAST
from portal.accounts.passwords import opening_key
from portal.audit import clock, sealing
from portal.audit.authors import Authors
from portal.audit.events import Event
from portal.audit.proof import Checkpoint
from portal.audit.verification import LATE, Verified

AUDITOR, PRIVACY_OFFICER, OWNER = "auditor", "privacy_officer", "owner"
CHANGES_SHOWN, LOOKS_SHOWN, EVENTS_SHOWN = 25, 100, 50
FAULTS_SHOWN = 10
EVENTS_ASKED = 5_000  # of so many it is asked on the page who wrote them (docs/decisions/0051)


@dataclass(frozen=True)
class Overseen:
    """A file whose history the person may read, and by which right."""

    id: uuid.UUID
    case_number: str
    identity: int
    stage: int
    owner_id: uuid.UUID
    opened: datetime.datetime
    oversight: str
    changes: int
    looks: int

    @property
    def by_owner(self) -> bool:
        """Whether the reader is of the team that owns the file: section by section, as everywhere on the file."""
        return self.oversight == OWNER


@dataclass(frozen=True)
class Difference:
    """One field of a change: plain with its values, text with its words counted, sealed and hidden with neither."""

    name: str
    changed: bool
    kind: str
    before: Any
    after: Any
    words_before: int | None
    words_after: int | None


@dataclass(frozen=True)
class Change:
    """One change of one record, by whom as he stood that day."""

    source: str
    history_id: uuid.UUID
    at: datetime.datetime
    section: Section | None
    person_id: uuid.UUID | None
    person: str
    agency_id: uuid.UUID | None
    agency: str
    role: str
    via: str
    version: int
    reason_words: int
    fields: tuple[Difference, ...]

    @property
    def is_new(self) -> bool:
        return self.version == 1

    @property
    def changed(self) -> list[Difference]:
        return [field for field in self.fields if field.changed]

    def field(self, name: str) -> Difference | None:
        """Return a field of this change by its name."""
        return next((field for field in self.fields if field.name == name), None)


@dataclass(frozen=True)
class Looks:
    """One person's looks of one kind under one right, or refusals: how many, and when last."""

    person_id: uuid.UUID | None
    person: str
    agency_id: uuid.UUID | None
    agency: str
    kind: str
    outcome: str
    basis: str
    basis_until: datetime.datetime | None
    sections: list[int]
    times: int
    latest: datetime.datetime


@dataclass(frozen=True)
class Filter:
    """Whose changes and looks are shown, of which section, between which days."""

    person_id: uuid.UUID | None = None
    agency_id: uuid.UUID | None = None
    section: Section | None = None
    refused: bool = False
    since: datetime.datetime | None = None
    until: datetime.datetime | None = None

    @property
    def values(self) -> list[Any]:
        return [self.person_id, self.agency_id, self.section and int(self.section)]


def overseen(child_id: uuid.UUID) -> Overseen | None:
    """Return the file, if the person may read its history."""
    found = asked("SELECT * FROM access.overseen_file(%s)", child_id)
    return Overseen(*found[0]) if found else None


def find_overseen(case_number: str) -> uuid.UUID | None:
    """Return the file with exactly this number, if the person may read its history."""
    return answer("SELECT access.find_overseen(%s)", case_number)


def demand_overseen(child_id: uuid.UUID) -> Overseen:
    """Return the file; what is not there and what is not this person's to oversee are refused alike."""
    file = overseen(child_id)
    if file is None:
        raise Refused(Event("refusal", "R", "refused", "no_oversight", child_id=child_id), known=False)
    return file


def changes(
    child_id: uuid.UUID,
    chosen: Filter,
    *,
    before: tuple[datetime.datetime, uuid.UUID] = (END_OF_TIME, LAST),
    most: int = CHANGES_SHOWN + 1,
    only: uuid.UUID | None = None,
) -> list[Change]:
    """Return the newest changes of a file before a place in the list, or the one asked for."""
    statement = (
        "SELECT * FROM access.file_changes(%s, %s, %s, %s, %s::uuid, %s::uuid, %s::integer, %s::timestamptz,"
        " %s::timestamptz, %s::uuid)"
    )
    found = asked(statement, child_id, *before, most, *chosen.values, chosen.since, chosen.until, only)
    return [change(*row) for row in found]


def change(source: str, history_id: uuid.UUID, at: datetime.datetime, section: int, *more: Any) -> Change:
    """Return one change from its row."""
    *rest, fields = more
    known = json.loads(fields) if isinstance(fields, str) else fields
    values: list[Any] = [*rest, tuple(Difference(**one) for one in known)]
    return Change(source, history_id, at, Section(section) if section else None, *values)


def looks(child_id: uuid.UUID, chosen: Filter, *, most: int = LOOKS_SHOWN + 1) -> list[Looks]:
    """Return who looked at a file and whom it was refused to, the newest first."""
    statement = (
        "SELECT * FROM access.file_looks(%s, %s, %s::uuid, %s::uuid, %s::integer, %s, %s::timestamptz, %s::timestamptz)"
    )
    found = asked(statement, child_id, most, *chosen.values, chosen.refused, chosen.since, chosen.until)
    return [Looks(*row) for row in found]


def people_of(child_id: uuid.UUID) -> list[tuple[uuid.UUID, str, uuid.UUID | None, str]]:
    """Return everybody who changed the file, looked at it or was refused it, with the agency of that day."""
    return asked("SELECT * FROM access.people_of_file(%s)", child_id)  # type: ignore[return-value]


@dataclass(frozen=True)
class Seen:
    """One event, as those who oversee read it: of a purpose the number of its words."""

    id: uuid.UUID
    recorded: datetime.datetime
    kind: str
    action: str
    outcome: str
    reason_code: str
    child_id: uuid.UUID | None
    case_number: str | None
    sections: list[int]
    basis: str
    purpose_words: int
    person_id: uuid.UUID | None
    person: str
    agency_id: uuid.UUID | None
    agency: str
    role: str
    via: str
    checkpoint: int | None  # what sealed it, and its leaf there
    leaf: str | None
    entity: str
    change_id: uuid.UUID | None  # of a change: its row in the history of the file


def events_overseen(
    chosen: Filter,
    *,
    child_id: uuid.UUID | None = None,
    kinds: Sequence[str] = (),
    actions: Sequence[str] = (),
    before: tuple[datetime.datetime, uuid.UUID] = (END_OF_TIME, LAST),
    most: int = EVENTS_SHOWN + 1,
) -> list[Seen]:
    """Return the newest events before a place in the list, of all files that the person oversees and of none."""
    statement = (
        "SELECT * FROM access.events_overseen(%s, %s, %s, %s::uuid, %s::uuid, %s::uuid, %s::varchar[], %s::varchar[], %s,"
        " %s::timestamptz, %s::timestamptz)"
    )
    whose = [chosen.person_id, chosen.agency_id, child_id]
    values = [*whose, list(kinds), list(actions), chosen.refused, chosen.since, chosen.until]
    return [Seen(*row) for row in asked(statement, *before, most, *values)]


@dataclass(frozen=True)
class Proof:
    """Whether a file is as it was written, and by the portal: what does not fit, and how far it is sealed.

    unknown: how many events bear a MAC under a key that is not known. newest: of how many it was asked who wrote them,
    where there are older ones.
    """

    faults: list[tuple[str, uuid.UUID, str]]
    sealed: Checkpoint | None
    unknown: int
    newest: int | None

    @property
    def is_late(self) -> bool:
        """Whether nothing was sealed for longer than three minutes: what was written since has no witness."""
        return self.sealed is None or clock.now() - self.sealed.at > LATE


def proof_of(child_id: uuid.UUID) -> Proof:
    """Compare a file with its chain, its sealed events and their MACs."""
    faults: Any = asked("SELECT * FROM access.faults_of_file(%s)", child_id)
    texts = asked("SELECT * FROM access.texts_of_file(%s, %s, %s)", opening_key(), child_id, EVENTS_ASKED + 1)
    authors = Authors(settings.EVENT_KEYS, FAULTS_SHOWN)
    for (text,) in reversed(texts[:EVENTS_ASKED]):  # the first of them is named first
        authors.look(json.loads(text))
    faults += [("event", uuid.UUID(said[0]), problem) for said, problem in authors.faults]
    shown = sorted(faults, key=lambda fault: fault[1])[:FAULTS_SHOWN]
    newest = EVENTS_ASKED if len(texts) > EVENTS_ASKED else None
    return Proof(shown, sealing.latest(), sum(authors.strange.values()), newest)


def last_verified() -> list[Verified]:
    """Return how the last comparisons of the whole record went: the anchor's, and the one with the keys of MACs, if any.

    What does not fit is named to auditors and operators.
    """
    return [Verified(*row) for row in asked("SELECT * FROM access.last_verified()")]


def opens_history(*, methods: tuple[str, ...] = READ, kind: str) -> Any:
    """Open a page of a file's history: the look is recorded on the file before anything is read of it."""

    def decorate(view: Callable[..., HttpResponse]) -> View:
        @wraps(view)
        def run(request: HttpRequest, child_id: uuid.UUID, **kwargs: Any) -> HttpResponse:
            def decided() -> Decided:
                file = demand_overseen(child_id)
                return Event(kind, "R", child_id=child_id, sections=[Section.SUMMARY], basis=file.oversight), None

            return looked(request, decided, lambda _nothing: view(request, child_id, **kwargs))

        return refusing_methods(run, methods)

    return decorate


__all__ = [
    "AUDITOR",
    "OWNER",
    "PRIVACY_OFFICER",
    "Change",
    "Difference",
    "Filter",
    "Looks",
    "Overseen",
    "Proof",
    "Seen",
    "changes",
    "demand_overseen",
    "events_overseen",
    "find_overseen",
    "last_verified",
    "looks",
    "opens_history",
    "overseen",
    "people_of",
    "proof_of",
]
