"""The wall: permission numbers, definer functions, row-level security and the history demand on every table."""

from pathlib import Path

from django.db import migrations

from portal.access.answering import guard_answers
from portal.access.audited import audited_tables
from portal.access.erased import NOT_ERASING, erased_tables, erasing_guards, listed_names
from portal.access.beds import guard_directory, guard_placements
from portal.access.referring import guard_referrals, guard_services
from portal.access.plans import guard_actions, guard_plans
from portal.access.hand_overs import guard_hand_overs
from portal.access.rowlevel import (
    ME,
    SIGNED_IN,
    TEAMS,
    TRAINED,
    guard_child,
    guard_drafts,
    guard_pairs,
    guard_section,
    guard_series,
    guard_series_root,
    guard_varying,
    policies,
    section_condition,
)
from portal.access.sections import SERIES_CHANGE, SERIES_VIEW, Level, Section, codename, permission_id
from portal.audit.authors import BESIDE, BY_DATABASE
from portal.audit.demand import demand_history, history_table, timeline_index

SQL = Path(__file__).parent.parent / "sql"
PARTS = (
    "functions",
    "guards",
    "shelters",
    "matching",
    "referrals",
    "handovers",
    "care",
    "auditing",
    "tasks",
    "names",
    "seals",
    "grants",
    "owners",
    "reminders",
    "people",
    "operator",
    "sessions",
    "emergency",
    "extracts",
    "figures",
    "unusual",
    "jobs",
    "drafts",
    "retention",
    "erasing",
    "proved",
    "answers",
)
WRITTEN = {f"<{name}>": f"ARRAY[{', '.join(map(repr, kinds))}]" for name, kinds in (("by database", BY_DATABASE), ("beside", BESIDE))}
FUNCTIONS = "".join((SQL / f"{name}.sql").read_text() for name in PARTS).replace("<trained>", TRAINED)
for mark, kinds in WRITTEN.items():
    FUNCTIONS = FUNCTIONS.replace(mark, kinds)

TRACKED = [
    "accounts_agency", "accounts_team", "accounts_person", "accounts_membership", "accounts_certificate",
    "accounts_standard", "accounts_invitation", "accounts_personchange",
    "casework_lookup", "casework_task", "casework_approval", "casework_note", "casework_notice", "casework_attachment",
    "access_grant", "access_conflictofinterest", "access_seal",
    "accounts_agreement", "access_legalbasis",
    "victims_child", "victims_riskflag", "victims_identity", "victims_whereabouts", "victims_healthentry",
    "victims_therapyentry", "victims_careentry", "victims_legalorder", "victims_investigationentry",
    "victims_suspectentry", "victims_series", "victims_childseries", "victims_import",
    "shelters_shelter", "shelters_shelteraddress", "shelters_bed", "shelters_placement",
    "victims_clue", "victims_onlineidentifier", "victims_matchdecision",
    "victims_matchclaim", "victims_matchquestion",
    "casework_duerule",
    "victims_rescue",
    "referrals_service", "referrals_referral", "referrals_brief",
    "victims_assessment", "victims_careplan", "victims_goal", "victims_planaction", "victims_followup",
    "referrals_handover", "referrals_handoveritem",
    "accounts_network",
    "access_emergency", "access_extract",
    "access_erasure", "access_evidencehold", "access_keptlonger",
    "victims_childrequest", "victims_disclosure", "victims_correction",
]  # fmt: skip

SECTIONS = {
    "victims_riskflag": Section.SUMMARY,
    "victims_identity": Section.IDENTITY,
    "victims_whereabouts": Section.WHEREABOUTS,
    "victims_healthentry": Section.HEALTH,
    "victims_therapyentry": Section.THERAPY,
    "victims_careentry": Section.CARE,
    "victims_legalorder": Section.LEGAL,
    "victims_investigationentry": Section.INVESTIGATION,
    "victims_childseries": Section.INVESTIGATION,
    "victims_suspectentry": Section.SUSPECTS,
    "victims_rescue": Section.LEGAL,
    "victims_assessment": Section.CARE,
    "victims_goal": Section.CARE,
    "victims_followup": Section.CARE,
}

ON_THE_TIMELINE = [*SECTIONS, "casework_note", "casework_attachment", "casework_task", "access_grant"]
ON_THE_TIMELINE += ["shelters_placement"]
ON_THE_TIMELINE += ["referrals_referral"]
ON_THE_TIMELINE += ["victims_careplan", "victims_planaction"]
ON_THE_TIMELINE += ["referrals_handover"]
ON_THE_TIMELINE += ["victims_childrequest", "victims_disclosure", "victims_correction"]

