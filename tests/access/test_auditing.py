"""The history of a file in the database: what auditors, privacy officers and the owner's team are told, and nobody else."""

import json
import re
import uuid

import pytest
from django.apps import apps
from django.db import connection, models

from portal.access import auditing
from portal.access.audited import PLAIN
from portal.access.auditing import Filter
from portal.access.identity import acting
from portal.access.rights import can
from portal.access.sections import Section
from portal.accounts.roles import Role
from portal.audit.models import Tracked
from portal.audit.stamp import Stamp, stamping
from portal.casework.models import Note
from tests import world
from tests.attacks import attack
from tests.conftest import as_owner
from tests.oversight import existing, register_overseers
from tests.people.conftest import set_account
from tests.statements import assert_refused, rows, run, value
from tests.world import declare
from victims.models import RiskFlag
from victims.section_pages import MODELS

NOBODY = [name for name in world.PEOPLE if name not in ("social_worker", "supervisor")]
EVERYTHING = Filter()


@pytest.fixture
def files(files):
    return existing(files)


@pytest.fixture(autouse=True)
def overseers(cast, files):
    register_overseers(cast)


def every_change(person, child_id, **more):
    with acting(person):
        return auditing.changes(child_id, Filter(**more), most=101)


def kept(child_id):
    """The versions of every record of a file, as the owner of the tables counts them."""
    tables = rows("SELECT history, owner_column FROM access.audited_tables()")
    return sum(value(f"SELECT count(*) FROM {table} WHERE {column} = %s", child_id) for table, column in tables)


def test_auditor_reads_every_change_of_every_file(cast, files):
    for child_id in files.values():
        found = every_change(cast.auditor, child_id)
        assert len(found) == kept(child_id) > 0
        assert found == sorted(found, key=lambda change: (change.at, change.history_id), reverse=True)
        assert {change.section for change in found} >= {Section.SUMMARY, Section.THERAPY, Section.SUSPECTS}


@attack("D30")
def test_nothing_that_anybody_wrote_is_handed_to_an_auditor(cast, files):
    with acting(cast.auditor), connection.cursor() as cursor:
        for child_id in files.values():
            cursor.execute(
                "SELECT to_jsonb(c)::text FROM access.file_changes(%s, 'infinity', %s, 101, NULL, NULL, NULL, NULL, NULL, NULL)"
                " c",
                [child_id, uuid.UUID(int=(1 << 128) - 1)],
            )
            text = "".join(row for (row,) in cursor.fetchall())
            assert len(text) > 1000
            assert "canary" not in text
            assert not re.search(r"\\\\x[0-9a-f]{20}", text)  # nor what is sealed, closed as it is
            assert not any(f'"{name}"' in text for name in files)


def test_words_are_counted_and_plain_values_stand(cast, files):
    with acting(cast.social_worker, reason="two words"):
        flag = RiskFlag.objects.get(child_id=files["Mira"])
        flag.text = "no contact with them"
        flag.save()
    newest = every_change(cast.auditor, files["Mira"])[0]
    text = newest.field("text")
    assert (newest.source, newest.version, newest.reason_words) == ("victims_riskflag", 2, 2)
    assert (text.kind, text.before, text.after, text.words_before, text.words_after) == ("text", None, None, 1, 4)
    assert [field.name for field in newest.changed] == ["text"]
    step = next(c for c in every_change(cast.auditor, files["Closed"]) if c.field("stage") and c.field("stage").changed)
    assert (step.field("stage").before, step.field("stage").after) == (6, 7)


def test_sealed_fields_say_that_they_changed_and_no_more(cast, files):
    identity = next(c for c in every_change(cast.auditor, files["Mira"]) if c.source == "victims_identity")
    name = identity.field("family_name")
    assert (name.kind, name.changed, name.before, name.after, name.words_after) == ("sealed", True, None, None, None)


@pytest.mark.parametrize("name", NOBODY)
@attack("D22")
def test_nobody_else_is_told_anything(cast, files, name):
    person = getattr(cast, name)
    with acting(person):
        owned = {child_id for child_id in files.values() if auditing.overseen(child_id)}
    own = {
        child_id
        for (child_id,) in rows("SELECT id FROM victims_child WHERE owner_id = ANY (%s)", list(person.team_ids))
    }
    assert owned <= own
    for child_id in set(files.values()) - owned:
        assert every_change(person, child_id) == []
        with acting(person):
            assert auditing.looks(child_id, EVERYTHING) == auditing.people_of(child_id) == []
    with acting(person):
        for asked in ("files_changed(9)", "refusals_overseen(9)", "wide_looks(1, 9)"):
            assert auditing.asked(f"SELECT * FROM access.{asked}") == []


def run_as(person, statement):
    with acting(person), connection.cursor() as cursor:
        cursor.execute(statement)
        return [row[0] for row in cursor.fetchall()]


@pytest.mark.parametrize("name", ["stranger", "ngo_worker", "clinician", "operator", "registrar"])
def test_a_number_is_found_by_those_who_oversee_the_file_alone(cast, files, name):
    number = value("SELECT case_number FROM victims_child WHERE id = %s", files["Mira"])
    for overseer in ("auditor", "privacy_officer", "social_worker"):
        with acting(getattr(cast, overseer)):
            assert auditing.find_overseen(number) == files["Mira"], overseer
    with acting(getattr(cast, name)):
        assert auditing.find_overseen(number) is None


