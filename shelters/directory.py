"""Keeping the directory: a shelter, its sealed address, its beds and its counts, by the team that runs it."""

import datetime
from typing import Any

from portal.access.identity import Refused, action
from portal.accounts.models import Person, Team
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.events import Event
from shelters.models import Bed, Shelter, ShelterAddress

PLACERS = frozenset({Role.SOCIAL_WORKER, Role.INVESTIGATOR, Role.INTAKE, Role.SHELTER_WORKER})
READERS = PLACERS | {Role.SUPERVISOR}


def check_reads(person: Person) -> None:
    """Raise Refused for roles that place no child."""
    if READERS.isdisjoint(person.roles):
        raise Refused(Event("refusal", "R", "refused", "not_a_placing_role"), known=False)


def check_keeps(team_id: Any, person: Person) -> None:
    """Raise Refused unless the person is a shelter worker of the team."""
    if Role.SHELTER_WORKER not in person.roles or team_id not in person.team_ids:
        raise Refused(Event("refusal", "E", "refused", "not_your_shelter"), known=False)


def may_enter(person: Person) -> bool:
    """Return whether the person enters shelters into the directory: a shelter worker, for a team of one's own."""
    return Role.SHELTER_WORKER in person.roles and bool(person.team_ids)


def check_enters(person: Person) -> None:
    """Raise Refused for whoever enters none."""
    if not may_enter(person):
        raise Refused(Event("refusal", "E", "refused", "not_your_shelter"), known=False)


@action
def open_shelter(
    *, team: Team, values: dict[str, Any], address: dict[str, str], by: Person, reason: str = ""
) -> Shelter:
    """Enter a shelter into the directory, with its sealed address."""
    check_keeps(team.pk, by)
    shelter = Shelter(agency_id=team.agency_id, team=team, **values)  # type: ignore[misc]
    shelter.save(force_insert=True)
    ShelterAddress(id=shelter.pk, shelter=shelter, **address).save(force_insert=True)
    return shelter


@action
def change_shelter(*, shelter: Shelter, values: dict[str, Any], by: Person, reason: str) -> Shelter:
    """Change what the directory says."""
    check_keeps(shelter.team_id, by)  # type: ignore[attr-defined]
    return changed(Shelter.objects.select_for_update(of=("self",)).get(pk=shelter.pk), values)


@action
def change_address(*, address: ShelterAddress, values: dict[str, Any], by: Person, reason: str) -> ShelterAddress:
    """Change the address or who is on call; what stood before stays in its history, sealed."""
    check_keeps(address.shelter.team_id, by)  # type: ignore[attr-defined]
    return changed(ShelterAddress.objects.select_for_update(of=("self",)).get(pk=address.pk), values)


@action
def add_bed(*, shelter: Shelter, values: dict[str, Any], by: Person, reason: str = "") -> Bed:
    """Add a bed."""
    check_keeps(shelter.team_id, by)  # type: ignore[attr-defined]
    bed = Bed(shelter=shelter, **values)
    bed.save(force_insert=True)
    return bed


@action
def change_bed(*, bed: Bed, values: dict[str, Any], by: Person, reason: str) -> Bed:
    """Change a bed, or take it out of use."""
    check_keeps(bed.shelter.team_id, by)  # type: ignore[attr-defined]
    return changed(Bed.objects.select_for_update(of=("self",)).get(pk=bed.pk), values)


@action
def confirm_count(*, shelter: Shelter, by: Person, reason: str = "") -> Shelter:
    """Say that the free beds are what the portal says, as of now."""
    check_keeps(shelter.team_id, by)  # type: ignore[attr-defined]
    counted: dict[str, datetime.datetime | Person] = {"counted": clock.now(), "counted_by": by}
    return changed(Shelter.objects.select_for_update(of=("self",)).get(pk=shelter.pk), counted)


def changed(record: Any, values: dict[str, Any]) -> Any:
    """Put the values into a locked record and save it."""
    for name, value in values.items():
        setattr(record, name, value)
    record.save()
    return record
