"""The life cycle of a pair of series: to decide, proposed by one officer, the same, not the same, or left open."""

from django.utils.translation import gettext_lazy as _

from portal.access.sections import Level, Section
from portal.casework.workflow import LifeCycle, State, Transition
from victims.models import SeriesPair

S = SeriesPair.State
INVESTIGATION = (Section.INVESTIGATION, Level.CHANGE)
UNDECIDED = (S.WAITING, S.CANNOT_TELL)

MATCH = LifeCycle(
    "state",
    {
        S.WAITING: State(S.WAITING.label, "yellow", "hourglass"),
        S.PROPOSED: State(S.PROPOSED.label, "yellow", "hourglass"),
        S.SAME: State(S.SAME.label, "green", "tick"),
        S.NOT_THE_SAME: State(S.NOT_THE_SAME.label, "grey"),
        S.CANNOT_TELL: State(S.CANNOT_TELL.label, "blue"),
    },
    (
        Transition(
            "propose",
            UNDECIDED,
            S.PROPOSED,
            *INVESTIGATION,
            _("Same child"),
            _("said that it is the same child; a second officer has to confirm it"),
            needs_reason=True,
        ),
        Transition(
            "confirm",
            (S.PROPOSED,),
            S.SAME,
            *INVESTIGATION,
            _("Same child: confirm"),
            _("confirmed that it is the same child"),
            needs_reason=True,
            second_person=True,
        ),
        Transition(
            "dismiss",
            (*UNDECIDED, S.PROPOSED),
            S.NOT_THE_SAME,
            *INVESTIGATION,
            _("Not the same"),
            _("said that it is not the same child"),
            needs_reason=True,
        ),
        Transition(
            "leave_open",
            (S.WAITING, S.PROPOSED),
            S.CANNOT_TELL,
            *INVESTIGATION,
            _("Cannot tell yet"),
            _("said that it cannot be told yet"),
            needs_reason=True,
        ),
        Transition(
            "take_up",
            (S.SAME, S.NOT_THE_SAME),
            S.CANNOT_TELL,
            *INVESTIGATION,
            _("Look at it again"),
            _("took the pair up again"),
            needs_reason=True,
        ),
    ),
)
