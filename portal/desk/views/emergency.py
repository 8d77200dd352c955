"""Emergency access: opening a file for an hour, ending it early, and the review by somebody else."""

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portal.access import auditing
from portal.access import emergency as access
from portal.access.identity import Refused, acting
from portal.access.models import Emergency, Ground
from portal.access.opens import WRITE, opens_found, opens_list
from portal.access.pace import demand_pace
from portal.access.sections import Section
from portal.accounts.roles import Role
from portal.audit.events import Event
from portal.casework.editing import save_once, saved
from portal.casework.workflow import NotPossible
from portal.desk.emergency_forms import EmergencyForm, ReviewForm
from portal.desk.oversight import OVERSEERS, emergency_figures
from victims.looks import KINDS
from victims.views.file import address_of

TRIES = 5  # a minute and person
REVIEWED_SHOWN = 20
Shown = tuple[HttpResponse, list[uuid.UUID]]


@opens_list("emergency access", methods=WRITE, of="access.emergency")
def open_file(request: HttpRequest) -> Shown:
    """Ask for the number, the ground and a fresh code, and open the file; whatever opens no file is answered alike."""
    person: Any = request.user
    access.check_worker(person)
    form = EmergencyForm(request.POST or None, request=request)
    answer = tried(request, form) if request.method == "POST" else None
    mine = list(access.unreviewed(person))
    context = {
        "form": form,
        "mine": mine,
        "is_full": len(mine) >= access.MOST_UNREVIEWED,
        "happens": [
            _(
                "Summary, Identity and Health open for 60 minutes, to read only, with the care alerts;"
                " Whereabouts if your role opens them now."
            ),
            _("Whoever leads the file is told now, and so are the privacy officers of both agencies."),
            _("Somebody else reviews it within 72 hours, and reads what you write here."),
        ],
        "stays": [
            _("Investigation and Therapy stay shut, and no section can be changed."),
            _("After 60 minutes the file is shut again. You cannot make the time longer."),
        ],
    }
    return answer or TemplateResponse(request, "desk/emergency.html", context), []


def tried(request: HttpRequest, form: EmergencyForm) -> HttpResponse | None:
    """Open the file that the form names; where none opens, that is said in the form and noted, and nothing else."""
    person: Any = request.user
    if not form.is_valid():
        return None
    demand_pace(person, "emergency", TRIES)
    try:
        return save_once(request, lambda: opened(form, person), said="")
    except NotPossible as problem:
        if isinstance(problem, access.NotOpen):
            access.note_refusal(by=person)
        form.add_error(problem.field or None, problem.sentence)
        form.use_up()
        return None


def opened(form: EmergencyForm, person: Any) -> str:
    """Open the file and return its address."""
    data = form.cleaned_data
    ground = Ground(data["ground"])
    found = access.open_file(number=data["number"], ground=ground, words=data["words"], proof=form.proof(), by=person)
    return address_of(person, found.child_id)  # type: ignore[attr-defined]


@require_POST
def end(request: HttpRequest, grant_id: uuid.UUID) -> HttpResponse:
    """End one's own emergency access now."""
    person: Any = request.user
    with acting(person):
        found = Emergency.objects.select_related("owner").filter(grant=grant_id, person=person).first()
        if found is None:
            raise Http404
        access.end_early(emergency=found, by=person)
    messages.success(request, _("Your emergency access has ended."))
    return redirect("desk:home")


def records(person: Any) -> QuerySet[Emergency]:
    """Return the emergency accesses that the person reads, but the own ones."""
    return access.records().select_related("person__agency", "owner__agency", "reviewed_by").exclude(person=person)


@opens_list("emergency accesses", of="access.emergency")
def listed(request: HttpRequest) -> Shown:
    """List what waits for review and what was reviewed, and how often each person opened a file in an emergency."""
    person: Any = request.user
    if not (OVERSEERS | {Role.SUPERVISOR}) & set(person.roles):
        raise Refused(Event("refusal", "R", "refused", "no_oversight"), known=False)
    waiting = list(records(person).filter(reviewed=None).order_by("due", "pk"))
    reviewed = list(records(person).exclude(reviewed=None).order_by("-reviewed", "-pk")[:REVIEWED_SHOWN])
    figures = emergency_figures()
    context = {
        "waiting": waiting,
        "reviewed": reviewed,
        "figures": figures,
        "is_auditor": Role.AUDITOR in person.roles,
        "oversees": not OVERSEERS.isdisjoint(person.roles),
    }
    return TemplateResponse(request, "desk/emergencies.html", context), [one.pk for one in (*waiting, *reviewed)]


def read_by(person: Any, emergency_id: uuid.UUID) -> Emergency | None:
    """Return the emergency access, if the person reads its record."""
    found = access.records().select_related("person__agency", "owner__agency", "reviewed_by")
    return found.filter(pk=emergency_id).first()


@opens_found(methods=WRITE, kind="view emergency access", finds=read_by, names_file=True)
def review(request: HttpRequest, one: Emergency) -> HttpResponse:
    """Show who opened the file, why and what they looked at, and ask whoever reviews it whether that was justified."""
    person: Any = request.user
    form = ReviewForm(request.POST or None)
    answer = saved(
        request, form, lambda: reviewed_now(one, form, person), said=_("Reviewed. Whoever opened it is told.")
    )
    until, is_early = access.end_of(one)
    context = {
        "one": one,
        "form": form,
        "until": until,
        "is_early": is_early,
        "is_mine": one.person == person,
        "may_review": one.reviewed is None and access.may_review(one, person),
        "file": auditing.overseen(one.child_id),  # type: ignore[attr-defined]
        "looks": looks(one),
    }
    return answer or TemplateResponse(request, "desk/emergency_review.html", context)


def reviewed_now(one: Emergency, form: ReviewForm, person: Any) -> str:
    """Review it and return to its page."""
    access.review(emergency=one, by=person, **form.values())
    return reverse("desk:emergency_review", args=[one.pk])


def looks(one: Emergency) -> list[dict[str, Any]]:
    """Return what was opened under it, in words."""
    return [
        {
            "what": KINDS.get(kind, kind),
            "sections": _(", ").join(str(Section(number).label) for number in sections if number),
            "times": times,
            "latest": latest,
        }
        for kind, sections, times, latest in access.looks(one)
    ]
