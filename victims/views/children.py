"""The list of files, opening one, its overview, its steps, who can see it and who looked."""

import datetime
import itertools
import uuid
from typing import Any

from django.contrib import messages
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal.access import actions as access
from portal.access import timeline
from portal.access.agencies import agency_name, author, reveals
from portal.access.identity import Refused
from portal.access.opens import WRITE, opens, opens_list
from portal.access.rights import can, check, prefetch, sections_open
from portal.access.roles import may_open_file
from portal.access.sections import Level, Section, Stage
from portal.access.visibility import CAP, FIRST, PAGE, count_visible, visible, visible_ids
from portal.accounts.models import Agency, Membership
from portal.audit import clock
from portal.audit.events import Event
from portal.audit.models import AccessEvent
from portal.casework.editing import demand_current, resolved, save_once
from portal.casework.models import Document, Task
from portal.casework.templatetags.portal import digits, full_date
from portal.casework.workflow import WrongState
from victims import actions, documents, workflow
from victims.forms import ChildForm, EndForm, GrantForm, NewFileForm, StepForm
from victims.models import CareEntry, Child, LegalOrder
from victims.section_pages import PAGES
from victims.views.file import file_context, the_file

SUMMARY = Section.SUMMARY


def moment_of(text: str) -> datetime.datetime:
    """Return the time in an address, or the end of time."""
    try:
        return datetime.datetime.fromisoformat(text) if text else timeline.END_OF_TIME
    except ValueError:
        raise Http404 from None


def id_of(text: str, otherwise: uuid.UUID) -> uuid.UUID:
    """Return the id in an address; what is none is a page that does not exist."""
    try:
        return uuid.UUID(text) if text else otherwise
    except ValueError:
        raise Http404 from None


def stage_of(text: str) -> Stage | None:
    """Return the stage in an address."""
    try:
        return Stage(int(text)) if text else None
    except ValueError:
        raise Http404 from None


