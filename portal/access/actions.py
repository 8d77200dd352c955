"""Giving, accepting and ending access to a file. The database checks the giver again."""

import datetime
import uuid
import zoneinfo
from collections.abc import Iterable
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from portal.access import reasons
from portal.access.agreements import demand_agreed
from portal.access.asking import answer, asked
from portal.access.identity import Refused, action
from portal.access.legal_bases import demand_lawful
from portal.access.models import FOREVER, USUAL, Basis, Grant
from portal.access.owners import demand_staffed
from portal.access.rights import forget, refusal, sections_held, sections_open, works_as_owner
from portal.access.roles import opens_files
from portal.access.seals import demand_unsealed
from portal.access.sections import Level, Section
from portal.access.work import answer_notices, hand_tasks, meet, members, tell
from portal.accounts.models import Agency, Person, Team
from portal.audit import clock
from portal.audit.events import Event
from portal.casework.clock import end_of_day, today
from portal.casework.models import Notice
from portal.casework.templatetags.portal import full_date
from portal.casework.workflow import NotPossible

LONGEST = datetime.timedelta(days=180)  # and until the end of that day; access.may_give says the same
OWNED = [section for section in Section if section != Section.THERAPY]  # therapy goes to named persons only


def last_moment(owner: Team) -> datetime.datetime:
    """Return the latest end that access to a file can have: the end of the 180th day, where its owner is."""
    zone = owner.agency.time_zone
    return end_of_day(today(zone) + LONGEST, zone)


def own(
    *,
    team: Team,
    by: Person,
    child_id: uuid.UUID | None = None,
    series_id: uuid.UUID | None = None,
    reason: str = "opened",
) -> Grant:
    """Give a file or series to its owner team; called by the action that makes or moves it, in the same transaction."""
    sections = [int(section) for section in OWNED] if child_id else [int(Section.INVESTIGATION)]
    now = clock.now()
    grant = Grant(
        child_id=child_id,
        series_id=series_id,
        team=team,
        view=sections,
        change=sections,
        basis=Basis.OWNERSHIP,
        reason=reason[:300],
        begins=now,
        until=FOREVER,
        given_by=by,
        accepted_by=by,
        accepted=now,
    )
    grant.save()
    if child_id:
        forget(child_id)
    return grant


@action
def give(
    *,
    child_id: uuid.UUID,
    sections: dict[Section, Level],
    until: datetime.datetime,
    by: Person,
    reason: str,
    team: Team | None = None,
    person: Person | None = None,
    basis: str = "",
    legal_basis: str = "",
    legal_by_section: dict[str, str] | None = None,
    onward: bool = False,
    owner: Team,
    with_act: bool = False,
) -> Grant:
    """Give a team or a named person sections of a file until a day. Inside the owner's agency it holds at once.

    legal_basis: the code of what allows it, else the usual one; legal_by_section: where a section has another one.
    onward: they may pass it on. with_act: it is accepted by another act, admitting the child or accepting a referral,
    which tells of it in its own words.
    """
    agency: Agency = (team or person).agency if team or person else owner.agency  # type: ignore[union-attr]
    inside = agency.pk == owner.agency_id  # type: ignore[attr-defined]
    check_gift(sections, until, team, person, by, zoneinfo.ZoneInfo(owner.agency.time_zone), is_team_inside=inside)
    if not works_as_owner(by, child_id, owner.pk):
        raise refusal(by, child_id, Section.SUMMARY, Level.CHANGE, "not_the_owner")
    demand_unsealed(child_id)
    basis = basis or (Basis.ASSIGNMENT if inside else Basis.REFERRAL)
    legal_basis, by_section = legal_basis or USUAL[basis], legal_by_section or {}
    demand_lawful(sections, legal_basis, by_section)
    if not inside:
        demand_agreed(sections, agency)
    now = clock.now()
    at_once = inside and not with_act
    grant = Grant(
        child_id=child_id,
        team=team,
        person=person,
        view=sorted(int(section) for section in sections),
        change=sorted(int(section) for section, level in sections.items() if level == Level.CHANGE),
        basis=basis,
        legal_basis=legal_basis,
        legal_by_section=by_section,
        onward=onward,
        reason=reason,
        begins=now,
        until=until,
        given_by=by,
        accepted_by=by if at_once else None,
        accepted=now if at_once else None,
    )
    grant.save()
    forget(child_id)
    if not inside and not with_act:
        tell_takers(grant, "access_offered", by, code_name_of(child_id), level=Notice.Level.ACT)
    return grant


