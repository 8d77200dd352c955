"""What changed between two versions of a care plan: its own words, goals and actions, each before and after."""

from typing import Any

from django.utils.translation import gettext as _
from langcodes import Language

from portal.accounts.models import Person
from portal.casework.templatetags.words import said
from victims.care_page import need_words
from victims.models import CarePlan, Goal, PlanAction
from victims.printed import action_words

Row = dict[str, Any]
FIELDS = ("words", "agreed_by_child", "agreed_by_guardian", "language", "review_on")


def since_before(plan: CarePlan | None, viewer: Person, reader: str) -> dict[str, Any]:
    """Return the version before this one and what changed since, field by field; nothing of a first version."""
    if plan is None or plan.number == 1:
        return {}
    before = CarePlan.objects.get(child_id=plan.child_id, number=plan.number - 1)  # type: ignore[attr-defined,misc]
    rows = [*of_fields(before, plan, reader), *of_goals(before, plan), *of_actions(before, plan, viewer)]
    return {"before": before, "changes": rows}


def row(label: Any, old: Any, new: Any) -> Row:
    return {"label": label, "before": old, "after": new}


def of_fields(before: CarePlan, plan: CarePlan, reader: str) -> list[Row]:
    """Return what the plan itself says otherwise."""
    labels = {name: CarePlan._meta.get_field(name).verbose_name for name in FIELDS}  # type: ignore[union-attr]
    pairs = [(name, worded(before, name, reader), worded(plan, name, reader)) for name in FIELDS]
    return [row(labels[name], old, new) for name, old, new in pairs if old != new]


def worded(plan: CarePlan, name: str, reader: str) -> str:
    """Return a field of a plan in words."""
    value = getattr(plan, name)
    if name == "language" and value:
        return Language.get(value).display_name(reader)
    return "" if value is None else said(value)


def of_goals(before: CarePlan, plan: CarePlan) -> list[Row]:
    """Return the goals that are new, those that say something else, and those that do not go on."""
    needs = need_words()
    old: dict[Any, Goal] = {goal.pk: goal for goal in before.goals.all()}
    rows: list[Row] = []
    for goal in plan.goals.order_by("pk"):
        earlier = old.pop(goal.continues_id, None)
        is_same = earlier is not None and goal_words(earlier, needs) == goal_words(goal, needs)
        if not is_same:
            rows.append(row(_("Goal"), goal_words(earlier, needs), goal_words(goal, needs)))
    return rows + [row(_("Goal"), goal_words(goal, needs), _("does not go on")) for goal in old.values()]


def goal_words(goal: Goal | None, needs: dict[str, str]) -> str:
    """Return a goal in one line: title, need, the child's words."""
    parts = [goal.title, needs.get(goal.domain, goal.domain), goal.words] if goal else []
    return _(", ").join(part for part in parts if part)


def of_actions(before: CarePlan, plan: CarePlan, viewer: Person) -> list[Row]:
    """Return the actions that were asked for in this version, and how those ended that stayed with the one before."""
    found = PlanAction.objects.select_related("team__agency", "person").order_by("pk")
    here = list(found.filter(goal__plan=plan))
    carried = set(
        PlanAction.history.filter(id__in=[one.pk for one in here], version=1)
        .exclude(goal_id__in=plan.goals.values("pk"))
        .values_list("id", flat=True)
    )
    ended = [row(_("Action"), one.title, action_words(one, viewer)) for one in found.filter(goal__plan=before)]
    return ended + [row(_("Action"), "", action_words(one, viewer)) for one in here if one.pk not in carried]
