"""What each kind of notice says and where it leads; never health, kind of service, place or a suspect."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.casework.models import Notice
from portal.casework.templatetags.portal import quoted


@dataclass(frozen=True)
class Kind:
    """A kind of notice: its sentence, of who and the code name; the page that it leads to, and what the link says."""

    sentence: str | Promise
    page: str = ""  # the name of an address
    names: str = ""  # what the address names: the notice's subject, its child, or nothing
    link: str | Promise = ""


MY_WORK = ("desk:home", "", _("Go to My work"))
CARE_PAGE = ("victims:care", "child_id", _("Go to the care plan"))
IMPORT = ("victims:import", "subject_id", _("See what came of it"))
KINDS: dict[str, Kind] = {
    "access_offered": Kind(_("%(0)s offers your team access to %(1)s. Accept or decline it on My work."), *MY_WORK),
    "access_offered_to_you": Kind(_("%(0)s offers you access to %(1)s. Accept or decline it on My work."), *MY_WORK),
    "access_declined": Kind(
        _("%(0)s declined the access to %(1)s that you gave."),
        "victims:who",
        "child_id",
        _("See who can see this child"),
    ),
    "access_ended": Kind(_("%(0)s ended your team’s access to %(1)s.")),
    "access_ended_to_you": Kind(_("%(0)s ended your access to %(1)s.")),
    "approval_asked": Kind(_("%(0)s asks for a decision.")),
    "plan_sent": Kind(_("%(0)s asks you to approve the care plan of %(1)s."), *CARE_PAGE),
    "plan_decided": Kind(_("%(0)s decided on the care plan of %(1)s."), *CARE_PAGE),
    "risk_assessed": Kind(_("%(0)s assessed %(1)s anew. See whether the summary still fits."), *CARE_PAGE),
    "action_reminded": Kind(
        _("%(0)s reminds your team of an action for %(1)s."), "victims:action", "subject_id", _("Go to the action")
    ),
    "approval_decided": Kind(_("%(0)s decided on what you asked.")),
    "document_ready": Kind(_("Your PDF of %(1)s is ready."), "victims:document", "subject_id", _("Go to the PDF")),
    "import_checked": Kind(_("Your file was checked: %(0)s."), *IMPORT),
    "import_done": Kind(_("Your file was read in: %(0)s."), *IMPORT),
    "import_refused": Kind(_("Your file was refused: %(0)s."), *IMPORT),
    "bed_held": Kind(
        _("%(0)s holds a bed with you for 4 hours."), "shelters:asked", "subject_id", _("See what the child needs")
    ),
    "bed_free_again": Kind(_("%(0)s no longer needs the bed that was held with you.")),
    "bed_refused": Kind(_("%(0)s gave back the bed that you held. Find another one.")),
    "admitted": Kind(_("%(0)s admitted %(1)s."), "victims:child", "child_id", _("Go to the file")),
}
UNKNOWN = Kind(_("Something was to be told here that this version of the portal has no words for. Tell the operator."))
CODE_NAME = 1  # the place of the code name among a notice's words


def sentence(notice: Notice) -> str:
    """Return a notice in the reader's language, the code name in its quotation marks."""
    words = {str(place): quoted(word) if place == CODE_NAME else word for place, word in enumerate(notice.words)}
    try:
        return str(KINDS[notice.kind].sentence) % words
    except KeyError:  # a kind, or a number of words, that this version does not know: the page is not lost for it
        return str(UNKNOWN.sentence)


def address(notice: Notice) -> str:
    """Return the page that a notice leads to; nothing where there is none, or where its subject was not kept."""
    kind = KINDS.get(notice.kind, UNKNOWN)
    named = getattr(notice, kind.names) if kind.names else None
    if not kind.page or (kind.names and named is None):
        return ""
    return reverse(kind.page, args=[named] if named else [])
