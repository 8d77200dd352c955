"""The catalogue of the database: every table has its place, every guard its shape, and a new table without one fails."""

import re
from importlib import import_module

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection

from portal.access import erased
from portal.access.identity import acting
from portal.access.roles import RULES
from portal.access.router import is_guarded
from portal.access.sections import Level, Section
from portal.accounts.roles import Role
from portal.audit.models import Tracked
from portal.casework.fields import RingSealedTextField, SealedTextField
from tests.statements import assert_refused, rows, run, value

# Rows behind policies: those of files, series and people.
GUARDED = {
    "access_childgrouppermission", "access_childuserpermission", "access_conflictofinterest", "access_grant", "access_seal",
    "accounts_invitation", "accounts_personchange",
    "access_identitytoken", "access_seriesgrouppermission", "access_seriesuserpermission", "audit_event",
    "casework_approval", "casework_attachment", "casework_attachmentcontent", "casework_document", "casework_note",
    "casework_lookup", "casework_notice", "casework_oncekey", "casework_sectionkey", "casework_task", "mfa_authenticator",
    "victims_careentry",
    "victims_child", "victims_childseries", "victims_healthentry", "victims_identity", "victims_import",
    "victims_investigationentry", "victims_legalorder", "victims_media", "victims_mediahash", "victims_riskflag",
    "victims_series", "victims_suspectentry", "victims_therapyentry", "victims_whereabouts",
    "shelters_bed", "shelters_placement", "shelters_shelter", "shelters_shelteraddress",
    "victims_clue", "victims_matchdecision", "victims_mediamatch", "victims_onlineidentifier", "victims_perceptualhash",
    "victims_seriespair",
    "victims_matchclaim", "victims_matchquestion",
    "casework_duerule",
    "victims_rescue",
    "referrals_brief", "referrals_referral", "referrals_service",
    "victims_assessment", "victims_careplan", "victims_followup", "victims_goal", "victims_planaction",
    "referrals_handover", "referrals_handoveritem",
    "victims_nametoken",
    "access_legalbasis", "accounts_agreement",
    "accounts_agency", "accounts_network",
    "access_emergency", "access_extract",
    "access_erasure", "access_evidencehold", "access_keptlonger",
    "casework_job",
    "casework_draft",
    "victims_childrequest", "victims_correction", "victims_disclosure", "victims_disclosurecontent",
}  # fmt: skip
# Read by everybody who works here: who is who, words, rules. Nothing of a file.
PUBLIC = {
    "access_rule", "audit_databasekind", "auth_group", "auth_permission", "django_content_type",
    "django_migrations", "casework_portalkey", "audit_away", "audit_checkpoint",
}  # fmt: skip
# Read by everybody as well, and written by who keeps people: triggers that fire for the application ask whether it is theirs.
KEPT = {"accounts_certificate", "accounts_membership", "accounts_person", "accounts_standard", "accounts_team"}
# Numbers only, or the sign-in library's own: sessions, and addresses that nobody adds.
IDS_ONLY = {
    "django_session", "account_emailaddress", "account_emailconfirmation",
}  # fmt: skip
REMOVED_BY_PEOPLE = {"django_session", "mfa_authenticator"}
# Shut for the application: made by libraries and never used, or read by definer functions alone.
SHUT = {
    "casework_processed", "access_figure", "access_openingkey", "access_step", "access_unusual", "access_unusualday",
    "audit_erased", "audit_leaf", "audit_link",
    "audit_told",
    "audit_root", "audit_verification", "auth_group_permissions",
    "guardian_groupobjectpermission", "guardian_userobjectpermission",
}  # fmt: skip

TABLES = """SELECT c.relname FROM pg_class c WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
  AND NOT c.relispartition"""
TRACKED = sorted(model._meta.db_table for model in apps.get_models() if issubclass(model, Tracked))
OURS = ("public", "access", "audit")
SECTIONS = import_module("portal.access.migrations.0002_wall").SECTIONS


def history(table):
    return table.replace("_", "_historical", 1)


def names(statement, *values):
    return {name for (name,) in rows(statement, *values)}


def rights(table):
    """What the application may do to a table, or to some of its columns."""
    words = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"]
    return {word for word in words if value("SELECT has_table_privilege('app', %s, %s)", f"public.{table}", word)}


def test_every_table_has_its_place(db):
    listed = GUARDED | PUBLIC | KEPT | IDS_ONLY | SHUT
    histories = {history(table) for table in TRACKED}
    assert names(TABLES) - histories - listed == set()
    assert (listed | histories) - names(TABLES) == set()


