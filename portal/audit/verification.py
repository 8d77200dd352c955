"""Whether the record is whole: events, changes and checkpoints against what was sealed; what does not fit, by name."""

import datetime
import itertools
import json
import time
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from portal.audit import away, clock
from portal.audit.authors import Authors, look_at_events, unwritten
from portal.audit.away import Away, is_sealed
from portal.audit.disk import digest_of
from portal.audit.macs import Keys
from portal.audit.proof import Checkpoint, from_line, problems_of, root_of
from portal.audit.sealing import checkpoints

MOST_NAMED = 20
DAILY = datetime.timedelta(days=1)
OVERDUE = datetime.timedelta(days=8)  # of the comparison that a timer makes once a week
LATE = datetime.timedelta(minutes=3)
LAST = 2**62
LAST_DAILY = """
SELECT at, checkpoint, code, words, seconds FROM audit_verification WHERE NOT with_keys ORDER BY at DESC LIMIT 1
"""
# Whoever has no keys may not write that they were used, nor name the column.
KEEP = "INSERT INTO audit_verification (at, checkpoint, code, words, seconds) VALUES (app_now(), %s, %s, %s, %s)"
KEEP_WITH_KEYS = (
    "INSERT INTO audit_verification (at, checkpoint, code, words, seconds, with_keys)"
    " VALUES (app_now(), %s, %s, %s, %s, true)"
)


@dataclass
class Found:
    """What was looked at, what does not fit, and what could not be looked at."""

    checkpoints: int = 0
    leaves: int = 0
    problems: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 clean, 1 tampered, 2 cannot tell."""
        return 1 if self.problems else 2 if self.unknown else 0


@dataclass(frozen=True)
class Range:
    """What is compared: everything, what was sealed between two moments, or one file."""

    since: datetime.datetime | None = None
    until: datetime.datetime | None = None
    child_id: uuid.UUID | None = None

    def holds(self, checkpoint: Checkpoint) -> bool:
        early = self.since is not None and checkpoint.at < self.since
        return not early and (self.until is None or checkpoint.at <= self.until)

    def holds_month(self, month: datetime.date) -> bool:
        """Whether something of a month, which is sealed within it or soon after, is compared."""
        early = self.since is not None and self.since.date() > month + datetime.timedelta(days=32)
        return not early and (self.until is None or self.until.date() >= month)


def verify(
    keys: Mapping[str, bytes], chosen: Range, witness: Path | None = None, event_keys: Keys | None = None
) -> Found:
    """Compare the record with its proof.

    keys: public keys by name; witness: checkpoints that somebody else kept; event_keys: those of the MACs on events.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
        )  # one moment, whoever writes meanwhile
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL client_connection_check_interval = '10s'")  # whoever asks may be ended meanwhile
        return compare(keys, chosen, witness, event_keys)


@dataclass(frozen=True)
class Verified:
    """A whole verification: when, up to which checkpoint, with which exit code, what was said; whether MACs were compared."""

    at: datetime.datetime
    checkpoint: int
    code: int
    words: list[str]
    seconds: float
    with_keys: bool = False

    @property
    def is_overdue(self) -> bool:
        """Whether the timer that compares the MACs did not come to its end for longer than a week."""
        return self.with_keys and clock.now() - self.at > OVERDUE


def last_verified() -> Verified | None:
    """Return the last whole verification by the anchor."""
    with connection.cursor() as cursor:
        cursor.execute(LAST_DAILY)
        row = cursor.fetchone()
    return Verified(*row) if row else None


def is_due() -> bool:
    """Return whether the anchor did not verify the whole record for a day: it does so whoever else did."""
    last = last_verified()
    return last is None or clock.now() - last.at >= DAILY


def verify_daily(keys: Mapping[str, bytes]) -> Verified | None:
    """Verify everything if that is due, and keep the result; as the anchor, which signs and reads no record."""
    if not is_due():
        return None
    verify_and_keep(keys)
    return last_verified()


def verify_and_keep(keys: Mapping[str, bytes], event_keys: Keys | None = None) -> Found:
    """Verify everything and keep what came of it, for the pages of those who oversee and run the portal."""
    began = time.monotonic()
    found = verify(keys, Range(), None, event_keys)
    words = [*found.problems[:MOST_NAMED], *found.unknown]
    values: list[Any] = [found.checkpoints, found.exit_code, words, time.monotonic() - began]
    with connection.cursor() as cursor:
        cursor.execute(KEEP_WITH_KEYS if event_keys else KEEP, values)
    return found


def compare(
    keys: Mapping[str, bytes], chosen: Range, witness: Path | None = None, event_keys: Keys | None = None
) -> Found:
    """Compare within the open transaction."""
    authors = Authors(event_keys or {}, MOST_NAMED)
    every = list(all_checkpoints())
    found = Found(checkpoints=len(every))
    inside = [one for one in every if chosen.holds(one)]
    compare_checkpoints(found, every, keys)
    if witness is not None:
        compare_witness(found, every, witness)
    compare_roots(found, inside)
    with connection.cursor() as cursor:
        compare_leaves(found, cursor, inside, chosen.child_id)
        compare_away(found, chosen, authors)
        compare_rows(found, cursor, chosen.child_id)
        compare_erasures(found, cursor, chosen.child_id)
        compare_authors(found, cursor, chosen, inside, authors)
    say_age(found, every)
    return found


