"""Every new import is compared with everything: exact digests, and PDQ at 31 bits or fewer, nothing missed, nothing twice."""

import json
from contextlib import contextmanager

import pytest
from django.db import connection, transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.access.identity import acting
from tests.matching.hashes import at_distance, drawn, found, media, read_in
from tests.statements import assert_refused, value
from tests.victims.vics_files import DATA, EXPECTED, PHOTODNA
from victims import imports, matching
from victims.models import PerceptualHash
from victims.models.matches import PIECES

MD5, PDQ = 1, 4


def read_data(cast, name, **options):
    settled = {"name": name, "is_network": True, "dry_run": False, "team": cast.team("analyst"), "by": cast.analyst}
    return imports.read_file(path=DATA / name, **settled | options)


@pytest.fixture
def two_files(cast):
    """The hash set, and then the case that holds copies of some of its files."""
    return read_data(cast, "hashset-2.0.json"), read_data(cast, "case-2.0.json")


def test_case_after_hash_set_gives_exactly_what_is_expected(two_files):
    near = {(row["of"], row["MediaID"], PDQ, row["distance"]) for row in EXPECTED["near"]}
    exact = {(row["of"], row["MediaID"], MD5, None) for row in EXPECTED["exact"]}
    assert found() == near | exact
    assert (len(near), len(exact)) == (40, 20)


def test_hash_set_after_case_gives_the_same(cast):
    read_data(cast, "case-2.0.json")
    read_data(cast, "hashset-2.0.json")
    near = {(row["of"], row["MediaID"]) for row in EXPECTED["near"] + EXPECTED["exact"]}
    assert {row[:2] for row in found()} == near


def test_pairs_count_their_files(two_files):
    assert value("SELECT sum(identical) FROM victims_seriespair") == 20
    assert value("SELECT sum(near) FROM victims_seriespair") == 40
    assert value("SELECT count(*) FROM victims_seriespair WHERE series_a_id = series_b_id") == 0


def test_compared_again_nothing_is_found_twice(cast, two_files):
    before = found()
    with acting(cast.analyst):
        for import_ in two_files:
            matching.compare(import_, lambda position: None)
    assert found() == before
    assert value("SELECT count(*) FROM victims_mediamatch") == 60


def test_case_1_3_holds_sixty_media_and_no_picture(cast):
    import_ = read_data(cast, "case-1.3.json")
    assert (import_.summary["good"], import_.summary["dropped_binaries"]) == (60, 3)
    assert found() == set()


def test_pieces_cover_the_hash(db):
    assert [first for first, _bits in PIECES] == [1 + sum(bits for _first, bits in PIECES[:n]) for n in range(11)]
    assert sum(bits for _first, bits in PIECES) == 256
    assert len([field for field in PerceptualHash._meta.fields if field.generated]) == len(PIECES)


@pytest.mark.parametrize("bits", [23, 24])
def test_flips_are_all_values_within_two_bits(db, bits):
    flips = value("SELECT access.flips(%s, %s)", 0b1010, bits)
    assert len(flips) == len(set(flips)) == 1 + bits + bits * (bits - 1) // 2
    assert all((0b1010 ^ flip).bit_count() <= 2 and flip < 1 << bits for flip in flips)


def test_near_files_are_those_of_brute_force(cast):
    """Random hashes with neighbours planted at every distance from 0 to 40, spread over the bits and bunched."""
    how = st.lists(st.tuples(st.integers(0, 40), st.booleans()), min_size=5, max_size=40)

    @settings(max_examples=15, deadline=None)
    @given(planted=how, seed=st.integers(0, 2**64))
    def holds(planted, seed):
        known = {n: drawn(seed + n) for n in range(len(planted))}
        asked = {1000 + n: planted_at(known[n], *how, seed + n) for n, how in enumerate(planted)}
        with undone(cast.analyst):
            read_in(cast, [media(n, pdq, "Known") for n, pdq in known.items()])
            read_in(cast, [media(n, pdq, "Asked") for n, pdq in asked.items()])
            assert found() == brute_force({**known, **asked})

    holds()


@contextmanager
def undone(person):
    """Take what was written in the block back."""
    with acting(person), transaction.atomic():
        yield
        transaction.set_rollback(True)


def planted_at(hash_, distance, is_bunched, seed):
    """Bunched bits fall into as few pieces as they can, which leaves the others as they are; spread ones into all."""
    if not is_bunched:
        return at_distance(hash_, distance, seed)
    first = seed % (256 - distance)
    return hash_ ^ (((1 << distance) - 1) << first)


def brute_force(hashes):
    pairs = [(a, b) for a in hashes for b in hashes if a < b]
    distances = {(a, b): (hashes[a] ^ hashes[b]).bit_count() for a, b in pairs}
    return {(*pair, PDQ, distance) for pair, distance in distances.items() if distance <= 31}


