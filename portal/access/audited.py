"""Which tables the history of a file is read from, and which of their fields auditors read as they stand.

A table that is new on the timeline is here by itself. Its fields are hidden until they are named as plain, and where its
section is not known it is shown to auditors and privacy officers alone: what is forgotten here is closed, not open.
"""

from collections.abc import Iterable, Mapping

from portal.access.sections import Section
from portal.audit.demand import history_table

NOBODYS = 0  # a section that no team holds

# Records that have no section of their own: they are part of what SUMMARY shows, or of the section they name.
SUMMARY_RECORDS = (
    "casework_task", "access_grant", "access_erasure", "access_keptlonger",
)  # fmt: skip
# That a seal was asked for is no team's to read, nor the question about it: it may be meant to keep out one of them.
QUESTION = f"CASE WHEN h.kind IN ('seal', 'custodians', 'unseal') THEN {NOBODYS} ELSE {int(Section.SUMMARY)} END"
VARYING = ("casework_note", "casework_attachment", "victims_correction")
OTHERS = {
    "shelters_placement": Section.WHEREABOUTS,
    "victims_careplan": Section.CARE,
    "victims_planaction": Section.CARE,
    "referrals_referral": Section.SUMMARY,
    "referrals_brief": Section.SUMMARY,
    "victims_childrequest": Section.SUMMARY,
    "victims_disclosure": Section.SUMMARY,
}
BESIDE_THE_TIMELINE = (
    "casework_approval", "access_seal", "access_emergency", "referrals_brief", "referrals_handoveritem",
    "access_erasure", "access_evidencehold", "access_keptlonger",
)  # fmt: skip

# States, days, choices and whose something is: never a word that somebody wrote, a name, a place or a word of health.
PLAIN: dict[str, tuple[str, ...]] = {
    "victims_child": (
        "identity", "stage", "owner_id", "sex", "age_band", "languages", "needs_interpreter", "risk", "opened",
        "open_to_network", "erased",
    ),
    "victims_riskflag": ("ended",),
    "victims_childseries": ("stands", "ended"),
    "victims_identity": ("birth_source",),
    "victims_whereabouts": ("since",),
    "victims_healthentry": ("on",),
    "victims_therapyentry": ("on",),
    "victims_careentry": ("on", "kind"),
    "victims_legalorder": ("basis", "issued", "expires"),
    "victims_investigationentry": ("on", "kind"),
    "victims_suspectentry": ("custody",),
    "casework_task": ("team_id", "person_id", "due", "to_the_minute", "state", "step", "reminded", "ended"),
    "casework_approval": ("team_id", "asked_by_id", "asked", "state", "decided_by_id", "decided"),
    "casework_note": ("section",),
    "casework_attachment": ("section",),
    "access_grant": (
        "team_id", "person_id", "agency_id", "view", "change", "basis", "begins", "until", "given_by_id",
        "accepted_by_id", "accepted", "ended_by_id", "ended", "onward", "confirmed",
    ),
    "access_seal": ("asked_by_id", "sealed", "ended"),
    "access_erasure": ("sections", "ground", "asked_by_id", "asked", "approved_by_id", "done"),
    "access_evidencehold": ("sections", "set_by_id", "since", "review_on", "ended_by_id", "ended"),
    "access_keptlonger": ("until", "kept_by_id", "at"),
    "access_emergency": (
        "person_id", "agency_id", "owner_id", "owner_agency_id", "opened", "due", "reviewed_by_id", "reviewed",
        "is_justified",  # never the ground: it can be a word of health
    ),
    "shelters_placement": ("state", "renewed"),
    "victims_rescue": ("at", "legal_basis", "expires", "force_used"),
    "victims_assessment": ("on", "kind", "level"),
    "victims_careplan": ("number", "state", "team_id", "review_on"),
    "victims_childrequest": (
        "kind", "asker", "asked_on", "language", "recorded_by_id", "due", "state", "answered", "answered_by_id",
    ),
    "victims_disclosure": (
        "kind", "issued", "answer_by", "legal_basis", "parts", "begins", "ends", "language", "with_looks", "asked_by_id",
        "asked", "state", "made", "until", "digest",
    ),
    "victims_correction": ("section", "state", "decided_by_id", "decided", "stated", "withdrawn"),
    "victims_planaction": ("team_id", "person_id", "due", "state", "ended"),
    "victims_followup": ("on", "mode", "result", "next_due"),
    "referrals_referral": (
        "state", "urgency", "sent", "sent_by_id", "answer_by", "until", "claimed", "accepted", "decline", "attended",
        "closed",  # never to whom, nor when first: that is where the child will be
    ),
    "referrals_handover": (
        "state", "keeps", "started", "started_by_id", "giver_id", "given", "receiver_id", "received", "ended",
        "ended_by_id",
    ),
}  # fmt: skip

TABLES = """
CREATE FUNCTION access.audited_tables()
RETURNS TABLE (source varchar, history varchar, owner_column varchar, part varchar, plain varchar[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN QUERY VALUES
    {rows};
END $$;
"""


def audited_tables(sections: Mapping[str, Section], on_the_timeline: Iterable[str]) -> str:
    """Return the SQL of the list of tables that make up the history of a file."""
    tables = dict.fromkeys(["victims_child", *on_the_timeline, *BESIDE_THE_TIMELINE])
    rows = [row(table, part_of(table, sections)) for table in tables]
    return TABLES.format(rows=",\n    ".join(rows))


def part_of(table: str, sections: Mapping[str, Section]) -> str:
    """Return the section of a table's rows as SQL: a number, or the column in which each row names its own."""
    if table in VARYING:
        return "h.section"
    if table == "casework_approval":
        return QUESTION
    if table == "victims_child" or table in SUMMARY_RECORDS:
        return str(int(Section.SUMMARY))
    section = sections.get(table) or OTHERS.get(table)
    return str(int(section) if section else NOBODYS)


def row(table: str, part: str) -> str:
    """Return one line of the list."""
    column = "id" if table == "victims_child" else "child_id"
    plain, part = ",".join(PLAIN.get(table, ())), part.replace("'", "''")
    return (
        f"('{table}'::varchar, '{history_table(table)}'::varchar, '{column}'::varchar, '{part}'::varchar,"
        f" '{{{plain}}}'::varchar[])"
    )
