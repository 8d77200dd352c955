"""What each kind of notice says and where it leads; never health, kind of service, place or a suspect."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.casework.models import Notice
from portal.casework.templatetags.portal import digits, quoted


@dataclass(frozen=True)
class Kind:
    """A kind of notice: its sentence, of who and the code name; the page that it leads to, and what the link says."""

    sentence: str | Promise
    page: str = ""  # the name of an address
    names: str = ""  # what the address names: the notice's subject, its child, or nothing
    link: str | Promise = ""


MY_WORK = ("desk:home", "", _("Go to My work"))
MY_ACCESS = ("desk:access", "", _("Go to My access"))
REFERRAL = ("referrals:asked", "subject_id", _("Go to the referral"))
MY_FILES = ("victims:children", "", _("Go to your files"))
WHO = ("victims:who", "child_id", _("See who can see this child"))
CARE_PAGE = ("victims:care", "child_id", _("Go to the care plan"))
IMPORT = ("victims:import", "subject_id", _("See what came of it"))
LICENCE = "shelters:licence", "subject_id"
MATCH = ("victims:match", "subject_id", _("Go to the match"))
HAND_OVER = ("referrals:hand_over", "subject_id", _("Go to the hand-over"))
EMERGENCY = ("desk:emergency_review", "subject_id", _("Go to the emergency access"))
DISCLOSURE = ("victims:disclosure", "subject_id", _("Go to the disclosure"))
EXTRACT = ("desk:extract", "subject_id", _("Go to the table"))
KINDS: dict[str, Kind] = {
    "access_offered": Kind(_("%(0)s offers your team access to %(1)s. Accept or decline it on My work."), *MY_WORK),
    "access_offered_to_you": Kind(_("%(0)s offers you access to %(1)s. Accept or decline it on My work."), *MY_WORK),
    "access_offered_as_owner": Kind(
        _("%(0)s wants to give the file of %(1)s to your team. Accept or decline it on My work."), *MY_WORK
    ),
    "access_declined": Kind(
        _("%(0)s declined the access to %(1)s that you gave."),
        "victims:who",
        "child_id",
        _("See who can see this child"),
    ),
    # As of what was passed on: who it was stands where each may read it.
    "access_returned": Kind(_("Access to %(1)s was given back: whoever had it no longer needs it."), *WHO),
    "access_ended": Kind(_("%(0)s ended your team’s access to %(1)s.")),
    # Told to the whole team that owns the file: a clinician's or a shelter worker's name is not for all of them.
    "access_passed_on": Kind(_("Access to %(1)s was passed on to another agency."), *WHO),
    "access_renewed": Kind(_("%(0)s renewed your team’s access to %(1)s."), *WHO),
    "access_renewed_to_you": Kind(_("%(0)s renewed your access to %(1)s."), *WHO),
    "renewal_asked": Kind(_("More time with %(1)s was asked for. Renew the access, or let it end."), *WHO),
    "given_access_ends": Kind(
        _("Access that your team gave to %(1)s ends within %(0)s days. Renew it, or let it end."), *WHO
    ),
    "own_access_ends": Kind(_("Access to %(1)s ends within %(0)s days. Ask for more time if you still need it."), *WHO),
    "confirmation_late": Kind(
        _("Nobody has confirmed in time that %(1)s is still your team’s."), "desk:confirmations", "", _("Confirm")
    ),
    "file_to_intake": Kind(
        _("%(0)s moved the file of %(1)s to your desk: nobody was left in its team."),
        "victims:child",
        "child_id",
        _("Go to the file"),
    ),
    "access_ended_to_you": Kind(_("%(0)s ended your access to %(1)s.")),
    "plan_sent": Kind(_("%(0)s asks you to approve the care plan of %(1)s."), *CARE_PAGE),
    "plan_decided": Kind(_("%(0)s decided on the care plan of %(1)s."), *CARE_PAGE),
    "risk_assessed": Kind(_("%(0)s assessed %(1)s anew. See whether the summary still fits."), *CARE_PAGE),
    "task_given": Kind(_("%(0)s gave you a next step for %(1)s."), *MY_WORK),
    "task_given_without_file": Kind(_("%(0)s gave you a next step."), *MY_WORK),
    "reminder": Kind(_("%(0)s waits for your team’s next step for %(1)s."), *MY_WORK),
    "reminder_unnamed": Kind(_("%(0)s waits for a next step of your team."), *MY_WORK),
    "document_ready": Kind(_("Your PDF of %(1)s is ready."), "victims:document", "subject_id", _("Go to the PDF")),
    "import_checked": Kind(_("Your file was checked: %(0)s."), *IMPORT),
    "import_done": Kind(_("Your file was read in: %(0)s."), *IMPORT),
    "import_refused": Kind(_("Your file was refused: %(0)s."), *IMPORT),
    "bed_held": Kind(
        _("%(0)s holds a bed with you for 4 hours."), "shelters:asked", "subject_id", _("See what the child needs")
    ),
    "bed_free_again": Kind(_("%(0)s no longer needs the bed that was held with you.")),
    "beds_given_back": Kind(_("%(0)s held and gave back three beds or more within a day.")),
    "bed_refused": Kind(_("%(0)s gave back the bed that you held. Find another one.")),
    "second_officer": Kind(
        _("%(0)s says that two series show the same child, and asks for a second officer within 24 hours."),
        *MATCH,
    ),
    "second_officer_said": Kind(_("%(0)s answered on the two series that you called the same child."), *MATCH),
    "match_question": Kind(_("%(0)s asks your team to look at the files of a match."), *MATCH),
    "match_answered": Kind(_("%(0)s answered what you asked about a match."), *MATCH),
    "licence_asked": Kind(
        _("%(0)s asks a supervisor about a shelter whose licence has ended."), *LICENCE, _("See what is asked")
    ),
    "licence_decided": Kind(
        _("%(0)s answered what you asked about a shelter whose licence has ended."), *LICENCE, _("See the answer")
    ),
    "identity_to_confirm": Kind(
        _(
            "%(0)s calls the identity of %(1)s probable. A second officer, of another team, looks at it within 24 hours."
        ),
        "victims:child",
        "child_id",
        _("Go to the file"),
    ),
    "file_taken": Kind(
        _("%(0)s gave the file of %(1)s to your team."), "victims:child", "child_id", _("Go to the file")
    ),
    "referral_sent": Kind(_("%(0)s asks your team to take a child. Claim it for an answer."), *REFERRAL),
    "referral_accepted": Kind(_("%(0)s accepted your referral of %(1)s."), *REFERRAL),
    "referral_answered": Kind(_("%(0)s answered a referral of yours."), *REFERRAL),
    "referral_answered_next": Kind(
        _("%(0)s recorded what came of a referral of yours. There is a next appointment."), *REFERRAL
    ),
    "referral_result": Kind(_("%(0)s recorded what came of your referral of %(1)s."), *REFERRAL),
    "referral_result_next": Kind(
        _("%(0)s recorded what came of your referral of %(1)s. There is a next appointment."), *REFERRAL
    ),
    "referral_reminder": Kind(_("%(0)s asks how far the referral of %(1)s is."), *REFERRAL),
    "referral_reminder_unnamed": Kind(_("%(0)s waits for your team’s answer to a referral."), *REFERRAL),
    "referral_taken_back": Kind(_("%(0)s ended the referral of %(1)s. Your access ended with it."), *REFERRAL),
    "referral_taken_back_unnamed": Kind(_("%(0)s took back a referral to your team."), *REFERRAL),
    "emergency_opened": Kind(
        _("Emergency access %(2)s: a file was opened without a grant. See why, and what was opened."),
        *EMERGENCY,
    ),
    "emergency_reviewed": Kind(_("%(0)s reviewed your emergency access %(2)s."), *EMERGENCY),
    "extract_asked": Kind(_("%(0)s asks to take a table of files along. Allow it or do not."), *EXTRACT),
    "extract_decided": Kind(_("%(0)s answered whether you may take a table of files along."), *EXTRACT),
    "disclosure_asked": Kind(
        _("%(0)s asks you to decide on disclosure %(2)s. Read what would be given."),
        "victims:read_disclosure",
        "subject_id",
        _("Read and decide"),
    ),
    "disclosure_decided": Kind(_("%(0)s decided on disclosure %(2)s."), *DISCLOSURE),
    "disclosure_made": Kind(
        _("Disclosure %(2)s is made. Take it within 14 days: then its hash alone stays."), *DISCLOSURE
    ),
    "disclosure_of_yours": Kind(
        _(
            "%(0)s asks to give away a paper that holds records of your agency: disclosure %(2)s. Ring that agency if"
            " you have something to say."
        )
    ),
    "hand_over_started": Kind(_("%(0)s hands %(1)s over to your team. See what goes along, and sign."), *HAND_OVER),
    "hand_over_given": Kind(_("%(0)s signed the hand-over of %(1)s. Sign when the child is with you."), *HAND_OVER),
    "hand_over_received": Kind(_("%(0)s signed for %(1)s: the hand-over is finished."), *HAND_OVER),
    "hand_over_refused": Kind(_("%(0)s does not receive %(1)s: the child stays with you. Read why."), *HAND_OVER),
    "hand_over_cancelled": Kind(_("%(0)s called off the hand-over of %(1)s.")),
    "hand_over_receipt": Kind(_("Your receipt for %(1)s is ready."), *HAND_OVER),
    "seal_asked": Kind(
        _("%(0)s asks you to decide on the seal of a file."), "desk:decide_seal", "subject_id", _("See what is asked")
    ),
    "seal_decided": Kind(
        _("%(0)s decided on the seal that you asked for."), "desk:decide_seal", "subject_id", _("See the decision")
    ),
    "erasure_asked": Kind(
        _("%(0)s asks you to decide on an erasure."), "desk:decide_erasure", "subject_id", _("See what is asked")
    ),
    "erasure_decided": Kind(
        _("%(0)s decided on the erasure that you proposed."), "desk:decide_erasure", "subject_id", _("See the decision")
    ),
    "file_erased": Kind(
        _("%(0)s agreed that parts of a file of your team are erased. See what is gone and what stays."),
        "victims:erasure",
        "subject_id",
        _("See what is kept"),
    ),
    "hold_review": Kind(
        _("Evidence is held in the file of %(1)s. See whether it is still needed."),
        "desk:hold",
        "subject_id",
        _("See the hold"),
    ),
    "hold_left": Kind(
        _("Evidence is held for a team that has nobody left who could end that. See whether it is still needed."),
        "desk:hold",
        "subject_id",
        _("See the hold"),
    ),
    "custodian_named": Kind(_("%(0)s made you a custodian of a sealed file. It stands among your files."), *MY_FILES),
    "custodian_alone": Kind(
        _("You are the last custodian of a sealed file who is left. Ask for another one on its page."), *MY_FILES
    ),
    "seal_left_alone": Kind(
        _("A sealed file of your agency has no custodian left. Name new ones: nobody else sees it."),
        "desk:name_custodians",
        "subject_id",
        _("Name custodians"),
    ),
    "confirmation_waits": Kind(
        _("%(0)s was told of something urgent four hours ago, and nobody has confirmed it. See that somebody does.")
    ),
    "answer_waits": Kind(
        _("A question to the team %(0)s has waited four hours for an answer. See that somebody answers it.")
    ),
    "person_waits": Kind(_("A question to %(0)s has waited four hours for an answer. See that somebody answers it.")),
    "conflict_recorded": Kind(
        _("%(0)s recorded a relation between somebody of your agency and a child."),
        "desk:conflicts",
        "",
        _("See the list"),
    ),
    "person_change_asked": Kind(
        _("%(0)s asks you to decide on an account."), "desk:person_change", "subject_id", _("See what is asked")
    ),
    "person_change_decided": Kind(
        _("%(0)s decided what you asked about an account."),
        "desk:person_change",
        "subject_id",
        _("See the decision"),
    ),
    "roles_changed": Kind(_("%(0)s changed your roles."), *MY_ACCESS),
    "teams_changed": Kind(_("%(0)s changed which teams you are in."), *MY_ACCESS),
    "joined_your_team": Kind(_("%(0)s put somebody into a team of yours."), *MY_ACCESS),
    "factors_reset": Kind(
        _("%(0)s had your second factor reset. If you did not ask for that, ring your agency administrator now.")
    ),
    "training_recorded": Kind(_("%(0)s recorded a certificate or briefing of yours."), *MY_ACCESS),
    "training_revoked": Kind(_("%(0)s revoked a certificate or briefing of yours."), *MY_ACCESS),
    "training_ends_in_30_days": Kind(
        _("Your certificate or briefing ends within 30 days. Files close on that day: have it renewed."), *MY_ACCESS
    ),
    "training_ends_in_7_days": Kind(
        _("Your certificate or briefing ends within 7 days. Files close on that day: have it renewed."), *MY_ACCESS
    ),
    "change_asked": Kind(
        _("%(0)s asks you about a change to %(1)s: you both changed the same thing. Talk to them."),
        "victims:child",
        "child_id",
        _("Go to the file"),
    ),
    # Whose agency would tell a section to whoever does not hold it stays unnamed.
    "change_asked_unnamed": Kind(
        _("Somebody asks about a change of yours to %(1)s: you both changed the same thing. Write a note beside it."),
        "victims:child",
        "child_id",
        _("Go to the file"),
    ),
    "admitted": Kind(_("%(0)s admitted %(1)s."), "victims:child", "child_id", _("Go to the file")),
}
UNKNOWN = Kind(_("Something was to be told here that this version of the portal has no words for. Tell the operator."))
APPROVALS = {  # by the kind of an approval: the notice of the question, and that of the answer
    "care_plan": ("plan_sent", "plan_decided"),
    "lapsed_licence": ("licence_asked", "licence_decided"),
    "seal": ("seal_asked", "seal_decided"),
    "custodians": ("seal_asked", "seal_decided"),
    "unseal": ("seal_asked", "seal_decided"),
    "erasure": ("erasure_asked", "erasure_decided"),
    "order": ("disclosure_asked", "disclosure_decided"),
    "copy": ("disclosure_asked", "disclosure_decided"),
}
# Whoever decides on these may hold nothing of the file: their notices lead to the question, and name neither child nor number.
APART = frozenset({"seal", "custodians", "unseal", "erasure"})
CODE_NAME = 1  # the place of the code name among a notice's words


def sentence(notice: Notice) -> str:
    """Return a notice in the reader's language, the code name in its quotation marks."""
    words = {str(place): said(word, place) for place, word in enumerate(notice.words)}
    try:
        return str(KINDS[notice.kind].sentence) % words
    except KeyError:  # a kind, or a number of words, that this version does not know: the page is not lost for it
        return str(UNKNOWN.sentence)


def said(word: str, place: int) -> str:
    """Return one word of a notice: the code name in its marks, a number in the reader's digits."""
    return quoted(word) if place == CODE_NAME else digits(int(word)) if word.isdecimal() else word


def address(notice: Notice) -> str:
    """Return the page that a notice leads to; nothing where there is none, or where its subject was not kept."""
    kind = KINDS.get(notice.kind, UNKNOWN)
    named = getattr(notice, kind.names) if kind.names else None
    if not kind.page or (kind.names and named is None):
        return ""
    return reverse(kind.page, args=[named] if named else [])
