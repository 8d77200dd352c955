"""What the timeline says of the child's own records."""

from collections.abc import Callable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.access.models import reference_of
from portal.access.sections import Section
from portal.access.timeline import Source
from portal.casework.workflow import LifeCycle
from victims import workflow
from victims.care_states import ACTION, PLAN
from victims.models import (
    Assessment,
    CarePlan,
    Child,
    ChildRequest,
    ChildSeries,
    Correction,
    Disclosure,
    FollowUp,
    Goal,
    PlanAction,
    RiskFlag,
)
from victims.section_pages import BESIDE, PAGES, SectionPage

Said = tuple[str | Promise, str]
SHOWN = {Section.CARE, Section.INVESTIGATION}  # sections whose words stand on the timeline itself


def step(cycle: LifeCycle, row: Any, before: Any) -> str | Promise | None:
    """Return the sentence of the step between two versions, if the status changed."""
    old, new = getattr(before, cycle.field), getattr(row, cycle.field)
    for transition in cycle.transitions:
        if old != new and transition.target == new and old in transition.sources:
            return transition.sentence
    return None


def describe_child(row: Any, before: Any) -> Said:
    """Say that the file was opened, took a step, or that its summary changed."""
    if before is None:
        return _("File opened"), ""
    for cycle in workflow.CYCLES.values():
        sentence = step(cycle, row, before)
        if sentence:
            return sentence, row.history_change_reason or ""
    if row.owner_id != before.owner_id:
        return _("Another team owns the file from now on"), row.history_change_reason or ""
    if row.open_to_network != before.open_to_network:
        opened = _("File open to the network again")
        return (opened if row.open_to_network else _("File closed to the network")), ""
    return _("Summary changed"), ""


def describe_flag(row: Any, before: Any) -> Said:
    """Say what a risk flag warns of."""
    return (_("Risk flag set") if before is None else _("Risk flag changed")), row.text


def describe_link(row: Any, before: Any) -> Said:
    """Say that the child was found in a series, that its holder says so too, or that the link ended and why."""
    if row.ended is not None:
        return _("Link to a series ended"), row.history_change_reason or ""
    return (_("Found in a series") if before is None else _("The holder of a series says so too")), ""


def describe_assessment(row: Any, before: Any) -> Said:
    """Say that the child was assessed, and the risk that was found."""
    return _("Assessed: risk of return %(level)s") % {"level": row.get_level_display()}, row.text[:200]


def describe_plan(row: Any, before: Any) -> Said:
    """Say which step a plan took, and what its supervisor asked for."""
    if before is None:
        return (_("Care plan started") if row.number == 1 else _("Review of the care plan started")), ""
    reason = row.history_change_reason or "" if row.state == PLAN.named("ask_changes").target else ""
    return step(PLAN, row, before) or _("Care plan changed"), reason


def describe_goal(row: Any, before: Any) -> Said:
    """Say that a goal was added or changed; what goes on in a new version is named as such."""
    if before is not None:
        return _("Goal changed"), row.title
    return (_("Goal goes on in the new version") if row.continues_id else _("Goal added")), row.title


def describe_action(row: Any, before: Any) -> Said:
    """Say what became of an action, and what came of it for the child."""
    if before is None:
        return _("Action of the care plan added"), row.title
    if row.goal_id != before.goal_id:
        return _("Action goes on in the new version"), row.title
    return step(ACTION, row, before) or _("Action of the care plan changed"), row.result or row.title


CONTACTS = {
    FollowUp.Result.DONE: _("Contact with the child"),
    FollowUp.Result.ATTEMPTED: _("Contact tried, nobody met"),
    FollowUp.Result.REFUSED: _("Contact not wanted by the child"),
    FollowUp.Result.CANCELLED: _("Contact cancelled by us"),
    FollowUp.Result.MOVED: _("Contact moved to another day"),
}


def describe_contact(row: Any, before: Any) -> Said:
    """Say whether a contact took place, and what was new."""
    return CONTACTS[row.result], (row.concern or row.text)[:200]


def describe_page(page: SectionPage) -> Callable[[Any, Any], Said]:
    """Return what describes the records of a section."""

    def describe(row: Any, before: Any) -> Said:
        words = row.text[:200] if page.section in SHOWN else ""
        return (page.sentence if before is None else page.changed), words

    return describe


REQUESTS = {
    ChildRequest.State.ANSWERED: _("Request of the child answered"),
    ChildRequest.State.DECLINED: _("Request of the child not met"),
    ChildRequest.State.WITHDRAWN: _("Request of the child taken back"),
}


def describe_request(row: Any, before: Any) -> Said:
    """Say that the child, or somebody for the child, asked for something, and what became of it."""
    if before is None:
        return _("Request of the child recorded"), row.get_kind_display()
    return REQUESTS.get(row.state, _("More time taken for a request of the child")), row.get_kind_display()


DISCLOSED = {
    Disclosure.State.SENT_BACK: _("Disclosure sent back"),
    Disclosure.State.REFUSED: _("Disclosure refused"),
    Disclosure.State.APPROVED: _("Disclosure approved"),
    Disclosure.State.MADE: _("Disclosure made"),
    Disclosure.State.WITHDRAWN: _("Disclosure taken back"),
}


def describe_disclosure(row: Any, before: Any) -> Said:
    """Say what became of a copy for a court or for the child; of which sections stands on its page."""
    return DISCLOSED.get(row.state, _("Disclosure asked for")), reference_of("DI", row.id)


def describe_correction(row: Any, before: Any) -> Said:
    """Say what became of what the child calls wrong; the words stand beside the section."""
    if before is None:
        return _("Correction asked for by the child"), ""
    if row.withdrawn:
        return _("The child took the own words back"), ""
    if row.stated:
        return _("Words of the child put beside the section"), ""
    accepted = row.state == Correction.State.ACCEPTED
    return (_("Correction accepted") if accepted else _("Correction not accepted")), ""


SOURCES = (
    Source("child", Child, describe_child, Section.SUMMARY, column="id"),
    Source("flag", RiskFlag, describe_flag, Section.SUMMARY),
    Source("series", ChildSeries, describe_link, Section.INVESTIGATION),
    Source("assessment", Assessment, describe_assessment, Section.CARE),
    Source("plan", CarePlan, describe_plan, Section.CARE, shows_changes=False),
    Source("goal", Goal, describe_goal, Section.CARE),
    Source("action", PlanAction, describe_action, Section.CARE, shows_changes=False),
    Source("contact", FollowUp, describe_contact, Section.CARE),
    Source("request", ChildRequest, describe_request, Section.SUMMARY, shows_changes=False, of_sides=True),
    Source("disclosure", Disclosure, describe_disclosure, Section.SUMMARY, shows_changes=False, of_sides=True),
    Source("correction", Correction, describe_correction, shows_changes=False),
    *(Source(page.slug, page.model, describe_page(page), page.section) for page in PAGES.values()),
    *(
        Source(page.slug, page.model, describe_page(page), page.section)
        for further in BESIDE.values()
        for page in further
    ),
)
