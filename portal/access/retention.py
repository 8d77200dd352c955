"""The retention clock: closed files that are past the day until which they are kept, and those that are kept longer."""

import datetime
import uuid
from dataclasses import dataclass

from django.utils.translation import gettext as _

from portal.access.asking import asked
from portal.access.erasing import Keeping, period
from portal.access.identity import Refused, action
from portal.access.models import KeptLonger
from portal.accounts.models import Person
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.events import Event
from portal.casework.workflow import NotPossible

LONGEST = datetime.timedelta(days=5 * 365)  # once; access.longer_fixed() says the same


@dataclass(frozen=True)
class Over:
    """A closed file past its day, as a privacy officer of its agency reads it."""

    id: uuid.UUID
    case_number: str
    code_name: str
    keep_until: datetime.date
    closed: datetime.datetime


def files_to_erase(person: Person, most: int) -> list[Over]:
    """Return the closed files of a privacy officer's agency that are kept past their day, the oldest first."""
    if Role.PRIVACY_OFFICER not in person.roles:
        return []
    values = (*period(person.agency.country), most)
    return [Over(*row) for row in asked("SELECT * FROM access.files_to_erase(%s, %s, %s)", *values)]


@action
def keep_longer(*, file: Keeping, until: datetime.date, by: Person, reason: str) -> KeptLonger:
    """Keep a closed file past its day, until another one, for a reason that is recorded."""
    if not file.erasable or file.keep_until is None:
        raise Refused(Event("refusal", "E", "refused", "not_yours_to_keep", child_id=file.child_id), known=True)
    today = clock.now().date()
    if not max(today, file.keep_until) < until <= today + LONGEST:
        raise NotPossible(_("Choose a day after the one that holds now, within five years."), "until")
    kept = KeptLonger(child_id=file.child_id, until=until, reason=reason, kept_by=by, at=clock.now())
    kept.save(force_insert=True)
    return kept
