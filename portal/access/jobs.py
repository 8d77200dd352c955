"""Work after a commit: written as a row with its cause, published by the relay, done once under its originator's token."""

import datetime
import logging
import traceback
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Q
from django.utils.module_loading import import_string

from portal.access.identity import Identity, acting, job_secret, open_token
from portal.accounts.models import Person
from portal.audit import clock
from portal.audit.ids import uuid7
from portal.casework.models import Job, Processed

log = logging.getLogger("portal.jobs")
LIFETIME = datetime.timedelta(days=7)
PUBLISH_AGAIN = datetime.timedelta(minutes=5)  # the broker may have lost it: doing it twice is harmless
MOST_TRIES = 5
CUT_SHORT = "cut short"  # the problem of a job whose process ended with it: by its time limit, or for want of memory


def schedule(kind: str, subject_id: uuid.UUID | None, *, by: Person) -> Job:
    """Write a job into the outbox, in the transaction that causes it. Its kind is named in settings.JOBS."""
    if kind not in settings.JOBS:
        raise LookupError(f"No job is called {kind!r}. Name it in settings.JOBS.")
    job_id = uuid7()
    open_token(by, "job", idle=LIFETIME, lifetime=LIFETIME, secret=job_secret(job_id))
    now = clock.now()
    return Job.objects.create(id=job_id, kind=kind, subject_id=subject_id, person_id=by.pk, made=now, due=now)


def relay(publish: Callable[[Job], Any], *, most: int = 100) -> int:
    """Publish the ids of jobs that wait, each at most every five minutes; return how many."""
    now = clock.now()
    with transaction.atomic():
        waiting = Job.objects.filter(state__in=[Job.State.WAITING, Job.State.RUNNING], due__lte=now)
        waiting = waiting.filter(Q(published=None) | Q(published__lt=now - PUBLISH_AGAIN))
        jobs = list(waiting.select_for_update(skip_locked=True).order_by("due")[:most])
        for job in jobs:
            publish(job)
        Job.objects.filter(id__in=[job.id for job in jobs]).update(published=now)
    return len(jobs)


def run(job_id: uuid.UUID) -> bool:
    """Do a job under its originator's token, once; return whether this call did it.

    The mark that it is done is written with its effect. A second worker that meets the job finds it held.
    """
    with held(job_id) as is_ours:
        job = begin_try(job_id) if is_ours else None
        if job is None:
            return False
        person_id: Any = job.person_id
        person = Person.objects.select_related("agency").get(pk=person_id)
        person.identity = Identity(job_secret(job.id), via="job", request_id=job.id.hex)
        try:
            with acting(person):
                return do(job, person)
        except Exception as error:
            note_failure(job, error)
            return False


@contextmanager
def held(job_id: uuid.UUID) -> Iterator[bool]:
    """Hold a job until the block ends; a process that is killed lets go of it with its connection."""
    key = [f"job {job_id}"]
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", key)
        is_ours = cursor.fetchone()[0]
    try:
        yield is_ours
    finally:
        if is_ours:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", key)


@transaction.atomic
def begin_try(job_id: uuid.UUID) -> Job | None:
    """Count a try before it begins, so that one that ends with its process counts too; give up after the last one."""
    job = Job.objects.select_for_update().filter(id=job_id).first()
    if job is None or job.state in (Job.State.DONE, Job.State.FAILED):
        return None
    if job.state == Job.State.RUNNING:  # nobody holds it: the process of the last try is gone
        job.problem = CUT_SHORT
        log.error("job %s (%s): %s", job.id, job.kind, CUT_SHORT)
    is_over = job.tries >= MOST_TRIES
    job.state, job.tries = (Job.State.FAILED, job.tries) if is_over else (Job.State.RUNNING, job.tries + 1)
    job.save(update_fields=["state", "tries", "problem"])
    return None if is_over else job


def do(job: Job, person: Person) -> bool:
    """Run the job's handler in the open transaction, and mark it done there."""
    locked = Job.objects.select_for_update().get(id=job.id)
    import_string(settings.JOBS[job.kind])(locked, person)
    Processed.objects.create(job_id=job.id, at=clock.now())
    locked.state = Job.State.DONE
    locked.save(update_fields=["state"])
    return True


def note_failure(job: Job, error: Exception) -> None:
    """Put the job off, longer each time, or give it up. The kind of the error is kept, never its words."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    log.error("job %s (%s): %s at %s:%s", job.id, job.kind, type(error).__name__, place.name, place.lineno)
    Job.objects.filter(id=job.id).update(
        problem=type(error).__name__,
        state=Job.State.FAILED if job.tries >= MOST_TRIES else Job.State.WAITING,
        due=clock.now() + datetime.timedelta(seconds=10 * 3**job.tries),
        published=None,
    )


def note_progress(job: Job, done: int, total: int | None = None, is_last: bool = False) -> None:
    """Say how far a job is. Kept in the cache: the job's own transaction shows nothing before its end."""
    cache.set(f"job:{job.id}", (done, total, is_last), timeout=3600)


def progress(job: Job) -> tuple[int, int | None, bool]:
    """Return how much of a job is done, of how much (None where that is not known), and whether it is at its last part."""
    return cache.get(f"job:{job.id}") or (0, None, False)
