"""The clock of the work as data: by when something is due, and by which rule."""

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Agency
from portal.audit.models import Tracked


class DueRule(Tracked):
    """By when a kind of work is due. Title, sentence and source are English message ids, said in the reader's language."""

    class Risk(models.IntegerChoices):
        ANY = 0, _("any risk")
        LOW = 1, _("low")
        MEDIUM = 2, _("medium")
        HIGH = 3, _("high")

    class Unit(models.TextChoices):
        HOURS = "h", _("hours")  # a legal clock, to the minute
        DAYS = "d", _("days")  # until the end of that day in the team's country
        WORKING_DAYS = "w", _("working days")  # the same, the days of settings.WEEKEND not counted

    code = models.SlugField(_("code"), max_length=40)
    risk = models.SmallIntegerField(_("risk"), choices=Risk.choices, default=Risk.ANY)
    amount = models.SmallIntegerField(_("how long"))  # below nothing: so long before
    unit = models.CharField(_("unit"), max_length=1, choices=Unit.choices)
    title = models.CharField(_("what is to be done"), max_length=90)
    sentence = models.CharField(_("the rule"), max_length=200)
    source = models.CharField(_("where it comes from"), max_length=200, blank=True)
    is_common_practice = models.BooleanField(_("common practice"), default=False)  # no source: to be confirmed locally
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, related_name="+")  # null: the default for everybody
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta(Tracked.Meta):
        constraints = [
            models.UniqueConstraint(name="one_rule_of_a_code", fields=["agency", "code", "risk"], nulls_distinct=False)
        ]

    def __str__(self) -> str:
        return gettext(self.sentence)
