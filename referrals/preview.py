"""What can be opened to the team that a referral goes to, and what it will not see."""

from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.access.holders import Reader, people_of, readers
from portal.access.sections import Level, Section
from portal.accounts.models import Team
from victims.models import Child

# What each section is to somebody who is outside it, in words for the list of what they will not see.
PARTS = {
    Section.IDENTITY: gettext_lazy("name, birth date and family names"),
    Section.WHEREABOUTS: gettext_lazy("where the child lives"),
    Section.HEALTH: gettext_lazy("health, beyond the alerts of the care section"),
    Section.THERAPY: gettext_lazy("anything said in therapy"),
    Section.CARE: gettext_lazy("contacts, wishes and care alerts"),
    Section.LEGAL: gettext_lazy("orders and courts"),
    Section.INVESTIGATION: gettext_lazy("anything on series or the investigation"),
    Section.SUSPECTS: gettext_lazy("anything on suspects"),
}


def absent(opened: Collection[Section]) -> list[str]:
    """Return in words what whoever opens these sections will not see."""
    return [str(words) for section, words in PARTS.items() if section not in opened]


def team_readers(team: Team) -> list[Reader]:
    """Return the people of a team, with what their roles reach."""
    people = people_of([team.pk]).get(team.pk, [])
    known = readers(people)
    return [known[person.pk] for person in people]


def can_reach(reader: Reader, section: Section, level: Level, child: Any) -> bool:
    """Return whether the person's roles reach a section at the stage where the child is."""
    return bool(reader.stages(section, level) >> child.stage & 1)


def closed_sections(team: Team, child: Child) -> tuple[dict[Section, str], set[Section]]:
    """Return the sections that cannot be opened to the team, each with the reason, and those that it could write."""
    people = team_readers(team)
    closed: dict[Section, str] = {}
    written: set[Section] = set()
    for section in PARTS:
        if section == Section.THERAPY:
            closed[section] = _("goes to a named person only: give it on Who can see, once they have accepted")
        elif not any(section in who.reaches() for who in people):
            closed[section] = _("no role in this team opens it")
        elif not any(can_reach(who, section, Level.VIEW, child) for who in people):
            closed[section] = _("their roles do not open it at this stage")
        elif any(can_reach(who, section, Level.CHANGE, child) for who in people):
            written.add(section)
    return closed, written
