"""A shelter's own desk: its entry in the directory, its beds, who is here, and the beds that are held."""

import uuid
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access.opens import WRITE, file_lines, found, opens_found, opens_list
from portal.accounts.roles import Role
from portal.audit.events import Event
from portal.casework.editing import demand_current, resolved, save_once, saved
from portal.casework.forms import OnceForm
from portal.casework.models import Lookup
from portal.casework.workflow import NotPossible
from shelters import actions, directory
from shelters.forms import AddressForm, BedForm, NewShelterForm, ReasonForm, ShelterForm
from shelters.holds import time_left
from shelters.licences import has_lapsed
from shelters.matching import named, offer_words
from shelters.models import LIVE, Bed, Placement, Shelter, ShelterAddress
from shelters.moves import free_beds
from shelters.workflow import PlacementState
from victims.views.file import address_of


def own(person: Any) -> Any:
    """Return the shelters that the person's teams run, for the roles that work there."""
    if {Role.SHELTER_WORKER, Role.SUPERVISOR}.isdisjoint(person.roles):
        return Shelter.objects.none()
    return Shelter.objects.filter(team_id__in=person.team_ids)


def shelter_asked_for(person: Any, shelter_id: uuid.UUID) -> Shelter | None:
    """Return the shelter, if it is the person's own."""
    return own(person).filter(pk=shelter_id).first()


def bed_asked_for(person: Any, shelter_id: uuid.UUID, bed_id: uuid.UUID) -> Bed | None:
    """Return a bed of the person's own shelter."""
    return Bed.objects.filter(pk=bed_id, shelter__in=own(person), shelter_id=shelter_id).first()


def hold_asked_for(person: Any, placement_id: uuid.UUID) -> Placement | None:
    """Return a hold or stay in the person's own shelter."""
    found_one = Placement.objects.filter(pk=placement_id, shelter__in=own(person))
    return found_one.select_related("shelter", "bed", "held_by__agency").first()


def is_open(one: Placement) -> bool:
    """Return whether the bed is held and the hold runs."""
    return one.state == PlacementState.HELD and one.is_live


def over(request: HttpRequest, one: Placement) -> HttpResponse:
    """Lead from a hold that is over to the shelter's page."""
    was_admitted = one.state == PlacementState.ADMITTED
    messages.info(request, _("The child of this hold was admitted.") if was_admitted else _("This hold is over."))
    return redirect("shelters:shelter", one.shelter_id)  # type: ignore[attr-defined]


@opens_list("view shelter")
def shelter(request: HttpRequest, shelter_id: uuid.UUID) -> tuple[HttpResponse, Event]:
    """Show the shelter: its free beds, the beds that are held, and who is here."""
    person: Any = request.user
    one = found(shelter_asked_for, person, {"shelter_id": shelter_id})
    live = [p for p in Placement.objects.filter(shelter=one, state__in=LIVE).select_related("held_by") if p.is_live]
    lines = file_lines([p.child_id for p in live if p.state == PlacementState.ADMITTED])  # type: ignore[attr-defined]
    rows = bed_rows(one, live, lines, person)
    context = {
        "shelter": one,
        "rows": rows,
        "beds": sum(row["bed"].is_active for row in rows),
        "free": sum(row["is_free"] for row in rows),
        "holds": [p for p in live if p.state == PlacementState.HELD],
        "address": ShelterAddress.objects.filter(shelter=one).first(),
        "facts": facts(one),
        "once": OnceForm(auto_id=False),
        "may_keep": Role.SHELTER_WORKER in person.roles,
        "has_lapsed": has_lapsed(one),
    }
    event = Event("view shelter", "R", entity="shelters.shelter", entity_id=one.pk, entities=list(lines), sections=[1])
    return TemplateResponse(request, "shelters/shelter.html", context), event


def bed_rows(one: Shelter, live: list[Placement], lines: dict, person: Any) -> list[dict[str, Any]]:
    """Return each bed with who is in it: a code name once the child is admitted, before that only that it is held."""
    stays = {p.bed_id: p for p in live}  # type: ignore[attr-defined]
    kinds = {word.code: str(word) for word in Lookup.objects.filter(vocabulary="bed_kind")}
    free = {bed.pk for bed in free_beds(one)}  # a child whose file is closed to the reader is in a bed all the same
    rows = []
    for bed in one.beds.order_by("label", "pk"):
        stay = stays.get(bed.pk)
        child = lines.get(stay.child_id) if stay else None  # type: ignore[attr-defined]
        url = address_of(person, child.pk) if child else ""
        held = stay is not None and stay.state == PlacementState.HELD
        row = {"bed": bed, "kind": kinds.get(bed.kind, ""), "stay": stay, "child": child, "url": url, "held": held}
        rows.append(row | {"is_free": bed.pk in free})
    return rows


def facts(one: Shelter) -> list[str]:
    """Return the one line of facts under the name."""
    kind = Lookup.objects.filter(vocabulary="shelter_kind", code=one.kind).first()
    takes = _(", ").join(str(Shelter.Sex(sex).label) for sex in one.sexes)
    words = offer_words()
    return [
        str(kind or one.kind),
        one.region,
        takes,
        named(one.languages),
        *(words.get(code, code) for code in one.offers),
    ]


