"""What happens around every request: its number, no caching, no body too large, whole-page answers for refusals."""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse, UnreadablePostError
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from portal.access.certificates import lapse_of, needs_certificate
from portal.access.identity import Refused, acting
from portal.access.rights import check_roams
from portal.access.sign_in import is_proven, to_sign_in, whole_page
from portal.accounts.models import Person
from portal.audit import events
from portal.audit.events import Event
from portal.audit.ids import uuid7
from portal.casework.editing import Answered
from portal.desk.views import answers, codes

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


class BodyLimit:
    """Refuses a body by its announced length, before a byte of it is read and before the database is asked.

    A small one is read here: while a slow line sends it, it holds a thread and nothing else. A larger one is read by
    whoever needs it, once it is known who sends it.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with translation.override(translation.get_language_from_request(request)):
            answer = self.refused(request)
        return answer or self.get_response(request)

    def refused(self, request: HttpRequest) -> HttpResponse | None:
        """Return the answer to a body that nobody may send, or that does not arrive."""
        if "HTTP_TRANSFER_ENCODING" in request.META:
            return answers.bad_request(request, status=411)
        length = length_of(request)
        if length > most_of(request):
            return answers.too_large(request)
        line = request.META.get("gunicorn.socket")
        is_small = length <= settings.SMALL_BODY
        if length and line is not None:
            line.settimeout(settings.SMALL_PATIENCE if is_small else settings.USUAL_PATIENCE)
        if is_small and not arrives(request):
            return answers.bad_request(request)
        return None

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Refuse what this person may not send; nobody has read it yet."""
        length, person = length_of(request), request.user
        if length <= settings.SMALL_BODY:
            return None
        if not isinstance(person, Person) or not is_proven(request):
            is_open = getattr(view, "is_public", False) or request.path.startswith("/accounts/")
            return answers.too_large(request) if is_open else to_sign_in(request)
        answer = refused_import(request, person) if length > settings.USUAL_BODY else None
        if not connection.in_atomic_block:
            connection.close()  # while the body arrives, it keeps no place at the database from others
        return answer


def arrives(request: HttpRequest) -> bool:
    """Read the body; return whether it came."""
    try:
        return len(request.body) >= length_of(request)
    except UnreadablePostError:
        return False


def length_of(request: HttpRequest) -> int:
    """Return the announced length of a body; the web server has refused what is no number."""
    return int(request.META.get("CONTENT_LENGTH") or 0)


def most_of(request: HttpRequest) -> int:
    """Return how much may be sent to an address at all; a file that is too large for an import is refused by its form."""
    usual: int = settings.USUAL_BODY
    return usual + settings.UPLOAD_LIMIT if request.path_info == reverse("victims:upload") else usual


def refused_import(request: HttpRequest, person: Person) -> HttpResponse | None:
    """Return the refusal of somebody who may not send a file to be read in."""
    try:
        with acting(person):
            check_roams(person)
    except Refused as refusal:
        return answers.refused(request, refusal)
    return None


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
            return codes.code_carried(request) if request.method == "POST" else None
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
