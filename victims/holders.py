"""Who holds what of a file, as one reader may read it: the list of holders, what a step changes, access that ended."""

import datetime
import uuid
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.access import legal_bases, reasons
from portal.access.actions import OWNED
from portal.access.agencies import agency_name, author, reveals, shown_name
from portal.access.going_on import is_held_by, may_pass_on, time_asked
from portal.access.holders import Holder, Reader, holders_of, readers
from portal.access.models import FOREVER, Basis, Grant
from portal.access.rights import sections_open, works_as_owner
from portal.access.seals import custodians_of, seal_of
from portal.access.sections import Section
from portal.accounts.models import Agency
from portal.audit import clock
from portal.casework.clock import today
from portal.casework.templatetags.portal import digits, full_date, hour, listed
from victims.models import Child

MOST_NAMED = 8  # people of a team, by name
MOST_ENDED = 50
SOON = 7  # days


@dataclass(frozen=True)
class Viewer:
    """Who reads a list of holders, of which file, and whether that person answers for the file."""

    person: Any
    child: Any
    is_owner: bool
    held: list[Section]  # sections that the viewer reads

    @property
    def owner(self) -> Agency:
        return self.child.owner.agency

    @cached_property
    def legal_words(self) -> dict[str, str]:
        return legal_bases.in_words()

    def name_of(self, holder: Holder) -> str | None:
        """Return a holder's agency as the viewer may read it; whoever gave access knows to whom."""
        gave = holder.grant.given_by_id == self.person.pk  # type: ignore[attr-defined]
        return holder.agency.name if gave else agency_name(self.person, self.child.pk, holder.agency)

    def labels(self, sections: Iterable[Section], *, names: bool) -> list[str]:
        """Return sections in words; beside a name that is hidden only those which the viewer reads as well."""
        return [str(section.label) for section in sorted(sections) if names or section in self.held]


def viewer_of(person: Any, child: Child) -> Viewer:
    """Return who reads the lists of holders of a file."""
    return Viewer(person, child, child.owner_id in person.team_ids, sections_open(person, child.pk))  # type: ignore[attr-defined]


def holder_rows(viewer: Viewer) -> list[dict[str, Any]]:
    """Return who can see the file, as the viewer may read it: of a sealed file its custodians.

    What was passed on stands under what it came from.
    """
    seal = seal_of(viewer.child.pk)
    if seal is not None:
        known = readers(custodians_of(seal))
        return [custodian_row(viewer, reader) for reader in known.values()]
    rows = [holder_row(viewer, holder) for holder in in_order(holders_of(viewer.child.pk))]
    return [row for row in rows if row]


def in_order(holders: list[Holder]) -> list[Holder]:
    """Return holders with those to whom access was passed on right behind whom they have it from."""
    under: dict[Any, list[Holder]] = {}
    for holder in holders:
        under.setdefault(holder.grant.parent_id, []).append(holder)  # type: ignore[attr-defined]
    listed_ = [one for holder in under.pop(None, []) for one in (holder, *under.pop(holder.grant.pk, []))]
    return listed_ + [one for left in under.values() for one in left]


def custodian_row(viewer: Viewer, reader: Reader) -> dict[str, Any]:
    """Return the line of a custodian, who holds what the team holds that owns the file, as far as the roles reach."""
    opened = [section for section in OWNED if reader.stages(section) >> viewer.child.stage & 1]
    return {
        "agency": reader.person.agency.name,
        "agency_id": reader.person.agency_id,  # type: ignore[attr-defined]
        "people": people_named([reader]),
        "person_ids": [reader.person.pk],
        "sections": _(", ").join(viewer.labels(opened, names=True)) if opened else _("opens nothing at this stage"),
        "basis": _("Custodian of the sealed file"),
        "until": _("until it is unsealed"),
        "last_day": _("until it is unsealed"),
    }


