"""The event table and the base of every tracked record."""

from typing import Any, ClassVar

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models, transaction
from simple_history.models import HistoricalRecords

from portal.audit import clock, events
from portal.audit.ids import uuid7
from portal.audit.stamp import demanded


class AccessEvent(models.Model):
    """One look, change, refusal or sign-in. The table is partitioned by month and takes inserts only."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    recorded = models.DateTimeField()
    kind = models.CharField(max_length=40)
    action = models.CharField(max_length=1)
    outcome = models.CharField(max_length=10)
    reason_code = models.CharField(max_length=40)
    child_id = models.UUIDField(null=True)
    series_id = models.UUIDField(null=True)
    entity = models.CharField(max_length=80)
    entity_id = models.UUIDField(null=True)
    entities = ArrayField(models.UUIDField())
    sections = ArrayField(models.SmallIntegerField())
    basis = models.CharField(max_length=80)
    purpose = models.TextField()
    details = models.JSONField()
    person_id = models.UUIDField(null=True)
    person = models.TextField()
    agency_id = models.UUIDField(null=True)
    agency = models.TextField()
    role = models.CharField(max_length=200)
    via = models.CharField(max_length=20)
    session = models.CharField(max_length=16)
    request_id = models.CharField(max_length=40)
    address = models.CharField(max_length=45)

    class Meta:
        managed = False
        db_table = "audit_event"
        default_permissions = ()


class HistoryStamp(models.Model):
    """What every history row says beside the record's own fields: the actor in plain text, as he stood that day."""

    history_by = models.TextField()
    history_agency_id = models.UUIDField(null=True)
    history_agency = models.TextField()
    history_role = models.CharField(max_length=200)
    history_via = models.CharField(max_length=20)

    class Meta:
        abstract = True


class TrackedRecords(HistoricalRecords):
    """History rows that name their author, carry the database's time and are written with their event."""

    def fields_included(self, model: Any) -> list[Any]:
        return [field for field in super().fields_included(model) if field.name not in model.outside_history]

    def create_historical_record(self, instance: Any, history_type: str, using: str | None = None) -> None:
        write_history(instance, history_type, self.fields_included(instance))


def write_history(instance: Any, history_type: str, fields: list[Any] | None = None) -> None:
    """Write the history row and the event of a change that Django, or a function of the database, has just made."""
    stamp = demanded()
    # By its name: the descriptor makes a manager class each time that it is asked.
    history_model = apps.get_model(instance._meta.app_label, f"Historical{instance._meta.object_name}")
    kept = fields or [field for field in instance._meta.concrete_fields if field.name not in instance.outside_history]
    # Raw values, not attributes: an encrypted field then keeps its ciphertext, the same in both tables.
    values = {field.attname: instance.__dict__[field.attname] for field in kept}
    history_model(
        **values,
        history_date=clock.now(),
        history_type=history_type,
        history_user_id=stamp.person_id,
        history_change_reason=stamp.reason,
        history_by=stamp.person,
        history_agency_id=stamp.agency_id,
        history_agency=stamp.agency,
        history_role=stamp.role,
        history_via=stamp.via,
    ).save(force_insert=True)
    events.record(instance.change_event({"+": "C", "~": "U", "-": "D"}[history_type]))


def tracked() -> TrackedRecords:
    """Return the history descriptor of a tracked model."""
    return TrackedRecords(
        inherit=True,
        bases=[HistoryStamp],
        history_id_field=models.UUIDField(default=uuid7),
        history_user_id_field=models.UUIDField(null=True),
        history_change_reason_field=models.TextField(blank=True, default=""),
    )


class Tracked(models.Model):
    """A record with a time-ordered id, a version that each save raises, and a history row and event for each save."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    history = tracked()
    outside_history: ClassVar[tuple[str, ...]] = ()  # fields of which no earlier value is kept

    class Meta:
        abstract = True
        default_permissions = ()

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            self.version += 1
        with transaction.atomic(savepoint=False):  # the record, its history row and its event stand or fall together
            super().save(*args, **kwargs)

    def change_event(self, action: str) -> events.Event:
        """Return the event of a change to this record; records of a file add the file and the section."""
        return events.Event("change", action, entity=self._meta.label_lower, entity_id=self.pk)