# What the definer functions read and write.
GUARD = """
GRANT SELECT ON accounts_person, accounts_agency, accounts_team, accounts_membership, accounts_certificate,
  access_rule, access_openingkey, access_grant, access_conflictofinterest, victims_child, victims_childseries,
  victims_series, victims_mediahash, access_step, victims_historicalchild TO guard;
GRANT SELECT, INSERT ON casework_sectionkey TO guard;
GRANT INSERT, UPDATE ON access_grant, casework_task, casework_notice TO guard;
GRANT UPDATE ON victims_child TO guard;
GRANT INSERT ON victims_historicalchild, access_historicalgrant, casework_historicaltask, casework_historicalnotice,
  audit_event TO guard;
GRANT SELECT, INSERT, UPDATE ON access_identitytoken TO guard;
GRANT SELECT, INSERT, DELETE ON access_childgrouppermission, access_childuserpermission,
  access_seriesgrouppermission, access_seriesuserpermission TO guard;
GRANT UPDATE (password) ON accounts_person TO guard;
GRANT INSERT, DELETE ON victims_nametoken TO guard;
GRANT SELECT ON accounts_standard, accounts_invitation, auth_group TO guard;
GRANT INSERT ON auth_group TO guard;
GRANT SELECT, DELETE ON mfa_authenticator TO guard;
GRANT SELECT, INSERT ON access_figure TO guard;
REVOKE ALL ON access_figure FROM app;
GRANT INSERT, UPDATE ON casework_job TO guard;
GRANT SELECT, INSERT ON casework_processed TO guard;
GRANT INSERT, UPDATE ON victims_seriespair TO guard;
GRANT INSERT ON victims_mediamatch TO guard;
GRANT INSERT, UPDATE, DELETE ON casework_draft TO guard;
GRANT DELETE ON victims_disclosurecontent TO guard;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO guard;
"""

# Columns of which no earlier value is kept.
OUTSIDE_HISTORY = {"accounts_person": ["password"]}

# What the functions of guard ask and tell each other: marks, writes, and answers about files of which the person may have
# nothing. The application may call none of them, nor a function of a trigger: it could hang that on a temporary table.
INTERNAL = """
agency_of all_ticked approved_now ask_to_confirm brought_here change_of changes_series closed_on could_decide could_propose count_words
custodians_left days_of deciding decides_erasures decisions_needed emptied erasable_parts erase erase_again erase_closed erase_file erase_history erase_purposes
ended_for_others ends_by_team erase_records erased_tables erasing_mark erasure_asked evidence_parts held_parts hold_enders keep_until kept_from_erasure listed_names note_erased reaches reads_tombstone tell_of_holds
demand_key demand_step differences does_tasks dropped_now emergency_mark escalate_confirmations falls_to_intake files_by flips
goes_on has_decided has_moved has_others heirs_of holds holds_series in_charge inherits_seal is_caseworker is_draft is_kept_apart
is_mine is_of_sealed is_offered is_owner is_related is_signing is_unanswered joining_mark keeps keeps_person
lapsed_with_act last_answer licence_forbids may_ask_seal may_ask_to_erase may_decide may_hold may_own may_pass_on may_send move_files move_tasks
named_by_me near_media no_end not_erased note_event note_history opened opens_nothing opens_pair overseen_parts oversees
places_people project_agency project_files project_seal project_series recipient_may
remind_of_training reviews_looks_of sees_series sender_may set_open shares_team shut_in_emergency sign_in_mark signature_mark stand_in
standing suppressed take_for_erasing takes_action tell_desk tell_next_in_line tell_of_custodians tell_of_ends told_of unproved_erasures within_180_days words_left
""".split()

