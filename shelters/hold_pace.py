"""How often beds are held: an address is read with a hold, so holds that are given back again are few, and are told of."""

import datetime
import uuid

from django.db import connection

from portal.access.pace import TooMany
from portal.access.work import members, tell
from portal.accounts.models import Person, Team
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.events import Event
from shelters.models import Placement
from shelters.workflow import PlacementState

DAY = datetime.timedelta(days=1)
NOTICED = 3  # beds given back within a day: those of whom it is told look at it


class TooManyHolds(TooMany):
    """Beds were held and given back too often; from a moment on the next one can be held."""

    def __init__(self, child_id: uuid.UUID, again: datetime.datetime) -> None:
        super().__init__(Event("refusal", "E", "refused", "too_many_holds", child_id=child_id))
        self.again = again


def demand_hold_pace(child_id: uuid.UUID) -> None:
    """Raise TooManyHolds where the child, or the person, had too many beds in the last hour (access.next_hold())."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT access.next_hold(%s)", [child_id])
        again = cursor.fetchone()[0]
    if again is not None:
        raise TooManyHolds(child_id, again)


def tell_of_given_back(placement: Placement, owner: Team | None, by: Person) -> None:
    """Tell the shelter and the owner's supervisors of somebody who gave back a third bed within a day."""
    since = clock.now() - DAY
    mine = Placement.objects.filter(held_by=by, state=PlacementState.RELEASED, during__startswith__gt=since)
    if mine.count() < NOTICED:
        return
    seniors = [one for one in members(owner) if Role.SUPERVISOR in one.roles] if owner else []
    told = {one.pk: one for one in [*members(placement.shelter.team), *seniors] if one.pk != by.pk}
    tell(list(told.values()), "beds_given_back", [by.short_name])
