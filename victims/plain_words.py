"""The sections in words for a young reader, and what a paper says of what is left out of it."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.access.sections import Section
from portal.casework.models import Lookup
from victims.models import Disclosure, FollowUp


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

# Fields that no child's copy has: papers are found by others, first of all by those at home.
NOT_ON_PAPER = {Section.WHEREABOUTS: ("place", "phone")}

# What stands before a value in the file, and in the child's copy.
LABELS = (
    (_("Where the child stands"), _("Where things stand for you")),
    (_("how the birth date is known"), _("how we know when you were born")),
    (_("what happened, or what the child says"), _("what happened, or what you said")),
    (_("How the child is doing"), _("How you are doing")),
    (_("In the child’s own words"), _("In your own words")),
    (_("The child agrees"), _("You agree")),
    (_("The guardian agrees"), _("Your guardian agrees")),
    (_("Goal"), _("What we want to reach with you")),
    (_("Action"), _("What is done for it")),
    (_("Risk of return"), _("Danger that it happens again")),
    (_("Seen alone"), _("We talked with you alone")),
    (_("Safe at the moment"), _("You were safe")),
    (_("what the child wants, in the child’s own words"), _("what you want, in your own words")),
    (_("how the child is"), _("how you were")),
)


def to_child(label: str | Promise) -> str:
    """Return a label as it is said to the child."""
    return str({str(old): new for old, new in LABELS}.get(str(label), label))


# What was chosen and speaks of the child: by its word in a vocabulary, whatever an administrator calls it.
CHOSEN = {
    ("birth_source", "child"): _("you said so"),
    ("care_kind", "wish"): _("what you want"),
    ("contact_mode", "came"): _("you came to us"),
    ("late_reason", "not_reached"): _("we could not reach you"),
    ("late_reason", "not_wanted"): _("you did not want it then"),
}


def chosen_to_child() -> dict[str, str]:
    """Return how chosen words are said to the child, by what they are in the file."""
    words = Lookup.objects.filter(vocabulary__in={vocabulary for vocabulary, _code in CHOSEN})
    told = {str(word): str(CHOSEN[key]) for word in words if (key := (word.vocabulary, word.code)) in CHOSEN}
    return told | {str(FollowUp.Result.REFUSED.label): gettext("you did not want it")}


# What may stand in the child's copy at all. What police look for, and about whom, is other people's.
TOLD = tuple(ABOUT)

GROUNDS = {
    "risk": _("it could put the child, or somebody else, in danger"),
    "investigation": _("an investigation is not finished"),
    "others": _("it is about other people"),
    "clinician": _("the clinician decided so"),
    "not_wanted": _("the child does not want it on paper"),
}


def left_out(disclosure: Disclosure) -> list[str]:
    """Return what is left out, in words that tell nothing of this file: the same of every one with these sections."""
    if disclosure.kind == Disclosure.Kind.COPY:
        return []
    words = [
        gettext("names of those who worked with the child: the agency stands in their place"),
        gettext("what is about other children"),
        gettext("every section that the order does not name"),
    ]
    if Section.WHEREABOUTS not in disclosure.parts:
        words.append(gettext("where the child is, and the names of houses and clinics that would tell it"))
    if disclosure.begins or disclosure.ends:
        words.append(gettext("what is of other days than the order names"))
    return words


def ground_words(disclosure: Disclosure) -> list[tuple[str, str]]:
    """Return which sections are left out of the child's copy and on which ground, for those who keep the file."""
    return [
        (str(Section(int(number)).label), str(GROUNDS[code])) for number, code in sorted(disclosure.withheld.items())
    ]
