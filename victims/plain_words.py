"""The sections in words for a young reader, and why a part may be left out of the child's own copy."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.access.sections import Section


@dataclass(frozen=True)
class Told:
    """A section as the child reads of it: what it is called, and what stands there."""

    title: str | Promise
    sentence: str | Promise


ABOUT: dict[Section, Told] = {
    Section.SUMMARY: Told(_("The first page"), _("Everybody who helps you reads this page first.")),
    Section.IDENTITY: Told(_("Who you are"), _("Your name and when you were born, as far as we know.")),
    Section.WHEREABOUTS: Told(_("Where you live"), _("Where you are now, and where you were before.")),
    Section.CARE: Told(_("How you are, and what is planned"), _("What was planned with you, and what you told us.")),
    Section.HEALTH: Told(_("Your health"), _("What doctors and nurses found, and what they did for you.")),
    Section.THERAPY: Told(_("Your talks"), _("What was written after the talks that are only for you.")),
    Section.LEGAL: Told(_("What was decided"), _("What courts and offices decided about you.")),
}

# What may stand in the child's copy at all. What police look for, and about whom, is other people's.
TOLD = tuple(ABOUT)

GROUNDS = {
    "risk": _("it could put the child, or somebody else, in danger"),
    "investigation": _("an investigation is not finished"),
    "others": _("it is about other people"),
    "clinician": _("the clinician decided so"),
    "not_wanted": _("the child does not want it on paper"),
}