@opens_list("open a shelter", of="shelters.shelter", methods=WRITE)
def new(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Enter a shelter into the directory."""
    person: Any = request.user
    form = NewShelterForm(request.POST or None, person=person)
    directory.check_enters(person)
    if request.method == "POST" and form.is_valid():
        return save_once(request, lambda: opened(form, person)), []
    return TemplateResponse(request, "shelters/new.html", {"form": form}), []


def opened(form: NewShelterForm, person: Any) -> str:
    """Open the shelter and go to its page."""
    values = form.values()
    made = directory.open_shelter(
        team=form.cleaned_data["team"], values=values, address=form.sealed(), by=person, reason="opened"
    )
    return reverse("shelters:shelter", args=[made.pk])


def edited(request: HttpRequest, kind: Any, record: Any, change: Any, one: Shelter, title: str) -> HttpResponse:
    """Show and save the form of a record of the directory; one saved meanwhile gives the page that joins both."""
    locked = (
        type(record).objects.select_for_update(of=("self",)).get(pk=record.pk) if request.method == "POST" else record
    )
    form = kind(resolved(request.POST) if request.method == "POST" else None, instance=record)
    there = reverse("shelters:shelter", args=[one.pk])
    if request.method == "POST" and form.is_valid():
        demand_current(request, form, locked)

        def save() -> str:
            change(values=form.values(), by=request.user, reason=form.cleaned_data["reason"])
            return there

        return save_once(request, save)
    return TemplateResponse(request, "shelters/edit.html", {"form": form, "shelter": one, "form_title": title})


@opens_found(methods=WRITE, kind="view shelter", finds=shelter_asked_for)
def change(request: HttpRequest, one: Shelter) -> HttpResponse:
    """Change what the directory says."""
    directory.check_keeps(one.team_id, request.user)
    save = partial(directory.change_shelter, shelter=one)
    return edited(request, ShelterForm, one, save, one, _("What the directory says"))


@opens_found(methods=WRITE, kind="view shelter", finds=shelter_asked_for)
def address(request: HttpRequest, one: Shelter) -> HttpResponse:
    """Change the confidential address and who is on call."""
    directory.check_keeps(one.team_id, request.user)
    record = ShelterAddress.objects.select_related("shelter").get(shelter=one)
    save = partial(directory.change_address, address=record)
    return edited(request, AddressForm, record, save, one, _("Address and who is on call"))


@opens_found(methods=WRITE, kind="view shelter", finds=shelter_asked_for)
def add_bed(request: HttpRequest, one: Shelter) -> HttpResponse:
    """Add a bed to the shelter."""
    directory.check_keeps(one.team_id, request.user)
    form = BedForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if one.beds.filter(label=form.cleaned_data["label"]).exists():
            form.add_error("label", _("A bed with this name is there already. Give this one another name."))
        else:
            return save_once(request, lambda: bed_added(form, one, request.user))
    context = {"form": form, "shelter": one, "form_title": _("Add a bed")}
    return TemplateResponse(request, "shelters/edit.html", context)


def bed_added(form: BedForm, one: Shelter, person: Any) -> str:
    """Add the bed and return to the shelter."""
    directory.add_bed(shelter=one, values=form.values(), by=person, reason="")
    return reverse("shelters:shelter", args=[one.pk])


@opens_found(methods=WRITE, kind="view shelter", finds=bed_asked_for)
def bed(request: HttpRequest, shelter_id: uuid.UUID, record: Bed) -> HttpResponse:
    """Change a bed, or take it out of use."""
    directory.check_keeps(record.shelter.team_id, request.user)
    return edited(request, BedForm, record, partial(directory.change_bed, bed=record), record.shelter, record.label)


@opens_found(methods=WRITE, kind="view shelter", finds=shelter_asked_for)
def count(request: HttpRequest, one: Shelter) -> HttpResponse:
    """Confirm that the free beds are as the portal says."""
    there = reverse("shelters:shelter", args=[one.pk])
    if request.method != "POST":
        return redirect(there)
    return save_once(request, lambda: counted(one, request.user))


def counted(one: Shelter, person: Any) -> str:
    """Confirm the count and return to the shelter."""
    directory.confirm_count(shelter=one, by=person, reason="counted")
    return reverse("shelters:shelter", args=[one.pk])


@opens_found(methods=WRITE, kind="view hold", finds=hold_asked_for)
def asked(request: HttpRequest, one: Placement) -> HttpResponse:
    """Show what the child needs, and admit the child; who it is stands in the file, which opens with the admission."""
    person: Any = request.user
    if not is_open(one):
        return over(request, one)
    if request.method == "POST":
        try:
            return save_once(request, lambda: admitted(one, person))
        except NotPossible as problem:
            messages.error(request, str(problem.sentence))
    words = offer_words()
    context = {
        "one": one,
        "left": time_left(one),
        "languages": named(one.languages),
        "needs": [words.get(code, code) for code in one.needs],
        "once": OnceForm(auto_id=False),
        "may_admit": actions.is_keeper(one, person),
    }
    return TemplateResponse(request, "shelters/asked.html", context)


def admitted(one: Placement, person: Any) -> str:
    """Admit the child and open the file."""
    placement = actions.admit(placement=one, by=person, reason="admitted")
    return address_of(person, placement.child_id) or reverse("shelters:shelter", args=[one.shelter_id])  # type: ignore[attr-defined]


@opens_found(methods=WRITE, kind="view hold", finds=hold_asked_for)
def turn_down(request: HttpRequest, one: Placement) -> HttpResponse:
    """Give back a bed that the shelter cannot keep for the child."""
    if not is_open(one):
        return over(request, one)
    directory.check_keeps(one.team_id, request.user)
    form = ReasonForm(request.POST or None)
    answer = saved(request, form, lambda: turned_down(one, form, request.user))
    context = {"form": form, "shelter": one.shelter, "form_title": _("Give the bed back?")}
    return answer or TemplateResponse(request, "shelters/edit.html", context)


def turned_down(one: Placement, form: ReasonForm, person: Any) -> str:
    """Release the bed and return to the shelter."""
    actions.release(placement=one, by=person, reason=form.cleaned_data["reason"])
    return reverse("shelters:shelter", args=[one.shelter_id])  # type: ignore[attr-defined]
