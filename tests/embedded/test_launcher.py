"""python3 manage.py demo, as a person at a terminal meets it."""

import http.client
import re
import signal
import socket
from contextlib import suppress

import psutil
import pytest

from portal.embedded.folder import DataFolder
from portal.embedded.stack import HOST, PORT
from tests.embedded.portal_process import at_work_in, run, wait_for

pytestmark = pytest.mark.stack

# The launcher with its first step only: stopping is the same, and the other steps take long.
SERVERS_ONLY = """
import sys
from portal.embedded import stack
stack.Launcher._steps = lambda self: [("PostgreSQL and Valkey", self._start_servers)]
sys.exit(stack.main("up", []))
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """One folder for all: the first start fills it, the later ones show how quick they are with what is there."""
    return tmp_path_factory.mktemp("portal")


@pytest.fixture
def start(data, begin):
    def begin_demo():
        launcher, out = begin(data, "manage.py", "demo")
        assert wait_for(lambda: "Stop with Ctrl-C" in out.read_text() or launcher.poll() is not None, 400)
        assert launcher.poll() is None, out.read_text()
        return launcher, out.read_text()

    return begin_demo


@pytest.fixture
def usual_port_taken():
    """By this test, or by whatever has it already."""
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            taken.bind((HOST, PORT))
            taken.listen()
        yield


def address_in(said):
    return re.search(r"running at http://(\S+)", said)[1]


def status_of(address):
    connection = http.client.HTTPConnection(address, timeout=60)
    connection.request("GET", "/")
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.usefixtures("usual_port_taken")
def test_beside_a_busy_port_joined_hurt_and_killed(data, start):
    launcher, said = start()
    address = address_in(said)
    assert address != f"{HOST}:{PORT}"
    assert status_of(address) < 400
    assert "Who can sign in" in said

    assert run(data, "shell", "-v0", "-c", "print('joined')").stdout == "joined\n"
    assert DataFolder(data).recorded()["pid"] == launcher.pid
    asked = run(data, "operator_link")
    assert f"http://{address}/" in asked.stdout, asked.stdout + asked.stderr

    _worker_comes_back(data)

    launcher.kill()
    launcher.wait()
    assert wait_for(lambda: not at_work_in(data), 20), at_work_in(data)


def test_the_check_of_the_demo(data):
    """Signs in as each role, opens the main pages and makes a PDF through the worker: see check_demo."""
    checked = run(data, "demo", "--check")
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert at_work_in(data) == []


class TestAskedToStop:
    """Ctrl-C, SIGTERM, a closed terminal: everything ends, in order, with the exit code of a run that went well."""

    @pytest.mark.parametrize("wish", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
    def test_while_running(self, tmp_path, begin, wish):
        launcher, out = begin(tmp_path, "-c", SERVERS_ONLY)
        assert wait_for(lambda: "Stop with Ctrl-C" in out.read_text()), out.read_text()
        launcher.send_signal(wish)
        assert launcher.wait(90) == 0, out.read_text()
        assert at_work_in(tmp_path) == []
        assert DataFolder(tmp_path).recorded() == {}

    def test_while_starting(self, tmp_path, begin):
        launcher, out = begin(tmp_path, "manage.py", "demo")
        assert wait_for(lambda: "[2/5]" in out.read_text()), out.read_text()
        launcher.send_signal(signal.SIGTERM)
        assert launcher.wait(90) == 130, out.read_text()
        assert at_work_in(tmp_path) == []


def _command(process):
    """Return the words of a process; one that has just ended has none."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _worker_comes_back(data):
    def workers():
        return [process for process in at_work_in(data) if "worker" in _command(process)]

    assert wait_for(workers)
    first = min(workers(), key=psutil.Process.create_time)
    first.kill()
    assert wait_for(lambda: first.pid not in [process.pid for process in workers()] and workers())
