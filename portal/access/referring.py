"""The policies of the directory of services, and of referrals with their briefs."""

from portal.access.rowlevel import ME, SIGNED_IN, TEAMS, WORKS, policies
from portal.audit.demand import history_table

KEEPER = "(SELECT access.has_role('{agency_admin,operator}'))"
RUNS = f"{{t}}.team_id = ANY ({TEAMS}) AND {WORKS} AND {{t}}.agency_id = (SELECT access.agency())"
FREE = f"""{{t}}.child_id <> ALL ((SELECT access.conflicts())::uuid[]) AND {WORKS}
  AND NOT access.sealed_away({{t}}.child_id)"""
OWNS = """coalesce((SELECT true FROM victims_child c WHERE c.id = {t}.child_id
    AND c.owner_id = ANY ((SELECT access.teams())::uuid[]) LIMIT 1), false)"""
# The sending side: a draft is its writer's alone, what was sent is of the team that owns the file now. access.sends() and
# referrals.actions.is_sender() say the same.
SENDS = f"(({{t}}.sent IS NOT NULL OR {{t}}.sent_by_id = {ME}) AND {OWNS})"
RECEIVES = f"({{t}}.to_team_id = ANY ({TEAMS}) AND {{t}}.sent IS NOT NULL)"
# The brief opens to whoever reads the card on the sending side; to the recipient with the access that came with the
# referral, and closes with it.
BRIEF = f"""coalesce((SELECT true FROM referrals_referral r WHERE r.id = {{t}}.referral_id AND ({OWNS} OR EXISTS (
    SELECT FROM access_grant g WHERE g.id = r.grant_id AND g.team_id = ANY ({TEAMS})
      AND g.accepted IS NOT NULL AND access.stands(g.id))) LIMIT 1), false)"""  # noqa: S608  # names of code
# What was thought of and not sent is in its history: the recipient never reads that.
WROTE = f"""coalesce((SELECT true FROM referrals_referral r WHERE r.id = {{t}}.referral_id
    AND r.sent_by_id = {ME} LIMIT 1), false) AND {OWNS}"""  # noqa: S608  # names of code


def guard_services() -> str:
    """Return the policies of the directory: read by who works with files, kept by the team that runs the service.

    What was read in from elsewhere has no team; it is kept by those who keep the vocabularies.
    """
    table = "referrals_service"
    history = history_table(table)
    keeps = f"(({RUNS}) OR ({{t}}.team_id IS NULL AND {KEEPER}))"
    here = keeps.replace("{t}", table)
    return "\n".join(
        [
            policies(table, see=f"{WORKS} OR {KEEPER}", insert=here, update=here),
            policies(history, see=keeps.replace("{t}", history), insert=SIGNED_IN),
        ]
    )


def guard_referrals() -> str:
    """Return the policies of referrals: the recipient and the sending side read the card; triggers know the steps."""
    card, brief = "referrals_referral", "referrals_brief"
    both, opened = f"({RECEIVES} OR {SENDS}) AND {FREE}", f"{BRIEF} AND {FREE}"
    parts = []
    for table, see, earlier in ((card, both, both), (brief, opened, f"{WROTE} AND {FREE}")):
        here, history = see.replace("{t}", table), history_table(table)
        parts.append(policies(table, see=here, insert=here, update=here))
        parts.append(policies(history, see=earlier.replace("{t}", history), insert=SIGNED_IN))
    return "\n".join(parts)
