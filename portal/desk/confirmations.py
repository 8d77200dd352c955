"""What a team confirms: that its files are still its own, and that the teams that were given them still work on them."""

import datetime
import uuid
import zoneinfo
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access.going_on import confirmed_every, to_confirm
from portal.access.models import Basis
from portal.access.rights import prefetch, works_as_owner
from portal.accounts.models import Person
from portal.accounts.roles import Role
from portal.casework.clock import today
from portal.casework.groups import Button
from portal.casework.models import Task

MOST = 100


def rows(person: Person) -> list[dict[str, Any]]:
    """Return one line for each file on which something is to be confirmed, what is due first at the top.

    Supervisors, who are told when it is late, read the lines; somebody who works on the file confirms.
    """
    by_file: dict[uuid.UUID, list[Any]] = {}
    for grant in to_confirm(person)[: MOST * 3]:
        by_file.setdefault(grant.child_id, []).append(grant)
    ids = list(by_file)[:MOST]
    prefetch(person, ids)
    every = confirmed_every(person.agency_id) or datetime.timedelta()  # type: ignore[attr-defined]
    found = [row(person, by_file[child_id], every) for child_id in ids]
    return [one for one in found if one["may_confirm"] or Role.SUPERVISOR in person.roles]


def row(person: Person, grants: list[Any], every: datetime.timedelta) -> dict[str, Any]:
    """Return one file, which team owns it, which others were given it without an end, and by when to confirm."""
    child = grants[0].child
    agency = child.owner.agency
    last = min(grant.last for grant in grants).astimezone(zoneinfo.ZoneInfo(agency.time_zone)).date()
    due: datetime.date = last + every
    others = [grant.team.label for grant in grants if grant.basis != Basis.OWNERSHIP and grant.team]
    return {
        "child": child,
        "owner": child.owner.label,
        "others": others,
        "since": last,
        "due": due,
        "is_late": due < today(agency.time_zone),
        "may_confirm": works_as_owner(person, child.pk, child.owner_id),
    }


def buttons(viewer: Person, tasks: list[Task]) -> dict[uuid.UUID, Button]:
    """Return the buttons of the tasks that ask to confirm, or to renew, access."""
    found = {
        task.pk: Button(_("Confirm"), reverse("desk:confirmations")) for task in tasks if task.kind == "confirm_access"
    }
    for task in tasks:
        if task.kind == "renew_access" and task.child_id:  # type: ignore[attr-defined]
            found[task.pk] = Button(_("Renew"), reverse("victims:who", args=[task.child_id]))  # type: ignore[attr-defined]
    return found
