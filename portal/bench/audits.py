"""What the record costs and how fast it answers: writes a second with and without it, sealing, verifying, looking up."""

import datetime
import itertools
import statistics
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection, connections

from portal.access import auditing, timeline
from portal.access.auditing import Filter
from portal.access.identity import acting
from portal.audit.macs import Keys
from portal.audit.macs import name_of as name_of_key
from portal.audit.proof import name_of, public_of
from portal.audit.sealing import seal
from portal.audit.verification import Range, verify
from portal.bench.server import Server
from portal.bench.world import World
from victims.models import CareEntry

WRITERS = 8
LONG = 2_000  # changes of the file whose timeline is read
TIMES = 50
DAY = datetime.timedelta(days=1)
EVENT_BYTES = 900  # of one event with its indexes and its leaf
KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
PUBLIC = {name_of(public_of(KEY)): public_of(KEY)}
TEXT = "Wants to stay at the same school and to see her brother on Sundays. Noted again."

CHANGE = "UPDATE {table} SET text = %(text)s, version = version + 1 WHERE id = %(id)s"
PLAIN = CHANGE.format(table="bench_careentry")
TRACKED = CHANGE.format(table="victims_careentry")
HISTORY = """
INSERT INTO victims_historicalcareentry (id, version, "on", kind, text, child_id, history_id, history_date, history_type,
  history_user_id, history_change_reason, history_by, history_agency_id, history_agency, history_role, history_via)
SELECT id, version, "on", kind, text, child_id, uuidv7(), now(), '~', NULL, '', '', NULL, '', '', '' FROM victims_careentry
 WHERE id = %(id)s
"""
EVENT = """
INSERT INTO audit_event (id, recorded, tx, kind, action, outcome, reason_code, child_id, entity, entity_id, entities,
  sections, basis, purpose, details, person, agency, role, via, session, request_id, address)
SELECT uuidv7(), now(), pg_current_xact_id(), 'change', 'U', 'ok', '', child_id, 'victims.careentry', id, '{}', '{6}',
  '', '', '{}', '', '', '', '', '', '', '' FROM victims_careentry WHERE id = %(id)s
"""
SCHEMES = {"no record": [PLAIN], "history and event": [TRACKED, HISTORY, EVENT]}
# Events of the people and files of the world, nine in ten of them looks, one in a hundred a refusal; the first ones are the
# newest, and further ones go back from month to month.
MANY = """
INSERT INTO audit_event (id, recorded, tx, kind, action, outcome, reason_code, child_id, entity, entity_id, entities,
  sections, basis, purpose, details, person_id, person, agency_id, agency, role, via, session, request_id, address)
SELECT uuidv7(), now() - make_interval(secs => 2000000.0 * n / %(month)s), pg_current_xact_id(),
  CASE WHEN n %% 10 = 0 THEN 'change' ELSE 'view' END, CASE WHEN n %% 10 = 0 THEN 'U' ELSE 'R' END,
  CASE WHEN n %% 100 = 1 THEN 'refused' ELSE 'ok' END, '', c.ids[1 + n * 7919 %% cardinality(c.ids)], 'victims.child', NULL,
  '{}', '{1,6}', 'grant 0192', '', '{}', p.ids[1 + n * 104729 %% cardinality(p.ids)], 'A. Person',
  a.ids[1 + n %% cardinality(a.ids)], 'An agency', 'social_worker', '', 'abcdef0123456789', '01923456789abcdef', '10.0.0.0'
  FROM generate_series(%(first)s::bigint, %(last)s::bigint) n, (SELECT array_agg(id) AS ids FROM victims_child) c,
       (SELECT array_agg(id) AS ids FROM accounts_person) p, (SELECT array_agg(id) AS ids FROM accounts_agency) a
"""
# HMAC-SHA256 as the application makes it, by the server: loading waits for nothing else.
EVENT_KEY = bytes(range(32))
MARK = """
CREATE FUNCTION bench_mark() RETURNS trigger LANGUAGE plpgsql SET timezone = 'UTC' AS $$
DECLARE
  said text := replace((audit.text_of(NEW)::jsonb - 25 - 20 - 19 - 18 - 17 - 2)::text, ', ', ',');
BEGIN
  NEW.mac := '\\x{name}'::bytea || sha256('\\x{outer}'::bytea || sha256('\\x{inner}'::bytea || convert_to('event', 'UTF8')
    || '\\x00'::bytea || convert_to(said, 'UTF8')));
  RETURN NEW;
END $$;
CREATE TRIGGER bench_mark BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION bench_mark();
ALTER TABLE audit_event ENABLE ALWAYS TRIGGER bench_mark;
""".format(
    name=name_of_key(EVENT_KEY).hex(),
    inner=bytes(byte ^ 0x36 for byte in EVENT_KEY.ljust(64, b"\0")).hex(),
    outer=bytes(byte ^ 0x5C for byte in EVENT_KEY.ljust(64, b"\0")).hex(),
)
AUDITOR = "UPDATE accounts_person SET roles = '{auditor}' WHERE id = %s"
BATCH = 2_000  # of one transaction
NO_PART = "DROP TABLE IF EXISTS bench_historicalcareentry"  # which would be taken for a part of the record
STORY = """
INSERT INTO victims_historicalcareentry (id, version, "on", kind, text, child_id, history_id, history_date, history_type,
  history_change_reason, history_by, history_agency, history_role, history_via)
SELECT id, n, "on", kind, %(text)s || n, child_id, uuidv7(), now() - make_interval(hours => %(long)s - n), '~', '', 'A. Person',
  'An agency', 'social_worker', '' FROM victims_careentry, generate_series(2, %(long)s) n WHERE id = %(id)s
"""


