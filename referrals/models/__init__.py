"""The tables of services, referrals and hand-overs."""

from referrals.models.handovers import STAYS_BEHIND, HandOver, HandOverItem

__all__ = ["STAYS_BEHIND", "HandOver", "HandOverItem"]
