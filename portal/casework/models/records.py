"""What a record of a child's file, or of a series, is."""

from typing import ClassVar

from django.db import models

from portal.audit.events import Event
from portal.audit.models import Tracked


class ChildRecord(Tracked):
    """A record in one section of a child's file; whoever lacks the section sees no sign of it."""

    section: ClassVar[int]
    child = models.ForeignKey("victims.Child", models.PROTECT, related_name="+", editable=False)

    class Meta(Tracked.Meta):
        abstract = True

    def change_event(self, action: str) -> Event:
        return Event(
            "change",
            action,
            child_id=self.child_id,  # type: ignore[attr-defined]
            entity=self._meta.label_lower,
            entity_id=self.pk,
            sections=[self.section],
        )


class SeriesRecord(Tracked):
    """A record of a series: media, imports, links."""

    series = models.ForeignKey("victims.Series", models.PROTECT, related_name="+", editable=False)

    class Meta(Tracked.Meta):
        abstract = True

    def change_event(self, action: str) -> Event:
        entity = self._meta.label_lower
        return Event("change", action, series_id=self.series_id, entity=entity, entity_id=self.pk)  # type: ignore[attr-defined]
