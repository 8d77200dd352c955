"""The life cycle of a referral: sent, claimed, answered, then what came of it. Each step belongs to one of two sides."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.access.sections import Level, Section
from portal.casework.workflow import LifeCycle, State, Transition


class ReferralState(models.IntegerChoices):
    DRAFT = 1, _("Draft")
    SENT = 2, _("Sent, not answered")
    CLAIMED = 3, _("Claimed")
    ACCEPTED = 4, _("Accepted")
    WAITING = 5, _("Waiting list")
    DECLINED = 6, _("Declined")
    IN_SERVICE = 7, _("In service")
    COMPLETED = 8, _("Completed")
    NOT_ATTENDED = 9, _("Not attended")
    WITHDRAWN = 10, _("Withdrawn")
    REVOKED = 11, _("Revoked")
    EXPIRED = 12, _("Expired")


Is = ReferralState
FILE = (Section.SUMMARY, Level.VIEW)  # whose step it is, the side says
UNANSWERED = (Is.SENT, Is.CLAIMED, Is.WAITING)
STARTED = (Is.ACCEPTED, Is.IN_SERVICE)
LIVE = (*UNANSWERED, *STARTED)
TAKEN_BACK = (Is.WITHDRAWN, Is.REVOKED, Is.EXPIRED)

REFERRAL = LifeCycle(
    "state",
    {
        Is.DRAFT: State(_("Draft"), "grey"),
        Is.SENT: State(_("Sent, not answered"), "yellow", "hourglass"),
        Is.CLAIMED: State(_("Claimed"), "blue"),
        Is.ACCEPTED: State(_("Accepted"), "green", "tick"),
        Is.WAITING: State(_("Waiting list"), "yellow", "hourglass"),
        Is.DECLINED: State(_("Declined"), "orange"),
        Is.IN_SERVICE: State(_("In service"), "blue"),
        Is.COMPLETED: State(_("Completed"), "green", "tick"),
        Is.NOT_ATTENDED: State(_("Not attended"), "orange"),
        Is.WITHDRAWN: State(_("Withdrawn"), "grey"),
        Is.REVOKED: State(_("Revoked"), "grey"),
        Is.EXPIRED: State(_("Expired"), "grey"),
    },
    (
        Transition("send", (Is.DRAFT,), Is.SENT, *FILE, _("Send"), _("Referral sent"), side="sender"),
        Transition("drop", (Is.DRAFT,), Is.WITHDRAWN, *FILE, _("Drop the draft"), _("Draft dropped"), side="sender"),
        Transition(
            "claim", UNANSWERED, Is.CLAIMED, *FILE, _("Claim"), _("Referral claimed for an answer"), side="recipient"
        ),
        Transition("accept", UNANSWERED, Is.ACCEPTED, *FILE, _("Accept"), _("Referral accepted"), side="recipient"),
        Transition(
            "wait", UNANSWERED, Is.WAITING, *FILE, _("Send back “Waiting list”"), _("Referral put on a waiting list"),
            side="recipient", needs_reason=True,
        ),
        Transition(
            "decline", UNANSWERED, Is.DECLINED, *FILE, _("Decline"), _("Referral declined"),
            side="recipient", needs_reason=True,
        ),
        Transition(
            "start", (Is.ACCEPTED,), Is.IN_SERVICE, *FILE, _("Record the start"), _("Service of a referral started"),
            side="recipient",
        ),
        Transition(
            "complete", STARTED, Is.COMPLETED, *FILE, _("Record the result"), _("Referral completed"), side="recipient"
        ),
        Transition(
            "miss", STARTED, Is.NOT_ATTENDED, *FILE, _("Not attended"), _("Referral ended: not attended"),
            side="recipient",
        ),
        Transition(
            "withdraw", LIVE, Is.WITHDRAWN, *FILE, _("Withdraw"), _("Referral withdrawn"),
            side="sender", needs_reason=True,
        ),
        Transition(
            "revoke", LIVE, Is.REVOKED, *FILE, _("Revoke"), _("Referral revoked"), side="sender", needs_reason=True
        ),
        Transition("expire", UNANSWERED, Is.EXPIRED, *FILE, _("Expire"), _("Referral expired"), side="sender"),
    ),
)  # fmt: skip
