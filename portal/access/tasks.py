"""Entry points of the worker."""

import uuid

from celery import shared_task
from django.conf import settings
from django.db import connection

from portal.access import drafts, erasing, jobs, reminders, unusual
from portal.casework.models import Job

HOURS = 3600  # seconds


@shared_task
def relay() -> None:
    """Publish what waits in the outbox."""
    jobs.relay(publish)


def publish(job: Job) -> None:
    """Put a job's id before the worker, with the time its kind may take."""
    limit = 8 * HOURS if job.kind in settings.LONG_JOBS else settings.CELERY_TASK_TIME_LIMIT
    run.apply_async([str(job.id)], time_limit=limit)


@shared_task
def make_figures() -> None:
    """Make the figures of the day; made already, it does nothing."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT access.make_figures()")


@shared_task
def note_unusual_looking() -> None:
    """Note what was unusual on the days that are over; noted already, it changes nothing."""
    unusual.note_days()


@shared_task
def drop_old_drafts() -> None:
    """Drop what was typed, not saved, and not come back to within thirty days."""
    drafts.drop_old()


@shared_task
def note_erasures() -> None:
    """Write down beside the backups what was erased, where that was not done yet."""
    erasing.note_missing()


@shared_task
def run(job_id: str) -> None:
    """Do one job."""
    jobs.run(uuid.UUID(job_id))


@shared_task
def look_at_the_clock() -> None:
    """Tell of access and of training that end soon, and ask to confirm what has no end."""
    reminders.look_at_the_clock()


@shared_task
def look_who_is_next() -> None:
    """Tell the next in line of what nobody has confirmed or answered."""
    reminders.look_who_is_next()
