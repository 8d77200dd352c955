"""The background worker: it carries ids only, and everything it does can be done again safely."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

queue = Celery("portal")
queue.config_from_object("django.conf:settings", namespace="CELERY")
queue.autodiscover_tasks()
