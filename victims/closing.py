"""What has to be settled before a file is closed: each check gives a sentence for everything that is still open."""

from django.utils.translation import ngettext

from portal.access.visibility import visible
from portal.accounts.models import Person
from portal.casework.models import Task
from portal.casework.templatetags.portal import digits
from victims.care_states import OPEN_ACTION
from victims.due import PLAN_ACTION, RECURRING
from victims.models import Child, PlanAction


def open_tasks(child: Child, viewer: Person) -> list[str]:
    """Name the tasks that nobody has done or cancelled yet; what comes round ends with the file."""
    if not visible(Child, viewer).filter(pk=child.pk).exists():
        return []
    found = Task.objects.filter(child_id=child.pk, state=Task.State.OPEN).exclude(kind__in=(*RECURRING, PLAN_ACTION))
    count = found.count()
    words = ngettext("%(shown)s task is still open.", "%(shown)s tasks are still open.", count)
    return [words % {"shown": digits(count)}] if count else []


def open_actions(child: Child, viewer: Person) -> list[str]:
    """Name the actions of the care plan that nobody has ended."""
    count = visible(PlanAction, viewer).filter(child_id=child.pk, state__in=OPEN_ACTION).count()
    words = ngettext(
        "%(shown)s action of the care plan is still open.", "%(shown)s actions of the care plan are still open.", count
    )
    return [words % {"shown": digits(count)}] if count else []
