"""The text of the row-level policies: a correlated look at the permission rows, with the identity read once a statement.

Four details matter. A function stands in a sub-select, else it runs for every row. Scalar LIMIT 1 sub-selects under
coalesce, because EXISTS with OR becomes a hashed plan that reads everything. Outer columns carry their table's name.
Permission numbers are fixed (sections.py), so the text is the same in every database.
"""

from portal.access.sections import SERIES_CHANGE, SERIES_VIEW, Level, Section, Stage, permission_id
from portal.audit.demand import history_table

ME = "(SELECT access.person())"
SIGNED_IN = f"{ME} IS NOT NULL"
TEAMS = "(SELECT access.teams())::uuid[]"
WORKS = "(SELECT access.works_with_files())"

# Police roles: a certificate for the unified standard; thirty days after a newer version came into force, one for an older
# version counts no more. Care roles: the agency's safeguarding briefing, from the thirtieth day after joining. Text, because
# a function more for each question about the person costs half as much again.
TRAINED = """(NOT p.roles && '{analyst,investigator}'::varchar[] OR EXISTS (
    SELECT FROM public.accounts_certificate c JOIN public.accounts_standard s ON s.id = c.standard_id
     WHERE c.person_id = p.id AND c.revoked IS NULL AND c.valid_from <= at AND c.valid_until > at
       AND NOT EXISTS (SELECT FROM public.accounts_standard n WHERE n.since > s.since AND n.since <= grace)))
  AND (NOT p.roles && '{intake,social_worker,shelter_worker,clinician,ngo_worker,supervisor}'::varchar[] OR p.joined > grace
    OR EXISTS (SELECT FROM public.accounts_certificate c WHERE c.person_id = p.id AND c.kind = 'briefing'
      AND c.revoked IS NULL AND c.valid_from <= at AND c.valid_until > at))"""

CHILD = """({first}coalesce(
    (SELECT true FROM access_childgrouppermission r
      WHERE r.content_object_id = {child} AND r.permission_id = {permission}
        AND r.group_id = ANY ((SELECT access.groups())::integer[]) AND r.valid_until > app_now()
        AND (((SELECT access.masks())::integer[])[{permission} - 1000] >> r.stage) & 1 = 1 LIMIT 1),
    (SELECT true FROM access_childuserpermission r
      WHERE r.content_object_id = {child} AND r.permission_id = {permission}
        AND r.user_id = (SELECT access.person()) AND r.valid_until > app_now()
        AND (((SELECT access.masks())::integer[])[{permission} - 1000] >> r.stage) & 1 = 1 LIMIT 1),
    {open}false))
  AND {child} <> ALL ((SELECT access.conflicts())::uuid[])"""

OPEN = """(SELECT true FROM victims_child c WHERE c.id = {child} AND c.open_to_network AND (SELECT access.roams())
        AND (((SELECT access.masks())::integer[])[{permission} - 1000] >> c.stage) & 1 = 1 LIMIT 1),
    """
OPEN_SELF = """(victims_child.open_to_network AND (SELECT access.roams())
        AND (((SELECT access.masks())::integer[])[{permission} - 1000] >> victims_child.stage) & 1 = 1) OR """

SERIES = """coalesce(
    (SELECT true FROM access_seriesgrouppermission r
      WHERE r.content_object_id = {series} AND r.permission_id = {permission}
        AND r.group_id = ANY ((SELECT access.groups())::integer[]) AND r.valid_until > app_now() LIMIT 1),
    (SELECT true FROM access_seriesuserpermission r
      WHERE r.content_object_id = {series} AND r.permission_id = {permission}
        AND r.user_id = (SELECT access.person()) AND r.valid_until > app_now() LIMIT 1),
    {network}false) AND (SELECT access.roams())"""


def is_open(section: int, level: Level) -> bool:
    """Return whether open files show this section to every certified analyst and investigator."""
    return section == Section.INVESTIGATION or (section == Section.SUMMARY and level == Level.VIEW)


def child_condition(child: str, permission: str, *, opened: str = "", first: str = "") -> str:
    """Return the condition: the person holds the permission (an SQL expression) on the child (a qualified column).

    first: what the row itself tells, so that no permission row need be looked for.
    """
    values = {"child": child, "permission": permission}
    return CHILD.format(first=first.format(**values), open=opened.format(**values), **values)


def section_condition(table: str, section: int, level: Level, column: str = "child_id") -> str:
    """Return the condition for a table of one section, open files counted in where the section is open."""
    opened = OPEN if is_open(section, level) else ""
    return child_condition(f"{table}.{column}", str(permission_id(section, level)), opened=opened)


