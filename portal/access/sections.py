"""The sections of a child's file, the stages of a child, and the fixed numbers of the permissions on them.

Permissions are rows of Django's own table with ids chosen here, so that the text of the database policies
is the same in every database.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Section(models.IntegerChoices):
    SUMMARY = 1, _("Summary")
    IDENTITY = 2, _("Identity")
    WHEREABOUTS = 3, _("Whereabouts")
    HEALTH = 4, _("Health")
    THERAPY = 5, _("Therapy")
    CARE = 6, _("Care")
    LEGAL = 7, _("Legal")
    INVESTIGATION = 8, _("Investigation")
    SUSPECTS = 9, _("Suspects")

    @property
    def slug(self) -> str:
        return self.name.lower()

    @property
    def restricted(self) -> bool:
        """Whether few people hold the section: it carries a padlock, and its stored values are sealed."""
        return self in RESTRICTED


RESTRICTED = frozenset({Section.IDENTITY, Section.WHEREABOUTS, Section.HEALTH, Section.THERAPY})
CARE_SECTIONS = frozenset(Section) - {Section.INVESTIGATION, Section.SUSPECTS}


class Level(models.IntegerChoices):
    VIEW = 0, _("view")
    CHANGE = 1, _("change")


class Stage(models.IntegerChoices):
    SOUGHT = 1, _("Sought")
    LOCATED = 2, _("Located")
    RESCUE_PLANNED = 3, _("Rescue planned")
    RESCUED = 4, _("Rescued")
    IN_CARE = 5, _("In care")
    FOLLOW_UP = 6, _("Follow-up")
    CLOSED = 7, _("Closed")
    DECEASED = 8, _("Deceased")


SAFE = (Stage.RESCUED, Stage.IN_CARE, Stage.FOLLOW_UP)  # found, and somebody is there for the child
IN_EMERGENCY = (
    0  # the stage that rows of an emergency access carry: what it opens does not hang on the child's own stage
)
BASE = 1000  # permission ids: view 1001-1009, change 1010-1018
SERIES_VIEW = 1901
SERIES_CHANGE = 1902


def permission_id(section: int, level: int) -> int:
    """Return the id of the permission to view or change a section of a child's file."""
    return BASE + section + 9 * level


def codename(section: Section, level: Level) -> str:
    """Return the permission's name: view_care, change_care."""
    return f"{level.name.lower()}_{section.slug}"
