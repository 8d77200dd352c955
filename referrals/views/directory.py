"""The directory of services: found by kind, region, language and age; entries of one's own team kept here."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from portal.access.opens import WRITE, opens_found, opens_list
from portal.access.roles import works_with_files
from portal.casework.clock import today
from portal.casework.editing import demand_current, resolved, save_once
from portal.casework.forms import OnceForm
from referrals import directory
from referrals.forms import FindForm, FullForm, NewServiceForm, ServiceForm
from referrals.matching import ages, found, kinds
from referrals.models import Service
from shelters.matching import named

MOST = 100
KIND = "view service"


def service_asked_for(person: Any, service_id: uuid.UUID) -> Service | None:
    """Return the service that the address names."""
    return Service.objects.select_related("agency", "team", "checked_by").filter(pk=service_id).first()


def own_service(person: Any, service_id: uuid.UUID) -> Service | None:
    """Return the service, if the person's own team runs it."""
    one = service_asked_for(person, service_id)
    return one if one and directory.keeps(one, person) else None


@opens_list("view services", of="referrals.service")
def services(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Show the services that the filters leave; first those of one's own teams."""
    person: Any = request.user
    directory.check_reads(person)
    form = FindForm(request.GET or None)
    listed = list(found(form.chosen())[: MOST + 1])
    own = Service.objects.filter(team_id__in=person.team_ids).select_related("team").order_by("name", "pk")
    words = kinds()
    context = {
        "form": form,
        "rows": [row(one, words) for one in listed[:MOST]],
        "more": len(listed) > MOST,
        "own": [row(one, words) for one in own] if may_enter(person) else [],
        "may_enter": may_enter(person),
    }
    shown = [one.pk for one in (*listed[:MOST], *own)]
    return TemplateResponse(request, "referrals/services.html", context), shown


def may_enter(person: Any) -> bool:
    """Return whether the person may enter a service of a team."""
    return bool(person.team_ids) and works_with_files(person.roles)


def row(service: Service, words: dict[str, str]) -> dict[str, Any]:
    """Return one service as the list and its page show it."""
    return {
        "one": service,
        "kind": words.get(service.kind, service.kind),
        "ages": ages(service),
        "languages": named(service.languages),
        "takes": [Service.Sex(sex).label for sex in service.sexes],
        "is_full": service.is_full,
    }


@opens_found(kind=KIND, finds=service_asked_for)
def service(request: HttpRequest, one: Service) -> HttpResponse:
    """Show one service."""
    person: Any = request.user
    directory.check_reads(person)
    context = row(one, kinds()) | {"may_keep": directory.keeps(one, person), "once": OnceForm(auto_id=False)}
    return TemplateResponse(request, "referrals/service.html", context)


@opens_list("enter a service", of="referrals.service", methods=WRITE)
def new_service(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Enter a service of one's own team."""
    person: Any = request.user
    for team in person.team_ids or {None}:
        directory.check_keeps(team, person)
    form = NewServiceForm(request.POST or None, person=person)
    if request.method == "POST" and form.is_valid():
        return save_once(request, lambda: entered(form, person)), []
    return TemplateResponse(request, "referrals/new_service.html", {"form": form}), []


def entered(form: NewServiceForm, person: Any) -> str:
    """Enter the service and go to its page."""
    made = directory.add_service(team=form.cleaned_data["team"], values=form.values(), by=person, reason="entered")
    return reverse("referrals:service", args=[made.pk])


@opens_found(methods=WRITE, kind=KIND, finds=own_service)
def change_service(request: HttpRequest, record: Service) -> HttpResponse:
    """Change an entry; one saved meanwhile gives the page that joins both."""
    is_sent = request.method == "POST"
    locked = Service.objects.select_for_update(of=("self",)).get(pk=record.pk) if is_sent else record
    form = ServiceForm(resolved(request.POST) if is_sent else None, instance=record)
    there = reverse("referrals:service", args=[record.pk])
    if is_sent and form.is_valid():
        demand_current(request, form, locked)

        def save() -> str:
            reason = form.cleaned_data["reason"]
            directory.change_service(service=record, values=form.values(), by=request.user, reason=reason)  # type: ignore[arg-type]
            return there

        return save_once(request, save)
    return TemplateResponse(request, "referrals/change_service.html", {"form": form, "one": record})


@opens_found(methods=WRITE, kind=KIND, finds=own_service)
def still_right(request: HttpRequest, one: Service) -> HttpResponse:
    """Say that what the directory says is still right."""
    there = reverse("referrals:service", args=[one.pk])
    if request.method != "POST":
        return redirect(there)

    def confirmed() -> str:
        directory.confirm_service(service=one, by=request.user, reason="still right")  # type: ignore[arg-type]
        return there

    return save_once(request, confirmed)


@opens_found(methods=WRITE, kind=KIND, finds=own_service)
def full(request: HttpRequest, one: Service) -> HttpResponse:
    """Say until when the service takes only what cannot wait."""
    form = FullForm(request.POST or None, today=today(one.agency.time_zone), initial={"until": one.full_until})
    there = reverse("referrals:service", args=[one.pk])
    if request.method == "POST" and form.is_valid():

        def filled() -> str:
            until = form.cleaned_data["until"]
            directory.fill_up(service=one, until=until, by=request.user, reason="full")  # type: ignore[arg-type]
            return there

        return save_once(request, filled)
    return TemplateResponse(request, "referrals/full.html", {"form": form, "one": one})
