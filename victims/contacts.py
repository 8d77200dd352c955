"""The last contact that was made with a child, for the home page."""

import uuid

from portal.accounts.models import Person
from portal.casework.groups import Contact
from victims.models import FollowUp


def from_follow_ups(person: Person, ids: list[uuid.UUID]) -> dict[uuid.UUID, Contact]:
    """Return the day of the newest contact that took place, to whoever holds CARE; a try does not count."""
    made = FollowUp.objects.filter(child_id__in=ids, result=FollowUp.Result.DONE)
    found = made.order_by("child_id", "-on", "-pk").distinct("child_id")
    return {child_id: Contact(on) for child_id, on in found.values_list("child_id", "on")}
