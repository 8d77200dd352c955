"""The history demand: whatever path a change takes, it commits with its history row or not at all."""

import datetime

import pytest
from django.db import DatabaseError, connection, transaction
from simple_history.utils import bulk_create_with_history

from portal.access.identity import acting
from portal.audit.stamp import Unstamped
from tests.attacks import attack
from tests.statements import rows, run, value
from victims.models import CareEntry

TODAY = datetime.date(2026, 1, 15)


@pytest.fixture
def worker(cast):
    with acting(cast.social_worker, reason="test"):
        yield cast.social_worker


def entry(files, text="first words"):
    return CareEntry(child_id=files["Mira"], on=TODAY, kind="wish", text=text)


def commit(change=lambda: None):
    """Make a change and run now what the database runs at commit."""
    with transaction.atomic():
        change()
        connection.check_constraints()


def refused(change):
    """Assert that a change does not survive its commit."""
    with pytest.raises(DatabaseError, match="without its history row"):
        commit(change)


def test_save_writes_one_history_row(worker, files):
    record = entry(files)
    record.save()
    commit()
    assert value("SELECT count(*) FROM victims_historicalcareentry WHERE id = %s", record.pk) == 1


def test_save_twice_in_one_transaction_keeps_both_versions(worker, files):
    record = entry(files)
    record.save()
    record.text = "second words"
    record.save()
    commit()
    kept = rows(
        "SELECT version, history_type, text FROM victims_historicalcareentry WHERE id = %s ORDER BY 1", record.pk
    )
    assert kept == [(1, "+", "first words"), (2, "~", "second words")]


def test_create_by_manager_writes_history(worker, files):
    record = CareEntry.objects.create(child_id=files["Mira"], on=TODAY, kind="wish", text="made")
    commit()
    assert record.history.filter(id=record.pk).count() == 1


def test_history_row_names_its_author(worker, files):
    record = entry(files)
    record.save()
    row = record.history.get(id=record.pk)
    assert (row.history_user_id, row.history_by, row.history_agency) == (worker.pk, "A. Ferreira", worker.agency.name)
    assert (row.history_role, row.history_change_reason) == ("social_worker", "test")


@attack("D38")
def test_update_by_queryset_is_refused(worker, files):
    refused(lambda: CareEntry.objects.filter(child_id=files["Mira"]).update(text="unseen"))


def test_bulk_create_is_refused(worker, files):
    refused(lambda: CareEntry.objects.bulk_create([entry(files)]))


def test_bulk_create_with_history_names_no_author_and_is_refused(worker, files):
    with pytest.raises((DatabaseError, Unstamped)):
        commit(lambda: bulk_create_with_history([entry(files)], CareEntry))


def test_bulk_update_is_refused(worker, files):
    record = CareEntry.objects.filter(child_id=files["Mira"]).first()
    record.text = "unseen"
    refused(lambda: CareEntry.objects.bulk_update([record], ["text"]))


@attack("D38")
def test_raw_update_is_refused(worker, files):
    refused(lambda: run("UPDATE victims_careentry SET text = 'unseen' WHERE child_id = %s", files["Mira"]))


def test_raw_delete_is_refused_to_the_application(worker, files):
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        run("DELETE FROM victims_careentry WHERE child_id = %s", files["Mira"])


def test_raw_delete_is_refused_to_the_owner_without_history(worker, owner, files):
    with owner():
        refused(lambda: run("DELETE FROM victims_careentry WHERE child_id = %s", files["Mira"]))


def test_save_followed_by_update_is_refused(worker, files):
    def change():
        record = entry(files)
        record.save()
        CareEntry.objects.filter(pk=record.pk).update(text="other words than in history")

    refused(change)


def test_update_back_and_forth_leaves_nothing_to_refuse(worker, files):
    """The demand looks at each changed row as it was written: a change undone in between is refused as well."""

    def change():
        records = CareEntry.objects.filter(child_id=files["Mira"])
        text = records.get().text
        records.update(text="for a moment")
        records.update(text=text)

    refused(change)


def test_skip_history_attribute_does_not_get_past_the_demand(worker, files):
    def change():
        record = entry(files)
        record.skip_history_when_saving = True
        record.save()

    refused(change)


def test_an_unstamped_write_raises(db, owner, files):
    with owner(), pytest.raises(Unstamped), transaction.atomic():
        CareEntry(child_id=files["Mira"], on=TODAY, kind="wish", text="nobody's").save()


def test_failed_commit_of_a_real_transaction_leaves_nothing(clone):
    person, child_id = clone.cast.social_worker, clone.files["Mira"]
    with pytest.raises(DatabaseError, match="without its history row"), acting(person):
        CareEntry.objects.filter(child_id=child_id).update(text="unseen")
    assert clone.value("SELECT count(*) FROM victims_careentry WHERE text = 'unseen'") == 0


def test_history_and_event_carry_the_transaction_of_the_change(worker, files):
    record = entry(files)
    record.save()
    history = value("SELECT tx::text FROM victims_historicalcareentry WHERE id = %s", record.pk)
    assert history == value("SELECT tx::text FROM audit_event WHERE entity_id = %s", record.pk)


def test_every_live_row_equals_its_last_history_row(db):
    tracked = rows(
        "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = replace(tgrelid::regclass::text, '\"', '') || '_history'"
    )
    assert len(tracked) > 20
    for (table,) in tracked:
        history = table.replace("_", "_historical", 1)
        sql = f"""SELECT count(*) FROM {table} t WHERE NOT to_jsonb(t) - 'password' <@ (SELECT to_jsonb(h) FROM {history} h
                  WHERE h.id = t.id ORDER BY h.history_date DESC, h.version DESC LIMIT 1)"""
        assert value(sql) == 0, table