def tell_takers(grant: Grant, kind: str, by: Person, name: str, **more: Any) -> None:
    """Tell everybody but the one who acts what became of access given to them: by name, or as a team."""
    audience = [grant.person] if grant.person else members(grant.team) if grant.team else []
    kind = f"{kind}_to_you" if grant.person else kind
    told = [person for person in audience if person.pk != by.pk]
    tell(told, kind, [by.short_name, name], child_id=grant.child_id, subject_id=grant.pk, **more)  # type: ignore[attr-defined]


def code_name_of(child_id: uuid.UUID) -> str:
    """Return the code name of a file that the person holds a section of."""
    return next((name for (name,) in asked("SELECT code_name FROM access.file_lines(%s)", [child_id])), "")


def check_gift(
    sections: dict[Section, Level],
    until: datetime.datetime,
    team: Team | None,
    person: Person | None,
    by: Person,
    zone: datetime.tzinfo,
    *,
    is_team_inside: bool = False,
) -> None:
    """Raise NotPossible where the access asked for can never be given. Days are those of the agency that owns the file.

    is_team_inside: a team of the owner's agency may have access without an end, which is confirmed instead.
    """
    now = clock.now().astimezone(zone)
    if Section.SUMMARY not in sections:
        raise NotPossible(_("Choose Summary as well: without it the file has no heading and no warnings."), "view")
    if (team is None) == (person is None):
        raise NotPossible(_("Choose a team or a person, not both."), "team")
    if person == by:
        raise NotPossible(_("Nobody gives access to themselves. Ask a colleague of the owner's team."), "person")
    if Section.THERAPY in sections and person is None:
        raise NotPossible(_("Therapy goes to a named person, never to a team."), "view")
    if until == FOREVER and is_team_inside and team is not None:
        return
    if until <= now or until.astimezone(zone).date() > now.date() + LONGEST:
        raise NotPossible(_("Choose a day from today to 180 days from now."), "until")


@action
def accept(*, grant: Grant, by: Person, reason: str = "") -> Grant:
    """Accept access given to one's team or to oneself; until then it shows number, code name and stage only."""
    grant = Grant.objects.select_for_update(of=("self",)).get(pk=grant.pk)
    mine = grant.person_id == by.pk or grant.team_id in by.team_ids
    if not mine or not opens_files(by.roles) or grant.ended or waits_for_act(grant):
        raise Refused(Event("refusal", "E", "refused", "not_given_to_you", child_id=grant.child_id), known=False)
    if grant.accepted is None:
        demand_open(grant)
        grant.accepted_by, grant.accepted = by, clock.now()
        grant.save()
        answer_notices(by, grant.pk, "access_offered")
        forget(grant.child_id)  # type: ignore[arg-type]
        if grant.basis == Basis.TRANSFER and grant.team is not None:
            take_over(child=grant.child, team=grant.team, by=by, reason=grant.reason)
    return grant


def demand_open(grant: Grant) -> None:
    """Raise NotPossible where the last day of what was offered is past: it would open nothing, and nobody would know."""
    if grant.until <= clock.now():
        giver = grant.given_by
        day = full_date(grant.until.astimezone(zoneinfo.ZoneInfo(giver.agency.time_zone)))
        words = _(
            "This access was offered until %(day)s and opens nothing any more. Ask %(name)s (%(agency)s) for it again."
        )
        raise NotPossible(words % {"day": day, "name": giver.short_name, "agency": giver.agency.name}, "grant")


def waits_for_act(grant: Grant) -> bool:
    """Return whether the access comes with a bed, a referral or a hand-over: that act accepts it, and nothing else does."""
    return answer("SELECT access.waits_for_act(%s) OR access.waits_for_signature(%s)", grant.pk, grant.pk)


def hand_over_of(grant: Grant) -> uuid.UUID | None:
    """Return the hand-over under way that offers this access, which ends with that hand-over alone."""
    found = asked("SELECT id FROM referrals_handover WHERE grant_id = %s AND state IN (1, 2)", grant.pk)
    return found[0][0] if found else None


