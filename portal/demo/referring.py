"""The services of the demonstration, and the referrals between its people."""

import datetime
from typing import Any

from portal.access.sections import Section
from portal.accounts.models import Person
from portal.audit import clock
from referrals import actions, directory
from referrals.models import Referral, Service, Urgency

DAY = datetime.timedelta(days=1)
EVERY = [urgency.value for urgency in Urgency]


def enter(by: Person, team: Any, name: str, kind: str, **values: Any) -> Service:
    """Enter a service of a team."""
    known: dict[str, Any] = {
        "name": name, "kind": kind, "region": "Lisbon region", "languages": ["pt", "en"], "youngest": 6, "oldest": 17,
        "urgencies": EVERY, "reach": "Desk, weekdays 9 to 17",
    }  # fmt: skip
    return directory.add_service(team=team, values=known | values, by=by, reason="entered")


def refer(child_id: Any, service: Service, by: Person, line: str, urgency: Urgency, *, care: bool = True) -> Referral:
    """Refer a child, opening CARE where it is needed."""
    ask = actions.Ask(
        first_line=line,
        area="Lisbon",
        urgency=urgency,
        asked="A first talk, then as often as you find right.",
        why="It was asked for at the last visit.",
        basis="consent",
    )
    one = actions.draft(child_id=child_id, service=service, ask=ask, by=by, reason="drafted")
    view = (Section.CARE,) if care else ()
    opened = actions.Opened(view, view, clock.now() + 120 * DAY)
    return actions.send(referral=one, opened=opened, by=by, reason="sent")
