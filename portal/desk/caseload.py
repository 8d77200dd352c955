"""The files on somebody's desk: what is due next on each, the last contact made, and what changed since one looked."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from portal.access.holders import people_of
from portal.access.sections import Stage
from portal.access.timeline import changes_since, last_looks
from portal.access.visibility import listed_ids
from portal.accounts.models import Membership, Person
from portal.accounts.roles import Role
from portal.casework.groups import Contact, Group
from portal.casework.templatetags.portal import date_of
from victims.models import Child
from victims.views.children import list_rows

SHOWN = 10
LIMIT = 25  # children for one worker: common practice in case management
COUNTED = 1000
ENDED = (Stage.CLOSED, Stage.DECEASED)
WORKERS = frozenset({Role.SOCIAL_WORKER, Role.NGO_WORKER})


@dataclass(frozen=True)
class Caseload:
    """The rows of the table, how many children are on the list, for how many workers, and who gives out files."""

    rows: Sequence[dict[str, Any]] = ()
    ids: Sequence[uuid.UUID] = ()
    count: int | None = None  # of those who work with children: open files of their teams, where these own any
    workers: int = 0
    has_contacts: bool = False
    givers: Sequence[str] = field(default=())

    @property
    def limit(self) -> int:
        return LIMIT * max(self.workers, 1)

    @property
    def is_over(self) -> bool:
        return self.count is not None and self.count > self.limit


def caseload(person: Person, groups: Sequence[Group]) -> Caseload:
    """Return the files on this desk: first those on which something is due, then the newest, sorted by what is due."""
    named = [child for group in groups if group.id in ("late", "today", "week") for child in group.files]
    ids = list(dict.fromkeys([*named, *listed_ids(person, most=SHOWN)]))[:SHOWN]
    rows = list_rows(person, ids)
    contacts = last_contacts(person, ids)
    since = changes_since(person, last_looks(person, ids))
    for row in rows:
        row |= {"contact": contacts.get(row["child"].pk), "changes": since.get(row["child"].pk, 0)}
    rows.sort(key=lambda row: (row["due"] is None, str(row["due"] and date_of(row["due"]))))
    shown = [row["child"].pk for row in rows]
    if WORKERS.isdisjoint(person.roles):
        return Caseload(rows, shown, has_contacts=bool(contacts), givers=givers(person) if not rows else ())
    return Caseload(
        rows,
        shown,
        count_open(person) or None,
        count_workers(person),
        bool(contacts),
        givers(person) if not rows else (),
    )


def last_contacts(person: Person, ids: list[uuid.UUID]) -> dict[uuid.UUID, Contact]:
    """Return the last contact that was made with each child, from whoever keeps such records."""
    latest: dict[uuid.UUID, Contact] = {}
    for name in settings.LAST_CONTACTS:
        for child_id, contact in import_string(name)(person, ids).items():
            if child_id not in latest or contact.on > latest[child_id].on:
                latest[child_id] = contact
    return latest


def count_open(person: Person) -> int:
    """Return how many open files the person's teams own, counted no further than a thousand."""
    owned = Child.objects.filter(owner_id__in=person.team_ids).exclude(stage__in=ENDED)
    return owned.values("pk")[:COUNTED].count()


def count_workers(person: Person) -> int:
    """Return how many people of the person's teams work with children."""
    members = {one.pk: one for people in people_of(person.team_ids).values() for one in people}
    return sum(not WORKERS.isdisjoint(one.roles) for one in members.values())


def givers(person: Person) -> list[str]:
    """Return who gives out files in the person's teams: the supervisors."""
    supervisors = Membership.objects.working().filter(person__roles__contains=[Role.SUPERVISOR])
    found = supervisors.filter(team_id__in=person.team_ids).exclude(person=person).select_related("person")
    return sorted({membership.person.short_name for membership in found})
