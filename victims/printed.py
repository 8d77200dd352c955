"""What the PDF of a file says beside the entries: assessments, plans with goals and actions, contacts; the rescue."""

import datetime
import uuid
from typing import Any

from django.utils.translation import gettext as _

from portal.access.sections import Section
from portal.accounts.models import Person
from portal.casework.models import Lookup
from portal.casework.templatetags.portal import digits, full_date
from portal.casework.templatetags.words import said
from victims import entries
from victims.care_page import need_words, status_of, whose, words_of
from victims.care_states import PLAN
from victims.entries import Block
from victims.models import Assessment, CarePlan, FollowUp, Goal, PlanAction
from victims.section_pages import BESIDE, SectionPage

Pairs = list[tuple[Any, Any]]
Goals = list[tuple[Any, list[Any]]]  # each with its actions


def blocks(
    child_id: uuid.UUID, section: Section, viewer: Person, most: int, *, named: bool = True, plans: bool = True
) -> list[Block]:
    """Return what belongs into the section's part of the PDF beside its entries.

    named: whether it says who does an action; what leaves the portal names no worker.
    plans: False where the versions of the care plan are chosen elsewhere.
    """
    if section != Section.CARE:
        beside = [further(page, child_id, viewer, most) for page in BESIDE.get(section, ())]
        return [block for block in beside if block.entries]
    versions = CarePlan.objects.prefetch_related("goals__actions__team__agency", "goals__actions__person")
    found: list[tuple[str, Any, Any]] = [
        (_("Care plan"), versions, lambda plan, viewer: plan_pairs(plan, goals_of(plan), viewer, named=named)),
        (_("How the child is doing"), Assessment.objects, assessment_pairs),
        (_("Contacts"), FollowUp.objects, contact_pairs),
    ]
    shown = found if plans else found[1:]
    return [block(title, records.filter(child_id=child_id), pairs, viewer, most) for title, records, pairs in shown]


def further(page: SectionPage, child_id: uuid.UUID, viewer: Person, most: int) -> Block:
    """Return the records of a further table of a section."""
    listing = entries.records(page, child_id, most=most)
    return Block(str(page.title), entries.record_entries(viewer, page, listing.rows), listing.left_out())


def block(title: str, found: Any, pairs: Any, viewer: Person, most: int) -> Block:
    """Return the newest records with author and time, and how many older ones are left out."""
    listing = entries.listing(found, entries.FIRST, most)
    known = entries.signatures(viewer, listing.rows)
    made = [entries.entry(row, known, values=filled(pairs(row, viewer))) for row in listing.rows]
    return Block(title, made, listing.left_out())


def filled(pairs: Pairs) -> Pairs:
    """Return the pairs that say something."""
    return [(label, value) for label, value in pairs if value not in (None, "")]


def goals_of(plan: CarePlan) -> Goals:
    """Return the goals of a plan with their actions, the oldest first."""
    goals = sorted(plan.goals.all(), key=lambda goal: goal.pk)
    return [(goal, sorted(goal.actions.all(), key=lambda one: one.pk)) for goal in goals]


def stood(plan: CarePlan, at: datetime.datetime) -> tuple[CarePlan, Goals]:
    """Return a plan with goals and actions as they stood at a moment; those that went on in the next version as well."""
    goals = versions(Goal, Goal.history.filter(plan_id=plan.pk), at)
    asked = PlanAction.history.filter(goal_id__in=[goal.pk for goal in goals])
    goal_of = dict(asked.filter(history_date__lte=at).order_by("version").values_list("id", "goal_id"))
    actions = versions(PlanAction, asked, at)
    then = versions(CarePlan, CarePlan.history.filter(id=plan.pk), at)
    return then[0], [(goal, [one for one in actions if goal_of.get(one.pk) == goal.pk]) for goal in goals]


def versions(model: Any, lines: Any, at: datetime.datetime) -> list[Any]:
    """Return the records that these history rows are of, each in its version of a moment, the oldest first."""
    found = model.history.filter(id__in=lines.values("id"), history_date__lte=at)
    return [line.instance for line in found.order_by("id", "-version").distinct("id")]


def plan_pairs(
    plan: CarePlan, goals: Goals, viewer: Person, *, named: bool = True, on: datetime.date | None = None
) -> Pairs:
    """Return a version of the plan: where it stands, what the child says, goals, and under each goal its actions.

    on: the day whose late actions are late; today where none is named.
    """
    needs = need_words()
    pairs: Pairs = [
        (_("Version"), digits(plan.number)),
        (_("Status"), PLAN.state(plan).label),
        (_("In the child’s own words"), plan.words),
        (_("The child agrees"), plan.agreed_by_child),
        (_("The guardian agrees"), plan.agreed_by_guardian),
        (_("Next review"), plan.review_on),
    ]
    for goal, actions in goals:
        pairs.append((_("Goal"), f"{goal.title} ({needs.get(goal.domain, goal.domain)})"))
        pairs += [(_("Action"), action_words(one, viewer if named else None, on)) for one in actions]
    return pairs


def action_words(one: Any, viewer: Person | None, on: datetime.date | None = None) -> str:
    """Return an action in one line: what, who where a viewer reads it, by when, how it stands, what came of it."""
    who, status = whose(one, viewer) if viewer else "", str(status_of(one, on).label)
    parts = [one.title, who, full_date(one.due), status, one.result]
    return _(", ").join(part for part in parts if part)


def assessment_pairs(one: Assessment, viewer: Person) -> Pairs:
    """Return an assessment: each domain with its score and reasons."""
    needs = need_words()
    kind = Lookup.objects.filter(vocabulary="assessment_kind", code=one.kind).first()
    pairs: Pairs = [
        (_("Date"), one.on),
        (_("Kind"), str(kind or one.kind)),
        (_("Risk of return"), one.get_level_display()),
    ]
    pairs += [
        (needs[code], _(", ").join(filter(None, [out_of_four(one.scores[code]["score"]), one.scores[code]["why"]])))
        for code in needs
        if code in one.scores
    ]
    late = words_of("late_reason").get(one.late_reason, "")
    return [*pairs, (_("In short"), one.text), (_("Why it was late"), late)]


def out_of_four(score: int) -> str:
    """Return a score with the best one there is: whoever reads the paper does not know the scale."""
    return _("%(score)s of %(most)s") % {"score": digits(score), "most": digits(4)}


def contact_pairs(one: FollowUp, viewer: Person) -> Pairs:
    """Return a contact or a try."""
    mode = Lookup.objects.filter(vocabulary="contact_mode", code=one.mode).first()
    names = ("wishes", "concern", "text")
    return [
        (_("Date"), one.on),
        (_("How"), str(mode or one.mode)),
        (_("What came of it"), one.get_result_display()),
        (_("Why it was late"), words_of("late_reason").get(one.late_reason, "")),
        (_("Seen alone"), one.get_seen_alone_display() if one.seen_alone else ""),
        (_("Safe at the moment"), "" if one.is_safe is None else said(one.is_safe)),
        *((one._meta.get_field(name).verbose_name, getattr(one, name)) for name in names),  # type: ignore[union-attr]
    ]
