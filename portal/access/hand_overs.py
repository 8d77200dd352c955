"""The policies of hand-overs: read and written by the two teams, and by nobody else."""

from portal.access.rowlevel import SIGNED_IN, policies
from portal.audit.sql import history_table

TEAMS = "(SELECT access.teams())::uuid[]"
PARTY = f"""({{t}}.from_team_id = ANY ({TEAMS}) OR {{t}}.to_team_id = ANY ({TEAMS}))
  AND {{t}}.child_id <> ALL ((SELECT access.conflicts())::uuid[])"""
OF_HAND_OVER = "coalesce((SELECT true FROM referrals_handover h WHERE h.id = {t}.hand_over_id LIMIT 1), false)"
OF_HAND_OVER += f" AND {SIGNED_IN}"


def guard_hand_overs() -> str:
    """Return the policies of hand-overs, of what goes along, and of their history; triggers know who may do what."""
    parts = []
    for table, condition in (("referrals_handover", PARTY), ("referrals_handoveritem", OF_HAND_OVER)):
        here, history = condition.replace("{t}", table), history_table(table)
        parts.append(policies(table, see=here, insert=here, update=here))
        parts.append(policies(history, see=condition.replace("{t}", history), insert=SIGNED_IN))
    return "\n".join(parts)
