"""What auditors and privacy officers see of files that they never open: which changed, who was refused, who looked at many."""

import uuid
from typing import Any

from portal.access.asking import asked
from portal.accounts.models import Team
from portal.accounts.roles import Role
from victims.workflow import IDENTITY, STAGE

OVERSEERS = frozenset({Role.AUDITOR, Role.PRIVACY_OFFICER})
FIGURE_ROLES = OVERSEERS | {Role.SUPERVISOR, Role.OPERATOR}  # who reads the figures of the network
MANY = 20  # files in 24 hours, from which on somebody's looks are shown


class States:
    """The two states of a file, as their life cycles read them."""

    def __init__(self, identity: int, stage: int) -> None:
        self.identity = identity
        self.stage = stage


def changed_files(most: int) -> list[dict[str, Any]]:
    """Return the files that changed last, of those whose history the person may read."""
    names = ("id", "case_number", "identity", "stage", "owner_id", "changes", "latest", "person", "agency")
    found = [dict(zip(names, row, strict=True)) for row in asked("SELECT * FROM access.files_changed(%s)", most)]
    teams: dict[uuid.UUID, Any] = Team.objects.select_related("agency").in_bulk([file["owner_id"] for file in found])
    for file in found:
        states = States(file["identity"], file["stage"])
        file |= {"states": [STAGE.state(states), IDENTITY.state(states)], "owner": teams[file["owner_id"]]}
    return found


def refusals(most: int) -> list[tuple[Any, ...]]:
    """Return the newest refusals: file, number, time, person, agency, sections."""
    return asked("SELECT * FROM access.refusals_overseen(%s)", most)


def wide_looks(most: int) -> list[tuple[Any, ...]]:
    """Return who opened many files in the last 24 hours: person's id, person, agency, files, last look."""
    return asked("SELECT * FROM access.wide_looks(%s, %s)", MANY, most)


def emergency_figures() -> list[dict[str, Any]]:
    """Return how often each person opened a file in an emergency, and what became of it; the share is of those reviewed."""
    names = ("person", "agency", "opened", "justified", "unjustified", "waiting", "late", "refused")
    found = [dict(zip(names, row, strict=True)) for row in asked("SELECT * FROM access.emergency_figures()")]
    for line in found:
        reviewed = line["justified"] + line["unjustified"]
        line["share"] = round(100 * line["unjustified"] / reviewed) if reviewed else None
    return found