def test_without_a_sign_in_nothing_is_told(cast, files):
    run("SELECT set_config('safe.session', '', true)")
    assert auditing.asked("SELECT * FROM access.overseen_file(%s)", files["Mira"]) == []


def test_privacy_officer_reads_the_files_of_the_own_agency_alone(cast, files):
    with acting(cast.privacy_officer):
        theirs = {name for name, child_id in files.items() if auditing.overseen(child_id)}
    assert theirs == {"Mira", "Waiting", "Ended", "Follow", "Closed", "Conflict", "Short"}
    with acting(cast.foreign_officer):
        assert not any(auditing.overseen(child_id) for child_id in files.values())


@attack("D22")
def test_the_owners_team_reads_of_the_sections_that_it_holds(cast, files, browse):
    found = {change.section for change in every_change(cast.social_worker, files["Mira"])}
    assert {Section.SUMMARY, Section.IDENTITY, Section.HEALTH, Section.CARE} <= found
    assert found.isdisjoint({Section.THERAPY, Section.INVESTIGATION, Section.SUSPECTS, None})
    browse(cast.clinician).get(f"/children/{files['Mira']}/therapy/")
    with acting(cast.social_worker):
        looked = [line.sections for line in auditing.looks(files["Mira"], EVERYTHING)]
    assert Section.THERAPY not in sum(looked, [])
    with acting(cast.stranger):
        assert auditing.asked("SELECT 1 FROM access.looks_at(%s, 'infinity', 9, true)", files["Mira"]) == []
    set_account(cast.supervisor, roles=[Role.REGISTRAR])  # of the team, and reads no section any more
    with acting(cast.supervisor):
        assert auditing.overseen(files["Mira"]) is None


BEYOND = "SELECT DISTINCT {column} FROM {table} WHERE {column} <> ALL (%s)"


@attack("D22")
def test_earlier_versions_are_read_by_whoever_reads_the_live_page(cast, files):
    """The wall behind timeline and differences: a query of one's own finds no earlier version of a section that is shut."""
    with as_owner(), stamping(Stamp(None, "set-up")):
        Note(child_id=files["Mira"], section=Section.THERAPY, body="x").save(force_insert=True)
    for name, person in cast.all().items():
        with acting(person):
            for section, model in MODELS.items():
                table = model.history.model._meta.db_table
                held = [child_id for child_id in files.values() if can(person, child_id, section)]
                assert auditing.asked(BEYOND.format(column="child_id", table=table), held) == [], (name, section)
            held = [child_id for child_id in files.values() if can(person, child_id, Section.THERAPY)]
            notes = BEYOND.format(column="child_id", table="casework_historicalnote") + " AND section = 5"
            assert auditing.asked(notes, held) == [], name
            held = [child_id for child_id in files.values() if can(person, child_id, Section.SUMMARY)]
            assert auditing.asked(BEYOND.format(column="id", table="victims_historicalchild"), held) == [], name
            for table in ("casework_historicaltask", "access_historicalgrant"):
                mine = BEYOND.format(column="child_id", table=table) + " AND team_id <> ALL (access.teams())"
                assert auditing.asked(mine, held) == [], (name, table)


@attack("D22")
def test_a_relation_to_the_child_beats_oversight(cast, files):
    with acting(cast.auditor):
        assert auditing.overseen(files["Mira"])
        declare(cast.auditor, files["Mira"])
        assert auditing.overseen(files["Mira"]) is None
        assert auditing.changes(files["Mira"], EVERYTHING) == []


def test_changes_are_paged_without_a_gap(cast, files):
    whole = every_change(cast.auditor, files["Mira"])
    pages, place = [], {}
    with acting(cast.auditor):
        while found := auditing.changes(files["Mira"], EVERYTHING, most=4, **place):
            pages += found
            place = {"before": (found[-1].at, found[-1].history_id)}
    assert [change.history_id for change in pages] == [change.history_id for change in whole]


def test_filters_choose_person_agency_section_and_days(cast, files):
    by_clinician = every_change(cast.auditor, files["Mira"], person_id=cast.clinician.pk)
    assert {change.person for change in by_clinician} == {"K. Osei"}
    agency = cast.clinician.agency_id
    assert every_change(cast.auditor, files["Mira"], agency_id=agency) == by_clinician
    health = every_change(cast.auditor, files["Mira"], section=Section.HEALTH)
    assert {change.section for change in health} == {Section.HEALTH}
    last = by_clinician[0].at
    assert every_change(cast.auditor, files["Mira"], since=last)[-1].at >= last
    assert all(change.at < last for change in every_change(cast.auditor, files["Mira"], until=last))


