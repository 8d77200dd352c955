"""The recipient's pages: the inbox as board and as list, one referral, claiming, accepting, declining, the result."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access.opens import WRITE, file_lines, found, opens_found, opens_list
from portal.access.roles import works_with_files
from portal.access.sections import Section
from portal.access.work import members
from portal.audit import clock
from portal.audit.events import Event
from portal.casework.clock import today
from portal.casework.editing import pressed, saved
from portal.casework.forms import OnceForm
from portal.casework.templatetags.portal import full_date
from referrals import actions, inbox
from referrals.cards import card, sender_in_full, state_of
from referrals.forms import AcceptForm, DeclineForm, ResultForm
from referrals.models import Brief, Referral, Service, Urgency
from referrals.views.referrals import basis_words, decline_words, listed, opened_words
from referrals.workflow import STARTED, ReferralState
from victims.views.file import address_of

ENTITY = "referrals.referral"


def referral_to_us(person: Any, referral_id: uuid.UUID) -> Referral | None:
    """Return a referral that was sent to the person's team."""
    return inbox.to_us(person).filter(pk=referral_id).first()


def event_of(kind: str, referrals: list[uuid.UUID], files: list[uuid.UUID]) -> Event:
    """Return the event of a page of referrals: which, and of which files a code name stood there."""
    sections = [Section.SUMMARY] if files else []
    return Event(kind, "R", entity=ENTITY, entities=[*referrals, *files], sections=sections)


@opens_list("referrals")
def show(request: HttpRequest) -> tuple[HttpResponse, Event]:
    """Show the inbox: three columns, or the same as a list; the shape is remembered."""
    person: Any = request.user
    if request.GET.get("as") in ("list", "board"):
        request.session["inbox"] = request.GET["as"]
    columns, files = inbox.board(person)
    cards = [one for column in columns for one in column.cards]
    for one in cards:
        one["key"] = OnceForm(auto_id=False)  # of its own: two cards of one page are two presses
    late = [one for one in cards if one["one"].is_late]
    services = Service.objects.filter(team_id__in=person.team_ids, is_active=True).order_by("name", "pk")
    context = {
        "columns": columns,
        "counts": inbox.counts(person),
        "late": late,
        "waiting": sum(column.count for column in columns),
        "may_claim": bool(columns[0].count),
        "services": list(services),
        "agency": person.agency.name,
        "sent_count": len(inbox.from_us(person).values_list("pk", flat=True)[: inbox.MOST]),
        "as_list": request.session.get("inbox") == "list",
        "once": OnceForm(auto_id=False),
        "answers": works_with_files(person.roles),
    }
    event = event_of("referrals", [one["one"].pk for one in cards], files)
    return TemplateResponse(request, "referrals/inbox.html", context), event


@opens_list("referrals")
def past(request: HttpRequest, which: str) -> tuple[HttpResponse, Event]:
    """Show the referrals that are past the board: on the waiting list, in service, finished, declined."""
    person: Any = request.user
    if which not in inbox.LISTS:
        raise Http404
    states, title = inbox.LISTS[which]
    rows = list(inbox.to_us(person).filter(state__in=states).order_by("-pk")[: inbox.MOST])
    lines = file_lines([one.child_id for one in rows if one.state in STARTED])  # type: ignore[attr-defined]
    cards = [card(one, person, lines.get(one.child_id)) for one in rows]  # type: ignore[attr-defined]
    context = {"cards": cards, "list_title": title}
    return TemplateResponse(request, "referrals/past.html", context), event_of(
        "referrals", [one.pk for one in rows], list(lines)
    )


@opens_list("referrals")
def from_us(request: HttpRequest) -> tuple[HttpResponse, Event]:
    """Show the referrals that one's own teams sent and whose answer or end they wait for."""
    person: Any = request.user
    sent = [one for one in inbox.from_us(person)[: inbox.MOST] if one.is_live]
    lines = file_lines([one.child_id for one in sent])  # type: ignore[attr-defined]
    rows = [listed(one) | {"child": lines.get(one.child_id)} for one in sent]  # type: ignore[attr-defined]
    event = event_of("referrals", [one.pk for one in sent], list(lines))
    return TemplateResponse(request, "referrals/from_us.html", {"rows": rows}), event


