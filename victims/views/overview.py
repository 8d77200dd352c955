"""The overview of a file: how the child is, what is next and whose it is, who is on the file, what happened."""

import datetime
import itertools
import uuid
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access import actions as access
from portal.access import timeline
from portal.access.agencies import shown_name
from portal.access.erasing import keeping
from portal.access.opens import opens
from portal.access.rights import can, is_there_in_emergency, sections_held, works_as_owner
from portal.access.sections import Level, Section, Stage
from portal.access.work import may_do
from portal.casework.clock import is_today
from portal.casework.forms import OnceForm
from portal.casework.groups import Button
from portal.casework.models import Task
from victims import actions, task_forms
from victims.disclosed import standing_statements
from victims.holders import holder_rows, summed_up, viewer_of
from victims.looks import latest_looks
from victims.models import Child
from victims.section_pages import PAGES
from victims.views.addresses import id_of, moment_of
from victims.views.file import alerted, file_context
from victims.views.glance import at_a_glance, worded
from victims.views.history import months, older_entries, pills


@opens(Section.SUMMARY, also=(worded, alerted))
def overview(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Show how the child is, what is next, who is on the file and what happened."""
    person: Any = request.user
    context = file_context(request, child_id, "overview")
    child = context["child"]
    held, lacking = access.your_sections(person, child_id)
    context |= overview_parts(person, child, request.GET) | {
        "looks": latest_looks(person, child_id),
        "lacking": [section.label for section in lacking],
        "restricted_held": [section.label for section in held if section.restricted],
        "steps": actions.steps_for(child, person),
        "record": record_button(person, child_id),
        "may_ask": not is_there_in_emergency(person, child_id),
        "may_hand_over": works_as_owner(person, child_id, child.owner_id)
        and Stage.RESCUED <= child.stage < Stage.CLOSED
        and not context["seal"],
        "print_form": OnceForm(auto_id=False),
        "keeping": keeping(child_id, child.owner.agency.country),
    }
    context |= since_you_looked(person, child_id, context["months"])
    return TemplateResponse(request, "victims/child.html", context)


def since_you_looked(person: Any, child_id: uuid.UUID, shown: list[dict[str, Any]]) -> dict[str, Any]:
    """Return how much others changed since the reader was here last, and mark what is new among the lines shown."""
    looked = timeline.last_looks(person, [child_id], timeline.VISIT)
    at = looked.get(child_id)
    for entry in itertools.chain.from_iterable(month["entries"] for month in shown):
        entry["is_new"] = at is not None and entry["at"] > at and entry["person_id"] != person.pk
    return {"looked_at": at, "changed_since": timeline.changes_since(person, looked).get(child_id, 0)}


def overview_parts(person: Any, child: Any, asked: Mapping[str, str], **more: Any) -> dict[str, Any]:
    """Return what the overview says to a person. asked: where the timeline begins, and of which section."""
    only = next((section for section in Section if section.slug == asked.get("only")), None)
    before = moment_of(asked.get("at", "")), id_of(asked.get("before", ""), timeline.LAST)
    entries = timeline.page(child.pk, person, before=before, only=only, most=26, **more)
    rows = holder_rows(viewer_of(person, child))
    return {
        "child": child,
        "statements": standing_statements(child.pk, Section.SUMMARY),
        "since": stage_since(child),
        "tasks": next_steps(person, child.pk),
        "glance": at_a_glance(person, child),
        "months": months(entries[:25], person, child.pk),
        "older_url": older_entries(entries, only),
        "newer_url": "?" if asked.get("before") else "",
        "pills": pills(sections_held(person, child.pk), only),
        "holders": rows,
        "who_can_see": summed_up(rows),
    }


def next_steps(person: Any, child_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return what is to be done on the file, and whose it is as this person may read it."""
    found = Task.objects.filter(child_id=child_id, state=Task.State.OPEN).select_related("team__agency", "person")
    tasks = list(found.order_by("due", "id"))
    forms = task_forms.buttons(person, tasks)
    owns = Child.objects.filter(pk=child_id, owner_id__in=person.team_ids).exists()
    return [
        {"task": task, "whose": whose(person, child_id, task)} | act_on(person, task, forms.get(task.pk), owns=owns)
        for task in tasks
    ]


def act_on(person: Any, task: Any, form: Button | None, *, owns: bool) -> dict[str, Any]:
    """Return what this person can do about a task of the file: do it, mark it done, or remind another team of it."""
    if (task.team_id in person.team_ids and may_do(task, person)) or task.person_id == person.pk:
        done = reverse("desk:task_done", args=[task.pk])
        return {"act": form.text, "act_url": form.url} if form else {"act": _("Mark done"), "act_url": done}
    if not owns or is_today(task.reminded):
        return {}
    return {"act": _("Remind"), "act_url": reverse("desk:remind", args=[task.pk]), "posts": True}


def whose(person: Any, child_id: uuid.UUID, task: Task) -> str:
    """Return who is to do it: you, a colleague, or another agency by the name that may stand here."""
    if task.person == person:
        return _("You")
    team = task.team
    if team.agency_id == person.agency_id:
        return task.person.short_name if task.person else team.label
    return shown_name(person, child_id, team.agency)


def record_button(person: Any, child_id: uuid.UUID) -> dict[str, Any]:
    """Return the one thing that is done here most: a contact, else an entry of the investigation, else nothing."""
    if can(person, child_id, Section.CARE, Level.CHANGE):
        return {"url": reverse("victims:contact", args=[child_id]), "text": _("Record a contact")}
    page = PAGES[Section.INVESTIGATION]
    if can(person, child_id, page.section, Level.CHANGE):
        return {"url": reverse("victims:add", args=[child_id, page.slug]), "text": page.add}
    return {}


def stage_since(child: Child) -> datetime.datetime | None:
    """Return since when the child is at the present stage, as far as its history says."""
    rows = (
        child.history.filter(id=child.pk).order_by("-history_date", "-history_id").values_list("stage", "history_date")
    )
    dates = [date for _stage, date in itertools.takewhile(lambda row: row[0] == child.stage, rows)]
    return dates[-1] if dates else None
