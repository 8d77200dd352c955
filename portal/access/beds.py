"""The policies of shelters, their sealed addresses, their beds, and the children in them."""

from portal.access.rowlevel import SIGNED_IN, TEAMS, policies, section_condition
from portal.access.sections import Level, Section
from portal.audit.demand import history_table

PLACES = "(SELECT access.places_children())"
KEEPER = "(SELECT access.has_role('{shelter_worker}'))"
RUNS = f"{{t}}.team_id = ANY ({TEAMS}) AND {KEEPER} AND {{t}}.agency_id = (SELECT access.agency())"

# Somebody is, or was, placed there whose WHEREABOUTS the reader holds: the rows of placements say so by their own policy.
PLACED = "coalesce((SELECT true FROM shelters_placement p WHERE p.{column} = {t}.{own} LIMIT 1), false)"
PLACED_NOW = """coalesce((SELECT true FROM shelters_placement p WHERE p.shelter_id = {t}.shelter_id AND p.state IN (1, 2)
    AND (upper_inf(p.during) OR upper(p.during) > app_now()) AND p.child_id <> ALL ((SELECT access.conflicts())::uuid[])
  LIMIT 1), false)"""


def directory(table: str, see: str, write: str) -> str:
    """Return the policies of a table of the directory; its history is read by those who keep it."""
    history, here = history_table(table), write.replace("{t}", table)
    return "\n".join(
        [
            policies(table, see=see.replace("{t}", table), insert=here, update=here),
            policies(history, see=write.replace("{t}", history), insert=SIGNED_IN),
        ]
    )


def guard_directory() -> str:
    """Return the policies of shelters, addresses and beds."""
    keeps = "access.keeps_shelter({t}.shelter_id)"
    shelter = PLACED.replace("{column}", "shelter_id").replace("{own}", "id")
    bed = PLACED.replace("{column}", "bed_id").replace("{own}", "id")
    return "\n".join(
        [
            directory("shelters_shelter", f"{PLACES} OR {shelter}", RUNS),
            directory("shelters_bed", f"{PLACES} OR {bed}", keeps),
            directory("shelters_shelteraddress", f"{keeps} OR {PLACED_NOW}", keeps),
        ]
    )


def guard_placements() -> str:
    """Return the policies of placements: by WHEREABOUTS of the child, and by the team whose bed it is.

    The team reads needs and no name: the child's file stays closed to it until it admits the child.
    """
    table, history = "shelters_placement", "shelters_historicalplacement"
    theirs = f"{table}.team_id = ANY ({TEAMS}) AND {table}.child_id <> ALL ((SELECT access.conflicts())::uuid[])"
    theirs += f" AND NOT access.sealed_away({table}.child_id)"
    see, change = (section_condition(table, Section.WHEREABOUTS, level) for level in Level)
    reads = f"({see}) OR ({theirs} AND (SELECT access.has_role('{{shelter_worker,supervisor}}')))"
    writes = f"({change}) OR ({theirs} AND {KEEPER})"
    return "\n".join(
        [
            policies(table, see=reads, insert=change, update=writes),
            policies(history, see=section_condition(history, Section.WHEREABOUTS, Level.VIEW), insert=SIGNED_IN),
        ]
    )