@opens_list("referral")
def asked(request: HttpRequest, referral_id: uuid.UUID) -> tuple[HttpResponse, Event]:
    """Show one referral to its recipient: the card; once accepted, what is asked; after the end that it has ended."""
    person: Any = request.user
    one = referral_to_us(person, referral_id)
    if one is None:
        return led_to_file(person, referral_id)
    child_id = one.child_id  # type: ignore[attr-defined]
    line = file_lines([child_id]).get(child_id) if one.accepted else None
    brief = Brief.objects.filter(referral=one).first() if one.accepted else None
    context = {
        "one": one,
        "card": card(one, person, line),
        "state": state_of(one),
        "line": line,
        "file_url": address_of(person, child_id) if line else "",
        "brief": brief,
        "basis": basis_words(brief),
        "opens": opened_words(one, brief),
        "sender": sender_in_full(one, person),
        "urgency": Urgency(one.urgency).label,
        "decline": decline_words(one),
        "ended_words": ended_words(one),
        "once": OnceForm(auto_id=False),
        "may_claim": one.is_open and not one.is_claimed,
        "may_answer": one.is_open,
        "may_start": one.state == ReferralState.ACCEPTED,
        "may_finish": one.state in STARTED,
    }
    known = {"child_id": child_id, "sections": [Section.SUMMARY]} if line or brief else {}
    event = Event("referral", "R", entity=ENTITY, entity_id=one.pk, **known)
    return TemplateResponse(request, "referrals/asked.html", context), event


def led_to_file(person: Any, referral_id: uuid.UUID) -> tuple[HttpResponse, Event]:
    """Lead the sender from a notice to the page on the child's file; for everybody else there is nothing here."""
    one = found(referral_to_follow, person, {"referral_id": referral_id})
    event = Event("referral", "R", entity=ENTITY, entity_id=one.pk)
    return redirect("referrals:referral", one.child_id, one.pk), event


def referral_to_follow(person: Any, referral_id: uuid.UUID) -> Referral | None:
    """Return a referral that the person may follow on the child's file."""
    found_one = Referral.objects.filter(pk=referral_id).first()
    sides = actions.of_either_side(person, found_one.child_id) if found_one else Referral.objects.none()  # type: ignore[attr-defined]
    return found_one if sides.filter(pk=referral_id).exists() else None


def ended_words(one: Referral) -> str:
    """Say when the access ended that came with a referral that was accepted."""
    if one.accepted is None or one.open_until is None or one.open_until > clock.now():
        return ""
    return _("The access that came with this referral ended on %(day)s.") % {"day": full_date(one.open_until)}


