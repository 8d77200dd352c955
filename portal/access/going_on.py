"""How access goes on: passed on to one agency more, renewed before it ends, confirmed where it has no end."""

import datetime
import uuid
import zoneinfo
from typing import Any

from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from portal.access.actions import check_gift, code_name_of, last_moment, tell_takers
from portal.access.agreements import demand_agreed
from portal.access.asking import answer
from portal.access.identity import Refused, action
from portal.access.legal_bases import basis_of, demand_lawful
from portal.access.models import FOREVER, Basis, Grant
from portal.access.rights import forget, refusal, sections_open, works_as_owner
from portal.access.roles import works_with_files
from portal.access.sections import Level, Section, Stage
from portal.access.work import close_tasks, due, members, tell
from portal.accounts.models import Agency, Person, Team
from portal.audit import clock
from portal.audit.events import Event
from portal.casework.due_rules import rule_for
from portal.casework.models import Notice
from portal.casework.templatetags.portal import full_date, listed, moment
from portal.casework.workflow import NotPossible

OVER = (Stage.CLOSED, Stage.DECEASED)  # files that rest: nobody is asked about them
AHEAD = datetime.timedelta(days=14)  # from when on it is asked for; access.ask_to_confirm() says the same


def is_held_by(grant: Grant, person: Person) -> bool:
    """Return whether access was given to this person, or to a team of this person."""
    return grant.person_id == person.pk or grant.team_id in person.team_ids  # type: ignore[attr-defined]


def may_pass_on(grant: Grant, owner_id: uuid.UUID, person: Person) -> bool:
    """Return whether this person may pass the access on: it says so, was not passed on itself, and lives.

    Whoever is of the team that owns the file gives access, and passes nothing on.
    """
    lives = grant.accepted is not None and grant.ended is None and grant.until > clock.now()
    ours = is_held_by(grant, person) and works_with_files(person.roles) and owner_id not in person.team_ids
    return lives and ours and grant.onward and grant.parent_id is None  # type: ignore[attr-defined]


@action
def pass_on(
    *, parent: Grant, sections: dict[Section, Level], until: datetime.datetime, owner: Team, by: Person, reason: str,
    team: Team | None = None, person: Person | None = None, legal_basis: str = "",
    legal_by_section: dict[str, str] | None = None,
) -> Grant:  # fmt: skip
    """Give another agency some sections of access that may be passed on: it is accepted there, and dies with its parent."""
    parent = Grant.objects.select_for_update(of=("self",)).get(pk=parent.pk)
    child_id: Any = parent.child_id  # type: ignore[attr-defined]
    if not may_pass_on(parent, owner.pk, by):
        raise refusal(by, child_id, Section.SUMMARY, Level.VIEW, "may_not_pass_on")
    check_gift(sections, until, team, person, by, zoneinfo.ZoneInfo(owner.agency.time_zone))
    check_within(parent, sections, until, by)
    agency: Agency = (team or person).agency  # type: ignore[union-attr]
    check_receiver(parent, agency, by)
    legal_basis, by_section = legal_basis or basis_of(parent, Section.SUMMARY), legal_by_section or {}
    demand_lawful(sections, legal_basis, by_section)
    demand_agreed(sections, agency)
    grant = Grant(
        child_id=child_id, team=team, person=person, view=numbers(sections), change=numbers(sections, Level.CHANGE),
        basis=Basis.REFERRAL, legal_basis=legal_basis, legal_by_section=by_section, reason=reason,
        begins=clock.now(), until=until, given_by=by, parent=parent,
    )  # fmt: skip
    grant.save()
    forget(child_id)
    name = code_name_of(child_id)
    tell_takers(grant, "access_offered", by, name, level=Notice.Level.ACT)
    told = [one for one in members(owner) if one.pk != by.pk]
    tell(told, "access_passed_on", [by.short_name, name], child_id=child_id, subject_id=grant.pk)
    return grant


def numbers(sections: dict[Section, Level], *levels: Level) -> list[int]:
    """Return the numbers of sections in order: of every level, or of these alone."""
    return sorted(int(section) for section, level in sections.items() if not levels or level in levels)


def check_within(parent: Grant, sections: dict[Section, Level], until: datetime.datetime, by: Person) -> None:
    """Raise NotPossible where more, or longer, would be passed on than the person holds."""
    child_id: Any = parent.child_id  # type: ignore[attr-defined]
    held = set(parent.view) & {int(section) for section in sections_open(by, child_id)}
    beyond = [section for section in sections if section not in held or section == Section.THERAPY]
    beyond += [section for section, level in sections.items() if level and section not in parent.change]
    if beyond:
        words = _("You cannot pass on what you were not given: %(sections)s. Leave that out.")
        raise NotPossible(words % {"sections": listed([str(one.label) for one in dict.fromkeys(beyond)])}, "view")
    if until > parent.until:
        words = _("Your own access ends on %(day)s. Choose that day or an earlier one.")
        raise NotPossible(words % {"day": full_date(parent.until)}, "until")


def check_receiver(parent: Grant, agency: Agency, by: Person) -> None:
    """Raise NotPossible unless it goes to another agency, and to the one that has some of it already."""
    if agency.pk == by.agency_id:  # type: ignore[attr-defined]
        raise NotPossible(_("Pass it on to another agency. For a colleague, ask the team that owns the file."), "team")
    for one in parent.onward_grants.filter(ended=None, until__gt=clock.now()).select_related("team", "person"):
        taker: Any = one.team or one.person
        if taker.agency_id != agency.pk:
            raise NotPossible(_("You passed this on to another agency already. End that first."), "team")


