"""The whole world of the demonstration: five files told by hand, and 195 told by chance from a fixed number."""

from collections.abc import Iterator

from django.db import connection

from portal.access import work
from portal.access.identity import acting
from portal.audit import clock
from portal.casework.models import Notice
from portal.demo import world
from portal.demo.caring import InCare
from portal.demo.crowd import World
from portal.demo.hash_sets import HashSets
from portal.demo.keeping import keeping
from portal.demo.known import Known
from portal.demo.people import DESKS
from portal.demo.places import Places
from portal.demo.police import OPEN_ENDS, Sought
from portal.demo.telling import Story, tell
from portal.demo.world import DAY, Cast

LOOKED_FOR, LOCATED, PLANNED, CARED_FOR = 79, 12, 10, 94
ENDS = ("in_care", "in_care", "in_care", "follow_up", "closed", "in_care", "follow_up", "rescued")


def make() -> None:
    """Make the whole world, in the order of its days."""
    with connection.cursor() as cursor:  # what is not on disk when the power fails is made again
        cursor.execute("SET synchronous_commit TO off")
    cast, shared = world.begin(), World()
    stories = [Places(cast, shared, -1).story(), HashSets(cast, shared, -2).story(), *Known(cast).stories()]
    tell([*stories, *generated(cast, shared), keeping(cast), notices_read(cast)])


def notices_read(cast: Cast) -> Story:
    """Those at the desks have read what was told before yesterday."""
    yield 0.01
    for desk in DESKS:
        person = cast[desk.family]
        with acting(person):
            told = list(Notice.objects.filter(person=person, seen=None, made__lt=clock.now() - DAY))
            for notice in told:
                work.note_seen(notice=notice, by=person)


def generated(cast: Cast, shared: World) -> Iterator[Story]:
    """Return the generated files; each draws from a chance of its own, so that one more changes none of the others."""
    for number in range(LOOKED_FOR):
        yield Sought(cast, shared, number, to=OPEN_ENDS[number % len(OPEN_ENDS)], day=8 + 8.5 * number).story()
    for number in range(LOOKED_FOR, LOOKED_FOR + LOCATED + PLANNED):
        to = "located" if number < LOOKED_FOR + LOCATED else "planned"
        yield Sought(cast, shared, number, to=to, day=20 + 1.7 * (number - LOOKED_FOR)).story()
    first = LOOKED_FOR + LOCATED + PLANNED
    for number in range(first, first + CARED_FOR):
        to = ENDS[number % len(ENDS)]
        day = beginning(to, number - first)
        file = InCare(cast, shared, number, to=to, day=day)
        yield file.found() if number % 2 else file.told_of()


def beginning(to: str, number: int) -> float:
    """Return how many days ago a file that stands here now was opened."""
    if to == "rescued":
        return 18.0 + number / 100
    return {"in_care": 25 + 1.5 * number, "follow_up": 300 + 2 * number, "closed": 420 + 3 * number}[to]
