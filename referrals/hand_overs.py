"""Every write to a hand-over: beginning it, ticking what goes along, both signatures, not receiving, calling off."""

import datetime
import uuid
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.access import actions as access
from portal.access import reasons, work
from portal.access.actions import last_moment
from portal.access.fresh_codes import Proof, begin_signature
from portal.access.holders import people_of, readers
from portal.access.identity import Refused, action
from portal.access.jobs import schedule
from portal.access.models import Basis, Grant
from portal.access.rights import forget, is_kept_apart, prefetch, refusal, sections_open, works_as_owner
from portal.access.roles import works_with_files
from portal.access.sections import Level, Section, Stage
from portal.accounts.models import Person, Team
from portal.audit import clock
from portal.audit.events import Event
from portal.casework.models import Notice, Task
from portal.casework.workflow import NotPossible, WrongState, move
from referrals.hand_over_steps import HAND_OVER, OPEN, HandOverState
from referrals.models import STAYS_BEHIND, HandOver, HandOverItem
from victims import due
from victims.case_numbers import new_number
from victims.models import Child

STAGES = (Stage.RESCUED, Stage.IN_CARE, Stage.FOLLOW_UP)
LISTED = (
    "court_order",
    "documents",
    "medicine",
    "clothes",
    "phone",
    "belongings",
    "contacts",
)  # asked about every time
KEPT = (Section.LEGAL, Section.INVESTIGATION, Section.SUSPECTS)
TOO_EARLY = gettext_lazy("A child is handed over once the rescue is recorded, and before the file is closed.")


def open_for(person: Person, most: int) -> list[HandOver]:
    """Return the hand-overs under way of which the person's teams are a side, the newest first."""
    if not works_with_files(person.roles):
        return []
    sides = Q(from_team__in=person.team_ids) | Q(to_team__in=person.team_ids)
    rows = HandOver.objects.filter(sides, state__in=OPEN).select_related("from_team__agency", "to_team__agency")
    found: list[Any] = list(rows.order_by("-pk")[:most])
    prefetch(person, [one.child_id for one in found])
    return [one for one in found if not is_kept_apart(person, one.child_id)]


def still_open(child: Child, viewer: Person) -> list[str]:
    """Name the hand-over that is under way: a file is not closed while its child changes hands."""
    if not HandOver.objects.filter(child_id=child.pk, state__in=OPEN).exists():
        return []
    return [_("A hand-over is under way.")]


def gives(one: HandOver, person: Person) -> bool:
    """Return whether the person works with files in the team that gives."""
    return works_with_files(person.roles) and one.from_team_id in person.team_ids  # type: ignore[attr-defined]


def receives(one: HandOver, person: Person) -> bool:
    """Return whether the person works with files in the team that receives."""
    return works_with_files(person.roles) and one.to_team_id in person.team_ids  # type: ignore[attr-defined]


def what_stays(team: Team, stage: int) -> dict[Section, Level]:
    """Return what a team that hands a child over goes on with: its investigation, and what belongs to it."""
    known = readers(people_of([team.pk]).get(team.pk, [])).values()
    found = {
        section: level
        for level in (Level.VIEW, Level.CHANGE)
        for section in KEPT
        if any(one.stages(section, level) >> stage & 1 for one in known)
    }
    return {Section.SUMMARY: Level.VIEW} | found if Section.INVESTIGATION in found else {}


@action
def start(
    *, child: Child, team: Team, by: Person, reason: str = "", expected: Person | None = None, keeps: bool = True
) -> HandOver:
    """Begin a hand-over: the team that is to receive reads the heading of the file and the hand-over, nothing else."""
    owner: Team = child.owner
    if not works_as_owner(by, child.pk, owner.pk):
        raise refusal(by, child.pk, Section.SUMMARY, Level.CHANGE, "not_the_owner")
    if child.stage not in STAGES:
        raise NotPossible(TOO_EARLY)
    grant = access.give(
        child_id=child.pk, sections=dict.fromkeys(access.OWNED, Level.CHANGE), until=last_moment(owner), team=team,
        basis=Basis.HAND_OVER, owner=owner, by=by, reason=reasons.HAND_OVER, with_act=True,
    )  # fmt: skip
    one = HandOver(
        child=child, case_number=child.case_number, code_name=child.code_name, from_team=owner, to_team=team,
        grant=grant, keeps=keeps, started=clock.now(), started_by=by, expected=expected,
        medical_by=medical_window(child.pk),
    )  # fmt: skip
    save_new(one)
    for kind in LISTED:
        HandOverItem(child=child, hand_over=one, kind=kind).save(force_insert=True)
    tell(one, team, "hand_over_started", by, level=Notice.Level.ACT)
    return one


