"""What is kept stays as it is: history and events refuse UPDATE, DELETE and TRUNCATE, from the owner too."""

import uuid
from dataclasses import replace

import pytest
from django.db import DatabaseError, connection, transaction

from portal.access.identity import acting
from portal.audit import events
from portal.audit.events import Event, NotRecorded
from portal.audit.stamp import Stamp
from tests.attacks import attack
from tests.statements import assert_refused, last_event, rows, run, value
from victims.models import CareEntry


def tables(pattern: str) -> list[str]:
    return [
        name
        for (name,) in rows(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relname ~ %s ORDER BY 1", pattern
        )
    ]


def filled(names: list[str]) -> list[str]:
    """Row triggers speak only where there are rows."""
    return [name for name in names if value(f"SELECT EXISTS (SELECT FROM {name})")]


@pytest.fixture
def history(db):
    found = tables("_historical")
    assert len(found) > 20
    return found


@pytest.fixture
def event_tables(db, files):
    found = tables("^audit_event")
    assert len(found) >= 4  # the parent and at least three months
    return found


@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {}", "TRUNCATE {}"])
def test_changing_history_is_refused_to_the_application(cast, history, change):
    for table in history:
        with acting(cast.social_worker):
            assert_refused(change.format(table, "history_type", "history_type"), match="permission denied")


@pytest.mark.parametrize("change", ["UPDATE {} SET history_type = history_type", "DELETE FROM {}"])
def test_changing_a_history_row_is_refused_to_the_owner(history, owner, change):
    kept = filled(history)
    assert len(kept) > 10
    with owner():
        for table in kept:
            assert_refused(change.format(table), match="is kept as it is")


def test_truncating_history_or_its_live_table_is_refused_to_the_owner(history, owner):
    with owner():
        for table in history:
            assert_refused(f"TRUNCATE {table} CASCADE", match="is kept as it is")
            assert_refused(f"TRUNCATE {table.replace('historical', '')} CASCADE", match="is kept as it is")


@pytest.mark.parametrize("change", ["UPDATE {} SET person = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
@attack("D30")
def test_changing_events_is_refused_to_the_application(cast, event_tables, change):
    for table in event_tables:
        with acting(cast.social_worker):
            assert_refused(change.format(table), match="permission denied")


@pytest.mark.parametrize("change", ["UPDATE {} SET person = 'x'", "DELETE FROM {}"])
@attack("D30")
def test_changing_an_event_is_refused_to_the_owner(event_tables, owner, change):
    kept = filled(event_tables)
    assert "audit_event" in kept
    with owner():
        for table in kept:
            assert_refused(change.format(table), match="is kept as it is")


def test_every_partition_refuses_changes_of_its_rows(event_tables):
    guarded = rows("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'audit_event_fixed'")
    assert {name for (name,) in guarded} == set(event_tables)


@attack("D35")
def test_truncating_events_is_refused_to_the_owner_in_parent_and_every_partition(event_tables, owner):
    with owner():
        for table in event_tables:
            assert_refused(f"TRUNCATE {table}", match="is kept as it is")


def test_partitions_show_nothing_to_the_application_by_themselves(cast, event_tables):
    with acting(cast.social_worker):
        for partition in (table for table in event_tables if table != "audit_event"):
            assert_refused(f"SELECT count(*) FROM {partition}", match="permission denied")


@attack("D30")
def test_an_event_names_whoever_is_signed_in_whatever_it_is_told(cast):
    with acting(cast.social_worker) as state:
        forged = replace(
            state.stamp, person_id=cast.stranger.pk, person="S. Engel", agency="Open Door", session="x" * 16
        )
        events.record(Event("view", entity="forged"), stamp=forged)
    event = last_event(entity="forged")
    assert (event["person_id"], event["person"]) == (cast.social_worker.pk, "A. Ferreira")
    assert event["agency_id"] == cast.social_worker.agency_id
    assert event["session"] == state.stamp.session


@pytest.mark.parametrize(
    "about",
    [{"child_id": uuid.uuid4()}, {"series_id": uuid.uuid4()}, {"entities": [uuid.uuid4()]}],
    ids=lambda a: next(iter(a)),
)
def test_without_a_sign_in_an_event_is_about_no_file(db, about):
    """Nobody who is not signed in writes a look into the record of a file."""
    with pytest.raises(NotRecorded) as refused, transaction.atomic():
        events.record(Event("view", **about), stamp=Stamp(None, "R. Salgado"))
    assert "row-level security" in str(refused.value.__cause__)


FORGED = """INSERT INTO victims_historicalcareentry (history_id, id, version, child_id, "on", kind, text, history_date,
  history_type, history_change_reason, history_by, history_agency, history_role, history_via)
  SELECT %s, {id}, {version}, child_id, "on", kind, {text}, now() - interval '7 days', '~', '', 'A. Ferreira', '', '', ''
  FROM victims_historicalcareentry WHERE child_id = %s ORDER BY version DESC LIMIT 1"""


@pytest.mark.parametrize(
    "row",
    [
        {"id": "id", "version": "version + 1", "text": "'The uncle may collect her.'"},
        {"id": "gen_random_uuid()", "version": "1", "text": "'The uncle may collect her.'"},
        {"id": "id", "version": "version", "text": "text"},
    ],
    ids=["a later version", "a record that never was", "a second copy"],
)
def test_history_that_is_no_copy_of_its_record_is_refused(cast, files, row):
    with acting(cast.ngo_worker, reason="x"):
        assert_refused(FORGED.format(**row), uuid.uuid4(), files["Mira"], match="no copy|duplicate key")


def test_a_history_row_names_whoever_is_signed_in_and_no_other_time(cast, files):
    with acting(cast.social_worker, reason="x"):
        entry = CareEntry.objects.filter(child_id=files["Mira"]).first()
        CareEntry.objects.filter(pk=entry.pk).update(version=entry.version + 1, text="Goes to school.")
        run(FORGED.format(id="id", version="version + 1", text="'Goes to school.'"), uuid.uuid4(), files["Mira"])
        connection.check_constraints()
    last = rows("SELECT history_by, history_date > now() - interval '1 hour' FROM victims_historicalcareentry"
                " WHERE id = %s ORDER BY version DESC LIMIT 1", entry.pk)  # fmt: skip
    assert last == [("A. Ferreira", True)]


@attack("D30")
def test_somebody_reads_own_events_only(cast, files):
    with acting(cast.social_worker):
        with pytest.raises(DatabaseError), transaction.atomic():
            run("SELECT 1 / (count(*) FILTER (WHERE person_id <> %s)) FROM audit_event", cast.social_worker.pk)
        assert run("SELECT FROM audit_event") > 0
