"""Reading addresses: what is no id, time or stage is a page that does not exist."""

import datetime
import uuid

from django.http import Http404

from portal.access import timeline
from portal.access.sections import Stage


def moment_of(text: str) -> datetime.datetime:
    """Return the time in an address, or the end of time."""
    try:
        return datetime.datetime.fromisoformat(text) if text else timeline.END_OF_TIME
    except ValueError:
        raise Http404 from None


def id_of(text: str, otherwise: uuid.UUID) -> uuid.UUID:
    """Return the id in an address; what is none is a page that does not exist."""
    try:
        return uuid.UUID(text) if text else otherwise
    except ValueError:
        raise Http404 from None


def stage_of(text: str) -> Stage | None:
    """Return the stage in an address."""
    try:
        return Stage(int(text)) if text else None
    except ValueError:
        raise Http404 from None
