"""What keeps a person apart from a file: a relation to the child, and a seal."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from portal.accounts.models import Person
from portal.audit.events import Event
from portal.audit.models import Tracked


class ConflictOfInterest(Tracked):
    """A declared relation between a worker and a child; it beats every grant.

    It names a case number and no file, so that nobody learns by declaring whether there is one. Read by whoever recorded
    it and by the privacy officers of the person's agency, by nobody else: not by the person whom somebody else named.
    """

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    number = models.CharField(max_length=20)  # as it stands on the file, if there is one
    reason = models.CharField(max_length=300, blank=True)
    recorded_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    recorded = models.DateTimeField()
    ended = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    end_reason = models.CharField(max_length=300, blank=True)

    class Meta(Tracked.Meta):
        constraints = [
            models.CheckConstraint(
                name="conflict_ended_by_a_second_person_with_reason",
                condition=Q(ended=None, ended_by=None, end_reason="")
                | (
                    Q(ended__isnull=False, ended_by__isnull=False)
                    & ~Q(end_reason="")
                    & ~Q(ended_by=F("person"))
                    & ~Q(ended_by=F("recorded_by"))
                ),
            ),
        ]
        indexes = [
            models.Index(name="conflict_of_person", fields=["person"], condition=Q(ended=None)),
        ]

    def change_event(self, action: str) -> Event:
        """Return the event of the declaration: of whom and which number is the secret of those who may read it."""
        kind = "end conflict of interest" if self.ended else "conflict of interest"
        return Event(kind, action, entity="access.conflictofinterest", entity_id=self.pk)


class Seal(Tracked):
    """A file that only named custodians see. Asked for by its owner's team, in force once a second person has said so.

    The custodians of a seal stay; others take over by a new seal, with which the old one ends.
    """

    child = models.ForeignKey("victims.Child", models.PROTECT, related_name="+")
    custodians = ArrayField(models.UUIDField())
    reason = models.CharField(max_length=300)
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    sealed = models.DateTimeField(null=True)  # from when on it holds
    open_reason = models.CharField(max_length=300, blank=True)  # why it shall end; set while somebody asks for that
    ended = models.DateTimeField(null=True)  # when the file was unsealed, or the seal refused or replaced

    class Meta(Tracked.Meta):
        constraints = [
            models.UniqueConstraint(
                name="one_seal_of_a_file", fields=["child"], condition=Q(sealed__isnull=False, ended=None)
            ),
            models.CheckConstraint(name="seal_has_two_custodians", condition=Q(custodians__len__gte=2)),
        ]
        indexes = [models.Index(name="seal_that_holds", fields=["child"], condition=Q(ended=None))]

    def change_event(self, action: str) -> Event:
        kind = "seal" if self.ended is None else "end of seal"
        return Event(kind, action, child_id=self.child_id, entity="access.seal", entity_id=self.pk, sections=[1])
