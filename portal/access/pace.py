"""How often somebody may ask the same thing in a minute; what is too often is refused, on record, and shows nothing."""

from django.core.cache import cache

from portal.access.identity import Refused
from portal.accounts.models import Person
from portal.audit.events import Event

MINUTE = 60  # seconds


class TooMany(Refused):
    """The person asked too often; a minute later the same is answered."""

    def __init__(self, event: Event) -> None:
        super().__init__(event, known=False)


def demand_pace(person: Person, what: str, most: int) -> None:
    """Count one more of these of the person; raise TooMany above so many in a minute, counted from the first."""
    key = f"pace {what} {person.pk}".replace(" ", "-")
    cache.add(key, 0, MINUTE)
    try:
        count = cache.incr(key)
    except ValueError:  # the minute ended between the two
        return
    if count > most:
        raise TooMany(Event("refusal", "E", "refused", f"too_many_{what}"))
