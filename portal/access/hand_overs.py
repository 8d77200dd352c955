"""The policies of hand-overs: read and written by the two teams, and by nobody else."""

from portal.access.rowlevel import ME, SIGNED_IN, TEAMS, WORKS, policies
from portal.audit.demand import history_table

# Once it is refused or called off, the team that was to receive reads it no more. Who refuses it writes a row that is to be
# read in that transaction.
PARTY = f"""({{t}}.from_team_id = ANY ({TEAMS}) OR ({{t}}.to_team_id = ANY ({TEAMS})
    AND ({{t}}.state IN (1, 2, 3) OR ({{t}}.ended_by_id = {ME} AND {{t}}.ended = app_now()))))
  AND {{t}}.child_id <> ALL ((SELECT access.conflicts())::uuid[]) AND {WORKS} AND NOT access.sealed_away({{t}}.child_id)"""
OF_HAND_OVER = f"""coalesce((SELECT true FROM referrals_handover h WHERE h.id = {{t}}.{{column}} LIMIT 1), false)
  AND {SIGNED_IN}"""  # noqa: S608  # names of code


def guard_hand_overs() -> str:
    """Return the policies of hand-overs, of what goes along, and of their history; triggers know who may do what."""
    whole, item = "referrals_handover", "referrals_handoveritem"
    here, listed = PARTY.replace("{t}", whole), OF_HAND_OVER.format(t=item, column="hand_over_id")
    parts = [
        policies(whole, see=here, insert=here, update=here),
        policies(item, see=listed, insert=listed, update=listed),
    ]
    for table, column in ((whole, "id"), (item, "hand_over_id")):
        history = history_table(table)
        parts.append(policies(history, see=OF_HAND_OVER.format(t=history, column=column), insert=SIGNED_IN))
    return "\n".join(parts)
