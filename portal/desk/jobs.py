"""Jobs in words: what each is, how far it is, what went wrong and what to do about it, and where its result stands."""

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from portal.access import jobs
from portal.access.asking import asked
from portal.access.opens import FileLine, file_lines
from portal.access.rights import can, prefetch
from portal.access.sections import Section
from portal.accounts.models import Person
from portal.audit import clock
from portal.casework.models import Document, Job
from portal.casework.templatetags.portal import digits, moment
from portal.casework.workflow import NotPossible, State
from referrals.models import HandOver
from victims import import_files, imports
from victims.models import Import
from victims.series_list import imports_open

LATE = datetime.timedelta(minutes=10)  # a job that could run and waits longer is an alarm
SHOWN_FOR = datetime.timedelta(days=7)  # on My work, after it was given up
MAILS = {"invitation", "factors_reset", "password_reset"}
KINDS: dict[str, str | Promise] = {
    "document": gettext_lazy("PDF of a file"),
    "import": gettext_lazy("Reading in a file of hashes"),
    "letter": gettext_lazy("Referral letter"),
    "hand_over_receipt": gettext_lazy("Receipt of a hand-over"),
    "disclosure": gettext_lazy("Disclosure"),
    "invitation": gettext_lazy("Mail with an invitation"),
    "factors_reset": gettext_lazy("Mail about a new second factor"),
    "password_reset": gettext_lazy("Mail for a new password"),
    "note_erasure": gettext_lazy("Note of an erasure beside the backups"),
}
STATES = {
    Job.State.WAITING: State(gettext_lazy("waiting")),
    Job.State.RUNNING: State(gettext_lazy("under way"), "blue"),
    Job.State.DONE: State(gettext_lazy("done"), "green", "tick"),
    Job.State.FAILED: State(gettext_lazy("not done"), "red", "cross"),
    Job.State.CANCELLED: State(gettext_lazy("cancelled")),
}


@dataclass(frozen=True)
class Line:
    """One job as its person sees it."""

    job: Job
    kind: str | Promise
    state: State
    file: FileLine | None  # the file that it is about, while the person holds anything of it
    said: str  # how far it is, or what went wrong and what to do
    url: str  # where the result stands, while the rights to it last
    may_cancel: bool
    may_retry: bool


def of(person: Person) -> Any:
    """Return the person's own jobs; row-level security shows those of others' imports as well."""
    return Job.objects.filter(person_id=person.pk)


def unsettled(person: Person) -> list[Job]:
    """Return what is under way for the person or was given up in the last days, newest first."""
    open_states = [Job.State.WAITING, Job.State.RUNNING, Job.State.FAILED]
    return list(of(person).filter(state__in=open_states, made__gt=clock.now() - SHOWN_FOR).order_by("-pk")[:10])


def lines(found: list[Job], person: Person) -> list[Line]:
    """Return the jobs as the page lists them, each thing asked for once for all of them."""
    ids = [job.pk for job in found]
    made = {one.job_id: one for one in Document.objects.filter(job__in=ids).defer("data")}  # type: ignore[attr-defined]
    read_in = {one.job_id: one for one in imports_open(person).filter(job__in=ids)}  # type: ignore[attr-defined]
    files = [one.child_id for one in made.values()]  # type: ignore[attr-defined]
    prefetch(person, files)
    headings = file_lines(files)
    handed = set(HandOver.objects.filter(pk__in=receipts_of(found)).values_list("pk", flat=True))
    rows = []
    for job in found:
        document, import_ = made.get(job.pk), read_in.get(job.pk)
        rows.append(
            Line(
                job,
                kind_of(job.kind),
                STATES[Job.State(job.state)],
                headings.get(document.child_id) if document else None,  # type: ignore[attr-defined]
                said_of(job),
                result_of(job, document, import_, handed, person),
                jobs.may_cancel(job),
                jobs.may_retry(job) and can_be_made(job, import_),
            )
        )
    return rows


def kind_of(kind: str) -> str | Promise:
    return KINDS.get(kind, kind)


def receipts_of(found: list[Job]) -> list[uuid.UUID]:
    """Return the hand-overs whose receipts stand ready."""
    return [job.subject_id for job in found if job.kind == "hand_over_receipt" and job.subject_id]


