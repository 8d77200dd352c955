"""The comparison of hashes: which files are within 31 bits of one, and whether a digest is known, beside a look at all."""

import random
import uuid
from collections.abc import Iterator
from typing import Any

from django.db import connection

from portal.bench.measure import Case, Goal, acted, timed
from portal.bench.seed import CROWD
from portal.bench.world import World
from victims.models.matches import PDQ_BITS, PIECES

NEAR = Goal(limit=2, naive=50, growth=4)
CROWDED = Goal(limit=2)  # a crowd grows with the hashes, and so does looking through it
DIGEST = Goal(limit=3, naive=50, growth=1.3)
SUBJECTS = 24
CHECKED = 6  # of them held against every hash there is

PLAIN = "SELECT media_id FROM victims_perceptualhash WHERE bit_count(hash # %s::bit(256)) <= 31"
PIECEWISE = " OR ".join(f"c{number} = ANY (%s)" for number in range(len(PIECES)))
LIMIT = f"SELECT media_id FROM victims_perceptualhash WHERE ({PIECEWISE}) AND bit_count(hash # %s::bit(256)) <= 31"  # noqa: S608
KNOWN = "SELECT hash::text FROM victims_perceptualhash WHERE media_id = bench.key(4, %s)"
EXISTS = "SELECT EXISTS (SELECT FROM victims_mediahash WHERE kind = 1 AND value = %s)"
LOOKED_THROUGH = "SELECT EXISTS (SELECT FROM victims_mediahash WHERE kind = 1 AND value || ''::bytea = %s)"
IS_LISTED = "SELECT access.is_listed(%s, NULL, NULL)"


def cases(world: World) -> Iterator[Case]:
    """Yield one PDQ query, one whose first piece many hashes share, and one exact digest."""
    for name, step, goal in (("match: near", 1, NEAR), ("match: crowded", CROWD, CROWDED)):
        yield Case(
            name, "analyst", world, goal,
            limit=lambda wanted: timed(lambda: by_hand(world, wanted)),
            project=lambda wanted: timed(lambda: ids("SELECT media_id FROM access.near_media(%s::bit(256))", wanted)),
            naive=lambda wanted: timed(lambda: ids(PLAIN, wanted)),
            subjects=subjects(world, step), by_owner=True, beside=0,
        )  # fmt: skip
    analyst = world.people["analyst"]
    yield Case(
        "match: digest", "analyst", world, DIGEST,
        limit=lambda digest: timed(lambda: world.asked(EXISTS, [digest])[0][0]),
        project=lambda digest: acted(analyst, lambda: value(IS_LISTED, digest)),
        naive=lambda digest: timed(lambda: value(LOOKED_THROUGH, digest)),
        subjects=digests(world),
    )  # fmt: skip


def subjects(world: World, step: int = 1) -> list[str]:
    """Return hashes near to one that is there: at every distance from 0 to 31, and a few beyond; every step-th alone.

    Those of a crowd keep the piece that they share.
    """
    chosen = random.Random(3)
    places = range(PDQ_BITS) if step == 1 else range(PIECES[0][1], PDQ_BITS)
    found = []
    for number in range(SUBJECTS):
        bits = list(world.asked(KNOWN, [chosen.randrange(0, world.hashes, step)])[0][0])
        for place in chosen.sample(places, number * 36 // SUBJECTS):
            bits[place] = "10"[int(bits[place])]
        found.append("".join(bits))
    return found


def digests(world: World) -> list[bytes]:
    """Return digests of which every other one is there."""
    rows = world.asked("SELECT value FROM victims_mediahash WHERE kind = 1 LIMIT %s", [SUBJECTS // 2])
    return [digest for (known,) in rows for digest in (known, known[::-1])]


def by_hand(world: World, wanted: str) -> list[uuid.UUID]:
    """Ask the eleven indexes by hand: what the values of two flips are is worked out here."""
    pieces = [near_values(int(wanted[first - 1 : first - 1 + bits], 2), bits) for first, bits in PIECES]
    return sorted(row[0] for row in world.asked(LIMIT, [*pieces, wanted]))


def near_values(piece: int, bits: int) -> list[int]:
    """Return the values that differ from a piece in two bits at most."""
    ones = [1 << bit for bit in range(bits)]
    return [piece, *(piece ^ one for one in ones), *(piece ^ a ^ b for n, a in enumerate(ones) for b in ones[:n])]


def ids(statement: str, wanted: str) -> list[uuid.UUID]:
    """Return the ids that a statement gives for a hash, in order."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [wanted])
        return sorted(row[0] for row in cursor.fetchall())


def value(statement: str, digest: bytes) -> Any:
    """Return the one value of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, [digest])
        return cursor.fetchone()[0]


def faults(world: World) -> Iterator[str]:
    """Hold some answers against every hash there is; the planted one must be among them."""
    world.use_owner()
    for number, wanted in enumerate([*subjects(world), *subjects(world, CROWD)][:: SUBJECTS // CHECKED]):
        near = ids("SELECT media_id FROM access.near_media(%s::bit(256))", wanted)
        if near != ids(PLAIN, wanted):
            yield f"near files, query {number}, {world.size} files"
    world.use_app()
