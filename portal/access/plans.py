"""The text of the policies of care plans and their actions: a supervisor decides, an action's team sees its own."""

from portal.access.rowlevel import SIGNED_IN, TEAMS, WORKS, policies, section_condition
from portal.access.sections import Level, Section

SUPERVISES = "(SELECT access.has_role('{supervisor}'))"
OURS = f"""({{t}}.team_id = ANY ({TEAMS}) AND {{t}}.child_id <> ALL ((SELECT access.conflicts())::uuid[]) AND {WORKS}
  AND NOT access.sealed_away({{t}}.child_id))"""


def guard_plans() -> str:
    """Return the policies of care plans: a supervisor who reads the section decides on them, which triggers narrow."""
    table, history = "victims_careplan", "victims_historicalcareplan"
    see, change = (section_condition(table, Section.CARE, level) for level in Level)
    return "\n".join(
        [
            policies(table, see=see, insert=change, update=f"({change}) OR (({see}) AND {SUPERVISES})"),
            policies(history, see=section_condition(history, Section.CARE, Level.VIEW), insert=SIGNED_IN),
        ]
    )


def guard_actions() -> str:
    """Return the policies of a plan's actions: by CARE of the child, and by the team that does it, which sees no more."""
    table, history = "victims_planaction", "victims_historicalplanaction"
    see, change = (section_condition(table, Section.CARE, level) for level in Level)
    past = section_condition(history, Section.CARE, Level.VIEW)
    return "\n".join(
        [
            policies(
                table,
                see=f"({see}) OR {OURS.format(t=table)}",
                insert=change,
                update=f"({change}) OR {OURS.format(t=table)}",
            ),
            policies(history, see=f"({past}) OR {OURS.format(t=history)}", insert=SIGNED_IN),
        ]
    )