AFTER = """
DO $$
DECLARE
  f record;
BEGIN
  FOR f IN SELECT p.oid::regprocedure AS called, p.prorettype = 'trigger'::regtype OR p.proname = ANY ('{<internal>}') AS internal
             FROM pg_proc p WHERE p.pronamespace = 'access'::regnamespace LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f.called);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO guard', f.called);
    IF NOT f.internal THEN EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO app, clock', f.called); END IF;
    EXECUTE format('ALTER FUNCTION %s OWNER TO guard', f.called);
  END LOOP;
END $$;
CREATE TRIGGER access_legalbasis_changed AFTER UPDATE ON access_legalbasis
  FOR EACH ROW EXECUTE FUNCTION access.legal_basis_changed();
CREATE TRIGGER accounts_agreement_changed AFTER INSERT OR UPDATE ON accounts_agreement
  FOR EACH ROW EXECUTE FUNCTION access.agreement_changed();
-- Who works where, in which role and with which certificate is written by who keeps people, behind triggers that ask for
-- it. They fire for the application alone: the owner of the tables sets the portal up, guard has its own rules. Passwords
-- pass through access.set_password().
REVOKE UPDATE ON accounts_person FROM app;
GRANT UPDATE (version, given_name, family_name, language, time_zone, shortcuts, roles, is_active) ON accounts_person TO app;
CREATE TRIGGER accounts_person_kept_by BEFORE INSERT OR UPDATE ON accounts_person FOR EACH ROW
  WHEN (current_user = 'app') EXECUTE FUNCTION access.person_kept();
CREATE TRIGGER accounts_membership_kept_by BEFORE INSERT OR UPDATE ON accounts_membership FOR EACH ROW
  WHEN (current_user = 'app') EXECUTE FUNCTION access.membership_kept();
CREATE TRIGGER accounts_team_kept_by BEFORE INSERT OR UPDATE ON accounts_team FOR EACH ROW
  WHEN (current_user = 'app') EXECUTE FUNCTION access.team_kept();
CREATE TRIGGER accounts_standard_kept_by BEFORE INSERT OR UPDATE ON accounts_standard FOR EACH ROW
  WHEN (current_user = 'app') EXECUTE FUNCTION access.standard_kept();
CREATE TRIGGER accounts_certificate_kept_by BEFORE INSERT OR UPDATE ON accounts_certificate FOR EACH ROW
  WHEN (current_user = 'app') EXECUTE FUNCTION access.certificate_kept();
CREATE TRIGGER accounts_invitation_kept_by BEFORE INSERT OR UPDATE ON accounts_invitation FOR EACH ROW
  WHEN (current_user = 'app') EXECUTE FUNCTION access.invitation_kept();
CREATE TRIGGER accounts_personchange_kept_by BEFORE INSERT OR UPDATE ON accounts_personchange FOR EACH ROW
  WHEN (current_user = 'app') EXECUTE FUNCTION access.change_kept();
CREATE TRIGGER accounts_agency_fixed BEFORE UPDATE ON accounts_agency FOR EACH ROW EXECUTE FUNCTION access.agency_fixed();
CREATE TRIGGER accounts_agency_switched AFTER UPDATE ON accounts_agency
  FOR EACH ROW WHEN (OLD.is_active <> NEW.is_active) EXECUTE FUNCTION access.agency_switched();
CREATE TRIGGER accounts_network_fixed BEFORE INSERT OR UPDATE ON accounts_network
  FOR EACH ROW EXECUTE FUNCTION access.network_fixed();
CREATE TRIGGER victims_child_fixed BEFORE UPDATE ON victims_child FOR EACH ROW WHEN (<not erasing>) EXECUTE FUNCTION access.child_fixed();
CREATE TRIGGER victims_childseries_fixed BEFORE INSERT OR UPDATE ON victims_childseries
  FOR EACH ROW WHEN (<not erasing>) EXECUTE FUNCTION access.link_fixed();
CREATE TRIGGER casework_sectionkey_names AFTER DELETE ON casework_sectionkey
  FOR EACH ROW WHEN (OLD.section = 2) EXECUTE FUNCTION access.forget_names();
CREATE TRIGGER casework_sectionkey_drafts AFTER DELETE ON casework_sectionkey
  FOR EACH ROW EXECUTE FUNCTION access.forget_drafts();
CREATE TRIGGER casework_approval_fixed BEFORE INSERT OR UPDATE ON casework_approval
  FOR EACH ROW WHEN (<not erasing>) EXECUTE FUNCTION access.approval_fixed();
CREATE TRIGGER casework_task_fixed BEFORE INSERT OR UPDATE ON casework_task
  FOR EACH ROW WHEN (<not erasing>) EXECUTE FUNCTION access.task_fixed();
CREATE CONSTRAINT TRIGGER casework_task_answered AFTER UPDATE ON casework_task DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD.state = 1 AND NEW.state <> 1 AND (<not erasing>)) EXECUTE FUNCTION access.task_answered();
CREATE CONSTRAINT TRIGGER access_grant_ends_with_hand_over AFTER UPDATE ON access_grant DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (OLD.ended IS NULL AND NEW.ended IS NOT NULL) EXECUTE FUNCTION access.offer_ends_with_hand_over();
CREATE TRIGGER casework_notice_sender BEFORE INSERT ON casework_notice
  FOR EACH ROW EXECUTE FUNCTION access.notice_sender();
-- What is one's own stays with its file: a foreign key would tell of another one whether it exists.
CREATE TRIGGER casework_notice_file BEFORE UPDATE ON casework_notice FOR EACH ROW
  WHEN (current_user = 'app' AND NEW.child_id IS DISTINCT FROM OLD.child_id) EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER casework_document_file BEFORE UPDATE ON casework_document FOR EACH ROW
  WHEN (current_user = 'app' AND NEW.child_id IS DISTINCT FROM OLD.child_id) EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER audit_event_author BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION access.event_author();
CREATE TRIGGER access_grant_given AFTER INSERT ON access_grant REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION access.grants_changed();
CREATE TRIGGER access_grant_changed AFTER UPDATE ON access_grant REFERENCING NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION access.grants_changed();
CREATE TRIGGER victims_child_moved AFTER UPDATE ON victims_child REFERENCING OLD TABLE AS before NEW TABLE AS changed
  FOR EACH STATEMENT EXECUTE FUNCTION access.files_moved();
CREATE TRIGGER access_grant_fixed BEFORE UPDATE ON access_grant FOR EACH ROW WHEN (<not erasing>) EXECUTE FUNCTION access.grant_fixed();
CREATE CONSTRAINT TRIGGER victims_child_owner_holds AFTER UPDATE ON victims_child DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (current_user = 'app' AND OLD.owner_id <> NEW.owner_id) EXECUTE FUNCTION access.owner_holds();
CREATE TRIGGER access_seal_fixed BEFORE INSERT OR UPDATE ON access_seal FOR EACH ROW WHEN (<not erasing>) EXECUTE FUNCTION access.seal_fixed();
CREATE TRIGGER access_seal_follows AFTER UPDATE ON access_seal FOR EACH ROW EXECUTE FUNCTION access.seal_follows();
CREATE TRIGGER access_conflictofinterest_fixed BEFORE INSERT OR UPDATE ON access_conflictofinterest
  FOR EACH ROW EXECUTE FUNCTION access.conflict_fixed();
CREATE TRIGGER access_emergency_fixed BEFORE INSERT OR UPDATE ON access_emergency
  FOR EACH ROW WHEN (<not erasing>) EXECUTE FUNCTION access.emergency_fixed();
CREATE TRIGGER access_extract_fixed BEFORE INSERT OR UPDATE ON access_extract
  FOR EACH ROW WHEN (<not erasing>) EXECUTE FUNCTION access.extract_fixed();
CREATE TRIGGER victims_disclosure_fixed BEFORE INSERT OR UPDATE ON victims_disclosure
  FOR EACH ROW WHEN (<not erasing>) EXECUTE FUNCTION access.disclosure_fixed();
CREATE TRIGGER victims_disclosurecontent_fixed BEFORE INSERT OR UPDATE ON victims_disclosurecontent
  FOR EACH ROW EXECUTE FUNCTION access.disclosed_fixed();
CREATE TRIGGER victims_childrequest_fixed BEFORE INSERT OR UPDATE ON victims_childrequest
  FOR EACH ROW WHEN (<not erasing>) EXECUTE FUNCTION access.request_fixed();
CREATE TRIGGER victims_correction_fixed BEFORE INSERT OR UPDATE ON victims_correction
  FOR EACH ROW WHEN (<not erasing>) EXECUTE FUNCTION access.correction_fixed();
CREATE TRIGGER victims_media_fixed BEFORE UPDATE OR DELETE ON victims_media
  FOR EACH ROW EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER victims_mediahash_fixed BEFORE UPDATE OR DELETE ON victims_mediahash
  FOR EACH ROW EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER shelters_placement_fixed BEFORE INSERT OR UPDATE ON shelters_placement
  FOR EACH ROW WHEN (<not erasing>) EXECUTE FUNCTION access.placement_fixed();
CREATE TRIGGER referrals_referral_fixed BEFORE INSERT OR UPDATE ON referrals_referral
  FOR EACH ROW WHEN (<not erasing>) EXECUTE FUNCTION access.referral_fixed();
CREATE TRIGGER referrals_brief_fixed BEFORE INSERT OR UPDATE ON referrals_brief
  FOR EACH ROW WHEN (<not erasing>) EXECUTE FUNCTION access.brief_fixed();
CREATE TRIGGER victims_perceptualhash_fixed BEFORE UPDATE OR DELETE ON victims_perceptualhash
  FOR EACH ROW EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER victims_mediamatch_fixed BEFORE UPDATE OR DELETE ON victims_mediamatch
  FOR EACH ROW EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER victims_matchdecision_decided BEFORE INSERT OR UPDATE ON victims_matchdecision
  FOR EACH ROW EXECUTE FUNCTION access.match_decided();
CREATE TRIGGER victims_matchclaim_claimed BEFORE INSERT OR UPDATE ON victims_matchclaim
  FOR EACH ROW EXECUTE FUNCTION access.match_claimed();
CREATE TRIGGER victims_matchquestion_asked BEFORE INSERT OR UPDATE ON victims_matchquestion
  FOR EACH ROW EXECUTE FUNCTION access.match_asked();
CREATE TRIGGER victims_careplan_fixed BEFORE INSERT OR UPDATE ON victims_careplan
  FOR EACH ROW WHEN (<not erasing>) EXECUTE FUNCTION access.plan_fixed();
CREATE TRIGGER victims_goal_fixed BEFORE INSERT OR UPDATE ON victims_goal
  FOR EACH ROW WHEN (<not erasing>) EXECUTE FUNCTION access.goal_fixed();
CREATE TRIGGER victims_assessment_fixed BEFORE INSERT OR UPDATE ON victims_assessment
  FOR EACH ROW WHEN (<not erasing>) EXECUTE FUNCTION access.recorded_once();
CREATE TRIGGER victims_assessment_scores BEFORE INSERT ON victims_assessment
  FOR EACH ROW EXECUTE FUNCTION access.scores_fixed();
CREATE TRIGGER victims_followup_fixed BEFORE INSERT OR UPDATE ON victims_followup
  FOR EACH ROW WHEN (<not erasing>) EXECUTE FUNCTION access.recorded_once();
CREATE TRIGGER victims_planaction_fixed BEFORE INSERT OR UPDATE ON victims_planaction
  FOR EACH ROW WHEN (<not erasing>) EXECUTE FUNCTION access.action_fixed();
CREATE TRIGGER referrals_handover_fixed BEFORE INSERT OR UPDATE ON referrals_handover
  FOR EACH ROW WHEN (<not erasing>) EXECUTE FUNCTION access.hand_over_fixed();
CREATE TRIGGER referrals_handoveritem_fixed BEFORE INSERT OR UPDATE ON referrals_handoveritem
  FOR EACH ROW WHEN (<not erasing>) EXECUTE FUNCTION access.hand_over_item_fixed();
CREATE TRIGGER casework_attachmentcontent_fixed BEFORE UPDATE OR DELETE ON casework_attachmentcontent
  FOR EACH ROW WHEN (<not erasing>) EXECUTE FUNCTION audit.refuse_change();
GRANT EXECUTE ON FUNCTION access.erase_again, access.is_erasing TO owner;
GRANT EXECUTE ON FUNCTION access.not_erased, access.unproved_erasures TO owner, anchor;
""".replace("<internal>", ",".join(INTERNAL)).replace("<not erasing>", NOT_ERASING)


