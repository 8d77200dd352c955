"""A child in a bed: held for some hours, admitted, ended."""

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.access.models import Grant
from portal.access.sections import Section
from portal.accounts.models import Person, Team
from portal.audit import clock
from portal.casework.models import ChildRecord
from shelters.models.directory import Bed, Shelter
from shelters.workflow import PlacementState
from victims.models import Child

LIVE = (PlacementState.HELD, PlacementState.ADMITTED)


class Placement(ChildRecord):
    """One bed for one child, from a moment on. A hold is a range with an end, so it runs out by itself.

    The shelter reads needs, not the child, until it admits: they are written here when the bed is held.
    """

    section = Section.WHEREABOUTS
    bed = models.ForeignKey(Bed, models.PROTECT, related_name="+", editable=False)
    shelter = models.ForeignKey(Shelter, models.PROTECT, related_name="+", editable=False)
    team = models.ForeignKey(Team, models.PROTECT, related_name="+", editable=False)  # that runs the shelter
    during = DateTimeRangeField(_("from, until"))
    state = models.SmallIntegerField(
        _("state"), choices=PlacementState.choices, default=PlacementState.HELD, editable=False
    )
    renewed = models.BooleanField(_("renewed"), default=False, editable=False)
    held_by = models.ForeignKey(Person, models.PROTECT, related_name="+", editable=False)
    grant = models.OneToOneField(Grant, models.PROTECT, null=True, related_name="placement", editable=False)
    sex = models.SmallIntegerField(_("sex"), choices=Child.Sex.choices, default=Child.Sex.NOT_KNOWN)
    age_band = models.CharField(_("age"), max_length=5, choices=Child.AgeBand.choices, blank=True)
    languages = ArrayField(models.CharField(max_length=12), verbose_name=_("languages"), default=list, blank=True)
    needs = ArrayField(models.SlugField(max_length=60), verbose_name=_("needs"), default=list, blank=True)
    in_spite = models.CharField(_("why it was held all the same"), max_length=300, blank=True)
    end_reason = models.SlugField(_("why the stay ended"), max_length=60, blank=True)

    class Meta(ChildRecord.Meta):
        indexes = [models.Index(name="placement_of_shelter", fields=["shelter", "state"])]
        constraints = [
            ExclusionConstraint(
                name="one_bed_one_child",
                expressions=[("bed", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
                condition=Q(state__in=LIVE),
            ),
            ExclusionConstraint(
                name="one_child_one_bed",
                expressions=[("child", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
                condition=Q(state__in=LIVE),
            ),
            models.CheckConstraint(
                name="hold_has_an_end", condition=Q(state=PlacementState.ADMITTED) | Q(during__upper_inf=False)
            ),
            models.CheckConstraint(
                name="stay_ends_with_a_reason",
                condition=(Q(state=PlacementState.ENDED) & ~Q(end_reason=""))
                | (~Q(state=PlacementState.ENDED) & Q(end_reason="")),
            ),
        ]

    @property
    def is_live(self) -> bool:
        """Return whether the bed is this child's now: admitted, or held and not run out."""
        return self.state in LIVE and (self.during.upper is None or self.during.upper > clock.now())

    @property
    def has_run_out(self) -> bool:
        """Return whether nobody came before the hold ended."""
        return self.state == PlacementState.HELD and not self.is_live
