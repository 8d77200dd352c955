"""My work, search, notices, tasks done, and the lock."""

import datetime
import itertools
import uuid
from dataclasses import replace
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import logout
from django.db import connection
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from portal.access import sign_in, work
from portal.access.certificates import without_certificate
from portal.access.identity import acting
from portal.access.opens import FILES, WRITE, listing, opens_list
from portal.access.roles import works_with_files
from portal.access.sections import Section
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.events import Event
from portal.casework.editing import save_once
from portal.casework.forms import OnceForm
from portal.casework.groups import Group
from portal.casework.models import Notice, Task
from portal.desk.caseload import Caseload, caseload
from portal.desk.frame import FILE_ROLES
from portal.desk.groups.work import forms_of
from portal.desk.home_page import buttons, gathered, tiles
from portal.desk.views.offers import offers
from portal.desk.views.offers import waiting as open_offers
from referrals import hand_overs
from victims.models import Child
from victims.search import typed
from victims.views.children import list_rows
from victims.views.file import address_of

SHOWN = 10  # hand-overs under way
NOTICES = 5  # of those that nobody has read, the most urgent: how many more there are stands beside them
MOST = 100  # notices on the page of all of them, unread ones and read ones
OLDER = datetime.timedelta(days=30)  # notices that were read stand among the older ones after that
QUESTIONS = {"seal_asked", "erasure_asked", "disclosure_asked"}  # kinds of notices that lead to a decision


