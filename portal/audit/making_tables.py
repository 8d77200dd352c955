"""A migration that does nothing but make tables, with the models drawn up once for all of them and not once for each."""

from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import ProjectState


class MakingTables(migrations.Migration):
    """All operations are CreateModel, in an order in which every table's targets exist (docs/decisions/0018)."""

    def apply(
        self, project_state: ProjectState, schema_editor: BaseDatabaseSchemaEditor, collect_sql: bool = False
    ) -> ProjectState:
        vars(project_state).pop("apps", None)  # else each new model draws up anew all those that it refers to
        made: list[Any] = list(self.operations)
        for operation in made:
            operation.state_forwards(self.app_label, project_state)
        for operation in made:
            operation.database_forwards(self.app_label, schema_editor, project_state, project_state)
        return project_state
