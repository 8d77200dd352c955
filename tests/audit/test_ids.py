"""Identifiers: version 7, rising, and never the same twice."""

import itertools
import time
import uuid

from portal.access.identity import acting
from portal.audit.ids import uuid7


def test_version_and_variant_are_those_of_rfc_9562():
    made = uuid7()
    assert (made.version, made.variant) == (7, uuid.RFC_4122)


def test_time_stands_in_the_first_48_bits():
    before = time.time_ns() // 1_000_000
    stamp = uuid7().int >> 80
    assert before <= stamp <= time.time_ns() // 1_000_000


def test_ids_rise_and_never_repeat():
    made = [uuid7() for _ in range(5_000)]
    assert len(set(made)) == 5_000
    stamps = [one.int >> 64 for one in made]
    assert all(first <= second for first, second in itertools.pairwise(stamps))


def test_ids_of_a_transaction_take_the_time_of_the_database(cast, monkeypatch):
    """A machine whose clock jumps puts nothing out of order in lists that go by ids."""
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now - 600 * 10**9)
    outside = uuid7()
    with acting(cast.social_worker):
        first, second = uuid7(), uuid7()
    assert outside < first < second
    assert abs((first.int >> 80) - now // 1_000_000) < 5_000
    assert uuid7() < first
