"""What the timeline and the overview say of a hand-over, to the two sides."""

from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.access.sections import Section
from portal.access.timeline import Source
from portal.accounts.models import Person
from portal.casework.templatetags.portal import hour
from referrals.hand_over_steps import HAND_OVER, OPEN, HandOverState
from referrals.models import HandOver
from victims.models import Child
from victims.timeline import Said


def describe_hand_over(row: HandOver, before: HandOver | None) -> Said:
    """Say which step was taken; whose care the child came into stands beside it, as the author."""
    if before is None:
        return _("Hand-over begun"), ""
    if row.state == before.state:
        return _("Hand-over: how the child is"), ""
    if row.state == HandOverState.RECEIVED:
        return _("The child is in their care"), str(_("since %(time)s") % {"time": hour(row.received)})
    for step in HAND_OVER.transitions:
        if step.target == row.state:
            return step.sentence, row.end_reason
    return _("Hand-over"), ""


SOURCES = (Source("hand_over", HandOver, describe_hand_over, Section.SUMMARY, shows_changes=False, of_sides=True),)


def under_way(child: Child, viewer: Person) -> list[dict[str, Any]]:
    """Return the overview's line of a hand-over that is under way, to the two sides alone."""
    ours = Q(from_team__in=viewer.team_ids) | Q(to_team__in=viewer.team_ids)
    found = HandOver.objects.filter(ours, child_id=child.pk, state__in=OPEN).select_related("to_team__agency").first()
    if found is None:
        return []
    words = _("to %(agency)s: %(state)s") % {"agency": found.to_team.agency.name, "state": HAND_OVER.state(found).label}
    return [
        {
            "section": Section.SUMMARY,
            "label": _("Hand-over"),
            "value": words,
            "late": False,
            "restricted": False,
            "url": reverse("referrals:hand_over", args=[found.pk]),
            "action": _("Go to the hand-over"),
        }
    ]
