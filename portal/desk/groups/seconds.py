"""What somebody else than the one who did it looks at: emergency access, tables of files, seals that nobody is left for."""

import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal.access import extracts, seals, work
from portal.access.models import Emergency, reference_of
from portal.access.roles import works_with_files
from portal.accounts.models import Person
from portal.accounts.roles import Role
from portal.casework.groups import Group, Row
from portal.casework.models import Approval
from portal.casework.templatetags.portal import digits, moment
from portal.desk.home_page import urgency
from portal.desk.oversight import OVERSEERS, emergency_figures
from victims import disclosures
from victims.models import Disclosure

MOST = 10
ANSWERING = frozenset({Role.SUPERVISOR, Role.PRIVACY_OFFICER})


def emergencies(person: Person) -> Group | None:
    """Return the emergency access that waits for review; auditors read how many there are, not which."""
    if not (OVERSEERS | {Role.SUPERVISOR}) & set(person.roles):
        return None
    waiting = Emergency.objects.filter(reviewed=None).exclude(person=person).select_related("person__agency")
    found = list(waiting.order_by("due", "pk")[: MOST + 1])
    oversees = not OVERSEERS.isdisjoint(person.roles)
    return Group(
        "emergencies",
        _("Emergency access to review"),
        [emergency_row(one) for one in found[:MOST]],
        "late",
        empty=waiting_elsewhere(person) if oversees else "",
        more=_("Emergency access, by person"),
        more_url=reverse("desk:emergencies"),
        has_more=len(found) > MOST,
    )


def emergency_row(one: Any) -> Row:
    """Return one emergency access, by its reference."""
    page = reverse("desk:emergency_review", args=[one.pk])
    return Row(
        title=one.get_ground_display(),
        url=page,
        due=one.due,
        code=one.reference,
        why=_("%(name)s, %(agency)s. Reviewed within 72 hours.")
        % {"name": one.person.short_name, "agency": one.person.agency.name},
        act=_("Review"),
        act_url=page,
    )


def waiting_elsewhere(person: Person) -> str:
    """Return how many wait for others, for whoever sees none of them."""
    count = sum(line["waiting"] for line in emergency_figures()) if Role.AUDITOR in person.roles else 0
    if not count:
        return _("No emergency access waits for review.")
    words = ngettext(
        "%(shown)s emergency access waits for review.", "%(shown)s emergency accesses wait for review.", count
    )
    return words % {"shown": digits(count)}


def seals_left_alone(person: Person) -> Group | None:
    """Return the sealed files of the agency that have no custodian left, for whoever names new ones."""
    if not (works_with_files(person.roles) or Role.PRIVACY_OFFICER in person.roles):
        return None
    found = seals.left_alone()
    return (
        Group("seals", _("Sealed files without a custodian"), [seal_row(one) for one in found], "late")
        if found
        else None
    )


def seal_row(one: seals.LeftAlone) -> Row:
    """Return one of them: its reference and team, and nothing else of the file."""
    page = reverse("desk:name_custodians", args=[one.pk])
    return Row(
        title=_("Name custodians: nobody sees this file"),
        url=page,
        lead=moment(one.sealed),
        code=one.reference,
        why=one.owner.label,
        act=_("Name custodians"),
        act_url=page,
    )


BY_ORDER = gettext_lazy("By the day that the order names.")
WHAT = {
    "order": gettext_lazy("Decide what a court is given"),
    "copy": gettext_lazy("Decide what stands in a child’s own copy"),
}


def papers(person: Person) -> Group | None:
    """Return the papers about a child that somebody would give away and on which the person decides."""
    if ANSWERING.isdisjoint(person.roles):
        return None
    found = list(work.to_answer().exclude(role="")[: MOST + 1])
    days = Disclosure.objects.filter(pk__in=[one.subject_id for one in found]).values_list("pk", "answer_by")
    known = dict(days)
    rows = sorted((paper_row(one, known.get(one.subject_id)) for one in found[:MOST]), key=urgency)
    return Group("papers", _("Papers to decide on"), rows, "soon", has_more=len(found) > MOST) if found else None


