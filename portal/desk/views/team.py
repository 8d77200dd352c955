"""A supervisor's team: who has what to do, giving a task to a colleague; and reminding others of what a file waits for."""

import itertools
import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from portal.access import reminders, work
from portal.access.holders import people_of
from portal.access.identity import Refused, acting
from portal.access.opens import WRITE, opens_list
from portal.accounts.models import Person
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.events import Event
from portal.casework.clock import is_today
from portal.casework.editing import save_once
from portal.casework.forms import OnceForm
from portal.casework.groups import Group
from portal.casework.models import Task
from portal.casework.templatetags.portal import digits
from portal.desk.groups.team import supervises, team_row, team_tasks

MOST = 200


class GiveForm(OnceForm):
    """Which colleague has the task from now on, and why."""

    to = forms.ModelChoiceField(
        label=gettext_lazy("Colleague"),
        queryset=Person.objects.none(),
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose a colleague.")},
    )
    reason = forms.CharField(label=gettext_lazy("Why, if it helps the colleague"), max_length=200, required=False)

    def __init__(self, *args: Any, people: list[Person], counts: dict[Any, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["to"]
        field.queryset = Person.objects.filter(pk__in=[person.pk for person in people]).order_by("family_name", "pk")
        field.label_from_instance = lambda person: person_and_tasks(person, counts.get(person.pk, 0))


def person_and_tasks(person: Person, count: int) -> str:
    """Return a colleague with how much there is to do already."""
    words = ngettext("%(name)s, %(count)s open task", "%(name)s, %(count)s open tasks", count)
    return words % {"name": person.short_name, "count": digits(count)}


@opens_list("team")
def team(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Show the open tasks of the team, late ones first, by whose they are."""
    person: Any = request.user
    if not supervises(person):
        raise Refused(Event("refusal", "R", "refused", "no_supervisor"), known=False)
    tasks = list(team_tasks(person)[:MOST])
    members = [one for people in people_of(person.team_ids).values() for one in people]
    context = {
        "groups": by_person(tasks, members),
        "late": sum(is_late(task) for task in tasks),
        "count": len(tasks),
        "now": clock.now(),
    }
    return TemplateResponse(request, "desk/team.html", context), [task.child_id for task in tasks if task.child_id]


def is_late(task: Task) -> bool:
    """Return whether the time of a task has passed."""
    return task.due is not None and task.due < clock.now()


def by_person(tasks: list[Any], members: list[Person]) -> list[Group]:
    """Return the tasks under whose they are: first those with most that is late, nobody's before all."""
    people = {one.pk: one for one in [*members, *(task.person for task in tasks if task.person)]}
    whose = {key: list(some) for key, some in itertools.groupby(sorted(tasks, key=key_of), key=key_of)}
    order = sorted(
        people.values(), key=lambda one: (-late_of(whose.get(str(one.pk), [])), one.family_name, str(one.pk))
    )
    free = whose.get("", [])
    groups = [group_of("nobody", _("Nobody yet"), free)] if free else []
    return groups + [group_of(str(one.pk), one.short_name, whose.get(str(one.pk), [])) for one in order]


def key_of(task: Any) -> str:
    """Return whose a task is, as an id; nothing where nobody has it yet."""
    return str(task.person_id or "")


def late_of(tasks: list[Any]) -> int:
    """Return how many of these tasks are late."""
    return sum(is_late(task) for task in tasks)


def group_of(key: str, title: str, tasks: list[Any]) -> Group:
    """Return one person's tasks, the most urgent first."""
    late = late_of(tasks)
    words = ngettext("%(name)s: %(late)s late", "%(name)s: %(late)s late", late) % {"name": title, "late": digits(late)}
    rows = [team_row(task) for task in tasks]
    return Group(f"of-{key}", words if late else title, rows, "late" if late else "", empty=_("Nothing to do."))


def task_to_give(person: Person, task_id: uuid.UUID) -> Any:
    """Return an open task that the person may give to a colleague."""
    task = team_tasks(person).filter(pk=task_id).first()
    if task is None or not (Role.SUPERVISOR in person.roles or task.person_id in (None, person.pk)):
        raise Http404
    return task


@opens_list("task", methods=WRITE)
def give_task(request: HttpRequest, task_id: uuid.UUID) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Ask which colleague, and give the task."""
    person: Any = request.user
    task = task_to_give(person, task_id)
    others = [one for one in people_of([task.team_id]).get(task.team_id, []) if one.pk != task.person_id]
    people = [one for one in others if work.may_do(task, one)]
    counts: dict[Any, int] = {}
    for owner in Task.objects.filter(person__in=people, state=Task.State.OPEN).values_list("person_id", flat=True):
        counts[owner] = counts.get(owner, 0) + 1
    form = GiveForm(request.POST or None, people=people, counts=counts)
    if request.method == "POST" and form.is_valid():
        return save_once(request, lambda: given(task, person, form)), []
    context = {"task": task, "form": form, "people": people, "back": back_of(person)}
    return TemplateResponse(request, "desk/give_task.html", context), [task.child_id] if task.child_id else []


def back_of(person: Person) -> str:
    """Return where somebody goes after a task was given: supervisors to their team."""
    return reverse("desk:team") if supervises(person) else reverse("desk:home")


def given(task: Task, person: Person, form: GiveForm) -> str:
    """Give the task and return to the team."""
    work.give_task(task=task, to=form.cleaned_data["to"], by=person, reason=form.cleaned_data["reason"])
    return back_of(person)


@require_POST
def remind(request: HttpRequest, task_id: uuid.UUID) -> HttpResponse:
    """Remind another team of what a file of one's own waits for."""
    person: Any = request.user
    with acting(person):
        task = Task.objects.filter(pk=task_id, state=Task.State.OPEN).exclude(child=None).first()
        if task is None or not work.reads(task, person):
            event = Event("refusal", "E", "refused", "not_there_or_not_open", entity_id=task_id)
            raise Refused(event, known=False)
        if is_today(task.reminded):
            messages.info(request, _("They were reminded today. One reminder a day is enough."))
        else:
            reminders.remind(task=task, by=person, reason="")
            messages.success(request, _("Reminded. It stands in their notices and on the file."))
    if "file" in request.POST:
        return redirect("victims:child", task.child_id)  # type: ignore[attr-defined]
    return redirect(reverse("desk:home") + "#waiting")
