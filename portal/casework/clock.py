"""Time as casework counts it: the portal's one clock, due dates as days in the owner agency's country, once a day."""

import datetime
import zoneinfo

from django.conf import settings
from django.utils import timezone

from portal.audit.clock import now

__all__ = ["end_of_day", "is_today", "now", "today"]


def today(time_zone: str = "") -> datetime.date:
    """Return the date it is now in a time zone, such as the owner agency's, where due dates are counted; else where the
    reader is."""
    return timezone.localtime(now(), zoneinfo.ZoneInfo(time_zone) if time_zone else None).date()


def end_of_day(day: datetime.date, time_zone: str) -> datetime.datetime:
    """Return the last minute of a day in a time zone: what is due, or open, "until Friday" is so until then."""
    return datetime.datetime.combine(day, datetime.time(23, 59), zoneinfo.ZoneInfo(time_zone))


def is_today(moment: datetime.datetime | None) -> bool:
    """Return whether it was today where the network is: what may be sent once a day goes again on the next day there."""
    zone = zoneinfo.ZoneInfo(settings.TIME_ZONE)
    return moment is not None and moment.astimezone(zone).date() == now().astimezone(zone).date()
