"""The network's own name, time zone and languages: read from the database once every few seconds, never for each page."""

import time
import zoneinfo

from django.conf import settings
from django.db import Error, connection
from django.utils.translation import gettext as _

from portal.accounts.models import NETWORK_ID, Network

_kept: list[tuple[float, Network]] = []  # what this process read last, and when


def first_values() -> Network:
    """Return what the environment says, which counts until the operator has saved something else."""
    return Network(
        id=NETWORK_ID,
        name=settings.NETWORK_NAME,
        time_zone=settings.TIME_ZONE,
        languages=[code for code, _name in settings.LANGUAGES],
        mail_from=settings.DEFAULT_FROM_EMAIL,
    )


def network() -> Network:
    """Return the network's settings, at most some seconds old; while the database does not answer, the last known ones."""
    if not _kept or time.monotonic() - _kept[-1][0] > settings.NETWORK_SECONDS:
        last = _kept[-1][1] if _kept else None
        _kept[:] = [(time.monotonic(), read() or last or first_values())]
    return _kept[-1][1]


def read() -> Network | None:
    """Return the row; nothing where there is none yet, or where the database cannot be asked now."""
    if connection.in_atomic_block and connection.needs_rollback:
        return None
    try:
        return Network.objects.filter(pk=NETWORK_ID).first()
    except Error:
        return None


def forget() -> None:
    """Read the row anew the next time: it has just been saved."""
    _kept.clear()


def network_name() -> str:
    """Return what the network calls itself; the name that it has by default in the reader's language."""
    name = network().name
    return _("Safe Return") if name == "Safe Return" else name


def languages() -> list[tuple[str, str]]:
    """Return the languages that the network offers, of those that the portal speaks."""
    offered = network().languages
    return [pair for pair in settings.LANGUAGES if pair[0] in offered] or list(settings.LANGUAGES)


def zone() -> zoneinfo.ZoneInfo:
    """Return the zone in which those read times who have not signed in."""
    return zoneinfo.ZoneInfo(network().time_zone)
