"""The tables of services, referrals and hand-overs."""

from referrals.models.referrals import ANSWERS, CLAIM, Brief, Referral
from referrals.models.services import Service, Urgency

__all__ = [
    "ANSWERS",
    "CLAIM",
    "Brief",
    "Referral",
    "Service",
    "Urgency",
]
