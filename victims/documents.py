"""The file as a PDF: ordered and handed over here, made by the worker in printing.py, sealed under its sections' keys."""

import hashlib
import uuid
from dataclasses import replace

from portal.access.identity import action
from portal.access.jobs import schedule
from portal.access.opens import look
from portal.access.rights import check
from portal.access.sections import Section
from portal.access.work import tell
from portal.accounts.models import Person
from portal.audit import clock, events
from portal.audit.ids import uuid7
from portal.casework import keys
from portal.casework.models import Document


@action
def order(
    *, child_id: uuid.UUID, kind: str, language: str, by: Person, reason: str = "", job_kind: str = "document",
    subject_id: uuid.UUID | None = None,
) -> Document:  # fmt: skip
    """Ask for a PDF of the file; the worker makes it with what the person may see when it runs.

    job_kind and subject_id: who makes it, and of what, where it is not of the file as a whole.
    """
    decision = check(by, child_id, Section.SUMMARY)
    document_id = uuid7()
    job = schedule(job_kind, subject_id or document_id, by=by)
    document = Document(
        id=document_id, child_id=child_id, person_id=by.pk, kind=kind, language=language, made=clock.now(), job=job
    )
    document.save(force_insert=True)
    asked = look("pdf asked", document, child_id=child_id, basis=decision.basis)
    events.record(replace(asked, action="E"))
    return document


def keep(document: Document, pdf: bytes, shown: list[Section], person: Person, name: str) -> None:
    """Keep a PDF that was made, sealed under its sections, and tell the person who asked for it."""
    document.sections = [int(section) for section in shown]
    document.digest = hashlib.sha256(pdf).hexdigest()
    document.data = seal(document, pdf)
    document.finished = clock.now()
    document.save(update_fields=["sections", "digest", "data", "finished"])
    child_id: uuid.UUID = document.child_id  # type: ignore[attr-defined]
    events.record(look("pdf made", document, child_id=child_id, sections=shown))
    tell([person], "document_ready", ["", name], child_id=child_id, subject_id=document.pk)


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
