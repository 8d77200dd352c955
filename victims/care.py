"""Every write of care: assessments, plans with goals and actions, contacts; each closes what was due and makes the next."""

import datetime
import uuid
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.access import work
from portal.access.actions import code_name_of
from portal.access.identity import Refused, action
from portal.access.reminders import put_reminder
from portal.access.rights import can, check
from portal.access.roles import works_with_files
from portal.access.sections import SAFE, Level, Section
from portal.accounts.models import Person, Team
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.events import Event
from portal.casework.models import Approval, ChildRecord, Lookup, Notice, Task
from portal.casework.templatetags.portal import listed
from portal.casework.workflow import NotPossible, WrongState, move
from victims import due
from victims.actions import change_summary
from victims.care_states import ACTION, PLAN, WRITTEN, ActionState, PlanState
from victims.models import Assessment, CarePlan, Child, FollowUp, Goal, PlanAction

CARE = Section.CARE
NEEDS_REASON = (1, 2)  # scores that ask for reasons, and for a goal
CLOSED_BY = {"initial": ("initial_assessment",), "comprehensive": ("initial_assessment", "full_assessment")}
CONTACT_TASKS = ("first_contact", "contact_retry", "visit", "placement_visit")
PLAN_TASKS = ("care_plan", "plan_review")
IN_THE_MAKING = gettext_lazy("A plan is in the making already. Go on with that one.")
FINISHING = {"finish", "finish_partly", "give_up"}


def child_of(child_id: uuid.UUID) -> Child | None:
    """Return the child for whoever reads SUMMARY; others record, and nothing is made due in their name."""
    return Child.objects.select_related("owner__agency").filter(pk=child_id).first()


def overdue(child_id: uuid.UUID, *codes: str) -> dict[str, Task]:
    """Return the open tasks of these codes whose time has passed: the record that closes one says why it is late."""
    found = work.open_tasks(child_id, *codes).filter(due__lt=clock.now()).select_related("team__agency")
    return {task.kind: task for task in found}


def domains() -> dict[str, str]:
    """Return the domains of life that are scored, by code, in the reader's language."""
    found = Lookup.objects.filter(vocabulary="need_domain", is_active=True).exclude(code="other")
    return {word.code: str(word) for word in found}


# --- assessments ----------------------------------------------------------------------------------------------------


@action
def record_assessment(*, child_id: uuid.UUID, values: dict[str, Any], by: Person, reason: str = "") -> Assessment:
    """Record how a child is doing; the risk in the summary, the dates that it sets and the next tasks follow."""
    check(by, child_id, CARE, Level.CHANGE)
    demand_scores(values["scores"])
    assessment = Assessment(child_id=child_id, **values)
    assessment.save(force_insert=True)
    child = child_of(child_id)
    if child is not None:
        set_risk(child, assessment, by)
        work.close_tasks(child_id=child_id, codes=CLOSED_BY.get(assessment.kind, ()), by=by)
        make_next(child, assessment, by)
    return assessment


def demand_scores(scores: dict[str, Any]) -> None:
    """Raise unless every score is one of a known domain, from 1 to 4, with its reasons where it asks for them."""
    known = domains()
    if not scores:
        raise NotPossible(_("Give at least one domain a score."), "scores")
    for code, found in scores.items():
        if code not in known or found.get("score") not in (1, 2, 3, 4):
            raise NotPossible(_("Choose a score from 1 to 4 for each domain that you assess."), "scores")
        if found["score"] in NEEDS_REASON and not found.get("why"):
            words = _("Say why for %(domain)s: a score of 1 or 2 has its reason.")
            raise NotPossible(words % {"domain": known[code]}, f"why_{code}")


def set_risk(child: Child, assessment: Assessment, by: Person) -> None:
    """Put the risk into the summary, where the person may change it; else tell the team that owns the file."""
    if child.risk == assessment.level:
        return
    if can(by, child.pk, Section.SUMMARY, Level.CHANGE):
        changed = change_summary(
            child=child, values={"risk": assessment.level}, by=by, reason=_("Risk as assessed on the care page")
        )
        child.risk = changed.risk
        return
    told = [person for person in work.members(child.owner) if person.pk != by.pk]
    words = [by.short_name, child.code_name]
    work.tell(told, "risk_assessed", words, level=Notice.Level.ACT, child_id=child.pk)