def holder_row(viewer: Viewer, holder: Holder) -> dict[str, Any]:
    """Return one holder's line; where its agency's name must not stand, only the owner and the giver see that it is there."""
    grant, agency, stage = holder.grant, holder.agency, viewer.child.stage
    name = viewer.name_of(holder)
    if name is None and not viewer.is_owner:
        return {}
    names = name == agency.name
    opened = holder.opens(stage)
    people = holder.readers(stage) or holder.people
    owns = grant.basis == Basis.OWNERSHIP
    return {
        "agency": name or _("another agency"),
        "agency_id": agency.pk,
        "agency_url": reverse("desk:agency_access", args=[agency.pk]) if names and viewer.is_owner and not owns else "",
        "part": part_of(grant) if names else "",
        "team": grant.team.label if grant.team and names else "",
        "people": people_named(people) if names else [],
        "more": max(0, len(people) - MOST_NAMED) if names else 0,
        "count": counted(people) if grant.team or not names else "",
        "person_ids": [] if grant.accepted is None else [reader.person.pk for reader in holder.readers(stage)],
        "sections": _(", ").join(viewer.labels(opened, names=names)) if opened else nothing_words(holder),
        "until": until_words(holder, viewer.owner),
        "last_day": last_day_words(holder, viewer.owner),
        "ends_soon": days_left(holder, viewer.owner) <= SOON,
        "restricted": reveals(agency) is not None and names,
        "basis": owner_words(viewer, grant) if owns else capfirst(grant.get_basis_display()),
        "reason": "" if owns else reasons.shown(grant.reason),
        "given_by": giver_words(viewer, grant) % {"name": giver_named(viewer, grant.given_by)},
        "waiting": grant.accepted is None,
        "allowed": legal_words(viewer, holder, names),
        "confirmed": grant.confirmed,
        "is_off": not agency.is_active,
        "passed_on": grant.parent_id is not None,
        "may_pass_on": grant.onward,
        **acts(viewer, grant),
    }


def acts(viewer: Viewer, grant: Any) -> dict[str, Any]:
    """Return the addresses of what the viewer may do with one access, empty where it is not theirs to do; and when more
    time was asked for that the owner has not answered."""
    ids, ends = [viewer.child.pk, grant.pk], grant.until < FOREVER
    passed_on_by_me = grant.came_from is not None and is_held_by(grant.came_from, viewer.person)
    may_end = grant.basis != Basis.OWNERSHIP and (viewer.is_owner or passed_on_by_me)
    asks = ends and grant.accepted and not viewer.is_owner and is_held_by(grant, viewer.person)
    may_ask = asks and not grant.parent_id and grant.basis != Basis.EMERGENCY
    asked = time_asked(grant) if may_ask else None
    allowed = {
        "end": may_end,
        "renew": may_renew(viewer, grant),
        "ask": may_ask and not asked,
        "pass_on": may_pass_on(grant, viewer.child.owner_id, viewer.person),  # type: ignore[attr-defined]
    }
    names = {"end": "end_access", "renew": "renew_access", "ask": "ask_renewal", "pass_on": "pass_on"}
    urls = {f"{act}_url": reverse(f"victims:{names[act]}", args=ids) if may else "" for act, may in allowed.items()}
    return urls | {"time_asked": asked}


def may_renew(viewer: Viewer, grant: Any) -> bool:
    """Return whether the viewer may let access go on: the owner's team, or whoever passed it on."""
    renewable = grant.basis not in (Basis.OWNERSHIP, Basis.EMERGENCY) and grant.until < FOREVER and grant.accepted
    if not renewable:
        return False
    if grant.parent_id:
        return grant.came_from is not None and is_held_by(grant.came_from, viewer.person)
    return works_as_owner(viewer.person, viewer.child.pk, viewer.child.owner_id)


def nothing_words(holder: Holder) -> str:
    """Say why access opens nothing: what allowed it has ended, or the roles do not reach this stage."""
    if holder.given:
        return _("opens nothing at this stage")
    if not holder.agency.is_active:
        return _("opens nothing: the agency is switched off")
    return _("opens nothing: what allowed it has ended")


def legal_words(viewer: Viewer, holder: Holder, names: bool) -> list[str]:
    """Return what allows access, each legal basis with its sections where there are several, as the viewer reads them."""
    words = viewer.legal_words
    by_basis: dict[str, list[str]] = {}
    for section in map(Section, holder.grant.view):
        if names or section in viewer.held:
            by_basis.setdefault(legal_bases.basis_of(holder.grant, section), []).append(str(section.label))
    if len(by_basis) == 1:
        return [words.get(code, code) for code in by_basis]
    several = _("%(sections)s: %(basis)s")
    return [several % {"sections": listed(labels), "basis": words.get(code, code)} for code, labels in by_basis.items()]


def owner_words(viewer: Viewer, grant: Any) -> str:
    """Return since when a team owns the file."""
    if grant.begins <= viewer.child.opened:
        return _("Owner since the file was opened")
    return _("Owner since %(day)s") % {"day": full_date(grant.begins)}


def giver_words(viewer: Viewer, grant: Any) -> str:
    """Return who gave access, or made the team the owner."""
    if grant.basis == Basis.EMERGENCY:
        return _("opened by %(name)s")
    if grant.basis != Basis.OWNERSHIP:
        return _("given by %(name)s")
    return _("opened by %(name)s") if grant.begins <= viewer.child.opened else _("moved by %(name)s")


