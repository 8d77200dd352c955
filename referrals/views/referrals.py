"""The sender's pages, on the child's file: what, whom, why and how soon, check, sent; then following it."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access import legal_bases
from portal.access.actions import LONGEST, last_moment
from portal.access.opens import WRITE, look, opens
from portal.access.rights import works_as_owner
from portal.access.sections import Section
from portal.audit import events
from portal.casework.clock import end_of_day, today
from portal.casework.editing import pressed, saved
from portal.casework.forms import OnceForm
from portal.casework.models import Lookup
from portal.casework.templatetags.portal import due, hour
from referrals import actions
from referrals.cards import card, state_of
from referrals.forms import AskForm, OpenForm, TakeBackForm
from referrals.matching import choices_for, found, kinds
from referrals.models import Brief, Referral, Service, Urgency
from referrals.naming import known_words
from referrals.preview import absent, closed_sections
from referrals.workflow import LIVE, ReferralState
from victims.models import Child
from victims.views.file import alerted, file_context
from victims.views.their_page import Gift, their_page

SUMMARY = Section.SUMMARY


def referral_of_file(person: Any, child_id: uuid.UUID, referral_id: uuid.UUID) -> Referral | None:
    """Return the referral that the address names, for whoever may read it."""
    return of_file(person, child_id).filter(pk=referral_id).first()


def service_chosen(person: Any, child_id: uuid.UUID, service_id: uuid.UUID) -> Service | None:
    """Return a service that a referral can be sent to."""
    found_one = Service.objects.filter(pk=service_id, is_active=True).exclude(team=None)
    return found_one.select_related("agency", "team__agency").first()


def of_file(person: Any, child_id: uuid.UUID) -> Any:
    """Return the referrals of a file of which the person is on one side, newest first."""
    return (
        actions.of_either_side(person, child_id)
        .select_related(
            "service", "from_team__agency", "to_team__agency", "sent_by", "claimed_by", "accepted_by", "worker", "grant"
        )
        .order_by("-pk")
    )


@opens(SUMMARY, kind="referral", also=(alerted,))
def referrals(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Show the referrals of the child that concern this person, newest first."""
    person: Any = request.user
    rows = [listed(one) for one in of_file(person, child_id)[:100]]
    context = file_context(request, child_id, "referrals", rows=rows)
    context["may_refer"] = works_as_owner(person, child_id, context["child"].owner_id) and not context["seal"]
    return TemplateResponse(request, "referrals/referrals.html", context)


def listed(referral: Referral) -> dict[str, Any]:
    """Return one row of the list. Whoever reads a referral is one of its two sides, and knows both."""
    return {
        "one": referral,
        "who": referral.to_team.agency.name,
        "what": referral.service.name,
        "state": state_of(referral),
        "answer_by": due(referral.answer_by) if referral.is_open else "",
        "is_late": referral.is_late,
        "is_draft": referral.state == ReferralState.DRAFT,
    }


