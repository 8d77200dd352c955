"""The list of files, opening one, its overview and its steps."""

import datetime
import itertools
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access import actions as access
from portal.access import timeline
from portal.access.agencies import agency_name, author_of, shown_name
from portal.access.identity import Refused
from portal.access.opens import WRITE, FileLine, file_lines, opens, opens_list
from portal.access.rights import can, is_there_in_emergency, prefetch, works_as_owner
from portal.access.roles import may_open_file
from portal.access.sections import Level, Section, Stage
from portal.access.visibility import CAP, FIRST, PAGE, count_listed, listed_ids
from portal.access.work import may_do
from portal.accounts.models import Membership
from portal.audit.events import Event
from portal.casework import code_names
from portal.casework.clock import is_today
from portal.casework.editing import demand_current, resolved, save_once, saved
from portal.casework.forms import OnceForm
from portal.casework.groups import Button
from portal.casework.models import Task
from portal.casework.workflow import Transition, WrongState
from victims import actions, search, task_forms, workflow
from victims.forms import ChildForm, LookForm, NewFileForm, StepForm
from victims.holders import Viewer, changed_by, holder_rows, summed_up, viewer_of
from victims.models import Child
from victims.section_pages import PAGES
from victims.views.addresses import id_of, moment_of, stage_of
from victims.views.file import address_of, alerted, file_context
from victims.views.glance import at_a_glance, worded
from victims.views.history import months, older_entries, pills
from victims.views.holders import latest_looks

SUMMARY = Section.SUMMARY


