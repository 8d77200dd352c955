"""Timed work of the audit application."""

from celery import shared_task
from django.db import connection


@shared_task
def make_partitions() -> None:
    """Make the event partitions of this month and the next two; made already, it does nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit.make_partitions()")