def all_checkpoints() -> Iterator[Checkpoint]:
    """Yield every checkpoint in its order."""
    some = checkpoints()
    while some:
        yield from some
        some = checkpoints(after=some[-1].number)


def compare_checkpoints(found: Found, every: list[Checkpoint], keys: Mapping[str, bytes]) -> None:
    """Compare checkpoints with each other and with their signatures."""
    if not every:
        found.unknown.append("There is no checkpoint yet. Is the anchor running?")
        return
    if every[0].number != 1:
        found.problems.append("checkpoint 1 is missing")
    found.problems += [said for _one, said in problems_of(every, keys)]
    strange = sorted({one.key for one in every} - set(keys))
    found.unknown += [f"Key {name} is not among the public keys: set SAFE_RETURN_ANCHOR_PUBLIC." for name in strange]
    for one in every:
        if "restored" in one.note:
            found.notices.append(f"checkpoint {one.number}: the record was restored, {one.note['restored']}")


def compare_witness(found: Found, every: list[Checkpoint], path: Path) -> None:
    """Compare with the checkpoints in a file, one on each line: what an agency kept, or one line of it."""
    kept = {one.number: one for one in every}
    restored = [one for one in every if "restored" in one.note]
    try:
        lines = [from_line(json.loads(line)) for line in path.read_text().splitlines() if line.strip()]
    except (OSError, ValueError, KeyError, TypeError) as problem:
        found.unknown.append(f"{path} is no file of checkpoints: {problem}")
        return
    for one in lines:
        same = kept.get(one.number)
        if same is not None and same.hash == one.hash:
            continue
        what = "is missing" if same is None else "is another one than"
        said = f"checkpoint {one.number} {what} in the record, kept by a witness since {one.made}"
        # A restore goes back to an older record, and says so in a checkpoint of its own, made after what it undid.
        excused = any(later.number <= one.number and later.made > one.made for later in restored)
        (found.notices if excused else found.problems).append(said)


def compare_roots(found: Found, inside: list[Checkpoint]) -> None:
    """Compare the roots of checkpoints with their leaves."""
    if not inside:
        return
    wanted = {one.number: one for one in inside}
    with connection.chunked_cursor() as cursor:
        cursor.execute(
            "SELECT checkpoint, leaf FROM audit_leaf WHERE checkpoint BETWEEN %s AND %s ORDER BY checkpoint, place",
            [inside[0].number, inside[-1].number],
        )
        rows: Iterator[tuple[int, Any]] = iter(cursor)
        for number, group in itertools.groupby(rows, key=lambda row: row[0]):
            leaves = [bytes(leaf) for _number, leaf in group]
            found.leaves += len(leaves)
            one = wanted.pop(number, None)
            if one is None:
                found.problems.append(f"leaves stand under checkpoint {number}, which is missing")
            elif (len(leaves), root_of(leaves)) != (one.size, one.root):
                found.problems.append(f"checkpoint {number}: its {one.size} leaves do not make its root")
    found.problems += [f"checkpoint {one.number}: its leaves are missing" for one in wanted.values() if one.size]


BAD_LEAVES = "SELECT * FROM audit.bad_leaves(%s, %s) ORDER BY checkpoint NULLS LAST, place, recorded LIMIT %s"
BAD_LEAVES_OF = "SELECT * FROM audit.bad_leaves_of(%s) ORDER BY checkpoint NULLS LAST, place, recorded LIMIT %s"
KINDS = {"e": "event", "l": "the link of history row"}


def compare_leaves(found: Found, cursor: Any, inside: list[Checkpoint], child_id: uuid.UUID | None) -> None:
    """Compare events and links with their leaves."""
    if child_id is not None:
        cursor.execute(BAD_LEAVES_OF, [child_id, MOST_NAMED])
    else:
        first, last = (inside[0].number, inside[-1].number) if inside else (LAST, LAST)
        cursor.execute(BAD_LEAVES, [first, last, MOST_NAMED])
    for checkpoint, place, kind, which, recorded, problem in cursor.fetchall():
        at = f" of {recorded.isoformat()}" if recorded else ""
        where = f" (checkpoint {checkpoint}, place {place})" if checkpoint else ""
        found.problems.append(f"{KINDS[kind]} {which}{at} {problem}{where}")