def giver_named(viewer: Viewer, giver: Any) -> str:
    """Return who gave access; a name tells the agency, so where that must not stand it is what the agency is."""
    agency = shown_name(viewer.person, viewer.child.pk, giver.agency)
    return str(giver.short_name if agency == giver.agency.name else agency)


def part_of(grant: Any) -> str:
    """Return the team or the person that access was given to."""
    return grant.team.label if grant.team else grant.person.short_name if grant.person else ""


def people_named(people: list[Reader]) -> list[str]:
    """Return people by name and role, at most eight of them."""
    return [_(", ").join([one.person.short_name, one.person.role_label]) for one in people[:MOST_NAMED]]


def counted(people: list[Any]) -> str:
    """Return how many people these are, in words."""
    return ngettext("%(shown)s person", "%(shown)s people", len(people)) % {"shown": digits(len(people))}


def end_of(holder: Holder) -> datetime.datetime:
    """Return when access ends: as it says itself, or sooner where an agreement or what it came from does."""
    return holder.until or holder.grant.until


def day_of(holder: Holder, owner: Agency) -> datetime.date:
    """Return the last day of access, where the agency is that owns the file."""
    return end_of(holder).astimezone(zoneinfo.ZoneInfo(owner.time_zone)).date()


def days_left(holder: Holder, owner: Agency) -> int:
    """Return in how many days access ends, counted where the owner is."""
    return SOON + 1 if end_of(holder) == FOREVER else (day_of(holder, owner) - today(owner.time_zone)).days


def until_words(holder: Holder, owner: Agency) -> str:
    """Return until when access holds: the last day where the owner is, for every reader."""
    if end_of(holder) == FOREVER:
        return _("owner") if holder.grant.basis == Basis.OWNERSHIP else _("no end")
    if holder.grant.basis == Basis.EMERGENCY:
        return _("emergency access until %(time)s") % {"time": hour(end_of(holder))}
    days = days_left(holder, owner)
    if days > SOON:
        return _("until %(day)s") % {"day": full_date(day_of(holder, owner))}
    if days < 2:
        return _("ends tomorrow") if days == 1 else _("ends today")
    return ngettext("ends in %(shown)s day", "ends in %(shown)s days", days) % {"shown": digits(days)}


def last_day_words(holder: Holder, owner: Agency) -> str:
    """Return the last day of access under a heading that says "until" already."""
    if end_of(holder) == FOREVER:
        return _("no end")
    if holder.grant.basis == Basis.EMERGENCY:
        return _("until %(time)s") % {"time": hour(end_of(holder))}
    far = days_left(holder, owner) > SOON
    return full_date(day_of(holder, owner)) if far else until_words(holder, owner)


def summed_up(rows: list[dict[str, Any]]) -> str:
    """Return how many agencies and people can open something: "5 agencies, 7 people"."""
    people = {pk for row in rows for pk in row["person_ids"]}
    agencies = {row["agency_id"] for row in rows if row["person_ids"]}
    count = len(agencies)
    words = ngettext("%(shown)s agency", "%(shown)s agencies", count) % {"shown": digits(count)}
    return _(", ").join([words, counted(list(people))])


def changed_by(viewer: Viewer, stage: int) -> list[str]:
    """Say which holders lose sections, and which open more, once the child is at another stage."""
    lost: dict[tuple[str, bool], set[Section]] = {}
    won: dict[tuple[str, bool], set[Section]] = {}
    for holder in holders_of(viewer.child.pk):
        who = who_holds(viewer, holder)
        if who and holder.grant.accepted:
            before, after = set(holder.opens(viewer.child.stage)), set(holder.opens(stage))
            lost.setdefault(who, set()).update(before - after)
            won.setdefault(who, set()).update(after - before)
    return [
        *said_of(viewer, _("Closes for %(who)s: %(sections)s."), lost),
        *said_of(viewer, _("Opens for %(who)s: %(sections)s."), won),
    ]


def said_of(viewer: Viewer, words: str, found: dict[tuple[str, bool], set[Section]]) -> list[str]:
    """Return a sentence for each holder of which the viewer may read at least one of the sections."""
    lines = [(who, viewer.labels(sections, names=names)) for (who, names), sections in found.items()]
    return [words % {"who": who, "sections": listed(shown)} for who, shown in lines if shown]


def who_holds(viewer: Viewer, holder: Holder) -> tuple[str, bool] | None:
    """Return a holder in words, and whether its name may stand; None where the viewer does not learn of it."""
    name, part = viewer.name_of(holder), part_of(holder.grant)
    if name == holder.agency.name:
        return (_("%(agency)s – %(part)s") % {"agency": name, "part": part} if part else name), True
    return (name or _("another agency"), False) if name or viewer.is_owner else None


