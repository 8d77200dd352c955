"""What the care page says: the plan in four facts, goals with their actions, and how the child is doing by domain."""

import datetime
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from langcodes import Language

from portal.access.agencies import author_of, shown_name
from portal.access.rights import can
from portal.access.sections import Level, Section
from portal.access.work import open_tasks
from portal.accounts.models import Person
from portal.casework import clock
from portal.casework.due_rules import rule_of
from portal.casework.forms import OnceForm
from portal.casework.models import Lookup
from portal.casework.templatetags.portal import digits, due, due_lines, full_date, listed, quoted
from portal.casework.workflow import State
from victims.care import NEEDS_REASON, may_decide, newest_scores, without_goal
from victims.care_states import ACTION, PLAN, ActionState, PlanState
from victims.models import Assessment, CareEntry, CarePlan, FollowUp, Goal, PlanAction

MOST = 5  # assessments in a line, and contacts on the page
REVIEW_SOON = datetime.timedelta(days=7)
WIDTH, HEIGHT, STEP = 150, 34, 8  # of a line, in units of its drawing; between two scores


@dataclass(frozen=True)
class Doing:
    """How a child is doing in one domain: the newest score and its day, the last ones in a line, the goals that answer."""

    code: str
    label: str
    now: int
    on: datetime.date
    scores: list[tuple[int, int]]  # place among the last assessments, score; none where it was not scored lately
    places: int
    goals: list[int] = field(default_factory=list)  # numbers on the page

    @property
    def before(self) -> int | None:
        return self.scores[-2][1] if len(self.scores) > 1 else None

    @property
    def is_unanswered(self) -> bool:
        return self.now in NEEDS_REASON and not self.goals

    @property
    def points(self) -> list[dict[str, int]]:
        """Return where the scores stand in the drawing: time along the line of reading, 4 on top."""
        gap = (WIDTH - 12) // max(self.places - 1, 1)
        return [{"x": 6 + gap * place, "y": HEIGHT - 5 - STEP * (score - 1)} for place, score in self.scores]

    @property
    def spoken(self) -> str:
        """Return the scores as they are read aloud, the oldest first."""
        return _(", ").join(digits(score) for _place, score in self.scores)

    @property
    def line(self) -> str:
        """Return the points as SVG takes them."""
        return " ".join(f"{point['x']},{point['y']}" for point in self.points)


@dataclass(frozen=True)
class Step:
    """One action as this person reads it: whose it is, how it stands, and what may be done."""

    row: PlanAction
    who: str
    status: State
    is_mine: bool
    once: OnceForm | None = None  # of the button that reminds
    is_reminded: bool = False  # today


@dataclass(frozen=True)
class Target:
    """One goal with its number on the page, its need and its actions."""

    number: int
    row: Goal
    need: str
    score: int | None
    steps: list[Step]

    @property
    def is_finished(self) -> bool:
        return bool(self.steps) and not any(step.row.is_open for step in self.steps)


def plan_shown(child_id: uuid.UUID, plan_id: str) -> CarePlan | None:
    """Return the version that is asked for, or the newest."""
    plans = CarePlan.objects.filter(child_id=child_id).select_related("team__agency").order_by("-number")
    asked = next((plan for plan in plans if str(plan.pk) == plan_id), None)
    return asked or plans.first()


def targets(plan: CarePlan | None, viewer: Person, *, may_change: bool) -> list[Target]:
    """Return the goals of a plan with their actions, the oldest first."""
    if plan is None:
        return []
    known, scores = need_words(), newest_scores(plan.child_id)  # type: ignore[attr-defined]
    found = plan.goals.order_by("pk").prefetch_related("actions__team__agency", "actions__person", "actions__task")
    return [
        Target(
            number,
            goal,
            known.get(goal.domain, goal.domain),
            scores.get(goal.domain, (None,))[0],
            [step_of(one, viewer, may_change) for one in sorted(goal.actions.all(), key=lambda one: one.pk)],
        )
        for number, goal in enumerate(found, 1)
    ]


def need_words() -> dict[str, str]:
    """Return every domain in words."""
    return words_of("need_domain")


def words_of(vocabulary: str) -> dict[str, str]:
    """Return every word of a vocabulary, those out of use as well: what was recorded once stays readable."""
    return {word.code: str(word) for word in Lookup.objects.filter(vocabulary=vocabulary)}


def last_assessments(child_id: uuid.UUID) -> list[Assessment]:
    """Return the last assessments, the oldest first."""
    return list(Assessment.objects.filter(child_id=child_id).order_by("-on", "-pk")[:MOST])[::-1]


def step_of(row: PlanAction, viewer: Person, may_change: bool) -> Step:
    """Return an action as this person reads it."""
    mine = row.team_id in viewer.team_ids  # type: ignore[attr-defined]
    asks = may_change and row.is_open and not mine
    reminded = asks and row.task is not None and clock.is_today(row.task.reminded)
    reminds = OnceForm(auto_id=False) if asks and not reminded else None
    return Step(row, whose(row, viewer), status_of(row), mine, reminds, reminded)


