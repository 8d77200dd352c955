"""The form that ends a task, for its row on the home page: answering a question, an action's page, the record asked for."""

import uuid

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.accounts.models import Person
from portal.casework.groups import Button
from portal.casework.models import Approval, Task
from victims import questions
from victims.care_page import actions_of
from victims.due import PAGES, PLAN_ACTION
from victims.models import Child


def buttons(viewer: Person, tasks: list[Task]) -> dict[uuid.UUID, Button]:
    """Return the button of each task that a form of its own ends."""
    found = {task_id: Button(_("Answer"), address) for task_id, address in questions.pages_of(tasks).items()}
    actions = actions_of(viewer, [task.pk for task in tasks if task.kind == PLAN_ACTION])
    for task_id, action_id in actions.items():
        found[task_id] = Button(_("Open"), reverse("victims:action", args=[action_id]))
    asked = {task.pk: task for task in tasks if task.kind in PAGES}
    ids = {task.child_id for task in asked.values()}  # type: ignore[attr-defined]
    shown = set(Child.objects.filter(pk__in=ids).values_list("pk", flat=True))  # type: ignore[misc]
    for task in asked.values():
        if task.child_id in shown:  # type: ignore[attr-defined]
            found[task.pk] = Button(_("Record"), reverse(PAGES[task.kind], args=[task.child_id]))  # type: ignore[attr-defined]
    return found


def decisions(viewer: Person, approvals: list[Approval]) -> dict[uuid.UUID, Button]:
    """Return the button of each care plan that waits to be approved."""
    plans = [one for one in approvals if one.kind == "care_plan"]
    return {
        one.pk: Button(_("Decide"), reverse("victims:decide_plan", args=[one.child_id, one.subject_id]))  # type: ignore[attr-defined]
        for one in plans
    }
