"""What an erasure empties: every table with records of a file, the part that each record belongs to, and the columns that stay.

A column in which somebody may type, or which names a choice, is emptied unless it is named here as kept: what is forgotten
is erased, not kept. A table that is not named here fails tests/test_catalogue.py.
"""

from collections.abc import Mapping

from portal.access.sections import Section
from portal.audit.demand import history_table
from portal.casework.code_names import WORDS

# The part of each table's rows: a number, or SQL about the row r. Those of the sections are added by the migration.
PARTS: dict[str, str] = {
    "victims_child": "1",
    "casework_task": "1",
    "casework_notice": "1",
    # What was decided about the erasure itself stays, as part of nothing.
    "casework_approval": "CASE r.kind WHEN 'erasure' THEN 0 WHEN 'care_plan' THEN 6 ELSE 1 END",
    "casework_note": "r.section",
    "casework_attachment": "r.section",
    "access_grant": "1",
    "access_seal": "1",
    "access_emergency": "1",
    "shelters_placement": "3",
    "victims_childrequest": "1",
    "victims_disclosure": "1",
    "victims_correction": "r.section",
    "victims_careplan": "6",
    "victims_planaction": "6",
    "referrals_referral": "1",
    "referrals_brief": "1",
    "referrals_handover": "6",
    "referrals_handoveritem": "6",
}

# Codes by which the portal works, and numbers: no words about the child.
KEPT: dict[str, tuple[str, ...]] = {
    "victims_child": (
        "case_number", "code_name", "code_name_key", "contact_safely", "age_band", "languages",  # the last three: below
    ),
    "victims_childrequest": ("kind",),
    "victims_disclosure": ("kind", "digest"),  # a paper that was given is known again
    "casework_task": ("kind",),
    "casework_notice": ("kind", "words"),
    "casework_approval": ("kind",),
    "casework_attachment": ("content_type",),
    "access_grant": ("basis", "legal_basis", "legal_by_section"),
    "referrals_referral": ("number", "age_band"),
    "referrals_handover": ("case_number", "code_name", "number"),
    "shelters_placement": ("age_band",),
}  # fmt: skip

# What is no text and says something of the child all the same, and what is emptied in another way.
SPECIAL: dict[str, str] = {
    "victims_child": "contact_safely = '', age_band = '', languages = '{}', sex = 0, risk = 0, needs_interpreter = NULL",
    "casework_notice": "words = ARRAY(SELECT '—'::varchar FROM unnest(words))",  # as many as the sentence needs
    "victims_whereabouts": "since = NULL",
    # Closed under SUMMARY's key, and their pages open to whoever holds what stays of the file.
    "victims_childrequest": "checked = '', safely = '', longer_why = substring(longer_why, 1, 0), words = substring(words, 1, 0),"
    " given_to = substring(given_to, 1, 0), given_how = substring(given_how, 1, 0)",
    "victims_disclosure": "reason = ''",
    "victims_rescue": "force_used = 0, interviews = NULL",
    "referrals_referral": "sex = 0, age_band = ''",
    "referrals_handover": "how = ''",  # sealed under the portal's own key, which stays
    "shelters_placement": "sex = 0, age_band = ''",
}

# Records of a file that an erasure leaves as they are: what was decided about it, and what holds no words.
STAYING = {
    "access_erasure", "access_evidencehold", "access_keptlonger",
    # Deleted or emptied apart.
    "victims_nametoken", "casework_sectionkey", "casework_attachmentcontent", "casework_document", "victims_disclosurecontent",
    "access_childgrouppermission", "access_childuserpermission",
}  # fmt: skip

TABLES = """
CREATE FUNCTION access.erased_tables()
RETURNS TABLE (source varchar, history varchar, owner_column varchar, part varchar, kept varchar[], special text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN QUERY VALUES
    {rows};
END $$;
"""

NAMES = """
CREATE FUNCTION access.listed_names() RETURNS TABLE (english varchar, arabic varchar)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  RETURN QUERY VALUES
    {rows};
END $$;
"""

# Guards of rows that functions of guard pass while they erase, and nobody else.
NOT_ERASING = "current_user <> 'guard' OR NOT access.is_erasing()"

