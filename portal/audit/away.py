"""Old months of events: written into files that their own leaves prove, and only then taken out of the database.

Each step can be done again, and none begins before the one before it is on the disk: the file is written and read back;
an event says so, and is sealed; the file is compared once more, and the month leaves the table. At each moment the events
stand in the database, or in the file, or in both.
"""

import gzip
import hashlib
import json
import os
import shutil
import uuid
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from portal.audit import clock, events
from portal.audit.disk import digest_of, write_down
from portal.audit.events import Event
from portal.audit.macs import purpose_hash
from portal.audit.proof import root_of
from portal.audit.sealing import written
from portal.audit.stamp import Stamp

# Partitions of the event table that are over for so many days; those that are being taken out are not among them.
OLD = """
SELECT month FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid,
       LATERAL (SELECT to_date(right(c.relname, 7), 'YYYY_MM') AS month) m
 WHERE i.inhparent = 'public.audit_event'::regclass AND NOT i.inhdetachpending
   AND (month + interval '1 month') AT TIME ZONE 'UTC' <= app_now() - make_interval(days => %s) ORDER BY month
"""
OF_MONTH = "recorded >= (%(month)s::date)::timestamp AT TIME ZONE 'UTC'"
OF_MONTH += " AND recorded < (%(month)s::date + interval '1 month') AT TIME ZONE 'UTC'"
EVENTS = f"""
SELECT e.id, audit.text_of(e), CASE WHEN e.purpose_hash = '' THEN e.purpose END, f.leaf
  FROM audit_event e LEFT JOIN audit_leaf f ON f.id = e.id AND f.kind = 'e'
 WHERE {OF_MONTH.replace("recorded", "e.recorded")} ORDER BY e.recorded, e.id
"""  # noqa: S608 - names of code
# What tells of an erasure, who proposed it and who decided, is asked for as long as there is what it emptied.
TOLD = f"""
INSERT INTO audit_told SELECT e.id, audit.text_of(e) FROM audit_event e
 WHERE e.entity = 'access.erasure' AND e.action <> 'R' AND {OF_MONTH} ON CONFLICT DO NOTHING
"""  # noqa: S608 - names of code
LEAVES = f"SELECT id, recorded, leaf FROM audit_leaf WHERE kind = 'e' AND {OF_MONTH} ORDER BY recorded, id"  # noqa: S608 - above
COUNT = f"SELECT count(*) FROM audit_leaf WHERE kind = 'e' AND {OF_MONTH}"  # noqa: S608 - above
KNOWN = "SELECT month, file, events, sha256, root, event_id, text, audit.is_here(month) FROM audit_away ORDER BY month"
SAY = """
INSERT INTO audit_away (month, file, events, sha256, root, event_id, text)
SELECT %s, %s, %s, %s, %s, e.id, audit.text_of(e) FROM audit_event e WHERE e.id = %s AND e.recorded = app_now()
"""
PENDING = "SELECT inhdetachpending FROM pg_inherits WHERE inhrelid = to_regclass(%s)"
PURPOSE, DETAILS = 14, 15  # places in the text of an event
LONGEST = 16 * 1024 * 1024  # bytes of one line: an event that names many files has some ten thousands
# What a file can raise that somebody else wrote.
UNREADABLE = (
    OSError, EOFError, ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, zlib.error,
)  # fmt: skip


class NotYet(Exception):
    """A month is not sealed as a whole: its turn comes later."""


class Unfit(Exception):
    """Something does not fit: nothing is taken out of the database."""


@dataclass(frozen=True)
class Written:
    """What a file holds: how many events, by which digest and which root it is known."""

    month: date
    file: str
    events: int
    sha256: str
    root: str


@dataclass(frozen=True)
class Away(Written):
    """A month of which a file is known: the event that says so with its text, and whether the database still has it too."""

    event_id: uuid.UUID
    text: str
    is_here: bool

    @property
    def name(self) -> str:
        return f"{self.month:%Y-%m}"

    @property
    def path(self) -> Path:
        return settings.EVENT_FILES / self.file

    @property
    def leaf(self) -> bytes:
        """The leaf that the event has to have."""
        return leaf_of(self.text)

    @property
    def is_said(self) -> bool:
        """Whether the event says what stands here."""
        return bool(json.loads(self.text)[DETAILS] == details_of(self))

    @property
    def is_over(self) -> bool:
        """Whether it was kept for as long as it has to be."""
        years = settings.EVENT_YEARS
        return bool(years) and self.month.replace(year=self.month.year + years, day=1) <= clock.now().date()


