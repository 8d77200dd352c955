"""From a fresh machine to an environment: what is missing is found, installed where that is allowed, or named."""

import ast
import importlib.util
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from portal.embedded.folder import ROOT
from tests.journeys import browser

PLACE = ROOT / "portal" / "embedded" / "bootstrap.py"


@pytest.fixture
def bootstrap():
    """Loaded as manage.py loads it, by its path and without the portal."""
    spec = importlib.util.spec_from_file_location("bootstrap_under_test", PLACE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / "requirements.txt").write_text("django==5.2\n")
    (tmp_path / "requirements-dev.txt").write_text("django==5.2\npytest==9\n")
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").symlink_to(sys.executable)
    return tmp_path


def test_standard_library_only():
    tree = ast.parse(PLACE.read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.split(".")[0] for name in names} <= sys.stdlib_module_names


class TestStamp:
    """The note in .venv that makes later starts quick."""

    def test_an_environment_without_it_is_filled(self, bootstrap, checkout):
        assert not bootstrap.Environment(checkout, ["demo"]).is_ready()

    def test_a_filled_one_is_ready_until_the_lock_file_changes(self, bootstrap, checkout):
        environment = bootstrap.Environment(checkout, ["demo"])
        environment._put_stamp()
        assert environment.is_ready()
        (checkout / "requirements.txt").write_text("django==5.3\n")
        assert not environment.is_ready()

    def test_the_packages_of_the_tests_include_the_others_but_not_the_reverse(self, bootstrap, checkout):
        running = bootstrap.Environment(checkout, ["demo"])
        testing = bootstrap.Environment(checkout, ["test", "tests/embedded"])
        running._put_stamp()
        assert not testing.is_ready()
        testing._put_stamp()
        assert running.is_ready()
        assert testing.is_ready()

    def test_a_broken_stamp_counts_as_none(self, bootstrap, checkout):
        (checkout / ".venv" / "installed.json").write_text("{")
        assert not bootstrap.Environment(checkout, ["demo"]).is_ready()

    def test_a_link_to_a_python_that_is_gone(self, bootstrap, checkout):
        environment = bootstrap.Environment(checkout, ["demo"])
        environment._put_stamp()
        (checkout / ".venv" / "bin" / "python").unlink()
        (checkout / ".venv" / "bin" / "python").symlink_to("/nowhere/python3")
        assert not environment.is_ready()


class TestSystemPackages:
    """Libraries and programs that no wheel brings."""

    def test_this_machine_can_make_pdfs(self, bootstrap):
        assert bootstrap.missing_libraries() == []

    def test_a_missing_library_is_found_out(self, bootstrap, monkeypatch):
        monkeypatch.setitem(bootstrap.LIBRARIES, "no-such-library", "libno-such-library0")
        assert bootstrap.missing_libraries() == ["no-such-library"]

    def test_an_ordinary_account_is_told_the_line_to_type(self, bootstrap, monkeypatch):
        monkeypatch.setattr(bootstrap.os, "geteuid", lambda: 1000)
        monkeypatch.setattr(bootstrap.shutil, "which", lambda name: f"/usr/bin/{name}")
        with pytest.raises(bootstrap.Missing, match="sudo apt-get install -y libpango-1.0-0"):
            bootstrap.install(["libpango-1.0-0"], "The libraries are missing.")

    def test_a_system_without_apt_is_told_the_names(self, bootstrap, monkeypatch):
        monkeypatch.setattr(bootstrap.shutil, "which", lambda _name: None)
        with pytest.raises(bootstrap.Missing, match="Install what Debian calls libpango-1.0-0"):
            bootstrap.install(["libpango-1.0-0"], "The libraries are missing.")

    def test_browser_tests_without_a_browser_say_how_to_get_one(self, monkeypatch):
        monkeypatch.setattr(browser, "find_browser", lambda: None)
        with pytest.raises(pytest.fail.Exception, match="apt-get install chromium-headless-shell"), browser.launched():
            pass

    def test_an_old_python_is_told_which_one_to_get(self, bootstrap, monkeypatch):
        monkeypatch.setattr(bootstrap.sys, "version_info", (3, 9, 2))
        monkeypatch.setattr(bootstrap.shutil, "which", lambda _name: None)
        with pytest.raises(bootstrap.Missing, match=r"needs Python 3.11 or newer; this is 3\.9"):
            bootstrap._check_python(ROOT, ["demo"])

    def test_a_failing_command_is_shown_with_what_it_said(self, bootstrap):
        with pytest.raises(bootstrap.Missing) as raised:
            bootstrap._run("Making it", sys.executable, "-c", "print('no room left'); raise SystemExit(3)")
        assert "Making it did not work" in str(raised.value)
        assert "    no room left" in str(raised.value)


def test_two_at_the_same_time_do_the_work_once(checkout):
    """The second waits for the first and then finds everything done."""
    script = f"""
import importlib.util, pathlib, time
spec = importlib.util.spec_from_file_location("bootstrap", {str(PLACE)!r})
bootstrap = importlib.util.module_from_spec(spec)
spec.loader.exec_module(bootstrap)
root = pathlib.Path({str(checkout)!r})
environment = bootstrap.Environment(root, ["demo"])
def work():
    with (root / "done").open("a") as done:
        done.write("once ")
    time.sleep(0.5)
    environment._put_stamp()
environment.steps = lambda: [("Working", work)]
if not environment.is_ready():
    bootstrap._set_up(environment)
"""

    def go(_number):
        return subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(go, range(3)))
    assert (checkout / "done").read_text() == "once "
