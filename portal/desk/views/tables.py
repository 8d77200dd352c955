"""The list of files as a table: asking with a purpose, the second person's answer, and taking it."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access import extracts
from portal.access.models import Extract
from portal.access.opens import FILES, WRITE, found, opens_found, opens_list
from portal.access.sections import Section, Stage
from portal.access.visibility import listed_ids
from portal.audit import clock
from portal.audit.events import Event
from portal.audit.sealing import latest
from portal.casework.editing import saved
from portal.casework.templatetags.portal import utc
from portal.desk.tables_forms import AllowForm, PurposeForm
from victims.tables import table
from victims.views.addresses import stage_of
from victims.views.children import list_rows


@opens_list("ask for a table", methods=WRITE, of="access.extract")
def new(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Ask what the table is for; a long one waits for a second person."""
    person: Any = request.user
    stage = stage_of(request.GET.get("stage", ""))
    form = PurposeForm(request.POST or None)
    answer = saved(request, form, lambda: asked(stage, form, person), said="")
    files = listed_ids(person, stage=stage, most=extracts.MOST + 1)
    context = {
        "form": form,
        "count": len(files),
        "cap": extracts.MOST,
        "alone": extracts.ALONE,
        "stage": stage,
        "needs_second": extracts.needs_second(files),
        "deciders": extracts.deciders(person),
        "back_url": reverse("victims:children") + (f"?stage={stage.value}" if stage else ""),
    }
    return answer or TemplateResponse(request, "desk/new_extract.html", context), []


def asked(stage: Stage | None, form: PurposeForm, person: Any) -> str:
    """Ask for the table and return its page."""
    made = extracts.ask(stage=stage, purpose=form.cleaned_data["purpose"], by=person)
    return reverse("desk:extract", args=[made.pk])


def read_by(person: Any, extract_id: uuid.UUID) -> Extract | None:
    """Return the table, if it is the person's own or could be allowed by the person."""
    one = Extract.objects.select_related("person__agency", "decided_by").filter(pk=extract_id).first()
    is_theirs = one is not None and (one.person == person or person in extracts.deciders(one.person))
    return one if is_theirs else None


@opens_found(methods=WRITE, kind="view table", finds=read_by)
def extract(request: HttpRequest, one: Extract) -> HttpResponse:
    """Show what was asked for and what became of it, and ask the second person for an answer."""
    person: Any = request.user
    may_decide = extracts.may_decide(one, person)
    form = AllowForm(request.POST or None)
    answer = saved(request, form, lambda: decided(one, form, person), said=_("Answered. Whoever asked is told."))
    context = {
        "one": one,
        "form": form,
        "count": len(one.files),
        "stage": Stage(one.stage).label if one.stage else "",
        "is_mine": one.person == person,
        "may_decide": may_decide,
        "is_ready": extracts.is_ready(one, person),
        "until": (until := extracts.until(one)),
        "is_over": until is not None and until <= clock.now(),
    }
    return answer or TemplateResponse(request, "desk/extract.html", context)


def decided(one: Extract, form: AllowForm, person: Any) -> str:
    """Answer and return to the page."""
    extracts.decide(extract=one, by=person, **form.values())
    return reverse("desk:extract", args=[one.pk])


def ready(person: Any, extract_id: uuid.UUID) -> Extract | None:
    """Return the table, if the person may take it now."""
    one = read_by(person, extract_id)
    return one if one is not None and extracts.is_ready(one, person) else None


@opens_list("table of files")
def take(request: HttpRequest, extract_id: uuid.UUID) -> tuple[HttpResponse, Event]:
    """Hand out the table to whoever asked for it: the files that are open to that person still, and their ids on record."""
    person: Any = request.user
    one: Extract = found(ready, person, {"extract_id": extract_id})
    files = extracts.files_now(one, person)
    response = HttpResponse(table(list_rows(person, files), mark=mark_of(one)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{one.reference}.csv"'
    event = Event(
        "table of files",
        entity=FILES,
        entity_id=one.pk,
        entities=files,
        sections=[Section.SUMMARY] if files else [],
        purpose=one.purpose,
        details={"reference": one.reference},
    )
    return response, event


def mark_of(one: Extract) -> str:
    """Return the line at the head of the table: who took it, when, for what, under which reference."""
    return marked(one.person, one.purpose, one.reference)


def marked(person: Any, purpose: str, reference: str) -> str:
    """Return who takes a table, when, for what, under which reference, and how far the record was sealed then."""
    said = _("%(portal)s: taken by %(name)s, %(agency)s, on %(time)s, for: %(purpose)s. Reference %(reference)s.") % {
        "portal": _("Safe Return"),
        "name": person.short_name,
        "agency": person.agency.name,
        "time": utc(clock.now()),
        "purpose": purpose,
        "reference": reference,
    }
    sealed = latest()
    if sealed is None:
        return said
    to = {"number": sealed.number, "root": sealed.short}
    return said + " " + _("Record sealed up to checkpoint %(number)s, %(root)s.") % to
