"""Moving a child: to another bed of the same shelter, or from one shelter to another in one act."""

import uuid

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext_lazy as _

from portal.access.identity import action
from portal.access.rights import check, refusal
from portal.access.sections import Level, Section
from portal.accounts.models import Person
from portal.audit import clock
from portal.casework.workflow import NotPossible
from shelters import actions
from shelters.actions import Card, check_hand, locked, owner_of, take
from shelters.models import Bed, Placement, Shelter
from shelters.workflow import PlacementState

WHEREABOUTS = Section.WHEREABOUTS
TAKEN = _("That bed was taken meanwhile. Choose another one.")
TO_ANOTHER = "transferred"  # the word of the vocabulary of ends


def free_beds(shelter: Shelter) -> list[Bed]:
    """Return the beds of a shelter that nobody is in and that are held for nobody."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT access.free_beds(%s)", [shelter.pk])
        free = [row[0] for row in cursor.fetchall()]
    return list(Bed.objects.filter(pk__in=free).order_by("label", "pk"))


def may_move(placement: Placement, person: Person) -> bool:
    """Return whether the person is of the team that owns the file: only it opens the file to another shelter."""
    owner = owner_of(placement.child_id)  # type: ignore[attr-defined]
    return placement.state == PlacementState.ADMITTED and owner is not None and owner.pk in person.team_ids


@action
def change_bed(*, placement: Placement, bed_id: uuid.UUID, by: Person, reason: str = "") -> Placement:
    """Give the child another bed of the same shelter; the stay goes on, and with it what the shelter may open."""
    child_id = placement.child_id  # type: ignore[attr-defined]
    check(by, child_id, WHEREABOUTS, Level.CHANGE)
    check_hand(placement, by)
    actions.free_bed(child_id, placement.shelter)  # for its turn: others who want a bed here wait until this has ended
    placement = locked(placement)
    bed = next((one for one in free_beds(placement.shelter) if one.pk == bed_id), None)
    if bed is None:
        raise NotPossible(TAKEN)
    placement.bed = bed
    try:
        with transaction.atomic():
            take(placement, "change_bed")
    except IntegrityError:  # the exclusion constraint: whatever came past the locks
        raise NotPossible(TAKEN) from None
    return placement


@action
def move_child(
    *, placement: Placement, shelter: Shelter, card: Card, is_there: bool, by: Person, reason: str = ""
) -> Placement:
    """End the stay and hold a bed of another shelter, in one act: if the bed is taken meanwhile, the stay goes on.

    Where the child is there already, the admission is recorded in the same act.
    """
    child_id = placement.child_id  # type: ignore[attr-defined]
    check(by, child_id, WHEREABOUTS, Level.CHANGE)
    if not may_move(placement, by):
        raise refusal(by, child_id, WHEREABOUTS, Level.CHANGE, "not_the_owner")
    actions.end(placement=placement, at=clock.now(), why=TO_ANOTHER, by=by, reason="moved")
    made = actions.hold(child_id=child_id, shelter=shelter, card=card, by=by, reason="moved")
    return actions.admit(placement=made, by=by, reason="moved") if is_there else made
