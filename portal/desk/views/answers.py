"""Whole-page answers: nothing here, not open to you, saved meanwhile, no record of looks."""

import datetime
import logging
import sys
import uuid
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse

from portal.access.drafts import carry, rescued
from portal.access.identity import Refused, acting
from portal.access.pace import MINUTE, TooMany
from portal.access.people import keepers
from portal.access.rights import CODE_NOT_FRESH, can
from portal.access.sections import Section
from portal.access.sign_in import public
from portal.access.training import Lapse
from portal.accounts.models import Certificate, Person
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.events import NotRecorded
from portal.casework.drafts import place_of
from portal.desk.code_again import asked_again
from victims.views.file import address_of

log = logging.getLogger("portal.answers")
# Looks cannot be recorded, or the database is not there to record them. Anything else that it says is a defect.
NO_RECORD = (NotRecorded, OperationalError, InterfaceError)


@public
def bad_request(request: HttpRequest, exception: Any = None, *, status: int = 400) -> HttpResponse:
    """Answer a request that no page could have made."""
    return render(request, "400.html", status=status)


@public
def too_large(request: HttpRequest) -> HttpResponse:
    """Answer a request that is larger than its page takes."""
    return render(request, "413.html", status=413)


@public
def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """The same answer for what does not exist and for what is not open to this person."""
    return render(request, "404.html", kept(request), status=404)


@public
def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """Answer somebody who is on the file but does not hold the section, may not change it, or does not own it."""
    event = getattr(exception, "event", None)
    sections = getattr(event, "sections", [])
    context = {
        "section": Section(sections[0]).label if sections else "",
        "to_change": getattr(event, "details", {}).get("level") == "change",
        "for_owner": getattr(event, "reason_code", "") == "not_the_owner",
    }
    context |= ways_on(request, getattr(event, "child_id", None)) | kept(request)
    return render(request, "403.html", context, status=403)


def kept(request: HttpRequest) -> dict[str, Any]:
    """Return when the text of a form that was posted here and refused was kept, and where it stands again."""
    at = rescued(request) if request.method == "POST" else None
    return {"kept_at": at, "place": place_of(request) if at else None}


def ways_on(request: HttpRequest, child_id: uuid.UUID | None) -> dict[str, str]:
    """Return where somebody who may not open one part of a file goes on: to the file, and to who can give access."""
    person: Any = request.user
    if child_id is None:
        return {}
    with acting(person, read_only=True):
        file_url = address_of(person, child_id)
        ask_url = reverse("victims:who", args=[child_id]) if can(person, child_id, Section.SUMMARY) else ""
    return {"file_url": file_url, "ask_url": ask_url}


def refused(request: HttpRequest, refusal: Refused) -> HttpResponse:
    """Answer a recorded refusal: 403 where the person is on the file anyway, else as if there were nothing.

    Who holds the section and whose code is old is asked for the code.
    """
    if isinstance(refusal, TooMany):
        return too_many(request, getattr(refusal, "again", None))
    if refusal.event.reason_code == CODE_NOT_FRESH:
        return asked_again(request)
    return forbidden(request, refusal) if refusal.known else not_found(request)


def too_many(request: HttpRequest, again: datetime.datetime | None) -> HttpResponse:
    """Answer somebody who searches too often, or who may hold the next bed from a moment on."""
    response = render(request, "429.html", {"searches": again is None, "again": again}, status=429)
    response["Retry-After"] = MINUTE if again is None else max(1, int((again - clock.now()).total_seconds()))
    return response


def certificate_ended(request: HttpRequest, lapse: Lapse) -> HttpResponse:
    """Answer somebody without the training that the own roles ask for: what is missing, and who records it."""
    context = {"lapse": lapse, "keepers": keepers_of(request, lapse)} | kept(request)
    return render(request, "certificate_ended.html", context, status=403)


def keepers_of(request: HttpRequest, lapse: Lapse) -> list[Person]:
    """Return who records the training that is missing: the agency's administrators, or the network's registrars."""
    person: Any = request.user
    if lapse.kind == Certificate.Kind.BRIEFING:
        return list(keepers(person.agency_id, person.pk)[:3])
    return list(Person.objects.filter(is_active=True, roles__contains=[Role.REGISTRAR]).exclude(pk=person.pk)[:3])


@public
def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form without a fitting token."""
    if isinstance(request.user, Person):
        return render(request, "403_csrf.html", kept(request), status=403)
    return render(request, "403_csrf.html", {"place": carry(request)}, status=403)


@public
def no_record(request: HttpRequest) -> HttpResponse:
    """Answer while the record of who looks cannot be written: nothing is shown."""
    return render(request, "503.html", kept(request), status=503)


@public
def server_error(request: HttpRequest) -> HttpResponse:
    """Answer a defect with a page that names the request; a record that does not answer is a 503."""
    error = sys.exc_info()[1]
    request_id = getattr(request, "request_id", "")
    log.error("request %s failed: %s", request_id, type(error).__name__)
    if isinstance(error, NO_RECORD):
        return HttpResponse(plain_page("503.html", request), status=503)
    return HttpResponse(render_to_string("500.html", {"request_id": request_id}), status=500)


def plain_page(template: str, request: HttpRequest) -> str:
    """Render a page that needs neither database nor sign-in."""
    request.user = None  # type: ignore[assignment]
    return render(request, template).content.decode()
