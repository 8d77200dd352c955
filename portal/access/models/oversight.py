"""What somebody else looks at afterwards: emergency access, tables taken along, and the figures of the day."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.access import reasons
from portal.access.models.grants import Grant
from portal.access.sections import Section
from portal.accounts.models import Agency, Person, Team
from portal.audit.events import Event
from portal.audit.models import Tracked


class Ground(models.TextChoices):
    """Why somebody opens a file in an emergency."""

    DANGER = "danger", _(reasons.DANGER)
    MISSING_FOUND = "missing_found", _(reasons.MISSING_FOUND)
    TREATMENT = "treatment", _(reasons.TREATMENT)
    THREATENED = "threatened", _(reasons.THREATENED)
    BROUGHT_IN = "brought_in", _(reasons.BROUGHT_IN)


class Emergency(Tracked):
    """A file that somebody opened in an emergency: on which ground, and what somebody else says of it afterwards.

    Its grant opens the sections. Whose the file was and where the person worked stay as they were at that moment.
    """

    section = Section.SUMMARY  # of the file that its record tells of
    child = models.ForeignKey("victims.Child", models.PROTECT, related_name="+")
    grant = models.OneToOneField(Grant, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    owner = models.ForeignKey(Team, models.PROTECT, related_name="+")
    owner_agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    ground = models.CharField(_("ground"), max_length=20, choices=Ground.choices)
    words = models.CharField(_("what happened"), max_length=500)
    opened = models.DateTimeField()
    due = models.DateTimeField()  # when it has to be reviewed
    reviewed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    reviewed = models.DateTimeField(null=True)
    is_justified = models.BooleanField(null=True)
    comment = models.CharField(_("why"), max_length=500, blank=True)

    class Meta(Tracked.Meta):
        constraints = [
            models.UniqueConstraint(
                name="one_unreviewed_emergency", fields=["person", "child"], condition=Q(reviewed=None)
            ),
            models.CheckConstraint(
                name="emergency_reviewed_with_words",
                condition=Q(reviewed=None, reviewed_by=None, is_justified=None, comment="")
                | (Q(reviewed__isnull=False, reviewed_by__isnull=False, is_justified__isnull=False) & ~Q(comment="")),
            ),
            models.CheckConstraint(
                name="emergency_reviewed_by_another", condition=Q(reviewed_by=None) | ~Q(reviewed_by=F("person"))
            ),
        ]

    @property
    def reference(self) -> str:
        """Return what notices call it: it tells neither who nor which child."""
        return reference_of("EA", self.pk)

    def change_event(self, action: str) -> Event:
        return Event(
            "emergency access" if action == "C" else "review emergency access",
            action,
            child_id=self.child_id,
            entity="access.emergency",
            entity_id=self.pk,
            sections=[1],
            basis="emergency",
            purpose=self.ground,
        )


class Extract(Tracked):
    """A list of files that somebody takes along as a table: for what, of which files, and who else allowed it."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    purpose = models.CharField(_("purpose"), max_length=300)
    stage = models.SmallIntegerField(null=True)  # by which the list was filtered
    files = ArrayField(models.UUIDField())
    asked = models.DateTimeField()
    needs_second = models.BooleanField()
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    decided = models.DateTimeField(null=True)
    is_allowed = models.BooleanField(null=True)
    comment = models.CharField(_("why"), max_length=300, blank=True)

    class Meta(Tracked.Meta):
        constraints = [
            models.CheckConstraint(
                name="extract_decided_with_words",
                condition=Q(decided=None, decided_by=None, is_allowed=None, comment="")
                | (Q(decided__isnull=False, decided_by__isnull=False, is_allowed__isnull=False) & ~Q(comment="")),
            ),
            models.CheckConstraint(
                name="extract_decided_by_another", condition=Q(decided_by=None) | ~Q(decided_by=F("person"))
            ),
        ]

    @property
    def reference(self) -> str:
        """Return what stands on the table, and in its record."""
        return reference_of("TF", self.pk)


def reference_of(of: str, record_id: uuid.UUID) -> str:
    """Return a short name of a record, out of the random end of its id: EA-9F3A-01C2."""
    end = record_id.hex[-8:].upper()
    return f"{of}-{end[:4]}-{end[4:]}"


class Figure(models.Model):
    """One cell of the daily figures of the network, as it may be shown. What is under eleven is not stored at all."""

    day = models.DateField()
    kind = models.CharField(max_length=20)  # all, stage, identity, age_band
    cell = models.CharField(max_length=20)
    place = models.SmallIntegerField()
    count = models.IntegerField(null=True)
    is_few = models.BooleanField()  # fewer than eleven; where neither, it would give another one away

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(name="one_figure_a_day", fields=["day", "kind", "cell"])]
