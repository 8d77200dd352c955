"""The background worker: it carries ids only, and everything it does can be done again safely."""

import os
import sys
from typing import Any

from celery import Celery
from celery.signals import beat_init, worker_init
from django.core.exceptions import ImproperlyConfigured

from portal.access.checks import demand_safe_start

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

queue = Celery("portal")
queue.config_from_object("django.conf:settings", namespace="CELERY")
queue.autodiscover_tasks()


@worker_init.connect
@beat_init.connect
def start_safely(**facts: Any) -> None:
    """End a worker or beat that may not start: Celery itself logs what its checks say, and goes on."""
    try:
        demand_safe_start()
    except ImproperlyConfigured as problem:
        sys.exit(f"Not started. {problem}")
    except Exception as problem:  # a database that is away: whoever starts this process tries again
        sys.exit(f"Not started: {type(problem).__name__}.")
