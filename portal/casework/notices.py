"""The sentence of each kind of notice: who, what and code name; never health, kind of service, place or a suspect."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.casework import code_names
from portal.casework.models import Notice

SENTENCES: dict[str, str | Promise] = {
    "access_offered": _("%(0)s offers your team access to %(1)s. Accept it to open the file."),
    "access_ended": _("%(0)s ended your access to %(1)s."),
    "approval_asked": _("%(0)s asks for a decision."),
    "approval_decided": _("%(0)s decided on what you asked."),
    "document_ready": _("Your PDF of %(1)s is ready."),
    "bed_held": _("%(0)s holds a bed with you for 4 hours. What is needed stands under Shelters."),
    "bed_free_again": _("%(0)s no longer needs the bed that was held with you."),
    "bed_refused": _("%(0)s gave back the bed that you held. Find another one."),
    "admitted": _("%(0)s admitted %(1)s."),
    "import_done": _("Your file was read: %(0)s."),
}


def sentence(notice: Notice) -> str:
    """Return a notice in the reader's language."""
    words = {str(number): code_names.shown(word) for number, word in enumerate(notice.words)}
    return str(SENTENCES[notice.kind]) % words