def is_own(viewer: Viewer, grant: Grant) -> bool:
    """Return whether access was given to the viewer, or to a team of the viewer that does not own the file."""
    given = grant.basis not in (Basis.OWNERSHIP, Basis.EMERGENCY)
    return given and is_held_by(grant, viewer.person) and not viewer.is_owner


def end_of_access(viewer: Viewer, holder: Holder) -> dict[str, Any]:
    """Return what the page says that asks whether access ends: what its people lose by it, and what they keep."""
    if is_own(viewer, holder.grant):
        return end_of_own(viewer, holder)
    stage, names = viewer.child.stage, viewer.name_of(holder) == holder.agency.name
    kept = kept_beside(holder, stage)
    gone = {section for one in holder.people for section in set(holder.opened_by(one, stage)) - kept[one.person.pk]}
    lose, keep = viewer.labels(gone, names=names), viewer.labels(set().union(*kept.values()), names=names)
    happens = [] if any(kept.values()) else [_("They can open nothing of this file from their next click on.")]
    if lose:
        happens.append(_("They lose: %(sections)s.") % {"sections": listed(lose)})
    elif keep:
        happens.append(_("They lose nothing: other access opens the same sections."))
    happens.append(_("They are told that it ended, not why."))
    stays = [_("They keep: %(sections)s. Other access gives them that.") % {"sections": listed(keep)}] if keep else []
    return {
        "happens": happens,
        "stays": [*stays, _("Everything that they wrote, and the record of what they opened.")],
    }


def end_of_own(viewer: Viewer, holder: Holder) -> dict[str, Any]:
    """Return what is said to whoever gives own access back."""
    stage, keep = viewer.child.stage, kept_beside(holder, viewer.child.stage).get(viewer.person.pk, set())
    mine = [reader for reader in holder.people if reader.person.pk == viewer.person.pk]
    gone = {section for one in mine for section in holder.opened_by(one, stage)} - keep
    happens = [_("You lose: %(sections)s.") % {"sections": listed(viewer.labels(gone, names=True))}] if gone else []
    if holder.grant.team:
        happens.append(_("It was given to your team. It ends for everybody in it, and they are told."))
    if any(one.grant.parent_id == holder.grant.pk for one in holders_of(viewer.child.pk)):  # type: ignore[attr-defined]
        happens.append(_("What was passed on from it ends as well."))
    happens.append(_("Whoever gave it is told. The team that owns the file reads why."))
    stays = []
    if keep:
        words = _("You keep: %(sections)s. Other access gives you that.")
        stays.append(words % {"sections": listed(viewer.labels(keep, names=True))})
    return {"is_own": True, "happens": happens, "stays": [*stays, _("Everything that you wrote stays in the file.")]}


def kept_beside(holder: Holder, stage: int) -> dict[uuid.UUID, set[Section]]:
    """Return what each of the people of one grant still opens by other grants of the file when that one ends."""
    kept: dict[uuid.UUID, set[Section]] = {reader.person.pk: set() for reader in holder.people}
    child_id: Any = holder.grant.child_id  # type: ignore[attr-defined]
    for other in holders_of(child_id):
        if other.grant.accepted and other.grant.pk != holder.grant.pk:
            for reader in other.people:
                if reader.person.pk in kept:
                    kept[reader.person.pk].update(other.opened_by(reader, stage))
    return kept


def ended_rows(viewer: Viewer) -> list[dict[str, Any]]:
    """Return access that has ended, the newest first: for the team that owns the file."""
    over = Q(ended__isnull=False) | Q(until__lte=clock.now())
    found = Grant.objects.filter(over, child_id=viewer.child.pk).select_related(
        "team__agency", "person__agency", "agency", "given_by", "ended_by__agency"
    )
    return [ended_row(viewer, grant) for grant in found.order_by(Coalesce("ended", "until").desc(), "-id")[:MOST_ENDED]]


def ended_row(viewer: Viewer, grant: Any) -> dict[str, Any]:
    """Return one access that has ended, as the owner may read it."""
    holder = Holder(grant, [])
    who, names = who_holds(viewer, holder) or (_("another agency"), False)
    by = author(viewer.person, viewer.child.pk, grant.ended_by.short_name, grant.ended_by.agency) if grant.ended else ""
    return {
        "who": who,
        "sections": _(", ").join(viewer.labels(map(Section, grant.view), names=names)),
        "from": grant.begins,
        "until": grant.ended or grant.until,
        "by": by or _("its last day had come"),
        "why": reasons.shown(grant.end_reason),
    }
