"""The life cycle of a placement: a bed is held, then the child is admitted or the hold released, then the stay ends."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.access.sections import Level, Section
from portal.casework.workflow import LifeCycle, State, Transition


class PlacementState(models.IntegerChoices):
    HELD = 1, _("Bed held")
    ADMITTED = 2, _("In bed")
    ENDED = 3, _("Stay ended")
    RELEASED = 4, _("Hold released")


Is = PlacementState
WHEREABOUTS = (Section.WHEREABOUTS, Level.CHANGE)

PLACEMENT = LifeCycle(
    "state",
    {
        Is.HELD: State(_("Bed held"), "yellow", "hourglass"),
        Is.ADMITTED: State(_("In bed"), "teal"),
        Is.ENDED: State(_("Stay ended"), "grey"),
        Is.RELEASED: State(_("Hold released"), "grey"),
    },
    (
        Transition("hold", (), Is.HELD, *WHEREABOUTS, _("Hold a bed for 4 h"), _("Bed held")),
        Transition("renew", (Is.HELD,), Is.HELD, *WHEREABOUTS, _("Hold 4 h longer"), _("Hold renewed")),
        Transition("admit", (Is.HELD,), Is.ADMITTED, *WHEREABOUTS, _("Admit the child"), _("Admitted to a shelter")),
        Transition("release", (Is.HELD,), Is.RELEASED, *WHEREABOUTS, _("Release the bed"), _("Bed released")),
        Transition(
            "change_bed", (Is.ADMITTED,), Is.ADMITTED, *WHEREABOUTS, _("Move to another bed"), _("Moved to another bed")
        ),
        Transition("end", (Is.ADMITTED,), Is.ENDED, *WHEREABOUTS, _("End the stay"), _("Stay in a shelter ended")),
    ),
)
