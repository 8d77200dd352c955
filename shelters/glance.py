"""The overview's line on where the child sleeps, for whoever holds WHEREABOUTS."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access.rights import can
from portal.access.sections import Section
from portal.accounts.models import Person
from portal.casework.templatetags.portal import full_date, moment
from shelters.actions import bed_of
from shelters.models import Placement
from shelters.workflow import PlacementState
from victims.models import Child


def placement(child: Child, viewer: Person) -> list[dict[str, Any]]:
    """Return the line of the bed that is the child's now."""
    if not can(viewer, child.pk, Section.WHEREABOUTS):
        return []
    now = bed_of(child.pk)
    return [] if now is None else [row(child, now)]


def row(child: Child, now: Placement) -> dict[str, Any]:
    """Return the line in words: where, and since when or until when."""
    held = now.state == PlacementState.HELD
    words = _("%(shelter)s, bed held until %(time)s") if held else _("%(shelter)s, since %(time)s")
    time = moment(now.during.upper) if held else full_date(now.during.lower)
    return {
        "section": Section.WHEREABOUTS,
        "label": _("Placement"),
        "value": words % {"shelter": now.shelter.public_name, "time": time},
        "late": False,
        "restricted": True,
        "url": reverse("shelters:placement", args=[child.pk, now.pk]),
        "action": _("Bed"),
    }
