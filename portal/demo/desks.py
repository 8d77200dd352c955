"""The desks as the sign-in page shows them."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import gettext

from portal.accounts.models import Person
from portal.demo.people import DESKS


@dataclass(frozen=True)
class Seat:
    """One desk: who sits there and what waits."""

    id: str
    initials: str
    name: str
    role_label: str
    agency: str
    line: str
    colour: int


def demo_desks(request: HttpRequest) -> dict[str, Any]:
    """Return the desks for the sign-in page of a demonstration; elsewhere nothing."""
    if not settings.DEMO or not request.path.startswith(("/accounts/login", "/demo/desks")):
        return {}
    people = {person.email: person for person in Person.objects.select_related("agency")}
    seats = [
        seat(people[desk.email], desk.line, number % 6) for number, desk in enumerate(DESKS) if desk.email in people
    ]
    return {"demo_desks": seats}


def seat(person: Person, line: str, colour: int) -> Seat:
    """Return one desk."""
    return Seat(
        str(person.pk), person.initials, person.short_name, person.role_label, person.agency.name, gettext(line), colour
    )
