"""Who the child is: what is known when a candidate is named, and who goes on with the file when a name is probable."""

import uuid
from typing import Any

from portal.access import actions as access
from portal.access import reasons, work
from portal.access.actions import last_moment, live_grants
from portal.access.holders import people_of, readers
from portal.access.identity import action
from portal.access.models import Basis
from portal.access.sections import Level, Section
from portal.accounts.models import Membership, Person, Team
from portal.casework.models import Note, Notice
from portal.casework.workflow import NotPossible
from victims import due, evidence, matching
from victims.actions import OWNERS_STEP, check_right, take_step
from victims.match_steps import MATCH
from victims.models import Child, ChildSeries, InvestigationEntry, Series
from victims.series_list import series_open
from victims.workflow import IDENTITY

INVESTIGATION = Section.INVESTIGATION
KEPT = {Section.SUMMARY: Level.VIEW, INVESTIGATION: Level.CHANGE}


def series_of(child_id: uuid.UUID, person: Person) -> list[Series]:
    """Return the series that the child appears in, as far as they are open to the person."""
    linked = ChildSeries.objects.filter(child_id=child_id, ended=None).values_list("series_id", flat=True)
    return list(series_open(person).filter(pk__in=list(linked)).select_related("agency").order_by("-pk")[:50])


def known_of(child_id: uuid.UUID, person: Person) -> list[dict[str, Any]]:
    """Return, series by series, the marks, identifiers and matches that could lead to the child."""
    return [
        {
            "series": series,
            "lists": [one for one in evidence.lists_of(series.pk) if one["records"]],
            "pairs": [
                {"pair": pair, "other": other_of(pair, series), "state": MATCH.state(pair)}
                for pair in matching.pairs_of_series(series.pk)
            ],
        }
        for series in series_of(child_id, person)
    ]


def other_of(pair: Any, series: Series) -> Series:
    """Return the other series of a pair."""
    other: Series = pair.series_b if pair.series_a == series else pair.series_a
    return other


def teams_on(child: Child) -> list[Team]:
    """Return the teams that worked on the investigation: by a live grant, or by what one of their people wrote."""
    grants: list[Any] = live_grants(child.pk)
    held = {grant.team_id for grant in grants if grant.team_id and grant.accepted and INVESTIGATION in grant.view}
    wrote = set(Child.history.filter(id=child.pk).values_list("history_user_id", flat=True))
    for model in (InvestigationEntry, ChildSeries):
        wrote |= set(model.history.filter(child_id=child.pk).values_list("history_user_id", flat=True))
    notes = Note.history.filter(child_id=child.pk, section=INVESTIGATION)
    wrote |= set(notes.values_list("history_user_id", flat=True))
    of_writers = set(Membership.objects.live().filter(person__in=wrote).values_list("team_id", flat=True))
    found = Team.objects.filter(pk__in=held | of_writers).select_related("agency")
    return [team for team in found.order_by("agency__name", "name") if can_work(team, child.stage, INVESTIGATION)]


def teams_to_own(child: Child, worked: list[Team]) -> list[Team]:
    """Return the teams that can own the file from now on: of the owner's agency, and those that worked on it."""
    agency_id = child.owner.agency_id  # type: ignore[attr-defined]
    inside = Team.objects.filter(agency=agency_id).select_related("agency").order_by("name")
    own = [team for team in inside if can_work(team, child.stage)]
    return own + [team for team in worked if team.agency_id != agency_id]  # type: ignore[attr-defined]


def can_work(team: Team, stage: int, *only: Section) -> bool:
    """Return whether somebody of the team may, by role, change one of the sections (or any) at the stage."""
    known = readers(people_of([team.pk]).get(team.pk, [])).values()
    return any(one.stages(section, Level.CHANGE) >> stage & 1 for one in known for section in only or Section)


@action
def make_probable(
    *, child: Child, keepers: list[Team], owner: Team, by: Person, reason: str, version: int | None = None
) -> Child:
    """Call the identity probable. Named teams keep the investigation, one of them, or another, owns the file from now on.

    Access of a team that is not named ends. A team of another agency owns the file once it accepts.
    """
    before: Team = child.owner
    check_right(child, IDENTITY.named("make_probable"), by)
    if before.pk not in by.team_ids:
        raise NotPossible(OWNERS_STEP)
    child = take_step(child=child, cycle="identity", name="make_probable", version=version, by=by, reason=reason)
    worked = {team.pk for team in teams_on(child)}
    keep(child, {team.pk: team for team in keepers if team.pk != owner.pk}, worked, by)
    ask_second_officer(child, [*keepers, owner], by)
    if owner.pk != before.pk:
        access.transfer(child=child, team=owner, by=by, reason=reason)
    return child


def keep(child: Child, keepers: dict[uuid.UUID, Team], worked: set[uuid.UUID], by: Person) -> None:
    """Give the investigation to each of these teams that does not hold it, and end what others of those that worked hold."""
    held: set[uuid.UUID] = set()
    grants: list[Any] = live_grants(child.pk)
    for grant in (one for one in grants if INVESTIGATION in one.view and one.basis != Basis.OWNERSHIP):
        if grant.team_id in keepers:
            held.add(grant.team_id)
        elif grant.team_id in worked and grant.accepted:
            access.end(grant=grant, owner=child.owner, by=by, reason=reasons.WITHOUT_THIS_TEAM)
    for team in (team for pk, team in keepers.items() if pk not in held):
        inside = team.agency_id == child.owner.agency_id  # type: ignore[attr-defined]
        access.give(
            child_id=child.pk, sections=KEPT, until=last_moment(child.owner), team=team, owner=child.owner, by=by,
            basis=Basis.ASSIGNMENT if inside else Basis.SHARED_SERIES, reason=reasons.WORKED_ON_IT,
        )  # fmt: skip


def ask_second_officer(child: Child, teams: list[Team], by: Person) -> None:
    """Ask the other teams for a second officer: a notice to each of them, and a task for the first one, due in a day."""
    others = [team for team in teams if team.pk not in by.team_ids]
    told = {person.pk: person for team in others for person in work.members(team)}
    words = [by.short_name, child.code_name]
    work.tell(list(told.values()), "identity_to_confirm", words, level=Notice.Level.ACT, child_id=child.pk)
    if others:
        due.make(child, "second_officer_24h", team=others[0], by=by)
