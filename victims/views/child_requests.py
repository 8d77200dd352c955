"""What the child asks for: recording it, the copy in plain words, corrections, words of disagreement, the answer."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access.opens import WRITE, opens
from portal.access.rights import can, sections_open
from portal.access.sections import Section
from portal.casework.editing import pressed, saved
from portal.casework.forms import OnceForm
from portal.casework.templatetags.portal import full_date
from victims import child_requests, disclosures
from victims.answer_forms import AnswerForm, CopyForm, CorrectionForm, RequestForm, StatementForm
from victims.care_forms import ReasonForm
from victims.entries import records
from victims.models import ChildRequest, Correction, Disclosure
from victims.plain_words import ABOUT
from victims.section_pages import PAGES
from victims.views.file import alerted, file_context

SUMMARY = Section.SUMMARY
Kind, State = ChildRequest.Kind, ChildRequest.State


def request_asked_for(person: Any, child_id: uuid.UUID, request_id: uuid.UUID) -> ChildRequest | None:
    """Return a request of the file, to those who answer for it."""
    disclosures.demand_answering(person, child_id)
    found = ChildRequest.objects.select_related("recorded_by__agency", "answered_by")
    return found.filter(pk=request_id, child_id=child_id).first()


def correction_asked_for(person: Any, child_id: uuid.UUID, correction_id: uuid.UUID) -> Correction | None:
    """Return a correction of the file whose section the person reads, to those who answer for it."""
    if not disclosures.answers_for(child_id):
        return None
    found = (
        Correction.objects.select_related("request", "decided_by").filter(pk=correction_id, child_id=child_id).first()
    )
    return found if found is not None and can(person, child_id, Section(found.section)) else None


def page_of(request: ChildRequest) -> str:
    """Return the address of a request."""
    return reverse("victims:request", args=[request.child_id, request.pk])  # type: ignore[attr-defined]


@opens(SUMMARY, also=(alerted,))
def listing(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """List what the child asked for, the open ones first."""
    disclosures.demand_answering(request.user, child_id)  # type: ignore[arg-type]
    rows = ChildRequest.objects.filter(child_id=child_id).order_by("state", "due", "-pk")
    context = file_context(request, child_id, "who", rows=list(rows))
    return TemplateResponse(request, "victims/requests.html", context)


@opens(SUMMARY, methods=WRITE, also=(alerted,))
def record(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Record what the child, or somebody for the child, asks for."""
    person: Any = request.user
    disclosures.demand_answering(person, child_id)
    form = RequestForm(request.POST or None)

    def recorded() -> str:
        return page_of(child_requests.record(child_id=child_id, values=form.values(), by=person, reason="asked"))

    answer = saved(request, form, recorded)
    context = file_context(request, child_id, "who", form=form)
    return answer or TemplateResponse(request, "victims/record_request.html", context)


@opens(SUMMARY, finds=request_asked_for, also=(alerted,))
def one(request: HttpRequest, child_id: uuid.UUID, asked: ChildRequest) -> HttpResponse:
    """Show a request: by when it is answered, what was done for it so far, and what comes next."""
    held = sections_open(request.user, child_id)  # type: ignore[arg-type]
    found = Correction.objects.filter(request=asked, section__in=held).select_related("decided_by").order_by("pk")
    copies = list(Disclosure.objects.filter(request=asked).order_by("-pk"))
    states = {Disclosure.State(one.state) for one in copies}
    is_of_copy = asked.kind in (Kind.COPY, Kind.LOOKS)
    context = file_context(request, child_id, "who", asked=asked)
    context |= {
        "is_open": asked.state == State.OPEN,
        "copies": copies,
        "needs_copy": is_of_copy and states.isdisjoint(disclosures.ALIVE),
        "may_answer": not is_of_copy or Disclosure.State.MADE in states,
        "corrections": [correction_row(correction) for correction in found],
        "once": OnceForm(auto_id=False),
    }
    return TemplateResponse(request, "victims/request.html", context)


