"""The life cycle of a hand-over: begun, signed by who gives, signed by who receives; or refused, or called off."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.access.sections import Level, Section
from portal.casework.workflow import LifeCycle, State, Transition


class HandOverState(models.IntegerChoices):
    STARTED = 1, _("Begun")
    GIVEN = 2, _("Signed by who gives")
    RECEIVED = 3, _("Handed over")
    REFUSED = 4, _("Not received")
    CANCELLED = 5, _("Called off")


Is = HandOverState
OPEN = (Is.STARTED, Is.GIVEN)
CARE = (Section.CARE, Level.CHANGE)

HAND_OVER = LifeCycle(
    "state",
    {
        Is.STARTED: State(_("Begun"), "yellow", "hourglass"),
        Is.GIVEN: State(_("Signed by who gives"), "yellow", "hourglass"),
        Is.RECEIVED: State(_("Handed over"), "green", "tick"),
        Is.REFUSED: State(_("Not received"), "grey"),
        Is.CANCELLED: State(_("Called off"), "grey"),
    },
    (
        Transition("give", (Is.STARTED,), Is.GIVEN, *CARE, _("Sign: I give"), _("Hand-over signed by who gives")),
        Transition("receive", (Is.GIVEN,), Is.RECEIVED, *CARE, _("Finish the hand-over"), _("Handed over")),
        Transition(
            "refuse", OPEN, Is.REFUSED, *CARE, _("Do not receive"), _("Hand-over not received"), needs_reason=True
        ),
        Transition(
            "cancel",
            OPEN,
            Is.CANCELLED,
            *CARE,
            _("Call off the hand-over"),
            _("Hand-over called off"),
            needs_reason=True,
        ),
    ),
)
