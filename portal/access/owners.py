"""A file is never without somebody who can work on it: what a person leaves alone, and where it falls to in the same act.

Whoever moves people holds no file. So both are functions of the database, which know more than that person may see: they
give ids and a number, nothing of a child.
"""

import uuid
from typing import Any

from django.utils.translation import gettext_lazy as _

from portal.access.asking import answer, asked
from portal.access.identity import Refused, action
from portal.access.work import members
from portal.accounts.models import Person, Team
from portal.audit.events import Event
from portal.casework.workflow import NotPossible

KEPT = {
    "nobody at the intake desk": _(
        "Nobody at the intake desk of the agency works with files, and its files must not be left alone."
        " Put somebody there first."
    ),
    "a child changes hands": _(
        "A child of this team changes hands right now. Let them finish that hand-over, or call it off, first."
    ),
}


def take_turn(agency_id: Any) -> None:
    """Wait for whoever moves people or files of the agency right now; raise Refused where that closed one's own account."""
    if not answer("SELECT access.take_turn(%s)", agency_id):
        raise Refused(Event("refusal", "E", "refused", "closed_meanwhile"), known=False)


def demand_staffed(team: Team) -> None:
    """Raise NotPossible of a team in which nobody works with files: no file goes there."""
    take_turn(team.agency_id)  # type: ignore[attr-defined]
    if not members(team):
        raise NotPossible(str(_("Nobody in this team works with files now. Choose another team.")), "team")


def left_alone(person: Person, team: Team | None = None) -> list[uuid.UUID]:
    """Return the files whose owner team has nobody left to work on them once the person leaves that team, or every team."""
    return [row[0] for row in asked("SELECT access.files_left_alone(%s, %s)", person.pk, team and team.pk)]


@action
def hand_to_intake(*, person: Person, by: Person, reason: str, team: Team | None = None) -> int:
    """Move the files that the person leaves alone to the agency's intake desk; return how many.

    To be called before the membership ends or the account is closed, in the same transaction. Raises NotPossible where
    they cannot be moved: then the person cannot leave yet.
    """
    ids = [person.pk, team and team.pk]
    hindrance = answer("SELECT access.kept_from_intake(%s, %s)", *ids)
    if hindrance:
        raise NotPossible(str(KEPT[hindrance]))
    return int(answer("SELECT access.move_to_intake(%s, %s, %s)", *ids, reason))
