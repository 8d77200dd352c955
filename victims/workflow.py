"""The two independent life cycles of a file: who the child is, and where the work on the child stands."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.access.sections import Level, Section, Stage
from portal.casework.workflow import LifeCycle, State, Transition


class IdentityState(models.IntegerChoices):
    UNIDENTIFIED = 1, _("Unidentified")
    CANDIDATE = 2, _("Candidate")
    PROBABLE = 3, _("Probable")
    CONFIRMED = 4, _("Confirmed")
    ELSEWHERE = 5, _("Identified elsewhere")
    NOT_A_CHILD = 6, _("Not a child")
    ADULT = 7, _("Adult now")


Is = IdentityState
S = Stage
INVESTIGATION = (Section.INVESTIGATION, Level.CHANGE)
SUMMARY = (Section.SUMMARY, Level.CHANGE)
CARE = (Section.CARE, Level.CHANGE)
LEGAL = (Section.LEGAL, Level.CHANGE)
OPEN_QUESTION = (Is.UNIDENTIFIED, Is.CANDIDATE, Is.PROBABLE)

IDENTITY = LifeCycle(
    "identity",
    {
        Is.UNIDENTIFIED: State(_("Unidentified"), "grey"),
        Is.CANDIDATE: State(_("Candidate"), "yellow"),
        Is.PROBABLE: State(_("Probable"), "blue"),
        Is.CONFIRMED: State(_("Confirmed"), "green"),
        Is.ELSEWHERE: State(_("Identified elsewhere"), "purple"),
        Is.NOT_A_CHILD: State(_("Not a child"), "grey"),
        Is.ADULT: State(_("Adult now"), "grey"),
    },
    (
        Transition(
            "propose",
            (Is.UNIDENTIFIED,),
            Is.CANDIDATE,
            *INVESTIGATION,
            _("Name a candidate"),
            _("Candidate named"),
            needs_reason=True,
        ),
        Transition(
            "make_probable",
            (Is.CANDIDATE,),
            Is.PROBABLE,
            *INVESTIGATION,
            _("Make the identity probable"),
            _("Identity probable"),
            needs_reason=True,
        ),
        Transition(
            "confirm",
            (Is.PROBABLE,),
            Is.CONFIRMED,
            *INVESTIGATION,
            _("Confirm the identity"),
            _("Identity confirmed"),
            needs_reason=True,
            second_person=True,
        ),
        Transition(
            "withdraw",
            (Is.CANDIDATE, Is.PROBABLE, Is.CONFIRMED),
            Is.UNIDENTIFIED,
            *INVESTIGATION,
            _("Withdraw the identification"),
            _("Identification withdrawn"),
            needs_reason=True,
        ),
        Transition(
            "identified_elsewhere",
            OPEN_QUESTION,
            Is.ELSEWHERE,
            *INVESTIGATION,
            _("Record an identification elsewhere"),
            _("Identified elsewhere"),
            needs_reason=True,
        ),
        Transition(
            "not_a_child",
            OPEN_QUESTION,
            Is.NOT_A_CHILD,
            *INVESTIGATION,
            _("Record that the person is not a child"),
            _("Found not to be a child"),
            needs_reason=True,
        ),
        Transition(
            "adult_now",
            (*OPEN_QUESTION, Is.CONFIRMED),
            Is.ADULT,
            *INVESTIGATION,
            _("Record that the person is an adult now"),
            _("Found to be an adult now"),
            needs_reason=True,
        ),
    ),
)

STAGE = LifeCycle(
    "stage",
    {
        S.SOUGHT: State(_("Sought"), "grey"),
        S.LOCATED: State(_("Located"), "orange"),
        S.RESCUE_PLANNED: State(_("Rescue planned"), "blue"),
        S.RESCUED: State(_("Rescued"), "purple"),
        S.IN_CARE: State(_("In care"), "teal"),
        S.FOLLOW_UP: State(_("At home, followed"), "green"),
        S.CLOSED: State(_("Closed"), "grey"),
        S.DECEASED: State(_("Deceased"), "grey"),
    },
    (
        Transition(
            "locate", (S.SOUGHT,), S.LOCATED, *INVESTIGATION, _("Record that the child is located"), _("Located")
        ),
        Transition(
            "plan_rescue",
            (S.SOUGHT, S.LOCATED),
            S.RESCUE_PLANNED,
            *INVESTIGATION,
            _("Plan the rescue"),
            _("Rescue planned"),
        ),
        Transition(
            "rescue",
            (S.SOUGHT, S.LOCATED, S.RESCUE_PLANNED),
            S.RESCUED,
            *LEGAL,  # its record of the rescue stands there
            _("Record the rescue"),
            _("Rescued"),
        ),
        Transition(
            "take_into_care", (S.RESCUED,), S.IN_CARE, *CARE, _("Take into care"), _("Taken into care"), "owner"
        ),
        Transition(
            "start_follow_up",
            (S.RESCUED, S.IN_CARE),
            S.FOLLOW_UP,
            *CARE,
            _("Start follow-up"),
            _("Follow-up started"),
            "owner",
        ),
        Transition(
            "return_to_care",
            (S.FOLLOW_UP, S.CLOSED),
            S.IN_CARE,
            *CARE,
            _("Take back into care"),
            _("Taken back into care"),
            "owner",
            needs_reason=True,
        ),
        Transition(
            "search_again",
            (S.RESCUED, S.IN_CARE, S.FOLLOW_UP, S.CLOSED),
            S.SOUGHT,
            *CARE,
            _("Search again"),
            _("Sought again"),
            "owner",
            needs_reason=True,
        ),
        Transition(
            "close",
            (S.IN_CARE, S.FOLLOW_UP),
            S.CLOSED,
            *CARE,
            _("Close the file"),
            _("File closed"),
            "owner",
            needs_reason=True,
        ),
        Transition(
            "record_death",
            tuple(stage for stage in S if stage < S.CLOSED),
            S.DECEASED,
            *SUMMARY,
            _("Record the death"),
            _("Death recorded"),
            "owner",
            needs_reason=True,
        ),
        Transition(  # nobody writes SUMMARY of a closed file; after-care, which learns of a death, still writes CARE
            "record_later_death",
            (S.CLOSED,),
            S.DECEASED,
            *CARE,
            _("Record the death"),
            _("Death recorded"),
            "owner",
            needs_reason=True,
        ),
    ),
)

CYCLES = {"identity": IDENTITY, "stage": STAGE}
