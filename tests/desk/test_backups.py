"""Backups on the operator's pages: green while they are fresh, red after 26 hours or where nobody made one."""

import datetime
import resource
import uuid

import pytest
from django.urls import reverse
from django.utils import translation

from portal.accounts import network as settings_kept
from portal.accounts.backups import (
    FAILED,
    MADE,
    PROVED,
    TRIED,
    WHOLE,
    Erased,
    Outcome,
    State,
    erasures,
    note,
    note_erasure,
)
from portal.audit import clock
from portal.desk import backups
from tests.oversight import register_overseers

PAGE = reverse("desk:set_backup")
HOUR = datetime.timedelta(hours=1)


@pytest.fixture
def folder(settings, tmp_path):
    settings.BACKUPS = tmp_path / "backups"
    settings.BACKUPS.mkdir()
    return settings.BACKUPS


@pytest.fixture
def desk(cast, browse, folder):
    settings_kept.forget()
    register_overseers(cast)
    yield browse(cast.operator)
    settings_kept.forget()


def good(folder, age):
    done = Outcome(clock.now() - age, "2026-11-28T120000Z", 12_000_000, 42)
    note(folder, **dict.fromkeys((MADE, WHOLE, TRIED, PROVED), done))


@pytest.mark.parametrize("language", ["en", "ar"])
def test_green_for_a_day_and_red_after_26_hours(desk, folder, language):
    desk.cookies["language"] = language
    good(folder, 25 * HOUR)
    fresh = desk.get(PAGE).content.decode()
    assert "govuk-tag--red" not in fresh
    assert fresh.count("govuk-tag--green") == 2
    with translation.override(language):
        assert backups.seconds(42) in fresh
    good(folder, 27 * HOUR)
    old = desk.get(PAGE).content.decode()
    assert old.count("govuk-tag--red") == 2
    assert "manage.py backup --test" in old


def test_my_work_says_what_to_look_at_and_the_list_is_red(desk, folder):
    group = next(one for one in desk.get("/").context["groups"] if one.id == "backups")
    assert [row.title for row in group.rows] == ["Backup", "Restore test"]  # nobody made one yet
    good(folder, HOUR)
    note(folder, tried=Outcome(clock.now(), "x", problem=FAILED), proved=Outcome(clock.now() - 30 * HOUR, "w"))
    group = next(one for one in desk.get("/").context["groups"] if one.id == "backups")
    assert [row.title for row in group.rows] == ["Restore test"]
    assert "did not come to its end" in group.rows[0].why
    assert "govuk-tag--red" in desk.get(reverse("desk:set_up")).content.decode()


def test_a_log_that_is_not_copied_is_red():
    now = datetime.datetime(2026, 11, 28, 12, tzinfo=datetime.UTC)
    state = State({kind: Outcome(now, "x") for kind in (WHOLE, PROVED)}, now, now - HOUR, is_copying=False)
    assert [line.is_good for line in backups.lines(state)] == [True, True, False]
    assert not state.is_good


def test_page_tells_nothing_of_a_file_and_is_the_operators(desk, folder, cast, browse, files):
    note_erasure(Erased(files["Mira"], files["Mira"], [1], "asked", None, None, clock.now()))
    good(folder, HOUR)
    text = desk.get(PAGE).content.decode()
    assert str(files["Mira"]) not in text
    assert browse(cast.auditor).get(PAGE).status_code == 404


def test_a_line_that_does_not_fit_on_the_disk_leaves_the_list_readable(tmp_path):
    """The disk is full in the middle of a line, played by the largest size that a file of this process may have."""
    at = datetime.datetime(2026, 11, 28, 12, tzinfo=datetime.UTC)
    one = Erased(uuid.uuid4(), uuid.uuid4(), [1], "asked", None, None, at)
    note_erasure(one, tmp_path)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, ((tmp_path / "erasures.jsonl").stat().st_size + 20, before[1]))
    try:
        with pytest.raises(OSError, match="No space left"):
            note_erasure(one, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    note_erasure(one, tmp_path)
    assert erasures(tmp_path) == [one, one]