def test_every_guarded_table_forces_policies_on_everybody(db):
    guarded = GUARDED | {history(table) for table in TRACKED if table in GUARDED}
    forced = names(TABLES + " AND c.relrowsecurity AND c.relforcerowsecurity")
    assert forced == guarded


def test_every_guarded_table_has_a_policy_for_what_the_application_may_do(db):
    for table in names(TABLES + " AND c.relrowsecurity"):
        kinds = names("SELECT cmd FROM pg_policies WHERE tablename = %s AND 'app' = ANY (roles)", table)
        allowed = rights(table)
        assert "SELECT" in kinds, table
        assert allowed - {"DELETE"} <= {"SELECT", "INSERT", "UPDATE"}, table
        assert kinds <= allowed, table  # a right without a policy meets no row


# The words of forms, the agencies and the network's own name: nothing of a file.
READ_BY_ALL = ["casework_lookup", "accounts_agency", "accounts_network"]
WORDS = {(table, "see") for name in READ_BY_ALL for table in (name, history(name))}


def test_no_policy_lets_the_application_pass_unasked(db):
    for table, name, condition in rows(
        "SELECT tablename, policyname, coalesce(qual, '') || coalesce(with_check, '') FROM pg_policies"
        " WHERE 'app' = ANY (roles) OR 'public' = ANY (roles)"
    ):
        if (table, name) in WORDS:
            continue
        assert condition.strip("()") != "true", (table, name)
        assert "access." in condition or condition == "false", (table, name)


# Behind policies, and asked without an identity all the same: the log of sign-ins, and what everybody reads.
ASKED_BY_NOBODY = {"audit_event", *READ_BY_ALL}


def test_a_question_without_an_identity_is_refused_of_every_table_that_would_answer_it_with_silence():
    guarded = {table for name in GUARDED - ASKED_BY_NOBODY for table in (name, history(name))}
    for model in apps.get_models():
        if model._meta.app_label == "bench":  # the libraries' ways, under the owner of the tables
            continue
        assert is_guarded(model) == (model._meta.db_table in guarded), model._meta.label


def test_partitions_are_guarded_and_shut(db):
    partitions = rows(
        "SELECT relname, relrowsecurity AND relforcerowsecurity,"
        " has_table_privilege('app', oid, 'SELECT, INSERT, UPDATE, DELETE')"
        " FROM pg_class WHERE relispartition AND relkind = 'r'"
    )
    assert len(partitions) >= 3
    for name, guarded, open_to_app in partitions:
        assert (guarded, open_to_app) == (True, False), name


def test_nobody_empties_a_partition(db):
    """A guard on the parent alone lets TRUNCATE of a partition through."""
    guarded = names(
        "SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid"
        " WHERE c.relispartition AND p.proname = 'refuse_change' AND t.tgtype & 32 > 0 AND t.tgenabled = 'O'"
    )
    assert guarded == names("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")


def test_what_the_application_writes_without_policies_is_ids_and_its_own_account(db):
    """Table rights and rights on single columns, in every schema."""
    written = names(
        "SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'f')"
        " AND NOT c.relrowsecurity AND n.nspname !~ '^(pg_|information_schema)'"
        " AND (has_any_column_privilege('app', c.oid, 'INSERT, UPDATE') OR has_table_privilege('app', c.oid, 'DELETE'))"
    )
    # Histories of what people may change of themselves; in the rest there is an id, a session or a state of work.
    histories = {history(table) for table in TRACKED if history(table) in written}
    assert written - histories <= IDS_ONLY | KEPT  # a function asks before each row of the latter
    assert all(rights(table) <= {"SELECT", "INSERT"} for table in histories)


def test_no_table_of_ours_lies_outside_the_schema_that_is_listed(db):
    assert not rows(
        "SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND n.nspname <> 'public' AND n.nspname !~ '^(pg_|information_schema)'"
    )


def test_policies_are_of_known_roles_and_open_everything_to_none_that_signs_in(db):
    """Each policy permits: a restrictive one would say that another is too wide. Only app's ask who it is."""
    for table, name, kind, roles, condition in rows(
        "SELECT tablename, policyname, permissive, roles::text[], coalesce(qual, with_check) FROM pg_policies"
    ):
        assert kind == "PERMISSIVE", (table, name)
        assert set(roles) <= {"app", "owner", "guard", "clock", "anchor"}, (table, name)
        assert roles == ["app"] or condition.strip("()") == "true", (table, name)
    beyond = names("SELECT tablename FROM pg_policies WHERE roles && '{clock,anchor}'::name[]")
    assert {table for table in beyond if not table.startswith("audit_event")} <= CLOCKWORK


