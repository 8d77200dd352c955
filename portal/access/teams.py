"""Teams and who is in them, and accounts that are closed: nobody leaves a file alone, and nothing of an account lives on."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from portal.access.asking import asked
from portal.access.identity import action
from portal.access.operating import made_team
from portal.access.owners import hand_to_intake, left_alone, take_turn
from portal.access.people import check_keeps, demand_readable, keeps_agency, refused
from portal.access.work import members, tell
from portal.accounts.models import Agency, Membership, Person, Team
from portal.accounts.roles import Role
from portal.audit import clock
from portal.casework.workflow import NotPossible


@action
def add_team(*, agency: Agency, name: str, by: Person, reason: str = "") -> Team:
    """Add a team to one's own agency."""
    if not keeps_agency(by, agency.pk):
        raise refused("not_an_administrator_of_the_agency")
    demand_free(agency, name)
    return made_team(agency, name)


@action
def rename_team(*, team: Team, name: str, by: Person, reason: str = "") -> Team:
    """Give a team of one's own agency another name."""
    team = Team.objects.select_for_update(of=("self",)).select_related("agency").get(pk=team.pk)
    if not keeps_agency(by, team.agency_id):  # type: ignore[attr-defined]
        raise refused("not_an_administrator_of_the_agency")
    if name != team.name:
        demand_free(team.agency, name)
        team.name = name
        team.save()
    return team


def demand_free(agency: Agency, name: str) -> None:
    """Raise where a team of the agency is called that already, or seems to be: people choose teams by their names."""
    demand_readable(name=name)
    if Team.objects.filter(agency=agency, name__iexact=name).exists():
        raise NotPossible(_("A team of the agency is called that. Enter another name."), "name")


@action
def set_teams(*, person: Person, teams: Iterable[Team], by: Person, reason: str, moves_files: bool = False) -> Person:
    """Put somebody of one's own agency into these teams and no others, from now on. Nobody does so for themselves.

    moves_files: files that a team would be left alone with fall to the intake desk; without it they keep the person there.
    """
    take_turn(person.agency_id)  # type: ignore[attr-defined]
    person = Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
    check_keeps(by, person)
    wanted, before = {team.pk: team for team in teams}, person.memberships.live().select_related("team")
    if not person.is_active:
        raise NotPossible(_("The account is closed. Open it again first."))
    if any(team.agency_id != person.agency_id for team in wanted.values()):  # type: ignore[attr-defined]
        raise refused("not_a_team_of_the_agency")
    here = {membership.team_id for membership in before}
    # First those that are joined: the intake desk may be one of them.
    for team_id in wanted.keys() - here:
        Membership(person=person, team_id=team_id, since=clock.now()).save(force_insert=True)
        tell_of_newcomer(wanted[team_id], person, by)
    for membership in before:
        if membership.team_id not in wanted:
            leave_nothing_alone(person, by, reason, moves_files, membership.team)
            end(membership)
    tell([person], "teams_changed", [by.short_name])
    return person


def tell_of_newcomer(team: Team, person: Person, by: Person) -> None:
    """Tell the supervisors of a team that somebody was put into it: who is in a team reads its files."""
    told = [one for one in members(team) if Role.SUPERVISOR in one.roles and one.pk not in (by.pk, person.pk)]
    tell(told, "joined_your_team", [by.short_name])


def end(membership: Membership) -> None:
    """End a membership now."""
    membership.until = clock.now()
    membership.save()


def leave_nothing_alone(person: Person, by: Person, reason: str, moves_files: bool, team: Team | None = None) -> None:
    """Move the files that somebody leaves alone to the intake desk, or say that they have to be moved."""
    if not left_alone(person, team):
        return
    if not moves_files:
        raise NotPossible(
            _("Files would be left with nobody who works on them. Say that they move to the intake desk."),
            "moves_files",
        )
    hand_to_intake(person=person, team=team, by=by, reason=reason)


@action
def close_account(*, person: Person, by: Person, reason: str, moves_files: bool = False) -> Person:
    """Close an account at once: whoever leaves, is suspended or was seen to do harm.

    In the same transaction every sign-in, job and session ends, access that was given by name ends, tasks go back to their
    teams, memberships end, and files that would be left alone fall to the intake desk, or the account stays open.
    """
    take_turn(person.agency_id)  # type: ignore[attr-defined]
    person = Person.objects.select_for_update(of=("self",)).get(pk=person.pk)
    check_keeps(by, person)
    if not person.is_active:
        raise NotPossible(_("The account was closed meanwhile."))
    leave_nothing_alone(person, by, reason, moves_files)
    asked("SELECT access.leave_everything(%s, %s)", person.pk, reason)
    for membership in person.memberships.live():
        end(membership)
    person.is_active = False
    person.save(update_fields=["is_active", "version"])
    return person


def last_sign_ins(people: Iterable[Person]) -> dict[Any, Any]:
    """Return when these people signed in last, as far as one keeps their accounts."""
    return dict(asked("SELECT person, at FROM access.last_sign_ins(%s)", [person.pk for person in people]))