def test_looks_are_counted_with_their_right_and_refusals_apart(cast, files, browse):
    for _time in range(3):
        browse(cast.ngo_worker).get(f"/children/{files['Mira']}/")
    browse(cast.stranger).get(f"/children/{files['Mira']}/")
    with acting(cast.auditor):
        looks = auditing.looks(files["Mira"], EVERYTHING)
        refused = auditing.looks(files["Mira"], Filter(refused=True))
    seen = next(line for line in looks if line.person_id == cast.ngo_worker.pk and line.kind == "view")
    assert (seen.times, seen.basis, seen.basis_until is not None) == (3, "referral", True)
    assert [(line.person, line.outcome) for line in refused] == [("S. Engel", "refused")]


def test_files_changed_last_come_first_with_their_counts(cast, files):
    with acting(cast.social_worker, reason="test"):
        RiskFlag(child_id=files["Ended"], text="x").save(force_insert=True)
    with acting(cast.auditor):
        found = auditing.asked("SELECT id, changes FROM access.files_changed(50)")
    assert found[0][0] == files["Ended"]
    assert {row[0] for row in found} == set(files.values())
    counted = value(
        "SELECT count(*) FROM audit_event WHERE child_id = %s AND action IN ('C', 'U') AND outcome = 'ok'",
        files["Ended"],
    )
    assert found[0][1] == counted


def test_somebody_who_opens_many_files_is_named(cast, files, browse):
    client = browse(cast.social_worker)
    for name in ("Mira", "Waiting", "Ended"):
        client.get(f"/children/{files[name]}/")
    with acting(cast.privacy_officer):
        found = auditing.asked("SELECT person, files FROM access.wide_looks(3, 9)")
        assert ("A. Ferreira", 3) in found
        assert auditing.asked("SELECT * FROM access.wide_looks(99, 9)") == []


@attack("D30")
def test_history_tables_themselves_stay_shut_for_auditors(cast, files):
    with acting(cast.auditor):
        for table in ("victims_child", "victims_historicalchild", "victims_careentry", "casework_task", "access_grant"):
            assert run_as(cast.auditor, f"SELECT count(*) FROM {table}") == [0], table
        assert_refused("SELECT * FROM access_step", match="permission denied")


# --- the list of tables and of plain fields ---------------------------------------------------------------------------


def test_every_record_of_a_file_is_part_of_its_history(db):
    listed = {source for (source,) in rows("SELECT source FROM access.audited_tables()")}
    of_child = {
        model._meta.db_table
        for model in apps.get_models()
        if issubclass(model, Tracked) and any(field.attname == "child_id" for field in model._meta.fields)
    }
    assert of_child - listed == {"casework_notice"}  # what was told to one person


def plain_fields():
    known = {model._meta.db_table: model for model in apps.get_models()}
    return [(table, known[table]._meta.get_field(name)) for table, names in PLAIN.items() for name in names]


@pytest.mark.parametrize(("table", "field"), plain_fields(), ids=lambda part: getattr(part, "name", part))
def test_a_plain_field_is_a_state_a_day_a_choice_or_whose_something_is(table, field):
    kinds = (models.DateField, models.BooleanField, models.SmallIntegerField, models.PositiveSmallIntegerField)
    whose = field.related_model and field.related_model._meta.app_label == "accounts"
    chosen = (
        bool(field.choices)
        or isinstance(field, models.SlugField)
        or field.name in ("languages", "view", "change", "sections", "erased", "parts", "digest")
    )
    assert isinstance(field, kinds) or whose or chosen, (table, field.name)
    assert field.db_type(connection) != "bytea"


def test_no_plain_field_is_a_word_of_health_or_of_a_place():
    named = {(table, name) for table, names in PLAIN.items() for name in names}
    assert not {name for table, name in named if table in ("victims_healthentry", "victims_therapyentry")} - {"on"}
    assert not named & {
        ("victims_whereabouts", "care_type"),
        ("shelters_placement", "shelter_id"),
        ("shelters_placement", "team_id"),
        ("victims_child", "code_name"),
        ("casework_task", "kind"),
    }


@attack("D30", "D22")
def test_a_table_that_nobody_listed_is_hidden_from_teams_and_hides_its_fields(cast, files):
    """A record whose fields are not named as plain: the differences hold counts of words alone."""
    found = value(
        "SELECT access.differences('victims_historicalcareentry', '{}', %s::jsonb, %s::jsonb)",
        json.dumps({"on": "2026-01-01", "kind": "wish", "text": "canary words here", "child_id": "x"}),
        json.dumps({"on": "2025-01-01", "kind": "wish", "text": "canary before", "child_id": "x"}),
    )
    known = json.loads(found) if isinstance(found, str) else found
    assert {field["name"]: (field["kind"], field["words_after"]) for field in known} == {
        "on": ("hidden", None),
        "kind": ("text", 1),
        "text": ("text", 3),
    }
    assert "canary" not in json.dumps(known)


def test_a_version_that_changed_by_set_up_names_nobody(cast, files, owner):
    with owner(), stamping(Stamp(None, "set-up")):
        flag = RiskFlag.objects.filter(child_id=files["Mira"]).get()
        flag.text = "x"
        flag.save()
    newest = every_change(cast.auditor, files["Mira"])[0]
    assert (newest.person_id, newest.person, newest.agency) == (None, "set-up", "")