def details_of(one: Written) -> dict[str, Any]:
    """Return what the event says of a file."""
    return {
        name: str(getattr(one, name)) if name == "month" else getattr(one, name) for name in Written.__annotations__
    }


def leaf_of(text: str) -> bytes:
    """Return the leaf of an event by its text."""
    return hashlib.sha256(b"\0e" + text.encode()).digest()


def known() -> list[Away]:
    """Return every month of which a file is known, the oldest first."""
    with connection.cursor() as cursor:
        cursor.execute(KNOWN)
        return [Away(*row) for row in cursor.fetchall()]


def here_since() -> date | None:
    """Return since when events stand in the database; None where no month was ever taken out."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit.here_since()")
        found: date | None = cursor.fetchone()[0]
    return found


# --- the file -------------------------------------------------------------------------------------------------------


def write(month: date) -> Written:
    """Write the events of a month into their file, in the place of an earlier try, and read it back.

    Raises NotYet where something is not sealed, and Unfit where something does not fit what was sealed.
    """
    name = f"{month:%Y-%m}.jsonl.gz"
    settings.EVENT_FILES.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = settings.EVENT_FILES / f".draft-{name}"
    with transaction.atomic(), gone_if_not_whole(draft):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as raw:
            with gzip.GzipFile("", "wb", 6, raw, mtime=0) as packed:
                for line in lines_of(month):
                    packed.write(line)
            raw.flush()
            os.fsync(raw.fileno())
        digest = digest_of(draft) or ""
        for problem in differences(draft, month):
            raise Unfit(problem)
        root = root_of(bytes(leaf) for _id, _recorded, leaf in each(LEAVES, month)).hex()
        found = Written(month, name, next(each(COUNT, month))[0], digest, root)
    draft.rename(settings.EVENT_FILES / name)
    write_down(settings.EVENT_FILES)
    return found


@contextmanager
def gone_if_not_whole(draft: Path) -> Iterator[None]:
    """Leave no draft behind: it holds what people typed."""
    try:
        yield
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def lines_of(month: date) -> Iterator[bytes]:
    """Yield the events of a month as lines: the text that makes the leaf, and the purpose, of which that holds a hash."""
    for event_id, text, purpose, leaf in each(EVENTS, month):
        if leaf is None:
            raise NotYet(f"event {event_id} is not sealed yet")
        line = {"what": "event", "id": str(event_id), "text": text, "purpose": purpose}
        yield json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def each(statement: str, month: date) -> Iterator[tuple[Any, ...]]:
    """Yield the rows about a month without holding all of them."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, {"month": month})
        yield from cursor


Place = tuple[str, str]  # time and id, as they stand in the text of an event: they sort as they are
Look = Callable[[list[Any]], None]  # what else is asked of each event, by the parts of its text


def read(path: Path, look: Look | None) -> Iterator[tuple[Place, bytes]]:
    """Yield time, id and leaf of each event in a file; of a purpose that is not the one of its event, no leaf.

    One that was erased before is none; that nobody took out more is told by the digest of the file.
    """
    with gzip.open(path) as file:
        while line := file.readline(LONGEST):
            if not line.endswith(b"\n"):
                raise ValueError("a line without an end")
            event = json.loads(line)
            said = json.loads(event["text"])
            purpose = event["purpose"]
            fits = purpose is None or purpose_hash(uuid.UUID(said[0]), purpose) == said[PURPOSE]
            if look:
                look(said)
            yield (said[1], said[0]), leaf_of(event["text"]) if fits else b""


def differences(path: Path, month: date, look: Look | None = None) -> Iterator[str]:
    """Yield what does not fit between a file and the leaves of its month, each with the event where it does not."""
    sealed = ((place_of(recorded, which), bytes(leaf)) for which, recorded, leaf in each(LEAVES, month))
    leaf, last = next(sealed, None), ""
    try:
        for place, made in read(path, look):
            while leaf is not None and leaf[0] < place:
                yield f"event {leaf[0][1]} of {leaf[0][0]} was deleted from {path.name}"
                leaf = next(sealed, None)
            if leaf is None or leaf[0] != place:
                yield f"event {place[1]} of {place[0]} was added to {path.name}"
                continue
            if leaf[1] != made:
                yield f"event {place[1]} of {place[0]} was altered in {path.name}"
            leaf, last = next(sealed, None), place[1]
    except UNREADABLE as problem:
        yield f"{path.name} cannot be read after event {last or 'none'}: {type(problem).__name__}"
        return
    while leaf is not None:
        yield f"event {leaf[0][1]} of {leaf[0][0]} was deleted from {path.name}"
        leaf = next(sealed, None)


