"""Making the ordered PDFs, in the worker: the drawing library takes seconds to load, so no page imports this."""

import uuid
from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.module_loading import import_string

from portal.access.opens import FileLine
from portal.access.rights import check, sections_held, sections_open
from portal.access.sections import Section
from portal.accounts.models import Person
from portal.casework.models import Document, Job
from portal.casework.pdf import render_pdf
from victims import entries
from victims.disclosed import standing_statements
from victims.documents import keep
from victims.models import Child, RiskFlag
from victims.section_pages import PAGES, SectionPage
from victims.views.file import alerts_for, facts_of, the_file
from victims.workflow import IDENTITY, STAGE

MOST = 500  # of each list of a section: a PDF of more takes minutes; the newest stand in it, and how many do not


def make(job: Job, person: Person) -> None:
    """Make an ordered PDF, under the rights that the person has now."""
    document = Document.objects.select_for_update(of=("self",)).get(job=job)
    child_id: uuid.UUID = document.child_id  # type: ignore[attr-defined]
    check(person, child_id, Section.SUMMARY)
    shown = sections_open(person, child_id)
    child = the_file(person, child_id)
    # Words of vocabularies are chosen while the contents are gathered; times are those of the reader.
    with translation.override(document.language), timezone.override(person.zone):
        context = contents(document, child, person, shown)
        pdf = render_pdf("documents/file.html", context, document.language)
    keep(document, pdf, shown, person, child.code_name)


def contents(document: Document, child: Child | FileLine, person: Person, shown: list[Section]) -> dict[str, Any]:
    """Return what the PDF's template draws: only sections in shown."""
    context: dict[str, Any] = {
        "document": document,
        "child": child,
        "reader": person,
        "parts": [part(PAGES[section], child.pk, person) for section in shown if section in PAGES],
        "sections": [section.label for section in shown],
        "wait_for_code": [section.label for section in sections_held(person, child.pk) if section not in shown],
        "demo": settings.DEMO,
        "alerts": alerts_for(person, child.pk),
    }
    if isinstance(child, Child):
        flags = RiskFlag.objects.filter(child_id=child.pk, ended=None)
        stands = [STAGE.state(child).label, IDENTITY.state(child).label]
        context |= {"facts": facts_of(child, document.language), "flags": flags, "stands": stands}
    return context


def part(page: SectionPage, child_id: uuid.UUID, person: Person) -> dict[str, Any]:
    """Return a section as the PDF shows it, headed paragraphs, which print fast and read aloud well; and what it omits."""
    records = entries.records(page, child_id, most=MOST)
    notes = entries.notes(page.section, child_id, most=MOST)
    documents = entries.documents(page.section, child_id, most=MOST)
    return {
        "title": page.section.label,
        "empty": page.empty,
        "says": [one.statement for one in standing_statements(child_id, page.section)],
        "records": entries.record_entries(person, page, records.rows),
        "records_omitted": records.left_out(),
        "blocks": [
            block
            for slot in settings.PDF_SOURCES
            for block in import_string(slot)(child_id, page.section, person, MOST)
            if block.entries
        ],
        "notes": entries.note_entries(person, notes.rows),
        "notes_omitted": notes.left_out(),
        "documents": entries.document_entries(person, documents.rows),
        "documents_omitted": documents.left_out(),
    }
