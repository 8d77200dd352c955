"""Small pieces of work on a file: warnings, tasks, and the series a child appears in."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access import work
from portal.access.opens import WRITE, file_line, opens, opens_network
from portal.access.rights import can, is_there_in_emergency, refusal
from portal.access.sections import Level, Section
from portal.casework import clock
from portal.casework.editing import save_once, saved
from portal.casework.workflow import NotPossible
from victims import actions, search
from victims.models import ChildSeries, RiskFlag, Series
from victims.team_choice import teams_to_ask
from victims.views.file import alerted, file_context
from victims.views.series import series_asked_for
from victims.work_forms import EndFlagForm, EndLinkForm, FlagForm, LinkForm, TaskForm

SUMMARY, CHANGE = Section.SUMMARY, Level.CHANGE


@opens(SUMMARY, CHANGE, methods=WRITE, also=(alerted,))
def flags(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Show the warnings of a file, and set another one."""
    form = FlagForm(request.POST or None)
    every = RiskFlag.objects.filter(child_id=child_id).order_by("-id")
    context = file_context(request, child_id, "overview", form=form, every=every)
    if request.method == "POST" and form.is_valid():
        return save_once(request, lambda: flagged(form, context["child"], request.user))
    return TemplateResponse(request, "victims/flags.html", context)


def flagged(form: FlagForm, child: Any, person: Any) -> str:
    """Set the warning and return to the list of them."""
    actions.add(model=RiskFlag, child=child, values={"text": form.cleaned_data["text"]}, by=person)
    return reverse("victims:flags", args=[child.pk])


@opens(SUMMARY, CHANGE, methods=WRITE, also=(alerted,))
def end_flag(request: HttpRequest, child_id: uuid.UUID, flag_id: uuid.UUID) -> HttpResponse:
    """Say that a warning is no longer true; it stays in the history."""
    flag = RiskFlag.objects.filter(pk=flag_id, child_id=child_id, ended=None).first()
    if flag is None:
        raise Http404
    form = EndFlagForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return save_once(request, lambda: flag_ended(form, flag, request.user))
    context = file_context(request, child_id, "overview", form=form, flag=flag)
    return TemplateResponse(request, "victims/end_flag.html", context)


def flag_ended(form: EndFlagForm, flag: RiskFlag, person: Any) -> str:
    """End the warning and return to the list of them."""
    actions.change(record=flag, values={"ended": clock.today()}, by=person, reason=form.cleaned_data["reason"])
    return reverse("victims:flags", args=[flag.child_id])  # type: ignore[attr-defined]


@opens(SUMMARY, methods=WRITE, also=(alerted,))
def add_task(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Ask one's own team, or a team on the file, to do something by a day."""
    person: Any = request.user
    if is_there_in_emergency(person, child_id):
        raise refusal(person, child_id, SUMMARY, CHANGE, "only_in_emergency")
    form = TaskForm(
        request.POST or None, teams=teams_to_ask(person, child_id), initial={"due": request.GET.get("due")}
    )  # a day that another page names
    if request.method == "POST" and form.is_valid():
        return save_once(request, lambda: asked(form, child_id, person))
    return TemplateResponse(request, "victims/add_task.html", file_context(request, child_id, "overview", form=form))


def asked(form: TaskForm, child_id: uuid.UUID, person: Any) -> str:
    """Add the task and return to the file."""
    data = form.cleaned_data
    work.add_task(
        kind="next_step", title=data["title"], rule=data["rule"], team=data["team"], due=data["due"],
        child_id=child_id, by=person,
    )  # fmt: skip
    return reverse("victims:child", args=[child_id])


def link_asked_for(person: Any, child_id: uuid.UUID, series_id: uuid.UUID) -> ChildSeries | None:
    """Return the link of this file to a series that is open to the person."""
    found = (
        ChildSeries.objects.filter(child_id=child_id, series_id=series_id, ended=None).select_related("series").first()
    )
    return found if found and series_asked_for(person, series_id) else None


@opens(Section.INVESTIGATION, CHANGE, methods=WRITE, finds=link_asked_for, also=(alerted,))
def end_link(request: HttpRequest, child_id: uuid.UUID, one: ChildSeries) -> HttpResponse:
    """Ask why the child does not appear in the series after all, and end the link."""
    form = EndLinkForm(request.POST or None)
    if answer := saved(request, form, lambda: link_ended(form, one, request.user)):
        return answer
    context = file_context(request, child_id, "investigation", form=form, series=one.series)
    return TemplateResponse(request, "victims/end_link.html", context)


def link_ended(form: EndLinkForm, one: ChildSeries, person: Any) -> str:
    """End the link and return to the investigation."""
    actions.end_link(link=one, by=person, reason=form.cleaned_data["reason"])
    return reverse("victims:section", args=[one.child_id, "investigation"])  # type: ignore[attr-defined]


@opens_network(methods=WRITE, kind="view series", finds=series_asked_for)
def link(request: HttpRequest, series: Series) -> HttpResponse:
    """Record that a child whose file the person works on appears in the series."""
    person: Any = request.user
    form = LinkForm(request.POST or None)
    answer = saved(request, form, lambda: linked(form, series, person))
    return answer or TemplateResponse(request, "victims/link.html", {"form": form, "series": series})


def linked(form: LinkForm, series: Series, person: Any) -> str:
    """Link the child and return to the series."""
    found = search.children(form.cleaned_data["number"], person).files
    if not found or not can(person, found[0], Section.INVESTIGATION, CHANGE):
        raise NotPossible(_("You work on no file with this number. Check it, or ask its owner."), "number")
    actions.link_series(child=file_line(found[0]), series=series, by=person, reason=form.cleaned_data["reason"])
    return reverse("victims:one_series", args=[series.pk])