def test_three_bits_in_ten_pieces_and_one_in_the_last_are_found(cast):
    """The worst case: only one piece of eleven is near enough to be asked for."""
    worst = 0
    for first, bits in PIECES:
        worst |= 0b111 << (256 - first - bits + 1)
    known, worst = drawn(7), worst & (worst - 1)
    worst &= worst - 1
    assert worst.bit_count() == 31
    read_in(cast, [media(1, known, "A")])
    read_in(cast, [media(2, known ^ worst, "B")])
    assert found() == {(1, 2, PDQ, 31)}


@pytest.mark.parametrize(
    ("quality", "other", "is_found"), [(49, None, False), (50, 50, True), (None, 49, False), (None, None, True)]
)
def test_poor_hashes_are_near_to_nothing(cast, quality, other, is_found):
    pdq = drawn(1)
    read_in(cast, [media(1, pdq, "A", **({"PDQQuality": quality} if quality else {}))])
    read_in(cast, [media(2, at_distance(pdq, 3, 1), "B", **({"PDQQuality": other} if other else {}))])
    assert bool(found()) is is_found


@pytest.mark.parametrize(
    ("field", "digest", "kind"),
    [("MD5", "f" * 32, 1), ("SHA1", "a" * 40, 2), ("SHA256", "b" * 64, 3), ("PhotoDNA", PHOTODNA, 5)],
)
def test_equal_digests_are_found(cast, field, digest, kind):
    read_in(cast, [media(1, series="A", **{field: digest}), media(2, series="A")])
    read_in(cast, [media(3, series="B", **{field: digest.upper() if kind < 5 else digest})])
    assert found() == {(1, 3, kind, None)}


def test_files_of_one_import_are_compared_across_its_series(cast):
    pdq = drawn(3)
    read_in(cast, [media(1, pdq, "A"), media(2, pdq, "A"), media(3, pdq, "B")])
    assert found() == {(1, 3, PDQ, 0), (2, 3, PDQ, 0)}


def test_restricted_series_are_compared_too(cast):
    read_in(cast, [media(1, series="Hidden", MD5="e" * 32)], "foreign", is_network=False)
    read_in(cast, [media(2, series="Seen", MD5="e" * 32)])
    assert found() == {(1, 2, MD5, None)}


def test_many_files_are_compared_in_several_statements(cast, monkeypatch):
    told = []
    monkeypatch.setattr(matching, "MOST", 7)
    read_in(cast, [media(n) for n in range(30)], report=lambda done, total, last: told.append((done, total, last)))
    compared = [done for done, _total, is_last in told if is_last]
    assert compared[0] == 5
    assert compared[-1] == 30
    assert len(compared) > 4


def test_refused_import_leaves_no_match(cast):
    read_in(cast, [media(1, series="A", MD5="c" * 32)])
    import_ = read_in(cast, [media(2, series="B", MD5="c" * 32), media(3, SHA1="short")])
    assert import_.state == "refused"
    assert found() == set()


def test_nobody_compares_the_import_of_another(cast):
    import_ = read_in(cast, [media(1)])
    with acting(cast.investigator):
        for call in ("match_media(%s, 0, 5)", "count_matches(%s)"):
            assert_refused(f"SELECT access.{call}", import_.pk, match="not this person")


def test_application_asks_for_nothing_near_and_writes_no_match(cast, two_files):
    with acting(cast.analyst):
        assert_refused("SELECT access.near_media(repeat('0', 256)::bit(256))", match="permission denied")
        for table in ("victims_mediamatch", "victims_seriespair"):
            assert_refused(f"INSERT INTO {table} SELECT * FROM {table}", match="permission denied")
            assert_refused(f"DELETE FROM {table}", match="permission denied")
        assert_refused("UPDATE victims_seriespair SET state = 4", match="permission denied")


def test_what_was_found_stays_for_its_owner_too(cast, two_files, owner):
    with owner(), connection.cursor():
        assert_refused("UPDATE victims_mediamatch SET distance = 3 WHERE kind = 4", match=".")
        assert_refused("DELETE FROM victims_perceptualhash", match=".")


def test_near_files_are_found_through_the_indexes(cast, two_files, owner):
    with owner(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute(
            "EXPLAIN (FORMAT JSON) SELECT media_id FROM victims_perceptualhash p"
            " WHERE p.c0 = ANY (access.flips(1, 24)) OR p.c10 = ANY (access.flips(1, 23))"
        )
        plan = json.dumps(cursor.fetchone()[0])
    assert "BitmapOr" in plan
    assert "perceptual_c10" in plan
