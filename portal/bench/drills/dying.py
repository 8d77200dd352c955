"""Read by the worker of a drill: it dies by SIGKILL once at each job, in the middle of it or after its commit."""

import os
import signal
from pathlib import Path
from typing import Any

from celery.signals import task_postrun

from portal.access import jobs
from portal.accounts.models import Person
from portal.casework.models import Job

MOMENT, MARKS = os.environ["DRILL_DIES"], Path(os.environ["DRILL_MARKS"])
MIDDLE, AFTER = "middle", "after"
do = jobs.do


def die_once(job_id: str) -> None:
    """End this process and the one above it, as a machine that loses power would; at a second meeting go on."""
    try:
        (MARKS / f"{MOMENT}-{job_id}").touch(exist_ok=False)
    except FileExistsError:
        return
    os.kill(os.getppid(), signal.SIGKILL)
    os.kill(os.getpid(), signal.SIGKILL)


def do_and_die(job: Job, person: Person) -> None:
    """Do the job, and die before its transaction commits."""
    do(job, person)
    die_once(str(job.pk))


@task_postrun.connect
def die_before_the_broker_knows(task: Any, args: Any, **facts: Any) -> None:
    """The effect is committed, and the broker takes the message for not done."""
    if MOMENT == AFTER and task.name == "portal.access.tasks.run":
        die_once(args[0])


if MOMENT == MIDDLE:
    jobs.do = do_and_die
