"""Care as it is planned and followed: assessments, plans with goals and actions, contacts."""

import datetime

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.access.sections import Section
from portal.accounts.models import Person, Team
from portal.casework.models import Approval, ChildRecord, Task
from victims.care_states import OPEN_ACTION, WRITTEN, ActionState, PlanState


class Assessment(ChildRecord):
    """How a child is doing, by domain: 1 "needs help now" to 4 "doing well", with reasons for 1 and 2."""

    class Level(models.IntegerChoices):
        LOW = 1, _("low")
        MEDIUM = 2, _("medium")
        HIGH = 3, _("high")

    section = Section.CARE
    kind = models.SlugField(_("kind"), max_length=60)
    on = models.DateField(_("date"))
    level = models.SmallIntegerField(_("risk of return"), choices=Level.choices)
    scores = models.JSONField(_("scores"), default=dict)  # code of a domain: {"score": 1 to 4, "why": "…"}
    text = models.TextField(_("in short"), max_length=2000, blank=True)
    late_reason = models.SlugField(_("why it was late"), max_length=60, blank=True, editable=False)

    class Meta(ChildRecord.Meta):
        indexes = [models.Index(name="assessment_of_child", fields=["child", "on"])]
        constraints = [
            models.CheckConstraint(name="assessment_has_a_level", condition=Q(level__in=[1, 2, 3])),
        ]


class CarePlan(ChildRecord):
    """One version of what is to become better for the child. One that replaces it takes its goals and open actions over."""

    section = Section.CARE
    number = models.PositiveSmallIntegerField(_("version"), editable=False)
    state = models.SmallIntegerField(choices=PlanState.choices, default=PlanState.DRAFT, editable=False)
    team = models.ForeignKey(Team, models.PROTECT, related_name="+", editable=False)  # whose supervisor approves it
    words = models.TextField(_("in the child’s own words"), max_length=2000, blank=True)
    agreed_by_child = models.BooleanField(_("the child agrees"), null=True, blank=True)
    agreed_by_guardian = models.BooleanField(_("the guardian agrees"), null=True, blank=True)
    language = models.CharField(_("explained in"), max_length=12, blank=True)
    review_on = models.DateField(_("next review"), null=True, blank=True)
    late_reason = models.SlugField(_("why it was late"), max_length=60, blank=True, editable=False)
    approval = models.OneToOneField(Approval, models.PROTECT, null=True, related_name="+", editable=False)
    sent_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", editable=False)

    class Meta(ChildRecord.Meta):
        constraints = [
            models.UniqueConstraint(name="one_plan_of_a_number", fields=["child", "number"]),
            models.UniqueConstraint(name="one_plan_in_the_making", fields=["child"], condition=Q(state__in=[1, 2, 3])),
            models.UniqueConstraint(name="one_plan_in_force", fields=["child"], condition=Q(state=4)),
            models.CheckConstraint(
                name="plan_sent_by_somebody",
                condition=Q(state=1) | Q(approval__isnull=False, sent_by__isnull=False),
            ),
        ]

    @property
    def is_written(self) -> bool:
        """Return whether its words and goals may change: not while somebody decides on it, nor once it is agreed."""
        return self.state in WRITTEN


class Goal(ChildRecord):
    """What shall be better, in plain words, and which need it answers."""

    section = Section.CARE
    plan = models.ForeignKey(CarePlan, models.PROTECT, related_name="goals", editable=False)
    title = models.CharField(_("goal"), max_length=120)
    domain = models.SlugField(_("need"), max_length=60)
    words = models.CharField(_("in the child’s own words"), max_length=300, blank=True)
    continues = models.ForeignKey("self", models.PROTECT, null=True, related_name="+", editable=False)


class PlanAction(ChildRecord):
    """Who does what by when. Its team sees it with the title of its goal, even without the section, and alone ends it."""

    section = Section.CARE
    goal = models.ForeignKey(Goal, models.PROTECT, related_name="actions", editable=False)
    goal_title = models.CharField(max_length=120, editable=False)  # as a team reads it that cannot open the goal
    title = models.CharField(_("action"), max_length=160)
    team = models.ForeignKey(Team, models.PROTECT, related_name="+", verbose_name=_("who does it"))
    person = models.ForeignKey(Person, models.PROTECT, null=True, blank=True, related_name="+")
    due = models.DateField(_("due"))
    state = models.SmallIntegerField(choices=ActionState.choices, default=ActionState.NOT_STARTED, editable=False)
    result = models.CharField(_("what came of it"), max_length=300, blank=True, editable=False)
    ended = models.DateTimeField(null=True, editable=False)
    task = models.OneToOneField(Task, models.PROTECT, null=True, related_name="+", editable=False)

    class Meta(ChildRecord.Meta):
        indexes = [
            models.Index(name="action_of_child", fields=["child", "state"]),
            models.Index(name="action_of_team", fields=["team", "due"], condition=Q(state__in=[1, 2, 4])),
        ]
        constraints = [
            models.CheckConstraint(
                name="action_ends_with_state",
                condition=Q(state__in=[1, 2, 4], ended=None) | Q(state__in=[3, 5, 6], ended__isnull=False),
            ),
            models.CheckConstraint(
                name="ended_action_says_what_came_of_it", condition=Q(state__in=[1, 2, 4]) | ~Q(result="")
            ),
        ]

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_ACTION

    def is_late(self, today: datetime.date) -> bool:
        """Return whether it is still open after its day."""
        return self.is_open and self.due < today


class FollowUp(ChildRecord):
    """A contact, or a try: only one that came about counts."""

    class Result(models.IntegerChoices):
        DONE = 1, _("it took place")
        ATTEMPTED = 2, _("tried, no contact")
        REFUSED = 3, _("the child did not want it")
        CANCELLED = 4, _("cancelled by us")
        MOVED = 5, _("moved to another day")

    class SeenAlone(models.IntegerChoices):
        YES = 1, _("yes")
        PARTLY = 2, _("for a part of the time")
        NO = 3, _("no")

    section = Section.CARE
    mode = models.SlugField(_("how"), max_length=60)
    result = models.SmallIntegerField(_("what came of it"), choices=Result.choices)
    on = models.DateField(_("date"))
    seen_alone = models.SmallIntegerField(_("seen alone"), choices=SeenAlone.choices, null=True, blank=True)
    is_safe = models.BooleanField(_("safe at the moment"), null=True, blank=True)
    wishes = models.CharField(_("what the child wants, in the child’s own words"), max_length=500, blank=True)
    concern = models.CharField(_("new concern"), max_length=500, blank=True)
    text = models.TextField(_("how the child is"), max_length=4000, blank=True)
    next_due = models.DateField(_("next contact"), null=True, blank=True, editable=False)
    late_reason = models.SlugField(_("why it was late"), max_length=60, blank=True, editable=False)

    class Meta(ChildRecord.Meta):
        indexes = [models.Index(name="follow_up_of_child", fields=["child", "on"])]
        constraints = [
            models.CheckConstraint(
                name="contact_says_whether_seen_alone_and_safe",
                condition=~Q(result=1) | Q(seen_alone__isnull=False, is_safe__isnull=False),
            )
        ]