@action
def renew(
    *,
    grant: Grant,
    until: datetime.datetime,
    owner: Team,
    by: Person,
    reason: str,
    sections: list[Section] | None = None,
) -> Grant:
    """Let access go on until a later day, with the same sections or fewer; the history keeps both ends.

    The team that owns the file does it, at most 180 days ahead; what was passed on, whoever passed it on, and no longer
    than the access that it came from.
    """
    grant = Grant.objects.select_for_update(of=("self",)).select_related("parent").get(pk=grant.pk)
    check_renewable(grant, owner, by)
    last = min(grant.parent.until, last_moment(owner)) if grant.parent else last_moment(owner)
    if not grant.until <= until <= last:
        words = _("Choose a day from %(first)s to %(last)s.")
        raise NotPossible(words % {"first": full_date(grant.until), "last": full_date(last)}, "until")
    kept = sorted({Section.SUMMARY, *(sections if sections is not None else map(Section, grant.view))})
    if not set(kept) <= set(grant.view):
        raise NotPossible(_("A renewal opens no more than before. Give new access for that."), "view")
    demand_lawful(kept, grant.legal_basis, grant.legal_by_section)
    taker: Any = grant.team or grant.person
    if taker.agency_id != owner.agency_id:  # type: ignore[attr-defined]
        demand_agreed(kept, taker.agency)
    grant.until, grant.view = until, [int(section) for section in kept]
    grant.change = [number for number in grant.change if number in grant.view]
    grant.save()
    child_id: Any = grant.child_id  # type: ignore[attr-defined]
    forget(child_id)
    if owner.pk in by.team_ids:
        close_tasks(child_id=child_id, codes=["renew_access"], by=by)
    tell_takers(grant, "access_renewed", by, code_name_of(child_id))
    return grant


def check_renewable(grant: Grant, owner: Team, by: Person) -> None:
    """Raise unless the access lives, has an end, and is this person's to renew."""
    parent = grant.parent
    child_id: Any = grant.child_id  # type: ignore[attr-defined]
    passed_it_on = parent is not None and is_held_by(parent, by) and works_with_files(by.roles)
    if not (passed_it_on if parent else works_as_owner(by, child_id, owner.pk)):
        raise Refused(Event("refusal", "E", "refused", "not_yours_to_renew", child_id=child_id), known=True)
    lives = grant.accepted is not None and grant.ended is None and grant.until > clock.now()
    if not lives or grant.until == FOREVER or grant.basis in (Basis.OWNERSHIP, Basis.EMERGENCY):
        raise NotPossible(_("This access cannot be renewed. Give new access instead."), "until")


@action
def ask_renewal(*, grant: Grant, owner: Team, by: Person, reason: str = "") -> None:
    """Ask the team that owns the file for more time: a task of theirs, due before the access ends.

    One wish stands until it is answered or a day has passed.
    """
    grant = Grant.objects.select_for_update(of=("self",)).filter(pk=grant.pk).first() or grant
    child_id: Any = grant.child_id  # type: ignore[attr-defined]
    lives = not grant.ended and clock.now() < grant.until < FOREVER
    if not is_held_by(grant, by) or not lives or grant.basis == Basis.EMERGENCY:
        raise Refused(Event("refusal", "E", "refused", "not_given_to_you", child_id=child_id), known=True)
    before = time_asked(grant)
    if before:
        words = _("More time was asked for on %(time)s, and the owner has not answered yet. Ask again after a day.")
        raise NotPossible(words % {"time": moment(before)}, "until")
    due(code="renew_access", child_id=child_id, since=grant.until, team=owner, by=by)
    about = {"child_id": child_id, "subject_id": grant.pk, "level": Notice.Level.ACT}
    tell(members(owner), "renewal_asked", [by.short_name, code_name_of(child_id)], **about)


def time_asked(grant: Grant) -> datetime.datetime | None:
    """Return when more time with the reader's own access was asked for, where nobody has answered yet."""
    return answer("SELECT access.time_asked(%s)", grant.pk)


def confirmed_every(agency_id: uuid.UUID) -> datetime.timedelta | None:
    """Return after how long an agency confirms access without an end again; nothing where the rule is not in use."""
    rule = rule_for("confirm_access", agency_id)
    return datetime.timedelta(days=rule.amount) if rule else None


def to_confirm(person: Person) -> Any:
    """Return the ownership and the endless access on files of the person's teams that are to be confirmed, oldest first."""
    every = confirmed_every(person.agency_id)  # type: ignore[attr-defined]
    if every is None:
        return Grant.objects.none()
    asked = clock.now() - every + AHEAD
    found = Grant.objects.annotate(last=Coalesce("confirmed", "begins")).filter(
        last__lte=asked, until=FOREVER, ended=None
    )
    ours = found.filter(child__owner__in=person.team_ids, accepted__isnull=False).exclude(child__stage__in=OVER)
    return ours.select_related("team__agency", "child__owner__agency").order_by("last", "pk")


@action
def confirm(*, child_id: uuid.UUID, owner: Team, by: Person, reason: str = "") -> list[Grant]:
    """Say that a file is still the team's own, and that the teams that were given it without an end still work on it."""
    if not works_as_owner(by, child_id, owner.pk):
        raise refusal(by, child_id, Section.SUMMARY, Level.CHANGE, "not_the_owner")
    grants = list(
        Grant.objects.select_for_update(of=("self",))
        .filter(child_id=child_id, ended=None, until=FOREVER)
        .exclude(accepted=None)
    )
    if not grants:  # of a team that is named as the owner and is not
        raise refusal(by, child_id, Section.SUMMARY, Level.CHANGE, "not_the_owner")
    for grant in grants:
        if grant.confirmed != clock.now():
            grant.confirmed = clock.now()
            grant.save()
    close_tasks(child_id=child_id, codes=["confirm_access"], by=by)
    return grants
