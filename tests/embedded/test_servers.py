"""PostgreSQL and Valkey on one machine: started, left, killed and found again."""

import json
import os
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor

import psutil
import psycopg
import pytest

from portal.embedded import cluster as clusters
from portal.embedded import postgres
from portal.embedded.cluster import Cluster
from portal.embedded.folder import DataFolder, FolderInUse
from portal.embedded.processes import Failed
from portal.embedded.stack import HOST, PORT, listen
from tests.embedded.portal_process import at_work_in, run, wait_for

pytestmark = pytest.mark.stack

HOLD_SERVERS = """
import time
from portal.embedded.cluster import Cluster
from portal.embedded.folder import data_folder
cluster = Cluster(data_folder())
cluster.start(kind="command", name="a test", mode="local")
cluster.ensure_database("local")
with cluster.postgres.connect("safe_return") as connection:
    connection.execute("CREATE TABLE IF NOT EXISTS kept (what text); INSERT INTO kept VALUES ('before the kill')")
print("ready", flush=True)
time.sleep(60)
"""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    """The servers as `up` runs them."""
    running = Cluster(DataFolder(tmp_path_factory.mktemp("data")))
    running.start(kind="command", name="a test", mode="local")
    running.ensure_database("local")
    yield running
    running.stop()


@pytest.mark.parametrize("is_link", [True, False])
def test_what_killed_tests_left_is_removed_and_no_link_that_another_account_laid_is_followed(
    tmp_path, monkeypatch, is_link
):
    """A link in a folder that everybody writes into leads where its maker likes: there, running.json says what to remove."""
    shared, left, dear = (tmp_path / name for name in ("shared", "left", "dear"))
    for folder in (shared, left, dear):
        folder.mkdir()
    (left / "running.json").write_text(json.dumps({"temporary": [str(dear)]}))
    place = shared / f"{clusters.TEMPORARY}x"
    place.symlink_to(left) if is_link else left.rename(place)
    os.utime(place, (0, 0))
    monkeypatch.setattr(clusters, "MEMORY", shared)
    monkeypatch.setattr(clusters.tempfile, "gettempdir", lambda: str(shared))
    clusters.sweep()
    assert (dear.exists(), os.path.lexists(place)) == (is_link, is_link)


