"""What a supervisor looks at first: who is late, what waits for a decision, and files on which nobody has a next step."""

from typing import Any

from django.conf import settings
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.access import work
from portal.access.holders import people_of
from portal.access.sections import Stage
from portal.access.visibility import visible
from portal.accounts.models import Person
from portal.accounts.roles import Role
from portal.audit import clock
from portal.casework.due_rules import title_of
from portal.casework.groups import Button, Group, Row
from portal.casework.models import Task
from portal.casework.templatetags.portal import moment
from portal.desk.groups.work import forms_of
from victims.models import Child

MOST = 20
OVER = (Stage.CLOSED, Stage.DECEASED)
ASKED = {
    "care_plan": gettext_lazy("Approve the plan"),
    "lapsed_licence": gettext_lazy("Allow a shelter whose licence has ended"),
    "seal": gettext_lazy("Seal a file"),
    "custodians": gettext_lazy("Change the custodians of a sealed file"),
    "unseal": gettext_lazy("Unseal a file"),
    "erasure": gettext_lazy("Erase parts of a file"),
}


def supervises(person: Person) -> bool:
    """Return whether the person supervises a team."""
    return Role.SUPERVISOR in person.roles and bool(person.team_ids)


def team_tasks(person: Person) -> Any:
    """Return the open tasks of the person's teams, the most urgent first."""
    tasks = Task.objects.filter(team_id__in=person.team_ids, state=Task.State.OPEN)
    return tasks.select_related("team__agency", "person", "child").order_by("due", "id")


def late(person: Person) -> Group | None:
    """Return the late tasks of the team with whose they are."""
    if not supervises(person):
        return None
    theirs = team_tasks(person).filter(due__lt=clock.now()).exclude(person=None).exclude(person=person)
    tasks = list(theirs[:MOST])  # what nobody has yet stands among the supervisor's own
    return Group(
        "team",
        _("Who is late"),
        [team_row(task) for task in tasks],
        "late",
        empty=_("Nobody in your team is late."),
        more=_("The whole team"),
        more_url=reverse("desk:team"),
        files=[task.child_id for task in tasks if task.child_id],
    )


def team_row(task: Any) -> Row:
    """Return a task of the team, and whose it is."""
    give = reverse("desk:give_task", args=[task.pk])
    child = task.child
    return Row(
        due=task.when,
        url=reverse("victims:child", args=[child.pk]) if child else give,
        title=title_of(task),
        name=child.code_name if child else "",
        code=child.case_number if child else "",
        why=task.person.short_name if task.person else _("nobody yet"),
        act=_("Give to somebody"),
        act_url=give,
    )


def approvals(person: Person) -> Group | None:
    """Return what was asked of the person's teams and waits for this person's decision."""
    found: list[Any] = list(work.to_answer().filter(team_id__in=person.team_ids, role="")[:MOST])
    if not found and not supervises(person):
        return None
    forms = forms_of(settings.APPROVAL_FORMS, person, found)
    children = Child.objects.in_bulk({one.child_id for one in found if one.child_id})
    return Group(
        "approvals",
        _("To decide"),
        [approval_row(one, children.get(one.child_id), forms.get(one.pk)) for one in found],
        "soon",
        empty=_("Nothing waits for a decision."),
        files=list(children),
    )


def approval_row(one: Any, child: Child | None, form: Button | None) -> Row:
    """Return one question: who asks, since when, on which file; its button opens the page on which it is decided."""
    return Row(
        title=ASKED.get(one.kind, _("Decision asked for")),
        lead=moment(one.asked),
        url=reverse("victims:child", args=[child.pk]) if child else form.url if form else "",
        name=child.code_name if child else "",
        code=child.case_number if child else "",
        why=_("%(name)s asks.") % {"name": one.asked_by.short_name},
        act=form.text if form else "",
        act_url=form.url if form else "",
    )


def without_worker(person: Person) -> Group | None:
    """Return the open files of the team on which neither it nor one of its active members has a next step."""
    if not supervises(person):
        return None
    members = [one.pk for people in people_of(person.team_ids).values() for one in people]
    ours = Q(person__in=members) | Q(person=None, team_id__in=person.team_ids)
    taken = Task.objects.filter(ours, child=OuterRef("pk"), state=Task.State.OPEN)
    files = visible(Child, person).filter(~Exists(taken), owner_id__in=person.team_ids).exclude(stage__in=OVER)
    found = list(files.order_by("-pk")[:MOST])
    return Group(
        "without-worker",
        _("Files on which nobody has a next step"),
        [without_worker_row(child) for child in found],
        empty=_("Somebody has a next step on every open file of your team."),
        files=[child.pk for child in found],
    )


def without_worker_row(child: Child) -> Row:
    """Return a file with the button that gives somebody a next step."""
    return Row(
        title=_("No next step"),
        lead=child.get_stage_display(),
        url=reverse("victims:child", args=[child.pk]),
        name=child.code_name,
        code=child.case_number,
        act=_("Add a next step"),
        act_url=reverse("victims:add_task", args=[child.pk]),
    )