class DoneForm(OnceForm):
    """What there is to say about a task that is done: why it was late, where it was."""

    reason = forms.CharField(label=gettext_lazy("Why it was late"), max_length=200, required=False)

    def __init__(self, *args: Any, is_late: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = is_late
        self.fields["reason"].error_messages["required"] = _("Say why it was late.")
        if not is_late:
            self.fields["reason"].label = _("Anything to add")


@opens_list("my work")
def home(request: HttpRequest) -> tuple[HttpResponse, Event]:
    """Show what each role needs first: the groups that settings name, what was offered and told, and the own files."""
    person: Any = request.user
    groups, is_whole = gathered(person)
    offered = offers(person)
    told = with_answers(person, list(unread(person)[:NOTICES]))
    files = caseload(person, groups) if not FILE_ROLES.isdisjoint(person.roles) else Caseload()
    context = {
        "groups": groups,
        "is_whole": is_whole,
        "tiles": tiles(groups),
        "buttons": buttons(person),
        "notices": told,
        "has_more_notices": len(told) == NOTICES,
        "offers": offered,
        "hand_overs": (under_way := hand_overs.open_for(person, SHOWN)),
        "caseload": files,
        "works_with_files": works_with_files(person.roles),
        "now": clock.now(),
    }
    shown = [child for group in groups for child in group.files]
    shown += [*files.ids, *(offer["child"].pk for offer in offered if offer["child"]), *files_of(told)]
    shown += [one.child_id for one in under_way]  # type: ignore[attr-defined]
    return TemplateResponse(request, "desk/home.html", context), event_of(shown, groups, files)


def event_of(shown: list[uuid.UUID], groups: list[Group], files: Caseload) -> Event:
    """Return the event of the page: which files and series it named, and of which sections it told something."""
    series = [str(one) for group in groups for one in group.series]
    event = listing("my work", FILES, shown)
    sections = [*event.sections, *([Section.CARE] if files.has_contacts else [])]
    return replace(event, sections=sections, details={"series": series} if series else {})


def files_of(notices: list[Notice]) -> list[uuid.UUID]:
    """Return the files that these notices tell of, by their code names."""
    return [notice.child_id for notice in notices if notice.child_id]  # type: ignore[attr-defined]


@opens_list("search", methods=WRITE)
def search(request: HttpRequest) -> tuple[HttpResponse, Event]:
    """Find a file by case number, code name or name. Posted, so that no name stands in an address or a log."""
    person: Any = request.user
    text = typed(request.POST, "q")
    found = [import_string(source)(text, person) for source in settings.SEARCH_SOURCES] if text else []
    files = list(dict.fromkeys(child_id for result in found for child_id in result.files))
    names = {child_id: name for result in found for child_id, name in result.names.items()}
    context = {
        "find_text": text,
        "files": [row | {"name": names.get(row["child"].pk)} for row in list_rows(person, files)],
        "wrong_digit": any(result.wrong_digit for result in found),
        "works_with_files": works_with_files(person.roles),
    }
    event = event_of_search(files, names)
    if len(files) == 1 and found[0].as_number:
        return redirect(address_of(person, files[0])), event
    return TemplateResponse(request, "desk/search.html", context), event


def event_of_search(files: list[uuid.UUID], names: dict[uuid.UUID, str]) -> Event:
    """Return the event of a search: what it found, and of which files it showed the name."""
    event = listing("search", FILES, files)
    if not names:
        return event
    return replace(event, sections=[*event.sections, Section.IDENTITY], details={"named": [str(pk) for pk in names]})


@opens_list("notices")
def notices(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Show what was told to the person: what was not read yet, the most urgent first, then what was."""
    person: Any = request.user
    read = Notice.objects.filter(person=person).exclude(seen=None).order_by("-id")
    found = with_answers(person, [*unread(person)[:MOST], *read[:MOST]])
    before = clock.now() - OLDER
    older = [one for one in found if one.seen and one.made < before]
    context = {"notices": [one for one in found if one not in older], "older": older}
    return TemplateResponse(request, "desk/notices.html", context), files_of(found)


def unread(person: Any) -> QuerySet[Notice]:
    """Return the notices that the person has not read, the most urgent first."""
    return Notice.objects.filter(person=person, seen=None).order_by("level", "-id")


def with_answers(person: Any, told: list[Notice]) -> list[Notice]:
    """Return the notices; an offer or a question that waits for no answer any more says so and leads nowhere."""
    offered: list[Any] = [one for one in told if one.kind.startswith("access_offered")]
    open_ = set(open_offers(person).filter(pk__in=[one.subject_id for one in offered]).values_list("pk", flat=True))
    for one in offered:
        one.is_over = one.subject_id not in open_
    questions: list[Any] = [one for one in told if one.kind in QUESTIONS]
    waiting = waiting_questions([one.subject_id for one in questions]) if questions else set()
    for one in questions:
        one.is_over = one.subject_id not in waiting
    return told


def waiting_questions(ids: list[Any]) -> set[Any]:
    """Return the ids of what this person may answer still: of the question itself, or of the paper that it is about."""
    found = work.to_answer().filter(Q(pk__in=ids) | Q(subject_id__in=ids))
    return set(itertools.chain.from_iterable(found.values_list("pk", "subject_id")))


@require_POST
def seen(request: HttpRequest, notice_id: uuid.UUID) -> HttpResponse:
    """Mark a notice as read, on the page where it is."""
    person: Any = request.user
    with acting(person):
        notice = Notice.objects.filter(pk=notice_id, person=person).first()
        if notice is None:
            raise Http404
        work.note_seen(notice=notice, by=person, reason="")
    return redirect(sign_in.own_path(request.POST.get("next", "")) or "desk:notices")


@opens_list("task", methods=WRITE)
def task_done(request: HttpRequest, task_id: uuid.UUID) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Ask what there is to say, and mark a task done."""
    person: Any = request.user
    task = Task.objects.filter(pk=task_id, state=Task.State.OPEN).first()
    if task is None or not work.reads(task, person):
        raise Http404
    own = forms_of(settings.TASK_FORMS, person, [task]).get(task.pk)
    if own:  # nobody ticks what a record ends
        return redirect(own.url), []
    form = DoneForm(request.POST or None, is_late=bool(task.due and task.due < clock.now()))
    if request.method == "POST" and form.is_valid():
        return save_once(request, lambda: done(task, person, form.cleaned_data["reason"])), []
    child = Child.objects.filter(pk=task.child_id).first() if task.child_id else None  # type: ignore[attr-defined]
    shown = [child.pk] if child else []
    context = {"task": task, "form": form, "child": child, "may_give": may_give(person, task)}
    return TemplateResponse(request, "desk/task_done.html", context), shown


def may_give(person: Any, task: Task) -> bool:
    """Return whether the person may give the task to a colleague: a supervisor any of the team's, others the own ones."""
    mine = task.person_id in (None, person.pk) or Role.SUPERVISOR in person.roles  # type: ignore[attr-defined]
    return task.team_id in person.team_ids and mine and work.may_do(task, person)  # type: ignore[attr-defined]


def done(task: Task, person: Any, reason: str) -> str:
    """Mark the task done and return to My work."""
    work.end_task(task=task, by=person, reason=reason)
    return reverse("desk:home")


@without_certificate
@require_POST
def lock(request: HttpRequest) -> HttpResponse:
    """Cover the page at once: the session ends, and signing in leads back to the page that it was pressed on."""
    sign_in.end(request)
    closed = request.new_identity  # type: ignore[attr-defined]
    logout(request)
    request.new_identity = closed  # type: ignore[attr-defined]
    return redirect(sign_in.leading_back(request.POST.get("next", "")))


@sign_in.public
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    """Answer whether web and database stand."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")
