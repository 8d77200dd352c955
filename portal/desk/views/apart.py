"""Seals, by those who hold no file; declaring that one knows a child; the relations that an agency keeps."""

import uuid
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.access import conflicts, seals, work
from portal.access.identity import Refused
from portal.access.models import ConflictOfInterest
from portal.access.opens import WRITE, opens_found, opens_list
from portal.access.rights import can
from portal.access.roles import works_with_files
from portal.access.seals import Asked
from portal.access.sections import Section
from portal.access.work import Over
from portal.accounts.models import Person
from portal.audit.events import Event
from portal.casework.editing import pressed, saved
from portal.casework.forms import OnceForm, words_field
from portal.casework.models import Approval
from portal.casework.notices import APART
from portal.casework.workflow import NotPossible
from portal.desk.forms import NumberForm
from victims.apart_forms import SealForm

MOST = 200


class AnswerForm(OnceForm):
    """The answer to a question about a seal, in words where it is no."""

    comment = words_field(gettext_lazy("Anything to say to whoever asked"), rows=2)


class DeclareForm(NumberForm):
    """Which child one knows, and how. Only the digits of the number are checked: no file is looked up."""

    reason = forms.CharField(
        label=gettext_lazy("How you know the child or the family, if you want to say"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("Read by the privacy officers of your agency, by nobody else."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["number"].help_text = _(
            "Such as VC-2026-1234567-8. It stands in the letter or the message that you got."
        )


class EndForm(OnceForm):
    """Why a relation does not hold."""

    reason = words_field(
        gettext_lazy("Why it does not hold, or no longer"), missing=gettext_lazy("Say why it does not hold.")
    )


def question(person: Any, approval_id: uuid.UUID) -> Asked | Over | None:
    """Return the question about a seal, as one to answer, or what became of it: notices lead here for good."""
    return seals.asked_of(person, approval_id) or work.over(approval_id, seals.KINDS)


def what_became(request: HttpRequest, one: Over) -> HttpResponse:
    """Show what became of a question, whatever it was about; whoever asked it does not answer it."""
    if request.method == "POST" and one.state == "asked":
        raise Refused(Event("refusal", "E", "refused", "not_your_approval"), known=False)
    context = {"one": one, "is_mine": one.asked_by == request.user, "once": OnceForm(auto_id=False)}
    return TemplateResponse(request, "desk/question_over.html", context, status=409 if request.POST else 200)


def own_question(person: Any, approval_id: uuid.UUID) -> Over | None:
    """Return a question about a seal or an erasure that this person asked."""
    one = work.over(approval_id, APART)
    return one if one and one.asked_by == person else None


@opens_found(methods=("POST",), kind="question", finds=own_question, names_file=True)
def take_back(request: HttpRequest, one: Over) -> HttpResponse:
    """Take back what one asked a second person."""
    person: Any = request.user
    is_seal = one.kind in seals.KINDS
    here = reverse("desk:decide_seal" if is_seal else "desk:decide_erasure", args=[one.pk])
    take = seals.take_back if is_seal else work.take_back

    def taken_back() -> str:
        take(question=one, by=person, reason="taken back")
        return page_of_file(person, one) or here

    return pressed(request, taken_back, here, said=_("Taken back. Nothing changes."))


def page_of_file(person: Any, one: Over) -> str:
    """Return the page of the file on which whoever took a question back goes on; nothing to whom it does not open."""
    if one.kind not in seals.KINDS:
        return reverse("victims:erasure", args=[one.child_id])
    return reverse("victims:who", args=[one.child_id]) if can(person, one.child_id, Section.SUMMARY) else ""


@opens_found(methods=WRITE, kind="question", finds=question, names_file=True)
def decide_seal(request: HttpRequest, asked: Asked | Over) -> HttpResponse:
    """Show what is asked about a seal, and decide; or what became of it."""
    if isinstance(asked, Over):
        return what_became(request, asked)
    form = AnswerForm(request.POST or None)
    answer = saved(request, form, lambda: decided(request, form, asked.approval), said=_("Your decision is recorded."))
    return answer or TemplateResponse(request, "desk/decide_seal.html", {"form": form, "asked": asked})


def decided(request: HttpRequest, form: AnswerForm, approval: Approval) -> str:
    """Decide, and return to My work: the file is none of this person's afterwards."""
    answer = request.POST.get("answer")
    if answer not in ("agree", "refuse"):  # sent by no button
        raise NotPossible(_("Choose whether you agree."))
    seals.decide(approval=approval, approve=answer == "agree", by=request.user, reason=form.cleaned_data["comment"])  # type: ignore[arg-type]
    return reverse("desk:home")


@opens_found(methods=WRITE, kind="seal left alone", finds=seals.left_to)
def name_custodians(request: HttpRequest, one: Any) -> HttpResponse:
    """Ask for new custodians of a sealed file that nobody is left to see; of the file only its team is shown."""
    person: Any = request.user
    near = Person.objects.filter(agency=one.owner.agency, is_active=True).select_related("agency")
    people = [colleague for colleague in near if works_with_files(colleague.roles)]
    form = SealForm(request.POST or None, people=people, teams=seals.teams_to_ask(person, one.owner.pk))
    said = _("A second person is asked. Until the answer nothing changes.")
    answer = saved(request, form, lambda: custodians_asked(form, one, person), said=said)
    return answer or TemplateResponse(request, "desk/name_custodians.html", {"form": form, "one": one})


def custodians_asked(form: SealForm, one: Any, person: Any) -> str:
    """Ask, and go to the question: whoever asks holds nothing of the file, and finds it nowhere else."""
    data = form.cleaned_data
    approval = seals.name_custodians(
        seal_id=one.pk, custodians=data["custodians"], team=data["team"], by=person, reason=data["reason"]
    )
    return reverse("desk:decide_seal", args=[approval.pk])


@opens_list("declare a relation", methods=WRITE, of="access.conflictofinterest")
def declare(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Declare that one knows a child or the family. Every number is answered alike."""
    form = DeclareForm(request.POST or None)
    said = _("Recorded. If there is a file with this number, it is closed to you from now on.")
    answer = saved(request, form, lambda: declared(form, request.user), said=said)
    before = list(conflicts.declared_by(request.user)[:MOST])  # type: ignore[arg-type]
    page = TemplateResponse(request, "desk/declare.html", {"form": form, "before": before})
    return answer or page, [one.pk for one in before]


def declared(form: DeclareForm, person: Any) -> str:
    """Record it and return to My work."""
    data = form.cleaned_data
    conflicts.declare(number=data["number"], by=person, reason=data["reason"])
    return reverse("desk:home")


@opens_list("relations", of="access.conflictofinterest")
def relations(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Show a privacy officer the relations of the people of the agency, those that hold first."""
    found = list(conflicts.kept_by(request.user).order_by("-ended", "-recorded", "-pk")[:MOST])  # type: ignore[arg-type]
    rows = sorted(found, key=lambda one: one.ended is not None)
    return TemplateResponse(request, "desk/relations.html", {"rows": rows}), [one.pk for one in rows]


def kept_relation(person: Any, conflict_id: uuid.UUID) -> ConflictOfInterest | None:
    """Return a relation that holds, to the privacy officers who keep it."""
    return conflicts.kept_by(person).filter(pk=conflict_id, ended=None).first()


@opens_found(methods=WRITE, kind="relation", finds=kept_relation)
def end_relation(request: HttpRequest, one: ConflictOfInterest) -> HttpResponse:
    """End a relation that does not hold."""
    form = EndForm(request.POST or None)
    answer = saved(request, form, lambda: ended(form, one, request.user), said=_("The relation is ended."))
    return answer or TemplateResponse(request, "desk/end_relation.html", {"form": form, "one": one})


def ended(form: EndForm, one: Any, person: Any) -> str:
    """End it and return to the list."""
    conflicts.end(conflict=one, by=person, reason=form.cleaned_data["reason"])
    return reverse("desk:conflicts")
