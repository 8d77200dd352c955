"""Web, worker and beat start on a database that binds them, with settings that the checks pass, and not otherwise."""

import os
import subprocess
import sys

import pytest
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from portal.access.checks import demand_safe_start
from portal.embedded.folder import ROOT

STARTS = {
    "web": ["gunicorn", "--check-config", "portal.wsgi"],
    "worker": ["celery", "-A", "portal", "worker", "--pool", "solo", "--without-mingle", "--without-gossip"],
    "beat": ["celery", "-A", "portal", "beat", "--pidfile=", "--schedule"],
}


@pytest.fixture
def live(clone):
    """A copy of the database that says it is a live one."""
    clone.run("DELETE FROM audit_databasekind")
    clone.run("INSERT INTO audit_databasekind VALUES ('live')")
    return clone


@pytest.fixture
def begin(live, tmp_path):
    """Start a part of the portal with a database role; returns its exit code and its last words."""

    def started(name, url="DATABASE_URL", mode="local"):
        address = make_conninfo(**conninfo_to_dict(os.environ[url]) | {"dbname": live.name})
        env = os.environ | {"DATABASE_URL": address, "SAFE_RETURN_MODE": mode, "SAFE_RETURN_DATA": str(tmp_path)}
        words = [*STARTS[name], *([str(tmp_path / "schedule")] if name == "beat" else [])]
        return subprocess.run(
            [sys.executable, "-m", *words], cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=60
        )

    return started


@pytest.mark.stack
@pytest.mark.parametrize("name", STARTS)
def test_nothing_starts_as_a_role_that_can_become_the_owner(begin, name):
    ended = begin(name, "DATABASE_OWNER_URL")
    assert ended.returncode != 0
    assert "row-level security does not bind" in ended.stdout + ended.stderr


@pytest.mark.stack
@pytest.mark.parametrize("name", STARTS)
def test_nothing_starts_on_a_database_of_another_kind(begin, name):
    ended = begin(name, mode="demo")
    assert ended.returncode != 0
    assert "This database is live, the settings ask for demo" in ended.stdout + ended.stderr


@pytest.mark.stack
def test_web_starts_as_the_application(begin):
    ended = begin("web")
    assert ended.returncode == 0, ended.stderr


def test_settings_that_a_check_refuses_do_not_start(settings):
    settings.AUTHENTICATION_BACKENDS = ["guardian.backends.ObjectPermissionBackend"]
    with pytest.raises(ImproperlyConfigured, match=r"access\.E001"):
        demand_safe_start()