def paper_row(one: Any, answer_by: datetime.date | None) -> Row:
    """Return one paper, by its reference: it tells no child. The day, where the order names one, is the court's."""
    page = reverse("victims:read_disclosure", args=[one.subject_id])
    asks = _("%(name)s asks.") % {"name": one.asked_by.short_name}
    return Row(
        title=WHAT[one.kind],
        url=page,
        due=answer_by,
        lead="" if answer_by else moment(one.asked),
        code=reference_of("DI", one.subject_id),
        why=f"{asks} {BY_ORDER}" if answer_by else asks,
        act=_("Read and decide"),
        act_url=page,
    )


MINE = {
    Disclosure.State.ASKED: gettext_lazy("A paper of yours waits for decisions"),
    Disclosure.State.SENT_BACK: gettext_lazy("Changes to a paper are asked for"),
    Disclosure.State.APPROVED: gettext_lazy("A paper was approved: make it"),
}


def papers_of(person: Person, *states: Disclosure.State) -> list[Row]:
    """Return the papers that the person asked to give away, in these states."""
    if not (works_with_files(person.roles) or Role.PRIVACY_OFFICER in person.roles):
        return []
    return [own_row(one) for one in disclosures.under_way(person, *states)[:MOST]]


def own_papers(person: Person) -> Group | None:
    """Return the papers with which the person goes on: those that others approved, or sent back."""
    rows = papers_of(person, Disclosure.State.APPROVED, Disclosure.State.SENT_BACK)
    return Group("own_papers", _("Papers to go on with"), rows, "soon") if rows else None


def waiting_papers(person: Person) -> Group | None:
    """Return the papers of the person that wait for those who decide."""
    rows = papers_of(person, Disclosure.State.ASKED)
    return Group("waiting", _("Waiting for others"), rows, tile=_("waiting for others")) if rows else None


OWN_QUESTIONS = {
    "erasure": (gettext_lazy("What you proposed to erase waits for an answer"), "desk:decide_erasure", "ER"),
    **dict.fromkeys(
        seals.KINDS, (gettext_lazy("Your question about a seal waits for an answer"), "desk:decide_seal", "SE")
    ),
}


def waiting_questions(person: Person) -> Group | None:
    """Return what the person asked a second one about seals and erasures, to follow it or take it back: by reference."""
    if not (works_with_files(person.roles) or Role.PRIVACY_OFFICER in person.roles):
        return None
    asked = Approval.objects.filter(asked_by=person, kind__in=OWN_QUESTIONS, state=Approval.State.ASKED)
    rows = [question_row(one) for one in asked.select_related("team__agency").order_by("asked", "pk")[:MOST]]
    return Group("waiting", _("Waiting for others"), rows, tile=_("waiting for others")) if rows else None


def question_row(one: Any) -> Row:
    """Return one question, by a reference that tells no child, and which team was asked."""
    title, name, letters = OWN_QUESTIONS[one.kind]
    page = reverse(name, args=[one.pk])
    return Row(
        title=title,
        url=page,
        lead=moment(one.asked),
        code=reference_of(letters, one.subject_id),
        why=one.team.label,
        act=_("Follow"),
        act_url=page,
    )


def own_row(one: Disclosure) -> Row:
    """Return one paper by its reference, with the day on which a court wants it."""
    page = reverse("victims:disclosure", args=[one.pk])
    state = Disclosure.State(one.state)
    return Row(
        title=MINE[state],
        url=page,
        due=one.answer_by,
        lead="" if one.answer_by else moment(one.asked),
        code=one.reference,
        why=BY_ORDER if one.answer_by else "",
        act=_("Follow") if state == Disclosure.State.ASKED else _("Go on"),
        act_url=page,
    )


def tables(person: Person) -> Group | None:
    """Return the tables of files that the person may allow."""
    if ANSWERING.isdisjoint(person.roles):
        return None
    found = list(extracts.to_decide(person)[:MOST])
    return Group("tables", _("Tables of files to allow"), [table_row(one) for one in found], "soon")


def table_row(one: Any) -> Row:
    """Return one table: who asks, how many files, what for."""
    page = reverse("desk:extract", args=[one.pk])
    words = ngettext(
        "%(name)s asks for a table of %(shown)s file", "%(name)s asks for a table of %(shown)s files", len(one.files)
    )
    return Row(
        title=words % {"name": one.person.short_name, "shown": digits(len(one.files))},
        url=page,
        lead=moment(one.asked),
        why=one.purpose,
        act=_("Decide"),
        act_url=page,
    )
