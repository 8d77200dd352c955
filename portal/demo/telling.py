"""Telling many stories at once, in the order of their days: each is a generator that says when its next part happened."""

import ctypes
import datetime
import heapq
import itertools
import math
import multiprocessing
import os
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from django.core.management.base import CommandError
from django.db import connection

from portal.audit.kinds import shifted

# Days before today; what follows in the generator is done at that moment, until it names the next one.
Story = Iterator[float]
AHEAD = 1  # days by which one of two tellers may be ahead of the other
BREATH = 0.005  # seconds between two looks at how far the other is


def tell(stories: Iterable[Story], *, wait_at: Callable[[float], None] = lambda _at: None) -> None:
    """Tell the stories to their ends. Records get their ids in the order of their days, as in a portal that was used."""
    with connection.cursor() as cursor:  # what is not on disk when the power fails is made again
        cursor.execute("SET synchronous_commit TO off")
    number = itertools.count()
    waiting: list[tuple[float, int, Story]] = []
    for story in stories:
        queue(waiting, next(number), story)
    while waiting:
        at, order, story = heapq.heappop(waiting)
        wait_at(at)
        with shifted(datetime.timedelta(days=at)):
            queue(waiting, order, story)


def queue(waiting: list[tuple[float, int, Story]], order: int, story: Story) -> None:
    """Go on with a story up to its next moment, and keep it for then; one that has ended is kept no longer."""
    days = next(story, None)
    if days is not None:
        heapq.heappush(waiting, (-days, order, story))


def tell_side_by_side(first: Iterable[Story], second: Iterable[Story]) -> None:
    """Tell two lots of stories in two processes, which share nothing but people, in the order of their days."""
    days: Any = multiprocessing.RawArray(ctypes.c_double, [-math.inf, -math.inf])
    connection.close()  # else both would speak through one
    above = os.getpid()

    def other() -> None:
        tell_beside(second, days, 1, partial(end_without, above))

    beside = multiprocessing.get_context("fork").Process(target=other)
    beside.start()
    tell_beside(first, days, 0, beside.is_alive)
    beside.join()
    if beside.exitcode:
        raise CommandError("Half of the stories could not be told; the reason stands above.")


def end_without(above: int) -> bool:
    """End this process when the one that began it has gone; return that it is there."""
    if os.getppid() != above:
        raise SystemExit(1)
    return True


def tell_beside(stories: Iterable[Story], days: Any, mine: int, is_other_there: Callable[[], bool]) -> None:
    """Tell stories, at most a day ahead of what the other process tells."""

    def wait_at(at: float) -> None:
        days[mine] = at
        while is_other_there() and days[1 - mine] < at - AHEAD:
            time.sleep(BREATH)

    try:
        tell(stories, wait_at=wait_at)
    finally:
        days[mine] = math.inf
