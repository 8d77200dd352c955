"""How long a hold still runs, in words."""

from django.utils.translation import gettext as _

from portal.audit import clock
from portal.casework.templatetags.portal import digits
from shelters.models import Placement


def time_left(placement: Placement) -> str:
    """Return "3 h 52 min" of a hold; nothing where it does not end or has ended."""
    until = placement.during.upper
    minutes = int((until - clock.now()).total_seconds() // 60) if until else 0
    if minutes <= 0:
        return ""
    hours, rest = divmod(minutes, 60)
    words = _("%(hours)s h %(minutes)s min") if hours else _("%(minutes)s min")
    return words % {"hours": digits(hours), "minutes": digits(rest)}
