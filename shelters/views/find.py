"""Find a bed tonight: needs, shelters that fit in words, and the hold."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal.access.opens import WRITE, opens, opens_list
from portal.access.pace import demand_pace
from portal.access.sections import Level, Section
from portal.audit import clock, events
from portal.audit.events import Event
from portal.casework.editing import save_once
from portal.casework.models import Lookup
from portal.casework.templatetags.portal import digits
from portal.casework.workflow import NotPossible
from shelters import actions, moves
from shelters.directory import check_reads, may_enter
from shelters.forms import InSpiteForm, MoveForm, NeedsForm
from shelters.matching import Fit, Needs, bed_counts, fit, judge_of, look, offer_words
from shelters.models import Placement, Shelter
from victims.models import Child
from victims.views.file import alerted, file_context, the_file

SHOWN = 30
LAPSED = "ended"  # the filter of the list, in its address
MOVING = {
    "happens": [
        gettext_lazy("The stay ends now, and with it what its shelter may open for it."),
        gettext_lazy(
            "The new shelter is told at once; it can open summary, care and whereabouts once it admits the child."
        ),
    ],
    "stays": [
        gettext_lazy("Everything that was written during the stay."),
        gettext_lazy("Whereabouts name the old shelter until the new one has admitted the child."),
        gettext_lazy("If the bed is taken at this moment, nothing changes and the child stays."),
    ],
}


@opens_list("look for a bed", of="shelters.shelter", methods=WRITE)
def find(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID] | Event]:
    """Show which shelters have a bed; it is held from a child's file."""
    person: Any = request.user
    check_reads(person)
    slowed(request)
    form = NeedsForm(request.POST or None, initial={"country": str(person.agency.country)})
    lapsed = request.GET.get("licence") == LAPSED
    context = listed(form, person, lapsed=lapsed)
    if "print" in request.POST:
        return printed(request, form, context)
    own = Shelter.objects.filter(team_id__in=person.team_ids).order_by("public_name")
    context |= {"form": form, "own": list(own), "may_enter": may_enter(person), "lapsed": lapsed}
    return TemplateResponse(request, "shelters/find.html", context), [one.shelter.pk for one in context["every"]]


def slowed(request: HttpRequest) -> None:
    """Refuse the search of somebody who searches again and again; a bed is held at any pace."""
    if request.method == "POST" and "hold" not in request.POST:
        demand_pace(request.user, "bed_searches", settings.BED_SEARCHES)  # type: ignore[arg-type]


def printed(
    request: HttpRequest, form: NeedsForm, context: dict[str, Any], *, child_id: uuid.UUID | None = None
) -> tuple[HttpResponse, Event]:
    """Return the list for paper, which names no child, and the event of printing it."""
    ids = [one.shelter.pk for one in context["every"]]
    context |= {"asked": form.words(), "now": clock.now(), "person": request.user}
    sections = [Section.WHEREABOUTS] if child_id else []
    event = Event(
        "print list of beds", "R", child_id=child_id, sections=sections, entity="shelters.shelter", entities=ids
    )
    return TemplateResponse(request, "shelters/printed.html", context), event


def listed(form: NeedsForm, person: Any, *, lapsed: bool = False) -> dict[str, Any]:
    """Return the shelters as the page lists them, or those alone whose licence has ended: never an address."""
    fits, cannot = look(form.needs(), person)
    if lapsed:
        fits, cannot = ([one for one in found if one.has_lapsed] for found in (fits, cannot))
    kinds = {word.code: str(word) for word in Lookup.objects.filter(vocabulary="shelter_kind")}
    return {
        "fits": [{"fit": one, "kind": kinds.get(one.shelter.kind, "")} for one in fits[:SHOWN]],
        "cannot": cannot[:SHOWN],
        "every": [*fits[:SHOWN], *cannot[:SHOWN]],
        "title": lapsed_title(len(fits) + len(cannot)) if lapsed else title(len(fits)),
    }


def title(count: int) -> str:
    """Say how many shelters can take the child."""
    if not count:
        return _("No shelter can take the child tonight")
    words = ngettext("%(shown)s can take the child tonight", "%(shown)s can take the child tonight", count)
    return words % {"shown": digits(count)}


def lapsed_title(count: int) -> str:
    """Say how many shelters have a licence that has ended."""
    if not count:
        return _("No shelter has a licence that has ended")
    words = ngettext(
        "The licence of %(shown)s shelter has ended", "The licences of %(shown)s shelters have ended", count
    )
    return words % {"shown": digits(count)}


