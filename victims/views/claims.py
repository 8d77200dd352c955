"""Claiming a pair of series and giving it back; asking the team that holds a series, and its answer."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portal.access.identity import acting
from portal.access.opens import WRITE, opens_network
from portal.casework.editing import first_result, pressed, saved
from portal.casework.workflow import NotPossible
from victims import claims, questions
from victims.evidence_forms import AnswerForm, QuestionForm
from victims.models import MatchQuestion, Series
from victims.views.matches import pair_asked_for


def acted(request: HttpRequest, act: Callable[[], str], back: str, said: str) -> HttpResponse:
    """Do what a button says that looks at nothing: in a transaction of its own, and once."""
    with acting(request.user):  # type: ignore[arg-type]
        return first_result(request) or pressed(request, act, back, said=said)


@require_POST
def claim_next(request: HttpRequest) -> HttpResponse:
    """Claim the next pair, and go to it."""
    listed = reverse("victims:matches")

    def taken() -> str:
        claim = claims.claim_next(by=request.user, reason="claimed")
        if claim is None:
            raise NotPossible(_("No pair is free: each that waits for you is weighed by somebody."))
        return reverse("victims:match", args=[claim.pair_id])  # type: ignore[attr-defined]

    return acted(request, taken, listed, _("Claimed. The pair is yours for two hours."))


@require_POST
def claim(request: HttpRequest, pair_id: uuid.UUID) -> HttpResponse:
    """Claim this pair."""
    there = reverse("victims:match", args=[pair_id])

    def taken() -> str:
        claims.claim(pair_id=pair_id, by=request.user, reason="claimed")
        return there

    return acted(request, taken, there, _("Claimed. The pair is yours for two hours."))


@require_POST
def give_back(request: HttpRequest, pair_id: uuid.UUID) -> HttpResponse:
    """Give this pair back."""
    there = reverse("victims:match", args=[pair_id])

    def given() -> str:
        claims.give_back(pair_id=pair_id, by=request.user, reason="given back")
        return there

    return acted(request, given, there, _("Given back. Others may weigh the pair."))


def holder_asked_for(person: Any, pair_id: uuid.UUID, team_id: uuid.UUID) -> Series | None:
    """Return the series of the pair that this team holds, if the pair is open to the person and may be asked about."""
    pair = pair_asked_for(person, pair_id)
    sides = questions.holders_to_ask(pair, person) if pair else []
    return next((series for series in sides if series.owner.pk == team_id), None)


@opens_network(methods=WRITE, kind="view match", finds=holder_asked_for)
def ask(request: HttpRequest, pair_id: uuid.UUID, series: Series) -> HttpResponse:
    """Ask the team that holds a series to look at its files."""
    form = QuestionForm(request.POST or None)
    said = _("Asked. You will be told.")
    if answer := saved(request, form, lambda: asked(request, pair_id, series, form), said=said):
        return answer
    context = {"form": form, "series": series, "pair": pair_asked_for(request.user, pair_id)}
    return TemplateResponse(request, "victims/ask_holder.html", context)


def asked(request: HttpRequest, pair_id: uuid.UUID, series: Series, form: QuestionForm) -> str:
    """Ask, and return to the pair."""
    words = form.cleaned_data["question"]
    questions.ask(pair_id=pair_id, team=series.owner, question=words, by=request.user, reason="asked the holder")
    return reverse("victims:match", args=[pair_id])


def question_asked_for(person: Any, pair_id: uuid.UUID, question_id: uuid.UUID) -> MatchQuestion | None:
    """Return a question that the person's own team was asked."""
    found = MatchQuestion.objects.filter(pk=question_id, pair=pair_id, team__in=person.team_ids)
    return found.select_related("asked_by__agency", "team").first()


@opens_network(methods=WRITE, kind="view match", finds=question_asked_for)
def question(request: HttpRequest, pair_id: uuid.UUID, one: MatchQuestion) -> HttpResponse:
    """Show what was asked, and take the answer; what has been answered stands on the page of the pair."""
    there = reverse("victims:match", args=[pair_id])
    if one.answer is not None and request.method != "POST":  # what is typed meanwhile stays on the page
        messages.info(request, _("This was answered."))
        return redirect(there)
    form = AnswerForm(request.POST or None)
    if answer := saved(request, form, lambda: answered(request, one, form)):
        return answer
    context = {"form": form, "one": one, "pair": pair_asked_for(request.user, pair_id)}
    return TemplateResponse(request, "victims/match_question.html", context)


def answered(request: HttpRequest, one: MatchQuestion, form: AnswerForm) -> str:
    """Answer, and return to the pair."""
    data = form.cleaned_data
    questions.answer(question=one, choice=data["answer"], words=data["words"], by=request.user, reason="answered")
    return reverse("victims:match", args=[one.pair_id])  # type: ignore[attr-defined]
