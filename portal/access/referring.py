"""The policies of the directory of services, and of referrals with their briefs."""

from portal.access.rowlevel import SIGNED_IN, policies
from portal.audit.sql import history_table

TEAMS = "(SELECT access.teams())::uuid[]"
WORKS = "(SELECT access.answers_referrals())"
KEEPER = "(SELECT access.has_role('{agency_admin,operator}'))"
RUNS = f"{{t}}.team_id = ANY ({TEAMS}) AND {WORKS} AND {{t}}.agency_id = (SELECT access.agency())"
FREE = f"{{t}}.child_id <> ALL ((SELECT access.conflicts())::uuid[]) AND {WORKS}"
OWNS = """coalesce((SELECT true FROM victims_child c WHERE c.id = {t}.child_id
    AND c.owner_id = ANY ((SELECT access.teams())::uuid[]) LIMIT 1), false)"""
SENDS = f"({{t}}.from_team_id = ANY ({TEAMS}) OR {OWNS})"
RECEIVES = f"({{t}}.to_team_id = ANY ({TEAMS}) AND {{t}}.sent IS NOT NULL)"
# The brief opens to the recipient with the access that came with the referral, and closes with it.
BRIEF = """coalesce((SELECT true FROM referrals_referral r WHERE r.id = {t}.referral_id
    AND (r.from_team_id = ANY ((SELECT access.teams())::uuid[]) OR EXISTS (SELECT FROM access_grant g
      WHERE g.id = r.grant_id AND g.team_id = ANY ((SELECT access.teams())::uuid[])
        AND g.accepted IS NOT NULL AND g.ended IS NULL AND g.until > app_now())) LIMIT 1), false)"""


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
    """Return the policies of referrals: both teams and the owner of the file read the card, never a draft of others."""
    card, brief = "referrals_referral", "referrals_brief"
    both = f"({SENDS} OR {RECEIVES}) AND {FREE}"
    drafts = f"{{t}}.from_team_id = ANY ({TEAMS}) AND {FREE}"
    opened = f"({BRIEF} OR {OWNS}) AND {FREE}"
    rows = [(card, both, drafts, both), (brief, opened, opened, opened)]
    return "\n".join(
        policies(
            table, see=see.replace("{t}", table), insert=add.replace("{t}", table), update=alter.replace("{t}", table)
        )
        + "\n"
        + policies(history_table(table), see=see.replace("{t}", history_table(table)), insert=SIGNED_IN)
        for table, see, add, alter in rows
    )