def make_next(child: Child, assessment: Assessment, by: Person) -> None:
    """Make what follows an assessment: after the first one the comprehensive one, after that the plan; visits, the review."""
    codes = ["visit"]
    if assessment.kind == "initial":
        codes.append("full_assessment")
    else:
        codes.append("plan_review" if plan_in_force(child.pk) else "care_plan")
    if child.stage in SAFE:
        at, risk = due.noon(assessment.on, child.owner), max(child.risk, assessment.level)
        due.make(child, *codes, since=at, risk=risk, by=by)


def newest_scores(child_id: uuid.UUID) -> dict[str, tuple[int, datetime.date]]:
    """Return the newest score of every domain that was ever assessed, and of which day it is: for the rule and the page."""
    scores: dict[str, tuple[int, datetime.date]] = {}
    for assessment in Assessment.objects.filter(child_id=child_id).order_by("on", "pk"):
        scores |= {code: (found["score"], assessment.on) for code, found in assessment.scores.items()}
    return scores


# --- the plan -------------------------------------------------------------------------------------------------------


def plan_in_force(child_id: uuid.UUID) -> CarePlan | None:
    """Return the plan that was agreed last."""
    return CarePlan.objects.filter(child_id=child_id, state=PlanState.AGREED).first()


def newest_plan(child_id: uuid.UUID) -> CarePlan | None:
    """Return the newest version, agreed or still in the making."""
    return CarePlan.objects.filter(child_id=child_id).select_related("team__agency").order_by("-number").first()


def without_goal(plan: CarePlan) -> list[str]:
    """Return the domains with a score of 1 or 2 that no goal of the plan answers; no goal is asked for a retired domain."""
    answered, scores = set(plan.goals.values_list("domain", flat=True)), newest_scores(plan.child_id)  # type: ignore[attr-defined]
    return [code for code in domains() if code not in answered and scores.get(code, (0,))[0] in NEEDS_REASON]


def owner_of(child_id: uuid.UUID, by: Person) -> Team:
    """Return the team that owns the file: its supervisors decide on every plan."""
    check(by, child_id, Section.SUMMARY)
    return Child.objects.select_related("owner__agency").get(pk=child_id).owner


@action
def start_plan(*, child_id: uuid.UUID, values: dict[str, Any], by: Person, reason: str = "") -> CarePlan:
    """Begin a plan, or the review of the one in force: goals and open actions move to the new version."""
    check(by, child_id, CARE, Level.CHANGE)
    owner, before = owner_of(child_id, by), newest_plan(child_id)
    if before is not None and before.state in (PlanState.DRAFT, PlanState.SENT, PlanState.CHANGES_ASKED):
        raise NotPossible(IN_THE_MAKING)
    plan = CarePlan(child_id=child_id, number=before.number + 1 if before else 1, team=owner, **values)
    try:
        with transaction.atomic():
            plan.save(force_insert=True)
    except IntegrityError:  # somebody began one at the same moment
        raise NotPossible(IN_THE_MAKING) from None
    for goal in before.goals.order_by("pk") if before else []:
        carry_on(goal, plan)
    return plan


def carry_on(goal: Goal, plan: CarePlan) -> None:
    """Take a goal over into a new version, with the actions that are still open; what has ended stays where it was."""
    actions = list(goal.actions.select_for_update(of=("self",)))
    still_open = [one for one in actions if one.is_open]
    if actions and not still_open:
        return
    new = Goal(
        child_id=goal.child_id, plan=plan, title=goal.title, domain=goal.domain, words=goal.words, continues=goal
    )  # type: ignore[misc]
    new.save(force_insert=True)
    for one in still_open:
        one.goal = new
        one.save()


