"""Recording a rescue: the step, its record and the clocks that start with it, in one act."""

from typing import Any

from portal.access.identity import action
from portal.accounts.models import Person
from victims import due
from victims.actions import add, take_step
from victims.models import Child, Rescue

STARTED = ("medical_72h", "authority_24h")  # clocks that run from the moment of the rescue


@action
def record_rescue(
    *, child: Child, values: dict[str, Any], by: Person, reason: str = "", version: int | None = None
) -> Rescue:
    """Record that the child was brought to safety: whereabouts leave the police, the clocks of care start."""
    child = take_step(child=child, cycle="stage", name="rescue", version=version, by=by)
    rescue = add(model=Rescue, child=child, values=values, by=by)
    due.make(child, *STARTED, since=rescue.at, by=by)
    return rescue
