"""What has to be settled before a file is closed: each check gives a sentence for everything that is still open."""

from django.utils.translation import ngettext

from portal.access.visibility import visible
from portal.accounts.models import Person
from portal.casework.models import Task
from victims.models import Child


def open_tasks(child: Child, viewer: Person) -> list[str]:
    """Name the tasks that nobody has done or cancelled yet."""
    if not visible(Child, viewer).filter(pk=child.pk).exists():
        return []
    count = Task.objects.filter(child_id=child.pk, state=Task.State.OPEN).count()
    words = ngettext("%(shown)s task is still open.", "%(shown)s tasks are still open.", count)
    return [words % {"shown": count}] if count else []
