"""Time as casework counts it: the portal's one clock, and due dates as days in the owner agency's country."""

import datetime
import zoneinfo

from portal.audit.clock import now

__all__ = ["now", "today"]


def today(time_zone: str) -> datetime.date:
    """Return the date it is now in a time zone, such as the owner agency's: due dates are counted there."""
    return now().astimezone(zoneinfo.ZoneInfo(time_zone)).date()