CLOCKWORK: set[str] = set()  # guarded tables that timers, matching or verification read as clock


def test_sequences_say_and_change_nothing(db):
    """What a sequence stands at would tell how many there are; setting it would make numbers meet."""
    sequences = names("SELECT relname FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace")
    assert sequences
    for word in ("SELECT", "UPDATE", "USAGE"):
        told = {
            one for one in sequences if value("SELECT has_sequence_privilege('app', %s, %s)", f"public.{one}", word)
        }
        assert told == set(), word


def test_what_is_made_later_belongs_to_nobody_by_default(db):
    assert not rows("SELECT defaclobjtype FROM pg_default_acl, aclexplode(defaclacl) a WHERE a.grantee <> defaclrole")


def test_shut_tables_give_the_application_nothing(db):
    assert {table: rights(table) for table in SHUT} == {table: set() for table in SHUT}


def test_public_tables_are_read_and_never_written(db):
    written = {table: rights(table) - {"SELECT"} for table in PUBLIC}
    assert {table for table, found in written.items() if found} == set()


def test_what_is_kept_of_people_is_written_behind_triggers_for_the_application(db):
    wanted = KEPT | {"accounts_invitation", "accounts_personchange"}
    asked = rows(
        "SELECT tgrelid::regclass::text, tgtype & 22, pg_get_triggerdef(t.oid) FROM pg_trigger t WHERE tgname LIKE '%%kept_by'"
    )
    assert {table for table, *_more in asked} == wanted
    for _table, when, definition in asked:
        assert when == 22
        assert "WHEN ((CURRENT_USER = 'app'::name))" in definition


def test_people_write_of_their_account_only_what_gives_them_nothing(db):
    columns = names(
        "SELECT column_name FROM information_schema.column_privileges WHERE grantee = 'app'"
        " AND table_name = 'accounts_person' AND privilege_type = 'UPDATE'"
    )
    assert not columns & {"id", "email", "agency_id", "joined", "password"}


def test_nothing_is_deleted_but_sessions_and_factors(db):
    deleted = {table for table in names(TABLES) if "DELETE" in rights(table)}
    assert deleted == REMOVED_BY_PEOPLE


def test_nobody_adds_an_address_to_an_account(db):
    assert rights("account_emailaddress") == rights("account_emailconfirmation") == {"SELECT"}


def test_history_tables_only_grow(db):
    for table in TRACKED:
        assert rights(history(table)) <= {"SELECT", "INSERT"}, table


@pytest.mark.parametrize("table", TRACKED)
def test_tracked_table_has_its_demand_and_its_guards(db, table):
    triggers = rows(
        "SELECT tgname, tgrelid::regclass::text, p.proname, tgdeferrable, tginitdeferred, tgenabled FROM pg_trigger t"
        " JOIN pg_proc p ON p.oid = tgfoid WHERE NOT tgisinternal AND tgrelid IN (%s::regclass, %s::regclass)",
        table,
        history(table),
    )
    found = {
        (name, on): (function, deferrable and deferred) for name, on, function, deferrable, deferred, _on in triggers
    }
    assert found[f"{table}_history", table] == (f"{table}_demand", True)
    assert found[f"{history(table)}_fixed", history(table)] == ("refuse_change", False)
    assert found[f"{history(table)}_kept", history(table)] == ("refuse_change", False)
    assert found[f"{table}_kept", table] == ("refuse_change", False)
    assert {enabled for *_rest, enabled in triggers} == {"O"}


TYPED = "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND column_name !~ '^history_' AND"
TEXT = "(data_type IN ('text', 'character varying', 'jsonb', 'bytea') OR udt_name IN ('_text', '_varchar'))"


def test_every_record_of_a_file_is_erased_with_its_part_or_named_as_staying(db):
    """A new table with a child in it has to say which part of the file it is, or that it stays when the file is gone."""
    of_files = {model._meta.db_table for model in apps.get_models() if holds_child(model)}
    of_files &= set(connection.introspection.table_names())  # the benches have models without a table here
    assert of_files == (set(erased.parts(SECTIONS)) - {"victims_child"}) | erased.STAYING
    assert erased.KEPT.keys() | erased.SPECIAL.keys() <= set(erased.parts(SECTIONS))


