"""Every write to a stay: holding a bed, renewing and releasing the hold, admitting the child, ending the stay."""

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _
from psycopg.types.range import TimestamptzRange

from portal.access import actions as access
from portal.access import reasons
from portal.access.actions import code_name_of, tell_takers
from portal.access.identity import action
from portal.access.models import Grant
from portal.access.rights import can, check, forget, refusal
from portal.access.sections import Level, Section
from portal.access.work import due, members, open_tasks, put_end, tell
from portal.accounts.models import Person, Team
from portal.accounts.roles import Role
from portal.audit import clock
from portal.casework.models import Notice, Task
from portal.casework.templatetags.portal import moment
from portal.casework.workflow import NotPossible, WrongState, move
from shelters.hold_pace import demand_hold_pace, tell_of_given_back
from shelters.licences import demand_licence
from shelters.models import LIVE, Placement, Shelter
from shelters.workflow import PLACEMENT, PlacementState
from victims import actions as victims
from victims.models import Child, Whereabouts

HOLD = datetime.timedelta(hours=4)
WHEREABOUTS = Section.WHEREABOUTS
GIVEN = {Section.SUMMARY: Level.VIEW, Section.CARE: Level.CHANGE, Section.WHEREABOUTS: Level.CHANGE}


class Taken(Exception):
    """The shelter has no free bed any more; somebody else was first."""

    def __init__(self, shelter: Shelter) -> None:
        self.shelter = shelter
        super().__init__(shelter.pk)


@dataclass(frozen=True)
class Card:
    """What the shelter reads before it admits the child: needs, in bands."""

    sex: int = Child.Sex.NOT_KNOWN
    age_band: str = ""
    languages: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    in_spite: str = ""

    def values(self) -> dict[str, Any]:
        """Return the columns of the placement that hold it."""
        return {**vars(self), "languages": list(self.languages), "needs": list(self.needs)}


@action
def hold(*, child_id: uuid.UUID, shelter: Shelter, card: Card, by: Person, reason: str = "") -> Placement:
    """Hold a free bed of the shelter for four hours, and offer the shelter access that it accepts by admitting."""
    check(by, child_id, WHEREABOUTS, Level.CHANGE)
    demand_licence(shelter, by)
    bed_id = free_bed(child_id, shelter)
    demand_no_bed(child_id)
    demand_hold_pace(child_id)
    if bed_id is None:
        raise Taken(shelter)
    now = clock.now()
    placement = Placement(
        child_id=child_id,
        bed_id=bed_id,
        shelter=shelter,
        team_id=shelter.team_id,  # type: ignore[attr-defined]
        during=TimestamptzRange(now, now + HOLD),
        held_by=by,
        grant=offer(child_id, shelter, by),
        **card.values(),
    )
    try:
        with transaction.atomic():
            placement.save(force_insert=True)
    except IntegrityError:  # the exclusion constraint: whatever came past the locks
        raise Taken(shelter) from None
    others = [one for one in members(shelter.team) if one.pk != by.pk]
    tell(others, "bed_held", [by.short_name], level=Notice.Level.ACT, subject_id=placement.pk)
    return placement


def free_bed(child_id: uuid.UUID, shelter: Shelter) -> uuid.UUID | None:
    """Return a free bed of the shelter; whoever asks at the same moment waits until this transaction has ended."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT access.free_bed(%s, %s)", [child_id, shelter.pk])
        return cursor.fetchone()[0]


def bed_of(child_id: uuid.UUID) -> Placement | None:
    """Return the bed that is the child's now, as far as the person may see it."""
    found = Placement.objects.filter(child_id=child_id, state__in=LIVE).select_related("shelter").order_by("-pk")
    return next((one for one in found if one.is_live), None)


def demand_no_bed(child_id: uuid.UUID) -> None:
    """Raise where the child has a bed: one child, one bed."""
    now = bed_of(child_id)
    if now is None:
        return
    if now.state == PlacementState.HELD:
        words = _("A bed at %(shelter)s is held for this child until %(time)s. Release it first.")
        raise NotPossible(words % {"shelter": now.shelter.public_name, "time": moment(now.during.upper)})
    words = _("This child stays at %(shelter)s. End the stay first.")
    raise NotPossible(words % {"shelter": now.shelter.public_name})


