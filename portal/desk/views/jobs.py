"""Jobs: one's own with progress, Try again and Cancel; all of the portal's as figures, for the operator."""

import uuid
from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access import jobs as work
from portal.access.identity import Refused
from portal.access.opens import opens_found, opens_list
from portal.accounts.roles import Role
from portal.audit.events import Event
from portal.casework.editing import pressed
from portal.casework.models import Job
from portal.desk import jobs as words
from victims.views.series import before_of, pages_of

PAGE = 50


def own_job(person: Any, job_id: uuid.UUID) -> Job | None:
    """Return a job that this person started."""
    found: Job | None = words.of(person).filter(pk=job_id).first()
    return found


@opens_list("list jobs")
def jobs(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """List what the portal does in the background for this person, newest first."""
    person: Any = request.user
    before = before_of(request)
    found = list(words.of(person).filter(pk__lt=before).order_by("-pk")[: PAGE + 1])
    lines = words.lines(found[:PAGE], person)
    context = {
        "lines": lines,
        "keeps_jobs": Role.OPERATOR in person.roles,
        **pages_of(found[:PAGE], before, has_more=len(found) > PAGE),
    }
    return TemplateResponse(request, "desk/jobs.html", context), [line.file.id for line in lines if line.file]


@opens_found(methods=("POST",), kind="cancel job", finds=own_job)
def cancel_job(request: HttpRequest, job: Job) -> HttpResponse:
    """Cancel a job that waits, or stop a long one."""
    act = partial(pressed_on, work.cancel, job, request)
    return pressed(request, act, reverse("desk:jobs"), said=_("Cancelled. Nothing of it stays."))


@opens_found(methods=("POST",), kind="retry job", finds=own_job)
def retry_job(request: HttpRequest, job: Job) -> HttpResponse:
    """Have a job tried again."""
    act = partial(pressed_on, words.retry, job, request)
    return pressed(request, act, reverse("desk:jobs"), said=_("It is tried again now. Look again in a minute."))


def pressed_on(act: Any, job: Job, request: HttpRequest) -> str:
    """Do what a button of a job says and return to the list."""
    act(job=job, by=request.user)
    return reverse("desk:jobs")


@opens_list("list all jobs", of="casework.job")
def all_jobs(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Show the operator kinds, counts, ages and what was given up: never whose it is or of which file."""
    person: Any = request.user
    if Role.OPERATOR not in person.roles:
        raise Refused(Event("refusal", "R", "refused", "not_an_operator"), known=False)
    before = before_of(request)
    found = words.given_up(before=before, most=PAGE + 1)
    rows = words.figures()
    context = {
        "rows": rows,
        "late_since": words.late_since(rows),
        "given_up": found[:PAGE],
        **pages_of(found[:PAGE], before, has_more=len(found) > PAGE),
    }
    return TemplateResponse(request, "desk/all_jobs.html", context), []
