"""What the timeline says of beds and stays."""

from django.utils.translation import gettext_lazy as _

from portal.access.sections import Section
from portal.access.timeline import Source
from shelters.models import Placement
from shelters.workflow import PLACEMENT, PlacementState
from victims.timeline import Said


def describe_placement(row: Placement, before: Placement | None) -> Said:
    """Say which step was taken; where the child sleeps stands on the page of the beds."""
    if before is None:
        return PLACEMENT.named("hold").sentence, ""
    if row.state == before.state == PlacementState.HELD:
        return PLACEMENT.named("renew").sentence, ""
    if row.state == before.state == PlacementState.ADMITTED:
        return PLACEMENT.named("change_bed").sentence, ""
    for step in PLACEMENT.transitions:
        if step.target == row.state and before.state in step.sources:
            return step.sentence, ""
    return _("Stay changed"), ""


SOURCES = (Source("placement", Placement, describe_placement, Section.WHEREABOUTS),)