def place_of(recorded: datetime, which: uuid.UUID) -> Place:
    """Return where an event stands, as its text says it."""
    return written(recorded), str(which)


# --- the steps ------------------------------------------------------------------------------------------------------


def put_away(say: Callable[[str], None]) -> None:
    """Take each old month as far as it can go now. Raises Unfit, after the others had their turn, where one does not fit."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext('events put away'))")
        if not cursor.fetchone()[0]:
            say("Another run is at it.")
            return
        cursor.execute(OLD, [settings.EVENT_DAYS])
        old = {month for (month,) in cursor.fetchall()} if settings.EVENT_DAYS else set()
    done, problems = known(), []
    for one in done:
        if one.path.exists() and not (beside_backups() / one.file).exists():  # another folder than before
            copy(one)
    steps: list[Callable[[], str]] = [partial(take_out, one) for one in done if is_there(one)]
    steps += [partial(begin, month) for month in sorted(old - {one.month for one in done})]
    for step in steps:
        try:
            say(step())
        except Unfit as problem:
            problems.append(str(problem))
    if problems:
        raise Unfit("; ".join(problems))


def begin(month: date) -> str:
    """Write a month into its file and say so in an event."""
    try:
        found = write(month)
    except NotYet as problem:
        return f"{month:%Y-%m}: {problem}."
    copy(found)
    note(found)
    return f"{month:%Y-%m}: {found.events} events written into {found.file}, taken out once that is sealed."


def beside_backups() -> Path:
    """Return the folder of the copies, from which a restore brings them."""
    return settings.BACKUPS / "events" / settings.MODE


def copy(one: Written) -> None:
    """Keep the file beside the backups too: the log of changes brings a dropped month back to nobody."""
    folder = beside_backups()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if digest_of(folder / one.file) == one.sha256:
        return
    draft = folder / f".draft-{one.file}"
    with gone_if_not_whole(draft):
        draft.touch(mode=0o600)
        shutil.copyfile(settings.EVENT_FILES / one.file, draft)
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        if digest_of(draft) != one.sha256:
            raise Unfit(f"the copy of {one.file} beside the backups is not the file that was sealed")
    draft.rename(folder / one.file)
    write_down(folder)


@transaction.atomic
def note(one: Written) -> None:
    """Say in an event what the file holds. Once it is sealed, nobody can put another file in its place."""
    event_id = events.record(
        Event("events put away", "E", details=details_of(one)),
        stamp=Stamp(None, "whoever runs the portal", via="command"),
    )
    with connection.cursor() as cursor:
        cursor.execute(SAY, [one.month, one.file, one.events, one.sha256, one.root, event_id])


def table_of(one: Away) -> str:
    return f"public.audit_event_{one.month:%Y_%m}"


def is_there(one: Away) -> bool:
    """Whether the events of a month still have their table."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [table_of(one)])
        return bool(cursor.fetchone()[0])


def is_sealed(one: Away) -> bool:
    """Whether the event that says so is sealed as it stands."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT leaf FROM audit_leaf WHERE id = %s AND kind = 'e'", [one.event_id])
        row = cursor.fetchone()
    return row is not None and bytes(row[0]) == one.leaf and one.is_said


def take_out(one: Away) -> str:
    """Take a month out of the database, its file compared once more before. Whoever works does not wait for it."""
    if not is_sealed(one):
        return f"{one.name}: written, taken out once that is sealed."
    if digest_of(one.path) != one.sha256:
        raise Unfit(f"{one.path} is not the file that was sealed, or is not there")
    for problem in differences(one.path, one.month):
        raise Unfit(problem)
    copy(one)
    table = table_of(one)
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(f"SELECT count(*) FROM {table}")  # noqa: S608 - of a date
        if (number := cursor.fetchone()[0]) != one.events:
            raise Unfit(f"{number} events of {one.name} stand in the database, {one.events} in {one.file}")
        cursor.execute(TOLD, {"month": one.month})
        cursor.execute(PENDING, [table])
        row = cursor.fetchone()
        if row is not None:
            how = "FINALIZE" if row[0] else "CONCURRENTLY"
            cursor.execute(f"ALTER TABLE public.audit_event DETACH PARTITION {table} {how}")
        cursor.execute(f"DROP TABLE {table}")
        cursor.execute("RESET statement_timeout")
    return f"{one.name}: {one.events} events taken out, they stand in {one.path}."
