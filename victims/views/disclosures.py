"""Copies of a file for courts: asking with a scope, reading what would be given, deciding, making, taking, comparing."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access.opens import WRITE, opens, opens_found
from portal.access.rights import can, sections_open
from portal.access.sections import Section
from portal.accounts.models import Agency
from portal.casework.editing import pressed, saved
from portal.casework.forms import OnceForm
from portal.casework.models import Attachment
from victims import disclosed, disclosures
from victims.answer_forms import ORDERED, CompareForm, DecisionForm, OrderForm
from victims.models import Disclosure
from victims.plain_words import ground_words
from victims.views.addresses import id_of
from victims.views.file import alerted, file_context

SUMMARY = Section.SUMMARY


@opens(SUMMARY, also=(alerted,))
def listing(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """List what was given away of the file by order, and what is asked for."""
    disclosures.demand_answering(request.user, child_id)  # type: ignore[arg-type]
    rows = [(one, disclosures.parts_in_words(one)) for one in disclosures.of_file(child_id)]
    return TemplateResponse(request, "victims/disclosures.html", file_context(request, child_id, "who", rows=rows))


@opens(SUMMARY, methods=WRITE, also=(alerted,))
def ask(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Ask to give named sections of the file to a court or an authority."""
    person: Any = request.user
    disclosures.demand_answering(person, child_id)
    held = sections_open(person, child_id)
    earlier = earlier_values(person, child_id, request.GET.get("again", ""))
    form = OrderForm(request.POST or None, held=held, orders=orders_attached(person, child_id), initial=earlier)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        warning = disclosures.width(data["parts"], data["begins"], data["ends"], held)
        if warning and not data["is_sure"]:
            form.ask_whether_sure(warning)

    def asked() -> str:
        made = disclosures.ask(child_id=child_id, values=form.values(), by=person, reason="ordered")
        return reverse("victims:disclosure", args=[made.pk])

    answer = saved(request, form, asked, said=_("Asked. Until two others have approved it, nothing is made."))
    context = file_context(request, child_id, "who", form=form, **consequences())
    return answer or TemplateResponse(request, "victims/ask_disclosure.html", context)


def earlier_values(person: Any, child_id: uuid.UUID, text: str) -> dict[str, Any]:
    """Return what was filled in for an earlier disclosure of the file, so that one that was sent back is not typed again."""
    found = shown_to(person, id_of(text, uuid.UUID(int=0)))
    if found is None or found.child_id != child_id or found.kind != Disclosure.Kind.ORDER:  # type: ignore[attr-defined]
        return {}
    return {name: getattr(found, name) for name in ORDERED} | {"order_document": str(found.order_document_id or "")}  # type: ignore[attr-defined]


def consequences() -> dict[str, list[str]]:
    """Return what comes of it, and what does not."""
    return {
        "happens": [
            _("A privacy officer and a supervisor read exactly what would be given, and decide."),
            _("Once both have approved, one paper is made. Its hash is on record."),
        ],
        "stays": [
            _("Nobody gets access to the file by it: the court is no user here."),
            _("Names of workers, other children, and where the child is are left out, unless Whereabouts is ticked."),
        ],
    }


def orders_attached(person: Any, child_id: uuid.UUID) -> list[tuple[str, str]]:
    """Return the documents attached under Legal, for whoever holds it."""
    if not can(person, child_id, Section.LEGAL):
        return []
    found = Attachment.objects.filter(child_id=child_id, section=Section.LEGAL).order_by("-pk")[:50]
    return [(str(one.pk), one.title) for one in found]


# --- one disclosure ---------------------------------------------------------------------------------------------------


def shown_to(person: Any, disclosure_id: uuid.UUID) -> Disclosure | None:
    """Return a disclosure that the person may know of: who answers for the file, and who decides."""
    found = Disclosure.objects.select_related("asked_by__agency", "request").filter(pk=disclosure_id).first()
    return found if found is not None and disclosures.concerns(found) else None


def read_by(person: Any, disclosure_id: uuid.UUID) -> Disclosure | None:
    """Return a disclosure whose words the person may read; whoever asked still has to hold every section of it."""
    found = shown_to(person, disclosure_id)
    if found is not None and found.asked_by_id == person.pk:  # type: ignore[attr-defined]
        disclosures.demand_held(found, person)
    elif found is not None:
        disclosures.demand_fresh(found, person)
    if found is None or not disclosures.may_read(found):
        return None
    found.shown = found.parts  # type: ignore[attr-defined]  # what the event of the look says
    return found


