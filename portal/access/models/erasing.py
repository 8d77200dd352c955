"""What becomes of a file in the end: what of it is erased, what is held as evidence, and until when it is kept."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.access.sections import Section
from portal.accounts.models import Person, Team
from portal.audit.events import Event
from portal.audit.models import Tracked


class Erasure(Tracked):
    """Sections of a file that somebody proposed to erase; done once a second person approved. It stays when they are gone."""

    section = Section.SUMMARY  # of the file, that its page is a look at
    child = models.ForeignKey("victims.Child", models.PROTECT, related_name="+")
    sections = ArrayField(models.SmallIntegerField())
    ground = models.SlugField(_("ground"), max_length=60)
    reason = models.CharField(_("why"), max_length=500)
    # Nobody, where the account is younger than the backup that a restore went back to.
    asked_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    asked = models.DateTimeField()
    approved_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    done = models.DateTimeField(null=True)

    class Meta(Tracked.Meta):
        constraints = [
            models.CheckConstraint(name="erasure_of_something", condition=Q(sections__len__gte=1)),
            models.CheckConstraint(
                name="erasure_approved_by_another", condition=Q(approved_by=None) | ~Q(approved_by=F("asked_by"))
            ),
            models.CheckConstraint(
                name="approved_erasure_is_done", condition=Q(approved_by=None) | Q(done__isnull=False)
            ),
        ]
        indexes = [models.Index(name="erasure_of_child", fields=["child"])]

    def change_event(self, action: str) -> Event:
        return Event(
            "propose erasure",
            action,
            child_id=self.child_id,
            entity="access.erasure",
            entity_id=self.pk,
            sections=[1],
            details={"parts": self.sections},
        )


class EvidenceHold(Tracked):
    """Sections of a file that are evidence: while a hold stands, the database erases none of them."""

    child = models.ForeignKey("victims.Child", models.PROTECT, related_name="+")
    sections = ArrayField(models.SmallIntegerField())
    basis = models.SlugField(_("legal basis"), max_length=60)
    reference = models.CharField(_("number of the order or the case"), max_length=120)
    team = models.ForeignKey(Team, models.PROTECT, related_name="+")
    set_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    since = models.DateTimeField()
    review_on = models.DateField(_("look at it again on"))
    ended = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    end_reason = models.CharField(_("why it ends"), max_length=300, blank=True)

    class Meta(Tracked.Meta):
        constraints = [
            models.CheckConstraint(name="hold_of_something", condition=Q(sections__len__gte=1)),
            models.CheckConstraint(
                name="hold_ended_by_a_second_person_with_reason",
                condition=Q(ended=None, ended_by=None, end_reason="")
                | (Q(ended__isnull=False, ended_by__isnull=False) & ~Q(end_reason="") & ~Q(ended_by=F("set_by"))),
            ),
        ]
        indexes = [
            models.Index(name="hold_that_stands", fields=["child"], condition=Q(ended=None)),
            models.Index(name="hold_to_review", fields=["team", "review_on"], condition=Q(ended=None)),
        ]

    @property
    def section(self) -> int:
        """Return a section that it holds: its page is a look at that."""
        return self.sections[0]

    def change_event(self, action: str) -> Event:
        kind = "evidence hold" if self.ended is None else "end evidence hold"
        return Event(
            kind,
            action,
            child_id=self.child_id,
            entity="access.evidencehold",
            entity_id=self.pk,
            sections=self.sections,
        )


class KeptLonger(Tracked):
    """A closed file that is kept past its day, until another one, and why."""

    child = models.ForeignKey("victims.Child", models.PROTECT, related_name="+")
    until = models.DateField(_("keep it until"))
    reason = models.CharField(_("why"), max_length=300)
    kept_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta(Tracked.Meta):
        indexes = [models.Index(name="kept_longer_of_child", fields=["child", "-at"])]

    def change_event(self, action: str) -> Event:
        return Event(
            "keep longer", action, child_id=self.child_id, entity="access.keptlonger", entity_id=self.pk, sections=[1]
        )
