"""What a shelter looks at first: beds tonight, holds that run out, and the children who are here."""

import datetime
import re
from collections import Counter
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.access.opens import file_lines
from portal.access.rights import prefetch
from portal.accounts.models import Person
from portal.accounts.roles import Role
from portal.casework import clock
from portal.casework.groups import Group, Row
from portal.casework.templatetags.portal import day, digits
from shelters.directory import may_enter
from shelters.models import LIVE, Bed, Placement, Shelter
from shelters.views.own import own
from shelters.workflow import PlacementState
from victims.views.file import address_of

State = PlacementState
AHEAD = datetime.timedelta(days=30)


def beds(person: Person) -> list[Group]:
    """Return beds, holds and children of the shelters that the person's teams run."""
    houses = list(own(person).order_by("public_name", "pk"))
    if not houses:
        return [first_house()] if may_enter(person) else []
    placements = Placement.objects.filter(shelter__in=houses, state__in=LIVE).select_related(
        "bed", "shelter", "held_by"
    )
    live = [one for one in placements if one.is_live]
    return [tonight(houses, live), holds(live), children(person, live)]


def first_house() -> Group:
    """Return the way into the directory, for those whose team runs no house in it yet."""
    row = Row(
        title=_("Enter a shelter"),
        url=reverse("shelters:new"),
        why=_("Your team runs no shelter in the directory yet: nobody can hold a bed with you."),
    )
    return Group("beds", _("Beds tonight"), [row])


def tonight(houses: list[Shelter], live: list[Any]) -> Group:
    """Return how many beds are free, held and taken in each shelter."""
    total = Counter(Bed.objects.filter(shelter__in=houses, is_active=True).values_list("shelter_id", flat=True))
    counted = Counter((one.shelter_id, one.state) for one in live if one.bed.is_active)
    rows = [bed_row(house, total[house.pk], counted) for house in houses]
    return Group("beds", _("Beds tonight"), rows, "brand")


def bed_row(house: Shelter, total: int, counted: Counter) -> Row:
    """Return the beds of one shelter."""
    held, taken = counted[house.pk, State.HELD], counted[house.pk, State.ADMITTED]
    free = total - held - taken
    return Row(
        title=house.public_name,
        url=reverse("shelters:shelter", args=[house.pk]),
        lead=ngettext("%(count)s free", "%(count)s free", free) % {"count": digits(free)},
        why=_("%(held)s held, %(taken)s in bed, of %(total)s")
        % {"held": digits(held), "taken": digits(taken), "total": digits(total)},
    )


def holds(live: list[Any]) -> Group:
    """Return the beds that are held, the hold that runs out first before the others; no name of a child."""
    held = sorted((one for one in live if one.state == State.HELD), key=lambda one: one.during.upper)
    return Group(
        "holds",
        _("Holds that run out"),
        [hold_row(one) for one in held],
        "soon",
        ngettext("bed held", "beds held", len(held)),
        _("No bed is held with you."),
    )


def hold_row(one: Any) -> Row:
    """Return one hold: which bed, by whom, until when."""
    url = reverse("shelters:asked", args=[one.pk])
    return Row(
        title=_("%(bed)s, %(shelter)s") % {"bed": one.bed.name, "shelter": one.shelter.public_name},
        due=one.during.upper,
        url=url,
        why=_("Held by %(name)s.") % {"name": one.held_by.short_name},
        act=_("See the needs"),
        act_url=url,
    )


def children(person: Person, live: list[Any]) -> Group:
    """Return the children who are here."""
    here = sorted((one for one in live if one.state == State.ADMITTED), key=bed_order)
    lines = file_lines([one.child_id for one in here])
    prefetch(person, list(lines))
    known = [one for one in here if one.child_id in lines]
    return Group(
        "here",
        _("Children here"),
        [child_row(person, one, lines[one.child_id]) for one in known],
        tile=ngettext("child here", "children here", len(known)),
        empty=_("No child is here. Children come in with a bed that is held and admitted."),
        files=list(lines),
    )


def bed_order(one: Any) -> tuple[str, str]:
    """Return the order of beds: by shelter, then by name, where numbers follow each other."""
    return one.shelter.public_name, re.sub(r"\d+", lambda digits_: digits_[0].zfill(6), one.bed.label)


def child_row(person: Person, one: Any, line: Any) -> Row:
    """Return a child by code name, with the bed and since when."""
    return Row(
        title=one.bed.name,
        url=address_of(person, one.child_id),
        lead=day(one.during.lower),
        name=line.code_name,
        code=line.case_number,
        why=one.shelter.public_name,
    )


def licences(person: Person) -> Group | None:
    """Return the shelters that the person's teams run whose licence has ended or ends soon: nobody places a child there."""
    if not {Role.SHELTER_WORKER, Role.SUPERVISOR} & set(person.roles):
        return None
    soon = clock.today() + AHEAD
    houses = own(person).filter(is_active=True, licence_until__lt=soon).order_by("licence_until", "pk")
    rows = [licence_row(person, house) for house in houses]
    return Group("licences", _("Licences of your shelters"), rows, "soon") if rows else None


def licence_row(person: Person, house: Shelter) -> Row:
    """Return one shelter; whoever keeps it enters the new licence, a supervisor opens it."""
    keeps = Role.SHELTER_WORKER in person.roles
    return Row(
        title=_("Licence of %(shelter)s") % {"shelter": house.public_name},
        due=house.licence_until,
        url=reverse("shelters:shelter", args=[house.pk]),
        why=_("Without one nobody holds a bed here, unless a supervisor of theirs allows it."),
        act=_("Enter the new licence") if keeps else _("Open"),
        act_url=reverse("shelters:change" if keeps else "shelters:shelter", args=[house.pk]),
    )
