"""One table for each further section of the file."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.access.sections import Section
from portal.casework.fields import SealedDateField, SealedTextField
from portal.casework.models import ChildRecord


class Identity(ChildRecord):
    """Who the child is. Birth is a range: an estimated age is the rule, not the exception."""

    section = Section.IDENTITY
    family_name = SealedTextField(_("family name"), blank=True)
    given_names = SealedTextField(_("given names"), blank=True)
    other_names = SealedTextField(_("other names and spellings"), blank=True)
    birth_earliest = SealedDateField(_("born on or after"), null=True, blank=True)
    birth_latest = SealedDateField(_("born on or before"), null=True, blank=True)
    birth_source = models.SlugField(_("how the birth date is known"), max_length=60, blank=True)
    nationalities = SealedTextField(_("nationalities"), blank=True)

    class Meta(ChildRecord.Meta):
        constraints = [models.UniqueConstraint(name="one_identity", fields=["child"])]


class Whereabouts(ChildRecord):
    """Where the child is now; where the child was stands in its history."""

    section = Section.WHEREABOUTS
    care_type = models.SlugField(_("kind of place"), max_length=60)
    place = SealedTextField(_("address or place"), long=True)
    phone = SealedTextField(_("telephone, and whose"), blank=True)
    since = models.DateField(_("there since"), null=True, blank=True)

    class Meta(ChildRecord.Meta):
        constraints = [models.UniqueConstraint(name="one_whereabouts", fields=["child"])]


class HealthEntry(ChildRecord):
    """A check, treatment or finding."""

    section = Section.HEALTH
    on = models.DateField(_("date"))
    kind = models.SlugField(_("kind"), max_length=60)
    text = SealedTextField(_("what was found or done"), long=True)


class TherapyEntry(ChildRecord):
    """A session, for the child's clinicians only."""

    section = Section.THERAPY
    on = models.DateField(_("date"))
    attended = models.BooleanField(_("attended"), default=True)
    text = SealedTextField(_("session note"), long=True)


class CareEntry(ChildRecord):
    """A wish in the child's own words, a care alert, school, a contact."""

    section = Section.CARE
    on = models.DateField(_("date"))
    kind = models.SlugField(_("kind"), max_length=60)
    text = models.TextField(_("what happened, or what the child says"), max_length=4000)


class LegalOrder(ChildRecord):
    """The legal basis on which the child is where the child is."""

    section = Section.LEGAL
    basis = models.SlugField(_("legal basis"), max_length=60)
    number = models.CharField(_("order number"), max_length=60, blank=True)
    court = models.CharField(_("court or authority"), max_length=120, blank=True)
    issued = models.DateField(_("issued on"))
    expires = models.DateField(_("ends on"), null=True, blank=True)

    class Meta(ChildRecord.Meta):
        constraints = [
            models.CheckConstraint(
                name="order_ends_after_issue",
                condition=models.Q(expires=None) | models.Q(expires__gte=models.F("issued")),
            )
        ]


class InvestigationEntry(ChildRecord):
    """A lead, a clue or a step of the investigation. It never describes the abuse."""

    section = Section.INVESTIGATION
    on = models.DateField(_("date"))
    kind = models.SlugField(_("kind"), max_length=60)
    text = models.TextField(_("what is known"), max_length=4000)


class SuspectEntry(ChildRecord):
    """Somebody suspected of harming the child, as known on this file."""

    section = Section.SUSPECTS
    known_as = models.CharField(_("name or alias"), max_length=120)
    relationship = models.SlugField(_("relationship to the child"), max_length=60)
    custody = models.SlugField(_("custody"), max_length=60)
    text = models.TextField(_("what is known"), max_length=4000, blank=True)
