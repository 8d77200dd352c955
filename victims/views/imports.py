"""Sending a file, watching it being read in, and what came of it."""

import datetime
import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.access import jobs
from portal.access.identity import acting
from portal.access.opens import WRITE, opens_list, opens_network
from portal.access.rights import check_roams
from portal.access.sign_in import polled, whole_page
from portal.casework.editing import pressed, saved
from portal.casework.forms import OnceForm
from portal.casework.templatetags.portal import digits
from victims import import_files, imports, matching
from victims.import_steps import IMPORT
from victims.media_rows import KINDS
from victims.models import Import, MediaHash
from victims.series_forms import UploadForm
from victims.series_list import imports_open
from victims.sources import said
from victims.vics_entries import HASHES
from victims.views.series import PAGE, before_of, pages_of
from victims.views.watching import watched

MOST_SERIES = 200  # of one import, on its page


def import_asked_for(person: Any, import_id: uuid.UUID) -> Import | None:
    """Return the import, if the person may see it."""
    return imports_open(person).filter(pk=import_id).first()


@opens_list("list imports", of="victims.import")
def listed(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """List what the person's agency has sent, newest first."""
    person: Any = request.user
    check_roams(person)
    before = before_of(request)
    found = list(imports_open(person).filter(pk__lt=before).order_by("-pk")[: PAGE + 1])
    shown = found[:PAGE]
    context = {"rows": [row_of(import_) for import_ in shown], **pages_of(shown, before, has_more=len(found) > PAGE)}
    return TemplateResponse(request, "victims/imports.html", context), [import_.pk for import_ in shown]


def row_of(import_: Import) -> dict[str, Any]:
    """Return the line of an import."""
    good, bad = (grouped(import_.summary[name]) if name in import_.summary else "–" for name in ("good", "bad"))
    return {"import": import_, "state": state_of(import_), "url": url_of(import_), "good": good, "bad": bad}


def url_of(import_: Import) -> str:
    """Return the page of an import."""
    return reverse("victims:import", args=[import_.pk])


def end_of(import_: Import) -> str:
    """Return how the job of an import ended that came to nothing: given up or cancelled; else nothing."""
    if import_.state != Import.State.WAITING or import_.job is None or not jobs.may_retry(import_.job):
        return ""
    return str(import_.job.state)


def state_of(import_: Import) -> Any:
    """Return how the state shows, as a tag draws it."""
    return IMPORT.states[Import.State.REFUSED] if end_of(import_) else IMPORT.state(import_)


@opens_network(methods=WRITE, kind="upload form")
def upload(request: HttpRequest) -> HttpResponse:
    """Send a file to be checked or read in."""
    person: Any = request.user
    posted = (request.POST, request.FILES) if request.method == "POST" else ()
    form = UploadForm(*posted, person=person)
    answer = saved(request, form, lambda: url_of(imports.receive(**form.values(), by=person)), said="")
    return answer or TemplateResponse(request, "victims/upload.html", {"form": form})


@opens_network(kind="view import", finds=import_asked_for)
def one(request: HttpRequest, import_: Import) -> HttpResponse:
    """Show how far an import is, or what came of it."""
    may_read_in = is_ready(import_, request)
    context = {
        "import": import_,
        "summary": import_.summary,
        "state": state_of(import_),
        "end": end_of(import_),
        "form": OnceForm() if may_read_in else None,
        "read_now_url": reverse("victims:read_now", args=[import_.pk]),
        "submit": button_of(import_.summary) if may_read_in else "",
        "kept_until": import_files.kept_until(import_) if may_read_in else None,
        "is_mine": import_.person == request.user,
        "by_command": import_.job is None,
        "known_url": known_url(import_, request),
        "pairs": matching.count_pairs(import_.pk),
        "closed": matching.closed_in_import(import_.pk),
        "known_made": moment_of(import_.summary.get("known_made")),
        **contents_of(import_.summary),
        **progress_of(import_),
    }
    return TemplateResponse(request, "victims/import.html", context)


def is_ready(import_: Import, request: HttpRequest) -> bool:
    """Return whether this person may have the checked file read in now."""
    is_mine = import_.person == request.user
    return is_mine and import_.state == Import.State.CHECKED and import_files.is_kept(import_.pk)


def button_of(summary: dict[str, Any]) -> str:
    """Return what the button says that reads in a checked file."""
    if summary.get("known"):
        return _("Read it in again")
    return _("Read in the good ones now") if summary["bad"] else _("Read it in now")


def contents_of(summary: dict[str, Any]) -> dict[str, Any]:
    """Return what is known of the file, in the reader's language."""
    hashes = summary.get("hashes", {})
    kinds = [(MediaHash.Kind(KINDS[name]).label, grouped(hashes[name])) for name in HASHES if name in hashes]
    return {
        "facts": facts_of(summary) if summary.get("good") or summary.get("bad") else [],
        "kinds": kinds,
        "series": summary.get("series", [])[:MOST_SERIES],
        "more_series": max(0, summary.get("series_count", 0) - MOST_SERIES),
        "refusal": said(summary["refusal"]) if "refusal" in summary else "",
        "problems": [in_words(problem) for problem in summary.get("problems", [])],
        "cases": [case | {"seized": day_of(case["seized"])} for case in summary.get("cases", [])],
    }


def known_url(import_: Import, request: HttpRequest) -> str:
    """Return the page of the import that read in the same file before, if the person may see it."""
    person: Any = request.user
    known = import_.summary.get("known")
    return reverse("victims:import", args=[known]) if known and imports_open(person).filter(pk=known).exists() else ""


def moment_of(text: str | None) -> datetime.datetime | None:
    """Return a moment as it is kept in a summary."""
    return datetime.datetime.fromisoformat(text) if text else None


def day_of(text: str | None) -> datetime.date | None:
    """Return a day as it is kept in a summary."""
    return datetime.date.fromisoformat(text) if text else None


def in_words(problem: dict[str, Any]) -> dict[str, Any]:
    """Return a bad entry with what is wrong in it said in the reader's language."""
    return problem | {"reasons": [said(reason) for reason in problem["reasons"]]}


def facts_of(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the strip of facts under the title."""
    rows = [
        (_("Good entries"), summary["good"]),
        (_("Bad entries"), summary["bad"]),
        (_("Series"), summary["series_count"]),
        (_("Embedded pictures dropped"), summary["dropped_binaries"]),
    ]
    return [{"label": label, "value": grouped(value)} for label, value in rows]


def grouped(value: int) -> str:
    """Return a count with its thousands set apart, in the reader's digits."""
    return digits(number_format(value, use_l10n=True, force_grouping=True))


def progress_of(import_: Import) -> dict[str, Any]:
    """Return how far the worker is, while it is at it."""
    if import_.state != Import.State.WAITING or import_.job is None:
        return {"is_waiting": False}
    done, total, is_comparing = jobs.progress(import_.job)
    return {
        "is_waiting": not end_of(import_),
        "is_comparing": is_comparing,
        "done": grouped(done) if done else "",
        "total": grouped(total) if total else "",
        "share": 100 * done / total if total else None,
        "progress_url": reverse("victims:import_progress", args=[import_.pk]),
    }


@polled
@require_safe
def progress(request: HttpRequest, import_id: uuid.UUID) -> HttpResponse:
    """Say how far an import is: two numbers, so no look."""
    person: Any = request.user
    with acting(person, read_only=True):
        import_ = import_asked_for(person, import_id)
        if import_ is None:
            return whole_page(404)
        context = progress_of(import_)
        response = render(request, "victims/_import_progress.html", context)
        return watched(response, import_.job, is_waiting=context["is_waiting"])  # type: ignore[arg-type]


@opens_network(methods=("POST",), kind="view import", finds=import_asked_for)
def read_now(request: HttpRequest, import_: Import) -> HttpResponse:
    """Have a checked file read in."""
    return pressed(request, lambda: sent(import_, request), url_of(import_), said="")


def sent(import_: Import, request: HttpRequest) -> str:
    """Read in what the page showed: its good entries, and a second time where it said so."""
    person: Any = request.user
    has_bad, is_known = bool(import_.summary["bad"]), bool(import_.summary.get("known"))
    imports.read_now(import_=import_, by=person, skip_bad=has_bad, again=is_known)
    return url_of(import_)