def save_new(one: HandOver) -> None:
    """Save a new hand-over; a child has one at a time."""
    try:
        with transaction.atomic():
            one.save(force_insert=True)
    except IntegrityError:
        raise NotPossible(_("A hand-over of this child is under way. Finish it or call it off first.")) from None


def medical_window(child_id: uuid.UUID) -> datetime.datetime | None:
    """Return when the medical window closes, as the open task says."""
    task = Task.objects.filter(child_id=child_id, kind="medical_72h", state=Task.State.OPEN).first()
    return task.due if task else None


def tell(one: HandOver, team: Team, kind: str, by: Person, *, level: int = Notice.Level.KNOW) -> None:
    """Tell the people of a side, but not the one who acts."""
    told = [person for person in work.members(team) if person.pk != by.pk]
    work.tell(told, kind, [by.short_name, one.code_name], level=level, child_id=one.child_id, subject_id=one.pk)  # type: ignore[attr-defined]


def locked(one: HandOver) -> HandOver:
    """Return the hand-over as it stands now, locked until this transaction ends: two who sign come one after the other."""
    found = HandOver.objects.select_for_update(of=("self",)).select_related("from_team", "to_team")
    now = found.filter(pk=one.pk).first()
    if now is None:  # the team that was to receive reads it no more
        raise NotPossible(_("This hand-over was called off, or somebody of your team did not receive the child."))
    return now


def demand_side(is_theirs: bool, one: HandOver) -> None:
    """Raise Refused where this is the other side's to do."""
    if not is_theirs:
        about: dict[str, Any] = {"entity": "referrals.handover", "entity_id": one.pk, "child_id": one.child_id}  # type: ignore[attr-defined]
        raise Refused(Event("refusal", "E", "refused", "not_your_side_of_the_hand_over", **about), known=False)


def demand_open(one: HandOver) -> None:
    """Raise where the hand-over is over."""
    if not one.is_open:
        raise NotPossible(stands_at(one))


def stands_at(one: HandOver) -> str:
    """Say where a hand-over stands, and by whom."""
    if one.state == HandOverState.RECEIVED and one.receiver:
        return _("%(name)s has received the child. Nothing was changed.") % {"name": one.receiver.short_name}
    return _("The hand-over stands at: %(state)s. Nothing was changed.") % {"state": HAND_OVER.state(one).label}


def take(one: HandOver, name: str) -> None:
    """Take a step; one that somebody else took first says where it stands."""
    try:
        move(one, HAND_OVER, HAND_OVER.named(name))
    except WrongState:
        raise NotPossible(stands_at(one)) from None


@action
def add_item(*, hand_over: HandOver, kind: str, words: str, by: Person, reason: str = "") -> HandOverItem:
    """Put another thing on the list; one that stays behind is answered by its words."""
    one = locked(hand_over)
    demand_side(gives(one, by), one)
    if one.state != HandOverState.STARTED:
        raise NotPossible(stands_at(one))
    item = HandOverItem(child_id=one.child_id, hand_over=one, kind=kind, words=words)  # type: ignore[misc]
    item.save(force_insert=True)
    return item


@action
def tick(
    *, item: HandOverItem, count: int | None, by: Person, reason: str = "", side: str = "given",
    words: str | None = None, difference: str = "",
) -> HandOverItem:  # fmt: skip
    """Answer for one thing how many were given, or received; 0 is "none", None takes the answer back."""
    one = locked(item.hand_over)
    is_given = side == "given"
    demand_side(gives(one, by) if is_given else receives(one, by), one)
    if not one.is_open or (is_given and one.state != HandOverState.STARTED):
        raise NotPossible(stands_at(one))
    item = HandOverItem.objects.select_for_update(of=("self",)).get(pk=item.pk)
    if is_given:
        item.received, item.difference = (item.received, item.difference) if item.given == count else (None, "")
        item.given = count
        item.words = item.words if words is None else words
    else:
        if count is not None and item.given is None:
            raise NotPossible(_("Whoever gives has not answered for this yet."))
        if count is not None and count != item.given and not difference:
            raise NotPossible(_("The counts differ. Say why."), "difference")
        item.received, item.difference = count, difference if count != item.given else ""
    item.save()
    return item


@action
def tell_how(*, hand_over: HandOver, how: str, by: Person, reason: str = "") -> HandOver:
    """Write how the child is now, for the two sides alone."""
    one = locked(hand_over)
    demand_side(gives(one, by), one)
    if one.state != HandOverState.STARTED:
        raise NotPossible(stands_at(one))
    if how != one.how:
        one.how = how
        one.save()
    return one


def left_of(one: HandOver, side: str) -> int:
    """Return how many things one side has not answered."""
    unanswered = one.items.filter(**{side: None}).exclude(kind=STAYS_BEHIND)
    return unanswered.count()