class Measured:
    """The figures, said as they come."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.say = say
        self.figures: dict[str, float] = {}

    def note(self, name: str, value: float, unit: str) -> None:
        self.figures[f"{name} ({unit})"] = round(value, 3)
        self.say(f"{name}: {value:,.2f} {unit}" if value < 100 else f"{name}: {value:,.0f} {unit}")

    def timed(self, name: str, act: Callable[[], Any]) -> None:
        """Note how long something took."""
        began = time.monotonic()
        act()
        self.note(name, time.monotonic() - began, "s")

    def ratio(self, name: str, above: str, below: str) -> None:
        self.note(name, self.figures[above] / self.figures[below], "times")


def run(
    server: Server, world: World, events: int, among: int, seconds: float, say: Callable[[str], None]
) -> dict[str, float]:
    """Measure everything; events: how many are sealed and verified; among: how many there are where some are looked up."""
    measured = Measured(say)
    world.watching.execute(NO_PART)
    writes(server, world, seconds, measured)
    long_story(world, measured)
    many_events(server, world, events, max(events, among), measured)
    return measured.figures


# --- writes ---------------------------------------------------------------------------------------------------------


def writes(server: Server, world: World, seconds: float, measured: Measured) -> None:
    """Count what eight writers commit in a second: with no record, with it, and while it is sealed all the time."""
    ids = [row[0] for row in world.asked("SELECT id FROM victims_careentry ORDER BY id")]
    for name, statements in SCHEMES.items():
        measured.note(name, written(server, world, ids, statements, seconds), "writes/s")
    stop, sealed = threading.Event(), list[int]()
    sealer = threading.Thread(target=keep_sealing, args=[server, world.name, stop, sealed])
    sealer.start()
    try:
        rate = written(server, world, ids, SCHEMES["history and event"], seconds)
    finally:
        stop.set()
        sealer.join()
    if not sum(sealed):
        raise ValueError("Nothing was sealed while it was written.")
    measured.note("history and event, sealed meanwhile", rate, "writes/s")
    unit = " (writes/s)"
    measured.ratio("cost of the record", f"no record{unit}", f"history and event{unit}")
    measured.ratio("cost of sealing", f"history and event{unit}", f"history and event, sealed meanwhile{unit}")


def written(server: Server, world: World, ids: list[uuid.UUID], statements: list[str], seconds: float) -> float:
    """Return how many transactions a second the writers committed, each on records of its own."""
    done, end = [0] * WRITERS, time.monotonic() + seconds

    def write(number: int) -> None:
        with server.as_owner(world.name) as own:
            for entry_id in itertools.cycle(ids[number::WRITERS]):
                if time.monotonic() > end:
                    return
                with own.transaction():
                    for statement in statements:
                        own.execute(statement, {"id": entry_id, "text": TEXT}, prepare=True)  # type: ignore[arg-type]
                done[number] += 1

    threads = [threading.Thread(target=write, args=[number]) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / seconds


def keep_sealing(server: Server, name: str, stop: threading.Event, sealed: list[int]) -> None:
    """Seal once a second, sixty times as often as the portal does, and note how much that was."""
    connections["default"] = server.django(name, "anchor")
    try:
        while True:
            sealed += [one.size for one in seal(KEY)]
            if stop.wait(1):
                return
    finally:
        connection.close()


# --- a long story ---------------------------------------------------------------------------------------------------


def long_story(world: World, measured: Measured) -> None:
    """Read a file with two thousand changes: its timeline, and a section as it stood in the middle of them."""
    person = world.people["worker"]
    child_id = world.stories(0)[0]
    entry_id = world.asked("SELECT id FROM victims_careentry WHERE child_id = %s ORDER BY id LIMIT 1", [child_id])[0][0]
    with world.watching.transaction():
        world.watching.execute("SET LOCAL session_replication_role = replica")
        world.watching.execute("DELETE FROM victims_historicalcareentry WHERE id = %s AND version > 1", [entry_id])
        world.watching.execute(STORY, {"id": entry_id, "long": LONG, "text": TEXT})
    world.watching.execute("ANALYZE victims_historicalcareentry")
    world.use_app()

    def page(before: Any) -> int:
        with acting(person, read_only=True):
            return len(timeline.page(child_id, person, **before))

    deep = world.asked(
        "SELECT history_date, history_id FROM victims_historicalcareentry WHERE id = %s AND version = 20", [entry_id]
    )[0]

    def stood() -> int:
        with acting(person, read_only=True):
            rows = CareEntry.history.filter(child_id=child_id, history_date__lte=deep[0])
            return len(rows.order_by("id", "-version").distinct("id"))

    measured.note("timeline of 2,000 changes, newest page", median(lambda: page({})), "ms")
    measured.note("timeline of 2,000 changes, far down", median(lambda: page({"before": deep})), "ms")
    measured.note("section as it stood", median(stood), "ms")


def median(call: Callable[[], Any], times: int = TIMES) -> float:
    """Return the median of some runs in milliseconds; the first ones warm up."""
    taken = []
    for number in range(times + 5):
        began = time.perf_counter()
        call()
        if number >= 5:
            taken.append(1000 * (time.perf_counter() - began))
    return statistics.median(taken)


# --- many events ----------------------------------------------------------------------------------------------------


def many_events(server: Server, world: World, events: int, among: int, measured: Measured) -> None:
    """Fill a copy of the world with events, seal and verify them, and look some up as an auditor does."""
    name, person, file = f"{world.name}_events", world.people["worker"], world.ids[7]
    world.close()  # nobody may be in it while it is copied
    server.cluster.postgres.create_database(name, template=world.name)
    with server.superuser(name) as filling:
        filling.execute("SET session_replication_role = replica")
        filling.execute(AUDITOR, [person.pk])
        filling.execute(MARK)
        measured.timed(f"{events:,} events loaded", lambda: fill(filling, 1, events, events))
        connections["default"] = server.django(name, "anchor")
        measured.timed(f"{events:,} events sealed", lambda: seal(KEY))
        measured.timed(f"{events:,} events verified", lambda: verified(events))
        measured.timed(
            f"{events:,} events verified, MACs too", lambda: verified(events, {name_of_key(EVENT_KEY): EVENT_KEY})
        )
        connection.close()
        if among > events:
            measured.timed(f"{among - events:,} more loaded", lambda: fill(filling, events + 1, among, events))
    connections["default"] = server.django(name, "app")
    try:
        for what, ask in looked_up(world, person, file):
            measured.note(f"{what}, among {among:,} events", median(ask), "ms")
    finally:
        connection.close()


def verified(events: int, event_keys: Keys | None = None) -> None:
    """Verify the record; raises ValueError where it finds fault with the events."""
    found = verify(PUBLIC, Range(), None, event_keys)
    # People and files of a bench come without their histories, one look at each without its MAC, and are named for that.
    named = [line for line in found.problems if not line.endswith("was not written by the application")]
    wrong = [line for line in named if line.startswith(("event", "checkpoint", "leaves", "the link", "chain"))]
    if wrong or found.leaves < events:
        raise ValueError(f"The verification of {events} events is wrong: {wrong[:3]}")


def fill(filling: psycopg.Connection, first: int, last: int, month: int) -> None:
    """Write events by the statement, with triggers asleep, so many for each month, and have the server look at them."""
    back = datetime.timedelta(seconds=2_000_000 * last / month)
    filling.execute("SELECT audit.make_partitions((now() - %s)::date - 1, now()::date)", [back])
    for begin in range(first, last + 1, BATCH):
        filling.execute(MANY, {"month": month, "first": begin, "last": min(begin + BATCH - 1, last)})
    filling.execute("VACUUM ANALYZE audit_event")


def looked_up(world: World, person: Any, file: uuid.UUID) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield what an auditor looks up: what the functions behind the pages of events and of a file's history answer."""
    now = datetime.datetime.now(datetime.UTC)
    day = {"since": now - 11 * DAY, "until": now - 10 * DAY}
    somebody, agency = world.others[0].pk, world.others[0].agency_id

    def events(chosen: Filter, **more: Any) -> Callable[[], Any]:
        return as_auditor(lambda: auditing.events_overseen(chosen, **more))

    def as_auditor(ask: Callable[[], Any]) -> Callable[[], Any]:
        def asked() -> None:
            with acting(person, read_only=True):
                ask()

        return asked

    yield "newest events", events(Filter())
    yield "events far back", events(Filter(), before=(now - 20 * DAY, timeline.LAST))
    yield "events of one file", events(Filter(), child_id=file)
    yield "events of one person", events(Filter(person_id=somebody))
    yield "events of one person on one day", events(Filter(person_id=somebody, **day))
    yield "events of one agency", events(Filter(agency_id=agency))
    yield "refusals", events(Filter(refused=True))
    yield "changes of one person", events(Filter(person_id=somebody), actions=["C", "U", "D"])
    yield "who looked at one file", as_auditor(lambda: auditing.looks(file, Filter()))
