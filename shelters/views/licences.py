"""A shelter whose licence has ended: a worker asks, a supervisor answers; both on one page."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access.opens import WRITE, opens_found
from portal.accounts.roles import Role
from portal.casework.editing import saved
from portal.casework.models import Approval
from portal.casework.workflow import NotPossible
from shelters import licences
from shelters.directory import PLACERS, check_reads
from shelters.forms import ReasonForm
from shelters.models import Shelter


def lapsed_asked_for(person: Any, shelter_id: uuid.UUID) -> Shelter | None:
    """Return the shelter, if its licence has ended, or the person's team asked about it, and the person looks for beds."""
    check_reads(person)
    found = Shelter.objects.select_related("agency").filter(pk=shelter_id, is_active=True).first()
    if found is None or licences.has_lapsed(found):
        return found
    return found if licences.questions(person).filter(subject_id=found.pk).exists() else None


@opens_found(methods=WRITE, kind="view licence of shelter", finds=lapsed_asked_for)
def licence(request: HttpRequest, one: Shelter) -> HttpResponse:
    """Show that the licence has ended, what was asked and answered, and ask or answer."""
    person: Any = request.user
    if not licences.has_lapsed(one):
        messages.info(request, _("The licence of %(shelter)s is valid again.") % {"shelter": one.public_name})
        return redirect("shelters:find")
    waiting = licences.waiting_on(one, person)
    form = ReasonForm(request.POST or None)
    answer = saved(request, form, lambda: answered(request, one, waiting, form), said=said_of(request))
    return answer or TemplateResponse(request, "shelters/licence.html", page_of(one, waiting, form, person))


def page_of(one: Shelter, waiting: Approval | None, form: ReasonForm, person: Any) -> dict[str, Any]:
    """Return what the page shows, and what this person may do on it."""
    now = licences.allowed(person).get(one.pk)
    last = licences.last_on(one, person)
    is_mine = waiting is not None and waiting.asked_by == person
    return {
        "shelter": one,
        "form": form,
        "waiting": waiting,
        "why": licences.reason_of(waiting) if waiting else "",
        "allowed": now,
        "allowed_until": now.decided + licences.ALLOWED if now and now.decided else None,
        "last": None if now else last,
        "may_answer": waiting is not None and not is_mine and Role.SUPERVISOR in person.roles,
        "may_ask": waiting is None and now is None and not PLACERS.isdisjoint(person.roles),
    }


def said_of(request: HttpRequest) -> str:
    """Say what was done."""
    said = {"agree": _("Allowed for 14 days."), "refuse": _("Not allowed.")}
    return said.get(request.POST.get("answer", ""), _("Asked. You will be told."))


def answered(request: HttpRequest, one: Shelter, waiting: Approval | None, form: ReasonForm) -> str:
    """Ask, or answer what was asked, and return to the page."""
    person: Any = request.user
    why, answer = form.cleaned_data["reason"], request.POST.get("answer", "")
    if answer not in ("", "agree", "refuse"):
        raise Http404
    if not answer:
        licences.ask(shelter=one, by=person, reason=why)
    elif waiting is None:
        raise NotPossible(_("Another supervisor has answered already."))
    else:
        licences.decide(approval=waiting, is_allowed=answer == "agree", by=person, reason=why)
    return reverse("shelters:licence", args=[one.pk])
