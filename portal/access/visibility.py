"""What a person may list: the newest-first merge over the permission rows, and visible(), where every queryset starts."""

import uuid
from typing import TypeVar

from django.db import connection, models
from django.db.models.expressions import RawSQL

from portal.access.identity import current
from portal.access.rowlevel import is_open, permission_id
from portal.access.sections import Level, Section, Stage
from portal.accounts.models import Person

PAGE = 25
CAP = 1001
FIRST = uuid.UUID(int=(1 << 128) - 1)  # above every id: the newest page

# One backward index scan for each team, then the person, then the open files: 25 ids each, whatever the person can see.
IDS = """
WITH me AS MATERIALIZED (
  SELECT (access.masks())[{permission} - 1000] AS mask, access.groups() AS groups, access.person() AS person,
         access.roams() AS roams, access.conflicts() AS conflicts
), ids AS (
  SELECT r.content_object_id AS id FROM me, unnest(me.groups) AS g CROSS JOIN LATERAL (
    SELECT content_object_id FROM access_childgrouppermission
     WHERE group_id = g AND permission_id = {permission} AND content_object_id < %(before)s AND valid_until > app_now()
       AND (me.mask >> stage) & 1 = 1 {stage} AND content_object_id <> ALL (me.conflicts)
     ORDER BY content_object_id DESC LIMIT %(most)s) r
  UNION ALL
  SELECT r.content_object_id FROM me CROSS JOIN LATERAL (
    SELECT content_object_id FROM access_childuserpermission
     WHERE user_id = me.person AND permission_id = {permission} AND content_object_id < %(before)s
       AND valid_until > app_now() AND (me.mask >> stage) & 1 = 1 {stage} AND content_object_id <> ALL (me.conflicts)
     ORDER BY content_object_id DESC LIMIT %(most)s) r
  {open}
)
SELECT DISTINCT id FROM ids ORDER BY id DESC LIMIT %(most)s
"""
OPEN = """UNION ALL
  SELECT r.id FROM me CROSS JOIN LATERAL (
    SELECT id FROM victims_child
     WHERE me.roams AND open_to_network AND id < %(before)s AND (me.mask >> stage) & 1 = 1 {stage}
       AND id <> ALL (me.conflicts)
     ORDER BY id DESC LIMIT %(most)s) r"""


def visible_ids(
    person: Person,
    *,
    section: Section = Section.SUMMARY,
    stage: Stage | None = None,
    before: uuid.UUID = FIRST,
    most: int = PAGE,
) -> list[uuid.UUID]:
    """Return the newest file ids below before whose section the person may view: at most `most`, newest first."""
    assert current().person.pk == person.pk
    by_stage = "AND stage = %(stage)s" if stage is not None else ""
    opened = OPEN.format(stage=by_stage) if is_open(section, Level.VIEW) else ""
    sql = IDS.format(permission=permission_id(section, Level.VIEW), stage=by_stage, open=opened)
    with connection.cursor() as cursor:
        cursor.execute(sql, {"before": before, "most": most, "stage": stage})
        return [row[0] for row in cursor.fetchall()]


def count_visible(person: Person, *, stage: Stage | None = None) -> int:
    """Return how many files the person may list, counted no further than 1,001."""
    return len(visible_ids(person, stage=stage, most=CAP))


Record = TypeVar("Record", bound=models.Model)

HELD = """EXISTS (SELECT FROM access_childgrouppermission r WHERE r.content_object_id = {child}
    AND r.permission_id = %s AND r.group_id = ANY ((SELECT access.groups())::integer[]) AND r.valid_until > app_now()
    AND (((SELECT access.masks())::integer[])[%s] >> r.stage) & 1 = 1)
  OR EXISTS (SELECT FROM access_childuserpermission r WHERE r.content_object_id = {child} AND r.permission_id = %s
    AND r.user_id = %s AND r.valid_until > app_now() AND (((SELECT access.masks())::integer[])[%s] >> r.stage) & 1 = 1)"""


OPENED = """
  OR EXISTS (SELECT FROM victims_child c WHERE c.id = {child} AND c.open_to_network AND (SELECT access.roams()))"""


def visible(model: type[Record], person: Person, *, level: Level = Level.VIEW) -> models.QuerySet[Record]:
    """Return the records of a section that the person may view or change; every list, choice and count starts here.

    The model is Child or a table of one section. Files in conflict are left out.
    """
    assert current().person.pk == person.pk
    section = Section(model.section)  # type: ignore[attr-defined]
    table = model._meta.db_table
    column = "id" if table == "victims_child" else "child_id"
    number = permission_id(section, level)
    sql = HELD + (OPENED if is_open(section, level) else "")
    sql = f"({sql}) AND {{child}} <> ALL ((SELECT access.conflicts())::uuid[])".format(child=f"{table}.{column}")
    held = RawSQL(sql, [number, number - 1000, number, person.pk, number - 1000], models.BooleanField())  # noqa: S611
    return model._default_manager.filter(held)