def correction_row(correction: Correction) -> dict[str, Any]:
    """Return a correction with what can be done about it."""
    accepted = correction.state == Correction.State.ACCEPTED
    section = Section(correction.section)
    edits = ["victims:flags"] if section == SUMMARY else ["victims:section", section.slug]
    args: list[Any] = [correction.child_id, *edits[1:]]  # type: ignore[attr-defined]
    if correction.record_id and section != SUMMARY:
        edits, args = ["victims:edit"], [*args, correction.record_id]
    return {
        "one": correction,
        "section": section.label,
        "waits": correction.state == Correction.State.ASKED,
        "may_state": correction.state == Correction.State.DECLINED and correction.stated is None,
        "stands": correction.stated is not None and correction.withdrawn is None,
        "changed": accepted and child_requests.was_changed(correction),
        "change_url": reverse(edits[0], args=args) if accepted else "",
    }


@opens(SUMMARY, methods=WRITE, finds=request_asked_for, also=(alerted,))
def copy(request: HttpRequest, child_id: uuid.UUID, asked: ChildRequest) -> HttpResponse:
    """Put the child's copy together: which sections, and on which ground a section is left out."""
    person: Any = request.user
    if asked.kind not in (Kind.COPY, Kind.LOOKS):
        return redirect(page_of(asked))
    held = sections_open(person, child_id)
    earlier = Disclosure.objects.filter(request=asked).order_by("-pk").first()
    form = CopyForm(
        request.POST or None,
        held=held,
        only_looks=asked.kind == Kind.LOOKS,
        initial=CopyForm.chosen_in(earlier) if earlier else None,
    )

    def ordered() -> str:
        values = form.values() | {"request": asked, "language": asked.language, "legal_basis": disclosures.BY_LAW}
        made = disclosures.ask(child_id=child_id, values=values, by=person, reason="asked for")
        return reverse("victims:disclosure", args=[made.pk])

    answer = saved(request, form, ordered, said=_("Put together. A privacy officer reads it before it is given."))
    context = file_context(request, child_id, "who", form=form, asked=asked)
    return answer or TemplateResponse(request, "victims/copy_for_child.html", context)


@opens(SUMMARY, methods=WRITE, finds=request_asked_for, also=(alerted,))
def take_longer(request: HttpRequest, child_id: uuid.UUID, asked: ChildRequest) -> HttpResponse:
    """Take more time for an answer, once."""
    form = ReasonForm(
        request.POST or None,
        label=_("Why it takes longer"),
        missing=_("Say why it takes longer."),
        hint=_("Whoever asked is told this, and the new day."),
    )

    def taken() -> str:
        child_requests.take_longer(request=asked, why=form.cleaned_data["reason"], by=request.user)  # type: ignore[arg-type]
        return page_of(asked)

    answer = saved(request, form, taken, said=_("Tell whoever asked, and by when they get the answer."))
    context = file_context(request, child_id, "who", form=form, asked=asked)
    return answer or TemplateResponse(request, "victims/request_longer.html", context)


@opens(SUMMARY, methods=WRITE, finds=request_asked_for, also=(alerted,))
def answer(request: HttpRequest, child_id: uuid.UUID, asked: ChildRequest) -> HttpResponse:
    """Put down what was answered, to whom and how."""
    form = AnswerForm(request.POST or None)

    def answered() -> str:
        child_requests.answer(
            request=asked, state=State.ANSWERED, values=form.cleaned_data, by=request.user, reason="answered"  # type: ignore[arg-type]
        )  # fmt: skip
        return page_of(asked)

    done = saved(request, form, answered)
    context = file_context(request, child_id, "who", form=form, asked=asked)
    return done or TemplateResponse(request, "victims/answer_request.html", context)


@opens(SUMMARY, methods=WRITE, finds=request_asked_for, also=(alerted,))
def decline(request: HttpRequest, child_id: uuid.UUID, asked: ChildRequest) -> HttpResponse:
    """Say that a request is not met, or was taken back, and why."""
    is_taken_back = "taken-back" in request.GET
    form = ReasonForm(
        request.POST or None,
        label=_("Who took it back, and why") if is_taken_back else _("Why it is not met, in words that were told"),
        missing=_("Say why."),
        hint="" if is_taken_back else _("Say as well where they can complain: the authority for data protection."),
    )

    def declined() -> str:
        state = State.WITHDRAWN if is_taken_back else State.DECLINED
        words = {"words": form.cleaned_data["reason"]}
        child_requests.answer(request=asked, state=state, values=words, by=request.user, reason="not met")  # type: ignore[arg-type]
        return page_of(asked)

    done = saved(request, form, declined)
    context = file_context(request, child_id, "who", form=form, asked=asked, is_taken_back=is_taken_back)
    return done or TemplateResponse(request, "victims/decline_request.html", context)


