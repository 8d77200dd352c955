"""The child: SUMMARY only. No name, place or note ever stands here."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.access.sections import Section, Stage
from portal.accounts.models import Team
from portal.audit.events import Event
from portal.audit.models import Tracked
from portal.casework.models import ChildRecord
from victims.workflow import IdentityState


class Child(Tracked):
    """One child, one file. The row is what SUMMARY holds; every other section has tables of its own."""

    class Sex(models.IntegerChoices):  # ISO 5218
        NOT_KNOWN = 0, _("not known")
        MALE = 1, _("boy")
        FEMALE = 2, _("girl")
        NOT_APPLICABLE = 9, _("described otherwise")

    class AgeBand(models.TextChoices):
        UNKNOWN = "", _("age not known")
        INFANT = "0-5", _("0 to 5 years")
        CHILD = "6-11", _("6 to 11 years")
        ADOLESCENT = "12-17", _("12 to 17 years")
        ADULT = "18+", _("18 or older")

    class Risk(models.IntegerChoices):
        NOT_ASSESSED = 0, _("not assessed")
        LOW = 1, _("low")
        MEDIUM = 2, _("medium")
        HIGH = 3, _("high")

    section = Section.SUMMARY
    case_number = models.CharField(_("case number"), max_length=20, unique=True, editable=False)
    code_name = models.CharField(_("code name"), max_length=40)
    code_name_key = models.CharField(max_length=40, editable=False)
    identity = models.SmallIntegerField(choices=IdentityState.choices, editable=False)
    stage = models.SmallIntegerField(choices=Stage.choices, editable=False)
    owner = models.ForeignKey(Team, models.PROTECT, related_name="+", editable=False)
    sex = models.SmallIntegerField(_("sex"), choices=Sex.choices, default=Sex.NOT_KNOWN)
    age_band = models.CharField(_("age"), max_length=5, choices=AgeBand.choices, default="", blank=True)
    languages = ArrayField(models.CharField(max_length=12), verbose_name=_("languages"), default=list, blank=True)
    needs_interpreter = models.BooleanField(_("needs an interpreter"), null=True, blank=True)
    contact_safely = models.CharField(_("how to reach the child without harm"), max_length=300, blank=True)
    risk = models.SmallIntegerField(_("risk of return"), choices=Risk.choices, default=Risk.NOT_ASSESSED)
    opened = models.DateTimeField(editable=False)
    open_to_network = models.BooleanField(default=False, editable=False)
    erased = ArrayField(models.SmallIntegerField(), default=list, editable=False)  # the sections that are gone for good

    class Meta(Tracked.Meta):
        indexes = [
            models.Index(name="child_stage", fields=["stage", "-id"]),
            models.Index(name="child_open", fields=["id"], condition=models.Q(open_to_network=True)),
            models.Index(name="child_code_name", fields=["code_name_key", "-id"]),
        ]
        constraints = [
            models.CheckConstraint(
                name="open_only_while_sought",
                condition=models.Q(open_to_network=False) | models.Q(stage=Stage.SOUGHT, identity__in=[1, 2]),
            )
        ]

    def change_event(self, action: str) -> Event:
        return Event("change", action, child_id=self.pk, entity="victims.child", entity_id=self.pk, sections=[1])


class RiskFlag(ChildRecord):
    """What a role needs from a section it cannot open, written for it by a person."""

    section = Section.SUMMARY
    text = models.CharField(_("flag"), max_length=160)
    ended = models.DateField(_("no longer true since"), null=True, blank=True)