def whose(row: PlanAction, viewer: Person) -> str:
    """Return who does an action: you, a colleague, or another agency by the name that may stand here."""
    if row.person_id == viewer.pk:  # type: ignore[attr-defined]
        return _("You")
    if row.team.agency_id == viewer.agency_id:  # type: ignore[attr-defined]
        return row.person.short_name if row.person else row.team.label
    return shown_name(viewer, row.child_id, row.team.agency)  # type: ignore[attr-defined]


def status_of(row: PlanAction, on: datetime.date | None = None) -> State:
    """Return how an action stands, or stood on a day; late ones say so, in the country of their team."""
    if row.is_late(on or clock.today(row.team.agency.time_zone)):
        return State(_("Late"), "red", "clock")
    return ACTION.state(row)


# --- the four facts -------------------------------------------------------------------------------------------------


def facts(plan: CarePlan | None, shown: list[Target], child: Any, viewer: Person, reader: str) -> list[dict[str, Any]]:
    """Return the strip: next review and its rule, version and who approved it, who agreed, actions done and late."""
    if plan is None:
        return []
    return [
        review_fact(plan, child),
        version_fact(plan, viewer),
        agreement_fact(plan, child, reader),
        count_fact(shown),
    ]


def review_fact(plan: CarePlan, child: Any) -> dict[str, Any]:
    """Return when the plan is looked at again, and by which rule."""
    task = open_tasks(child.pk, "plan_review").select_related("team__agency").first()
    when = task.when if task else plan.review_on
    if when is None:
        return {"label": _("Next review"), "value": _("once the plan is agreed")}
    tone = {"late": "late", "today": "soon", "soon": "soon"}.get(due_lines(when).state, "")
    return {
        "label": _("Next review"),
        "value": f"{full_date(when)}{_(', ')}{due(when)}" if tone else full_date(when),
        "tone": tone,
        "note": rule_of(task) if task else "",
    }


def version_fact(plan: CarePlan, viewer: Person) -> dict[str, Any]:
    """Return which version it is, where it stands, and who approved it."""
    agreed = plan.history.filter(id=plan.pk, state=PlanState.AGREED).order_by("version").first()
    said = {"number": digits(plan.number)}
    if agreed is None:
        return {"label": _("Plan"), "value": _("Version %(number)s") % said, "note": PLAN.state(plan).label}
    said["day"] = full_date(agreed.history_date)
    who = author_of(viewer, plan.child_id, agreed)  # type: ignore[attr-defined]
    late = words_of("late_reason").get(plan.late_reason)
    note = _("approved by %(name)s") % {"name": who}
    note = _("approved by %(name)s, late: %(why)s") % {"name": who, "why": late} if late else note
    return {"label": _("Plan"), "value": _("Version %(number)s, agreed %(day)s") % said, "note": note}


def agreement_fact(plan: CarePlan, child: Any, reader: str) -> dict[str, Any]:
    """Return who agreed to the plan, and in which language it was explained."""
    parties = [quoted(child.code_name)] if plan.agreed_by_child else []
    parties += [_("the guardian")] if plan.agreed_by_guardian else []
    language = Language.get(plan.language).display_name(reader) if plan.language else ""
    return {
        "label": _("Agreed by"),
        "value": listed(parties) if parties else _("nobody yet"),
        "note": _("explained in %(language)s") % {"language": language} if language else "",
    }


def count_fact(shown: list[Target]) -> dict[str, Any]:
    """Return how many actions are done and how many are late."""
    steps = [step for target in shown for step in target.steps]
    late = sum(step.status.colour == "red" for step in steps)
    done = sum(step.row.state == ActionState.DONE for step in steps)
    words = _("%(done)s of %(all)s done") % {"done": digits(done), "all": digits(len(steps))}
    note = ngettext("%(shown)s late", "%(shown)s late", late) % {"shown": digits(late)} if late else ""
    return {"label": _("Actions"), "value": words if steps else _("none yet"), "note": note, "note_tone": "late"}


# --- how the child is doing, what the child says, what may be done --------------------------------------------------


def doing(child_id: uuid.UUID, assessments: list[Assessment], shown: list[Target]) -> list[Doing]:
    """Return a line for every domain that was ever assessed, in the order of the vocabulary."""
    newest, rows = newest_scores(child_id), []
    for code, label in need_words().items():
        scores = [(place, one.scores[code]["score"]) for place, one in enumerate(assessments) if code in one.scores]
        goals = [target.number for target in shown if target.row.domain == code]
        if code in newest:
            rows.append(Doing(code, label, *newest[code], scores, len(assessments), goals))
    return rows


def lacking(plan: CarePlan | None) -> list[dict[str, Any]]:
    """Return what keeps a version from being sent and approved: needs without a goal, each with its score and its day."""
    if plan is None or plan.state in (PlanState.AGREED, PlanState.REPLACED):
        return []
    words, scores = need_words(), newest_scores(plan.child_id)  # type: ignore[attr-defined]
    return [
        {"code": code, "label": words[code], "score": scores[code][0], "on": scores[code][1]}
        for code in without_goal(plan)
    ]


