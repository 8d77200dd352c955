"""Tasks, approvals, notes and notices: once for the whole portal."""

import datetime
import zoneinfo

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Person, Team
from portal.audit.events import Event
from portal.audit.models import Tracked
from portal.casework.fields import SealedTextField
from portal.casework.models.records import ChildRecord


class Task(Tracked):
    """Something somebody must do by a time, with the rule that set the time in words."""

    class State(models.IntegerChoices):
        OPEN = 1, _("open")
        DONE = 2, _("done")
        CANCELLED = 3, _("cancelled")

    child = models.ForeignKey("victims.Child", models.PROTECT, null=True, related_name="+", editable=False)
    kind = models.SlugField(max_length=40)
    title = models.CharField(_("what is to be done"), max_length=90)
    rule = models.CharField(_("why, and by which rule"), max_length=200, blank=True)
    team = models.ForeignKey(Team, models.PROTECT, related_name="tasks")
    person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="tasks")
    due = models.DateTimeField(_("due"), null=True, blank=True)
    to_the_minute = models.BooleanField(default=False)  # a legal clock; else the due day counts, in the team's country
    state = models.SmallIntegerField(choices=State.choices, default=State.OPEN, editable=False)
    step = models.PositiveSmallIntegerField(default=0, editable=False)  # how often it was escalated
    reminded = models.DateTimeField(null=True, editable=False)  # when those who wait for it asked last
    ended = models.DateTimeField(null=True, editable=False)
    overrun_reason = models.CharField(_("why it was late"), max_length=200, blank=True)

    class Meta(Tracked.Meta):
        indexes = [models.Index(name="task_open", fields=["team", "due"], condition=models.Q(state=1))]
        constraints = [
            models.CheckConstraint(
                name="task_ends_with_state",
                condition=models.Q(state=1, ended=None) | models.Q(state__in=[2, 3], ended__isnull=False),
            )
        ]

    @property
    def when(self) -> datetime.date | None:
        """Return the moment of a legal clock, or the day, in the team's country, until whose end it is due."""
        if self.due is None or self.to_the_minute:
            return self.due
        return self.due.astimezone(zoneinfo.ZoneInfo(self.team.agency.time_zone)).date()

    def change_event(self, action: str) -> Event:
        return Event("change", action, child_id=self.child_id, entity="casework.task", entity_id=self.pk, sections=[1])


class Approval(Tracked):
    """A question one person asks and another one decides."""

    class State(models.IntegerChoices):
        ASKED = 1, _("asked")
        APPROVED = 2, _("approved")
        CHANGES_ASKED = 3, _("changes asked")
        REFUSED = 4, _("refused")
        TAKEN_BACK = 5, _("taken back")  # by whoever asked, before anybody decided
        CLOSED = 6, _("closed")  # by nobody: what it was about was erased

    child = models.ForeignKey("victims.Child", models.PROTECT, null=True, related_name="+", editable=False)
    kind = models.SlugField(max_length=40)
    subject_id = models.UUIDField()
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    asked = models.DateTimeField()
    team = models.ForeignKey(Team, models.PROTECT, related_name="+")  # whose members may decide
    role = models.CharField(
        max_length=20, blank=True
    )  # or instead of them people of this role, whom the database names
    state = models.SmallIntegerField(choices=State.choices, default=State.ASKED, editable=False)
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    decided = models.DateTimeField(null=True)
    comment = models.CharField(_("comment"), max_length=500, blank=True)

    class Meta(Tracked.Meta):
        constraints = [
            models.CheckConstraint(
                name="approval_decided_by_another",
                condition=models.Q(decided_by=None) | ~models.Q(decided_by=models.F("asked_by")),
            ),
            models.CheckConstraint(
                name="approval_decided_with_time",
                condition=models.Q(state=1, decided=None, decided_by=None)
                | models.Q(state__in=(2, 3, 4), decided__isnull=False, decided_by__isnull=False)
                | models.Q(state__in=(5, 6), decided__isnull=False, decided_by=None),
            ),
        ]
        indexes = [models.Index(name="approval_asked", fields=["asked"], condition=models.Q(state=1))]

    def change_event(self, action: str) -> Event:
        return Event(
            "change", action, child_id=self.child_id, entity="casework.approval", entity_id=self.pk, sections=[1]
        )


class Note(ChildRecord):
    """A note in one section of a file. It is never edited: an addendum names the note it adds to."""

    section = models.SmallIntegerField(editable=False)  # type: ignore[assignment]
    adds_to = models.ForeignKey("self", models.PROTECT, null=True, related_name="addenda", editable=False)
    body = SealedTextField(_("note"), long=True)


class Notice(Tracked):
    """A line for one person: who, what and code name; never health, kind of service, place or a suspect's name."""

    class Level(models.IntegerChoices):
        CONFIRM = 1, _("to confirm")
        ACT = 2, _("to act on")
        KNOW = 3, _("to know")

    person = models.ForeignKey(Person, models.PROTECT, related_name="notices")
    child = models.ForeignKey("victims.Child", models.PROTECT, null=True, related_name="+")
    level = models.SmallIntegerField(choices=Level.choices, default=Level.KNOW)
    kind = models.SlugField(max_length=40)  # the sentence is made from it in the reader's language
    subject_id = models.UUIDField(null=True)  # the grant, PDF or import that it is about
    words = ArrayField(models.CharField(max_length=120), default=list)
    made = models.DateTimeField()
    seen = models.DateTimeField(null=True)

    class Meta(Tracked.Meta):
        indexes = [
            models.Index(name="notice_of_person", fields=["person", "-id"]),
            models.Index(name="notice_to_confirm", fields=["made"], condition=models.Q(level=1, seen=None)),
            models.Index(name="notice_about", fields=["subject_id"], condition=models.Q(subject_id__isnull=False)),
        ]
