"""PDFs of a file: ordered, waited for, taken."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from portal.access import jobs
from portal.access.identity import acting
from portal.access.opens import found, look, opens, opens_list
from portal.access.rights import check
from portal.access.sections import Section
from portal.access.sign_in import polled, whole_page
from portal.audit.events import Event
from portal.casework.editing import save_once
from portal.casework.models import Document
from victims import documents
from victims.views.watching import watched

SUMMARY = Section.SUMMARY


@opens(SUMMARY, methods=("POST",))
def print_summary(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Ask for a PDF of the file: made in the background, with the sections the person may see."""
    return save_once(request, lambda: ordered(request, child_id), said="")


def ordered(request: HttpRequest, child_id: uuid.UUID) -> str:
    """Order the PDF and return the page where it is waited for."""
    language: str = request.LANGUAGE_CODE  # type: ignore[attr-defined]
    made = documents.order(child_id=child_id, kind="file", language=language, by=request.user, reason="pdf")  # type: ignore[arg-type]
    return reverse("victims:document", args=[made.pk])


def document_asked_for(person: Any, document_id: uuid.UUID) -> Document | None:
    """Return a PDF that this person ordered, if the rights to every section in it still stand."""
    own = Document.objects.filter(person_id=person.pk).exclude(kind="receipt")
    document = own.filter(pk=document_id).select_related("job").first()
    if document is not None:
        for number in document.sections or [SUMMARY]:
            check(person, document.child_id, Section(number))  # type: ignore[attr-defined]
    return document


def own_document(request: HttpRequest, document_id: uuid.UUID) -> Document:
    """Return a PDF of this person; one that is none is refused."""
    person: Any = request.user
    return found(document_asked_for, person, {"document_id": document_id})


@opens_list("pdf state", of="casework.document")
def document(request: HttpRequest, document_id: uuid.UUID) -> tuple[HttpResponse, Event]:
    """Show how far a PDF is; nothing of the file stands on this page."""
    made = own_document(request, document_id)
    return TemplateResponse(request, "victims/document.html", state_of(made)), look("pdf state", made)


def state_of(made: Document) -> dict[str, Any]:
    """Return how far a PDF is."""
    return {"document": made, "is_waiting": made.finished is None and not jobs.may_retry(made.job)}


@polled
@require_safe
def document_state(request: HttpRequest, document_id: uuid.UUID) -> HttpResponse:
    """Say how far a PDF is, to the page that waits for it."""
    person: Any = request.user
    with acting(person, read_only=True):
        made = Document.objects.filter(pk=document_id, person_id=person.pk).select_related("job").first()
        if made is None:
            return whole_page(404)
        context = state_of(made)
        response = render(request, "victims/_document_state.html", context)
        return watched(response, made.job, is_waiting=context["is_waiting"])


@opens_list("pdf", of="casework.document")
def take_document(request: HttpRequest, document_id: uuid.UUID) -> tuple[HttpResponse, Event]:
    """Hand a finished PDF over: a look at every section in it."""
    made = own_document(request, document_id)
    if not made.finished or made.data is None:  # a section of it was erased
        raise Http404
    response = HttpResponse(documents.read(made), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="safe-return-{made.pk}.pdf"'
    return response, look("pdf", made, child_id=made.child_id, sections=made.sections)  # type: ignore[attr-defined]
