"""The drills: one is played here for real; the others take their own time (`manage.py drill all`)."""

import os
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from portal.access import jobs
from portal.bench.drills import clock_faults, job_faults
from portal.bench.drills.listing import DRILLS
from portal.bench.drills.result import EXPECTED, NO_TOOL, Result
from portal.bench.drills.stage import Scene
from portal.bench.management.commands import drill
from portal.embedded.folder import DataFolder
from victims import documents


def scene_over(clone):
    """The clone as the scene of a drill, without a web server."""
    folder = DataFolder(Path(os.environ["SAFE_RETURN_DATA"]))
    parts = urlsplit(os.environ["DATABASE_TEST_URL"])
    env = {"DATABASE_TEST_URL": urlunsplit(parts._replace(path=f"/{clone.name}"))}
    host, password = connection.settings_dict["HOST"], folder.secrets()["postgres"]
    return Scene(folder, env, {}, f"host={host} user=postgres password={password} dbname={clone.name}")


@pytest.mark.stack
def test_relay_that_dies_between_publishing_and_noting_it_doubles_nothing(clone):
    person, child = clone.cast.ngo_worker, clone.files["Mira"]
    ordered = documents.order(child_id=child, kind="file", language="en", by=person)
    scene, result = scene_over(clone), Result("F03")
    job_faults.publish_twice(scene, 1, result)
    for _message in range(2):
        jobs.run(ordered.job_id)
    job_faults.count(scene, result, {str(ordered.pk)})
    scene.end_all()
    assert result.problems == []
    assert (result.acknowledged, result.stored, result.lost, result.doubled) == (1, 1, 0, 0)


def test_figures_say_what_was_lost_and_what_was_doubled():
    result = Result("F00")
    result.count({"a", "b", "c"}, {"a": 1, "b": 3, "x": 1})
    assert (result.acknowledged, result.stored, result.lost, result.doubled) == (3, 5, 1, 2)
    assert "NOT AS EXPECTED" in result.line
    assert Result("F00", acknowledged=1, stored=2).code == EXPECTED  # stored and never acknowledged is no harm


class Stage:
    """A stage on which nothing runs: the drill asks for its tool first."""

    @contextmanager
    def scene(self):
        yield None


@contextmanager
def staged(say):
    yield Stage()


def test_drill_without_its_tool_ends_with_two_and_says_which(monkeypatch, capsys):
    monkeypatch.setattr(clock_faults, "PLACES", ())
    monkeypatch.setattr(drill, "staged", staged)
    with pytest.raises(SystemExit) as ended:
        call_command("drill", "F11")
    assert ended.value.code == NO_TOOL
    assert "libfaketime is not on this machine" in capsys.readouterr().out


def test_drills_are_listed_with_what_they_do_and_need(capsys):
    call_command("drill", "--list")
    said = capsys.readouterr().out
    assert all(f"{name}  " in said for name in DRILLS)
    assert "Needs strace." in said
    with pytest.raises(CommandError, match="No drill is called F99"):
        call_command("drill", "F99")
