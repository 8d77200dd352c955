"""Entry points of the worker."""

import uuid

from celery import shared_task

from portal.access import jobs


@shared_task
def relay() -> None:
    """Publish what waits in the outbox."""
    jobs.relay(run.delay)


@shared_task
def run(job_id: str) -> None:
    """Do one job."""
    jobs.run(uuid.UUID(job_id))