@action
def change_plan(*, plan: CarePlan, values: dict[str, Any], by: Person, reason: str) -> CarePlan:
    """Change what a plan says before it is sent."""
    check(by, plan.child_id, CARE, Level.CHANGE)  # type: ignore[attr-defined]
    return with_values(open_plan(plan, WRITTEN), values)


@action
def send_plan(*, plan: CarePlan, by: Person, reason: str = "", late_reason: str = "") -> CarePlan:
    """Send a plan to the supervisors of its team; late_reason says why it is late, where it is."""
    check(by, plan.child_id, CARE, Level.CHANGE)  # type: ignore[attr-defined]
    plan = locked(plan)
    demand_complete(plan)
    plan.team = owner_of(plan.child_id, by)  # type: ignore[attr-defined]  # it may be another one by now
    supervisors = [one for one in work.members(plan.team) if one.pk != by.pk and may_decide(plan, one)]
    if not supervisors:
        raise NotPossible(_("Nobody else in the team is a supervisor. Ask your agency’s administrator to name one."))
    if plan.state in PLAN.named("send").sources:
        plan.approval = work.ask(
            kind="care_plan", subject_id=plan.pk, child_id=plan.child_id, team=plan.team, by=by,
            name=code_name_of(plan.child_id), to=supervisors,
        )  # type: ignore[attr-defined]  # fmt: skip
        plan.sent_by, plan.late_reason = by, late_reason or plan.late_reason
    step(plan, "send")
    return plan


def demand_complete(plan: CarePlan) -> None:
    """Raise where a plan has no goal, or none for a need that was found."""
    if not plan.goals.exists():
        raise NotPossible(_("Add a goal first: a plan without one changes nothing."))
    lacking, known = without_goal(plan), domains()
    if lacking:
        words = _("No goal yet for: %(domains)s. Add one for each score of 1 or 2.")
        raise NotPossible(words % {"domains": listed(known.get(code, code) for code in lacking)})


@action
def decide_plan(*, plan: CarePlan, agrees: bool, by: Person, reason: str = "") -> CarePlan:
    """Agree to a plan or ask for changes, as a supervisor of its team who wrote no word of it."""
    check(by, plan.child_id, CARE)  # type: ignore[attr-defined]
    plan = locked(plan)
    demand_supervisor(plan, by)
    if not agrees and not reason:
        raise NotPossible(_("Say what is to be changed."), "reason")
    if agrees:
        demand_complete(plan)
    if plan.state == PlanState.SENT and plan.approval is not None:
        state = Approval.State.APPROVED if agrees else Approval.State.CHANGES_ASKED
        name = code_name_of(plan.child_id)  # type: ignore[attr-defined]
        work.decide(approval=plan.approval, state=state, by=by, reason=reason, name=name)
    before = plan_in_force(plan.child_id)  # type: ignore[attr-defined]
    if agrees and before is not None and plan.state == PlanState.SENT:
        step(locked(before), "replace")
    step(plan, "agree" if agrees else "ask_changes")
    if agrees:
        close_and_review(plan, by)
    return plan


def may_decide(plan: CarePlan, person: Person) -> bool:
    """Return whether the person is a supervisor of the plan's team who wrote no word of this version."""
    if Role.SUPERVISOR not in person.roles or plan.team_id not in person.team_ids:  # type: ignore[attr-defined]
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT access.wrote_plan(%s, %s)", [plan.pk, person.pk])
        return cursor.fetchone() == (False,)


def demand_supervisor(plan: CarePlan, by: Person) -> None:
    """Raise Refused unless the person may decide on the plan."""
    if not may_decide(plan, by):
        event = Event("refusal", "E", "refused", "not_yours_to_approve", child_id=plan.child_id, sections=[CARE])  # type: ignore[attr-defined]
        raise Refused(event, known=True)


def close_and_review(plan: CarePlan, by: Person) -> None:
    """Close what asked for the plan, and make its review due: by the rule, or on the day that the plan itself names."""
    child = child_of(plan.child_id)  # type: ignore[attr-defined]
    if child is None:
        return
    work.close_tasks(child_id=child.pk, codes=PLAN_TASKS, by=by, reason=plan.late_reason)
    due.make(child, "plan_review", at_latest=plan.review_on, by=by)


