"""Faults put into the decision one at a time: nine of ten at least are found by its tests."""

from tests.access.mutants import DECIDE, ROLES, mutants, survivors

LEAST = 0.9


def test_tests_of_the_decision_find_the_faults_put_into_it():
    found = [*mutants(DECIDE), *mutants(ROLES)]
    alive = survivors(found)
    print(f"{len(found) - len(alive)} of {len(found)} mutants killed", *alive, sep="\n")
    assert len(found) > 100
    assert len(alive) <= (1 - LEAST) * len(found), alive
