"""python3 manage.py demo, as a person at a terminal meets it."""

import http.client
import re
import signal
import socket

import psutil
import pytest

from portal.embedded.folder import DataFolder
from portal.embedded.stack import HOST, PORT
from tests.embedded.portal_process import at_work_in, begin, run, wait_for

pytestmark = pytest.mark.stack


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("portal")


@pytest.fixture
def start(place):
    """Start the demo in the same folder each time, and end what a failed test leaves."""
    started = []

    def begin_demo():
        out = place / "out"
        launcher = begin(place / "data", "manage.py", "demo", out=out)
        started.append(launcher)
        assert wait_for(lambda: "Stop with Ctrl-C" in out.read_text() or launcher.poll() is not None, 120)
        assert launcher.poll() is None, out.read_text()
        return launcher, out.read_text()

    yield begin_demo
    for launcher in started:
        launcher.kill()
        launcher.wait()


def address_in(said):
    return re.search(r"running at http://(\S+)", said)[1]


def status_of(address):
    connection = http.client.HTTPConnection(address, timeout=20)
    connection.request("GET", "/")
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_day_of_the_demo(place, start):
    """Started beside a busy port, joined, hurt, killed; then started again with its data, and stopped."""
    data = place / "data"
    with socket.socket() as busy:
        busy.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        busy.bind((HOST, PORT)) if _is_free() else None
        busy.listen()
        launcher, said = start()
        address = address_in(said)
        assert address != f"{HOST}:{PORT}"
        assert status_of(address) < 400
        assert "Who can sign in" in said

        refused = run(data, "demo")
        assert refused.returncode == 1
        assert f"already runs at http://{address}" in refused.stderr
        assert f"process {launcher.pid}" in refused.stderr

        assert run(data, "shell", "-v0", "-c", "print('joined')").stdout == "joined\n"
        assert DataFolder(data).recorded()["pid"] == launcher.pid

        _worker_comes_back(data)

        launcher.kill()
        launcher.wait()
        assert wait_for(lambda: not at_work_in(data), 20), at_work_in(data)

    launcher, said = start()
    assert status_of(address_in(said)) < 400
    launcher.send_signal(signal.SIGTERM)
    assert launcher.wait(30) == 0
    assert at_work_in(data) == []
    assert DataFolder(data).recorded() == {}


def _is_free():
    with socket.socket() as probe:
        return probe.connect_ex((HOST, PORT)) != 0


def _worker_comes_back(data):
    def workers():
        return [process for process in at_work_in(data) if "worker" in process.cmdline()]

    assert wait_for(workers)
    first = min(workers(), key=psutil.Process.create_time)
    first.kill()
    assert wait_for(lambda: first.pid not in [process.pid for process in workers()] and workers())
