"""Old months of events: written, said, sealed, taken out; each step again after a crash, and a file that was touched is named."""

import datetime
import gzip
import json
import os
import shutil
import sys

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from django.test import override_settings
from django.urls import reverse

from portal.access.identity import acting
from portal.audit import away, events, extracting
from portal.audit.away import Unfit, put_away
from portal.audit.events import Event
from portal.audit.kinds import shifted
from portal.audit.proof import root_of
from portal.audit.sealing import seal
from portal.audit.stamp import Stamp
from portal.audit.verification import Range, verify
from tests.attacks import attack
from tests.audit.test_proof import KEY, PUBLIC, WORD, load_alone
from tests.conftest import as_role
from tests.oversight import register_overseers
from tests.statements import assert_refused, run, value

LONG_AGO = datetime.timedelta(days=500)
NUMBER = 6


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """The folder of the files, and that of the backups, which are on another disk."""
    folder = tmp_path_factory.mktemp("away")
    (folder / "backups").mkdir()
    with override_settings(EVENT_DAYS=400, EVENT_FILES=folder / "events", BACKUPS=folder / "backups"):
        yield folder


@pytest.fixture(scope="module")
def old(django_db_setup, django_db_blocker, places):
    """A copy of the small world in which somebody looked long ago; returns it with the name of that month."""
    from tests.copies import copied

    with django_db_blocker.unblock(), copied() as copy:
        with as_role("owner"), shifted(-LONG_AGO):
            run("SELECT audit.make_partitions(app_now()::date, app_now()::date)")
            for number in range(NUMBER):
                events.record(Event("view", purpose=f"canary-purpose-{number}"), stamp=Stamp(None, "X. Longago"))
            copy.month = value("SELECT to_char(app_now(), 'YYYY-MM')")
        yield copy


def said(capsys):
    """Take old months as far as they go, as the command that a timer runs; return what it says."""
    with as_role("owner"):
        call_command("put_away_events")
    return capsys.readouterr().out


def seal_now():
    with as_role("anchor"):
        seal(KEY)


def found():
    with as_role("owner"):
        return verify(PUBLIC, Range(), None, settings.EVENT_KEYS)


def table(old):
    return value("SELECT to_regclass(%s)::text", f"audit_event_{old.month.replace('-', '_')}")


def test_a_month_leaves_step_by_step_and_stands_somewhere_at_each_moment(old, places, capsys, monkeypatch):
    file = places / "events" / f"{old.month}.jsonl.gz"
    assert "is not sealed yet" in said(capsys)
    seal_now()
    assert f"{NUMBER} events written" in said(capsys)
    written = file.read_bytes()
    assert (places / "backups" / "events" / "test" / file.name).read_bytes() == written
    assert "taken out once that is sealed" in said(capsys)  # the event that says so has no leaf yet
    assert found().exit_code == 0
    seal_now()
    file.write_bytes(written[:-1])
    with pytest.raises(SystemExit) as ended:
        said(capsys)
    assert (ended.value.code, table(old) is not None) == (1, True)
    assert (places / "backups" / "events" / "test" / file.name).read_bytes() == written
    assert [one.name for one in (places / "backups" / "events" / "test").iterdir()] == [file.name]
    file.write_bytes(written)
    with as_role("owner"), shifted(-LONG_AGO):  # nobody but the owner of the tables could
        late = events.record(Event("view"), stamp=Stamp(None, "X. Late"))
    with pytest.raises(SystemExit):
        said(capsys)
    old.run("ALTER TABLE audit_event DISABLE TRIGGER USER")
    old.run("DELETE FROM audit_event WHERE id = %s", late)
    old.run("ALTER TABLE audit_event ENABLE TRIGGER USER")
    # Ended between two steps: detached, and not dropped yet.
    month = f"audit_event_{old.month.replace('-', '_')}"
    with as_role("owner"):
        run(f"ALTER TABLE audit_event DETACH PARTITION {month} CONCURRENTLY")
    assert found().exit_code == 0
    assert "taken out, they stand in" in said(capsys)
    assert table(old) is None
    assert said(capsys) == ""
    register_overseers(old.cast)
    auditor = old.browse(old.cast.auditor)
    here = "stand here. Older ones are sealed in files"
    assert here in auditor.get(reverse("desk:events")).content.decode()
    assert here in auditor.get(reverse("desk:history", args=[old.files["Mira"]])).content.decode()
    assert file.name in auditor.get(reverse("desk:checkpoints")).content.decode()
    looks = old.browse(old.cast.social_worker).get(reverse("victims:looks", args=[old.files["Mira"]]))
    assert here in looks.content.decode()
    compared = found()
    assert (compared.exit_code, compared.problems) == (0, [])
    assert f"{NUMBER} events of 1 months up to {old.month} stand in files that fit" in compared.notices


def alone(places, capsys, monkeypatch, *more):
    """Have the extract and the files checked by the verifier that knows no database."""
    path = places / "record.jsonl"
    if not path.exists():  # nothing in the database changes between two files
        with as_role("owner"), path.open("w") as file:
            extracting.write(file, Range())
    keys = places / "event.keys"
    keys.write_text(os.environ["SAFE_RETURN_EVENT_KEYS"])
    monkeypatch.setattr(sys, "argv", ["verify_record", str(path), "--key", WORD, "--event-keys", str(keys), *more])
    capsys.readouterr()
    code = load_alone().main()
    return code, capsys.readouterr().out


def altered(file, change):
    """Write the lines of a file anew, changed."""
    with gzip.open(file, "rt") as packed:
        lines = [json.loads(line) for line in packed]
    with gzip.open(file, "wt") as packed:
        packed.writelines(json.dumps(line) + "\n" for line in change(lines))
    return lines


