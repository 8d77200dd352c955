"""The life cycles of a care plan and of its actions. Access comes by the plan's section; approval by a supervisor."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.access.sections import Level, Section
from portal.casework.workflow import LifeCycle, State, Transition


class PlanState(models.IntegerChoices):
    DRAFT = 1, _("Draft")
    SENT = 2, _("Sent for approval")
    CHANGES_ASKED = 3, _("Changes asked")
    AGREED = 4, _("Agreed")
    REPLACED = 5, _("Replaced")


class ActionState(models.IntegerChoices):
    NOT_STARTED = 1, _("Not started")
    IN_PROGRESS = 2, _("In progress")
    DONE = 3, _("Done")
    PARTLY = 4, _("Partly done")
    NOT_ACHIEVED = 5, _("Not achieved")
    CANCELLED = 6, _("Cancelled")


P = PlanState
A = ActionState
WRITTEN = (P.DRAFT, P.CHANGES_ASKED)  # where a version may be written; what was sent or agreed stays as it is
READS = (Section.CARE, Level.VIEW)
WRITES = (Section.CARE, Level.CHANGE)

PLAN = LifeCycle(
    "state",
    {
        P.DRAFT: State(P.DRAFT.label, "grey"),
        P.SENT: State(P.SENT.label, "yellow", "hourglass"),
        P.CHANGES_ASKED: State(P.CHANGES_ASKED.label, "yellow"),
        P.AGREED: State(P.AGREED.label, "green", "tick"),
        P.REPLACED: State(P.REPLACED.label, "grey"),
    },
    (
        Transition(
            "send",
            WRITTEN,
            P.SENT,
            *WRITES,
            _("Send for approval"),
            _("Care plan sent for approval"),
        ),
        Transition(
            "agree", (P.SENT,), P.AGREED, *READS, _("Approve the plan"), _("Care plan agreed"), second_person=True
        ),
        Transition(
            "ask_changes",
            (P.SENT,),
            P.CHANGES_ASKED,
            *READS,
            _("Ask for changes"),
            _("Changes to the care plan asked"),
            needs_reason=True,
            second_person=True,
        ),
        Transition("replace", (P.AGREED,), P.REPLACED, *READS, _("Replace the plan"), _("Care plan replaced")),
    ),
)

OPEN_ACTION = (A.NOT_STARTED, A.IN_PROGRESS, A.PARTLY)
ACTION = LifeCycle(
    "state",
    {
        A.NOT_STARTED: State(A.NOT_STARTED.label, "grey"),
        A.IN_PROGRESS: State(A.IN_PROGRESS.label, "blue"),
        A.DONE: State(A.DONE.label, "green", "tick"),
        A.PARTLY: State(A.PARTLY.label, "orange"),
        A.NOT_ACHIEVED: State(A.NOT_ACHIEVED.label, "orange"),
        A.CANCELLED: State(A.CANCELLED.label, "grey"),
    },
    (
        Transition("begin", (A.NOT_STARTED,), A.IN_PROGRESS, *WRITES, _("Begin"), _("Action of the care plan begun")),
        Transition("finish", OPEN_ACTION, A.DONE, *WRITES, _("Mark done"), _("Action of the care plan done")),
        Transition(
            "finish_partly",
            (A.NOT_STARTED, A.IN_PROGRESS),
            A.PARTLY,
            *WRITES,
            _("Partly done"),
            _("Action of the care plan partly done"),
        ),
        Transition(
            "give_up",
            OPEN_ACTION,
            A.NOT_ACHIEVED,
            *WRITES,
            _("Not achieved"),
            _("Action of the care plan not achieved"),
        ),
        Transition(
            "cancel",
            OPEN_ACTION,
            A.CANCELLED,
            *WRITES,
            _("Cancel the action"),
            _("Action of the care plan cancelled"),
            needs_reason=True,
        ),
    ),
)