# --- goals and actions ----------------------------------------------------------------------------------------------


@action
def add_goal(*, plan: CarePlan, values: dict[str, Any], by: Person, reason: str = "") -> Goal:
    """Add a goal to a plan."""
    check(by, plan.child_id, CARE, Level.CHANGE)  # type: ignore[attr-defined]
    open_plan(plan, WRITTEN)
    goal = Goal(child_id=plan.child_id, plan=plan, **values)  # type: ignore[misc]
    goal.save(force_insert=True)
    return goal


@action
def change_goal(*, goal: Goal, values: dict[str, Any], by: Person, reason: str) -> Goal:
    """Change a goal; the teams of its actions read its new title."""
    check(by, goal.child_id, CARE, Level.CHANGE)  # type: ignore[attr-defined]
    open_plan(goal.plan, WRITTEN)
    goal = with_values(locked(goal), values)
    for one in goal.actions.exclude(goal_title=goal.title).select_for_update(of=("self",)):
        one.goal_title = goal.title
        one.save()
    return goal


@action
def add_action(*, goal: Goal, values: dict[str, Any], by: Person, reason: str = "") -> PlanAction:
    """Ask a team, or one of its people, to do something towards a goal by a day."""
    check(by, goal.child_id, CARE, Level.CHANGE)  # type: ignore[attr-defined]
    plan = open_plan(goal.plan, (*WRITTEN, PlanState.AGREED))
    if plan != newest_plan(plan.child_id):  # type: ignore[attr-defined]
        raise NotPossible(_("A newer version is in the making. Add the action there."))
    demand_on_file(values["team"], plan.child_id)  # type: ignore[attr-defined]
    new = PlanAction(child_id=goal.child_id, goal=goal, goal_title=goal.title, **values)  # type: ignore[misc]
    new.task = work.add_task(
        kind=due.PLAN_ACTION, title=due.ACTION_TITLE, rule=due.ACTION_RULE, team=new.team, person=new.person,
        due=new.due, child_id=new.child_id, by=by,
    )  # type: ignore[attr-defined]  # fmt: skip
    new.save(force_insert=True)
    return new


