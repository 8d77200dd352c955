"""Processes that a test starts and that end with it, however the test ends."""

import signal
import subprocess
import sys

import pytest

from portal.embedded.folder import ROOT
from tests.embedded.portal_process import environment


@pytest.fixture
def begin(tmp_path_factory):
    """Start Python with a data folder of its own; returns the process and the file with what it says."""
    started = []

    def start(folder, *words):
        out = tmp_path_factory.mktemp("said") / "out"
        with out.open("wb") as file:
            process = subprocess.Popen(
                [sys.executable, *words], cwd=ROOT, env=environment(folder), stdout=file, stderr=subprocess.STDOUT,
                preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # tests under nohup ignore it
            )  # fmt: skip
        started.append(process)
        return process, out

    yield start
    for process in started:
        process.kill()
        process.wait()
