"""The pages of the sections: one view for all of them, driven by section_pages."""

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.db import IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access.agencies import author_of
from portal.access.evidence_holds import may_hold_evidence
from portal.access.opens import WRITE, opens
from portal.access.rights import can
from portal.access.sections import Level, Section
from portal.access.visibility import FIRST
from portal.casework.editing import demand_current, resolved, save_once, saved
from portal.casework.models import Attachment, Note
from portal.casework.workflow import NotPossible
from victims import actions, attachments, entries
from victims.disclosed import standing_statements
from victims.forms import NO_NOTE, AttachmentForm, NoteForm, section_form
from victims.identification import series_of
from victims.rescue_forms import RescueForm
from victims.section_pages import BESIDE, BY_SLUG, EDITED, SectionPage
from victims.views.addresses import id_of
from victims.views.file import alerted, file_context, the_file

MOST = 50
FORMS = {"rescue": RescueForm}  # of records that have a form of their own
LISTS = {"before": "records", "notes": "notes", "documents": "documents"}  # name in the address: place on the page


def section_in(kwargs: dict[str, Any]) -> Section:
    """Return the section named in an address."""
    page = BY_SLUG.get(kwargs["slug"])
    if page is None:
        raise Http404
    return page.section


def section_edited(kwargs: dict[str, Any]) -> Section:
    """Return the section of the record that an address names; its table may be a further one."""
    page = EDITED.get(kwargs["slug"])
    if page is None:
        raise Http404
    return page.section


@opens(section_in, also=(alerted,))
def section(request: HttpRequest, child_id: uuid.UUID, slug: str) -> HttpResponse:
    """Show the records, notes and documents of a section, the newest of each; older ones are a step away."""
    parts = section_parts(request.user, child_id, BY_SLUG[slug], request.GET)
    parts["may_hold"] = may_hold_evidence(request.user, BY_SLUG[slug].section)
    return TemplateResponse(request, "victims/section.html", file_context(request, child_id, slug) | parts)


def section_parts(person: Any, child_id: uuid.UUID, page: SectionPage, asked: Mapping[str, str]) -> dict[str, Any]:
    """Return what a section shows to a person. asked: where its lists begin, by the names of LISTS."""
    before = {name: id_of(asked.get(name, ""), FIRST) for name in LISTS}
    records = entries.records(page, child_id, before=before["before"], most=MOST)
    notes = entries.notes(page.section, child_id, before=before["notes"], most=MOST)
    documents = entries.documents(page.section, child_id, before=before["documents"], most=MOST)
    return {
        "child": the_file(person, child_id),
        "page": page,
        "statements": standing_statements(child_id, page.section),
        "records": entries.record_entries(person, page, records.rows),
        "notes": entries.note_entries(person, notes.rows),
        "documents": entries.document_entries(person, documents.rows),
        "records_pager": pager(asked, "before", records),
        "notes_pager": pager(asked, "notes", notes),
        "documents_pager": pager(asked, "documents", documents),
        "may_change": can(person, child_id, page.section, Level.CHANGE),
        "linked_series": series_of(child_id, person) if page.section == Section.INVESTIGATION else None,
        "further": [further_records(person, beside, child_id) for beside in BESIDE.get(page.section, ())],
    }


def further_records(person: Any, page: SectionPage, child_id: uuid.UUID) -> dict[str, Any]:
    """Return the newest records of a further table of the section."""
    rows = entries.records(page, child_id, most=MOST).rows
    return {"page": page, "records": entries.record_entries(person, page, rows)}


def pager(asked: Mapping[str, str], name: str, listing: entries.Listing) -> dict[str, str]:
    """Return where one list of the page goes on and where it begins; the other lists stay where they are."""
    kept = {other: asked[other] for other in LISTS if other != name and asked.get(other)}
    older = urlencode(kept | {name: listing.rows[-1].pk}) if listing.has_more else ""
    place = f"#{LISTS[name]}"
    return {
        "older_url": f"?{older}{place}" if older else "",
        "newer_url": f"?{urlencode(kept)}{place}" if asked.get(name) else "",
    }


@opens(section_in, Level.CHANGE, methods=WRITE, also=(alerted,))
def add(request: HttpRequest, child_id: uuid.UUID, slug: str) -> HttpResponse:
    """Add a record to the section; a section of one record that has it by now goes on with that one."""
    page = BY_SLUG[slug]
    there = the_one(page, child_id, request)
    if there is not None and request.method != "POST":
        return redirect("victims:edit", child_id, slug, there.pk)
    form = section_form(page)(request.POST or None)
    context = file_context(request, child_id, slug, page=page, form=form)
    if request.method == "POST" and form.is_valid():
        if there is not None:
            return joined(request, page, form, there)
        try:
            return save_once(request, lambda: added(page, form, context["child"], request.user))
        except IntegrityError:
            there = the_one(page, child_id, request)
            if there is None:
                raise
            return joined(request, page, form, there)
    return TemplateResponse(request, "victims/record.html", context)


def the_one(page: SectionPage, child_id: uuid.UUID, request: HttpRequest) -> Any:
    """Return the record of a section that has one for each child, locked while a form is saved; None where there is none."""
    records = page.model._default_manager.filter(child_id=child_id)
    if not page.one:
        return None
    return (records.select_for_update(of=("self",)) if request.method == "POST" else records).first()