def permissions() -> str:
    """Return the SQL that makes the permissions under their fixed ids."""
    sql = ["INSERT INTO django_content_type (app_label, model) VALUES ('victims', 'child'), ('victims', 'series')"
           " ON CONFLICT DO NOTHING;"]  # fmt: skip
    rows = [(permission_id(s, level), "child", codename(s, level)) for s in Section for level in Level]
    rows += [(SERIES_VIEW, "series", "view_series"), (SERIES_CHANGE, "series", "change_series")]
    for number, model, name in rows:
        sql.append(
            f"INSERT INTO auth_permission (id, name, content_type_id, codename) SELECT {number}, '{name}', id, '{name}'"
            f" FROM django_content_type WHERE app_label = 'victims' AND model = '{model}';"
        )
    return "\n".join(sql)


def own_rows(table: str, condition: str, *, add: str, alter: str | None = None) -> str:
    """Return the policies of a tracked table whose rows belong to people or teams, and of its history."""
    history = history_table(table)
    return "\n".join(
        [
            policies(table, see=condition.format(t=table), insert=add.format(t=table), update=alter and alter.format(t=table)),
            policies(history, see=condition.format(t=history), insert=SIGNED_IN),
        ]
    )


def with_history_of_row(table: str, condition: str, *, add: str, alter: str | None = None) -> str:
    """Return the policies of a tracked table whose earlier rows are read by whoever reads the row as it stands now."""
    history = history_table(table)
    there = f"coalesce((SELECT true FROM {table} r WHERE r.id = {history}.id LIMIT 1), false) AND {SIGNED_IN}"
    here = condition.format(t=table)
    return "\n".join(
        [
            policies(table, see=here, insert=add.format(t=table), update=alter and alter.format(t=table)),
            policies(history, see=there, insert=SIGNED_IN),
        ]
    )


