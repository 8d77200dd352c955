"""Taking a seat: one click signs a visitor in as one of the cast, in a demonstration only."""

from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from portal.access import sign_in
from portal.accounts.models import Person
from portal.demo.people import DESKS

BACKEND = settings.AUTHENTICATION_BACKENDS[0]


def demand_demo(request: HttpRequest) -> None:
    """Refuse unless settings, database and address all say that this is a demonstration on this machine."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind FROM audit_databasekind")
        kind = cursor.fetchone()[0]
    if not settings.DEMO or kind != "demo" or request.META.get("REMOTE_ADDR") not in ("127.0.0.1", "::1", ""):
        raise Http404


@sign_in.public
@require_safe
def desks(request: HttpRequest) -> HttpResponse:
    """Show the desks to somebody who sits at one already."""
    demand_demo(request)
    return render(request, "demo/desks.html")


def person_at(desk: str) -> Person:
    """Return who sits at a desk; what names none is a page that does not exist."""
    cast = Person.objects.select_related("agency").filter(email__in=[desk.email for desk in DESKS])
    person = next((person for person in cast if str(person.pk) == desk), None)
    if person is None:
        raise Http404
    return person


@sign_in.public
@require_POST
def sit(request: HttpRequest) -> HttpResponse:
    """Sign in as one of the cast, second factor included."""
    demand_demo(request)
    person: Any = person_at(request.POST.get("desk", ""))
    if isinstance(request.user, Person):
        sign_in.end(request)
    login(request, person, backend=BACKEND)
    request.session["demo_seat"] = True
    sign_in.begin(request, person)
    return redirect("desk:home")