def joined(request: HttpRequest, page: SectionPage, form: Any, there: Any) -> HttpResponse:
    """Answer a first record that somebody else made meanwhile: what was typed is joined with it, as in a change."""
    form.cleaned_data["reason"] = _("Recorded by two people at the same time")
    url = reverse("victims:edit", args=[there.child_id, page.slug, there.pk])
    demand_current(request, form, there, saved_by=partial(author_of, request.user, there.child_id), action=url)
    return redirect("victims:section", there.child_id, page.slug)


def added(page: SectionPage, form: Any, child: Any, person: Any) -> str:
    """Add the record and return to the section."""
    actions.add(model=page.model, child=child, values=form.values(), by=person, reason="")
    return reverse("victims:section", args=[child.pk, page.slug])


@opens(section_edited, Level.CHANGE, methods=WRITE, also=(alerted,))
def edit(request: HttpRequest, child_id: uuid.UUID, slug: str, record_id: uuid.UUID) -> HttpResponse:
    """Change a record of the section; one saved meanwhile gives the page that joins both."""
    page = EDITED[slug]
    records = page.model._default_manager.filter(pk=record_id, child_id=child_id)
    # Locked before its version is compared: of two saves at the same moment, the later one meets the earlier.
    record: Any = (records.select_for_update(of=("self",)) if request.method == "POST" else records).first()
    editing: Any = page.model._default_manager.filter(pk=record_id, child_id=child_id).first()
    if record is None:
        raise Http404
    form_of = FORMS.get(slug) or section_form(page)
    form = form_of(resolved(request.POST) if request.method == "POST" else None, instance=editing)
    if request.method == "POST" and form.is_valid():
        demand_current(request, form, record, saved_by=partial(author_of, request.user, child_id))
        return save_once(request, lambda: changed(page, form, record, request.user))
    context = file_context(request, child_id, page.section.slug, page=page, form=form, record=record)
    return TemplateResponse(request, "victims/record.html", context)


def changed(page: SectionPage, form: Any, record: Any, person: Any) -> str:
    """Change the record and return to the section."""
    actions.change(record=record, values=form.values(), by=person, reason=form.cleaned_data["reason"])
    return reverse("victims:section", args=[record.child_id, page.section.slug])


@opens(section_in, Level.CHANGE, methods=WRITE, also=(alerted,))
def add_note(request: HttpRequest, child_id: uuid.UUID, slug: str) -> HttpResponse:
    """Write a note in the section, or an addendum to one of its notes."""
    page = BY_SLUG[slug]
    form = NoteForm(request.POST or None, initial={"adds_to": request.GET.get("adds_to")})
    context = file_context(request, child_id, slug, page=page, form=form)
    answer = saved(request, form, lambda: noted(page, form, context["child"], request.user))
    return answer or TemplateResponse(request, "victims/note.html", context)


def noted(page: SectionPage, form: NoteForm, child: Any, person: Any) -> str:
    """Write the note and return to the section."""
    data = form.cleaned_data
    earlier = note_added_to(data["adds_to"], page, child) if data["adds_to"] else None
    attachments.write_note(child=child, section=page.section, body=data["body"], adds_to=earlier, by=person)
    return reverse("victims:section", args=[child.pk, page.slug])


def note_added_to(note_id: uuid.UUID, page: SectionPage, child: Any) -> Note:
    """Return the note of this section that an addendum names; addenda have none of their own."""
    found = Note.objects.filter(pk=note_id, child_id=child.pk, section=page.section, adds_to=None).first()
    if found is None:
        raise NotPossible(NO_NOTE)
    return found


@opens(section_in, Level.CHANGE, methods=WRITE, also=(alerted,))
def attach(request: HttpRequest, child_id: uuid.UUID, slug: str) -> HttpResponse:
    """Attach a document to the section."""
    page = BY_SLUG[slug]
    form = AttachmentForm(request.POST or None, request.FILES or None)
    context = file_context(request, child_id, slug, page=page, form=form)
    answer = saved(request, form, lambda: attached(page, form, context["child"], request.user))
    return answer or TemplateResponse(request, "victims/attach.html", context)


def attached(page: SectionPage, form: AttachmentForm, child: Any, person: Any) -> str:
    """Attach the document and return to the section."""
    data = form.cleaned_data["file"].read(attachments.LARGEST + 1)
    attachments.attach(child=child, section=page.section, title=form.cleaned_data["title"], data=data, by=person)
    return reverse("victims:section", args=[child.pk, page.slug])


def attachment_asked_for(person: Any, child_id: uuid.UUID, slug: str, attachment_id: uuid.UUID) -> Attachment | None:
    """Return the document of a section that the address names."""
    return Attachment.objects.filter(pk=attachment_id, child_id=child_id, section=BY_SLUG[slug].section).first()


@opens(section_in, kind="download", finds=attachment_asked_for)
def download(request: HttpRequest, child_id: uuid.UUID, slug: str, found: Attachment) -> HttpResponse:
    """Hand over a document; never shown inside the portal's own pages."""
    response = HttpResponse(attachments.read(found), content_type="application/octet-stream")
    ending = "pdf" if found.content_type == "application/pdf" else "txt"
    response["Content-Disposition"] = f'attachment; filename="document-{found.pk}.{ending}"'
    return response
