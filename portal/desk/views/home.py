"""My work, search, notices, and the lock."""

import datetime
import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import logout
from django.db import connection
from django.db.models import Q
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
from portal.access.opens import WRITE, opens_list
from portal.access.rights import can, prefetch
from portal.access.roles import stages_for
from portal.access.sections import Level, Section
from portal.access.visibility import listed_ids
from portal.audit import clock
from portal.casework.due_rules import rule_of, title_of
from portal.casework.editing import save_once
from portal.casework.forms import OnceForm
from portal.casework.models import Notice, Task
from portal.desk.views.offers import offers
from victims.care_page import actions_of
from victims.due import PAGES, PLAN_ACTION
from victims.models import Child
from victims.search import typed
from victims.views.children import list_rows
from victims.views.file import address_of

SHOWN = 10


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
def home(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Show what is late, due today and this week, what was told, and the newest files."""
    person: Any = request.user
    tasks = my_tasks(person)
    children = Child.objects.in_bulk([task.child_id for task in tasks if task.child_id])  # type: ignore[attr-defined]
    groups, offered = by_due(tasks, children, person), offers(person)
    told = list(Notice.objects.filter(person=person, seen=None).order_by("level", "-id")[:5])
    ids = listed_ids(person, most=SHOWN)
    context = {
        "groups": groups,
        "tiles": [
            {"url": f"#{group['id']}", "count": len(group["rows"]), "words": group["tile"], "tone": group["tone"]}
            for group in groups
        ],
        "notices": told,
        "offers": offered,
        "rows": list_rows(person, ids),
        "now": clock.now(),
        "records_contacts": writes_care(person),
    }
    shown = [*ids, *children, *(offer["child"].pk for offer in offered if offer["child"]), *files_of(told)]
    return TemplateResponse(request, "desk/home.html", context), shown


def writes_care(person: Any) -> bool:
    """Return whether the person's roles write CARE at some stage: they record contacts."""
    return bool(stages_for(set(person.roles), set(), Section.CARE, Level.CHANGE))


def files_of(notices: list[Notice]) -> list[uuid.UUID]:
    """Return the files that these notices tell of, by their code names."""
    return [notice.child_id for notice in notices if notice.child_id]  # type: ignore[attr-defined]


def my_tasks(person: Any) -> list[Task]:
    """Return the open tasks of the person and of the person's teams that nobody else has taken."""
    mine = Q(person=person) | Q(person=None, team_id__in=person.team_ids)
    return list(
        Task.objects.filter(mine, state=Task.State.OPEN).select_related("team__agency").order_by("due", "id")[:100]
    )


def by_due(tasks: list[Task], children: dict, person: Any) -> list[dict[str, Any]]:
    """Return the tasks in three groups: late, today, later. A legal clock is due today from its last 24 hours on."""
    now = clock.now()
    end_of_day = now.astimezone(person.zone).replace(hour=23, minute=59, second=59)
    soon = {True: max(end_of_day, now + datetime.timedelta(hours=24)), False: end_of_day}
    actions = actions_of(person, [task.pk for task in tasks if task.kind == PLAN_ACTION])
    prefetch(person, list(children))
    rows = [(task, task_row(task, children, act_of(task, children, person, actions))) for task in tasks]
    late = [row for task, row in rows if task.due and task.due < now]
    today = [row for task, row in rows if task.due and now <= task.due <= soon[task.to_the_minute]]
    later = [row for task, row in rows if not task.due or task.due > soon[task.to_the_minute]]
    return [
        {
            "id": "late",
            "title": _("Late"),
            "tile": _("late"),
            "tone": "late",
            "rows": late,
            "empty": _("Nothing is late."),
        },
        {
            "id": "today",
            "title": _("Today"),
            "tile": _("today"),
            "tone": "soon",
            "rows": today,
            "empty": _("Nothing is due today."),
        },
        {
            "id": "later",
            "title": _("Later"),
            "tile": _("later"),
            "tone": "later",
            "rows": later,
            "empty": _("Nothing else waits."),
        },
    ]


def act_of(task: Task, children: dict, person: Any, actions: dict[uuid.UUID, uuid.UUID]) -> tuple[str, str]:
    """Return what a task's button says and opens: the record that closes it, where there is one, else "Mark done"."""
    child = children.get(task.child_id)  # type: ignore[attr-defined]
    if task.pk in actions:
        return _("Open"), reverse("victims:action", args=[actions[task.pk]])
    if child is None or task.kind not in PAGES:
        return _("Mark done"), reverse("desk:task_done", args=[task.pk])
    if can(person, child.pk, Section.CARE, Level.CHANGE):
        return _("Record"), reverse(PAGES[task.kind], args=[child.pk])
    return _("Open"), reverse("victims:child", args=[child.pk])


def task_row(task: Task, children: dict, act: tuple[str, str]) -> dict[str, Any]:
    """Return a task as the row component takes it: SUMMARY words only."""
    child = children.get(task.child_id)  # type: ignore[attr-defined]
    words, there = act
    url = reverse("victims:child", args=[child.pk]) if child else there
    return {
        "due": task.when,
        "url": url,
        "title": title_of(task),
        "name": child.code_name if child else "",
        "code": child.case_number if child else "",
        "why": rule_of(task),
        "act": words,
        "act_url": there,
    }


@opens_list("search", methods=WRITE)
def search(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Find a file by case number or code name. Posted, so that no name stands in an address or a log."""
    person: Any = request.user
    text = typed(request.POST, "q")
    found = [import_string(source)(text, person) for source in settings.SEARCH_SOURCES] if text else []
    files = [child_id for result in found for child_id in result.files]
    context = {
        "find_text": text,
        "files": list_rows(person, files),
        "wrong_digit": any(result.wrong_digit for result in found),
    }
    if len(files) == 1 and found[0].as_number:
        return redirect(address_of(person, files[0])), files
    return TemplateResponse(request, "desk/search.html", context), files


@opens_list("notices")
def notices(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Show what was told to the person, unread first."""
    person: Any = request.user
    found = list(Notice.objects.filter(person=person).order_by("-id")[:100])
    return TemplateResponse(request, "desk/notices.html", {"notices": found}), files_of(found)


@require_POST
def seen(request: HttpRequest, notice_id: uuid.UUID) -> HttpResponse:
    """Mark a notice as read."""
    person: Any = request.user
    with acting(person):
        notice = Notice.objects.filter(pk=notice_id, person=person).first()
        if notice is None:
            raise Http404
        work.note_seen(notice=notice, by=person, reason="")
    return redirect("desk:notices")


@opens_list("task", methods=WRITE)
def task_done(request: HttpRequest, task_id: uuid.UUID) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Ask what there is to say, and mark a task done."""
    person: Any = request.user
    task = Task.objects.filter(pk=task_id, state=Task.State.OPEN).first()
    if task is None:
        raise Http404
    child = Child.objects.filter(pk=task.child_id).first() if task.child_id else None  # type: ignore[attr-defined]
    there = act_of(task, {child.pk: child} if child else {}, person, actions_of(person, [task.pk]))[1]
    if there != request.path:  # nobody ticks what a record closes
        return redirect(there), []
    form = DoneForm(request.POST or None, is_late=bool(task.due and task.due < clock.now()))
    if request.method == "POST" and form.is_valid():
        return save_once(request, lambda: done(task, person, form.cleaned_data["reason"])), []
    shown = [child.pk] if child else []
    return TemplateResponse(request, "desk/task_done.html", {"task": task, "form": form, "child": child}), shown


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
