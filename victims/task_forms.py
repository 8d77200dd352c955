"""The form that ends a task, for its row on the home page: answering a question, an action's page, the record asked for."""

import uuid
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.access.rights import can, prefetch
from portal.access.sections import Level, Section
from portal.accounts.models import Person
from portal.casework.groups import Button
from portal.casework.models import Approval, Task
from victims import questions
from victims.care_page import actions_of
from victims.due import ASSESSED_AS, PAGES, PLAN_ACTION

WORDS = {
    "order_expiry": gettext_lazy("Record a legal basis"),
    "child_request": gettext_lazy("Answer"),
    "child_request_longer": gettext_lazy("Answer"),
}


def buttons(viewer: Person, tasks: list[Task]) -> dict[uuid.UUID, Button]:
    """Return the button of each task that a form of its own ends."""
    prefetch(viewer, list({task.child_id for task in tasks if task.child_id}))  # type: ignore[attr-defined]
    found = {task_id: Button(_("Answer"), address) for task_id, address in questions.pages_of(tasks).items()}
    actions = actions_of(viewer, [task.pk for task in tasks if task.kind == PLAN_ACTION])
    for task_id, action_id in actions.items():
        found[task_id] = Button(_("Say how far it is"), reverse("victims:action", args=[action_id]))
    for task in tasks:
        if task.kind in PAGES and task.child_id:  # type: ignore[attr-defined]
            found[task.pk] = recorded(viewer, task)
    return found


def recorded(viewer: Person, task: Task) -> Button:
    """Return the button that opens what closes the task; the file, for whoever may not do it, or the offer of access."""
    child_id: Any = task.child_id  # type: ignore[attr-defined]
    page, further, section = PAGES[task.kind]
    if can(viewer, child_id, section, Level.CHANGE):
        words = WORDS.get(task.kind, _("Record") if page != "victims:step" else _("Go on"))
        kind = ASSESSED_AS.get(task.kind)
        return Button(words, reverse(page, args=[child_id, *further]) + (f"?kind={kind}" if kind else ""))
    if can(viewer, child_id, Section.SUMMARY):
        return Button(_("Open"), reverse("victims:child", args=[child_id]))
    return Button(_("See the offer"), reverse("desk:home") + "#offers")


def decisions(viewer: Person, approvals: list[Approval]) -> dict[uuid.UUID, Button]:
    """Return the button of each care plan that waits to be approved, and of each paper that would leave the portal."""
    plans = [one for one in approvals if one.kind == "care_plan"]
    papers = [one for one in approvals if one.role]
    return {
        one.pk: Button(_("Decide"), reverse("victims:decide_plan", args=[one.child_id, one.subject_id]))  # type: ignore[attr-defined]
        for one in plans
    } | {one.pk: Button(_("Decide"), reverse("victims:read_disclosure", args=[one.subject_id])) for one in papers}
