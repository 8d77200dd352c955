"""A service of the NGO's team, and a referral of a child of the social worker's at each of its stations."""

import datetime

import pytest

from portal.access.sections import Section
from portal.audit import clock
from referrals import actions, directory
from referrals.actions import Ask, Opened
from referrals.models import Urgency

VALUES = {
    "name": "Trauma-focused therapy",
    "kind": "mental_health",
    "region": "Lisbon region",
    "languages": ["pt", "ar"],
    "youngest": 6,
    "oldest": 17,
    "sexes": [2],
    "urgencies": [1, 2, 3, 4],
    "reach": "desk, weekdays 9 to 17",
}
ASK = Ask(
    first_line="canary-line sleeps little since the move",
    area="Lisbon",
    urgency=Urgency.DAY,
    asked="canary-asked weekly talks",
    why="canary-why afraid at night",
    basis="consent",
)


def entered(cast, by="ngo_worker", **values):
    """Enter a service of this person's team."""
    person = getattr(cast, by)
    return directory.add_service(team=cast.team(by), values=VALUES | values, by=person, reason="entered")


def opening(*view, change=(), days=60):
    until = clock.now() + datetime.timedelta(days=days)
    return Opened(tuple(view), tuple(change), until)


@pytest.fixture
def service(cast):
    return entered(cast)


@pytest.fixture
def drafted(cast, files, service):
    """Draft a referral of a file to the service: drafted("Ended")."""

    def draft(file="Ended", by="social_worker", to=None, ask=ASK):
        return actions.draft(
            child_id=files[file], service=to or service, ask=ask, by=getattr(cast, by), reason="drafted"
        )

    return draft


@pytest.fixture
def sent(cast, drafted):
    """Send a referral that opens CARE to read and write."""

    def send(file="Ended", *, change=(Section.CARE,), view=(Section.CARE,), days=60, **more):
        referral = drafted(file, **more)
        return actions.send(
            referral=referral, opened=opening(*view, change=change, days=days), by=cast.social_worker, reason="sent"
        )

    return send


@pytest.fixture
def accepted(cast, sent):
    """Send a referral, and accept it as the NGO's worker."""

    def accept(file="Ended", **more):
        return actions.accept(
            referral=sent(file, **more), worker=cast.ngo_worker, first_on=None, by=cast.ngo_worker, reason="accepted"
        )

    return accept