# What names a file is kept from whoever has a relation to its child, and of a sealed one from all but its custodians.
KEPT = """({t}.child_id IS NULL OR ({t}.child_id <> ALL ((SELECT access.conflicts())::uuid[])
  AND NOT access.sealed_away({t}.child_id)))"""
SUMMARY_OF = section_condition("{t}", Section.SUMMARY, Level.VIEW)
# Whose roles reach no section of any file reads none of its tasks and grants by being in a team: they hold words.
IN_TEAM = f"({{t}}.team_id = ANY ({TEAMS}) AND ({{t}}.child_id IS NULL OR (SELECT 0 < ANY (access.reach()))))"
# A record of work is seen by its team or person, and by whoever reads the file's SUMMARY.
TASK = f"""(({{t}}.person_id = {ME} OR {IN_TEAM} OR ({{t}}.child_id IS NOT NULL AND {SUMMARY_OF}))
  AND {KEPT})"""
# Work on a file is asked for by whoever reads its SUMMARY.
ASKS = f"({{t}}.child_id IS NULL OR ({SUMMARY_OF}))"
# What names a file is written by whoever has something of it: a foreign key would tell anybody else whether it exists.
SEEN = "({t}.child_id IS NULL OR EXISTS (SELECT FROM access.file_lines(ARRAY[{t}.child_id])))"
# An officer asks the team that holds a series which the officer sees to look at its files.
ASKED = f"""({TASK} AND {ASKS}) OR ({{t}}.kind = 'match_question' AND {{t}}.child_id IS NULL AND {{t}}.state = 1 AND (SELECT access.roams())
  AND EXISTS (SELECT FROM victims_series s WHERE s.owner_id = {{t}}.team_id))"""
