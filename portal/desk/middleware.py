"""What happens around every request: its number, no caching, and whole-page answers for refusals."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from portal.access.certificates import lapse_of, needs_certificate
from portal.access.identity import Refused, acting
from portal.access.sign_in import whole_page
from portal.accounts.models import Person
from portal.audit import events
from portal.audit.events import Event
from portal.audit.ids import uuid7
from portal.casework.editing import Answered
from portal.desk.views import answers

log = logging.getLogger("portal.requests")
Next = Callable[[HttpRequest], HttpResponse]


class RequestRecord:
    """Numbers every request and logs one line of it: never a query, a body or a name."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.request_id = uuid7().hex  # type: ignore[attr-defined]
        start = time.monotonic()
        response = self.get_response(request)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        route = request.resolver_match.route if request.resolver_match else "-"
        milliseconds = (time.monotonic() - start) * 1000
        log.info("%s %s %s %s %.0f ms", request.request_id, request.method, route, response.status_code, milliseconds)  # type: ignore[attr-defined]
        return response


class NoStore:
    """No browser or proxy keeps a page: the next person at the desk must not find it."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.setdefault("Cache-Control", "no-store, private")
        patch_vary_headers(response, ["Cookie", "Accept-Language"])
        return response


class WholePageAnswers:
    """Turns refusals and failures of the record into their pages."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponse], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        person = request.user
        if not isinstance(person, Person) or person.identity is None or not needs_certificate(request, view):
            return None
        lapse = lapse_of(person)
        if lapse is None:
            return None
        if getattr(view, "is_poll", False):
            return whole_page(403)
        with acting(person):
            events.record(Event("refusal", "E", "refused", "certificate_lapsed"))
        return answers.certificate_ended(request, lapse.ended)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, Answered):
            return exception.response
        if isinstance(exception, Refused):
            return answers.refused(request, exception)
        if isinstance(exception, Http404):
            return answers.not_found(request)
        if isinstance(exception, answers.NO_RECORD):
            number = request.request_id  # type: ignore[attr-defined]
            log.error("request %s: %s", number, type(exception).__name__, exc_info=exception)
            return answers.no_record(request)
        return None  # a defect: Django logs where it happened and asks for the page of server_error()