def holds_child(model):
    fields = [
        field for field in model._meta.concrete_fields if field.is_relation and not hasattr(model, "instance_type")
    ]
    return any(field.related_model is apps.get_model("victims", "Child") for field in fields)


def test_whatever_somebody_types_into_a_file_is_emptied_sealed_or_named_as_no_words(db):
    for source, _history, _column, _part, kept, special in rows("SELECT * FROM access.erased_tables()"):
        model = next(one for one in apps.get_models() if one._meta.db_table == source)
        sealed = {
            field.column
            for field in model._meta.concrete_fields
            if isinstance(field, SealedTextField) and not isinstance(field, RingSealedTextField)
        }
        columns = names(f"{TYPED} {TEXT}", source)
        emptied = value("SELECT access.emptied(%s, %s::varchar[], %s)", source, kept, special)
        set_there = {part.split(" = ")[0].strip().strip('"') for part in re.split(r", (?=\"?[a-z_]+\"? = )", emptied)}
        assert columns - sealed - set_there - set(kept) == set(), source
        assert set(kept) <= columns, source  # what is named is there


def test_history_holds_every_column_of_its_table_and_its_author(db):
    columns = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s"
    stamp = {"history_id", "history_date", "history_type", "history_user_id", "history_change_reason", "history_by"}
    stamp |= {"history_agency_id", "history_agency", "history_role", "history_via", "tx"}
    for table in TRACKED:
        outside = {"password"} if table == "accounts_person" else set()
        assert names(columns, history(table)) == names(columns, table) - outside | stamp, table


FUNCTIONS = """SELECT p.oid::regprocedure::text, pg_get_userbyid(p.proowner), p.prosecdef, p.proconfig::text, n.nspname,
  EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0)
  FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
  WHERE n.nspname = ANY (%s) AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')"""


def test_definer_functions_belong_to_guard_with_a_fixed_path_and_are_shut(db):
    definers = [row for row in rows(FUNCTIONS, list(OURS)) if row[2]]
    assert len(definers) > 40
    for name, owner, _definer, config, _schema, public in definers:
        wanted = "owner" if name.startswith("audit.make_partitions") else "guard"  # it makes tables, as their owner
        assert owner == wanted, name
        assert "search_path=pg_catalog, public, pg_temp" in config, name
        assert not public, name


CALLED = re.compile(r"\baccess\.(\w+)")
CODE = [
    path for name in ("portal", "victims", "shelters", "referrals") for path in (settings.ROOT / name).rglob("*.py")
]


def test_the_application_calls_what_its_code_or_a_policy_names_and_nothing_else(db):
    """The others answer each other, of files of which the person may have nothing, or write."""
    named = {name for path in CODE if "migrations" not in path.parts for name in CALLED.findall(path.read_text())}
    for (condition,) in rows("SELECT concat(qual, with_check) FROM pg_policies WHERE 'app' = ANY (roles)"):
        named |= {*CALLED.findall(condition)}
    called = names(
        "SELECT proname FROM pg_proc p WHERE pronamespace = 'access'::regnamespace"
        " AND has_function_privilege('app', p.oid, 'EXECUTE')"
    )
    assert len(called) > 40
    assert called - named == set()


def test_the_application_hangs_no_function_of_a_trigger_on_a_table_of_its_own(cast, files):
    """Called there, it would believe whatever stands in that table: forget the names of any file, or sign an agency out."""
    functions = names(
        "SELECT p.oid::regprocedure::text FROM pg_proc p WHERE p.prorettype = 'trigger'::regtype"
        " AND p.pronamespace::regnamespace::text IN ('access', 'audit') AND p.prosecdef"
    )
    assert {"access.forget_names()", "access.agency_switched()", "access.grants_changed()"} <= functions
    assert not names(
        "SELECT f FROM unnest(%s::text[]) AS f WHERE has_function_privilege('app', f, 'EXECUTE')", [*functions]
    )
    with acting(cast.stranger):
        run("CREATE TEMP TABLE mine (child_id uuid)")
        hung = "CREATE TRIGGER mine AFTER DELETE ON mine FOR EACH ROW EXECUTE FUNCTION access.forget_names()"
        assert_refused(hung, match="permission denied for function")


