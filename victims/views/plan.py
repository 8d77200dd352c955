"""Writing a care plan: starting it, changing, sending and deciding; its goals and actions."""

import uuid
from functools import partial
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from portal.access.agencies import author_of
from portal.access.opens import WRITE, opens
from portal.access.roles import works_with_files
from portal.access.sections import Level, Section
from portal.access.work import members
from portal.accounts.models import Membership, Person
from portal.casework.editing import demand_current, resolved, saved
from victims import care, care_page
from victims.care_forms import ActionForm, GoalForm, PlanForm, ReasonForm
from victims.models import CarePlan, Child, Goal
from victims.record_forms import SendForm
from victims.team_choice import teams_to_ask
from victims.views.care import care_address
from victims.views.file import alerted, file_context

CARE, CHANGE = Section.CARE, Level.CHANGE


def plan_asked_for(person: Any, child_id: uuid.UUID, plan_id: uuid.UUID) -> CarePlan | None:
    """Return the plan of this file that the address names."""
    return CarePlan.objects.filter(pk=plan_id, child_id=child_id).select_related("team__agency", "approval").first()


def goal_asked_for(person: Any, child_id: uuid.UUID, goal_id: uuid.UUID) -> Goal | None:
    """Return the goal of this file that the address names."""
    return Goal.objects.filter(pk=goal_id, child_id=child_id).select_related("plan").first()


def spoken(child_id: uuid.UUID) -> list[str]:
    """Return the languages that the child speaks, for whoever reads SUMMARY."""
    child = Child.objects.filter(pk=child_id).first()
    return child.languages if child else []


