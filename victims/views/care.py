"""The care page, assessments, contacts, and the page of one action for the team that does it."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access.opens import WRITE, file_lines, opens, opens_found, opens_list
from portal.access.rights import can, prefetch
from portal.access.sections import Level, Section
from portal.access.visibility import FIRST, visible_ids
from portal.casework.editing import pressed, saved
from victims import care, care_page, plan_changes, search
from victims.care_forms import ReasonForm, ResultForm
from victims.care_states import ACTION
from victims.disclosed import standing_statements
from victims.models import FollowUp, PlanAction
from victims.record_forms import AssessmentForm, ContactForm
from victims.views.addresses import id_of
from victims.views.children import list_rows
from victims.views.file import alerted, file_context

CARE, CHANGE = Section.CARE, Level.CHANGE
CONTACTS = 20  # on a page of their own


@opens(CARE, also=(alerted,))
def page(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Show the plan with its goals and actions, and how the child is doing."""
    context = file_context(request, child_id, "care")
    language: str = request.LANGUAGE_CODE  # type: ignore[attr-defined]
    parts = care_parts(request.user, context["child"], request.GET, language)
    return TemplateResponse(request, "victims/care.html", context | parts)


def care_parts(person: Any, child: Any, asked: Mapping[str, str], language: str) -> dict[str, Any]:
    """Return what the care page says to a person. asked: which version of the plan, and whether goals that have ended."""
    child_id, may_change = child.pk, can(person, child.pk, CARE, CHANGE)
    plan = care_page.plan_shown(child_id, asked.get("plan", ""))
    shown = care_page.targets(plan, person, may_change=may_change)
    assessments = care_page.last_assessments(child_id)
    rows = care_page.doing(child_id, assessments, shown)
    every = care_page.versions(child_id)
    is_newest = plan is None or plan.pk == every[0].pk
    return {
        "child": child,
        "statements": standing_statements(child_id, CARE),
        "plan": plan,
        "plan_state": care_page.PLAN.state(plan) if plan else None,
        "is_newest": is_newest,
        "in_force": next((one for one in every if one.state == care_page.PlanState.AGREED), None),
        "facts_strip": care_page.facts(plan, shown, child, person, language),
        "targets": [one for one in shown if not one.is_finished or "finished" in asked],
        "finished": sum(one.is_finished for one in shown),
        "doing": rows,
        "lacking": care_page.lacking(plan) if is_newest else [],
        "gaps": care_page.gaps(plan) if is_newest else [],
        "assessments": assessments,
        "wish": care_page.wish(child_id),
        "versions": every,
        "contacts": care_page.contacts(child_id)[0],
        "contact_count": FollowUp.objects.filter(child_id=child_id).count(),
        "may_change": may_change,
        "may_write": may_change and is_newest and plan is not None and plan.is_written,
        "may_act": may_change and is_newest and plan is not None and plan.state != care_page.PlanState.SENT,
        "goal_url": care_page.goal_address(plan) if may_change and is_newest else "",
        "button": care_page.buttons(plan, child, person) if is_newest else {},
        "empty": care_page.empty_words(child),
        "comment": care_page.comment(plan),
        "since": plan_changes.since_before(plan, person, language),
    }


def care_address(child_id: uuid.UUID) -> str:
    return reverse("victims:care", args=[child_id])