def result_of(
    job: Job, document: Document | None, import_: Import | None, handed: set[uuid.UUID], person: Person
) -> str:
    """Return where the result of a job stands; nothing where there is none, or the rights to it have ended."""
    if import_ is not None:
        return reverse("victims:import", args=[import_.pk])
    if job.kind == "disclosure":
        return reverse("victims:disclosure", args=[job.subject_id])
    if job.state != Job.State.DONE:
        return ""
    if job.subject_id in handed:
        return reverse("referrals:hand_over", args=[job.subject_id])
    if document is None or document.kind == "receipt" or not document.finished:
        return ""
    held = all(can(person, document.child_id, Section(number)) for number in document.sections or [Section.SUMMARY])  # type: ignore[attr-defined]
    return reverse("victims:document", args=[document.pk]) if held else ""


def can_be_made(job: Job, import_: Import | None) -> bool:
    """Return whether what a job needs is still there."""
    return job.kind != "import" or (import_ is not None and not is_gone(job))


def is_gone(job: Job) -> bool:
    """Return whether the file that was sent to be read in is no longer kept: it is for a day."""
    return job.kind == "import" and (job.subject_id is None or not import_files.is_kept(job.subject_id))


def retry(*, job: Job, by: Person) -> None:
    """Have a job tried again. Raises NotPossible where its file is gone: no try would find it."""
    if is_gone(job):
        raise NotPossible(gettext(imports.GONE))
    jobs.retry(job=job, by=by)


def said_of(job: Job) -> str:
    """Return how far a job is, or what went wrong and what to do next."""
    if job.state == Job.State.RUNNING:
        return progress_of(job)
    if job.state == Job.State.FAILED:
        return problem_of(job)
    if job.state == Job.State.WAITING and job.tries:
        tried = ngettext("Tried %(count)s time so far.", "Tried %(count)s times so far.", job.tries)
        again = _("Tried again by itself: %(when)s.") % {"when": moment(job.due)}
        return f"{tried % {'count': digits(job.tries)}} {again}"
    return ""


def progress_of(job: Job) -> str:
    """Return how many entries of how many are done, where the job says so."""
    done, total, _is_last = jobs.progress(job)
    if not done:
        return ""
    if total is None:
        return _("%(done)s entries so far") % {"done": grouped(done)}
    return _("%(done)s of %(total)s entries") % {"done": grouped(done), "total": grouped(total)}


def grouped(value: int) -> str:
    return digits(number_format(value, use_l10n=True, force_grouping=True))


def problem_of(job: Job) -> str:
    """Return what went wrong in plain words, with what to do next."""
    if job.problem == jobs.REFUSED:
        return _("You do not hold what this needs any more. Ask whoever gave you access, then try again.")
    if job.problem == jobs.CLOSED:
        return _("The account was closed when its turn came. Nothing was made. Try again if you still need it.")
    if job.problem == "NotPossible":
        return _("As things stand this cannot be done. Open the page where you asked for it: it says why.")
    if job.problem == jobs.CUT_SHORT:
        return _("It took too long and was ended. Ask for less at once, or tell the operator.")
    if job.kind in MAILS:
        return _("The mail could not be sent. Tell the operator, then try again.")
    if is_gone(job):
        return gettext(imports.GONE)
    if job.kind == "import":
        return _("The file could not be read in. Nothing of it was kept. Try again, or send the file again.")
    return _("It could not be made. Try again; if that does not help, tell the operator.")


# --- what the operator sees: of no job whose file it is about, nor whose it is ---------------------------------------


@dataclass(frozen=True)
class Figures:
    """The jobs of one kind."""

    kind: str
    waiting: int
    running: int
    given_up: int
    done_today: int
    oldest: datetime.datetime | None  # since when the oldest waits that could run

    @property
    def label(self) -> str | Promise:
        return kind_of(self.kind)


@dataclass(frozen=True)
class GivenUp:
    """A job that was given up, without whose it was."""

    pk: uuid.UUID
    kind: str
    made: datetime.datetime
    tries: int
    problem: str

    @property
    def label(self) -> str | Promise:
        return kind_of(self.kind)


def figures() -> list[Figures]:
    """Return the jobs of the whole portal, kind by kind; the database answers operators alone."""
    return [Figures(*row) for row in asked("SELECT * FROM access.job_figures()")]


def late_since(rows: list[Figures]) -> datetime.datetime | None:
    """Return since when the oldest job waits, where that is too long: the worker does not come round."""
    oldest = min((row.oldest for row in rows if row.oldest), default=None)
    return oldest if oldest and oldest < clock.now() - LATE else None


def given_up(*, before: uuid.UUID | None = None, most: int) -> list[GivenUp]:
    """Return jobs that were given up, newest first."""
    return [GivenUp(*row) for row in asked("SELECT * FROM access.jobs_given_up(%s, %s)", before, most)]
