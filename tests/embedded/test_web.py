"""The web server and slow senders: they are given up, and nobody else waits for them."""

import http.client
import os
import socket
import subprocess
import sys
from types import SimpleNamespace

import pytest

from portal.web import hang_up

pytestmark = pytest.mark.stack

ANSWER = """
def answer(environ, start):
    environ["wsgi.input"].read()
    start("200 OK", [("Content-Length", "2")])
    return [b"ok"]
"""
HURRY = "import portal.web\nportal.web.PIECE = 1\n"
BEGUN = {
    "line": b"GET /",
    "header": b"GET / HTTP/1.1\r\nHost: a\r\nX-S",
    "body": b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\na",
}


@pytest.fixture
def port(tmp_path, settings):
    """A web server with one thread, which gives up after a second."""
    (tmp_path / "small.py").write_text(ANSWER)
    (tmp_path / "hurry.py").write_text(HURRY)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        words = f"-m gunicorn small:answer --bind fd://{listener.fileno()} --worker-class portal.web.Worker"
        words += (
            f" --config {tmp_path / 'hurry.py'} --threads 1 --worker-connections 1 --keep-alive 0 --no-control-socket"
        )
        paths = os.pathsep.join([str(tmp_path), str(settings.ROOT)])
        server = subprocess.Popen(
            [sys.executable, *words.split()], env=os.environ | {"PYTHONPATH": paths}, pass_fds=[listener.fileno()]
        )
        yield listener.getsockname()[1]
        server.terminate()
        server.wait(30)


@pytest.mark.parametrize("begun", BEGUN.values(), ids=BEGUN)
def test_begun_request_is_given_up(port, begun):
    with socket.create_connection(("127.0.0.1", port)) as slow:
        slow.sendall(begun)
        asking = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        asking.request("GET", "/")
        assert asking.getresponse().read() == b"ok"
        asking.close()


def test_hanging_up_leaves_nothing_to_wait_for():
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.create_connection(listener.getsockname()):
        line = listener.accept()[0]
        connection = SimpleNamespace(sock=line)
        hang_up(connection)
        with connection.sock:
            connection.sock.settimeout(10)
            assert connection.sock.recv(1) == b""
        assert line.fileno() == -1
