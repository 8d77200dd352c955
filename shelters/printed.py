"""What the PDF of a file says of beds and stays, in the part of the whereabouts."""

import uuid
from typing import Any

from django.utils.translation import gettext as _

from portal.access.sections import Section
from portal.accounts.models import Person
from portal.casework.models import Lookup
from shelters.models import Placement
from shelters.workflow import PLACEMENT, PlacementState
from victims.entries import FIRST, Block, entry, in_full, listing, signatures


def blocks(child_id: uuid.UUID, section: Section, viewer: Person, most: int) -> list[Block]:
    """Return every bed that was held or slept in, the newest first; nothing for other sections."""
    if section != Section.WHEREABOUTS:
        return []
    found = Placement.objects.filter(child_id=child_id).select_related("shelter", "bed")
    shown = listing(found, FIRST, most)
    known = signatures(viewer, shown.rows)
    reasons = {word.code: str(word) for word in Lookup.objects.filter(vocabulary="placement_end")}
    rows = [entry(row, known, values=pairs(row, reasons), then=begun(row)) for row in shown.rows]
    return [Block(_("Beds held and slept in"), rows, shown.left_out())]


def pairs(row: Placement, reasons: dict[str, str]) -> list[tuple[Any, Any]]:
    """Return a stay: where, which bed, how it stands, from when until when, and why it ended."""
    state = PLACEMENT.states[PlacementState.RELEASED] if row.has_run_out else PLACEMENT.state(row)
    found = [
        *begun(row),
        (_("Until"), in_full(row.during.upper)),
        (_("Status"), state.label),
        (_("Why the stay ended"), reasons.get(row.end_reason, row.end_reason)),
    ]
    return [(label, value) for label, value in found if value]


def begun(row: Placement) -> list[tuple[Any, Any]]:
    """Return what is known of a stay from its beginning on."""
    return [
        (_("Shelter"), row.shelter.public_name),
        (_("Bed"), row.bed.label),
        (_("From"), in_full(row.during.lower)),
    ]
