"""Reminding a team of what a file waits for, by name only those who may see the file; and what the clock says by itself."""

import uuid
from typing import Any

from django.db import transaction

from portal.access.asking import answer, asked
from portal.access.holders import holders_of
from portal.access.identity import Refused, action, patient
from portal.access.work import members, owns, tell
from portal.accounts.models import Person
from portal.audit import clock, events
from portal.audit.events import Event
from portal.casework.clock import is_today
from portal.casework.models import Notice, Task


@action
def remind(*, task: Task, by: Person, reason: str = "") -> Task:
    """Remind another team of what a file of one's own waits for; a second time on a day nothing happens."""
    task = Task.objects.select_for_update(of=("self",)).get(pk=task.pk)
    if task.child_id is None or task.team_id in by.team_ids or not owns(by, task.child_id):  # type: ignore[attr-defined]
        raise Refused(Event("refusal", "E", "refused", "not_yours_to_remind", child_id=task.child_id), known=True)  # type: ignore[attr-defined]
    put_reminder(task, by)
    return task


def put_reminder(task: Task, by: Person) -> bool:
    """Remind of an open task of a file that the caller has locked and checked rights for; False where it was done today."""
    if task.state != Task.State.OPEN or is_today(task.reminded):
        return False
    task.reminded = clock.now()
    task.save()
    child_id: Any = task.child_id  # type: ignore[attr-defined]
    ((name, stage),) = asked("SELECT code_name, stage FROM access.file_lines(%s)", [child_id])
    seeing = who_sees(child_id, stage)
    told = [one for one in ([task.person] if task.person else members(task.team)) if one.pk != by.pk]
    about: dict[str, Any] = {"level": Notice.Level.ACT, "subject_id": task.pk}
    tell([one for one in told if one.pk in seeing], "reminder", [by.short_name, name], child_id=child_id, **about)
    # The others have the task, without the name of the child.
    tell([one for one in told if one.pk not in seeing], "reminder_unnamed", [by.short_name], **about)
    return True


def look_at_the_clock() -> int:
    """Tell of access and training that end soon, ask to confirm what has no end; nothing twice. Return how much."""
    what = "access and training that end, access to confirm, holds to look at"
    return in_nobodys_name("SELECT access.look_at_the_clock()", what)


def look_who_is_next() -> int:
    """Tell the next in line of what waits too long, and of seals that are left alone; nothing twice. Return how much."""
    return in_nobodys_name("SELECT access.look_who_is_next()", "what waits for somebody else")


def in_nobodys_name(statement: str, what: str) -> int:
    """Let the database see to it, which may take longer than a page; an event says so where anything was told."""
    with transaction.atomic():
        patient()
        if told := int(answer(statement)):
            events.record(Event("clock", "E", purpose=what))
        return told


def who_sees(child_id: uuid.UUID, stage: int) -> set[uuid.UUID]:
    """Return the people who open a section of the file at its stage, by access that was accepted."""
    accepted = [holder for holder in holders_of(child_id) if holder.grant.accepted]
    return {reader.person.pk for holder in accepted for reader in holder.readers(stage)}
