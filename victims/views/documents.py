"""PDFs of a file: ordered, waited for, taken."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from portal.access.opens import opens, opens_list
from portal.access.rights import check
from portal.access.sections import Section
from portal.casework.editing import save_once
from portal.casework.models import Document, Job
from victims import documents

SUMMARY = Section.SUMMARY


@opens(SUMMARY, methods=("POST",), kind="pdf asked")
def print_summary(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Ask for a PDF of the file: made in the background, with the sections the person may see."""
    return save_once(request, lambda: ordered(request, child_id))


def ordered(request: HttpRequest, child_id: uuid.UUID) -> str:
    """Order the PDF and return the page where it is waited for."""
    language: str = request.LANGUAGE_CODE  # type: ignore[attr-defined]
    made = documents.order(child_id=child_id, kind="file", language=language, by=request.user, reason="pdf")  # type: ignore[arg-type]
    return reverse("victims:document", args=[made.pk])


def own_document(person: Any, document_id: uuid.UUID) -> Document:
    """Return a PDF that this person ordered, if the rights to every section in it still stand."""
    found = Document.objects.filter(pk=document_id).select_related("job").first()
    if found is None:
        raise Http404
    for number in found.sections or [SUMMARY]:
        check(person, found.child_id, Section(number))  # type: ignore[attr-defined]
    return found


@opens_list("pdf state")
def document(request: HttpRequest, document_id: uuid.UUID) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Show how far a PDF is; nothing of the file stands on this page."""
    found = own_document(request.user, document_id)
    is_waiting = found.finished is None and found.job.state != Job.State.FAILED
    return TemplateResponse(request, "victims/document.html", {"document": found, "is_waiting": is_waiting}), []


@opens_list("pdf")
def take_document(request: HttpRequest, document_id: uuid.UUID) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Hand a finished PDF over."""
    found = own_document(request.user, document_id)
    if not found.finished:
        raise Http404
    response = HttpResponse(documents.read(found), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="safe-return-{found.pk}.pdf"'
    return response, [found.child_id]  # type: ignore[attr-defined]
