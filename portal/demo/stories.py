"""The whole world of the demonstration: nine files told by hand, and 195 told by chance from a fixed number."""

from collections.abc import Iterator

from django.conf import settings

from portal.access import going_on, work
from portal.access.identity import acting
from portal.access.rights import works_as_owner
from portal.audit import clock
from portal.casework.models import Notice
from portal.demo import world
from portal.demo.caring import InCare
from portal.demo.crowd import World, half_of
from portal.demo.ending import Endings
from portal.demo.hash_sets import HashSets
from portal.demo.keeping import keeping
from portal.demo.known import Known
from portal.demo.people import COLLEAGUES, DESKS
from portal.demo.places import Places
from portal.demo.police import OPEN_ENDS, Sought
from portal.demo.telling import Story, tell, tell_side_by_side
from portal.demo.world import DAY, Cast

LOOKED_FOR, LOCATED, PLANNED, CARED_FOR = 79, 12, 10, 94
ENDS = ("in_care", "in_care", "in_care", "follow_up", "closed", "in_care", "follow_up", "rescued")


def make() -> None:
    """Make the whole world, in the order of its days."""
    cast, shared = world.begin(), World()
    places = Places(cast, shared, -1)
    tell([places.story()])
    halves: tuple[list[Story], list[Story]] = (
        [*Known(cast).stories(), *Endings(cast).stories(), HashSets(cast, shared, -2).story(), confirmed(cast)],
        [],
    )
    for number, story in enumerate(generated(cast, shared)):
        if number % settings.DEMO_EVERY == 0:
            halves[half_of(number)].append(story)
    tell_side_by_side(*halves)
    tell([keeping(cast), places.evening(), notices_read(cast)])


def confirmed(cast: Cast) -> Story:
    """A month ago the teams confirmed most of what is still theirs; the rest waits at the desks."""
    yield 30.0
    for family in [*(desk.family for desk in DESKS), *(colleague[1] for colleague in COLLEAGUES)]:
        person = cast[family]
        with acting(person):
            found = {grant.child_id: grant.child for grant in going_on.to_confirm(person)}
            ours = [one for pk, one in found.items() if works_as_owner(person, pk, one.owner.pk)]
        for child in ours:
            if sum(map(ord, child.code_name)) % 9:
                going_on.confirm(child_id=child.pk, owner=child.owner, by=person, reason="still ours")


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