@opens_list("claim the next", of=ENTITY, methods=WRITE)
def claim_next(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Claim the most urgent referral by the clock."""
    person: Any = request.user
    inbox_page = reverse("referrals:inbox")
    if request.method != "POST":
        return redirect(inbox_page), []
    one = inbox.to_claim(person).first()
    if one is None:
        messages.info(request, _("No referral waits any more."))
        return redirect(inbox_page), []
    there = reverse("referrals:asked", args=[one.pk])

    def claimed() -> str:
        actions.claim(referral=one, by=person, reason="next")
        return there

    return pressed(request, claimed, inbox_page), []


@opens_found(methods=WRITE, kind="view referral", finds=referral_to_us)
def claim(request: HttpRequest, one: Referral) -> HttpResponse:
    """Claim a referral for an answer."""
    there = reverse("referrals:asked", args=[one.pk])
    if request.method != "POST":
        return redirect(there)

    def claimed() -> str:
        actions.claim(referral=one, by=request.user, reason="claimed")  # type: ignore[arg-type]
        return there

    said = _("Claimed: it is yours to decide for 4 hours, then it returns by itself.")
    return pressed(request, claimed, reverse("referrals:inbox"), said=said)


@opens_found(methods=WRITE, kind="view referral", finds=referral_to_us)
def accept(request: HttpRequest, one: Referral) -> HttpResponse:
    """Ask who will do it and when first, and accept; whoever comes second reads who was faster."""
    person: Any = request.user
    people = members(one.to_team)
    form = AcceptForm(
        request.POST or None, people=people, today=today(person.agency.time_zone), initial={"worker": person.pk}
    )
    return answered(request, one, form, lambda: accepted(request, one, form), "referrals/accept.html", said="")


def answered(
    request: HttpRequest, one: Referral, form: Any, save: Callable[[], str], template: str, *, said: Any = None
) -> HttpResponse:
    """Save the answer and go on; one that came too late, or that lacks something, is shown again with the sentence."""
    is_whole = form.is_valid()
    if answer := saved(request, form, save, said=said):
        return answer
    is_late = is_whole and bool(form.non_field_errors())
    context = {"form": form, "one": one, "card": card(one, request.user)}  # type: ignore[arg-type]
    return TemplateResponse(request, template, context, status=409 if is_late else 200)


def accepted(request: HttpRequest, one: Referral, form: AcceptForm) -> str:
    """Accept the referral, say what opened, and return its page."""
    person: Any = request.user
    data = form.cleaned_data
    actions.accept(referral=one, worker=data["worker"], first_on=data["first_on"], by=person, reason="accepted")
    if address_of(person, one.child_id):  # type: ignore[attr-defined]
        messages.success(request, _("Accepted. The file is open now."))
    else:
        messages.info(request, _("Accepted. Your role opens nothing of the file at this stage: ring the sender."))
    return reverse("referrals:asked", args=[one.pk])


@opens_found(methods=WRITE, kind="view referral", finds=referral_to_us)
def decline(request: HttpRequest, one: Referral) -> HttpResponse:
    """Ask why it cannot be taken; with a time it goes on the waiting list."""
    person: Any = request.user
    form = DeclineForm(request.POST or None)
    waits = "wait" in request.POST
    return answered(request, one, form, lambda: declined(one, form, person, waits=waits), "referrals/decline.html")


def declined(one: Referral, form: DeclineForm, person: Any, *, waits: bool) -> str:
    """Decline, or put on the waiting list, and return to the inbox."""
    answer = {"referral": one, "why": form.cleaned_data["why"], "answer": form.cleaned_data["answer"], "by": person}
    if waits:
        actions.wait(**answer, reason="waiting list")
    else:
        actions.decline(**answer, reason="declined")
    return reverse("referrals:inbox")


@opens_found(methods=WRITE, kind="view referral", finds=referral_to_us)
def start(request: HttpRequest, one: Referral) -> HttpResponse:
    """Record that the service has begun."""
    there = reverse("referrals:asked", args=[one.pk])
    if request.method != "POST":
        return redirect(there)

    def started() -> str:
        actions.start(referral=one, by=request.user, reason="started")  # type: ignore[arg-type]
        return there

    return pressed(request, started, there)


@opens_found(methods=WRITE, kind="view referral", finds=referral_to_us)
def result(request: HttpRequest, one: Referral) -> HttpResponse:
    """Ask what came of it; the access ends with it."""
    person: Any = request.user
    form = ResultForm(request.POST or None)
    return answered(request, one, form, lambda: finished(one, form, person), "referrals/result.html")


def finished(one: Referral, form: ResultForm, person: Any) -> str:
    """Record the result and return to the referral's page, which stays."""
    data = form.cleaned_data
    actions.finish(
        referral=one, attended=data["attended"], outcome=data["outcome"], next_on=data["next_on"], by=person,
        reason="result",
    )  # fmt: skip
    return reverse("referrals:asked", args=[one.pk])