@opens(Section.WHEREABOUTS, Level.CHANGE, methods=WRITE, kind="look for a bed", also=(Section.SUMMARY, alerted))
def find_for(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Find a bed for a child whose file the person works on, and hold it."""
    person: Any = request.user
    slowed(request)
    form = NeedsForm(request.POST or None, initial=needs_of(the_file(person, child_id), person))
    lost, stay = None, stay_to_end(child_id, person)
    if "hold" in request.POST and form.is_valid():
        shelter = shelter_chosen(request.POST["hold"])
        answer = second_look(request, child_id, shelter, form, stay)
        if answer is not None:
            return answer
        try:
            return save_once(request, lambda: held(child_id, shelter, form, request, stay))
        except actions.Taken as taken:
            lost = taken
        except NotPossible as problem:
            messages.error(request, str(problem.sentence))
    context = file_context(request, child_id, "whereabouts", form=form, stay=stay, **listed(form, person))
    if "print" in request.POST:
        answer, event = printed(request, form, context, child_id=child_id)
        events.record(event)
        return answer
    if lost:
        context["lost"] = taken_words(lost.shelter, context["fits"])
    return TemplateResponse(request, "shelters/find_for.html", context, status=409 if lost else 200)


def stay_to_end(child_id: uuid.UUID, person: Any) -> Placement | None:
    """Return the stay that a hold elsewhere would end: the child is moved by the team that owns the file."""
    now = actions.bed_of(child_id)
    return now if now is not None and moves.may_move(now, person) else None


def needs_of(child: Any, person: Any) -> dict[str, Any]:
    """Return what the file's summary says of the needs."""
    known: dict[str, Any] = {"country": str(person.agency.country)}
    if isinstance(child, Child):
        known |= {"sex": child.sex, "age_band": child.age_band, "languages": child.languages}
    return known


def shelter_chosen(text: str) -> Shelter:
    """Return the shelter whose button was pressed."""
    try:
        return Shelter.objects.select_related("team", "agency").get(pk=uuid.UUID(text), is_active=True)
    except (ValueError, Shelter.DoesNotExist):
        raise Http404 from None


def fit_now(shelter: Shelter, needs: Needs, person: Any) -> Fit:
    """Hold one shelter against the needs, as things stand."""
    return fit(shelter, needs, bed_counts().get(shelter.pk, (0, 0, None)), offer_words(), judge_of(person))


def second_look(
    request: HttpRequest, child_id: uuid.UUID, shelter: Shelter, form: NeedsForm, stay: Placement | None
) -> HttpResponse | None:
    """Return the page that names what does not fit and asks why it is held all the same; nothing where all fits.

    Where the child has a bed, the page asks whether to move the child.
    """
    now = fit_now(shelter, form.needs(), request.user)
    if (now.cannot and now.free) or (stay and stay.shelter == shelter):  # the page never offered it
        raise Http404
    doubts = now.doubts()
    if not now.free or not (doubts or stay):
        return None
    posted = request.POST if "second_look" in request.POST or "in_spite" in request.POST else None
    asked = MoveForm(posted, has_doubts=bool(doubts)) if stay else InSpiteForm(posted)
    if asked.is_bound and asked.is_valid():
        return None
    more: dict[str, Any] = {"form": asked, "needs": form, "fit": now, "doubts": doubts, "stay": stay}
    context = file_context(request, child_id, "whereabouts", **more) | (MOVING if stay else {})
    return TemplateResponse(request, "shelters/hold.html", context)


def held(child_id: uuid.UUID, shelter: Shelter, form: NeedsForm, request: HttpRequest, stay: Placement | None) -> str:
    """Hold the bed, ending the stay elsewhere where there is one, and go on to its page."""
    needs, person = form.needs(), request.user
    card = actions.Card(
        needs.sex, needs.age_band, needs.languages, needs.must, request.POST.get("in_spite", "").strip()[:300]
    )
    if stay is None:
        placement = actions.hold(child_id=child_id, shelter=shelter, card=card, by=person, reason="bed held")
    else:
        is_there = request.POST.get("arrival") == MoveForm.THERE
        placement = moves.move_child(
            placement=stay, shelter=shelter, card=card, is_there=is_there, by=person, reason="moved"
        )
    return reverse("shelters:placement", args=[child_id, placement.pk])


def taken_words(shelter: Shelter, fits: list[dict[str, Any]]) -> str:
    """Say since when the bed is taken, and where the next one is."""
    _beds, _free, taken = bed_counts().get(shelter.pk, (0, 0, None))
    seconds = max(1, int((clock.now() - taken).total_seconds())) if taken else 0
    first = since_words(seconds)
    if not fits:
        return _("%(taken)s No other shelter fits these needs.") % {"taken": first}
    best: Fit = fits[0]["fit"]
    more = ngettext("%(shelter)s still has %(shown)s bed.", "%(shelter)s still has %(shown)s beds.", best.free)
    return f"{first} {more % {'shelter': best.shelter.public_name, 'shown': digits(best.free)}}"


def since_words(seconds: int) -> str:
    """Return "Taken 20 seconds ago." or, after a while, "Taken since you looked."."""
    if not 0 < seconds < 120:
        return _("Taken since you looked.")
    words = ngettext("Taken %(shown)s second ago.", "Taken %(shown)s seconds ago.", seconds)
    return words % {"shown": digits(seconds)}
