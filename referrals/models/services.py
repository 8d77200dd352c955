"""The directory: what a team of the network offers to children, and what others offer who can only be rung."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Agency, Person, Team
from portal.audit.models import Tracked
from portal.casework.clock import today


class Urgency(models.IntegerChoices):
    """How soon a referral is answered, counted from when it was sent."""

    HOUR = 1, _("within 1 hour")
    HOURS = 2, _("within 3 hours")
    DAY = 3, _("within 24 hours")
    DAYS = 4, _("within 3 days")


class Service(Tracked):
    """An entry of the directory. One without a team was read in from elsewhere: it is rung, nothing is sent to it."""

    class Sex(models.IntegerChoices):  # those of victims.Child that a service chooses between
        MALE = 1, _("boys")
        FEMALE = 2, _("girls")

    agency = models.ForeignKey(Agency, models.PROTECT, null=True, related_name="+", editable=False)
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+", editable=False)
    organisation = models.CharField(_("organisation"), max_length=200, blank=True, editable=False)
    source = models.CharField(max_length=200, blank=True, editable=False)  # the directory that it was read from, its id
    name = models.CharField(_("name of the service"), max_length=200)
    kind = models.SlugField(_("kind of service"), max_length=60)
    region = models.CharField(_("region"), max_length=120, blank=True)
    languages = ArrayField(
        models.CharField(max_length=12), verbose_name=_("languages spoken"), default=list, blank=True
    )
    youngest = models.PositiveSmallIntegerField(
        _("youngest age taken"), validators=[MaxValueValidator(25)], null=True, blank=True
    )
    oldest = models.PositiveSmallIntegerField(
        _("oldest age taken"), validators=[MaxValueValidator(25)], null=True, blank=True
    )
    sexes = ArrayField(models.SmallIntegerField(choices=Sex.choices), verbose_name=_("takes"), default=list, blank=True)
    urgencies = ArrayField(
        models.SmallIntegerField(choices=Urgency.choices), verbose_name=_("answers"), default=list, blank=True
    )
    reach = models.CharField(_("how to reach it"), max_length=300, blank=True)
    full_until = models.DateField(_("full until"), null=True, blank=True)
    checked = models.DateTimeField(null=True, editable=False)
    checked_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", editable=False)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta(Tracked.Meta):
        indexes = [models.Index(name="service_of_team", fields=["team", "is_active"])]
        constraints = [
            models.CheckConstraint(
                name="service_has_a_team_or_a_source",
                condition=Q(agency__isnull=False, team__isnull=False, source="", organisation="")
                | (Q(agency=None, team=None) & ~Q(source="") & ~Q(organisation="")),
            ),
            models.CheckConstraint(
                name="service_ages_in_order",
                condition=Q(youngest=None) | Q(oldest=None) | Q(oldest__gte=F("youngest")),
            ),
            models.CheckConstraint(
                name="service_checked_by_somebody",
                condition=Q(checked=None, checked_by=None) | Q(checked__isnull=False, checked_by__isnull=False),
            ),
            models.UniqueConstraint(name="one_service_of_a_source", fields=["source"], condition=~Q(source="")),
        ]

    @property
    def provider(self) -> str:
        """Return who runs the service."""
        return self.agency.name if self.agency else self.organisation

    @property
    def is_full(self) -> bool:
        """Return whether it takes only what cannot wait, for now."""
        return self.full_until is not None and self.full_until >= today(self.agency.time_zone if self.agency else "")
