"""The life cycle of an import: sent, perhaps checked, then read in or refused."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from portal.access.sections import Level, Section
from portal.casework.workflow import LifeCycle, State, Transition
from victims.models import Import

S: Any = Import.State  # words, where the life cycles of a file have numbers; move() only compares them
INVESTIGATION = (Section.INVESTIGATION, Level.CHANGE)

IMPORT = LifeCycle(
    "state",
    {
        S.WAITING: State(_("Being read"), "yellow", "hourglass"),
        S.CHECKED: State(_("Checked, not read in"), "blue"),
        S.DONE: State(_("Read in"), "green", "tick"),
        S.REFUSED: State(_("Refused, nothing read in"), "orange", "cross"),
    },
    (
        Transition("check", (S.WAITING,), S.CHECKED, *INVESTIGATION, _("Check the file"), _("File checked")),
        Transition("finish", (S.WAITING,), S.DONE, *INVESTIGATION, _("Read in the file"), _("File read in")),
        Transition("refuse", (S.WAITING,), S.REFUSED, *INVESTIGATION, _("Refuse the file"), _("File refused")),
        Transition("read_in", (S.CHECKED,), S.WAITING, *INVESTIGATION, _("Read it in now"), _("Sent to be read in")),
    ),
)