PROOF = (
    "audit.all_rows(", "audit.commitment(", "audit.erased_digest(", "audit.erasures_told(", "audit.file_column(",
    "audit.here_since(", "audit.histories(", "audit.horizon(", "audit.is_here(", "audit.is_marked(", "audit.leaf(",
    "audit.link_hash(", "audit.link_leaf(", "audit.months_away(", "audit.no_key(", "audit.purpose_hash(",
    "audit.purpose_was_taken(", "audit.root_of(", "audit.text_of(", "audit.told_of_erasures(",
)  # fmt: skip


def test_functions_without_a_definer_are_few_and_known(db):
    plain = {name for name, _owner, definer, *_more in rows(FUNCTIONS, list(OURS)) if not definer}
    proof = {name for name in plain if name.startswith(PROOF)}  # hashes of what they are given, and text of a statement
    assert plain - proof == {"app_now()", "audit.refuse_change()"}
    assert len(proof) == len(PROOF)


def test_views_ask_with_the_rights_of_whoever_looks(db):
    for name, options in rows(
        "SELECT relname, coalesce(reloptions::text, '') FROM pg_class WHERE relkind IN ('v', 'm')"
        " AND relnamespace = ANY (SELECT oid FROM pg_namespace WHERE nspname = ANY (%s))",
        list(OURS),
    ):
        assert "security_invoker=true" in options, name


def test_the_application_owns_nothing(db):
    assert not rows("SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) = 'app'")
    assert not rows("SELECT proname FROM pg_proc WHERE pg_get_userbyid(proowner) = 'app'")
    assert not rows("SELECT nspname FROM pg_namespace WHERE pg_get_userbyid(nspowner) = 'app'")


@pytest.mark.parametrize("role", ["app", "guard", "clock", "anchor", "migrator"])
def test_no_role_of_the_portal_passes_the_wall_by_rank(db, role):
    found = rows("SELECT rolsuper, rolbypassrls, rolcreaterole, rolreplication FROM pg_roles WHERE rolname = %s", role)
    assert found == [(False, False, False, False)]


def test_the_application_is_a_member_of_no_other_role(db):
    assert not rows("SELECT roleid::regrole FROM pg_auth_members WHERE member = 'app'::regrole")


@pytest.mark.parametrize("schema", OURS)
def test_the_application_makes_nothing(cast, schema):
    with acting(cast.social_worker):
        assert_refused(f"CREATE TABLE {schema}.mine (id int)", match="permission denied")
        assert_refused(
            f"CREATE FUNCTION {schema}.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'", match="permission denied"
        )


FORBIDDEN = [
    "SET ROLE guard",
    "ALTER TABLE victims_child DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE victims_child DISABLE TRIGGER ALL",
    "DROP POLICY see ON victims_child",
    "SET session_replication_role = replica",
    "CREATE EXTENSION dblink",
    "COPY (SELECT 1) TO PROGRAM 'true'",
    "SELECT pg_read_file('/etc/hostname')",
    "TRUNCATE victims_child CASCADE",
]


def test_the_application_does_not_take_the_wall_down(clone):
    """Signed in as app itself: the role of the tests may change roles, the application's may not."""
    with clone.sign_in_as_app() as other:
        assert other.execute("SELECT current_user, session_user").fetchone() == ("app", "app")
        for statement in FORBIDDEN:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                other.execute(statement)


def test_switching_row_security_off_raises_instead_of_showing(clone):
    with clone.sign_in_as_app() as other:
        other.execute("SET row_security = off")
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="row-level security"):
            other.execute("SELECT count(*) FROM victims_child")


def test_temporary_table_of_a_known_name_deceives_no_function(cast, files):
    with acting(cast.stranger):
        run("CREATE TEMP TABLE accounts_person AS SELECT * FROM public.accounts_person")
        run("UPDATE pg_temp.accounts_person SET roles = '{social_worker}'")
        run("CREATE TEMP TABLE access_conflictofinterest AS SELECT * FROM public.access_conflictofinterest")
        with connection.cursor() as cursor:
            cursor.execute("SELECT access.masks(), (SELECT count(*) FROM access.grants_of(%s))", [files["Mira"]])
            masks, grants = cursor.fetchone()
    assert grants == 0
    assert masks == [RULES.get((Role.NGO_WORKER, section, level), 0) for level in Level for section in Section]


def test_rules_of_the_database_are_the_table_of_the_code(db):
    found = {
        (role, section, level): stages
        for role, section, level, stages in rows("SELECT role, section, level, stages FROM access_rule")
    }
    assert found == {(role.value, int(section), int(level)): mask for (role, section, level), mask in RULES.items()}