@opens(CARE, CHANGE, methods=WRITE, also=(alerted,))
def start(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Start a plan, or the review of the one in force."""
    before = care.newest_plan(child_id)
    form = PlanForm(request.POST or None, spoken=spoken(child_id))

    need = request.GET.get("need")  # what a goal is to be added for, once this version is there

    def started() -> str:
        plan = care.start_plan(child_id=child_id, values=form.values(), by=request.user, reason="")
        return care_address(child_id) if need is None else f"{care_page.goal_address(plan)}{quote(need)}"

    done = saved(request, form, started)
    context = file_context(request, child_id, "care", form=form, before=before, for_goal=need is not None)
    return done or TemplateResponse(request, "victims/start_plan.html", context)


@opens(CARE, CHANGE, methods=WRITE, finds=plan_asked_for, also=(alerted,))
def change(request: HttpRequest, child_id: uuid.UUID, plan: CarePlan) -> HttpResponse:
    """Change what a plan says before it is sent; one saved meanwhile gives the page that joins both."""
    return changing(request, child_id, plan, PlanForm, "plan")


@opens(CARE, CHANGE, methods=WRITE, finds=goal_asked_for, also=(alerted,))
def change_goal(request: HttpRequest, child_id: uuid.UUID, goal: Goal) -> HttpResponse:
    """Change a goal; one saved meanwhile gives the page that joins both."""
    return changing(request, child_id, goal, GoalForm, "goal")


def changing(request: HttpRequest, child_id: uuid.UUID, editing: Any, form_class: Any, what: str) -> HttpResponse:
    """Show and save the form of a plan or a goal."""
    person: Any = request.user
    more = {"spoken": spoken(child_id)} if what == "plan" else {}
    form = form_class(resolved(request.POST) if request.method == "POST" else None, instance=editing, **more)
    verb = care.change_plan if what == "plan" else care.change_goal
    if request.method == "POST" and form.is_valid():
        # Locked before its version is compared: of two saves at the same moment, the later one meets the earlier.
        record = care.locked(type(editing)._default_manager.get(pk=editing.pk))
        demand_current(request, form, record, saved_by=partial(author_of, person, child_id))

    def changed() -> str:
        verb(**{what: record}, values=form.values(), by=person, reason=form.cleaned_data["reason"])
        return care_address(child_id)

    done = saved(request, form, changed)
    context = file_context(request, child_id, "care", form=form, is_plan=what == "plan")
    return done or TemplateResponse(request, "victims/change_plan.html", context)


@opens(CARE, CHANGE, methods=WRITE, finds=plan_asked_for, also=(alerted,))
def send(request: HttpRequest, child_id: uuid.UUID, plan: CarePlan) -> HttpResponse:
    """Ask once more, and send the plan to the supervisors of the team."""
    form = SendForm(request.POST or None, late=care.overdue(child_id, *care.PLAN_TASKS))

    def sent() -> str:
        why = form.cleaned_data.get("late_reason", "")
        care.send_plan(plan=plan, by=request.user, reason="sent for approval", late_reason=why)
        return care_address(child_id)

    done = saved(request, form, sent)
    supervisors = [one.short_name for one in members(plan.team) if one != request.user and care.may_decide(plan, one)]
    context = file_context(request, child_id, "care", form=form, plan=plan, supervisors=supervisors)
    context |= {"lacking": care_page.lacking(plan), "gaps": care_page.gaps(plan)}
    return done or TemplateResponse(request, "victims/send_plan.html", context)


@opens(CARE, methods=WRITE, finds=plan_asked_for, also=(alerted,))
def decide(request: HttpRequest, child_id: uuid.UUID, plan: CarePlan) -> HttpResponse:
    """Agree to a plan, or say what is to be changed."""
    person: Any = request.user
    care.demand_supervisor(plan, person)
    agrees = request.POST.get("answer") == "agree"
    form = ReasonForm(
        request.POST or None,
        label=_("What is to be changed"),
        missing=_("Say what is to be changed."),
        hint=_("Only where you ask for changes. Those who hold the care plan read it."),
        is_needed=not agrees,
    )

    def decided() -> str:
        care.decide_plan(plan=plan, agrees=agrees, by=person, reason=form.cleaned_data["reason"])
        return care_address(child_id)

    done = saved(request, form, decided)
    context = file_context(request, child_id, "care", form=form, plan=plan)
    context |= {"targets": care_page.targets(plan, person, may_change=False), "lacking": care_page.lacking(plan)}
    context["gaps"] = care_page.gaps(plan)
    return done or TemplateResponse(request, "victims/decide_plan.html", context)


@opens(CARE, CHANGE, methods=WRITE, finds=plan_asked_for, also=(alerted,))
def add_goal(request: HttpRequest, child_id: uuid.UUID, plan: CarePlan) -> HttpResponse:
    """Add a goal to the plan."""
    form = GoalForm(request.POST or None, initial={"domain": request.GET.get("need", "")})

    def added() -> str:
        care.add_goal(plan=plan, values=form.values(), by=request.user, reason="")
        return care_address(child_id)

    done = saved(request, form, added)
    return done or TemplateResponse(
        request, "victims/add_goal.html", file_context(request, child_id, "care", form=form)
    )


@opens(CARE, CHANGE, methods=WRITE, finds=goal_asked_for, also=(alerted,))
def add_action(request: HttpRequest, child_id: uuid.UUID, goal: Goal) -> HttpResponse:
    """Ask a team for something towards a goal."""
    person: Any = request.user
    teams = teams_to_ask(person, child_id)
    form = ActionForm(request.POST or None, teams=teams, people=colleagues(person))

    def added() -> str:
        care.add_action(goal=goal, values=form.values(), by=person, reason="")
        return care_address(child_id)

    done = saved(request, form, added)
    context = file_context(request, child_id, "care", form=form, goal=goal)
    return done or TemplateResponse(request, "victims/add_action.html", context)


def colleagues(person: Any) -> list[Person]:
    """Return the people of one's own teams who work with files."""
    rows = Membership.objects.working().filter(team_id__in=person.team_ids)
    people = [row.person for row in rows.select_related("person").order_by("person__family_name")]
    return [one for one in people if works_with_files(one.roles)]
