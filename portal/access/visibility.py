"""What a person may list: the newest-first merge over the permission rows, and visible(), where every queryset starts."""

import uuid
from typing import TypeVar

from django.db import connection, models
from django.db.models.expressions import RawSQL

from portal.access.decide import NEED_CODE
from portal.access.identity import current
from portal.access.rowlevel import is_open, section_condition
from portal.access.sections import Level, Section, Stage, permission_id
from portal.accounts.models import Person

PAGE = 25
CAP = 1001
FIRST = uuid.UUID(int=(1 << 128) - 1)  # above every id: the newest page

# One backward index scan for each team, then the person, then the open files: 25 ids each, whatever the person can see.
IDS = """
WITH asked AS MATERIALIZED (
  SELECT access.reach() AS masks, access.groups() AS groups, access.person() AS person, access.roams() AS roams,
         access.conflicts() AS conflicts
), me AS MATERIALIZED (SELECT ({mask})[{permission} - 1000] AS mask, asked.* FROM asked), ids AS ({arms})
SELECT DISTINCT id FROM ids ORDER BY id DESC LIMIT %(most)s
"""
GIVEN = """
  SELECT r.id FROM me, unnest(me.groups) AS g CROSS JOIN LATERAL (
    SELECT content_object_id AS id FROM access_childgrouppermission
     WHERE group_id = g AND permission_id = {permission} AND content_object_id < %(before)s AND valid_until > app_now()
       AND (me.mask >> stage) & 1 = 1 {stage} AND content_object_id <> ALL (me.conflicts)
     ORDER BY content_object_id DESC LIMIT %(most)s) r
  UNION ALL
  SELECT r.id FROM me CROSS JOIN LATERAL (
    SELECT DISTINCT content_object_id AS id FROM access_childuserpermission
     WHERE user_id = me.person AND permission_id = {permission} AND content_object_id < %(before)s
       AND valid_until > app_now() AND (me.mask >> stage) & 1 = 1 {stage} AND content_object_id <> ALL (me.conflicts)
     ORDER BY content_object_id DESC LIMIT %(most)s) r"""
OPEN = """
  SELECT r.id FROM me CROSS JOIN LATERAL (
    SELECT id FROM victims_child
     WHERE me.roams AND open_to_network AND id < %(before)s AND (me.mask >> stage) & 1 = 1 {stage}
       AND id <> ALL (me.conflicts)
     ORDER BY id DESC LIMIT %(most)s) r"""
# Files opened in an emergency, where the list is of one stage: their rows carry none, so the file is asked.
IN_HASTE = """
  SELECT r.id FROM me CROSS JOIN LATERAL (
    SELECT c.id FROM access_childuserpermission p JOIN victims_child c ON c.id = p.content_object_id
     WHERE p.user_id = me.person AND p.permission_id = {permission} AND p.stage = 0 AND p.content_object_id < %(before)s
       AND p.valid_until > app_now() AND me.mask & 1 = 1 AND c.stage = %(stage)s AND c.id <> ALL (me.conflicts)
     ORDER BY c.id DESC LIMIT %(most)s) r"""
# Files at stages at which the person's roles reach another section but not SUMMARY: a clinician's after the stay, an
# analyst's after the rescue. One scan for each team, section and stage; most roles have none.
PAIRS = """generate_series(2, 9) AS section CROSS JOIN LATERAL (
    SELECT at FROM generate_series(1, 8) AS at WHERE ((me.masks[section] & ~me.masks[1]) >> at) & 1 = 1) AS s"""
HEADED = """
  SELECT r.id FROM me, unnest(me.groups) AS g, {pairs} CROSS JOIN LATERAL (
    SELECT content_object_id AS id FROM access_childgrouppermission
     WHERE group_id = g AND permission_id = 1000 + section AND stage = at AND content_object_id < %(before)s
       AND valid_until > app_now() {stage} AND content_object_id <> ALL (me.conflicts)
     ORDER BY content_object_id DESC LIMIT %(most)s) r
  UNION ALL
  SELECT r.id FROM me, {pairs} CROSS JOIN LATERAL (
    SELECT content_object_id AS id FROM access_childuserpermission
     WHERE user_id = me.person AND permission_id = 1000 + section AND stage = at AND content_object_id < %(before)s
       AND valid_until > app_now() {stage} AND content_object_id <> ALL (me.conflicts)
     ORDER BY content_object_id DESC LIMIT %(most)s) r"""


def ids_of(
    person: Person, arms: list[str], section: Section, *, stage: Stage | None, before: uuid.UUID, most: int
) -> list[uuid.UUID]:
    """Run the merge of these arms."""
    assert current().person.pk == person.pk
    mask = (
        "access.masks()" if section in NEED_CODE else "masks"
    )  # where a code is needed, what is open after an old one
    values = {"permission": permission_id(section, Level.VIEW), "pairs": PAIRS, "mask": mask}
    by_stage = "AND stage = %(stage)s" if stage is not None else ""
    arms = [*arms, IN_HASTE] if stage is not None else arms
    merged = " UNION ALL ".join(arm.format(stage=by_stage, **values) for arm in arms)
    sql = IDS.format(arms=merged, **values)
    with connection.cursor() as cursor:
        cursor.execute(sql, {"before": before, "most": most, "stage": stage})
        return [row[0] for row in cursor.fetchall()]


def visible_ids(
    person: Person, *, section: Section, stage: Stage | None = None, before: uuid.UUID = FIRST, most: int = PAGE
) -> list[uuid.UUID]:
    """Return the newest file ids below before whose section the person may view: at most `most`, newest first."""
    arms = [GIVEN, OPEN] if is_open(section, Level.VIEW) else [GIVEN]
    return ids_of(person, arms, section, stage=stage, before=before, most=most)


def listed_ids(
    person: Person, *, stage: Stage | None = None, before: uuid.UUID = FIRST, most: int = PAGE
) -> list[uuid.UUID]:
    """Return the newest file ids below before of which the person may view any section, newest first."""
    return ids_of(person, [GIVEN, OPEN, HEADED], Section.SUMMARY, stage=stage, before=before, most=most)


def headed_ids(person: Person, *, most: int) -> list[uuid.UUID]:
    """Return the newest files at a stage at which the person's roles reach another section, but not SUMMARY."""
    return ids_of(person, [HEADED], Section.SUMMARY, stage=None, before=FIRST, most=most)


def count_listed(person: Person, *, stage: Stage | None = None) -> int:
    """Return how many files the person may list, counted no further than 1,001."""
    return len(listed_ids(person, stage=stage, most=CAP))


Record = TypeVar("Record", bound=models.Model)


def visible(model: type[Record], person: Person, *, level: Level = Level.VIEW) -> models.QuerySet[Record]:
    """Return the records of a section that the person may view or change; every list, choice and count starts here.

    The model is Child or a table of one section. Files in conflict are left out.
    """
    assert current().person.pk == person.pk
    section = Section(model.section)  # type: ignore[attr-defined]
    table = model._meta.db_table
    column = "id" if table == "victims_child" else "child_id"
    condition = section_condition(table, section, level, column)
    return model._default_manager.filter(RawSQL(condition, [], models.BooleanField()))  # noqa: S611 - constants