@opens_list("list")
def caseload(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """List the files the person may see, newest first, by stage where one is chosen."""
    person: Any = request.user
    stage = stage_of(request.GET.get("stage", ""))
    before = id_of(request.GET.get("before", ""), FIRST)
    ids = visible_ids(person, stage=stage, before=before, most=PAGE + 1)
    shown = ids[:PAGE]
    older = f"?before={shown[-1]}" + (f"&stage={stage.value}" if stage else "") if len(ids) > PAGE else ""
    pills: list[dict[str, Any]] = [{"url": "?", "label": _("All"), "current": stage is None}]
    pills += [{"url": f"?stage={s.value}", "label": s.label, "current": s == stage} for s in Stage]
    context = {
        "rows": list_rows(person, shown),
        "count": count_visible(person, stage=stage),
        "cap": CAP - 1,
        "older_url": older,
        "newer_url": "?" if before != FIRST else "",
        "pills": pills,
        "may_open": bool(stages_to_open(person)),
    }
    return TemplateResponse(request, "victims/children.html", context), shown


def list_rows(person: Any, ids: list[uuid.UUID]) -> list[dict[str, Any]]:
    """Return a line for each file: SUMMARY words and the next due date, no more."""
    prefetch(person, ids)
    found = Child.objects.select_related("owner__agency").in_bulk(ids)
    tasks = Task.objects.filter(child_id__in=ids, state=Task.State.OPEN, due__isnull=False).select_related(
        "team__agency"
    )
    due = {task.child_id: task.when for task in tasks.order_by("-due")}  # type: ignore[attr-defined]
    return [list_row(person, found[pk], due.get(pk)) for pk in ids if pk in found]


def list_row(person: Any, child: Child, due: datetime.date | None) -> dict[str, Any]:
    """Return one file's line."""
    return {
        "child": child,
        "url": reverse("victims:child", args=[child.pk]),
        "stage": workflow.STAGE.state(child),
        "identity": workflow.IDENTITY.state(child),
        "owner": agency_name(person, child.pk, child.owner.agency),
        "due": due,
    }


def stages_to_open(person: Any) -> list[Stage]:
    """Return the stages at which the person may open a file."""
    return [stage for stage in Stage if stage != Stage.DECEASED and may_open_file(set(person.roles), stage)]


@opens_list("search before opening a file", methods=WRITE)
def new(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Open a file: a search comes first, and what it found stands above the form."""
    person: Any = request.user
    stages = stages_to_open(person)
    if not stages:
        raise Refused(Event("refusal", "C", "refused", "may_not_open_file"), known=False)
    searched = "searched" in request.GET or request.method == "POST"
    found = looked_for(request.GET.get("code_name", ""), person) if searched else []
    form = NewFileForm(request.POST or None, person=person, stages=stages, initial=proposal(person, request))
    if request.method == "POST" and form.is_valid():
        try:
            return save_once(request, lambda: opened(form, person)), []
        except actions.NotPossible as problem:
            form.add_error(problem.field, problem.sentence)
    context = {"form": form, "searched": searched, "found": found, "sought": request.GET.get("code_name", "")}
    return TemplateResponse(request, "victims/new.html", context), [child.pk for child in found]


def looked_for(name: str, person: Any) -> list[Child]:
    """Return the visible files with a code name like the one asked for."""
    return list(visible(Child, person).filter(code_name__istartswith=name.strip())[:10]) if name.strip() else []


def proposal(person: Any, request: HttpRequest) -> dict[str, Any]:
    """Return a code name to start with: the one that was looked for, or a free one."""
    name = request.GET.get("code_name", "").strip()
    membership = Membership.objects.filter(person=person, until=None).select_related("team").first()
    return {"code_name": name or (actions.propose_code_name(membership.team) if membership else "")}


def opened(form: NewFileForm, person: Any) -> str:
    """Open the file and return its address."""
    data = form.cleaned_data
    child = actions.open_file(
        team=data["team"],
        stage=Stage(data["stage"]),
        values=form.values(),
        is_known=data["is_known"],
        by=person,
        reason="opened",
    )
    return reverse("victims:child", args=[child.pk])


@opens(SUMMARY)
def overview(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Show how the child is, what is next, who is on the file and what happened."""
    person: Any = request.user
    context = file_context(request, child_id, "overview")
    child = context["child"]
    only = next((s for s in Section if s.slug == request.GET.get("only")), None)
    at, last = moment_of(request.GET.get("at", "")), id_of(request.GET.get("before", ""), timeline.LAST)
    entries = timeline.page(child_id, person, before=(at, last), only=only, most=26)
    held, lacking = access.your_sections(person, child_id)
    context |= {
        "months": months(entries[:25], person, child_id),
        "older_url": older_entries(entries, only),
        "newer_url": "?" if request.GET.get("before") else "",
        "pills": pills(held, only),
        "glance": at_a_glance(person, child),
        "tasks": Task.objects.filter(child_id=child_id, state=Task.State.OPEN)
        .select_related("team__agency")
        .order_by("due"),
        "holders": holders(person, child),
        "looks": looks_at(child_id, clock.now(), 4),
        "lacking": lacking,
        "restricted_held": [section for section in held if section.restricted],
        "steps": actions.steps_for(child, person),
        "since": stage_since(child),
    }
    return TemplateResponse(request, "victims/child.html", context)


def stage_since(child: Child) -> datetime.datetime:
    """Return since when the child is at the present stage."""
    rows = (
        child.history.filter(id=child.pk).order_by("-history_date", "-history_id").values_list("stage", "history_date")
    )
    return [date for _stage, date in itertools.takewhile(lambda row: row[0] == child.stage, rows)][-1]


def older_entries(entries: list[timeline.Entry], only: Section | None) -> str:
    """Return the address of the entries before these, if there are any."""
    if len(entries) <= 25:
        return ""
    last = entries[24]
    at = last.at.isoformat().replace("+", "%2B")
    return f"?at={at}&before={last.id}" + (f"&only={only.slug}" if only else "") + "#timeline"


def pills(held: list[Section], only: Section | None) -> list[dict[str, Any]]:
    """Return the filters of the timeline: one for each section held."""
    every = [{"url": "?#timeline", "label": _("All"), "current": only is None}]
    return every + [
        {"url": f"?only={section.slug}#timeline", "label": section.label, "current": section == only}
        for section in held
    ]


def months(entries: list[timeline.Entry], person: Any, child_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return the entries by month, in the reader's time zone."""
    agencies = Agency.objects.in_bulk({entry.agency_id for entry in entries if entry.agency_id})
    lines = [line(entry, person, child_id, agencies) for entry in entries]
    grouped = itertools.groupby(lines, key=lambda line: timezone.localtime(line["at"]).replace(day=1).date())
    return [
        {"title": digits(date_format(first, "YEAR_MONTH_FORMAT")), "entries": list(some)} for first, some in grouped
    ]


def line(entry: timeline.Entry, person: Any, child_id: uuid.UUID, agencies: dict) -> dict[str, Any]:
    """Return one entry as the timeline component takes it."""
    changes = reverse("victims:changes", args=[child_id, entry.source, entry.id]) if entry.has_changes else ""
    return {
        "at": entry.at,
        "what": entry.what,
        "text": entry.text,
        "section": entry.section.label,
        "restricted": entry.section.restricted,
        "who": author(person, child_id, entry, agencies),
        "changes_url": changes,
    }


def at_a_glance(person: Any, child: Child) -> list[dict[str, Any]]:
    """Return one line for each section held that has something to say; each links to its tab."""
    rows = []
    if can(person, child.pk, Section.LEGAL):
        order = LegalOrder.objects.filter(child=child).order_by("-issued").first()
        value = _("None recorded") if order is None else order_words(order)
        rows.append(glance(child, Section.LEGAL, _("Legal basis"), value, order is not None and ended(order)))
    if can(person, child.pk, Section.CARE):
        wish = CareEntry.objects.filter(child=child, kind="wish").order_by("-on", "-id").first()
        if wish:
            rows.append(glance(child, Section.CARE, _("What the child wants"), f"“{wish.text}”") | {"day": wish.on})
    for section in sections_open(person, child.pk):
        if section in PAGES and section not in (Section.LEGAL, Section.SUSPECTS):
            count = PAGES[section].model._default_manager.filter(child=child).count()
            words = _("%(count)d recorded") % {"count": count} if count else _("Nothing recorded yet")
            rows.append(glance(child, section, PAGES[section].title, words))
    return rows


def ended(order: LegalOrder) -> bool:
    """Return whether a legal basis has run out."""
    return order.expires is not None and order.expires < clock.now().date()


def order_words(order: LegalOrder) -> str:
    """Return a legal basis in one line."""
    parts = [order.number, order.court]
    if order.expires:
        words = _("ended %(day)s") if ended(order) else _("until %(day)s")
        parts.append(words % {"day": full_date(order.expires)})
    return ", ".join(part for part in parts if part) or _("Recorded")


def glance(child: Child, section: Section, label: Any, value: str, late: bool = False) -> dict[str, Any]:
    """Return one line of the glance."""
    return {
        "label": label,
        "value": value,
        "late": late,
        "restricted": section.restricted,
        "url": reverse("victims:section", args=[child.pk, section.slug]),
        "action": PAGES[section].title,
    }


def holders(person: Any, child: Child) -> list[dict[str, Any]]:
    """Return who can see the file, as this person may read it."""
    rows = [holder(person, child, grant) for grant in access.live_grants(child.pk)]
    return [row for row in rows if row]


def holder(person: Any, child: Child, grant: Any) -> dict[str, Any]:
    """Return one holder's line, or nothing where its agency's name must not stand."""
    team = grant.team or None
    agency = team.agency if team else grant.person.agency if grant.person else grant.agency
    name = agency_name(person, child.pk, agency)
    if name is None:
        return {}
    names = name == agency.name
    soon = grant.until < clock.now() + datetime.timedelta(days=7)
    mine = child.owner_id in {m.team_id for m in person.memberships.all() if m.until is None}
    may_end = mine and grant.basis != "ownership"
    return {
        "agency": name,
        "part": (team.name if team else grant.person.short_name if grant.person else "") if names else "",
        "people": grant.person.short_name if grant.person and names else people_of(team) if team else "",
        "sections": _(", ").join(str(Section(number).label) for number in grant.view),
        "until": until_words(grant),
        "ends_soon": soon,
        "restricted": reveals(agency) is not None and names,
        "basis": grant.get_basis_display(),
        "given_by": grant.given_by.short_name,
        "reason": grant.reason,
        "waiting": grant.accepted is None,
        "end_url": reverse("victims:end_access", args=[child.pk, grant.pk]) if may_end else "",
    }


def people_of(team: Any) -> str:
    """Return how many people a team has, in words."""
    count = Membership.objects.filter(team=team, until=None, person__is_active=True).count()
    return _("1 person") if count == 1 else _("%(count)d people") % {"count": count}


def until_words(grant: Any) -> str:
    """Return until when access holds."""
    if grant.until.year == 9999:
        return _("owner")
    days = (grant.until - clock.now()).days
    return (
        _("ends in %(days)d days") % {"days": days}
        if days < 7
        else _("until %(day)s") % {"day": full_date(grant.until)}
    )


def looks_at(child_id: uuid.UUID, before: datetime.datetime, most: int) -> list[AccessEvent]:
    """Return who looked at a file, newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT recorded, person, agency_id, agency, kind, sections, basis FROM access.looks_at(%s, %s, %s)",
            [child_id, before, most],
        )
        names = [column.name for column in cursor.description]
        return [AccessEvent(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


@opens(SUMMARY)
def looks(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Show everyone who looked at the file."""
    person: Any = request.user
    at = moment_of(request.GET.get("at", ""))
    events = looks_at(child_id, at, 51)
    agencies = Agency.objects.in_bulk({event.agency_id for event in events if event.agency_id})
    rows = [look_row(person, child_id, event, agencies) for event in events[:50]]
    older = f"?at={events[49].recorded.isoformat().replace('+', '%2B')}" if len(events) > 50 else ""
    newer = "?" if request.GET.get("at") else ""
    context = file_context(request, child_id, "looks", rows=rows, older_url=older, newer_url=newer)
    return TemplateResponse(request, "victims/looks.html", context)


def look_row(person: Any, child_id: uuid.UUID, event: AccessEvent, agencies: dict) -> dict[str, Any]:
    """Return one look as this person may read it."""
    agency = agencies.get(event.agency_id)
    name = agency_name(person, child_id, agency) if agency else event.agency
    shown = name == event.agency
    return {
        "at": event.recorded,
        "who": event.person if shown else "",
        "agency": name or _("another agency"),
        "kind": event.kind,
        "sections": _(", ").join(str(Section(number).label) for number in event.sections),
        "basis": event.basis.partition(" ")[0],
    }


@opens(SUMMARY)
def who(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Show who can see this child, why and until when."""
    person: Any = request.user
    context = file_context(request, child_id, "who")
    held, lacking = access.your_sections(person, child_id)
    mine = context["child"].owner_id in {m.team_id for m in person.memberships.all() if m.until is None}
    context |= {"holders": holders(person, context["child"]), "held": held, "lacking": lacking, "is_owner": mine}
    return TemplateResponse(request, "victims/who.html", context)


@opens(SUMMARY, methods=WRITE)
def give_access(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Give a team or a person sections of the file until a day."""
    person: Any = request.user
    child = the_file(person, child_id)
    form = GrantForm(request.POST or None, sections=list(Section))
    if request.method == "POST" and form.is_valid():
        try:
            return save_once(request, lambda: given(form, child, person))
        except access.WrongGrant as wrong:
            form.add_error(wrong.field if wrong.field in form.fields else "view", str(wrong))
    return TemplateResponse(request, "victims/give_access.html", file_context(request, child_id, "who", form=form))


def given(form: GrantForm, child: Any, person: Any) -> str:
    """Give the access and return to who can see the file."""
    data = form.cleaned_data
    until = datetime.datetime.combine(data["until"], datetime.time(23, 59), person.zone)
    access.give(
        child_id=child.pk,
        sections=form.sections(),
        until=until,
        team=data["team"],
        person=data["person"],
        owner=child.owner,
        by=person,
        reason=data["reason"],
    )
    return reverse("victims:who", args=[child.pk])


@opens(SUMMARY, methods=WRITE)
def end_access(request: HttpRequest, child_id: uuid.UUID, grant_id: uuid.UUID) -> HttpResponse:
    """Ask whether access ends now, and end it."""
    person: Any = request.user
    child = the_file(person, child_id)
    grant = next((grant for grant in access.live_grants(child_id) if grant.pk == grant_id), None)
    if grant is None:
        raise Http404
    form = EndForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return save_once(request, lambda: ended_now(grant, child, person, form.cleaned_data["reason"]))
    context = file_context(request, child_id, "who", form=form, row=holder(person, child, grant))  # type: ignore[arg-type]
    return TemplateResponse(request, "victims/end_access.html", context)


def ended_now(grant: Any, child: Any, person: Any, reason: str) -> str:
    """End the access and return to who can see the file."""
    access.end(grant=grant, owner=child.owner, by=person, reason=reason)
    return reverse("victims:who", args=[child.pk])


@opens(SUMMARY, Level.CHANGE, methods=WRITE)
def summary(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Change what SUMMARY holds."""
    person: Any = request.user
    child = Child.objects.get(pk=child_id)
    form = ChildForm(
        resolved(request.POST) if request.method == "POST" else None, instance=Child.objects.get(pk=child_id)
    )
    if request.method == "POST" and form.is_valid():
        demand_current(request, form, child)
        return save_once(request, lambda: changed(form, child, person))
    return TemplateResponse(request, "victims/summary.html", file_context(request, child_id, "overview", form=form))


def changed(form: ChildForm, child: Child, person: Any) -> str:
    """Change the summary and return to the overview."""
    actions.change_summary(child=child, values=form.values(), by=person, reason=form.cleaned_data["reason"])
    return reverse("victims:child", args=[child.pk])


@opens(SUMMARY, methods=WRITE)
def step(request: HttpRequest, child_id: uuid.UUID, cycle: str, name: str) -> HttpResponse:
    """Ask why, and take a step of the identity or the stage."""
    person: Any = request.user
    child = Child.objects.get(pk=child_id)
    transition = next((t for c, t in actions.steps_for(child, person) if (c, t.name) == (cycle, name)), None)
    if transition is None:
        return already_moved(request, child_id, cycle, name)
    form = StepForm(request.POST or None, needs_reason=transition.needs_reason, version=child.version)
    if request.method == "POST" and form.is_valid():
        try:
            return save_once(request, lambda: taken(form, child, cycle, name, person))
        except actions.NotPossible as problem:
            form.add_error(problem.field if problem.field in form.fields else None, problem.sentence)
    target = workflow.CYCLES[cycle].states[transition.target]
    context = file_context(request, child_id, "overview", form=form, transition=transition, target=target)
    return TemplateResponse(request, "victims/step.html", context)


def already_moved(request: HttpRequest, child_id: uuid.UUID, cycle: str, name: str) -> HttpResponse:
    """Answer a step that is no longer possible: say where the file stands now."""
    if cycle not in workflow.CYCLES or name not in {t.name for t in workflow.CYCLES[cycle].transitions}:
        raise Http404
    check(request.user, child_id, SUMMARY)  # type: ignore[arg-type]
    messages.error(request, _("This step is not possible from where the file stands now. Nothing was changed."))
    return redirect("victims:child", child_id)


def taken(form: StepForm, child: Child, cycle: str, name: str, person: Any) -> str:
    """Take the step and return to where the person may still look."""
    try:
        actions.take_step(child=child, cycle=cycle, name=name, by=person, reason=form.cleaned_data["reason"])
    except WrongState as moved:
        raise actions.NotPossible(_("Somebody moved the file meanwhile. Go back and look again.")) from moved
    return reverse("victims:child", args=[child.pk])


def section_of_source(kwargs: dict[str, Any]) -> Section:
    """Return the section of a timeline source named in an address."""
    source = timeline.sources().get(kwargs["source"])
    if source is None or source.section is None:
        raise Http404
    return source.section


@opens(section_of_source)
def changes(request: HttpRequest, child_id: uuid.UUID, source: str, history_id: uuid.UUID) -> HttpResponse:
    """Show one change field by field."""
    known = timeline.sources()[source]
    history = known.model.history
    row = history.filter(history_id=history_id, **{known.column: child_id}).first()
    before = row and history.filter(id=row.id, version=row.version - 1).first()
    if row is None or before is None:
        raise Http404
    skipped = {"id", "version", "code_name_key"}
    fields = [field for field in known.model._meta.fields if field.name not in skipped]
    pairs = [(field, shown(before, field), shown(row, field)) for field in fields]
    changed = [{"label": f.verbose_name, "before": old, "after": new} for f, old, new in pairs if old != new]
    what, _text = known.describe(row, before)
    context = file_context(
        request, child_id, "overview", row=row, changes=changed, what=what, unchanged=len(pairs) - len(changed)
    )
    return TemplateResponse(request, "victims/changes.html", context)


def shown(row: Any, field: Any) -> str:
    """Return a field of a history row in words."""
    display = getattr(row, f"get_{field.name}_display", None)
    value = display() if display else getattr(row, field.attname)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)


@opens(SUMMARY, methods=("POST",), kind="pdf asked")
def print_summary(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Ask for a PDF of the file: made in the background, with the sections the person may see."""
    person: Any = request.user
    made = documents.order(child_id=child_id, kind="file", language=request.LANGUAGE_CODE, by=person, reason="pdf")  # type: ignore[attr-defined]
    return redirect("victims:document", made.pk)


@opens_list("pdf")
def document(request: HttpRequest, document_id: uuid.UUID) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Show how far a PDF is; hand it over, if the rights still stand, with ?file."""
    person: Any = request.user
    found = Document.objects.filter(pk=document_id).select_related("job").first()
    if found is None:
        raise Http404
    for number in found.sections or [SUMMARY]:
        check(person, found.child_id, Section(number))  # type: ignore[attr-defined]
    if "file" in request.GET and found.finished:
        response = HttpResponse(documents.read(found), content_type="application/pdf")
        response["Content-Disposition"] = f'attachment; filename="safe-return-{found.pk}.pdf"'
        return response, [found.child_id]  # type: ignore[attr-defined]
    child = the_file(person, found.child_id)  # type: ignore[attr-defined]
    return TemplateResponse(request, "victims/document.html", {"document": found, "child": child}), [child.pk]
