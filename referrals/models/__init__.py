"""The tables of services, referrals and hand-overs."""

from referrals.models.handovers import STAYS_BEHIND, HandOver, HandOverItem
from referrals.models.referrals import ANSWERS, CLAIM, Brief, Referral
from referrals.models.services import Service, Urgency

__all__ = [
    "ANSWERS",
    "CLAIM",
    "STAYS_BEHIND",
    "Brief",
    "HandOver",
    "HandOverItem",
    "Referral",
    "Service",
    "Urgency",
]
