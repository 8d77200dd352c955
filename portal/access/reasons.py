"""The reasons that acts of the portal give for access: kept as message ids, read in each reader's language."""

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

BED_HELD = _("Bed held")
HOLD_RAN_OUT = _("The hold of the bed ran out")
BED_RELEASED = _("The bed was given back")
STAY_ENDED = _("The stay ended")
REFERRAL_DECLINED = _("The referral was declined")
REFERRAL_ENDED = _("The referral ended")
REFERRAL_TAKEN_BACK = _("The referral was taken back")
HAND_OVER = _("Hand-over")
HANDED_OVER_ANEW = _("Handed over anew")
GOES_ON = _("Goes on with the investigation after the hand-over")
WITHOUT_THIS_TEAM = _("The investigation goes on without this team")
WORKED_ON_IT = _("Worked on it while it was open")
ANOTHER_OWNER = _("Another team owns the file from now on")
AGREEMENT_REPLACED = _("Another agreement was signed")
WHERE_IT_CAME_FROM = _("The access that it came from ended")
DANGER = _("The child’s life or health is in danger now")
MISSING_FOUND = _("A missing child was found")
TREATMENT = _("A child needs medical treatment now")
THREATENED = _("Whoever looks after the child is threatened")
BROUGHT_IN = _("A child was brought in, and nobody who knows the child can be reached")
ENDED_EARLY = _("Ended early by whoever opened the file")
WRITTEN = frozenset({
    DANGER, MISSING_FOUND, TREATMENT, THREATENED, BROUGHT_IN, ENDED_EARLY,
    BED_HELD, HOLD_RAN_OUT, BED_RELEASED, STAY_ENDED, REFERRAL_DECLINED, REFERRAL_ENDED, REFERRAL_TAKEN_BACK, HAND_OVER,
    HANDED_OVER_ANEW, GOES_ON, WITHOUT_THIS_TEAM, WORKED_ON_IT, ANOTHER_OWNER,
    WHERE_IT_CAME_FROM, AGREEMENT_REPLACED,
})  # fmt: skip


def shown(reason: str) -> str:
    """Return a reason in the reader's language; what somebody typed in other words stays as typed."""
    return gettext(reason) if reason in WRITTEN else reason
