"""Comparing a new import with everything, and the pairs of series in which files match."""

import datetime
import time
import uuid
from collections.abc import Callable
from typing import Any

from django.db import connection
from django.db.models import F, Q

from victims.models import Import, SeriesPair

LONGEST = 1.0  # seconds that one statement should take, of the five that it may
MOST = 500  # files of one statement
ENOUGH = 100  # pairs that are counted
MOST_PAIRS = 50  # on the page of a series

Report = Callable[[int], None]


def compare(import_: Import, report: Report) -> None:
    """Compare all media of an import with everything that is there; again, it finds nothing twice."""
    wait_for_turn()
    after, size = 0, 5  # nothing is known yet of how long one takes
    while True:
        began = time.monotonic()
        last = compared("SELECT access.match_media(%s, %s, %s)", import_.pk, after, size)
        if last is None:
            break
        connection.check_constraints()  # all at once at the commit would take longer than a statement may
        after = last
        report(after)
        seconds = time.monotonic() - began
        size = max(1, min(MOST, 2 * size, int(size * LONGEST / max(seconds, 0.001))))
    compared("SELECT access.count_matches(%s)", import_.pk)


def wait_for_turn() -> None:
    """One comparison at a time: of two side by side, neither would see the other's media before both commit."""
    while not compared("SELECT pg_try_advisory_xact_lock(hashtextextended('compare media', 0))"):
        time.sleep(0.2)


def compared(statement: str, *values: Any) -> Any:
    """Return the one value of a statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0]


def is_settled(series_id: uuid.UUID) -> bool:
    """Return whether the child of a series is identified, and its files are with others."""
    return bool(compared("SELECT access.is_settled(%s)", series_id))


def count_waiting() -> int:
    """Return how many pairs wait for a decision of this person, counted no further than 100."""
    return compared("SELECT access.matches_waiting(%s)", ENOUGH)


def reviewed_since(moment: datetime.datetime) -> tuple[int, int]:
    """Return how many pairs the person's teams decided since then, and how many of them led to a name."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT reviewed, named FROM access.matches_reviewed(%s)", [moment])
        return cursor.fetchone()


def closed_in_series(series_id: uuid.UUID) -> int:
    """Return how many files of a series match what is held by others or was identified."""
    return compared("SELECT access.closed_matches(%s, NULL)", series_id) or 0


def closed_in_import(import_id: uuid.UUID) -> int:
    """Return the same of an import of the person's own agency."""
    return compared("SELECT access.closed_matches(NULL, %s)", import_id) or 0


def pairs_of_series(series_id: uuid.UUID) -> Any:
    """Return the newest pairs that a series is in with another one, as far as they are open to the person."""
    pairs = SeriesPair.objects.select_related("series_a", "series_b").exclude(series_a=F("series_b"))
    return pairs.filter(Q(series_a=series_id) | Q(series_b=series_id)).order_by("-pk")[:MOST_PAIRS]


def pairs_of_import(import_id: uuid.UUID) -> Any:
    """Return the ids of the pairs that an import found, as far as they are open to the person."""
    pairs = SeriesPair.objects.exclude(series_a=F("series_b")).filter(matches__source=import_id)
    return pairs.values("pk").distinct()


def count_pairs(import_id: uuid.UUID) -> int:
    """Return how many pairs an import found, counted no further than 100."""
    return len(pairs_of_import(import_id)[:ENOUGH])
