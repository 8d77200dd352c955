"""A rescue: when and on which legal basis a child was brought to safety, who was there, and the child's state."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.access.sections import Section
from portal.casework.models import ChildRecord


class Rescue(ChildRecord):
    """Written in the act that brings the child to the stage "rescued". Where the child went stands in WHEREABOUTS alone."""

    class Force(models.IntegerChoices):
        NOT_KNOWN = 0, _("not known")
        NO = 1, _("no")
        YES = 2, _("yes")

    section = Section.LEGAL
    at = models.DateTimeField(_("when the child was safe"))
    operation = models.CharField(_("name of the operation"), max_length=120, blank=True)
    lead_agency = models.CharField(_("agency that led it"), max_length=120)
    legal_basis = models.SlugField(_("legal basis"), max_length=60)
    order_number = models.CharField(_("order number"), max_length=60, blank=True)
    court = models.CharField(_("court or authority"), max_length=120, blank=True)
    expires = models.DateField(_("ends on"), null=True, blank=True)
    present = ArrayField(models.SlugField(max_length=60), verbose_name=_("who was present"), default=list)
    force_used = models.SmallIntegerField(_("was force used?"), choices=Force.choices, default=Force.NOT_KNOWN)
    condition = ArrayField(
        models.SlugField(max_length=60), verbose_name=_("what was seen of the child’s state"), default=list, blank=True
    )
    evidence_reference = models.CharField(
        _("bag and seal numbers of evidence, kept elsewhere"), max_length=300, blank=True
    )
    interviews = models.PositiveSmallIntegerField(_("interviews of the child so far"), null=True, blank=True)

    class Meta(ChildRecord.Meta):
        constraints = [
            models.CheckConstraint(
                name="nobody_present_stands_alone",
                condition=~models.Q(present__contains=["none"]) | models.Q(present=["none"]),
            )
        ]