@opens(SUMMARY, also=(alerted,))
def new(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Ask what the child needs, then show the services of that kind: those that fit first, each with what does not."""
    person: Any = request.user
    child = actions.file_to_refer(child_id, person)
    words = kinds()
    kind = request.GET.get("kind", "")
    if kind and kind not in words:
        raise Http404
    listed_services = list(found({"kind": kind}).exclude(team=child.owner)[:100]) if kind else []
    live = {one.service_id: one for one in of_file(person, child_id).filter(state__in=LIVE) if one.is_live}
    offered = Service.objects.filter(is_active=True).values_list("kind", flat=True).distinct()
    context = file_context(
        request,
        child_id,
        "referrals",
        kind=kind,
        kind_label=words.get(kind, ""),
        kinds=[(code, words[code]) for code in words if code in set(offered)],
        choices=choices_for(child, listed_services, live),
    )
    return TemplateResponse(request, "referrals/new.html", context)


@opens(SUMMARY, methods=WRITE, finds=service_chosen, also=(alerted,))
def ask(request: HttpRequest, child_id: uuid.UUID, service: Service) -> HttpResponse:
    """Ask for the first line, the urgency and the reason; it is kept as a draft."""
    person: Any = request.user
    actions.file_to_refer(child_id, person)
    live = actions.live_referral(child_id, service)
    if live is not None:
        messages.info(request, _("A referral to this service is under way. Follow this one."))
        return redirect("referrals:referral", child_id, live.pk)

    def drafted(form: AskForm) -> str:
        made = actions.draft(child_id=child_id, service=service, ask=ask_of(form), by=person, reason="drafted")
        return reverse("referrals:preview", args=[child_id, made.pk])

    return asking(request, child_id, service, {}, drafted)


@opens(SUMMARY, methods=WRITE, finds=referral_of_file, also=(alerted,))
def rewrite(request: HttpRequest, child_id: uuid.UUID, one: Referral) -> HttpResponse:
    """Change what a draft says."""
    person: Any = request.user
    actions.file_to_refer(child_id, person)
    if one.state != ReferralState.DRAFT:
        return redirect("referrals:referral", child_id, one.pk)
    brief = Brief.objects.get(referral=one)
    first = {name: getattr(one, name) for name in ("first_line", "area", "urgency")}
    first |= {name: getattr(brief, name) for name in ("asked", "why", "basis")}

    def redrafted(form: AskForm) -> str:
        actions.redraft(referral=one, ask=ask_of(form), by=person, reason="changed")
        return reverse("referrals:preview", args=[child_id, one.pk])

    return asking(request, child_id, one.service, first, redrafted)


def asking(
    request: HttpRequest, child_id: uuid.UUID, service: Service, first: dict, save: Callable[[AskForm], str]
) -> HttpResponse:
    """Show and keep the form of why and how soon. Comparing the first line with a name is a look at where that stands."""
    words, sections = known_words(request.user, child_id) if request.method == "POST" else ([], [])  # type: ignore[arg-type]
    form = AskForm(request.POST or None, service=service, known=words, initial=first)
    if answer := saved(request, form, lambda: save(form), said=""):
        return answer
    if form.found:
        events.record(look("view", child_id=child_id, sections=sections))
    context = file_context(request, child_id, "referrals", form=form, service=service)
    return TemplateResponse(request, "referrals/ask.html", context)


def ask_of(form: AskForm) -> actions.Ask:
    """Return what the form says."""
    return actions.Ask(**{name: form.cleaned_data[name] for name in actions.Ask.__dataclass_fields__})


@opens(SUMMARY, methods=WRITE, finds=referral_of_file, also=(alerted,))
def preview(request: HttpRequest, child_id: uuid.UUID, one: Referral) -> HttpResponse:
    """Show what the recipient will see, before and after accepting, beside the ticks that decide it; then send."""
    person: Any = request.user
    child = actions.file_to_refer(child_id, person)
    if one.state != ReferralState.DRAFT:
        return redirect("referrals:referral", child_id, one.pk)
    form = open_form(request, one, child)
    is_sent = request.method == "POST" and form.is_valid() and "show" not in request.POST
    if is_sent and request.POST.get("shown") == form.shown():
        answer = saved(request, form, lambda: sent(one, form, child, person), said="")
        if answer is not None:
            return answer
    context = previewed(request, child, one, form) | {"is_changed": is_sent and not form.errors}
    return TemplateResponse(request, "referrals/preview.html", context)


def open_form(request: HttpRequest, one: Referral, child: Child) -> OpenForm:
    """Return the form of what opens, with what cannot be opened to this team greyed."""
    closed, written = closed_sections(one.to_team, child)
    last = today(child.owner.agency.time_zone) + LONGEST
    return OpenForm(
        request.POST or None, closed=closed, written=written, first=last - LONGEST, last=last,
        initial={"until": last - LONGEST / 2},
    )  # fmt: skip


def previewed(request: HttpRequest, child: Child, one: Referral, form: OpenForm) -> dict[str, Any]:
    """Return what the page of the check shows: the recipient's card and file under access that does not exist yet."""
    view, change = form.sections() if form.is_bound and form.is_valid() else ((), ())
    shows_after = request.POST.get("show") != "before"
    shown = request.POST.get("show", "") if shows_after else None
    seen = their_page(request, request.user, child, gift_of(one, child, view, change), shown)  # type: ignore[arg-type]
    context = file_context(request, child.pk, "referrals", form=form, one=one, brief=Brief.objects.get(referral=one))
    return context | {
        "who": one.to_team.agency.name,
        "once": OnceForm(auto_id=False),
        "card": card(one, request.user),  # type: ignore[arg-type]
        "shown": form.shown() if form.is_bound and form.is_valid() else "/",
        "absent": absent(seen["their_sections"]),
        "shows_after": shows_after,
        **seen,
    }


def gift_of(one: Referral, child: Child, view: tuple[Section, ...], change: tuple[Section, ...]) -> Gift:
    """Return the access that comes with the referral, as it is ticked now."""
    opened = actions.Opened(view, change, last_moment(child.owner))
    return Gift(one.to_team, None, opened.sections, opened.until)


def sent(one: Referral, form: OpenForm, child: Child, person: Any) -> str:
    """Send the draft and go where it is followed."""
    view, change = form.sections()
    opened = actions.Opened(view, change, end_of_day(form.cleaned_data["until"], child.owner.agency.time_zone))
    actions.send(referral=one, opened=opened, by=person, reason="sent")
    return reverse("referrals:referral", args=[child.pk, one.pk])


@opens(SUMMARY, methods=WRITE, finds=referral_of_file, also=(alerted,))
def drop(request: HttpRequest, child_id: uuid.UUID, one: Referral) -> HttpResponse:
    """Drop a draft."""
    there = reverse("referrals:referrals", args=[child_id])
    if request.method != "POST":
        return redirect(there)

    def dropped() -> str:
        actions.drop(referral=one, by=request.user, reason="dropped")  # type: ignore[arg-type]
        return there

    return pressed(request, dropped, there)


@opens(SUMMARY, kind="referral", finds=referral_of_file, also=(alerted,))
def referral(request: HttpRequest, child_id: uuid.UUID, one: Referral) -> HttpResponse:
    """Follow a referral: where it stands, what was asked, what they answered."""
    person: Any = request.user
    sender = actions.is_sender(one, person)
    brief = Brief.objects.filter(referral=one).first()
    context = file_context(
        request,
        child_id,
        "referrals",
        one=one,
        who=one.to_team.agency.name,
        what=one.service.name,
        state=state_of(one),
        sent_words=sent_words(one),
        facts_of_card=card(one, person)["facts"],
        brief=brief,
        basis=basis_words(brief),
        opens=opened_words(one, brief),
        decline=decline_words(one),
        urgency=Urgency(one.urgency).label,
        remind_key=OnceForm(auto_id=False),
        letter_key=OnceForm(auto_id=False),
        is_draft=one.state == ReferralState.DRAFT,
        may_remind=sender and one.is_live,
        may_take_back=sender and one.is_live,
        may_print=sender and one.is_live,
    )
    return TemplateResponse(request, "referrals/referral.html", context)


def sent_words(one: Referral) -> str:
    """Say when it was sent and when the answer is due."""
    if one.sent is None or one.answer_by is None:
        return ""
    if one.is_open:
        words = _("Sent %(time)s. Answer due %(due)s. You will be told.")
        return words % {"time": hour(one.sent), "due": due(one.answer_by)}
    return ""


def basis_words(brief: Brief | None) -> str:
    """Return what allows the sharing, in words; nothing where the brief is not open."""
    return legal_bases.words_of(brief.basis) if brief else ""


def opened_words(one: Referral, brief: Brief | None) -> list[str]:
    """Return the sections that open with the acceptance, in words; renewed access may hold fewer. Nothing without the brief."""
    view = one.grant.view if one.grant else brief.view if brief else []
    return [str(Section(number).label) for number in view] if brief else []


def decline_words(one: Referral) -> str:
    """Return why it was declined, in words."""
    word = Lookup.objects.filter(vocabulary="referral_decline", code=one.decline).first() if one.decline else None
    return str(word or one.decline)


@opens(SUMMARY, methods=WRITE, finds=referral_of_file, also=(alerted,))
def remind(request: HttpRequest, child_id: uuid.UUID, one: Referral) -> HttpResponse:
    """Remind the recipient."""
    there = reverse("referrals:referral", args=[child_id, one.pk])
    if request.method != "POST":
        return redirect(there)

    def reminded() -> str:
        actions.remind(referral=one, by=request.user, reason="reminded")  # type: ignore[arg-type]
        return there

    return pressed(request, reminded, there, said=_("They were reminded. Next time tomorrow at the earliest."))


@opens(SUMMARY, methods=WRITE, finds=referral_of_file)
def letter(request: HttpRequest, child_id: uuid.UUID, one: Referral) -> HttpResponse:
    """Order the letter: made in the background, with the sections that the recipient may see."""
    person: Any = request.user
    there = reverse("referrals:referral", args=[child_id, one.pk])
    if request.method != "POST":
        return redirect(there)

    def ordered() -> str:
        language: str = request.LANGUAGE_CODE  # type: ignore[attr-defined]
        made = actions.order_letter(referral=one, language=language, by=person, reason="letter")
        return reverse("victims:document", args=[made.pk])

    return pressed(request, ordered, there, said="")


@opens(SUMMARY, methods=WRITE, finds=referral_of_file, also=(alerted,))
def take_back(request: HttpRequest, child_id: uuid.UUID, one: Referral) -> HttpResponse:
    """Ask whose wish it is that the referral ends, and end it with its access."""
    person: Any = request.user
    actions.check_side(one, person, sender=True)
    form = TakeBackForm(request.POST or None)
    there = reverse("referrals:referral", args=[child_id, one.pk])

    def taken_back() -> str:
        data = form.cleaned_data
        actions.take_back(referral=one, name=data["name"], by=person, reason=data["reason"])
        return there

    if request.method == "POST" and form.is_valid():
        return pressed(request, taken_back, there)
    context = file_context(request, child_id, "referrals", form=form, one=one, who=one.to_team.agency.name)
    context |= {
        "happens": [
            _("The access that comes with it ends at once, whether or not they opened the file."),
            _("They are told, with your sentence."),
        ],
        "stays": [_("What they wrote in the file, and the record of what they opened.")],
    }
    return TemplateResponse(request, "referrals/take_back.html", context)
