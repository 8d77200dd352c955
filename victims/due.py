"""What acts on a file make due, which tasks end with them, and where the record that a task asks for is made."""

import datetime
import zoneinfo

from django.utils.translation import gettext_noop as _

from portal.access import work
from portal.access.sections import SAFE, Section
from portal.accounts.models import Person, Team
from portal.audit import clock
from portal.casework.due_rules import RULES
from portal.casework.models import ChildRecord, Task
from victims.models import Assessment, CarePlan, Child, Identity, LegalOrder, Rescue

PLAN_ACTION = "plan_action"  # the kind of the tasks of a plan's actions; what they are about stands on their page alone
ACTION_TITLE = _("An action of the care plan")
ACTION_RULE = _("Agreed in the care plan.")

# What is asked for as long as somebody works with the child: it hinders nobody from closing the file, and ends with it.
RECURRING = (
    "first_contact", "registration_48h", "visit", "contact_retry", "placement_visit", "plan_review", "order_expiry",
    "renew_access", "renew_access_last", "confirm_access",
)  # fmt: skip
ENDING = {"close", "search_again", "record_death", "record_later_death"}
# Who the child is stays a question; what the child asked for is answered whatever becomes of the file.
ENDED = set(RULES) - {"second_officer_24h", "child_request", "child_request_longer"}
BY_STEP = {
    "locate": ("plan_rescue",),
    "take_into_care": ("initial_assessment", "full_assessment", "visit"),
    "return_to_care": ("full_assessment", "visit"),
    "start_follow_up": ("visit", "plan_review"),
}
ANSWERED = {"plan_rescue": "plan_rescue", "rescue": "plan_rescue", "confirm": "second_officer_24h"}
NOT_PROBABLE_ANY_MORE = {"withdraw", "identified_elsewhere", "not_a_child", "adult_now"}

# The page whose record or step closes the task, what stands in its address after the file, and whose section it is.
Page = tuple[str, tuple[str, ...], Section]
ASSESSED_AS = {"initial_assessment": "initial", "full_assessment": "comprehensive"}  # the kind that closes the task
PAGES: dict[str, Page] = {
    "first_contact": ("victims:contact", (), Section.CARE),
    "visit": ("victims:contact", (), Section.CARE),
    "contact_retry": ("victims:contact", (), Section.CARE),
    "placement_visit": ("victims:contact", (), Section.CARE),
    "initial_assessment": ("victims:assess", (), Section.CARE),
    "full_assessment": ("victims:assess", (), Section.CARE),
    "care_plan": ("victims:care", (), Section.CARE),
    "plan_review": ("victims:care", (), Section.CARE),
    "registration_48h": ("victims:add", ("identity",), Section.IDENTITY),
    "order_expiry": ("victims:add", ("legal",), Section.LEGAL),
    "child_request": ("victims:requests", (), Section.SUMMARY),
    "child_request_longer": ("victims:requests", (), Section.SUMMARY),
    "plan_rescue": ("victims:step", ("stage", "plan_rescue"), Section.INVESTIGATION),
    "second_officer_24h": ("victims:step", ("identity", "confirm"), Section.INVESTIGATION),
}


def make(
    child: Child, *codes: str, by: Person, since: datetime.datetime | None = None, team: Team | None = None,
    risk: int | None = None, at_latest: datetime.date | None = None,
) -> Task | None:  # fmt: skip
    """Make what these rules ask for on a file, except what is done already; return the last task.

    Every rule comes through here, so that nothing is asked for a second time; only the first contact is asked for
    where a file changes hands, in portal.access.work.
    """
    task = None
    for code in codes:
        if not is_done(child, code):
            task = work.due(
                code=code, child_id=child.pk, since=since or clock.now(), team=team or child.owner,
                risk=child.risk if risk is None else risk, at_latest=at_latest, by=by,
            )  # fmt: skip
    return task


def is_done(child: Child, code: str) -> bool:
    """Return whether the record is there already, or there is nothing yet to make it of."""
    assessed = Assessment.objects.filter(child_id=child.pk)
    if code == "initial_assessment":
        return assessed.exists()
    if code == "full_assessment":
        return assessed.filter(kind="comprehensive").exists()
    if code == "registration_48h":
        return Identity.objects.filter(child_id=child.pk).exists()
    return code == "plan_review" and not CarePlan.objects.filter(child_id=child.pk).exists()


def follow(child: Child, step: str, by: Person) -> None:
    """Make what a step makes due, and end what it answers or ends; called in the transaction of the step."""
    if step in ANSWERED:
        end(child, Task.State.DONE, ANSWERED[step])
    if step in NOT_PROBABLE_ANY_MORE:
        end(child, Task.State.CANCELLED, "second_officer_24h")
    if step in ENDING:
        end(child, Task.State.CANCELLED, *ENDED)
    make(child, *BY_STEP.get(step, ()), by=by)
    if step == "make_probable" and child.owner_id not in by.team_ids:  # type: ignore[attr-defined]
        make(child, "second_officer_24h", by=by)  # the owner's team names others itself, in victims.identification


def end(child: Child, state: int, *codes: str) -> None:
    """End the open tasks of these codes, whichever team's they are."""
    for task in work.open_tasks(child.pk, *codes).select_for_update(of=("self",)):
        work.put_end(task, state)


def recorded(record: ChildRecord, by: Person) -> None:
    """Close what asked for a record of a section; a legal basis that has an end is to be renewed before it."""
    child_id = record.child_id  # type: ignore[attr-defined]
    child = Child.objects.select_related("owner__agency").filter(pk=child_id).first()
    if child is None:
        return  # whoever does not read SUMMARY records, and nothing is made due in their name
    if isinstance(record, Identity):
        end(child, Task.State.DONE, "registration_48h")
    if isinstance(record, (LegalOrder, Rescue)):
        end(child, Task.State.DONE, "order_expiry")
        ends = legal_end(child)
        if ends is not None and child.stage in SAFE:
            make(child, "order_expiry", since=ends, by=by)


def legal_end(child: Child) -> datetime.datetime | None:
    """Return when the newest legal basis of a child ends, at noon in the owner's country; nothing where it has no end."""
    orders = LegalOrder.objects.filter(child_id=child.pk).values_list("issued", "pk", "expires")
    rescues = Rescue.objects.filter(child_id=child.pk).values_list("at__date", "pk", "expires")
    *_newest, expires = max([*orders, *rescues], default=(None,))
    return None if expires is None else noon(expires, child.owner)


def noon(day: datetime.date, team: Team) -> datetime.datetime:
    """Return the middle of a day in the team's country: what happened on that day counts from there."""
    return datetime.datetime.combine(day, datetime.time(12), zoneinfo.ZoneInfo(team.agency.time_zone))
