"""Work after a commit: written as a row with its cause, published by the relay, done once under its originator's token."""

import datetime
import logging
import traceback
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from portal.access.asking import answer, asked
from portal.access.identity import Identity, Refused, acting, action, job_secret
from portal.accounts.models import Person
from portal.accounts.passwords import opening_key
from portal.audit import events
from portal.audit.events import Event
from portal.audit.ids import uuid7
from portal.casework.models import Job
from portal.casework.workflow import NotPossible

log = logging.getLogger("portal.jobs")
PUBLISH_AGAIN = datetime.timedelta(minutes=5)  # access.jobs_to_publish() says the same: doing it twice is harmless
MOST_TRIES = 5
CUT_SHORT = "cut short"  # the problem of a job whose process ended with it: by its time limit, or for want of memory
REFUSED = "refused"  # the rights that it needs have ended
CLOSED = "account closed"
FOR_OTHERS = {"factors_reset"}  # not for who caused it to cancel; access.cancel_job() says the same


class Cancelled(Exception):
    """Whoever asked for the job has cancelled it meanwhile: what it did is rolled back."""


class AccountClosed(Exception):
    """Whoever asked for the job has no open account any more."""


def schedule(kind: str, subject_id: uuid.UUID | None, *, by: Person) -> Job:
    """Write a job into the outbox, in the transaction that causes it. Its kind is named in settings.JOBS."""
    if kind not in settings.JOBS:
        raise LookupError(f"No job is called {kind!r}. Name it in settings.JOBS.")
    job = Job(id=uuid7(), kind=kind, subject_id=subject_id, person_id=by.pk)
    digest = Identity(job_secret(job.id)).digest
    values = (opening_key(), job.id, kind, subject_id, by.pk, digest)
    job.made = job.due = answer("SELECT access.open_job(%s, %s, %s, %s, %s, %s)", *values)
    job._state.adding = False
    return job


def relay(publish: Callable[[Job], Any], *, most: int = 100) -> int:
    """Publish the ids of jobs that wait, each at most every five minutes; return how many."""
    with transaction.atomic():
        found = asked("SELECT id, kind FROM access.jobs_to_publish(%s, %s)", opening_key(), most)
        for job_id, kind in found:
            publish(Job(id=job_id, kind=kind))
        asked("SELECT access.note_published(%s, %s)", opening_key(), [job_id for job_id, _kind in found])
    return len(found)


def run(job_id: uuid.UUID) -> bool:
    """Do a job under its originator's token, once; return whether this call did it.

    The mark that it is done is written with its effect. A second worker that meets the job finds it held.
    """
    with held(job_id) as is_ours:
        job = begin_try(job_id) if is_ours else None
        if job is None:
            return False
        person = Person.objects.select_related("agency").get(pk=job.person_id)  # type: ignore[misc]
        person.identity = Identity(job_secret(job.id), via="job", request_id=job.id.hex)
        try:
            with acting(person):
                do(job, person)
            return True
        except Cancelled:
            log.info("job %s (%s): cancelled", job.id, job.kind)
        except Refused:
            put_off(job, REFUSED, is_over=True)
        except AccountClosed:
            note_closed(job, person)
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


def begin_try(job_id: uuid.UUID) -> Job | None:
    """Count a try before it begins, so that one that ends with its process counts too; give up after the last one."""
    found = asked("SELECT * FROM access.begin_job(%s, %s, %s)", opening_key(), job_id, MOST_TRIES)
    if not found:
        return None
    kind, subject_id, person_id, made, state, tries, was_cut = found[0]
    if was_cut:  # nobody held it: the process of the last try is gone
        log.error("job %s (%s): %s", job_id, kind, CUT_SHORT)
    job = Job(
        id=job_id, kind=kind, subject_id=subject_id, person_id=person_id, made=made, due=made, state=state, tries=tries
    )
    job._state.adding = False
    return None if state == Job.State.FAILED else job


def do(job: Job, person: Person) -> None:
    """Run the job's handler in the open transaction, and mark it done there."""
    if answer("SELECT access.holder()") is None:
        raise AccountClosed
    import_string(settings.JOBS[job.kind])(job, person)
    if not answer("SELECT access.finish_job()"):
        raise Cancelled


def note_failure(job: Job, error: Exception) -> None:
    """Put the job off, longer each time, or give it up. The kind of the error is kept, never its words."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    log.error("job %s (%s): %s at %s:%s", job.id, job.kind, type(error).__name__, place.name, place.lineno)
    put_off(job, type(error).__name__, is_over=job.tries >= MOST_TRIES or isinstance(error, NotPossible))


def put_off(job: Job, problem: str, *, is_over: bool) -> None:
    """Say what went wrong, and when the job is tried again if it is."""
    values = (opening_key(), job.id, problem, 10 * 3**job.tries, is_over)
    asked("SELECT access.put_off_job(%s, %s, %s, %s, %s)", *values)


def note_closed(job: Job, person: Person) -> None:
    """Refuse the job of somebody who has left: nobody acts, so the event names the account in words."""
    put_off(job, CLOSED, is_over=True)
    stamp = replace(person.stamp(via="job"), person_id=None, request_id=job.id.hex)
    with transaction.atomic():
        events.record(Event("refusal", "E", "refused", "account_closed", entity="casework.job"), stamp=stamp)


def note_progress(job: Job, done: int, total: int | None = None, is_last: bool = False) -> None:
    """Say how far a job is, and stop here where it was cancelled meanwhile.

    Kept in the cache: the job's own transaction shows nothing before its end.
    """
    if Job.objects.filter(pk=job.id, state=Job.State.CANCELLED).exists():
        raise Cancelled
    with suppress(RedisError):  # how far it is may stay untold; the job goes on
        cache.set(f"job:{job.id}", (done, total, is_last), timeout=3600)


def progress(job: Job) -> tuple[int, int | None, bool]:
    """Return how much of a job is done, of how much (None where that is not known), and whether it is at its last part."""
    with suppress(RedisError):
        return cache.get(f"job:{job.id}") or (0, None, False)
    return 0, None, False


# What whoever started a job does with it


def may_cancel(job: Job) -> bool:
    """Return whether there is something to stop: what has not begun, and what takes long."""
    is_long = job.kind in settings.LONG_JOBS and job.state == Job.State.RUNNING
    return job.kind not in FOR_OTHERS and (job.state == Job.State.WAITING or is_long)


def may_retry(job: Job) -> bool:
    """Return whether the job ended without its effect."""
    return job.state in (Job.State.FAILED, Job.State.CANCELLED)


@action
def cancel(*, job: Job, by: Person, reason: str = "") -> None:
    """Cancel a job that waits, or have a long one stop at its next look; nothing of it stays."""
    if not may_cancel(job) or not answer("SELECT access.cancel_job(%s)", job.id):
        raise NotPossible(_("It is done already, or about to be. Look at what came of it."))
    events.record(Event("cancel job", "U", entity="casework.job", entity_id=job.id))


@action
def retry(*, job: Job, by: Person, reason: str = "") -> None:
    """Have a job that was given up or cancelled tried again, with the rights that the person has then."""
    if not answer("SELECT access.retry_job(%s)", job.id):
        raise NotPossible(_("It is under way again already. Look at it in a minute."))
    events.record(Event("retry job", "U", entity="casework.job", entity_id=job.id))
