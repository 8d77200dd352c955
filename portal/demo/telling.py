"""Telling many stories at once, in the order of their days: each is a generator that says when its next part happened."""

import datetime
import heapq
import itertools
from collections.abc import Iterable, Iterator

from portal.audit.kinds import shifted

# Days before today; what follows in the generator is done at that moment, until it names the next one.
Story = Iterator[float]


def tell(stories: Iterable[Story]) -> None:
    """Tell the stories to their ends. Records get their ids in the order of their days, as in a portal that was used."""
    number = itertools.count()
    waiting: list[tuple[float, int, Story]] = []
    for story in stories:
        queue(waiting, next(number), story)
    while waiting:
        at, order, story = heapq.heappop(waiting)
        with shifted(datetime.timedelta(days=at)):
            queue(waiting, order, story)


def queue(waiting: list[tuple[float, int, Story]], order: int, story: Story) -> None:
    """Go on with a story up to its next moment, and keep it for then; one that has ended is kept no longer."""
    days = next(story, None)
    if days is not None:
        heapq.heappush(waiting, (-days, order, story))