@opens_found(kind="view disclosure", finds=shown_to, names_file=True)
def one(request: HttpRequest, disclosure: Disclosure) -> HttpResponse:
    """Show what was asked for, how it stands, who decided, and the hash of what was made; not what it holds."""
    person: Any = request.user
    context = facts_of(disclosure, person)
    context |= {
        "approvals": disclosures.approvals_of(disclosure),
        "may_decide": disclosures.asked_of(person, disclosure) is not None,
        "can_be_taken": context["may_read"] and disclosures.can_be_taken(disclosure),
        "job": disclosures.job_of(disclosure) if context["is_mine"] else None,
        "stands": disclosures.approvals_stand(disclosure),
        "once": OnceForm(auto_id=False),
        "again": str(disclosure.pk),
        "grounds": ground_words(disclosure),
    }
    return TemplateResponse(request, "victims/disclosure.html", context)


def facts_of(disclosure: Disclosure, person: Any) -> dict[str, Any]:
    """Return what every page of a disclosure says of it."""
    disclosed.open_keys(disclosure)
    number, name = disclosures.called(disclosure)
    return {
        "one": disclosure,
        "case_number": number,
        "code_name": name,
        "parts": disclosures.parts_in_words(disclosure),
        "basis": disclosures.basis_in_words(disclosure),
        "is_mine": disclosure.asked_by_id == person.pk,  # type: ignore[attr-defined]
        "may_read": disclosures.may_read(disclosure),
        "of_file": disclosures.answers_for(disclosure.child_id),  # type: ignore[attr-defined]
    }


@opens_found(methods=WRITE, kind="read disclosure", finds=read_by, names_file=True)
def read(request: HttpRequest, disclosure: Disclosure) -> HttpResponse:
    """Show exactly what would be given, and ask whoever decides."""
    person: Any = request.user
    contents = disclosed.read(disclosure)
    if contents is None:
        raise Http404
    form = DecisionForm(request.POST or None, request=request)

    def decided() -> str:
        disclosures.decide(
            disclosure=disclosure, state=form.state(), proof=form.proof(), by=person, reason=form.cleaned_data["reason"]
        )
        return reverse("desk:home")

    answer = saved(request, form, decided, said=_("Your decision is recorded. Whoever asked is told."))
    others = Agency.objects.filter(pk__in=contents["others"])
    context = facts_of(disclosure, person) | disclosed.with_times(contents)
    context |= {
        "form": form,
        "may_decide": disclosures.asked_of(person, disclosure) is not None,
        "others": sorted({disclosed.named_on(disclosure, agency) for agency in others}),
    }
    return answer or TemplateResponse(request, "victims/read_disclosure.html", context)


@opens_found(methods=("POST",), kind="view disclosure", finds=read_by, names_file=True)
def make(request: HttpRequest, disclosure: Disclosure) -> HttpResponse:
    """Have an approved disclosure made."""
    back = reverse("victims:disclosure", args=[disclosure.pk])

    def ordered() -> str:
        disclosures.make(disclosure=disclosure, by=request.user, reason="approved")  # type: ignore[arg-type]
        return back

    return pressed(request, ordered, back, said=_("It is being made. You will be told."))


@opens_found(methods=("POST",), kind="view disclosure", finds=shown_to, names_file=True)
def withdraw(request: HttpRequest, disclosure: Disclosure) -> HttpResponse:
    """Take back what one asked for."""
    back = reverse("victims:disclosure", args=[disclosure.pk])

    def taken_back() -> str:
        disclosures.withdraw(disclosure=disclosure, by=request.user, reason="taken back")  # type: ignore[arg-type]
        return back

    return pressed(request, taken_back, back, said=_("Taken back. Nothing is given."))


@opens_found(kind="take disclosure", finds=read_by, names_file=True)
def take(request: HttpRequest, disclosure: Disclosure) -> HttpResponse:
    """Hand the paper over, or its covering page, for as long as it is kept."""
    what = "cover" if request.GET.get("page") == "cover" else "pdf"
    data = disclosures.paper(disclosure, what)
    if data is None:
        raise Http404
    response = HttpResponse(data, content_type="application/octet-stream")
    ending = "-cover" if what == "cover" else ""
    response["Content-Disposition"] = f'attachment; filename="{disclosure.reference}{ending}.pdf"'
    return response


@opens_found(methods=WRITE, kind="compare disclosure", finds=shown_to, names_file=True)
def compare(request: HttpRequest, disclosure: Disclosure) -> HttpResponse:
    """Say of a file whether it is the paper that was made; the file is kept nowhere."""
    if not disclosure.digest:
        return redirect("victims:disclosure", disclosure.pk)
    form = CompareForm(request.POST or None, request.FILES or None)
    is_same = None
    if request.method == "POST" and form.is_valid():
        is_same = disclosures.is_the_same(disclosure, form.cleaned_data["file"])
    context = facts_of(disclosure, request.user) | {"form": form, "is_same": is_same}
    return TemplateResponse(request, "victims/compare_disclosure.html", context)
