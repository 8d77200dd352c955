"""How often somebody may ask the same thing in a minute; what is too often is refused, on record, and shows nothing."""

import logging

from django.core.cache import cache
from redis.exceptions import RedisError

from portal.access.identity import Refused
from portal.accounts.models import Person
from portal.audit.events import Event

log = logging.getLogger("portal.pace")
MINUTE = 60  # seconds


class TooMany(Refused):
    """The person asked too often; a minute later the same is answered."""

    def __init__(self, event: Event) -> None:
        super().__init__(event, known=False)


def demand_pace(person: Person, what: str, most: int) -> None:
    """Count one more of these of the person; raise TooMany above so many in a minute, counted from the first.

    Without the cache nothing is counted: a child needs a bed all the same, and each search is on record.
    """
    key = f"pace-{what}-{person.pk}"
    try:
        cache.add(key, 0, MINUTE)
        count = cache.incr(key)
    except ValueError:  # the minute ended between the two
        return
    except RedisError as problem:
        log.error("%s is not counted: %s", what, type(problem).__name__)
        return
    if count > most:
        raise TooMany(Event("refusal", "E", "refused", f"too_many_{what}"))