# --- what is wrong ----------------------------------------------------------------------------------------------------


def places_in(person: Any, child_id: uuid.UUID) -> list[tuple[str, str]]:
    """Return the sections that the person reads and of each the newest records, by their day."""
    found = []
    for section in sections_open(person, child_id):
        if section not in ABOUT:
            continue
        found.append((str(int(section)), str(section.label)))
        rows = records(PAGES[section], child_id, most=20).rows if section in PAGES else []
        for row in rows:
            about = getattr(row, "on", None) or getattr(row, "issued", None)
            if about:  # one without a day is the only one of its section
                found.append((f"{int(section)} {row.pk}", f"{section.label}: {full_date(about)}"))
    return found


@opens(SUMMARY, methods=WRITE, finds=request_asked_for, also=(alerted,))
def add_correction(request: HttpRequest, child_id: uuid.UUID, asked: ChildRequest) -> HttpResponse:
    """Write down what the child says is wrong."""
    form = CorrectionForm(request.POST or None, places=places_in(request.user, child_id))

    def added() -> str:
        section, record_id = form.chosen()
        data = form.cleaned_data
        child_requests.ask_correction(
            request=asked, section=section, record_id=record_id, wrong=data["wrong"], correct=data["correct"],
            by=request.user, reason="said by the child",  # type: ignore[arg-type]
        )  # fmt: skip
        return page_of(asked)

    done = saved(request, form, added)
    context = file_context(request, child_id, "who", form=form, asked=asked)
    return done or TemplateResponse(request, "victims/add_correction.html", context)


@opens(SUMMARY, methods=WRITE, finds=correction_asked_for, also=(alerted,))
def decide_correction(request: HttpRequest, child_id: uuid.UUID, correction: Correction) -> HttpResponse:
    """Accept what the child says, or say why not."""
    accept = request.POST.get("answer") == "agree"
    form = ReasonForm(
        request.POST or None,
        label=_("Why it is not accepted"),
        missing=_("Say why, in words that the child can be told."),
        hint=_("Only where you do not accept it."),
        is_needed=not accept,
    )

    def decided() -> str:
        why = form.cleaned_data["reason"]
        child_requests.decide_correction(correction=correction, accept=accept, why=why, by=request.user)  # type: ignore[arg-type]
        return page_of(correction.request)

    done = saved(request, form, decided)
    context = file_context(request, child_id, "who", form=form, correction=correction)
    context |= {"asked": correction.request, "place": Section(correction.section).label}
    return done or TemplateResponse(request, "victims/decide_correction.html", context)


@opens(SUMMARY, methods=WRITE, finds=correction_asked_for, also=(alerted,))
def state_disagreement(request: HttpRequest, child_id: uuid.UUID, correction: Correction) -> HttpResponse:
    """Put the child's own words beside a section."""
    form = StatementForm(request.POST or None)

    def stated() -> str:
        words = form.cleaned_data["words"]
        child_requests.state_disagreement(
            correction=correction, words=words, by=request.user, reason="said by the child"
        )  # type: ignore[arg-type]
        return page_of(correction.request)

    done = saved(request, form, stated)
    context = file_context(request, child_id, "who", form=form, correction=correction, asked=correction.request)
    return done or TemplateResponse(request, "victims/state_disagreement.html", context)


@opens(SUMMARY, methods=("POST",), finds=correction_asked_for)
def withdraw_statement(request: HttpRequest, child_id: uuid.UUID, correction: Correction) -> HttpResponse:
    """Take the child's words away again, as the child wishes."""
    back = page_of(correction.request)

    def withdrawn() -> str:
        child_requests.withdraw_statement(correction=correction, by=request.user, reason="as the child wishes")  # type: ignore[arg-type]
        return back

    return pressed(request, withdrawn, back)
