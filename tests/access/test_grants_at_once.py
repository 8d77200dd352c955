"""Grants on one file at the same moment, on a copy of the database where they really commit."""

from portal.access.actions import accept, give
from portal.access.identity import acting
from portal.access.rights import can
from portal.access.sections import Level, Section
from portal.audit import clock
from tests.world import DAY

TAKERS = ("ngo_worker", "stranger", "shelter_worker", "clinician")


def test_four_agencies_accept_at_the_same_moment_and_all_have_access(clone):
    cast, child_id = clone.cast, clone.files["Follow"]
    sections = {Section.SUMMARY: Level.VIEW, Section.CARE: Level.VIEW}
    offers = [
        give(
            child_id=child_id, sections=sections, team=cast.team(name), owner=cast.team("social_worker"),
            until=clock.now() + DAY, by=cast.social_worker, reason="needed",
        )
        for name in TAKERS
    ]  # fmt: skip
    takers = [getattr(cast, name) for name in TAKERS]
    results = clone.at_once(lambda n: accept(grant=offers[n], by=takers[n]), len(TAKERS))
    assert [error for error in results if isinstance(error, Exception)] == []
    rows = "SELECT count(DISTINCT grant_id) FROM access_childgrouppermission WHERE grant_id = ANY (%s)"
    assert clone.value(rows, [offer.pk for offer in offers]) == len(TAKERS)
    with acting(cast.stranger):
        assert can(cast.stranger, child_id, Section.CARE)
