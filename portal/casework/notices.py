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
    "import_done": _("Your file was read: %(0)s."),
}
UNKNOWN = _("Something was to be told here that this version of the portal has no words for. Tell the operator.")


def sentence(notice: Notice) -> str:
    """Return a notice in the reader's language."""
    words = {str(number): code_names.shown(word) for number, word in enumerate(notice.words)}
    try:
        return str(SENTENCES[notice.kind]) % words
    except KeyError:  # a kind, or a number of words, that this version does not know: the page is not lost for it
        return str(UNKNOWN)