def demand_on_file(team: Team, child_id: uuid.UUID) -> None:
    """Raise where a team is asked that is neither the asker's nor on the file: an action tells it of the child."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT access.may_be_asked(%s, %s)", [child_id, team.pk])
        if cursor.fetchone() != (True,):
            raise NotPossible(_("This team is not on the file. Give it access first, or ask another team."), "team")


@action
def take_action(*, plan_action: PlanAction, name: str, by: Person, reason: str = "") -> PlanAction:
    """Say how far an action is, as its team; reason is what came of it for the child. Whoever writes the plan cancels."""
    found = PlanAction.objects.select_for_update(of=("self",)).filter(pk=plan_action.pk).first()
    if found is None or not may_take(found, name, by):
        event = Event("refusal", "E", "refused", "not_your_action", child_id=plan_action.child_id, sections=[CARE])  # type: ignore[attr-defined]
        raise Refused(event, known=found is not None)
    if name in FINISHING and not reason:
        raise NotPossible(_("Say what came of it for the child."), "result")
    if name == "cancel" and not reason:
        raise NotPossible(_("Say why it is not to be done."), "result")
    found.result = reason if name != "begin" else found.result
    target = ACTION.named(name).target
    ends = target in (ActionState.DONE, ActionState.NOT_ACHIEVED, ActionState.CANCELLED)
    found.ended = clock.now() if ends else None
    step(found, name)
    task = Task.objects.select_for_update(of=("self",)).filter(pk=found.task_id, state=Task.State.OPEN).first()  # type: ignore[attr-defined,misc]
    if ends and task is not None:
        work.put_end(task, Task.State.DONE if target == ActionState.DONE else Task.State.CANCELLED)
    return found


def may_take(found: PlanAction, name: str, by: Person) -> bool:
    """Return whether the person works in the team that does the action; those who write the plan may cancel it."""
    ours = works_with_files(by.roles) and found.team_id in by.team_ids  # type: ignore[attr-defined]
    return ours or (name == "cancel" and can(by, found.child_id, CARE, Level.CHANGE))  # type: ignore[attr-defined]


@action
def remind(*, plan_action: PlanAction, by: Person, reason: str = "") -> PlanAction:
    """Remind the team that does an action, at most once a day: a reminder of its task, whoever sends it and from where."""
    check(by, plan_action.child_id, CARE, Level.CHANGE)  # type: ignore[attr-defined]
    found = locked(plan_action)
    if not found.is_open:
        raise NotPossible(_("This action has ended. There is nothing to remind of."))
    if not put_reminder(locked(Task.objects.get(pk=found.task_id)), by):
        raise NotPossible(_("They were reminded today. One reminder a day is enough."))
    return found


# --- contacts -------------------------------------------------------------------------------------------------------


@action
def record_contact(*, child_id: uuid.UUID, values: dict[str, Any], by: Person, reason: str = "") -> FollowUp:
    """Record a contact, which makes the next one due, or a try, which does not count as one and is tried again."""
    check(by, child_id, CARE, Level.CHANGE)
    record, child = FollowUp(child_id=child_id, **values), child_of(child_id)
    if child is not None and child.stage in SAFE:
        task = next_contact(child, record, by)
        record.next_due = task.due.date() if task and task.due else None
    record.save(force_insert=True)
    return record


def next_contact(child: Child, record: FollowUp, by: Person) -> Task | None:
    """Close what a contact answers and make the next one due; after a try make the next try due."""
    since = min(due.noon(record.on, child.owner), clock.now())
    if record.result == FollowUp.Result.ATTEMPTED:
        work.close_tasks(child_id=child.pk, codes=["contact_retry"], by=by, reason=record.late_reason)
        return due.make(child, "contact_retry", by=by)
    if record.result != FollowUp.Result.DONE:
        return None
    closed = work.close_tasks(child_id=child.pk, codes=CONTACT_TASKS, by=by, reason=record.late_reason)
    # Whoever does not read the name cannot tell whether it lacks.
    if any(task.kind == "first_contact" for task in closed) and can(by, child.pk, Section.IDENTITY):
        due.make(child, "registration_48h", since=since, by=by)
    return due.make(child, "visit", since=since, by=by)


# --- what they share ------------------------------------------------------------------------------------------------


def locked(record: Any) -> Any:
    """Return a record as it stands now, locked; what is not open any more is refused like what is not there."""
    found = type(record)._default_manager.select_for_update(of=("self",)).filter(pk=record.pk).first()
    if found is None:
        raise Refused(Event("refusal", "E", "refused", "not_there_or_not_open", child_id=record.child_id), known=True)
    return found


def with_values(record: Any, values: dict[str, Any]) -> Any:
    """Save a locked record with new values."""
    for name, value in values.items():
        setattr(record, name, value)
    record.save()
    return record


def step(record: ChildRecord, name: str) -> None:
    """Take a step of a plan or an action; one that somebody took first says where it stands."""
    cycle = PLAN if isinstance(record, CarePlan) else ACTION
    try:
        move(record, cycle, cycle.named(name))
    except WrongState as wrong:
        words = _("It now stands at: %(state)s. Nothing was changed.")
        raise NotPossible(words % {"state": wrong.state.label}) from wrong


def open_plan(plan: CarePlan, states: tuple[PlanState, ...]) -> CarePlan:
    """Return a plan locked, or say where it stands and what to do: what was agreed is changed in a new version."""
    plan = locked(plan)
    if plan.state not in states and plan.state == PlanState.AGREED:
        raise NotPossible(_("The plan is agreed and stays as it is. Start a review: it makes the next version."))
    if plan.state not in states:
        raise NotPossible(_("The plan stands at: %(state)s. Nothing was changed.") % {"state": PLAN.state(plan).label})
    return plan
