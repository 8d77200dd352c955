"""Identifiers: version 7, rising, and never the same twice."""

import itertools
import time
import uuid

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