def owner_of(child_id: uuid.UUID) -> Team | None:
    """Return the team that owns the file, for whoever reads its SUMMARY."""
    child = Child.objects.filter(pk=child_id).select_related("owner__agency").first()
    return child.owner if child else None


def offer(child_id: uuid.UUID, shelter: Shelter, by: Person) -> Grant | None:
    """Offer the shelter access; only the team that owns the file can. Offers of holds that ran out end here, by name."""
    owner = owner_of(child_id)
    if owner is None or owner.pk not in by.team_ids:
        return None
    for old in Placement.objects.filter(child_id=child_id, state=PlacementState.HELD, grant__ended=None):
        if old.has_run_out:
            end_access(old, owner, by, reasons.HOLD_RAN_OUT)
    given = access.give(
        child_id=child_id, sections=GIVEN, until=access.last_moment(owner), team=shelter.team, owner=owner, by=by,
        reason=reasons.BED_HELD, with_act=True,
    )  # fmt: skip
    return given


def end_access(placement: Placement, owner: Team, by: Person, reason: str) -> None:
    """End what the hold offered or the admission gave, where the person may end it."""
    grant = Grant.objects.filter(pk=placement.grant_id, ended=None).first()  # type: ignore[attr-defined,misc]
    if grant is not None:
        access.end(grant=grant, owner=owner, by=by, reason=reason, with_act=True)


def locked(placement: Placement) -> Placement:
    """Return the placement as it stands now, locked; a hold that ran out says so."""
    now = Placement.objects.select_for_update(of=("self",)).select_related("shelter__team").get(pk=placement.pk)
    if now.has_run_out:
        words = _("The hold ended at %(time)s and the bed may be taken. Hold a bed again.")
        raise NotPossible(words % {"time": moment(now.during.upper)})
    return now


def take(placement: Placement, name: str) -> None:
    """Take a step of the placement; one that somebody else took first says where it stands."""
    try:
        move(placement, PLACEMENT, PLACEMENT.named(name))
    except WrongState as wrong:
        words = _("Somebody was faster. It now stands at: %(state)s. Nothing was changed.")
        raise NotPossible(words % {"state": wrong.state.label}) from None


def is_keeper(placement: Placement, person: Person) -> bool:
    """Return whether the person works in the shelter whose bed it is."""
    return Role.SHELTER_WORKER in person.roles and placement.team_id in person.team_ids  # type: ignore[attr-defined]


def is_hand(placement: Placement, person: Person) -> bool:
    """Return whether the person works in the shelter, or in the team that owns the file."""
    if is_keeper(placement, person):
        return True
    owner = owner_of(placement.child_id)  # type: ignore[attr-defined]
    return owner is not None and owner.pk in person.team_ids


def check_hand(placement: Placement, person: Person) -> None:
    """Raise Refused unless the child is with the person's shelter or team."""
    if not is_hand(placement, person):
        raise refusal(person, placement.child_id, WHEREABOUTS, Level.CHANGE, "not_the_owner")  # type: ignore[attr-defined]


@action
def renew(*, placement: Placement, by: Person, reason: str = "") -> Placement:
    """Hold the bed for four hours more, once."""
    check(by, placement.child_id, WHEREABOUTS, Level.CHANGE)  # type: ignore[attr-defined]
    placement = locked(placement)
    if placement.renewed and placement.state == PlacementState.HELD:
        raise NotPossible(_("The hold was renewed once, which is all there is. Bring the child, or release the bed."))
    placement.renewed = True
    placement.during = TimestamptzRange(placement.during.lower, (placement.during.upper or clock.now()) + HOLD)
    take(placement, "renew")
    return placement


