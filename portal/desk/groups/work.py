"""What a person or a team has to do, by when, and what their files wait for from others."""

import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from portal.access.rights import prefetch
from portal.access.roles import stages_for, works_with_files
from portal.access.sections import Level, Section
from portal.accounts.models import Person
from portal.accounts.roles import Role
from portal.audit import clock
from portal.casework.clock import is_today
from portal.casework.due_rules import rule_of, title_of
from portal.casework.groups import Button, Group, Row
from portal.casework.models import Job, Task
from portal.casework.templatetags.portal import day, moment
from portal.desk import jobs as background
from portal.desk.frame import FILE_ROLES
from portal.desk.oversight import OVERSEERS
from victims.models import Child
from victims.views.overview import whose

MOST = 100
WORKERS = FILE_ROLES - OVERSEERS  # whose desk is what there is to do
SEVERAL = WORKERS - {Role.ANALYST, Role.INVESTIGATOR, Role.SHELTER_WORKER}  # all their tiles are of tasks
WEEK = datetime.timedelta(days=7)


def my_tasks(person: Person) -> list[Task]:
    """Return the open tasks of the person and, for who works with files, of the teams that nobody else has taken."""
    ours = Q(person=None, team_id__in=person.team_ids)
    mine = Q(person=person) | (ours if works_with_files(person.roles) else ours & Q(child_id=None))
    return list(
        Task.objects.filter(mine, state=Task.State.OPEN).select_related("team__agency").order_by("due", "id")[:MOST]
    )


def due(person: Person) -> list[Group]:
    """Return what is late, due today, due this week and later. Whoever opens no files has tiles for tasks alone."""
    tasks = my_tasks(person)
    if not tasks and WORKERS.isdisjoint(person.roles):
        return []
    children: dict[Any, Child] = Child.objects.in_bulk({child for task in tasks if (child := task.child_id)})  # type: ignore[attr-defined]
    return by_due(tasks, children, forms_of(settings.TASK_FORMS, person, tasks), person)


def forms_of(slots: list[str], person: Person, things: list[Any]) -> dict[Any, Button]:
    """Return the buttons that other apps have for tasks, or approvals, of their kinds: each opens the finished form."""
    found: dict[Any, Button] = {}
    for name in slots:
        found |= import_string(name)(person, things)
    return found


def by_due(tasks: list[Task], children: dict[Any, Child], forms: dict[Any, Button], person: Person) -> list[Group]:
    """Return the tasks in four groups. A legal clock is due today from its last 24 hours on."""
    sorted_ = {
        name: [task for task in tasks if when(task, person) == name] for name in ("late", "today", "week", "later")
    }
    rows = {name: [task_row(task, children, forms.get(task.pk)) for task in some] for name, some in sorted_.items()}
    by_urgency = list(dict.fromkeys(pk for task in tasks if (pk := task.child_id) in children))  # type: ignore[attr-defined]
    week = "" if SEVERAL.isdisjoint(person.roles) else _("this week")
    return [
        Group("late", _("Late"), rows["late"], "late", _("late"), files=by_urgency),
        Group("today", _("Today"), rows["today"], "soon", _("today"), nothing_today(sorted_)),
        Group("week", _("This week"), rows["week"], "brand", week),
        Group("later", _("Later"), rows["later"]),
    ]


def nothing_today(tasks: dict[str, list[Task]]) -> str:
    """Say that nothing is due today, or late either, and what comes next."""
    following = next((task for name in ("week", "later") for task in tasks[name] if task.due), None)
    if tasks["late"]:
        return _("Nothing is due today.")
    if following is None:
        return _("Nothing is late and nothing is due today.")
    return _("Nothing is late and nothing is due today. Next: %(day)s.") % {"day": day(following.due)}


def when(task: Task, person: Person) -> str:
    """Return the group in which a task stands."""
    now = clock.now()
    end_of_day = now.astimezone(person.zone).replace(hour=23, minute=59, second=59)
    soon = max(end_of_day, now + datetime.timedelta(hours=24)) if task.to_the_minute else end_of_day
    if not task.due:
        return "later"
    if task.due < now:
        return "late"
    return "today" if task.due <= soon else "week" if task.due <= end_of_day + WEEK else "later"


def task_row(task: Task, children: dict[Any, Child], form: Button | None) -> Row:
    """Return a task as a row: words of the summary only. Its button opens the form that ends it."""
    child = children.get(task.child_id)  # type: ignore[attr-defined]
    done = reverse("desk:task_done", args=[task.pk])
    return Row(
        due=task.when,
        url=reverse("victims:child", args=[child.pk]) if child else done,
        title=title_of(task),
        name=child.code_name if child else "",
        code=child.case_number if child else "",
        why=rule_of(task),
        act=form.text if form else _("Mark done"),
        act_url=form.url if form else done,
    )


def waiting(person: Person) -> Group | None:
    """Return what the files of the person's teams wait for from others: their lateness, not mine."""
    if not person.team_ids or WORKERS.isdisjoint(person.roles):
        return None
    theirs = Task.objects.filter(state=Task.State.OPEN, child__owner_id__in=person.team_ids)
    theirs = theirs.exclude(team_id__in=person.team_ids).select_related("team__agency", "person", "child")
    tasks: list[Any] = list(theirs.order_by("due", "id")[:MOST])
    prefetch(person, list({task.child_id for task in tasks}))
    return Group(
        "waiting",
        _("Waiting for others"),
        [waiting_row(task, person) for task in tasks],
        tile="" if SEVERAL.isdisjoint(person.roles) else _("waiting for others"),
        empty=_("Nobody outside your team is asked for anything."),
        files=[task.child_id for task in tasks],
    )


def waiting_row(task: Any, person: Person) -> Row:
    """Return what somebody else has to do, by the name that may stand here, with the button that reminds them."""
    today = is_today(task.reminded)
    told = _("Reminded today.") if today else ""
    return Row(
        due=task.when,
        url=reverse("victims:child", args=[task.child_id]),
        title=title_of(task),
        name=task.child.code_name,
        code=task.child.case_number,
        why=" · ".join(filter(None, [whose(person, task.child_id, task), told])),
        act="" if today else _("Remind"),
        act_url="" if today else reverse("desk:remind", args=[task.pk]),
        posts=True,
    )


def record_contact(person: Person) -> Button | None:
    """Return the button that records a contact, for roles that write CARE at some stage."""
    if not stages_for(set(person.roles), set(), Section.CARE, Level.CHANGE):
        return None
    return Button(_("Record a contact"), reverse("victims:pick"))


def jobs(person: Person) -> Group | None:
    """Return what the worker has in hand for this person, or has given up."""
    found = background.unsettled(person)
    if not found:
        return None
    given_up = [job for job in found if job.state == Job.State.FAILED]
    return Group(
        "own_jobs",
        _("Your jobs in the background"),
        [
            Row(
                title=background.kind_of(job.kind),
                lead=moment(job.made),
                why=background.said_of(job) or background.STATES[Job.State(job.state)].label,
                act=_("See your jobs") if job in given_up else "",
                act_url=reverse("desk:jobs") if job in given_up else "",
            )
            for job in [*given_up, *(job for job in found if job not in given_up)]
        ],
        more=_("Your jobs"),
        more_url=reverse("desk:jobs"),
    )