@opens_list("list")
def caseload(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """List the files the person may see, newest first, by stage where one is chosen."""
    person: Any = request.user
    stage = stage_of(request.GET.get("stage", ""))
    before = id_of(request.GET.get("before", ""), FIRST)
    ids = listed_ids(person, stage=stage, before=before, most=PAGE + 1)
    shown = ids[:PAGE]
    older = f"?before={shown[-1]}" + (f"&stage={stage.value}" if stage else "") if len(ids) > PAGE else ""
    pills: list[dict[str, Any]] = [{"url": "?", "label": _("All"), "current": stage is None}]
    pills += [{"url": f"?stage={s.value}", "label": s.label, "current": s == stage} for s in Stage]
    context = {
        "rows": list_rows(person, shown),
        "count": count_listed(person, stage=stage),
        "cap": CAP - 1,
        "older_url": older,
        "newer_url": "?" if before != FIRST else "",
        "pills": pills,
        "table_query": f"?stage={stage.value}" if stage else "",
        "may_open": bool(stages_to_open(person)),
    }
    return TemplateResponse(request, "victims/children.html", context), shown


def list_rows(person: Any, ids: list[uuid.UUID]) -> list[dict[str, Any]]:
    """Return a line for each file: SUMMARY words and the next due date, no more; without SUMMARY the heading alone."""
    prefetch(person, ids)
    found: dict[uuid.UUID, Any] = Child.objects.select_related("owner__agency").in_bulk(ids)
    found |= file_lines([pk for pk in ids if pk not in found]) if len(found) < len(ids) else {}
    tasks = Task.objects.filter(child_id__in=ids, state=Task.State.OPEN, due__isnull=False).select_related(
        "team__agency"
    )
    due = {task.child_id: task.when for task in tasks.order_by("-due")}  # type: ignore[attr-defined]
    return [list_row(person, found[pk], due.get(pk)) for pk in ids if pk in found]


def list_row(person: Any, child: Child | FileLine, due: datetime.date | None) -> dict[str, Any]:
    """Return one file's line; it leads to the overview, or to the first section that the person holds."""
    row = {"child": child, "url": address_of(person, child.pk), "stage": workflow.STAGE.state(child), "due": due}
    if isinstance(child, Child):
        row["identity"] = workflow.IDENTITY.state(child)
        row["owner"] = agency_name(person, child.pk, child.owner.agency)
    return row


def stages_to_open(person: Any) -> list[Stage]:
    """Return the stages at which the person may open a file."""
    return [stage for stage in Stage if stage != Stage.DECEASED and may_open_file(set(person.roles), stage)]


@opens_list("search before opening a file", methods=WRITE)
def new(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Open a file: a search comes first, and what it found stands above the form."""
    person: Any = request.user
    stages = stages_to_open(person)
    if not stages:
        raise Refused(Event("refusal", "C", "refused", "may_not_open_file"), known=False)
    looking = "look" in request.POST  # posted, so that no name stands in an address
    sought = search.typed(request.POST, "code_name" if looking else "sought")
    if request.method != "POST" or (looking and not sought):
        look = LookForm({"code_name": sought} if looking else None)
        return TemplateResponse(request, "victims/new.html", {"form": look, "found": []}), []
    found = search.children(sought, person)
    form = NewFileForm(
        None if looking else request.POST, person=person, stages=stages, initial=proposal(person, sought, found)
    )
    if answer := saved(request, form, lambda: opened(form, person)):
        return answer, []
    context = {
        "form": form,
        "searched": True,
        "found": list_rows(person, found.files),
        "wrong_digit": found.wrong_digit,
        "sought": sought,
    }
    return TemplateResponse(request, "victims/new.html", context), found.files


def proposal(person: Any, sought: str, found: search.Found) -> dict[str, Any]:
    """Return a code name to start with: the one that was looked for, or a free one."""
    name = "" if found.as_number else sought.strip(code_names.MARKS)
    membership = Membership.objects.live().filter(person=person).select_related("team").first()
    return {
        "code_name": name or (actions.propose_code_name(membership.team) if membership else ""),
        "sought": sought,
    }


def opened(form: NewFileForm, person: Any) -> str:
    """Open the file and return its address."""
    data = form.cleaned_data
    child = actions.open_file(
        team=data["team"],
        stage=Stage(data["stage"]),
        values=form.values(),
        is_known=data["is_known"],
        by=person,
        reason="opened",
    )
    return reverse("victims:child", args=[child.pk])


@opens(SUMMARY, also=(worded,))
def overview(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Show how the child is, what is next, who is on the file and what happened."""
    person: Any = request.user
    context = file_context(request, child_id, "overview")
    child = context["child"]
    only = next((s for s in Section if s.slug == request.GET.get("only")), None)
    at, last = moment_of(request.GET.get("at", "")), id_of(request.GET.get("before", ""), timeline.LAST)
    entries = timeline.page(child_id, person, before=(at, last), only=only, most=26)
    held, lacking = access.your_sections(person, child_id)
    context |= {
        "months": months(entries[:25], person, child_id),
        "older_url": older_entries(entries, only),
        "newer_url": "?" if request.GET.get("before") else "",
        "pills": pills(held, only),
        "glance": at_a_glance(person, child),
        "tasks": next_steps(person, child_id),
        "may_ask": not is_there_in_emergency(person, child_id),
        "holders": (rows := holder_rows(viewer_of(person, child))),
        "who_can_see": summed_up(rows),
        "looks": latest_looks(person, child_id),
        "lacking": [section.label for section in lacking],
        "restricted_held": [section.label for section in held if section.restricted],
        "steps": actions.steps_for(child, person),
        "record": record_button(person, child_id),
        "since": stage_since(child),
        "may_hand_over": works_as_owner(person, child_id, child.owner_id)
        and Stage.RESCUED <= child.stage < Stage.CLOSED,
        "print_form": OnceForm(auto_id=False),
    }
    return TemplateResponse(request, "victims/child.html", context)


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


@opens(SUMMARY, Level.CHANGE, methods=WRITE, also=(alerted,))
def summary(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Change what SUMMARY holds."""
    person: Any = request.user
    children = Child.objects.filter(pk=child_id)
    child = (children.select_for_update(of=("self",)) if request.method == "POST" else children).get()
    form = ChildForm(
        resolved(request.POST) if request.method == "POST" else None, instance=Child.objects.get(pk=child_id)
    )
    if request.method == "POST" and form.is_valid():
        demand_current(request, form, child, saved_by=partial(author_of, person, child_id))
        return save_once(request, lambda: changed(form, child, person))
    return TemplateResponse(request, "victims/summary.html", file_context(request, child_id, "overview", form=form))


def changed(form: ChildForm, child: Child, person: Any) -> str:
    """Change the summary and return to the overview."""
    actions.change_summary(child=child, values=form.values(), by=person, reason=form.cleaned_data["reason"])
    return reverse("victims:child", args=[child.pk])


@opens(SUMMARY, methods=WRITE, also=(alerted,))
def step(request: HttpRequest, child_id: uuid.UUID, cycle: str, name: str) -> HttpResponse:
    """Ask why, and take a step of the identity or the stage."""
    person: Any = request.user
    transition = transition_named(cycle, name)
    child = Child.objects.get(pk=child_id)
    actions.check_right(child, transition, person)
    actions.check_side(child, transition, person)
    hindrance = actions.hindrance(child, cycle, transition, person)
    if hindrance and request.method != "POST":
        messages.error(request, hindrance)
        return redirect("victims:child", child_id)
    form = StepForm(request.POST or None, needs_reason=transition.needs_reason, version=child.version)
    answer = stepped(request, form, lambda: taken(form, child, cycle, name, person))
    if answer is not None:
        return answer
    context = file_context(request, child_id, "overview", form=form, transition=transition)
    context |= consequences(viewer_of(person, context["child"]), cycle, transition)
    return TemplateResponse(request, "victims/step.html", context)


def stepped(request: HttpRequest, form: Any, save: Callable[[], str]) -> HttpResponse | None:
    """Return the answer to a step that was taken; none where the form has to be shown, with what was typed."""
    is_whole = form.is_valid()
    answer = saved(request, form, save)
    if answer is None and is_whole:  # the file may have moved on: what is tried next starts from where it stands now
        form.ask_again(Child.objects.get(pk=request.resolver_match.kwargs["child_id"]).version)  # type: ignore[union-attr]
    return answer


def consequences(viewer: Viewer, cycle: str, transition: Transition) -> dict[str, list[str]]:
    """Return what happens by a step, and what stays: where the file then stands, and who opens less or more of it."""
    child = viewer.child
    target = workflow.CYCLES[cycle].states[transition.target].label
    happens = [_("The file then stands at: %(state)s.") % {"state": target}]
    stands = {"identity": child.identity, "stage": child.stage, cycle: transition.target}
    opened = actions.is_open_to_network(child, **stands)
    if child.open_to_network and not opened:
        happens.append(
            _("Certified analysts and investigators of the network no longer find it, unless they have access.")
        )
    if opened and not child.open_to_network:
        happens.append(
            _("Every certified analyst and investigator of the network then opens Summary and Investigation.")
        )
    changes = changed_by(viewer, stands["stage"])
    return {
        "happens": [*happens, *(changes or [_("Nobody on the file opens less or more of it.")])],
        "stays": [
            _("Everything that was written, its history, and the record of who looked."),
            _("Access that was given: it runs on until its last day."),
        ],
    }


def transition_named(cycle: str, name: str) -> Transition:
    """Return the step that an address names."""
    if cycle not in workflow.CYCLES or name not in {t.name for t in workflow.CYCLES[cycle].transitions}:
        raise Http404
    return workflow.CYCLES[cycle].named(name)


def taken(form: StepForm, child: Child, cycle: str, name: str, person: Any) -> str:
    """Take the step and return to where the person may still look."""
    data = form.cleaned_data
    try:
        actions.take_step(
            child=child, cycle=cycle, name=name, version=data["version"], by=person, reason=data["reason"]
        )
    except WrongState as moved:
        raise actions.stands_elsewhere(child, moved, person) from moved
    return reverse("victims:child", args=[child.pk])