TAMPERING = {
    "a word": (
        lambda lines: [lines[0] | {"text": lines[0]["text"].replace("Longago", "Nobody")}, *lines[1:]],
        "altered",
    ),
    "a purpose": (lambda lines: [lines[0] | {"purpose": "other"}, *lines[1:]], "altered"),
    "a line taken out": (lambda lines: lines[1:], "deleted"),
    "the last line": (lambda lines: lines[:-1], "deleted"),
    "two lines": (lambda lines: [lines[1], lines[0], *lines[2:]], "added"),
    "an event of today": (lambda lines: [*lines, lines[0] | {"text": today(lines[0]["text"])}], "added"),
}


# Lines that somebody made to end the comparison rather than to pass it.
UNREAD = [
    b" " * 200_000,
    b"[" * 90_000 + b"\n",
    b'{"id": "x", "text": "[5, \\"\\"]", "purpose": 5}\n',
    b'{"text": "[]"}\n',
    b"5\n",
]


def today(text):
    return json.dumps(["00000000-0000-7000-8000-000000000001", "2099-01-01T00:00:00.000000Z", *json.loads(text)[2:]])


@attack("D36", "D37")
def test_a_file_that_was_touched_is_named(old, places, capsys, monkeypatch):
    """Runs on what the test before it has taken out."""
    file = places / "events" / f"{old.month}.jsonl.gz"
    kept = places / "kept"
    shutil.copy(file, kept)
    code, words = alone(places, capsys, monkeypatch, "--events", str(file))
    assert (code, words.splitlines()[1:]) == (0, ["Nothing missing, nothing altered."])
    code, words = alone(places, capsys, monkeypatch)
    assert (code, f"stand in {file.name}, which was not given" in words) == (2, True)
    for what, (change, named) in TAMPERING.items():
        lines = altered(file, change)
        with as_role("owner"):
            problems = list(away.differences(file, datetime.date.fromisoformat(f"{old.month}-01")))
        assert any(lines[0]["id"] in line or lines[-1]["id"] in line or "00000001" in line for line in problems), what
        assert any(f"was {named}" in line for line in problems), what
        code, words = alone(places, capsys, monkeypatch, "--events", str(file))
        assert (code, "is not the file that was sealed" in words) == (1, True), what
        shutil.copy(kept, file)
    monkeypatch.setattr(away, "LONGEST", 100_000)
    for line in UNREAD:
        file.write_bytes(gzip.compress(line))
        assert any("cannot be read" in line for line in found().problems)
        assert alone(places, capsys, monkeypatch, "--events", str(file))[0] == 1
    file.write_bytes(kept.read_bytes()[:-9] + bytes(9))
    assert any("cannot be read" in line for line in found().problems)
    file.write_bytes(gzip.compress(gzip.decompress(kept.read_bytes()), 1))
    assert found().problems == [f"{file.name} is not the file that was sealed"]
    file.unlink()
    missing = found()
    assert (missing.exit_code, missing.unknown[0].startswith(f"{file.name} is not in")) == (2, True)
    with override_settings(EVENT_YEARS=1):
        assert found().exit_code == 0  # kept for as long as it had to be
    shutil.copy(kept, file)


@attack("D37")
def test_a_month_that_nothing_sealed_says_is_away_was_dropped(old, places, capsys):
    """Whoever owns the tables can drop a month and write that a file holds it; the event that says so is missing."""
    part = value("SELECT tableoid::regclass::text FROM audit_event ORDER BY recorded LIMIT 1")
    with as_role("owner"):
        run("INSERT INTO audit_away SELECT date_trunc('month', min(recorded))::date, 'x.gz', 1, '', '', gen_random_uuid(), '[]'"
            " FROM audit_event")  # fmt: skip
        run(f"DROP TABLE {part}")
    assert any("nothing sealed says so" in line for line in found().problems)


@attack("D35")
def test_the_application_takes_no_month_out(cast):
    with acting(cast.social_worker):
        for statement in (
            "INSERT INTO audit_away SELECT * FROM audit_away",
            "UPDATE audit_away SET file = ''",
            "DELETE FROM audit_away",
            "ALTER TABLE audit_event DETACH PARTITION audit_event_2026_01",
        ):
            assert_refused(statement)


def test_nothing_leaves_that_does_not_fit(clone, places, tmp_path):
    with as_role("owner"), shifted(-LONG_AGO - datetime.timedelta(days=60)):
        run("SELECT audit.make_partitions(app_now()::date, app_now()::date)")
        events.record(Event("view"), stamp=Stamp(None, "X. Longago"))
    seal_now()
    clone.run("ALTER TABLE audit_event DISABLE TRIGGER USER")
    clone.run("UPDATE audit_event SET person = 'X. Nobody' WHERE person = 'X. Longago'")
    with as_role("owner"), override_settings(EVENT_FILES=tmp_path), pytest.raises(Unfit, match="was altered"):
        put_away(print)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [0, 1, 2, 3, 7, 8, 13])
def test_the_root_is_that_of_the_tree_of_rfc_9162(number):
    leaves = [bytes([one]) * 32 for one in range(number)]
    assert root_of(iter(leaves)) == load_alone().tree(leaves)


def test_months_that_are_young_stay(old, capsys):
    with override_settings(EVENT_DAYS=0):
        assert said(capsys) == ""
    with as_role("owner"), connection.cursor() as cursor:
        cursor.execute(away.OLD, [0])
        assert value("SELECT date_trunc('month', app_now())::date") not in [month for (month,) in cursor.fetchall()]
