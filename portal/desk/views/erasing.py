"""Erasures and evidence holds by those who decide on them: the second person, and the team of a hold."""

import uuid
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.access import erasing, evidence_holds, work
from portal.access.erasing import Asked
from portal.access.fresh_codes import FreshCodeForm
from portal.access.models import EvidenceHold
from portal.access.opens import WRITE, opens_found
from portal.access.sections import Section
from portal.access.work import Over
from portal.casework.editing import saved
from portal.casework.forms import OnceForm, words_field
from portal.casework.vocabularies import label_of
from portal.desk.views.apart import what_became
from victims.erasing_forms import STAYS, ReviewForm

COMMENT = gettext_lazy("Anything to say to whoever asked")


class ApproveForm(FreshCodeForm):
    """The approval of an erasure, signed with a fresh code."""

    comment = forms.CharField(label=COMMENT, max_length=300, required=False, help_text=STAYS)
    field_order = ["comment", "code"]


class RefuseForm(OnceForm):
    """The refusal of an erasure, in words."""

    comment = words_field(
        gettext_lazy("Why it is not to be erased"),
        missing=gettext_lazy("Say why it is not to be erased."),
        rows=2,
        help_text=STAYS,
    )


def question(person: Any, approval_id: uuid.UUID) -> Asked | Over | None:
    """Return the question about an erasure, as one to answer, or what became of it: notices lead here for good."""
    return erasing.asked_of(person, approval_id) or work.over(approval_id, [erasing.ERASURE])


@opens_found(methods=WRITE, kind="question", finds=question, names_file=True)
def decide_erasure(request: HttpRequest, asked: Asked | Over) -> HttpResponse:
    """Show what is to be erased, and decide; or what became of it."""
    if isinstance(asked, Over):
        return what_became(request, asked)
    refuses = request.POST.get("answer") == "refuse"
    approval = ApproveForm(request.POST if request.POST and not refuses else None, request=request)
    refusal = RefuseForm(request.POST if refuses else None, auto_id="refusal_%s")  # beside the other form
    form = refusal if refuses else approval
    answer = saved(request, form, lambda: decided(form, asked, request.user), said=_("Your decision is recorded."))
    context = {
        "asked": asked,
        "form": approval,
        "refusal": refusal,
        "ground": label_of("erasure_ground", asked.ground),
        "staying": [section for section in Section if section not in (*asked.sections, *asked.gone)],
    }
    return answer or TemplateResponse(request, "desk/decide_erasure.html", context)


def decided(form: ApproveForm | RefuseForm, asked: Asked, person: Any) -> str:
    """Decide, and return to My work: the file is none of this person's afterwards."""
    proof = form.proof() if isinstance(form, ApproveForm) else None
    comment = form.cleaned_data["comment"]
    erasing.decide(approval=asked.approval, approve=proof is not None, proof=proof, by=person, reason=comment)
    return reverse("desk:home")


@opens_found(methods=WRITE, kind="view evidence hold", finds=evidence_holds.hold_of, names_file=True)
def hold(request: HttpRequest, one: EvidenceHold) -> HttpResponse:
    """Show what is held as evidence since when and why; let it go on, or let a second person end it."""
    person: Any = request.user
    may_end = evidence_holds.may_end(one, person)
    form = ReviewForm(request.POST or None, may_end=may_end)
    answer = saved(request, form, lambda: reviewed(request, form, one, person))
    context = {
        "one": one,
        "form": form,
        "sections": [Section(number).label for number in one.sections],
        "basis": label_of("hold_basis", one.basis),
        "may_end": may_end,
        "stands_in": not evidence_holds.is_of_team(one, person),
    }
    return answer or TemplateResponse(request, "desk/hold.html", context)


def reviewed(request: HttpRequest, form: ReviewForm, one: EvidenceHold, person: Any) -> str:
    """Let it go on, or end it, and return to My work."""
    answer, reason = request.POST.get("answer"), form.cleaned_data["reason"]
    if answer == "refuse":
        evidence_holds.end_hold(hold=one, by=person, reason=reason)
    else:
        evidence_holds.go_on(hold=one, review_on=form.cleaned_data["review_on"], by=person, reason=reason)
    return reverse("desk:home")