def varying_condition(table: str, level: Level) -> str:
    """Return the condition for a table whose rows name their section."""
    permission = f"(1000 + {table}.section + {9 * level})"
    sections = ", ".join(str(int(section)) for section in Section if is_open(section, level))
    opened = OPEN.replace("WHERE c.id", f"WHERE {table}.section IN ({sections}) AND c.id")
    return child_condition(f"{table}.child_id", permission, opened=opened)


def series_condition(column: str, level: Level) -> str:
    """Return the condition for a table of series records; network series are open to every certified analyst."""
    permission = SERIES_CHANGE if level == Level.CHANGE else SERIES_VIEW
    network = f"(SELECT true FROM victims_series s WHERE s.id = {column} AND s.is_network LIMIT 1), "  # noqa: S608
    return SERIES.format(series=column, permission=permission, network="" if level == Level.CHANGE else network)


def policies(table: str, *, see: str, insert: str | None = None, update: str | None = None, clock: bool = False) -> str:
    """Return the SQL that puts a table behind the wall: FORCE, policies for app, and free passage for owner and guard."""
    parts = [
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;",
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;",
        f"CREATE POLICY inside ON {table} TO owner, guard{', clock' if clock else ''} USING (true) WITH CHECK (true);",
        f"CREATE POLICY see ON {table} FOR SELECT TO app USING ({see});",
        f"GRANT SELECT ON {table} TO app, guard;",
    ]
    if insert:
        parts += [
            f"CREATE POLICY add ON {table} FOR INSERT TO app WITH CHECK ({insert});",
            f"GRANT INSERT ON {table} TO app;",
        ]
    if update:
        parts += [
            f"CREATE POLICY alter ON {table} FOR UPDATE TO app USING ({update}) WITH CHECK ({update});",
            f"GRANT UPDATE ON {table} TO app;",
        ]
    return "\n".join(parts)


def guard_section(table: str, section: int) -> str:
    """Return the policies of a section's table and its history."""
    history = history_table(table)
    change = section_condition(table, section, Level.CHANGE)
    return "\n".join(
        [
            policies(table, see=section_condition(table, section, Level.VIEW), insert=change, update=change),
            policies(history, see=section_condition(history, section, Level.VIEW), insert=SIGNED_IN),
        ]
    )


def guard_varying(table: str, *, with_history: bool = True) -> str:
    """Return the policies of a table whose rows name their section, and of its history."""
    see, change = (varying_condition(table, level) for level in Level)
    insert = None if table == "casework_sectionkey" else change  # keys pass through access.add_section_key()
    # Keys and contents are written once: whoever could change a key could destroy what it closes.
    sql = policies(table, see=see, insert=insert, update=change if with_history else None)
    if with_history:
        history = history_table(table)
        sql += "\n" + policies(history, see=varying_condition(history, Level.VIEW), insert=SIGNED_IN)
    return sql


DRAFT = """{t}.person_id = {me} AND CASE WHEN {t}.child_id IS NULL THEN true
  WHEN {t}.section IS NULL THEN EXISTS (SELECT FROM access.file_lines(ARRAY[{t}.child_id]))
    AND NOT access.sealed_away({t}.child_id)
  ELSE {held} END"""


def guard_drafts() -> str:
    """Return the policy of drafts: their author's, while the form is open to them; access.keep_draft() alone writes them."""
    table = "casework_draft"
    permission = f"(1000 + {table}.section + 9 * {table}.level)"
    open_ones = " OR ".join(
        f"({table}.section = {int(section)} AND {table}.level = {int(level)})"
        for section in Section
        for level in Level
        if is_open(section, level)
    )
    opened = OPEN.replace("WHERE c.id", f"WHERE ({open_ones}) AND c.id")
    held = child_condition(f"{table}.child_id", permission, opened=opened)
    return policies(table, see=DRAFT.format(t=table, me=ME, held=held))


def guard_series(table: str, *, with_history: bool = True) -> str:
    """Return the policies of a table of series records, and of its history."""
    see, change = (series_condition(f"{table}.series_id", level) for level in Level)
    sql = policies(table, see=see, insert=change, update=change)
    if with_history:
        history = history_table(table)
        sql += "\n" + policies(history, see=series_condition(f"{history}.series_id", Level.VIEW), insert=SIGNED_IN)
    return sql


