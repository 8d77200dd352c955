"""What the timeline says of a hand-over, to the two sides."""

from django.utils.translation import gettext_lazy as _

from portal.access.sections import Section
from portal.access.timeline import Source
from portal.casework.templatetags.portal import hour
from referrals.hand_over_steps import HAND_OVER, HandOverState
from referrals.models import HandOver
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


SOURCES = (Source("hand_over", HandOver, describe_hand_over, Section.SUMMARY, shows_changes=False),)
