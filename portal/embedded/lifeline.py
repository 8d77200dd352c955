"""Read by the worker of one machine: its processes, too, end when the one above them is killed."""

import signal
from typing import Any

from celery.signals import worker_init, worker_process_init

from portal.embedded.processes import end_with_parent

_tie: list[Any] = []


@worker_init.connect
def _remember(**_facts: Any) -> None:
    """The call must be made ready above the fork, where it learns whose end to watch for."""
    _tie.append(end_with_parent(signal.SIGKILL))


@worker_process_init.connect
def _tie_to_parent(**_facts: Any) -> None:
    _tie[-1]()
