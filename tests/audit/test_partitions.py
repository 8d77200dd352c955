"""Partitions of the event table: made ahead, guarded like their parent."""

import pytest
from django.db import transaction

from portal.access.identity import acting
from portal.audit import events
from portal.audit.events import Event, NotRecorded
from portal.audit.tasks import make_partitions
from tests.statements import assert_refused, rows, run, value

PARTITIONS = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'audit_event'::regclass ORDER BY 1"


def test_this_month_and_the_next_two_exist(db):
    wanted = rows(
        "SELECT 'audit_event_' || to_char(app_now() + make_interval(months => n), 'YYYY_MM') FROM generate_series(0, 2) n"
    )
    assert set(wanted) <= set(rows(PARTITIONS))


def test_making_partitions_again_changes_nothing(db):
    before = rows(PARTITIONS)
    make_partitions()
    assert rows(PARTITIONS) == before


def test_a_new_partition_is_guarded_like_its_parent(db, owner):
    with owner():
        run("SELECT audit.make_partitions('2031-03-01', '2031-04-15')")
        made = [name for (name,) in rows(PARTITIONS) if "_2031_" in name]
    assert made == ["audit_event_2031_03", "audit_event_2031_04"]
    triggers = (
        "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND tgfoid = 'audit.refuse_change'::regproc"
    )
    for name in made:
        assert value("SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relname = %s", name)
        assert value(triggers, name) == 2  # for rows, from the parent, and against TRUNCATE


def test_the_application_makes_no_partitions_of_its_choice(cast):
    with acting(cast.social_worker):
        assert_refused("SELECT audit.make_partitions('1990-01-01', '1999-12-31')", match="permission denied")


def test_a_century_of_partitions_is_refused(db, owner):
    with owner():
        assert_refused("SELECT audit.make_partitions('1990-01-01', '2090-01-01')", match="more than ten years")


def test_an_event_without_its_partition_is_refused(cast, owner):
    month = value("SELECT 'audit_event_' || to_char(app_now(), 'YYYY_MM')")
    with owner():
        run(f"DROP TABLE {month}")
    with acting(cast.social_worker), pytest.raises(NotRecorded) as refused, transaction.atomic():
        events.record(Event("view"))
    assert "no partition" in str(refused.value.__cause__)
