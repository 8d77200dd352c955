"""The directory: what may be known of a shelter by whoever looks for a bed, its sealed address, and its beds."""

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Agency, Person, Team
from portal.audit.models import Tracked
from portal.casework.fields import RingSealedTextField


class Shelter(Tracked):
    """A place as the directory shows it: public name and region, never where it stands. Kept by the team that runs it."""

    class Sex(models.IntegerChoices):  # those of victims.Child that a shelter chooses between
        MALE = 1, _("boys")
        FEMALE = 2, _("girls")

    class Security(models.IntegerChoices):
        OPEN = 1, _("open house")
        LOCKED = 2, _("locked at night")
        GUARDED = 3, _("guarded day and night")

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", editable=False)
    team = models.ForeignKey(Team, models.PROTECT, related_name="+", editable=False)
    public_name = models.CharField(_("public name"), max_length=120)
    region = models.CharField(_("region"), max_length=80)
    kind = models.SlugField(_("kind of shelter"), max_length=60)
    sexes = ArrayField(models.SmallIntegerField(choices=Sex.choices), verbose_name=_("takes"))
    youngest = models.PositiveSmallIntegerField(_("youngest age taken"), validators=[MaxValueValidator(25)])
    oldest = models.PositiveSmallIntegerField(_("oldest age taken"), validators=[MaxValueValidator(25)])
    languages = ArrayField(
        models.CharField(max_length=12), verbose_name=_("languages spoken"), default=list, blank=True
    )
    offers = ArrayField(models.SlugField(max_length=60), verbose_name=_("what it offers"), default=list, blank=True)
    security = models.SmallIntegerField(_("security"), choices=Security.choices, default=Security.OPEN)
    licence_until = models.DateField(_("licence valid until"), null=True, blank=True)
    is_active = models.BooleanField(_("takes children"), default=True)
    counted = models.DateTimeField(null=True, editable=False)
    counted_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", editable=False)

    class Meta(Tracked.Meta):
        constraints = [
            models.CheckConstraint(name="shelter_ages_in_order", condition=Q(oldest__gte=F("youngest"))),
            models.CheckConstraint(
                name="beds_counted_by_somebody",
                condition=Q(counted=None, counted_by=None) | Q(counted__isnull=False, counted_by__isnull=False),
            ),
        ]


class ShelterAddress(Tracked):
    """Where a shelter stands and who is on call; its id is the shelter's, and each value is sealed to it.

    Read by the team that runs the shelter, and by people with live WHEREABOUTS on a child held or placed there.
    """

    shelter = models.OneToOneField(Shelter, models.PROTECT, related_name="+", editable=False)
    address = RingSealedTextField(_("confidential address"), long=True)
    on_call = RingSealedTextField(_("who is on call"))
    phone = RingSealedTextField(_("number on call"))

    class Meta(Tracked.Meta):
        constraints = [models.CheckConstraint(name="address_has_the_id_of_its_shelter", condition=Q(id=F("shelter")))]


class Bed(Tracked):
    """One place to sleep for one child."""

    shelter = models.ForeignKey(Shelter, models.PROTECT, related_name="beds", editable=False)
    label = models.CharField(_("name or number of the bed"), max_length=40)
    kind = models.SlugField(_("kind of bed"), max_length=60)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta(Tracked.Meta):
        constraints = [models.UniqueConstraint(name="one_bed_of_a_label", fields=["shelter", "label"])]

    @property
    def name(self) -> str:
        """Return what it is called where no heading says that it is a bed: "1" alone could be anything."""
        return gettext("Bed %(number)s") % {"number": self.label} if self.label.isdigit() else self.label
