"""What the steps of a file make due, which tasks end with it, and where the record that a task asks for is made."""

from django.utils.translation import gettext_noop as _

from portal.access import work
from portal.accounts.models import Person
from portal.audit import clock
from portal.casework.models import Task
from victims.models import Assessment, CarePlan, Child

PLAN_ACTION = "plan_action"  # the kind of the tasks of a plan's actions; what they are about stands on their page alone
ACTION_TITLE = _("An action of the care plan")
ACTION_RULE = _("Agreed in the care plan.")

# What comes round as long as somebody works with the child; it ends when the file is closed or the child is sought again.
RECURRING = ("visit", "contact_retry", "placement_visit", "plan_review")
BY_STEP = {
    "take_into_care": ("initial_assessment", "full_assessment", "visit"),
    "return_to_care": ("full_assessment", "visit"),
    "start_follow_up": ("visit", "plan_review"),
}
ENDING = {"close", "search_again", "record_death", "record_later_death"}

# The page whose record closes the task: "Record" leads there.
PAGES = {
    "first_contact": "victims:contact",
    "visit": "victims:contact",
    "contact_retry": "victims:contact",
    "placement_visit": "victims:contact",
    "initial_assessment": "victims:assess",
    "full_assessment": "victims:assess",
    "care_plan": "victims:care",
    "plan_review": "victims:care",
}


def follow(child: Child, step: str, by: Person) -> None:
    """Make what a step of the stage makes due, and end what it ends; called in the transaction of the step."""
    if step in ENDING:
        for task in work.open_tasks(child.pk, *RECURRING).select_for_update(of=("self",)):
            work.put_end(task, Task.State.CANCELLED)
    for code in BY_STEP.get(step, ()):
        if not is_done(child, code):
            work.due(code=code, child_id=child.pk, since=clock.now(), team=child.owner, risk=child.risk, by=by)


def is_done(child: Child, code: str) -> bool:
    """Return whether the record is there already, or there is nothing yet to make it of."""
    assessed = Assessment.objects.filter(child_id=child.pk)
    if code == "initial_assessment":
        return assessed.exists()
    if code == "full_assessment":
        return assessed.filter(kind="comprehensive").exists()
    return code == "plan_review" and not CarePlan.objects.filter(child_id=child.pk).exists()
