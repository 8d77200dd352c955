"""Time as casework counts it: the portal's one clock, due dates as days in the owner agency's country, once a day."""

import datetime
import zoneinfo

from django.conf import settings

from portal.audit.clock import now

__all__ = ["is_today", "now", "today"]


def today(time_zone: str) -> datetime.date:
    """Return the date it is now in a time zone, such as the owner agency's: due dates are counted there."""
    return now().astimezone(zoneinfo.ZoneInfo(time_zone)).date()


def is_today(moment: datetime.datetime | None) -> bool:
    """Return whether it was today where the network is: what may be sent once a day goes again on the next day there."""
    zone = zoneinfo.ZoneInfo(settings.TIME_ZONE)
    return moment is not None and moment.astimezone(zone).date() == now().astimezone(zone).date()
