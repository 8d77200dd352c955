"""What unusual looking is called."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

UNUSUAL_KINDS: dict[str, str | Promise] = {
    "many": _("Opened many files"),
    "night": _("Opened files at night, where this person works"),
    "without_task": _("Opened files without a task on them, and without changing anything"),
    "refused": _("Was refused often"),
}
