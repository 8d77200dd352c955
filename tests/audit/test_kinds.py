"""The kind of a database and its clock: a live one cannot be shifted, nor become a demonstration."""

import datetime

import pytest
from django.core.management.base import CommandError

from portal.access.identity import acting
from portal.audit import clock
from portal.audit.kinds import mark_database, shifted, wanted_kind
from tests.statements import assert_refused, run, value

YEAR = datetime.timedelta(days=365)
PLAIN = "CREATE OR REPLACE FUNCTION app_now() RETURNS timestamptz LANGUAGE sql STABLE PARALLEL SAFE AS 'SELECT now()'"


@pytest.fixture
def live(db, owner, settings):
    """The test database as a live one is after migrate."""
    settings.MODE = "production"
    with owner():
        run(PLAIN)
        run("DELETE FROM audit_databasekind")
        mark_database()


def test_clock_moves_in_a_test_database(db):
    before = clock.now()
    with shifted(-YEAR):
        assert abs(clock.now() - before + YEAR) < datetime.timedelta(minutes=1)
    assert clock.now() >= before


def test_clock_stands_in_a_live_database(live):
    before = clock.now()
    with shifted(-YEAR):
        assert clock.now() >= before


def test_mode_decides_the_kind(settings):
    kinds = {}
    for settings.MODE in ("production", "local", "demo", "test"):
        kinds[settings.MODE] = wanted_kind()
    assert kinds == {"production": "live", "local": "live", "demo": "demo", "test": "test"}


@pytest.mark.parametrize("mode", ["demo", "test"])
def test_live_database_never_becomes_a_demonstration(live, settings, owner, mode):
    settings.MODE = mode
    with owner(), pytest.raises(CommandError, match="This database is live"):
        mark_database()


def test_marking_twice_changes_nothing(live, owner):
    with owner():
        mark_database()
    assert value("SELECT array_agg(kind) FROM audit_databasekind") == ["live"]


def test_the_application_changes_neither_kind_nor_clock(cast):
    with acting(cast.social_worker):
        assert_refused("UPDATE audit_databasekind SET kind = 'demo'", match="permission denied")
        assert_refused("INSERT INTO audit_databasekind VALUES ('demo')", match="permission denied")
        assert_refused(PLAIN, match="must be owner|permission denied")


def test_one_transaction_has_one_time(cast):
    with acting(cast.social_worker):
        first = clock.now()
        assert clock.now() == first == value("SELECT app_now()")
