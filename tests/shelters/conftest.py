"""A shelter with two beds, kept by the shelter's own worker, and the child who needs one."""

import pytest

from portal.audit import clock
from shelters import actions, directory
from shelters.actions import Card
from tests.world import DAY

ADDRESS = {"address": "canary-street-Farol", "on_call": "canary-oncall-Melo", "phone": "canary-phone-351"}
VALUES = {
    "public_name": "Rua Clara shelter",
    "region": "Lisbon region",
    "kind": "short_term",
    "sexes": [2],
    "youngest": 6,
    "oldest": 17,
    "languages": ["pt", "ar"],
    "offers": ["siblings", "step_free"],
}
CARD = Card(sex=2, age_band="6-11", languages=("ar",), needs=("step_free",))


def opened(cast, *labels, **values):
    """Open a shelter of the shelter worker's team, with counted beds."""
    by = cast.shelter_worker
    more = {"licence_until": (clock.now() + 300 * DAY).date()}
    shelter = directory.open_shelter(
        team=cast.team("shelter_worker"), values=VALUES | more | values, address=ADDRESS, by=by
    )
    for label in labels:
        directory.add_bed(shelter=shelter, values={"label": label, "kind": "single"}, by=by)
    return directory.confirm_count(shelter=shelter, by=by)


@pytest.fixture
def house(cast):
    return opened(cast, "Room 1", "Room 2")


@pytest.fixture
def small(cast):
    """A shelter with one bed."""
    return opened(cast, "Only", public_name="Monte house")


@pytest.fixture
def hold(cast, files, house):
    """Hold a bed in the house for a child of the social worker: hold("Waiting")."""

    def held(file="Waiting", by="social_worker", shelter=None):
        return actions.hold(
            child_id=files[file], shelter=shelter or house, card=CARD, by=getattr(cast, by), reason="bed held"
        )

    return held