def compare_away(found: Found, chosen: Range, authors: Authors) -> None:
    """Compare the files of months that were taken out of the database with the leaves of their events."""
    months = away.known()
    found.problems += [
        f"the events of {one.name} are said to stand in a file, and nothing sealed says so"
        for one in months
        if not one.is_here and not is_sealed(one)
    ]
    if chosen.child_id is not None:
        if gone := [one.name for one in months if not one.is_here]:
            found.notices.append(f"{len(gone)} months up to {gone[-1]} stand in files, compared where everything is")
        return
    fit = [one for one in months if chosen.holds_month(one.month) and compare_file(found, one, authors)]
    if fit:
        number = sum(one.events for one in fit)
        found.notices.append(f"{number} events of {len(fit)} months up to {fit[-1].name} stand in files that fit")


def compare_file(found: Found, one: Away, authors: Authors) -> bool:
    """Compare one file and its MACs, and return whether it is there and fits; a missing one leaves open what stood in it."""
    digest, folder = digest_of(one.path), one.path.parent
    if digest is None:
        if one.is_over:
            found.notices.append(f"{one.file} is not in {folder}; it had to be kept for {settings.EVENT_YEARS} years")
        elif not one.is_here:
            found.unknown.append(f"{one.file} is not in {folder}: put it back to compare the events of {one.name}.")
        return False
    problems = list(itertools.islice(away.differences(one.path, one.month, authors.look), MOST_NAMED))
    if not problems and digest != one.sha256:
        problems = [f"{one.file} is not the file that was sealed"]
    found.problems += problems
    return not problems


def compare_rows(found: Found, cursor: Any, child_id: uuid.UUID | None) -> None:
    """Compare chains with their links, history with the chains, and records with their last history row."""
    cursor.execute("SELECT * FROM audit.bad_links(%s::uuid) ORDER BY root, seq LIMIT %s", [child_id, MOST_NAMED])
    for root, seq, history_id, problem in cursor.fetchall():
        found.problems.append(f"chain {root}, link {seq}, history row {history_id}: {problem}")
    cursor.execute(
        "SELECT * FROM audit.bad_rows(%s::uuid) ORDER BY history_id, source LIMIT %s", [child_id, MOST_NAMED]
    )
    for source, record_id, version, history_id, problem in cursor.fetchall():
        found.problems.append(f"{source} {record_id}, version {version}, history row {history_id}: {problem}")


NOT_ERASED = "SELECT * FROM access.not_erased(%s::uuid) ORDER BY file, erasure, history_id LIMIT %s"


def compare_erasures(found: Found, cursor: Any, child_id: uuid.UUID | None) -> None:
    """Compare what was emptied with the events that say so: without one, somebody else emptied it."""
    cursor.execute("SELECT * FROM audit.bad_erasures(%s::uuid) ORDER BY file, erasure LIMIT %s", [child_id, MOST_NAMED])
    for file, erasure, rows in cursor.fetchall():
        found.problems.append(f"file {file}: {rows} rows were emptied without a record of erasure {erasure}")
    cursor.execute(NOT_ERASED, [child_id, MOST_NAMED])
    for file, erasure, source, history_id in cursor.fetchall():
        what = f"{source}, history row {history_id} holds words still after" if source else "nobody decided on"
        found.problems.append(f"file {file}: {what} erasure {erasure}")
    cursor.execute("SELECT * FROM audit.erasures(%s::uuid) ORDER BY recorded, erasure", [child_id])
    for file, erasure, recorded, rows in cursor.fetchall():
        at = f" of {recorded.isoformat()}" if recorded else ""
        found.notices.append(
            f"file {file}: of {rows} rows nothing is left to compare but what erasure {erasure}{at} left"
        )


def compare_authors(found: Found, cursor: Any, chosen: Range, inside: list[Checkpoint], authors: Authors) -> None:
    """Compare what bears no MAC with what the database may write by itself, and the MACs where their keys are known."""
    found.problems += [*unwritten(cursor, chosen.child_id, MOST_NAMED), *authors.bad]  # in files of old months, so far
    authors.faults.clear()
    if not authors.keys:
        found.notices.append("SAFE_RETURN_EVENT_KEYS is not set: whether the MACs of events are right was not asked")
        return
    is_whole = chosen.since is None and chosen.until is None
    between = None if is_whole else (inside[0].number, inside[-1].number) if inside else (LAST, LAST)
    look_at_events(authors, chosen.child_id, between)
    found.problems += authors.bad
    found.unknown += [
        f"{number} events were written under key {name}, which is not in SAFE_RETURN_EVENT_KEYS."
        for name, number in sorted(authors.strange.items())
    ]
    found.notices.append(f"{authors.fit} events bear the MAC of the application")


def say_age(found: Found, every: list[Checkpoint]) -> None:
    """Say where nothing was sealed for longer than three minutes: what was written then had no witness meanwhile."""
    times = [one.at for one in every]
    for before, after in zip(times, times[1:], strict=False):
        if after - before > LATE:
            found.notices.append(f"no checkpoint from {before.isoformat()} to {after.isoformat()}")
    if times and clock.now() - times[-1] > LATE:
        found.notices.append(f"nothing was sealed since {times[-1].isoformat()}")
