"""The decorator of every page about a file: decide, record the look, then render; a refusal leaves no trace but its event."""

import uuid
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from django.db import ProgrammingError, connection
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from portal.access.decide import Write
from portal.access.drafts import keep_mine, offered, set_aside
from portal.access.identity import Refused, acting
from portal.access.rights import can, check, check_roams, refused_save
from portal.access.sections import Level, Section, Stage
from portal.access.unasked import record_unasked, watch
from portal.accounts.models import Person
from portal.audit import events
from portal.audit.events import Event
from portal.casework.editing import Answered, Ended, first_result

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


READ = ("GET", "HEAD")
WRITE = ("GET", "HEAD", "POST")
FILES = "victims.child"
Beside = Callable[[Person, uuid.UUID], Sequence[Section]]  # sections whose words stand on this file's page as well
Finder = Callable[..., Any]  # of (person, **what the address names): the one thing asked for, None where it is not open
Decided = tuple[Event, Any]  # the event of the look, and the one thing that was found


def sections_beside(also: Sequence[Section | Beside], person: Person, child_id: uuid.UUID) -> list[Section]:
    """Return the further sections whose words stand on a page, each once."""
    named = [[part] if isinstance(part, Section) else part(person, child_id) for part in also]
    return list(dict.fromkeys(section for sections in named for section in sections))


def found(finds: Finder | None, person: Person, address: dict[str, Any]) -> Any:
    """Return what the address asks for; what does not exist and what is not open are refused alike."""
    if finds is None:
        return None
    thing = finds(person, **address)
    if thing is None:
        roots = {name: address[name] for name in ("child_id", "series_id") if name in address}
        asked = [value for name, value in address.items() if name not in roots and isinstance(value, uuid.UUID)]
        event = Event("refusal", "R", "refused", "not_there_or_not_open", entity_id=next(iter(asked), None), **roots)
        raise Refused(event, known=False)
    return thing


def in_place(thing: Any, address: dict[str, Any]) -> list[Any]:
    """Return what the address names, in its order, with the thing that was found in the place of its own id, the last."""
    if thing is None:
        return list(address.values())
    last = [name for name, part in address.items() if isinstance(part, uuid.UUID)][-1]
    return [thing if name == last else part for name, part in address.items()]


def look(kind: str, thing: Any = None, **more: Any) -> Event:
    """Return the event of somebody looking: at sections of a file, at a series, at the one thing found."""
    if thing is not None:
        more |= {"entity": thing._meta.label_lower, "entity_id": thing.pk}
    return Event(kind, "R", **more)


