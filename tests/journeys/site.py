"""The portal over a copy of the test database, served on a port of this machine; its data stay committed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer
from django.test.testcases import QuietWSGIRequestHandler

from tests.copies import Copy, copied

LOOPBACK = "127.0.0.1"
LEFT = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


class Site:
    """An address, and the copy of the database behind it."""

    def __init__(self, url: str, copy: Copy) -> None:
        self.url = url
        self.copy = copy
        self.cast = copy.cast
        self.files = copy.files


@contextmanager
def opened(*, is_empty: bool = False) -> Iterator[Site]:
    """Copy the database, or a new portal's, and serve it; each request's thread closes its own connection after it."""
    with copied(is_empty=is_empty) as copy, serving() as url:
        yield Site(url, copy)


@contextmanager
def serving() -> Iterator[str]:
    """Serve the portal as production does, static files through its own middleware."""
    server = ThreadedWSGIServer((LOOPBACK, 0), QuietWSGIRequestHandler, allow_reuse_address=False)
    server.set_app(WSGIHandler())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://{LOOPBACK}:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
