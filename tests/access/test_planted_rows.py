"""What a stranger cannot plant by a query about a file or a team, nor learn from the refusal whether there is such a file."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from portal.access.identity import acting
from portal.access.sections import Stage
from portal.audit.ids import uuid7
from tests.statements import assert_refused, run, value
from tests.world import open_file
from victims import documents
from victims.actions import open_series

EVENT = """INSERT INTO audit_event (id, recorded, tx, kind, action, outcome, reason_code, child_id, entity, entity_id, entities,
    sections, basis, purpose, details, person_id, person, agency, role, via, session, request_id, address)
  VALUES (%s, app_now(), pg_current_xact_id(), %s, %s, %s, '', %s, %s, %s, '{}', '{1}', 'grant x', '', '{}', access.person(),
    '', '', '', '', '', '', '')"""
ABOUT_FILES = {
    "task": """INSERT INTO casework_task (id, version, kind, title, rule, team_id, child_id, to_the_minute, state, step,
        overrun_reason) VALUES (%(id)s, 1, 'x', 'x', '', (access.teams())[1], %(file)s, false, 1, 0, '')""",
    "approval": """INSERT INTO casework_approval (id, version, kind, subject_id, asked, team_id, asked_by_id, child_id, state,
        comment) VALUES (%(id)s, 1, 'care_plan', %(id)s, app_now(), %(team)s, access.person(), %(file)s, 1, '')""",
    "notice": """INSERT INTO casework_notice (id, version, person_id, child_id, level, kind, words, made)
        VALUES (%(id)s, 1, access.person(), %(file)s, 3, 'x', '{}', app_now())""",
}


@pytest.mark.parametrize("kind", ["change", "grant"])
@pytest.mark.parametrize("action", ["C", "U", "D"])
def test_no_change_is_recorded_that_was_not_made(cast, files, kind, action):
    with acting(cast.stranger):
        for child_id in (files["Mira"], uuid7()):
            event = [uuid7(), kind, action, "ok", child_id, "victims.child", child_id]
            assert_refused(EVENT, *event, match="written with it")
    with acting(cast.social_worker):
        for entity in ("victims.child", "no.table", ""):
            event = [uuid7(), kind, action, "ok", files["Mira"], entity, uuid7()]
            assert_refused(EVENT, *event, match="written with it")


def test_the_change_of_one_file_is_not_recorded_on_another(cast, files):
    made = open_file(cast, "Vega", "social_worker", Stage.RESCUED)
    entry = value("SELECT id FROM access_grant WHERE child_id = %s", made.pk)
    with acting(cast.social_worker):
        assert_refused(
            EVENT, uuid7(), "grant", "C", "ok", files["Mira"], "access.grant", entry, match="written with it"
        )
        assert run(EVENT, uuid7(), "grant", "C", "ok", made.pk, "access.grant", entry) == 1


@pytest.mark.parametrize(("action", "outcome"), [("R", "refused"), ("E", "refused"), ("U", "refused")])
def test_refusals_are_recorded_about_whatever_was_asked_for(cast, files, action, outcome):
    with acting(cast.stranger):
        assert run(EVENT, uuid7(), "refusal", action, outcome, files["Mira"], "", None) == 1


def test_nothing_of_one_s_own_is_moved_to_a_file_to_learn_whether_it_exists(cast, files):
    """A foreign key would answer for a file that does not exist, and not for one that does."""
    own = documents.order(child_id=files["Mira"], kind="file", language="en", by=cast.social_worker)
    task, notice = uuid7(), uuid7()
    with acting(cast.social_worker), connection.cursor() as cursor:
        for row, table in ((task, "task"), (notice, "notice")):
            cursor.execute(ABOUT_FILES[table], {"id": row, "file": None})
        for which, table in ((task, "task"), (notice, "notice"), (own.pk, "document")):
            said = []
            for child_id in (files["Foreign"], uuid7()):
                with pytest.raises(DatabaseError) as refused, transaction.atomic():
                    cursor.execute(f"UPDATE casework_{table} SET child_id = %s WHERE id = %s", [child_id, which])
                said.append(str(refused.value).partition("\n")[0])
            assert said[0] == said[1], table
        transaction.set_rollback(True)


@pytest.mark.parametrize("table", ABOUT_FILES)
def test_a_stranger_plants_nothing_on_a_file_and_learns_nothing(cast, files, table):
    told = []
    for child_id in (files["Mira"], uuid7()):
        values = {"id": uuid7(), "file": child_id, "team": cast.team("social_worker").pk}
        with acting(cast.stranger):
            told.append(refusal_of(ABOUT_FILES[table], values))
    assert told[0] == told[1]
    assert "foreign key" not in told[0]


def plant(statement: str, values: dict) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def refusal_of(statement: str, values: dict) -> str:
    """Return the words with which a statement is refused, its constraints included."""
    with pytest.raises(DatabaseError) as raised:
        plant(statement, values)
    return str(raised.value).splitlines()[0]


def test_a_question_without_a_file_goes_to_ones_own_team(cast):
    values = {"id": uuid7(), "file": None, "team": cast.team("social_worker").pk}
    with acting(cast.stranger):
        assert "about a file that is open" in refusal_of(ABOUT_FILES["approval"], values)


def test_who_looked_tells_nothing_of_the_other_files_that_stood_there(cast, files, browse):
    browse(cast.social_worker).get(reverse("victims:children"))
    with acting(cast.ngo_worker), connection.cursor() as cursor:
        cursor.execute("SELECT l::text FROM access.looks_at(%s, 'infinity', 9, true) AS l", [files["Mira"]])
        told = " ".join(line for (line,) in cursor.fetchall())
    assert "list" in told
    assert not [name for name, child_id in files.items() if str(child_id) in told]
    assert "127.0.0.1" not in told


SERIES = """INSERT INTO victims_series (id, version, name, agency_id, owner_id, is_network, opened)
  VALUES (%s, 1, %s, %s, %s, true, app_now())"""


def test_a_series_is_opened_for_ones_own_team(cast):
    theirs = cast.team("foreign")
    with acting(cast.investigator, reason="x"):
        assert_refused(SERIES, uuid7(), "planted", theirs.agency_id, theirs.pk, match="row-level security")
        assert_refused(SERIES, uuid7(), "planted", theirs.agency_id, cast.team("investigator").pk, match="row-level")


@pytest.mark.parametrize("change", ["name = 'x'", "is_network = false", "opened = app_now()"])
def test_a_series_is_not_changed_by_a_query(cast, change):
    series = open_series(name="Mine", team=cast.team("analyst"), is_network=True, by=cast.analyst)
    with acting(cast.analyst, reason="x"):
        assert run(f"UPDATE victims_series SET {change} WHERE id = %s", series.pk) == 0


LINK = "INSERT INTO victims_childseries (id, version, child_id, series_id) VALUES (%s, 1, %s, %s)"


def test_a_file_is_linked_to_no_series_that_is_closed_to_the_person(cast, files):
    closed = open_series(name="Restricted", team=cast.team("foreign"), is_network=False, by=cast.foreign)
    with acting(cast.investigator, reason="x"):
        for series_id in (closed.pk, uuid7()):
            assert_refused(LINK, uuid7(), files["Sought"], series_id, match="not open to this person")