# Whoever is asked about a seal decides without holding the file, and reads no more of it once that is decided.
APPROVAL = f"""({{t}}.asked_by_id = {ME} OR {{t}}.team_id = ANY ({TEAMS})
    OR ({{t}}.role <> '' AND ({{t}}.decided_by_id = {ME} OR access.decides_in_role({{t}}.subject_id, {{t}}.role)))) AND ({KEPT}
  OR ({{t}}.kind IN ('seal', 'custodians', 'unseal') AND ({{t}}.state = 1 OR {{t}}.decided = app_now())
    AND {{t}}.child_id <> ALL ((SELECT access.conflicts())::uuid[])))"""
GRANT = f"""{KEPT} AND ({{t}}.given_by_id = {ME} OR {{t}}.person_id = {ME} OR {IN_TEAM}
  OR {{t}}.agency_id = (SELECT access.agency())
  OR coalesce((SELECT true FROM victims_child c WHERE c.id = {{t}}.child_id AND c.owner_id = ANY ({TEAMS}) LIMIT 1), false)
  OR coalesce((SELECT true FROM referrals_handover h WHERE (h.grant_id = {{t}}.id OR h.kept_id = {{t}}.id)
    AND h.state IN (1, 2) LIMIT 1), false)
  OR ({{t}}.parent_id IS NOT NULL AND access.passed_on({{t}}.parent_id)))"""
GIVEN = """access.may_give({t}.child_id, {t}.series_id, {t}.given_by_id, {t}.team_id, {t}.person_id, {t}.view,
  {t}.change, {t}.until, {t}.basis,
  {t}.parent_id) AND access.is_lawful({t}.view, {t}.legal_basis, {t}.legal_by_section)
  AND access.is_agreed({t}.child_id, {t}.team_id, {t}.person_id, {t}.view, {t}.basis)
  AND {t}.begins = app_now() AND {t}.ended IS NULL
  AND {t}.confirmed IS NULL AND NOT ({t}.onward AND {t}.parent_id IS NOT NULL) AND ({t}.accepted IS NULL OR (access.is_ours({t}.team_id, {t}.person_id)
    AND {t}.accepted_by_id = (SELECT access.person()) AND {t}.accepted = app_now()))"""

# What an emergency opens is recorded before.
OF_EMERGENCY = """access.is_of_emergency({t}.id, {t}.child_id, {t}.given_by_id, {t}.person_id, {t}.accepted_by_id,
  {t}.view, {t}.change, {t}.begins, {t}.until, {t}.basis)"""
# A hold is read by its team, by whoever reads one of its parts, and by whoever ends it in the team's place.
HOLD = f"""(({{t}}.set_by_id = {ME} OR ({{t}}.team_id = ANY ({TEAMS}) AND (SELECT access.has_role('{{{{investigator,supervisor}}}}'))))
  AND {KEPT}) OR {{t}}.id = ANY ((SELECT access.holds_left_to_me())::uuid[]) OR access.reads_hold({{t}}.child_id, {{t}}.sections)"""
# A table of files is its person's; who could allow it reads what it is for.
EXTRACT = f"""({{t}}.person_id = {ME} OR ({{t}}.agency_id = (SELECT access.agency())
  AND (SELECT access.has_role('{{{{supervisor,privacy_officer}}}}'))
  AND {ME} = ANY (access.extract_deciders({{t}}.person_id))))"""

# An import names its series: a restricted one is its person's and its team's.
IMPORT = f"""{{t}}.agency_id = (SELECT access.agency()) AND (SELECT access.roams())
  AND ({{t}}.is_network OR {{t}}.person_id = {ME} OR {{t}}.summary ->> 'team' = ANY ({TEAMS}::text[]))"""

JOB = f"""person_id = {ME} OR coalesce((SELECT true FROM victims_import i WHERE i.job_id = casework_job.id LIMIT 1), false)"""

# Second factors are their person's, with or without a certificate; a sign-in under way looks at them and notes their use.
HOLDER = "(SELECT access.holder())"
FACTOR = f"user_id = {HOLDER} OR (SELECT access.is_signing_in())"

