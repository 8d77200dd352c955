"""The decorator of every page about a file: decide, record the look, then render; a refusal leaves no trace but its event."""

import uuid
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from portal.access.identity import Refused, acting
from portal.access.rights import check, check_roams
from portal.access.sections import Level, Section, Stage
from portal.accounts.models import Person
from portal.audit import events
from portal.audit.events import Event
from portal.casework.editing import Answered, first_result

View = Callable[..., HttpResponse]


class FileLine:
    """The heading of a file for somebody who holds a section of it but not SUMMARY: number, code name, stage."""

    def __init__(self, child_id: uuid.UUID, case_number: str, code_name: str, stage: int) -> None:
        self.pk = self.id = child_id
        self.case_number = case_number
        self.code_name = code_name
        self.stage = stage

    def get_stage_display(self) -> str:
        return str(Stage(self.stage).label)


def file_lines(child_ids: list[uuid.UUID]) -> dict[uuid.UUID, FileLine]:
    """Return the headings of files of which the person holds any section, or which are offered, by id."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM access.file_lines(%s)", [child_ids])
        return {row[0]: FileLine(*row) for row in cursor.fetchall()}


def file_line(child_id: uuid.UUID) -> FileLine:
    """Return the heading of a file of which the person holds any section."""
    line = file_lines([child_id]).get(child_id)
    if line is None:
        raise Http404
    return line


def look(section: Section, child_id: uuid.UUID, basis: str, kind: str = "view") -> Event:
    """Return the event of somebody looking at a section of a file."""
    return Event(kind, "R", child_id=child_id, sections=[section], basis=basis)


READ = ("GET", "HEAD")
WRITE = ("GET", "HEAD", "POST")


def opens(
    section: Section | Callable[[dict[str, Any]], Section],
    level: Level = Level.VIEW,
    *,
    methods: tuple[str, ...] = READ,
    kind: str = "view",
) -> Any:
    """Open a view of one section of a file: the view gets (request, child_id, ...).

    The section may be worked out from the address's other parts; one that does not exist is a page that does not exist.

    Reading: transaction 1 decides, writes the event of the look and commits; transaction 2 is read-only and renders.
    Writing: one transaction decides, acts and commits; a page shown instead of a redirect is a look and has its event.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def run(request: HttpRequest, child_id: uuid.UUID, **kwargs: Any) -> HttpResponse:
            person: Person = request.user  # type: ignore[assignment]
            which = section if isinstance(section, Section) else section(kwargs)
            if request.method in READ:
                with acting(person):
                    decision = check(person, child_id, which, level)
                    events.record(look(which, child_id, decision.basis, kind))
                with acting(person, read_only=True):
                    return rendered(view(request, child_id, **kwargs))
            return written(view, request, person, child_id, which, level, kwargs)

        return refusing_methods(run, methods)

    return decorate


def written(
    view: View, request: HttpRequest, person: Person, child_id: uuid.UUID, section: Section, level: Level, kwargs: dict
) -> HttpResponse:
    """Run a writing view; a page that it shows instead of going on is a look, recorded before the page leaves."""
    try:
        with acting(person):
            decision = check(person, child_id, section, level)
            response = first_result(request) or rendered(view(request, child_id, **kwargs))
            if not 300 <= response.status_code < 400:
                events.record(look(section, child_id, decision.basis))
        return response
    except Answered:  # what the view wrote is rolled back; the page it answers with is a look all the same
        with acting(person):
            events.record(look(section, child_id, check(person, child_id, section, level).basis))
        raise


def opens_network(*, methods: tuple[str, ...] = READ, kind: str = "view series") -> Any:
    """Open a view for certified analysts and investigators: series, imports. The view writes its own ids into the event."""

    def decorate(view: View) -> View:
        @wraps(view)
        def run(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            person: Person = request.user  # type: ignore[assignment]
            reading = request.method in READ
            if reading:
                with acting(person):
                    check_roams(person)
                    events.record(
                        Event(kind, "R", series_id=kwargs.get("series_id"), entity_id=kwargs.get("import_id"))
                    )
            with acting(person, read_only=reading):
                check_roams(person)
                response = (None if reading else first_result(request)) or rendered(view(request, **kwargs))
                if not reading and response.status_code == 200:
                    events.record(Event(kind, "R", series_id=kwargs.get("series_id")))
            return response

        return refusing_methods(run, methods)

    return decorate


def opens_list(kind: str, *, methods: tuple[str, ...] = READ) -> Any:
    """Open a list: the view returns (response, ids); it renders first, then the event with the ids commits, then it leaves."""

    def decorate(view: Callable[..., tuple[HttpResponse, list[uuid.UUID]]]) -> View:
        @wraps(view)
        def run(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            person: Person = request.user  # type: ignore[assignment]
            with acting(person):
                before = first_result(request) if request.method == "POST" else None
                response, ids = (before, []) if before else view(request, **kwargs)
                rendered(response)
                if response.status_code == 200 or ids:
                    events.record(Event(kind, "R", entities=ids, sections=[Section.SUMMARY]))
            return response

        return refusing_methods(run, methods)

    return decorate


def refusing_methods(run: View, methods: tuple[str, ...]) -> View:
    """Answer 405 to every other method, before anything is looked up."""
    return require_http_methods(list(methods))(run)


def rendered(response: HttpResponse) -> HttpResponse:
    """Render a template response now, while the transaction is open."""
    return response.render() if isinstance(response, TemplateResponse) and not response.is_rendered else response


__all__ = ["READ", "WRITE", "FileLine", "Refused", "file_line", "file_lines", "opens", "opens_list", "opens_network"]
