"""Unusual looking: noted once for each day that is over, and reviewed by somebody else."""

import datetime
import uuid
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from portal.access.asking import answer, asked
from portal.access.identity import action, patient
from portal.accounts.models import Person
from portal.audit import events
from portal.audit.events import Event
from portal.casework.workflow import NotPossible

MOST = 200  # access.unusual_looks() hands out no more


@dataclass(frozen=True)
class Unusual:
    """What was unusual on one day about one person, and what came of the review."""

    id: uuid.UUID
    day: datetime.date
    kind: str
    files: int
    person_id: uuid.UUID
    person: str
    agency: str
    reviewed: datetime.datetime | None
    reviewed_by: str | None
    is_concern: bool | None
    comment: str


def note_days() -> int:
    """Note what was unusual on the days of the last week that were not looked through yet. Returns how much is new."""
    return sum(note_day(day) for (day,) in asked("SELECT access.days_to_note()"))


@transaction.atomic
def note_day(day: datetime.date) -> int:
    """Note what was unusual on one day that is over; done already, it changes nothing."""
    patient()  # all that was looked at on a day
    return answer("SELECT access.note_unusual(%s)", day) or 0


def unusual(most: int = MOST) -> list[Unusual]:
    """Return what the person reviews: what waits first, then what was reviewed in the last 90 days."""
    return [Unusual(*row) for row in asked("SELECT * FROM access.unusual_looks(%s)", most)]


@action
def review(*, unusual_id: uuid.UUID, is_concern: bool, by: Person, reason: str) -> None:
    """Write down what came of a review. Raises NotPossible where somebody else was first or it is not theirs."""
    if not answer("SELECT access.review_unusual(%s, %s, %s)", unusual_id, is_concern, reason):
        raise NotPossible(_("This was reviewed already, or it is not yours to review."))
    events.record(Event("review unusual looking", "U", entity="access.unusual", entity_id=unusual_id))