# Without a sign-in an event is about no file and no series: a try to sign in, a wrong password.
EVENT = """person_id = (SELECT access.holder()) OR (person_id IS NULL AND (SELECT access.holder()) IS NULL
  AND child_id IS NULL AND series_id IS NULL AND entities = '{}' AND recorded = app_now())"""
# Invitations, and what two decide about a third, are seen by the agency's administrators and by the operator where one is
# needed; an invitation also by whoever has opened its link.
OF_AGENCY = "({t}.agency_id = (SELECT access.agency()) AND (SELECT access.has_role('{{agency_admin}}')))"
CHANGE = f"""{OF_AGENCY} OR ((SELECT access.has_role('{{{{operator}}}}')) AND ({{t}}.asked_by_id = {ME} OR {{t}}.decided_by_id = {ME}
  OR NOT access.has_keeper({{t}}.agency_id, ARRAY[{{t}}.asked_by_id, {{t}}.person_id])))"""
JOINING = "{t}.id = (SELECT access.joining())"
INVITATION = f"""{OF_AGENCY} OR {JOINING} OR ((SELECT access.has_role('{{{{operator}}}}')) AND ({{t}}.roles = '{{{{agency_admin}}}}'::varchar[]
  OR EXISTS (SELECT FROM accounts_personchange c WHERE c.invitation_id = {{t}}.id)))"""
KEEPER = "(SELECT access.has_role('{{agency_admin,operator}}'))"
OPERATOR = "(SELECT access.has_role('{{operator}}'))"
# The rules of the clock are read by everybody; an agency keeps its own, the operator the defaults.
OWN_RULE = """({t}.agency_id = (SELECT access.agency()) AND (SELECT access.has_role('{{agency_admin}}')))
  OR ({t}.agency_id IS NULL AND (SELECT access.has_role('{{operator}}')))"""

# A declared relation is read by whoever recorded it and by the privacy officers of the person's agency.
KEEPS_CONFLICT = """(SELECT access.has_role('{{privacy_officer}}'))
  AND {t}.person_id IN (SELECT p.id FROM accounts_person p WHERE p.agency_id = (SELECT access.agency()))"""
CONFLICT = f"{{t}}.recorded_by_id = {ME} OR ({KEEPS_CONFLICT})"
# A seal is read by its custodians, by whoever asked for it until that is decided or taken back, and by those who decide.
SEAL = f"""({ME} = ANY ({{t}}.custodians) AND {KEPT}) OR ({{t}}.asked_by_id = {ME} AND {{t}}.sealed IS NULL AND ({{t}}.ended IS NULL OR {{t}}.ended = app_now()))
  OR EXISTS (SELECT FROM casework_approval a WHERE a.child_id = {{t}}.child_id AND a.kind IN ('seal', 'custodians', 'unseal')
    AND a.team_id = ANY ({TEAMS}) AND (a.state = 1 OR a.decided = app_now()))"""