def gaps(plan: CarePlan | None) -> list[str]:
    """Return what a version lacks without being kept from anything by it: an action of a goal, and who agrees to it."""
    if plan is None or plan.state in (PlanState.AGREED, PlanState.REPLACED):
        return []
    idle = plan.goals.filter(actions=None).values_list("title", flat=True)
    found = [_("Nobody does anything yet for: %(goal)s.") % {"goal": quoted(title)} for title in idle]
    if not plan.agreed_by_child and not plan.agreed_by_guardian:
        found.append(_("Neither the child nor the guardian has agreed to it."))
    return found


def wish(child_id: uuid.UUID) -> dict[str, Any] | None:
    """Return what the child said last of what it wants, and when."""
    contact = FollowUp.objects.filter(child_id=child_id).exclude(wishes="").order_by("-on", "-pk").first()
    entry = CareEntry.objects.filter(child_id=child_id, kind="wish").order_by("-on", "-pk").first()
    said = [(contact.on, contact.wishes)] if contact else []
    said += [(entry.on, entry.text)] if entry else []
    if not said:
        return None
    on, words = max(said, key=lambda pair: pair[0])
    return {"words": words, "on": on}


def buttons(plan: CarePlan | None, child: Any, viewer: Person) -> dict[str, Any]:
    """Return the green button of the page: what the plan needs next from this person, if anything."""
    writes = can(viewer, child.pk, Section.CARE, Level.CHANGE)
    if plan is None:
        return link("victims:start_plan", child.pk, text=_("Start the plan")) if writes else {}
    if plan.state == PlanState.SENT:
        return (
            link("victims:decide_plan", child.pk, plan.pk, text=_("Decide on the plan"))
            if may_decide(plan, viewer)
            else {}
        )
    if not writes:
        return {}
    if plan.is_written and plan.goals.exists() and not without_goal(plan):
        return link("victims:send_plan", child.pk, plan.pk, text=PLAN.named("send").label)
    if plan.state == PlanState.AGREED and is_review_near(child):
        return link("victims:start_plan", child.pk, text=_("Start the review"))
    return {"url": goal_address(plan), "text": _("Add a goal")} if goal_address(plan) else {}


def goal_address(plan: CarePlan | None) -> str:
    """Return where a goal is added: to the version that is written, or with the next one; nowhere while it is decided."""
    if plan is None or plan.state == PlanState.SENT:
        return ""
    child_id: uuid.UUID = plan.child_id  # type: ignore[attr-defined]
    if plan.is_written:
        return reverse("victims:add_goal", args=[child_id, plan.pk]) + "?need="
    return reverse("victims:start_plan", args=[child_id]) + "?need="


def link(name: str, *parts: Any, text: Any) -> dict[str, Any]:
    return {"url": reverse(name, args=parts), "text": text}


def is_review_near(child: Any) -> bool:
    """Return whether the review is due within a week, or late."""
    task = open_tasks(child.pk, "plan_review").first()
    return bool(task and task.due and task.due < clock.now() + REVIEW_SOON)


def empty_words(child: Any) -> str:
    """Return what is said where there is no plan: when it is due and why."""
    task = open_tasks(child.pk, "care_plan").select_related("team__agency").first()
    if task is None or task.when is None:
        return _("No plan yet. It follows the comprehensive assessment.")
    return _("No plan yet. Due %(when)s. %(rule)s") % {"when": due(task.when), "rule": rule_of(task)}


def versions(child_id: uuid.UUID) -> list[CarePlan]:
    """Return every version, the newest first."""
    return list(CarePlan.objects.filter(child_id=child_id).order_by("-number"))


def contacts(
    child_id: uuid.UUID, before: FollowUp | None = None, most: int = MOST
) -> tuple[list[dict[str, Any]], bool]:
    """Return the newest contacts and tries before one of them, in words, and whether older ones follow."""
    found = FollowUp.objects.filter(child_id=child_id).order_by("-on", "-pk")
    if before is not None:
        found = found.filter(Q(on__lt=before.on) | Q(on=before.on, pk__lt=before.pk))
    modes, reasons, rows = words_of("contact_mode"), words_of("late_reason"), list(found[: most + 1])
    said = [{"row": one, "mode": modes.get(one.mode, one.mode), "late": reasons.get(one.late_reason)} for one in rows]
    return said[:most], len(rows) > most


def actions_of(viewer: Person, task_ids: list[uuid.UUID]) -> dict[uuid.UUID, uuid.UUID]:
    """Return the actions that these tasks stand for, by task: My work leads to their page."""
    rows = PlanAction.objects.filter(Q(team_id__in=viewer.team_ids) | Q(person=viewer), task_id__in=task_ids)
    return dict(rows.values_list("task_id", "pk"))


def comment(plan: CarePlan | None) -> str:
    """Return what the supervisor asked to be changed: the reason of that step, in the plan's own history."""
    if plan is None or plan.state != PlanState.CHANGES_ASKED:
        return ""
    asked = plan.history.filter(id=plan.pk, state=PlanState.CHANGES_ASKED).order_by("version").last()
    return asked.history_change_reason if asked else ""