@action
def decline(*, grant: Grant, by: Person, reason: str) -> Grant:
    """Decline access offered to one's team or to oneself: it ends, and whoever gave it is told."""
    grant = Grant.objects.select_for_update(of=("self",)).get(pk=grant.pk)
    mine = grant.person_id == by.pk or grant.team_id in by.team_ids
    if not mine or not opens_files(by.roles) or grant.ended or grant.accepted or waits_for_act(grant):
        raise Refused(Event("refusal", "E", "refused", "not_offered_to_you", child_id=grant.child_id), known=False)
    # Told before it ends: afterwards the file is none of theirs to speak of.
    words, about = [by.short_name, code_name_of(grant.child_id)], {"child_id": grant.child_id, "subject_id": grant.pk}  # type: ignore[arg-type]
    tell([grant.given_by], "access_declined", words, level=Notice.Level.ACT, **about)
    answer_notices(by, grant.pk, "access_offered")
    grant.ended_by, grant.ended, grant.end_reason = by, clock.now(), reason
    grant.save()
    return grant


@action
def end(*, grant: Grant, owner: Team, by: Person, reason: str, with_act: bool = False) -> Grant:
    """End access now: by the owner team, by who gave it or by who holds it. Ownership only moves, it never ends alone.

    with_act: it ends with another act, which tells of it in its own words.
    """
    found = Grant.objects.select_for_update(of=("self",)).filter(pk=grant.pk).first()
    if found is None:  # seen by SUMMARY, not by those whom it concerns
        raise Refused(Event("refusal", "E", "refused", "not_yours_to_end", child_id=grant.child_id), known=True)
    grant = found
    if grant.basis == Basis.OWNERSHIP:
        raise NotPossible(_("A file always has an owner. Transfer the file instead."), "grant")
    came_from: Any = grant.parent_id  # type: ignore[attr-defined]
    given: Any = Grant.objects.filter(pk=came_from).first() or grant  # whoever passed it on ends it as well
    if not ({owner.pk, grant.team_id, given.team_id} & by.team_ids
            or by.pk in (grant.given_by_id, grant.person_id, given.person_id)):  # fmt: skip
        raise Refused(Event("refusal", "E", "refused", "not_yours_to_end", child_id=grant.child_id), known=True)
    if not with_act and hand_over_of(grant):
        raise NotPossible(
            _("This access comes with a hand-over. Call the hand-over off: the access ends with it."), "reason"
        )
    if grant.ended is None:
        name = code_name_of(grant.child_id)  # type: ignore[arg-type]
        passed_on = list(grant.onward_grants.select_for_update(of=("self",)).filter(ended=None))
        for one in passed_on:
            tell_takers(one, "access_ended", by, name, level=Notice.Level.ACT)
            put_end(one, by, reasons.WHERE_IT_CAME_FROM)
        if not with_act:  # told before it ends: afterwards the file may be none of theirs to speak of
            tell_takers(grant, "access_ended", by, name, level=Notice.Level.ACT)
            tell_of_return(grant, owner, by, name)
        put_end(grant, by, reason)
        forget(grant.child_id)  # type: ignore[arg-type]
    return grant


def tell_of_return(grant: Grant, owner: Team, by: Person, name: str) -> None:
    """Tell whoever answers for access that its holder gave it back: the team that owns the file, or who passed it on."""
    is_holder = grant.team_id in by.team_ids or grant.person_id == by.pk  # type: ignore[attr-defined]
    if is_holder and owner.pk not in by.team_ids and grant.basis != Basis.EMERGENCY:  # of that they are told anyway
        told = [grant.given_by] if grant.parent_id else members(owner)  # type: ignore[attr-defined]
        tell(told, "access_returned", [by.short_name, name], child_id=grant.child_id, subject_id=grant.pk)  # type: ignore[attr-defined]


def put_end(grant: Grant, by: Person, reason: str) -> None:
    """End access that the caller has locked and checked rights for."""
    grant.ended_by, grant.ended, grant.end_reason = by, clock.now(), reason
    grant.save()