def opens(
    section: Section | Callable[[dict[str, Any]], Section],
    level: Level = Level.VIEW,
    *,
    methods: tuple[str, ...] = READ,
    kind: str = "view",
    also: Sequence[Section | Beside] = (),
    finds: Finder | None = None,
) -> Any:
    """Open a view of one section of a file: the view gets (request, child_id, ...), what the address names in its order.

    The section may be worked out from the address's other parts; one that does not exist is a page that does not exist.
    also: sections whose words stand on the page where they are held, or functions that find them for this file.
    finds: the one record that the page is about; the view gets it in the place of its id, which is the last one of the
    address: (request, child_id, record).

    Reading: transaction 1 decides, writes the event of the look and commits; transaction 2 is read-only, finds the record
    once more, as access may have ended since, and renders.
    Writing: one transaction decides, acts and commits; a page shown instead of a redirect is a look and has its event.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def run(request: HttpRequest, child_id: uuid.UUID, **kwargs: Any) -> HttpResponse:
            person: Person = request.user  # type: ignore[assignment]
            which = section if isinstance(section, Section) else section(kwargs)
            address = {"child_id": child_id, **kwargs}

            def finding() -> Any:
                return found(finds, person, address)

            def decided() -> Decided:
                basis = check(person, child_id, which, level).basis
                beside = sections_beside(also, person, child_id)
                sections = [which, *(more for more in beside if more != which and can(person, child_id, more))]
                thing = finding()
                return look(kind, thing, child_id=child_id, sections=sections, basis=basis), thing

            def stale() -> Event:
                return refused_save(person, child_id, which, level, Write(version_is_current=False))

            def page(thing: Any) -> HttpResponse:
                response = view(request, *in_place(thing, address))
                return offered(request, response, methods, child_id=child_id, section=which, level=level)

            return looked(request, decided, page, finding, stale)

        return refusing_methods(run, methods)

    return decorate


def opens_network(*, methods: tuple[str, ...] = READ, kind: str, finds: Finder | None = None) -> Any:
    """Open a view for certified analysts and investigators: the view gets (request, ...).

    finds: what the page is about, such as a series or an import; the view gets it in the place of its id, which is the
    last one of the address: (request, series).
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def run(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            person: Person = request.user  # type: ignore[assignment]

            def finding() -> Any:
                return found(finds, person, kwargs)

            def decided() -> Decided:
                check_roams(person)
                thing = finding()
                return look(kind, thing, series_id=kwargs.get("series_id")), thing

            def page(thing: Any) -> HttpResponse:
                return offered(request, view(request, *in_place(thing, kwargs)), methods)

            return looked(request, decided, page, finding)

        return refusing_methods(run, methods)

    return decorate


def opens_found(*, methods: tuple[str, ...] = READ, kind: str, finds: Finder, names_file: bool = False) -> Any:
    """Open a view of one thing that is no part of a file's page, to whoever the finder gives it to.

    The view gets the thing in the place of its id, which is the last one of the address: (request, thing).
    names_file: the thing is a record of a file, and the look is one at that section of the file.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def run(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            person: Person = request.user  # type: ignore[assignment]

            def finding() -> Any:
                return found(finds, person, kwargs)

            def decided() -> Decided:
                thing = finding()
                parts = getattr(thing, "shown", None) or [thing.section] if names_file else []  # of a paper, all of it
                more = {"child_id": thing.child_id, "sections": parts} if names_file else {}
                return look(kind, thing, **more), thing

            def page(thing: Any) -> HttpResponse:
                response = view(request, *in_place(thing, kwargs))
                return offered(request, response, methods, child_id=getattr(thing, "child_id", None))

            return looked(request, decided, page, finding)

        return refusing_methods(run, methods)

    return decorate


def looked(
    request: HttpRequest,
    decided: Callable[[], Decided],
    view: Callable[[Any], HttpResponse],
    finding: Callable[[], Any] = lambda: None,
    stale: Callable[[], Event] | None = None,
) -> HttpResponse:
    """Decide, record the look and show the page; a form that was posted is decided and done in one transaction.

    finding: gives once more what the page shows, in the transaction of the page; what is gone by then is refused.
    stale: gives the event of a form that was made from an old version of its record.
    """
    person: Person = request.user  # type: ignore[assignment]
    if request.method in READ:
        with acting(person):
            event, _thing = decided()
            events.record(event)
        with acting(person, read_only=True):
            return rendered(view(finding()))
    return written(request, decided, view, stale)


def written(
    request: HttpRequest,
    decided: Callable[[], Decided],
    view: Callable[[Any], HttpResponse],
    stale: Callable[[], Event] | None,
) -> HttpResponse:
    """Run a writing view; a page that it shows instead of going on is a look, recorded before the page leaves."""
    person: Person = request.user  # type: ignore[assignment]
    try:
        with acting(person):
            event, thing = decided()
            response = first_result(request) or set_aside(request) or watched(request, lambda: rendered(view(thing)))
            if not 300 <= response.status_code < 400:
                events.record(event)
        return response
    except (ProgrammingError, Ended):  # the wall refused what was decided a moment before
        with acting(person):
            decided()  # and this is the refusal of now
        raise
    except Answered as answer:  # what the view wrote is rolled back; the page it answers with is a look all the same
        with acting(person):
            event, _thing = decided()
            events.record(event)
            if answer.is_stale and stale is not None:
                events.record(stale())
            if answer.is_stale:
                keep_mine(request)  # whoever leaves the page that joins both finds the own version again
        raise


def watched(request: HttpRequest, view: Callable[[], HttpResponse]) -> HttpResponse:
    """Run a view that takes a form; what was sent beside the form's own fields is recorded."""
    watch(request)
    response = view()
    record_unasked(request, response)
    return response


def opens_list(kind: str, *, methods: tuple[str, ...] = READ, of: str = FILES) -> Any:
    """Open a list: it renders first, then the event with the ids commits, then it leaves.

    The view returns (response, ids): ids of files of which it shows SUMMARY words, or of what the list is of. A page
    about one thing returns its own event instead of ids.
    """

    def decorate(view: Callable[..., tuple[HttpResponse, Sequence[uuid.UUID] | Event]]) -> View:
        @wraps(view)
        def run(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            person: Person = request.user  # type: ignore[assignment]
            with acting(person):
                before = (first_result(request) or set_aside(request)) if request.method == "POST" else None
                if request.method == "POST" and not before:
                    watch(request)
                response, shown = (before, []) if before else view(request, **kwargs)
                rendered(offered(request, response, methods, child_id=child_on(response)))
                record_unasked(request, response)
                if response.status_code == 200 or shown:
                    events.record(shown if isinstance(shown, Event) else listing(kind, of, shown))
            return response

        return refusing_methods(run, methods)

    return decorate


def child_on(response: HttpResponse) -> uuid.UUID | None:
    """Return the child of the one thing that a page is about, such as a hand-over."""
    context = getattr(response, "context_data", None) or {}
    return getattr(context.get("one"), "child_id", None)


def listing(kind: str, of: str, ids: Sequence[uuid.UUID]) -> Event:
    """Return the event of a list: what it is of and which of them it showed."""
    ids = list(dict.fromkeys(ids))
    return Event(kind, "R", entity=of, entities=ids, sections=[Section.SUMMARY] if ids and of == FILES else [])


def refusing_methods(run: View, methods: tuple[str, ...]) -> View:
    """Answer 405 to every other method, before anything is looked up."""
    return require_http_methods(list(methods))(run)


def rendered(response: HttpResponse) -> HttpResponse:
    """Render a template response now, while the transaction is open."""
    return response.render() if isinstance(response, TemplateResponse) and not response.is_rendered else response


__all__ = [
    "FILES",
    "READ",
    "WRITE",
    "FileLine",
    "file_line",
    "file_lines",
    "found",
    "look",
    "opens",
    "opens_found",
    "opens_list",
    "opens_network",
]
