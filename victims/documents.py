"""The file as a PDF: ordered and handed over here, made by the worker in printing.py, sealed under its sections' keys."""

import uuid
from dataclasses import replace

from portal.access.identity import action
from portal.access.jobs import schedule
from portal.access.opens import look
from portal.access.rights import check
from portal.access.sections import Section
from portal.accounts.models import Person
from portal.audit import clock, events
from portal.audit.ids import uuid7
from portal.casework import keys
from portal.casework.models import Document


@action
def order(*, child_id: uuid.UUID, kind: str, language: str, by: Person, reason: str = "") -> Document:
    """Ask for a PDF of the file; the worker makes it with what the person may see when it runs."""
    decision = check(by, child_id, Section.SUMMARY)
    document_id = uuid7()
    job = schedule("document", document_id, by=by)
    document = Document(
        id=document_id, child_id=child_id, person_id=by.pk, kind=kind, language=language, made=clock.now(), job=job
    )
    document.save(force_insert=True)
    asked = look("pdf asked", document, child_id=child_id, basis=decision.basis)
    events.record(replace(asked, action="E"))
    return document


def layers(document: Document, *, make: bool = False) -> list[bytes]:
    """Return the keys that close a document: SUMMARY's and those of the sections that it shows."""
    numbers = [Section.SUMMARY, *(Section(n) for n in document.sections if n != Section.SUMMARY)]
    return [keys.section_key(document.child_id, section, make=make) for section in numbers]  # type: ignore[attr-defined]


def seal(document: Document, pdf: bytes) -> bytes:
    """Close a PDF under every key in turn: without any one of them it stays closed."""
    for key in layers(document, make=True):
        pdf = keys.seal(key, pdf, f"document:{document.pk}")
    return pdf


def read(document: Document) -> bytes:
    """Open a PDF with every key, the last one first."""
    pdf = bytes(document.data or b"")
    for key in reversed(layers(document)):
        pdf = keys.unseal(key, pdf, f"document:{document.pk}")
    return pdf