PAIR = """({a}) AND ({b}) AND NOT access.is_settled({pair}.series_a_id) AND NOT access.is_settled({pair}.series_b_id)"""
OF_PAIR = """coalesce((SELECT true FROM victims_seriespair p WHERE p.id = {table}.pair_id LIMIT 1), false)
  AND (SELECT access.roams())"""


def guard_pairs() -> str:
    """Return the policies of what the comparison finds: both series must be open, and neither's child identified elsewhere.

    The application writes none of it but decisions, claims and questions; triggers know which steps there are.
    """
    pair = "victims_seriespair"
    spoken = ("matchdecision", "matchclaim", "matchquestion")  # what people say of a pair, or do on it
    a, b = (series_condition(f"{pair}.series_{side}_id", Level.VIEW) for side in "ab")
    return "\n".join(
        [
            policies(pair, see=PAIR.format(a=a, b=b, pair=pair)),
            policies("victims_mediamatch", see=OF_PAIR.format(table="victims_mediamatch")),
            *[guard_of_pair(name) for name in spoken],
        ]
    )


def guard_of_pair(name: str) -> str:
    """Return the policies of a tracked table whose rows belong to a pair, and of its history; a trigger knows the rest."""
    table, history = f"victims_{name}", f"victims_historical{name}"
    of_pair = OF_PAIR.format(table=table)
    return "\n".join(
        [
            policies(table, see=of_pair, insert=of_pair, update=of_pair),
            policies(history, see=OF_PAIR.format(table=history), insert=SIGNED_IN),
        ]
    )


ANY_CHANGE = """coalesce(
    (SELECT true FROM access_childgrouppermission r
      WHERE r.content_object_id = victims_child.id AND r.permission_id BETWEEN 1010 AND 1018
        AND r.group_id = ANY ((SELECT access.groups())::integer[]) AND r.valid_until > app_now()
        AND (((SELECT access.masks())::integer[])[r.permission_id - 1000] >> r.stage) & 1 = 1 LIMIT 1),
    (SELECT true FROM access_childuserpermission r
      WHERE r.content_object_id = victims_child.id AND r.permission_id BETWEEN 1010 AND 1018
        AND r.user_id = (SELECT access.person()) AND r.valid_until > app_now()
        AND (((SELECT access.masks())::integer[])[r.permission_id - 1000] >> r.stage) & 1 = 1 LIMIT 1),
    {open}false)
  AND victims_child.id <> ALL ((SELECT access.conflicts())::uuid[])"""


WRITES = permission_id(Section.SUMMARY, Level.CHANGE) - 1000
NEW_FILE = f"""victims_child.owner_id = ANY ((SELECT access.teams())::uuid[])
  AND ((((SELECT access.masks())::integer[])[{WRITES}] >> victims_child.stage) & 1 = 1
    OR (victims_child.stage = {Stage.SOUGHT.value} AND (SELECT access.roams())))"""


def guard_child() -> str:
    """Return the policies of the child table: read by SUMMARY, written by whoever may change any section.

    The finer rule of each step stands in its Transition. A new file is added before its first grant exists, for a team
    of one's own, at a stage at which one's roles write SUMMARY; analysts open files of unknown faces.
    """
    see = child_condition("victims_child.id", str(permission_id(Section.SUMMARY, Level.VIEW)), first=OPEN_SELF)
    alter = ANY_CHANGE.format(open=OPEN_SELF.format(permission=permission_id(Section.INVESTIGATION, Level.CHANGE)))
    history = section_condition("victims_historicalchild", Section.SUMMARY, Level.VIEW, column="id")
    return "\n".join(
        [
            policies("victims_child", see=see, insert=NEW_FILE, update=alter),
            policies("victims_historicalchild", see=history, insert=SIGNED_IN),
        ]
    )


def guard_series_root() -> str:
    """Return the policies of the series table: opened for a team of one's own, and never changed."""
    see = series_condition("victims_series.id", Level.VIEW).replace(
        "(SELECT true FROM victims_series s WHERE s.id = victims_series.id AND s.is_network LIMIT 1)",
        "nullif(victims_series.is_network, false)",
    )
    insert = """(SELECT access.roams()) AND victims_series.agency_id = (SELECT access.agency())
      AND victims_series.owner_id = ANY ((SELECT access.teams())::uuid[])"""
    history = series_condition("victims_historicalseries.id", Level.VIEW)
    return "\n".join(
        [
            policies("victims_series", see=see, insert=insert),
            policies("victims_historicalseries", see=history, insert=SIGNED_IN),
        ]
    )
