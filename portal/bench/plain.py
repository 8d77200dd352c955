"""The libraries as their documentation shows them, beside the portal's own use of them. Loaded by the bench alone."""

from typing import Any

from django.db import connection, models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase
from simple_history.models import HistoricalRecords

from portal.audit.ids import uuid7
from victims.models import Child


class GroupRow(GroupObjectPermissionBase):
    """The portal's own rows, mapped without what guardian does not know: end, stage, grant."""

    content_object = models.ForeignKey(Child, models.DO_NOTHING, related_name="bench_group_rows")

    class Meta:
        app_label = "bench"
        managed = False
        db_table = "access_childgrouppermission"


class UserRow(UserObjectPermissionBase):
    content_object = models.ForeignKey(Child, models.DO_NOTHING, related_name="bench_user_rows")

    class Meta:
        app_label = "bench"
        managed = False
        db_table = "access_childuserpermission"


class PlainRecords(HistoricalRecords):
    """simple-history with its defaults; only its table is kept out of the migrations."""

    def get_meta_options(self, model: Any) -> dict[str, Any]:
        return super().get_meta_options(model) | {"managed": False}


class PlainEntry(models.Model):
    """A care entry tracked by simple-history and nothing else."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    version = models.PositiveIntegerField(default=1)
    child = models.ForeignKey(Child, models.PROTECT, related_name="+")
    on = models.DateField()
    kind = models.SlugField(max_length=60, db_index=False)
    text = models.TextField(max_length=4000)
    history = PlainRecords(table_name="bench_historicalentry")

    class Meta:
        app_label = "bench"
        managed = False
        db_table = "bench_entry"


def make_tables() -> None:
    """Make simple-history's own tables through the connection in use."""
    with connection.schema_editor() as editor:
        editor.create_model(PlainEntry)
        editor.create_model(PlainEntry.history.model)