GUARDS = """
DO $$
DECLARE
  t record;
BEGIN
  FOR t IN SELECT * FROM access.erased_tables() LOOP
    EXECUTE format('GRANT SELECT, UPDATE ON %I, %I TO guard', t.source, t.history);
    IF t.part ~ '^([0-9]|r[.]section)$' AND t.source !~ '^(victims_child$|casework_task|casework_notice|access)' THEN
      -- A change as well: one that waited for the erasure has decided by what stood before. Stays end all the same.
      EXECUTE format('CREATE TRIGGER %I AFTER INSERT %s ON %I FOR EACH ROW WHEN (current_user <> ''guard'')
        EXECUTE FUNCTION access.not_into_erased(%L)', t.source || '_gone',
        CASE WHEN t.part <> '1' AND t.source <> 'shelters_placement' THEN 'OR UPDATE' ELSE '' END,
        t.source, replace(t.part, 'r.', ''));
    ELSIF t.source <> 'victims_child' THEN  -- tasks, notices, questions and access go on while anything of the file stays
      EXECUTE format('CREATE TRIGGER %I AFTER INSERT ON %I FOR EACH ROW
        WHEN (current_user <> ''guard'' AND NEW.child_id IS NOT NULL)
        EXECUTE FUNCTION access.not_into_erased(''whole'')', t.source || '_gone', t.source);
    END IF;
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE ON access_erasure TO guard;
GRANT SELECT ON access_evidencehold, access_keptlonger, referrals_handover, referrals_referral, shelters_placement TO guard;
GRANT INSERT ON access_historicalerasure TO guard;
GRANT DELETE ON casework_sectionkey, casework_attachmentcontent, victims_disclosurecontent TO guard;
GRANT UPDATE ON casework_document TO guard;
GRANT UPDATE (purpose, purpose_hash) ON audit_event TO guard;
GRANT UPDATE (version, purpose, comment) ON access_extract TO guard;
GRANT INSERT, UPDATE (purpose, comment) ON access_historicalextract TO guard;
GRANT INSERT ON {histories} TO guard;
REVOKE UPDATE ON access_erasure, access_keptlonger FROM app;
CREATE TRIGGER audit_event_fixed BEFORE UPDATE OR DELETE ON audit_event
  FOR EACH ROW WHEN ({not_erasing}) EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER victims_child_erased BEFORE UPDATE ON victims_child FOR EACH ROW
  WHEN (current_user = 'app' AND NEW.erased <> OLD.erased) EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER casework_sectionkey_gone AFTER INSERT ON casework_sectionkey FOR EACH ROW
  EXECUTE FUNCTION access.not_into_erased('section');
CREATE TRIGGER victims_child_begins_whole BEFORE INSERT ON victims_child FOR EACH ROW
  WHEN (current_user = 'app' AND NEW.erased <> '{{}}') EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER access_erasure_fixed BEFORE INSERT OR UPDATE ON access_erasure
  FOR EACH ROW WHEN ({not_erasing}) EXECUTE FUNCTION access.erasure_fixed();
CREATE TRIGGER access_evidencehold_fixed BEFORE INSERT OR UPDATE ON access_evidencehold
  FOR EACH ROW EXECUTE FUNCTION access.hold_fixed();
CREATE TRIGGER access_keptlonger_fixed BEFORE INSERT OR UPDATE ON access_keptlonger
  FOR EACH ROW EXECUTE FUNCTION access.longer_fixed();
"""


def parts(sections: Mapping[str, Section]) -> dict[str, str]:
    """Return the part of the rows of every table that an erasure empties."""
    return {table: str(int(section)) for table, section in sections.items()} | PARTS


def erased_tables(sections: Mapping[str, Section]) -> str:
    """Return the SQL of the list of tables that an erasure empties."""
    return TABLES.format(rows=",\n    ".join(row(table, part) for table, part in parts(sections).items()))


def listed_names() -> str:
    """Return the SQL of the listed code names in both languages: whoever reads Arabic types them as they are shown."""
    return NAMES.format(
        rows=",\n    ".join(f"('{english}'::varchar, '{arabic}'::varchar)" for english, arabic in WORDS.items())
    )


def row(table: str, part: str) -> str:
    """Return one line of the list."""
    column = "id" if table == "victims_child" else "child_id"
    words = (table, history_table(table), column, part.replace("'", "''"))
    quoted = ", ".join(f"'{word}'::varchar" for word in words)
    special = SPECIAL.get(table, "").replace("'", "''")
    return f"({quoted}, '{{{','.join(KEPT.get(table, ()))}}}'::varchar[], '{special}'::text)"


def erasing_guards(sections: Mapping[str, Section]) -> str:
    """Return the SQL of what guard may erase, and of what keeps everybody else from it."""
    histories = ", ".join(history_table(table) for table in parts(sections))
    return GUARDS.format(not_erasing=NOT_ERASING, histories=histories)
