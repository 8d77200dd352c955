"""Starts a throwaway database server before Django's settings are read, where `manage.py test` has not started one."""

import os

from portal.embedded.cluster import ephemeral

_server = None
if "DATABASE_TEST_URL" not in os.environ:
    _server = ephemeral()
    os.environ.update(_server.__enter__())


def pytest_unconfigure():
    if _server is not None:
        _server.__exit__(None, None, None)
