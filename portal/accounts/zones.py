"""Time zones by country: those of the own country first."""

from typing import Any

from babel.core import get_global
from django.utils.translation import gettext as _
from django_countries import countries

from portal.accounts.models import TIME_ZONES

LABELS = dict(TIME_ZONES)


def zones_of(country: str) -> list[str]:
    """Return the time zones of a country, as the Unicode database knows them; none for no country."""
    known: Any = get_global("territory_zones")
    return sorted(zone for zone in known.get(country, []) if zone in LABELS)


def zone_choices(country: str) -> list[tuple[str, Any]]:
    """Return every time zone for a form, after an empty one: those of the country in a group of their own, first."""
    near = [(name, LABELS[name]) for name in zones_of(country)]
    if not near:
        return [("", ""), *TIME_ZONES]
    rest = [pair for pair in TIME_ZONES if pair not in near]
    return [("", ""), (countries.name(country), near), (_("Everywhere else"), rest)]
