"""What the child asks of those who keep the file, answered within a set time; corrections, and words of disagreement."""

import datetime
import uuid
import zoneinfo
from typing import Any

from django.utils.translation import gettext as _

from portal.access import work
from portal.access.identity import action
from portal.access.rights import check
from portal.access.sections import Section
from portal.accounts.models import Person
from portal.audit import clock
from portal.casework.due_rules import moment_due, rule_for
from portal.casework.models import Task
from portal.casework.workflow import NotPossible
from victims import due
from victims.disclosures import demand_answering
from victims.models import Child, ChildRequest, Correction, Disclosure
from victims.section_pages import MODELS

FIRST, LONGER = "child_request", "child_request_longer"  # the rules of the two times
State = ChildRequest.State


def last_day(child: Child, code: str, since: datetime.date) -> datetime.date:
    """Return the last day for an answer, in the country of the owner's agency: by a rule, counted from a day."""
    zone, team = child.owner.agency.time_zone, child.owner
    rule = rule_for(code, team.agency_id)  # type: ignore[attr-defined]
    if rule is None:
        return since
    return moment_due(rule, due.noon(since, team), zone).astimezone(zoneinfo.ZoneInfo(zone)).date()


@action
def record(*, child_id: uuid.UUID, values: dict[str, Any], by: Person, reason: str = "") -> ChildRequest:
    """Record what the child, or somebody for the child, asks for; by when it is answered follows."""
    demand_answering(by, child_id)
    child = Child.objects.select_related("owner__agency").get(pk=child_id)
    day = last_day(child, FIRST, values["asked_on"])
    request = ChildRequest(child_id=child_id, recorded_by=by, recorded=clock.now(), due=day, **values)
    request.save(force_insert=True)
    follow(child, by)
    return request


def follow(child: Child, by: Person, reason: str = "") -> None:
    """Keep one task for the request that is due first; it ends with the last answer."""
    first = ChildRequest.objects.filter(child_id=child.pk, state=State.OPEN).order_by("due", "pk").first()
    code = None if first is None else LONGER if first.longer_why else FIRST
    for task in work.open_tasks(child.pk, FIRST, LONGER).select_related("team__agency").select_for_update(of=("self",)):
        if first is not None and task.kind == code and task.when == first.due:
            return
        work.put_end(task, Task.State.DONE, reason)
    if first is not None and code is not None:
        noon = due.noon(first.asked_on, child.owner)
        due.make(child, code, by=by, since=noon, at_latest=first.due)


@action
def take_longer(*, request: ChildRequest, why: str, by: Person, reason: str = "") -> ChildRequest:
    """Take longer for an answer, once, and say why: whoever asked is told that, and by when."""
    request, child = locked(request, by)
    if request.longer_why:
        raise NotPossible(_("More time was taken already. Answer it now."))
    request.due, request.longer_why = last_day(child, LONGER, request.asked_on), why
    request.save()
    follow(child, by, reason)
    return request


@action
def answer(*, request: ChildRequest, state: int, values: dict[str, str], by: Person, reason: str = "") -> ChildRequest:
    """Put down what was answered, to whom and how; or that it is not met, and why; or that it was taken back."""
    request, child = locked(request, by)
    if state == State.ANSWERED:
        demand_done(request)
    request.state, request.answered, request.answered_by = state, clock.now(), by
    request.words = values["words"]
    request.given_to, request.given_how = values.get("given_to", ""), values.get("given_how", "")
    request.save()
    follow(child, by, reason)
    return request


def demand_done(request: ChildRequest) -> None:
    """Raise NotPossible where what was asked for is not there yet."""
    made = Disclosure.objects.filter(request=request, state=Disclosure.State.MADE)
    if request.kind in (ChildRequest.Kind.COPY, ChildRequest.Kind.LOOKS) and not made.exists():
        raise NotPossible(_("No copy was made yet. Put it together and have it approved first."))
    if request.kind == ChildRequest.Kind.CORRECTION:
        waiting = Correction.objects.filter(request=request, state=Correction.State.ASKED)
        if waiting.exists() or not Correction.objects.filter(request=request).exists():
            raise NotPossible(_("First write down what is wrong, and decide on each of it."))


def locked(request: ChildRequest, by: Person) -> tuple[ChildRequest, Child]:
    """Return an open request for a change, and its child; raise where the person may not, or it is over."""
    child_id: uuid.UUID = request.child_id  # type: ignore[attr-defined]
    demand_answering(by, child_id)
    request = ChildRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if request.state != State.OPEN:
        raise NotPossible(_("This request was answered already."))
    return request, Child.objects.select_related("owner__agency").get(pk=child_id)


# --- what is wrong, and what the child says of it ---------------------------------------------------------------------


@action
def ask_correction(
    *, request: ChildRequest, section: Section, wrong: str, correct: str, by: Person, record_id: uuid.UUID | None = None,
    reason: str = "",
) -> Correction:  # fmt: skip
    """Write down what the child says is wrong in a section, and what is right."""
    request, child = locked(request, by)
    check(by, child.pk, section)
    if record_id is not None and not MODELS[section]._default_manager.filter(pk=record_id, child_id=child.pk).exists():
        raise NotPossible(_("This record is not there any more. Choose another one."), "record")
    correction = Correction(
        child_id=child.pk, request=request, section=section, record_id=record_id, wrong=wrong, correct=correct
    )
    correction.save(force_insert=True)
    return correction


@action
def decide_correction(
    *, correction: Correction, accept: bool, by: Person, why: str = "", reason: str = ""
) -> Correction:
    """Accept what the child says, or do not and say why. The record itself is changed by whoever may change it."""
    correction = locked_correction(correction, by)
    if correction.state != Correction.State.ASKED:
        raise NotPossible(_("This was decided already."))
    if not accept and not why:
        raise NotPossible(_("Say why, in words that the child can be told."), "reason")
    correction.state = Correction.State.ACCEPTED if accept else Correction.State.DECLINED
    correction.decided_by, correction.decided, correction.reason = by, clock.now(), why
    correction.save()
    return correction


@action
def state_disagreement(*, correction: Correction, words: str, by: Person, reason: str = "") -> Correction:
    """Put the child's own words beside the section, where the team did not accept the correction."""
    correction = locked_correction(correction, by)
    if correction.state != Correction.State.DECLINED or correction.stated is not None:
        raise NotPossible(_("Such words stand where a correction was not accepted, once."))
    correction.statement, correction.stated = words, clock.now()
    correction.save()
    return correction


@action
def withdraw_statement(*, correction: Correction, by: Person, reason: str = "") -> Correction:
    """Take the child's words away again, as the child wishes; they stay in the history."""
    correction = locked_correction(correction, by)
    if correction.stated is None or correction.withdrawn is not None:
        raise NotPossible(_("No such words stand there."))
    correction.withdrawn = clock.now()
    correction.save()
    return correction


def locked_correction(correction: Correction, by: Person) -> Correction:
    """Return a correction for a change; raise where the person does not read its section or does not answer for the file."""
    child_id: uuid.UUID = correction.child_id  # type: ignore[attr-defined]
    demand_answering(by, child_id)
    check(by, child_id, Section(correction.section))
    return Correction.objects.select_for_update(of=("self",)).get(pk=correction.pk)


def was_changed(correction: Correction) -> bool:
    """Return whether the record that an accepted correction is about was changed since."""
    model = MODELS[Section(correction.section)]
    found = model.history.filter(child_id=correction.child_id, history_date__gt=correction.decided)  # type: ignore[attr-defined]
    return (found.filter(id=correction.record_id) if correction.record_id else found).exists()