class TestRunning:
    """What the servers let in, and what they write down."""

    def test_no_network_address(self, cluster):
        server = psutil.Process(cluster.children["postgres"].process.pid)
        valkey = psutil.Process(cluster.children["valkey"].process.pid)
        assert server.net_connections("inet") == []
        assert valkey.net_connections("inet") == []

    def test_the_server_is_not_root(self, cluster):
        assert psutil.Process(cluster.children["postgres"].process.pid).uids().effective != 0

    def test_each_role_needs_its_password(self, cluster):
        env = cluster.environment("local")
        with psycopg.connect(env["DATABASE_URL"]) as connection:
            assert connection.execute("SELECT current_user").fetchone() == ("app",)
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(env["DATABASE_URL"], password="guessed")

    def test_the_application_may_not_change_tables(self, cluster):
        with (
            psycopg.connect(cluster.environment("local")["DATABASE_URL"]) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("CREATE TABLE public.mine (id int)")

    def test_the_log_holds_no_values(self, cluster):
        with cluster.postgres.connect() as connection:
            connection.execute("CREATE TABLE child (name text UNIQUE)")
            connection.execute("INSERT INTO child VALUES (%s)", ["Amina Example"])
            with pytest.raises(psycopg.errors.UniqueViolation):
                connection.execute("INSERT INTO child VALUES (%s)", ["Amina Example"])
            with pytest.raises(psycopg.errors.UniqueViolation):
                connection.execute("INSERT INTO child VALUES ('Amina Example')")
        log = cluster.postgres.log.read_text()
        assert "duplicate key" in log
        assert "Amina" not in log

    def test_secrets_are_readable_by_this_account_only(self, cluster):
        kept = cluster.folder.path / "secrets.json"
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600
        assert stat.S_IMODE(cluster.folder.path.stat().st_mode) == 0o700

    def test_settings_can_read_the_addresses(self, cluster):
        parts = psycopg.conninfo.conninfo_to_dict(cluster.environment("local")["DATABASE_OWNER_URL"])
        assert parts["user"] == "migrator"
        assert parts["dbname"] == "safe_return"
        assert parts["host"] == str(cluster.postgres.sockets)

    def test_a_copy_of_the_programs_runs_where_the_account_may_go(self, cluster, tmp_path):
        """The way out for a checkout in a closed home folder; pytest's folder is closed, so the copy is opened here."""
        copy = postgres._copy(postgres.find_wheel(), tmp_path)
        program = next(copy.rglob("bin/initdb"))
        asked = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
        assert asked.stdout.startswith("initdb (PostgreSQL) 18")
        assert all(stat.S_IMODE(path.stat().st_mode) & 0o004 for path in copy.rglob("*"))


class TestFolder:
    """One folder, one launcher; nothing in it is lost."""

    def test_made_once_by_two_at_the_same_time(self, tmp_path):
        with ThreadPoolExecutor(8) as pool:
            made = list(pool.map(lambda _n: DataFolder(tmp_path / "data").secrets()["keys"], range(8)))
        assert len(set(made)) == 1

    def test_only_one_holds_it(self, tmp_path):
        first, second = DataFolder(tmp_path), DataFolder(tmp_path)
        first.hold()
        with pytest.raises(FolderInUse):
            second.hold()
        assert second.is_held()
        first.let_go()
        second.hold()
        second.let_go()

    def test_the_folder_of_another_account_is_left_alone(self, tmp_path, monkeypatch):
        monkeypatch.setattr(os, "geteuid", lambda: tmp_path.stat().st_uid + 1)
        with pytest.raises(Failed, match=f"{tmp_path} belongs to the account"):
            DataFolder(tmp_path).hold()
        assert list(tmp_path.iterdir()) == []

    def test_servers_stay_for_guests(self, tmp_path):
        """A command that started the servers waits with stopping them until the commands that joined have ended."""
        folder = DataFolder(tmp_path)
        guest = folder.visit()
        assert folder.see_guests_off(wait=False) is None
        os.close(guest)
        closing = folder.see_guests_off(wait=False)
        assert closing is not None
        os.close(closing)

    def test_a_second_start_refuses_and_says_where_the_first_is(self, tmp_path):
        folder = DataFolder(tmp_path)
        folder.hold()
        folder.record({"pid": 1234, "started": "2026-11-20T10:41:07+00:00", "kind": "stack", "address": "http://here"})
        for name in ("demo", "up"):
            refused = run(tmp_path, name)
            assert refused.returncode == 1
            assert "The portal already runs at http://here (started 10:41, process 1234)." in refused.stderr
            assert "SAFE_RETURN_DATA" in refused.stderr
        folder.let_go()

    def test_a_path_too_long_for_sockets(self, tmp_path):
        cluster = Cluster(DataFolder(tmp_path / ("long" * 20) / ("path" * 20)), throwaway=True)
        cluster.start(kind="tests")
        sockets = cluster.sockets
        with cluster.postgres.connect() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
        cluster.stop()
        assert not sockets.exists()

    def test_leftovers_of_an_interrupted_start(self, tmp_path):
        """A cluster made by half, and the lock file of a server whose number now belongs to another process."""
        cluster = Cluster(DataFolder(tmp_path), throwaway=True)
        half = tmp_path / "postgres.new"
        half.mkdir()
        (half / "PG_VERSION").write_text("18")
        cluster.start(kind="tests")
        cluster.postgres.stop()
        (tmp_path / "postgres" / "postmaster.pid").write_text(f"{os.getpid()}\n{tmp_path}\n")
        cluster.postgres.start()
        cluster.stop()
        assert not half.exists()

    def test_commands_without_a_database_start_none(self, tmp_path):
        done = run(tmp_path, "version")
        assert done.returncode == 0, done.stderr
        assert not (tmp_path / "postgres").exists()


class TestKilled:
    """kill -9 of whoever started the servers."""

    def test_nothing_is_left_and_nothing_is_lost(self, tmp_path, begin):
        launcher, out = begin(tmp_path, "-c", HOLD_SERVERS)
        assert wait_for(lambda: "ready" in out.read_text()), out.read_text()
        assert {"postgres", "valkey-server"} <= {process.name() for process in at_work_in(tmp_path)}
        launcher.kill()
        launcher.wait()
        assert wait_for(lambda: not at_work_in(tmp_path), 15), at_work_in(tmp_path)

        again = Cluster(DataFolder(tmp_path))
        again.start(kind="command", name="a test", mode="local")
        with again.postgres.connect("safe_return") as connection:
            assert connection.execute("SELECT what FROM kept").fetchall() == [("before the kill",)]
        again.stop()

    def test_the_next_start_does_not_wait_for_the_last_end(self, tmp_path, begin):
        """Started again at once, while the killed one's servers are still going down."""
        for _time in range(2):
            launcher, out = begin(tmp_path, "-c", HOLD_SERVERS)
            assert wait_for(lambda out=out: "ready" in out.read_text()), out.read_text()
            launcher.kill()
            launcher.wait()
        assert wait_for(lambda: not at_work_in(tmp_path), 15), at_work_in(tmp_path)


class TestPort:
    """The one port of the portal."""

    def test_the_next_free_one(self):
        first, second = listen(None), listen(None)
        ports = [listener.getsockname()[1] for listener in (first, second)]
        first.close()
        second.close()
        assert ports[0] >= PORT
        assert ports[1] > ports[0]

    def test_a_wanted_one_that_is_busy_is_named(self):
        taken = listen(None, any_free=True)
        port = taken.getsockname()[1]
        with pytest.raises(Failed, match=f"Port {port} "):
            listen(port)
        taken.close()

    def test_loopback_only(self):
        listener = listen(None, any_free=True)
        assert listener.getsockname()[0] == HOST == "127.0.0.1"
        listener.close()