@action
def transfer(*, child: Any, team: Team, by: Person, reason: str) -> None:
    """Give a file to another team: inside the agency at once, to one of another agency when it accepts."""
    if not works_as_owner(by, child.pk, child.owner.pk):  # before anybody is told
        raise refusal(by, child.pk, Section.SUMMARY, Level.CHANGE, "not_the_owner")
    demand_unsealed(child.pk, "team")
    demand_staffed(team)
    name = code_name_of(child.pk)
    if team.agency_id == child.owner.agency_id:
        told = [person for person in members(team) if person.pk != by.pk]
        tell(told, "file_taken", [by.short_name, name], level=Notice.Level.ACT, child_id=child.pk)
        take_over(child=child, team=team, by=by, reason=reason)
        return
    grant = give(
        child_id=child.pk, sections=dict.fromkeys(OWNED, Level.CHANGE), until=last_moment(child.owner), team=team,
        basis=Basis.TRANSFER, owner=child.owner, by=by, reason=reason, with_act=True,
    )  # fmt: skip
    tell_takers(grant, "access_offered_as_owner", by, name, level=Notice.Level.ACT)


def demand_at_rest(child_id: uuid.UUID) -> None:
    """Raise NotPossible while the child changes hands: the file moves with the hand-over, and in no other way."""
    if answer("SELECT access.changes_hands(%s)", child_id):
        raise NotPossible(_("A hand-over of this child is under way. Finish it or call it off first."), "team")


@action
def take_over(*, child: Any, team: Team, by: Person, reason: str) -> Any:
    """Make another team the owner of a file; its tasks go along, their clocks run on.

    Inside the agency a member of the owner's team does it. Another agency's team takes over what was transferred or
    handed over to it, by accepting that first; the database asks the same. Other access to the file runs on.
    """
    if not sections_open(by, child.pk, Level.CHANGE):  # whoever only reads could not even lock it
        raise refusal(by, child.pk, Section.SUMMARY, Level.CHANGE, "changes_nothing_here")
    demand_staffed(team)  # before the file is locked: whoever moves people locks their files after it
    child = type(child)._default_manager.select_for_update(of=("self",)).get(pk=child.pk)
    demand_at_rest(child.pk)
    before = child.owner
    if before.pk == team.pk:
        return child
    inside = before.pk in by.team_ids and before.agency_id == team.agency_id
    if not (inside or team.pk in by.team_ids):
        raise refusal(by, child.pk, Section.SUMMARY, Level.CHANGE, "not_the_owner")
    child.owner = team
    child.save()
    hand_tasks(child_id=child.pk, from_team=before, to_team=team, by=by)
    meet(child, team, by)
    acts = [Basis.TRANSFER, Basis.HAND_OVER]  # what led here, and what the former owner offered to others
    over = Q(basis=Basis.OWNERSHIP) | Q(team=team, basis__in=acts) | Q(accepted=None, basis__in=acts)
    ending = Grant.objects.select_for_update(of=("self",)).filter(over, child_id=child.pk, ended=None)
    for grant in sorted(ending, key=lambda one: one.team_id in by.team_ids):  # what lets the person act ends last
        put_end(grant, by, reasons.ANOTHER_OWNER)
    own(team=team, by=by, child_id=child.pk, reason=reason)
    return child


def live_grants(child_id: uuid.UUID) -> list[Grant]:
    """Return the live grants of a file for whoever reads its SUMMARY, oldest first, with their audiences."""
    grants: Any = Grant.objects.raw("SELECT * FROM access.grants_of(%s)", [child_id])
    found = list(grants.prefetch_related("team__agency", "person__agency", "agency", "given_by__agency"))
    by_id = {grant.pk: grant for grant in found}
    for grant in found:  # read here, because the policies show the parent itself to its own people alone
        grant.came_from = by_id.get(grant.parent_id)
    return found


OPENED = """
SELECT o.id, o.permission, o.until FROM unnest(%s::uuid[]) AS f (id) CROSS JOIN LATERAL access.opened_by(f.id) AS o
 WHERE o.permission < 1010
"""


def opened_by_grants(child_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, tuple[set[Section], datetime.datetime | None]]:
    """Return what each live grant of files opens now, and until when: cut by legal basis, agreement and where it came from."""
    found: dict[uuid.UUID, tuple[set[Section], datetime.datetime | None]] = {}
    for grant_id, permission, until in asked(OPENED, list(child_ids)):
        sections, before = found.get(grant_id, (set(), None))
        sections.add(Section(permission - 1000))
        found[grant_id] = sections, max(until, before or until)
    return found


def your_sections(person: Person, child_id: uuid.UUID) -> tuple[list[Section], list[Section]]:
    """Return the sections of the fixed list that the person holds, and those that the person does not."""
    held = sections_held(person, child_id)
    return held, [section for section in Section if section not in held]