@action
def sign_given(*, hand_over: HandOver, proof: Proof, by: Person, reason: str = "") -> HandOver:
    """Sign for the team that gives, with a fresh code. What its investigation needs stays with it, unless it said no."""
    one = locked(hand_over)
    demand_side(gives(one, by), one)
    demand_open(one)
    child_id: uuid.UUID = one.child_id  # type: ignore[attr-defined]
    if not sections_open(by, child_id, Level.CHANGE):
        raise refusal(by, child_id, Section.SUMMARY, Level.CHANGE, "changes_nothing_in_the_file")
    if left_of(one, "given"):
        raise NotPossible(_("Answer for everything that goes along first; “none” is an answer."))
    begin_signature(proof, by)
    one.giver, one.given = by, clock.now()
    one.kept = keep(one, by)
    take(one, "give")
    tell(one, one.to_team, "hand_over_given", by, level=Notice.Level.ACT)
    return one


def keep(one: HandOver, by: Person) -> Grant | None:
    """Give the team that hands over what it goes on with, while it still owns the file.

    What an earlier hand-over of this child left it ends here: this one says what stays.
    """
    child = Child.objects.get(pk=one.child_id)  # type: ignore[attr-defined]
    for earlier in Grant.objects.filter(kept_by__child=child, team=one.from_team, ended=None):
        end_offer(earlier, one.from_team, by, reasons.HANDED_OVER_ANEW)
    sections = what_stays(one.from_team, child.stage) if one.keeps else {}
    if not sections:
        return None
    return access.give(
        child_id=child.pk, sections=sections, until=last_moment(one.from_team), team=one.from_team,
        owner=one.from_team, by=by, reason=reasons.GOES_ON,
    )  # fmt: skip


@action
def sign_received(*, hand_over: HandOver, proof: Proof, by: Person, reason: str = "") -> HandOver:
    """Sign for the team that receives: the file is its own from this moment, and the clocks run on for it."""
    one = locked(hand_over)
    demand_side(receives(one, by), one)
    demand_open(one)
    if left_of(one, "received"):
        raise NotPossible(_("Answer for everything that you received first; “none” is an answer."))
    if one.giver_id == by.pk:  # type: ignore[attr-defined]
        raise NotPossible(_("You gave the child. Somebody else of the team that receives has to sign."))
    begin_signature(proof, by)
    one.receiver, one.received, one.number = by, clock.now(), new_number(clock.now().year, "HO")
    take(one, "receive")
    hand_file_over(one, by)
    tell(one, one.from_team, "hand_over_received", by)
    for person in (one.giver, by):
        if person is not None:
            schedule("hand_over_receipt", one.pk, by=person)
    return one


def hand_file_over(one: HandOver, by: Person) -> None:
    """Make the team that received the child the owner of the file, and start its first clocks."""
    child_id: uuid.UUID = one.child_id  # type: ignore[attr-defined]
    access.accept(grant=one.grant, by=by, reason="hand-over")
    if not sections_open(by, child_id, Level.CHANGE):
        forget(child_id)  # what was accepted is taken back with this transaction
        raise NotPossible(
            _("Your role changes nothing in the file at this stage. Somebody of your team who can has to sign.")
        )
    child = access.take_over(child=Child.objects.get(pk=child_id), team=one.to_team, by=by, reason=reasons.HAND_OVER)
    due.make(child, "initial_assessment", by=by)


@action
def refuse(*, hand_over: HandOver, by: Person, reason: str) -> HandOver:
    """Do not receive the child, who stays with the team that gives; that team reads why."""
    one = locked(hand_over)
    demand_side(receives(one, by), one)
    demand_open(one)
    tell(one, one.from_team, "hand_over_refused", by, level=Notice.Level.CONFIRM)
    stop(one, "refuse", one.to_team, by, reason)
    return one


@action
def cancel(*, hand_over: HandOver, by: Person, reason: str) -> HandOver:
    """Call a hand-over off before the child changed hands."""
    one = locked(hand_over)
    demand_side(gives(one, by), one)
    demand_open(one)
    tell(one, one.to_team, "hand_over_cancelled", by)
    stop(one, "cancel", one.from_team, by, reason)
    return one


def stop(one: HandOver, name: str, side: Team, by: Person, reason: str) -> None:
    """End a hand-over without the child changing hands. What it made ends first: the database asks for that.

    Whoever has to be told is told before: afterwards the file is none of the other side's to speak of.
    """
    for grant in (one.grant, one.kept):
        if grant is not None and grant.ended is None:
            end_offer(grant, side, by, reason)
    one.ended, one.ended_by, one.end_reason = clock.now(), by, reason
    take(one, name)


def end_offer(grant: Grant, side: Team, by: Person, reason: str) -> None:
    """End access that a hand-over brought, for the side that acts."""
    access.end(grant=grant, owner=side, by=by, reason=reason, with_act=True)