OWN = "\n".join(
    [
        own_rows("casework_task", TASK, add=ASKED, alter=TASK),
        with_history_of_row("casework_approval", APPROVAL, add=f"{{t}}.asked_by_id = {ME}", alter=APPROVAL),
        own_rows(
            "casework_notice",
            f"{{t}}.person_id = {ME} AND {KEPT}",
            add=SEEN,
            alter=f"{{t}}.person_id = {ME}",
        ),
        own_rows("access_grant", GRANT, add=f"({GIVEN}) OR {OF_EMERGENCY}", alter=GRANT),
        with_history_of_row(
            "access_emergency", "access.reads_emergency({t}.*)", add=f"{{t}}.person_id = {ME}", alter="access.reads_emergency({t}.*)"
        ),
        # Read by those whom it is told; only guard carries an erasure out.
        with_history_of_row(
            "access_erasure", f"({{t}}.asked_by_id = {ME} OR access.reads_erasures({{t}}.child_id))", add=f"{{t}}.asked_by_id = {ME}"
        ),
        with_history_of_row(
            "access_evidencehold", HOLD, add=f"{{t}}.set_by_id = {ME}", alter=HOLD
        ),
        with_history_of_row("access_keptlonger", "access.reads_erasures({t}.child_id)", add=f"{{t}}.kept_by_id = {ME}"),
        own_rows("access_extract", EXTRACT, add=f"{{t}}.person_id = {ME}", alter=EXTRACT),
        own_rows("access_conflictofinterest", CONFLICT, add=f"{{t}}.recorded_by_id = {ME}", alter=KEEPS_CONFLICT),
        with_history_of_row("access_seal", SEAL, add=f"{{t}}.asked_by_id = {ME}", alter=SEAL),
        # What an agency may receive, and what allows sharing, is known to everybody who works here and kept by the operator.
        own_rows("accounts_agreement", SIGNED_IN, add=OPERATOR, alter=OPERATOR),
        own_rows("access_legalbasis", SIGNED_IN, add=OPERATOR, alter=OPERATOR),
        own_rows(
            "victims_import",
            IMPORT,
            add=f"{{t}}.person_id = {ME} AND (SELECT access.roams())",
            alter=f"{{t}}.person_id = {ME}",
        ),
        own_rows("accounts_personchange", CHANGE, add=SIGNED_IN, alter=CHANGE),
        own_rows("accounts_invitation", INVITATION, add=SIGNED_IN, alter=INVITATION),
        "CREATE POLICY joined ON accounts_historicalinvitation FOR INSERT TO app WITH CHECK (id = (SELECT access.joining()));",
        own_rows("casework_lookup", "true", add=KEEPER, alter=KEEPER),
        # Who is who, and what the network calls itself, is read by everybody, before the sign-in too.
        own_rows("accounts_agency", "true", add=OPERATOR, alter=OPERATOR),
        own_rows("accounts_network", "true", add=OPERATOR, alter=OPERATOR),
        own_rows("casework_duerule", SIGNED_IN, add=OWN_RULE, alter=OWN_RULE),
        policies("casework_oncekey", see=f"person_id = {ME}", insert=f"person_id = {ME}", update=f"person_id = {ME}"),
        policies(
            "casework_document",
            see=f"person_id = {ME} AND {KEPT.format(t='casework_document')}",
            insert=f"person_id = {ME} AND {SEEN.format(t='casework_document')}",
            update=f"person_id = {ME}",
        ),
        # One's own jobs, and those of imports that one sees; definer functions write them.
        policies("casework_job", see=JOB),
        policies("access_childgrouppermission", see="group_id = ANY ((SELECT access.groups())::integer[])"),
        policies("access_childuserpermission", see=f"user_id = {ME}"),
        policies("access_seriesgrouppermission", see="group_id = ANY ((SELECT access.groups())::integer[])"),
        policies("access_seriesuserpermission", see=f"user_id = {ME}"),
        policies("access_identitytoken", see="false"),
        policies("victims_nametoken", see=section_condition("victims_nametoken", Section.IDENTITY, Level.VIEW)),
        policies("mfa_authenticator", see=FACTOR, insert=f"user_id = {HOLDER}", update=FACTOR),
        f"CREATE POLICY remove ON mfa_authenticator FOR DELETE TO app USING (user_id = {HOLDER});",
        "GRANT DELETE ON mfa_authenticator TO app;",
        policies(
            "audit_event",
            see=f"person_id = {ME}",
            insert=EVENT,
            clock=True,
        ),
        "CREATE POLICY anchored ON audit_event FOR SELECT TO anchor USING (true);",
    ]
)

WALL = "\n".join(
    [
        guard_answers(),
        guard_child(),
        guard_series_root(),
        *[guard_section(table, section) for table, section in SECTIONS.items()],
        guard_varying("casework_note"),
        guard_varying("casework_attachment"),
        guard_varying("casework_sectionkey", with_history=False),
        guard_varying("casework_attachmentcontent", with_history=False),
        guard_drafts(),
        guard_series("victims_media", with_history=False),
        guard_series("victims_mediahash", with_history=False),
        guard_directory(),
        guard_placements(),
        guard_services(),
        guard_referrals(),
        guard_series("victims_perceptualhash", with_history=False),
        guard_series("victims_clue"),
        guard_series("victims_onlineidentifier"),
        guard_pairs(),
        guard_plans(),
        guard_actions(),
        guard_hand_overs(),
        OWN,
    ]
)


class Migration(migrations.Migration):
    dependencies = [
        ("access", "0001_initial"),
        ("casework", "0002_records"),
        ("casework", "0003_rules"),
        ("victims", "0001_initial"),
        ("victims", "0004_claims"),
        ("victims", "0003_rescue"),
        ("victims", "0002_care"),
        ("victims", "0005_answers"),
        ("shelters", "0001_initial"),
        ("referrals", "0001_initial"),
        ("referrals", "0002_hand_over"),
        ("mfa", "0003_authenticator_type_uniq"),
    ]
    operations = [
        migrations.RunSQL(permissions()),
        migrations.RunSQL(FUNCTIONS),
        migrations.RunSQL(audited_tables(SECTIONS, ON_THE_TIMELINE)),
        migrations.RunSQL(erased_tables(SECTIONS)),
        migrations.RunSQL(listed_names()),
        *[migrations.RunSQL(demand_history(table, OUTSIDE_HISTORY.get(table, ()))) for table in TRACKED],
        *[migrations.RunSQL(timeline_index(table)) for table in ON_THE_TIMELINE],
        migrations.RunSQL(WALL),
        migrations.RunSQL(GUARD),
        migrations.RunSQL(AFTER),
        migrations.RunSQL(erasing_guards(SECTIONS)),
    ]
