"""The units of systemd: each timer has its service, each service runs what there is, and who needs a key is told it."""

import shutil
import subprocess

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class

from portal.embedded.backups.commands import COMMANDS as ABOUT_BACKUPS

FOLDER = settings.ROOT / "deploy" / "systemd"
UNITS = {path.name: path for path in sorted(FOLDER.iterdir())}
COMMANDS = [name for name in UNITS if "manage.py" in UNITS[name].read_text()]


def lines(name, key):
    """Return what stands behind a key that may stand there more than once."""
    return [line.partition("=")[2] for line in UNITS[name].read_text().splitlines() if line.startswith(f"{key}=")]


def test_each_timer_has_its_service_and_comes_again():
    for name in UNITS:
        if name.endswith(".timer"):
            assert name.replace(".timer", ".service") in UNITS
            assert (len(lines(name, "OnCalendar")), lines(name, "WantedBy")) == (1, ["timers.target"])


@pytest.mark.parametrize("name", COMMANDS)
def test_each_service_runs_a_command_that_takes_what_it_is_given(name):
    for line in lines(name, "ExecStart"):
        command, *given = line.partition("manage.py ")[2].split()
        if command in ABOUT_BACKUPS:
            continue
        parser = load_command_class(get_commands()[command], command).create_parser("manage.py", command)
        assert parser.parse_args(given)


def test_the_comparison_with_the_keys_is_kept_and_signs_in_as_the_owner_of_the_tables():
    (line,) = lines("safe-return-verify.service", "ExecStart")
    assert line.endswith("manage.py verify_audit --keep")
    told = lines("safe-return-verify.service", "EnvironmentFile")
    assert told == ["/etc/safe-return/portal.env", "/etc/safe-return/owner.env"]
    assert "portal.env" not in UNITS["safe-return-anchor.service"].read_text()  # it is told no key of MACs


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not here")
def test_systemd_reads_each_timer(tmp_path):
    for name in UNITS:
        if name.endswith(".timer"):
            (when,) = lines(name, "OnCalendar")
            assert subprocess.run(["systemd-analyze", "calendar", when], capture_output=True).returncode == 0, name
