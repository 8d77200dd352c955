"""Starts a throwaway server before Django's settings are read: where `manage.py test` has not, and for each worker of its own."""

import atexit
import os

from portal.embedded.cluster import ephemeral

if "DATABASE_TEST_URL" not in os.environ or "PYTEST_XDIST_WORKER" in os.environ:
    _server = ephemeral()
    os.environ.update(_server.__enter__())
    atexit.register(_server.__exit__, None, None, None)