@opens(CARE, CHANGE, methods=WRITE, also=(alerted,))
def assess(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Record how the child is doing, domain by domain."""
    before = {code: score for code, (score, _on) in care.newest_scores(child_id).items()}
    late = care.overdue(child_id, "initial_assessment", "full_assessment")
    asked = {"kind": request.GET.get("kind")}  # by the task that led here
    form = AssessmentForm(request.POST or None, domains=care.domains(), before=before, late=late, initial=asked)
    done = saved(request, form, lambda: assessed(form, child_id, request.user))
    return done or TemplateResponse(
        request, "victims/assess.html", file_context(request, child_id, "care", form=form, rows=form.rows())
    )


def assessed(form: AssessmentForm, child_id: uuid.UUID, person: Any) -> str:
    """Record the assessment and return to the care page."""
    care.record_assessment(child_id=child_id, values=form.values(), by=person, reason="")
    return care_address(child_id) + "#doing"


@opens(CARE, CHANGE, methods=WRITE, also=(alerted,))
def contact(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Record a contact, or a try."""
    form = ContactForm(request.POST or None, late=care.overdue(child_id, *care.CONTACT_TASKS))
    done = saved(request, form, lambda: contacted(form, child_id, request.user))
    return done or TemplateResponse(request, "victims/contact.html", file_context(request, child_id, "care", form=form))


def contacted(form: ContactForm, child_id: uuid.UUID, person: Any) -> str:
    """Record the contact and return to the care page."""
    care.record_contact(child_id=child_id, values=form.values(), by=person, reason="")
    return care_address(child_id) + "#contacts"


@opens(CARE, also=(alerted,))
def contacts(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Show every contact and try, the newest first; older ones are a step away."""
    before = FollowUp.objects.filter(child_id=child_id, pk=id_of(request.GET.get("before", ""), FIRST)).first()
    rows, has_more = care_page.contacts(child_id, before, CONTACTS)
    context = file_context(
        request,
        child_id,
        "care",
        contacts=rows,
        contact_count=FollowUp.objects.filter(child_id=child_id).count(),
        older_url=f"?before={rows[-1]['row'].pk}" if has_more else "",
        newer_url="?" if before else "",
        may_change=can(request.user, child_id, CARE, CHANGE),  # type: ignore[arg-type]
    )
    return TemplateResponse(request, "victims/contacts.html", context)


@opens_list("pick a child", methods=WRITE)
def pick(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Find the child that a contact is about: by typing, or among the newest files."""
    person: Any = request.user
    text = search.typed(request.POST, "q")
    found = search.children(text, person).files if text else visible_ids(person, section=CARE)
    prefetch(person, found)
    ids = [child_id for child_id in found if can(person, child_id, CARE, CHANGE)]
    if text and len(ids) == 1:
        return redirect("victims:contact", ids[0]), ids
    context = {"rows": list_rows(person, ids), "find_text": text}
    return TemplateResponse(request, "victims/pick.html", context), ids


def action_asked_for(person: Any, action_id: uuid.UUID) -> PlanAction | None:
    """Return the action that the address names: of a team of the person, or of a plan that is open to the person."""
    # Not joined with its goal: a team without the section sees no row of that table.
    found = PlanAction.objects.filter(pk=action_id).select_related("team__agency", "person").first()
    if found is None or found.team_id in person.team_ids:  # type: ignore[attr-defined]
        return found
    return found if can(person, found.child_id, CARE) else None  # type: ignore[attr-defined]


@opens_found(kind="view action", methods=WRITE, finds=action_asked_for, names_file=True)
def action(request: HttpRequest, one: PlanAction) -> HttpResponse:
    """Show one action with the title of its goal, and ask its team how far it is and what came of it."""
    person: Any = request.user
    mine = one.team_id in person.team_ids and one.is_open
    form = ResultForm(request.POST or None, state=one.state) if mine else None
    if form is None and request.method == "POST":
        raise Http404
    done = form and saved(request, form, lambda: told(form, one, person))
    context = {
        "one": one,
        "form": form,
        "line": file_lines([one.child_id]).get(one.child_id),
        "status": care_page.status_of(one),
        "whose": care_page.whose(one, person),
        "holds_plan": can(person, one.child_id, CARE),
        "may_cancel": one.is_open and can(person, one.child_id, CARE, CHANGE),
    }
    return done or TemplateResponse(request, "victims/action.html", context)


def told(form: ResultForm, one: PlanAction, person: Any) -> str:
    """Say how far the action is, and return to the plan where it is open, else to My work."""
    data = form.cleaned_data
    care.take_action(plan_action=one, name=data["name"], by=person, reason=data["result"])
    child_id: uuid.UUID = one.child_id  # type: ignore[attr-defined]
    return care_address(child_id) if can(person, child_id, CARE) else reverse("desk:home")


def action_of_plan(person: Any, child_id: uuid.UUID, action_id: uuid.UUID) -> PlanAction | None:
    """Return the action of this file that the address names."""
    return PlanAction.objects.filter(pk=action_id, child_id=child_id).select_related("team__agency", "person").first()


@opens(CARE, CHANGE, methods=WRITE, finds=action_of_plan, also=(alerted,))
def cancel_action(request: HttpRequest, child_id: uuid.UUID, one: PlanAction) -> HttpResponse:
    """Say why an action is not to be done any more."""
    form = ReasonForm(
        request.POST or None, label=_("Why it is not to be done"), missing=_("Say why it is not to be done.")
    )

    def cancelled() -> str:
        care.take_action(plan_action=one, name="cancel", by=request.user, reason=form.cleaned_data["reason"])
        return care_address(child_id)

    done = saved(request, form, cancelled)
    context = file_context(request, child_id, "care", form=form, one=one, step=ACTION.named("cancel"))
    return done or TemplateResponse(request, "victims/cancel_action.html", context)


@opens(CARE, CHANGE, methods=WRITE, finds=action_of_plan, also=(alerted,))
def remind(request: HttpRequest, child_id: uuid.UUID, one: PlanAction) -> HttpResponse:
    """Remind the team that does an action; once a day at most."""
    there = care_address(child_id)
    if request.method != "POST":
        return redirect(there)

    def reminded() -> str:
        care.remind(plan_action=one, by=request.user, reason="reminded")
        return there

    return pressed(request, reminded, there, said=_("Reminded. It stands in their notices and on the file."))