@action
def release(*, placement: Placement, by: Person, reason: str = "") -> Placement:
    """Give the bed back before the child came: by whoever places the child, or by the shelter. The offer ends with it."""
    shelter = is_keeper(placement, by)
    if not shelter:
        check(by, placement.child_id, WHEREABOUTS, Level.CHANGE)  # type: ignore[attr-defined]
    placement = locked(placement)
    take(placement, "release")
    end_access(placement, placement.shelter.team, by, reasons.BED_RELEASED)
    if shelter:
        tell([placement.held_by], "bed_refused", [by.short_name], level=Notice.Level.CONFIRM)
    else:
        tell(members(placement.shelter.team), "bed_free_again", [by.short_name])
        tell_of_given_back(placement, owner_of(placement.child_id), by)  # type: ignore[attr-defined]
    return placement


@action
def admit(*, placement: Placement, by: Person, reason: str = "") -> Placement:
    """Admit the child: the shelter accepts its access in the same act, and the shelter is where the child is."""
    if not is_keeper(placement, by):
        check(by, placement.child_id, WHEREABOUTS, Level.CHANGE)  # type: ignore[attr-defined]
    check_hand(placement, by)
    placement = locked(placement)
    child_id = placement.child_id  # type: ignore[attr-defined]
    placement.during = TimestamptzRange(clock.now(), None)
    take(placement, "admit")
    if placement.grant is not None and placement.team_id in by.team_ids:  # type: ignore[attr-defined]
        access.accept(grant=placement.grant, by=by, reason="admitted")
    if not can(by, child_id, WHEREABOUTS, Level.CHANGE):
        forget(child_id)  # what was accepted is taken back with this transaction
        raise NotPossible(_("The file is not open to you yet, or the rescue is not recorded. Ring who holds the bed."))
    write_whereabouts(child_id, placement.shelter, by)
    ask_for_visit(child_id, by)
    ask_to_accept(placement, by)
    if placement.held_by_id != by.pk:  # type: ignore[attr-defined]
        tell([placement.held_by], "admitted", [by.short_name, code_name_of(child_id)], child_id=child_id)
    return placement


def ask_for_visit(child_id: uuid.UUID, by: Person) -> None:
    """Make a visit in the placement due, of the team that owns the file."""
    owner = owner_of(child_id)
    if owner is not None:
        due(code="placement_visit", child_id=child_id, since=clock.now(), team=owner, by=by)


def ask_to_accept(placement: Placement, by: Person) -> None:
    """Tell the shelter of access that waits, where the owner's team wrote down the admission."""
    child_id = placement.child_id  # type: ignore[attr-defined]
    if placement.grant is not None and placement.team_id not in by.team_ids:  # type: ignore[attr-defined]
        tell_takers(placement.grant, "access_offered", by, code_name_of(child_id), level=Notice.Level.ACT)


def write_whereabouts(child_id: uuid.UUID, shelter: Shelter, by: Person) -> None:
    """Write where the child is now: the shelter by its public name; its address is read where the bed is."""
    today = clock.now().astimezone(by.zone).date()
    values = {"care_type": "residential", "place": shelter.public_name, "phone": "", "since": today}
    record = Whereabouts.objects.filter(child_id=child_id).first()
    if record is None:
        victims.add(model=Whereabouts, child=Child(pk=child_id), values=values, by=by, reason="admitted")
    else:
        victims.change(record=record, values=values, by=by, reason="admitted")


@action
def end(*, placement: Placement, at: datetime.datetime, why: str, by: Person, reason: str = "") -> Placement:
    """End the stay at its real time, with a reason; what the shelter was given for it ends as well."""
    child_id = placement.child_id  # type: ignore[attr-defined]
    check(by, child_id, WHEREABOUTS, Level.CHANGE)
    check_hand(placement, by)
    placement = locked(placement)
    since = placement.during.lower
    if placement.state == PlacementState.ADMITTED and since is not None and not since < at <= clock.now():
        words = _("Enter a time after %(since)s, when the child was admitted, and not in the future.")
        raise NotPossible(words % {"since": moment(since)}, "at")
    placement.during = TimestamptzRange(since, at)
    placement.end_reason = why
    take(placement, "end")
    for task in open_tasks(child_id, "placement_visit").select_for_update(of=("self",)):
        put_end(task, Task.State.CANCELLED)
    end_access(placement, placement.shelter.team, by, reasons.STAY_ENDED)
    return placement
