"""Keeping the directory: entries of one's own team, said to be right, or full until a day."""

import datetime
from typing import Any

from portal.access.identity import Refused, action
from portal.access.roles import FILE_WORKERS, works_with_files
from portal.accounts.models import Person, Team
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.events import Event
from referrals.models import Service

KEEPERS = frozenset({Role.AGENCY_ADMIN, Role.OPERATOR})  # of what was read in from elsewhere
READERS = FILE_WORKERS | KEEPERS


def check_reads(person: Person) -> None:
    """Raise Refused for roles that refer no child and keep no words."""
    if READERS.isdisjoint(person.roles):
        raise Refused(Event("refusal", "R", "refused", "not_a_referring_role"), known=False)


def keeps(service: Service, person: Person) -> bool:
    """Return whether the service is one of the person's own teams, who works with files."""
    return service.team_id in person.team_ids and works_with_files(person.roles)  # type: ignore[attr-defined]


def check_keeps(team_id: Any, person: Person) -> None:
    """Raise Refused unless the person works in the team that runs the service."""
    if team_id not in person.team_ids or not works_with_files(person.roles):
        raise Refused(Event("refusal", "E", "refused", "not_your_service"), known=False)


@action
def add_service(*, team: Team, values: dict[str, Any], by: Person, reason: str = "") -> Service:
    """Enter a service of one's own team into the directory; whoever enters it says that it is right."""
    check_keeps(team.pk, by)
    service = Service(
        agency_id=team.agency_id,  # type: ignore[misc]
        team=team,
        checked=clock.now(),
        checked_by=by,
        **values,
    )
    service.save(force_insert=True)
    return service


@action
def change_service(*, service: Service, values: dict[str, Any], by: Person, reason: str) -> Service:
    """Change what the directory says of a service; whoever changes it says that the rest is right."""
    check_keeps(service.team_id, by)  # type: ignore[attr-defined]
    return changed(service, {**values, "checked": clock.now(), "checked_by": by})


@action
def confirm_service(*, service: Service, by: Person, reason: str = "") -> Service:
    """Say that what the directory says of the service is still right."""
    check_keeps(service.team_id, by)  # type: ignore[attr-defined]
    return changed(service, {"checked": clock.now(), "checked_by": by})


@action
def fill_up(*, service: Service, until: datetime.date | None, by: Person, reason: str = "") -> Service:
    """Say that the service takes only what cannot wait, until a day; or that it takes everything again."""
    check_keeps(service.team_id, by)  # type: ignore[attr-defined]
    return changed(service, {"full_until": until, "checked": clock.now(), "checked_by": by})


@action
def import_services(*, entries: list[tuple[str, dict[str, Any]]], by: Person, reason: str = "") -> tuple[int, int]:
    """Take services in from elsewhere, all of them or none: new ones, and changes of those that came before.

    They have no team: people ring them. Returns how many are new, and how many changed.
    """
    if KEEPERS.isdisjoint(by.roles):
        raise Refused(Event("refusal", "C", "refused", "not_a_keeper_of_words"), known=False)
    known = {one.source: one for one in Service.objects.exclude(source="").select_for_update(of=("self",))}
    added = altered = 0
    for source, values in entries:
        service = known.get(source)
        if service is None:
            Service(source=source, checked=clock.now(), checked_by=by, **values).save(force_insert=True)
            added += 1
        elif any(getattr(service, name) != value for name, value in values.items()):
            changed(service, values)
            altered += 1
    return added, altered


def changed(service: Service, values: dict[str, Any]) -> Service:
    """Put the values into the locked service and save it."""
    locked = Service.objects.select_for_update(of=("self",)).get(pk=service.pk)
    for name, value in values.items():
        setattr(locked, name, value)
    locked.save()
    return locked
