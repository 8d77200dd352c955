"""Sealing: everything that is committed, once, by the signer alone."""

import datetime

from portal.access.identity import acting
from portal.audit.events import INSERT, Event, row_of
from portal.audit.ids import uuid7
from portal.audit.kinds import shifted
from portal.audit.sealing import seal
from portal.audit.stamp import Stamp
from portal.audit.verification import Range, verify, verify_daily
from tests.attacks import attack
from tests.audit.test_proof import KEY, PUBLIC
from tests.conftest import as_role
from tests.statements import assert_refused, value


def test_late_transactions_are_sealed_when_they_are_there(clone):
    """What was written first and committed last is not missed, and what was sealed before is not sealed again."""
    with clone.connect() as slow:
        slow.autocommit = False
        at = slow.execute("SELECT app_now()").fetchone()[0]
        slow.execute(INSERT, row_of(uuid7(), at, Event("late"), Stamp(None, "")))
        with as_role("anchor"):
            first = seal(KEY)
            second = seal(KEY)
        slow.commit()
    assert [one.size for one in second] == [0]
    with as_role("anchor"):
        (third,) = seal(KEY)
    assert third.size == 1
    with as_role("owner"):
        assert verify(PUBLIC, Range()).exit_code == 0
    assert third.number == first[-1].number + 2


def test_the_whole_record_is_compared_once_a_day(clone):
    with as_role("anchor"):
        seal(KEY)
        first = verify_daily(PUBLIC)
        assert (first.code, first.words, first.checkpoint) == (0, [], 1)
        assert verify_daily(PUBLIC) is None
        with shifted(datetime.timedelta(days=1, hours=1)):
            seal(KEY)
    clone.run("ALTER TABLE audit_checkpoint DISABLE TRIGGER USER")
    clone.run("UPDATE audit_checkpoint SET size = size + 1 WHERE number = 2")
    with as_role("anchor"), shifted(datetime.timedelta(days=1, hours=1)):
        second = verify_daily(PUBLIC)
    assert second.code == 1
    assert "checkpoint 2 was altered" in second.words


@attack("D35")
def test_the_application_can_neither_seal_nor_unseal(cast):
    with acting(cast.social_worker):
        for statement in (
            "SELECT audit.seal(10)",
            "INSERT INTO audit_checkpoint SELECT * FROM audit_checkpoint",
            "DELETE FROM audit_checkpoint",
            "SELECT count(*) FROM audit_link",
            "SELECT count(*) FROM audit_leaf",
            "UPDATE audit_root SET key = NULL",
        ):
            assert_refused(statement, match="permission denied")
        assert value("SELECT count(*) FROM audit_checkpoint") == 0  # hashes and numbers are for everybody


def test_a_backlog_is_sealed_in_parts_and_the_horizon_goes_with_them(clone, monkeypatch):
    """The next part is looked for behind the last one, not from the beginning of the backlog."""
    monkeypatch.setattr("portal.audit.sealing.MOST", 40)
    with as_role("anchor"):
        made = seal(KEY)
    horizons = [int(one.horizon) for one in made]
    assert len(made) > 5
    assert horizons == sorted(horizons)
    assert len(set(horizons)) > 5
    assert max(one.size for one in made) <= 80
    with as_role("owner"):
        assert verify(PUBLIC, Range()).exit_code == 0


def test_a_second_event_under_the_same_id_stops_no_sealing_and_is_named(clone):
    event_id = uuid7()
    with clone.connect() as other:
        for _ in range(2):
            with other.transaction():
                at = other.execute("SELECT app_now()").fetchone()[0]
                other.execute(INSERT, row_of(event_id, at, Event("twice"), Stamp(None, "")))
    with as_role("anchor"):
        seal(KEY)
        assert seal(KEY)[-1].size == 0
    with as_role("owner"):
        found = verify(PUBLIC, Range())
    assert [str(event_id) in line for line in found.problems] == [True]
