"""What the timeline says of referrals; kind of service and names stand on the referral's own page."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from portal.access.sections import Section
from portal.access.timeline import Source
from referrals.models import Referral
from referrals.workflow import REFERRAL
from victims.timeline import Said


def describe_referral(row: Any, before: Any) -> Said:
    """Say which step was taken, with the number of the referral."""
    if before is None:  # or it was a draft, which is its writer's alone
        return _("Referral drafted") if row.sent is None else REFERRAL.named("send").sentence, row.number
    if row.claimed != before.claimed:
        return REFERRAL.named("claim").sentence, row.number
    for step in REFERRAL.transitions:
        if row.state != before.state and step.target == row.state and before.state in step.sources:
            return step.sentence, row.number
    if row.reminded != before.reminded:
        return _("Reminded of a referral"), row.number
    return _("Referral changed"), row.number


# The history has policies of its own: whoever is on neither side of a referral meets none of its rows.
SOURCES = (Source("referral", Referral, describe_referral, Section.SUMMARY, shows_changes=False, of_sides=True),)
