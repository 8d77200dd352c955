"""Conflicts of interest: who knows a child or the family opens nothing of the file, whatever was given.

A relation names a case number, and any number is taken alike: nobody learns by declaring whether there is a file.
"""

from typing import Any

from django.utils.translation import gettext as _

from portal.access.asking import answer
from portal.access.identity import Refused, action, current
from portal.access.models import ConflictOfInterest
from portal.access.work import give_back, tell
from portal.accounts.models import Person
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.events import Event
from portal.casework.workflow import NotPossible


@action
def declare(*, number: str, by: Person, reason: str = "") -> None:
    """Record that one knows the child of a number, or the family: from now on the file is closed to oneself."""
    give_back(number=number, person=by, by=by)
    record(number=number, person=by, by=by, reason=reason)


@action
def name(*, number: str, person: Person, by: Person, reason: str) -> None:
    """Record that somebody else knows the child of a file that is open to oneself. The person is not told."""
    if not may_name(person, number):
        raise Refused(Event("refusal", "E", "refused", "not_yours_to_name"), known=False)
    record(number=number, person=person, by=by, reason=reason)
    give_back(number=number, person=person, by=by)


def may_name(person: Person, number: str) -> bool:
    """Return whether the person in hand may record somebody's relation to the child of this number."""
    return answer("SELECT access.may_name(%s, %s)", person.pk, number)


def record(*, number: str, person: Person, by: Person, reason: str) -> None:
    """Write the relation down, and tell the privacy officers of the person's agency that there is one to know of."""
    live = ConflictOfInterest.objects.filter(person=person, number=number, recorded_by=by, ended=None)
    if live.exists():
        return
    declared = ConflictOfInterest(person=person, number=number, reason=reason, recorded_by=by, recorded=clock.now())
    declared.save(force_insert=True)
    current().rights.clear()
    officers = Person.objects.filter(
        agency_id=person.agency_id,  # type: ignore[attr-defined]
        is_active=True,
        roles__contains=[str(Role.PRIVACY_OFFICER)],
    )
    told = [officer for officer in officers if officer.pk not in (by.pk, person.pk)]
    tell(told, "conflict_recorded", [by.short_name], subject_id=declared.pk)


def declared_by(person: Person) -> Any:
    """Return what somebody declared of themselves, the newest first; what others recorded of them is not told."""
    return ConflictOfInterest.objects.filter(person=person, recorded_by=person).order_by("-recorded", "-pk")


def kept_by(person: Person) -> Any:
    """Return the relations that a privacy officer keeps: those of the people of the agency, but the officer's own."""
    if Role.PRIVACY_OFFICER not in person.roles:
        raise Refused(Event("refusal", "R", "refused", "not_a_privacy_officer"), known=False)
    found = ConflictOfInterest.objects.filter(person__agency_id=person.agency_id)  # type: ignore[misc]
    return found.exclude(person=person).select_related("person", "recorded_by__agency", "ended_by")


@action
def end(*, conflict: ConflictOfInterest, by: Person, reason: str) -> ConflictOfInterest:
    """End a relation that does not hold: by a privacy officer who is neither the person nor whoever recorded it."""
    found = kept_by(by).select_for_update(of=("self",)).filter(pk=conflict.pk).first()
    if found is None:
        raise Refused(Event("refusal", "U", "refused", "not_yours_to_end"), known=False)
    if by.pk in (found.person_id, found.recorded_by_id):
        raise NotPossible(
            _("You recorded it yourself. Ask another privacy officer of your agency to end it."), "reason"
        )
    if found.ended is None:
        found.ended, found.ended_by, found.end_reason = clock.now(), by, reason
        found.save()
        current().rights.clear()
    return found
