"""Every write to a child's file: check, lock, change, save; the history row, the event and the projection go with it."""

import secrets
from typing import Any, TypeVar

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from portal.access.actions import own
from portal.access.decide import Write
from portal.access.holders import holders_of
from portal.access.identity import Refused, action
from portal.access.rights import can, check, check_roams, facts, forget, refusal, refused_save
from portal.access.roles import may_open_file
from portal.access.sections import Level, Section, Stage
from portal.access.work import meet, shorten
from portal.accounts.models import Membership, Person, Team
from portal.audit import clock
from portal.audit.events import Event
from portal.casework import code_names
from portal.casework.models import ChildRecord
from portal.casework.workflow import NotPossible, State, Transition, WrongState, move
from victims import case_numbers, due, name_tokens, workflow
from victims.models import Child, ChildSeries, Series
from victims.series_list import series_open
from victims.workflow import IdentityState

Record = TypeVar("Record", bound=ChildRecord)
NOBODY_LEFT = _(
    "At that stage nobody with access could work on the file. Give a team that can access first, then take the step."
)
OWNERS_STEP = _("The team that owns the file takes this step: it names who goes on with the file.")
NEEDS_ACCESS = _("This step closes the file to the network. Ask the owner to give you access first.")
SECOND_OFFICER = _("A second officer, of another team, has to take this step: yours took the one before it.")


@action
def open_file(
    *, team: Team, stage: Stage, values: dict[str, Any], by: Person, reason: str = "", is_known: bool = False
) -> Child:
    """Open the file of a child at any stage; the team owns it from the first moment.

    A child met in person may be known by name from the first day: then the identity starts as confirmed.
    """
    if is_known and stage < Stage.RESCUED:
        raise NotPossible(_("A child who is still sought is not confirmed yet. Choose “not yet”."), "is_known")
    if not may_open_file(set(by.roles), stage) or team.pk not in by.team_ids:
        raise Refused(Event("refusal", "C", "refused", "may_not_open_file"), known=False)
    child = Child(
        owner=team,
        stage=stage,
        identity=IdentityState.CONFIRMED if is_known else IdentityState.UNIDENTIFIED,
        opened=clock.now(),
        code_name_key=code_names.key(values["code_name"]),
        open_to_network=stage == Stage.SOUGHT,
        **values,
    )
    number_and_save(child)
    own(team=team, child_id=child.pk, by=by)
    if stage == Stage.RESCUED:  # later on somebody has met the child already
        meet(child, team, by)
    return child


def number_and_save(child: Child) -> None:
    """Save a new file under a random number; the one in ten million that is taken is drawn again."""
    for attempt in range(5):
        child.case_number = case_numbers.new_number(clock.now().year)
        try:
            with transaction.atomic():
                child.save(force_insert=True)
            return
        except IntegrityError:
            if attempt == 4:
                raise


def propose_code_name(team: Team) -> str:
    """Return a listed code name that the team has not used for its newest files: half of the names rest at a time."""
    newest = Child.objects.filter(owner=team).order_by("-pk").values_list("code_name", flat=True)
    used = set(newest[: len(code_names.WORDS) // 2])
    return secrets.choice([word for word in code_names.WORDS if word not in used])


@action
def change_summary(*, child: Child, values: dict[str, Any], by: Person, reason: str) -> Child:
    """Change what SUMMARY holds."""
    check(by, child.pk, Section.SUMMARY, Level.CHANGE)
    child = Child.objects.select_for_update(of=("self",)).get(pk=child.pk)
    before = child.risk
    for name, value in values.items():
        setattr(child, name, value)
    child.code_name_key = code_names.key(child.code_name)
    child.save()
    if child.risk > before:
        shorten(child_id=child.pk, risk=child.risk, by=by, reason=reason)
    return child


@action
def add(*, model: type[Record], child: Any, values: dict[str, Any], by: Person, reason: str = "") -> Record:
    """Add a record to a section of the file."""
    check(by, child.pk, Section(model.section), Level.CHANGE)
    record = model(child_id=child.pk, **values)
    record.save(force_insert=True)
    name_tokens.follow(record)
    due.recorded(record, by)
    return record


@action
def change(*, record: Record, values: dict[str, Any], by: Person, reason: str) -> Record:
    """Change a record of a section; what stood before stays in its history."""
    check(by, record.child_id, Section(record.section), Level.CHANGE)  # type: ignore[attr-defined]
    record = type(record)._default_manager.select_for_update(of=("self",)).get(pk=record.pk)
    before = getattr(record, "expires", None)
    for name, value in values.items():
        setattr(record, name, value)
    record.save()
    name_tokens.follow(record)
    if getattr(record, "expires", None) != before:
        due.recorded(record, by)
    return record


def is_open_to_network(child: Child, *, identity: int, stage: int) -> bool:
    """Return whether every certified analyst may look: unidentified or candidate, sought, in no restricted series and
    not sealed.

    The database is asked for the last: the person who takes the step may see neither the link nor the series.
    """
    if stage != Stage.SOUGHT or identity not in (IdentityState.UNIDENTIFIED, IdentityState.CANDIDATE):
        return False
    with connection.cursor() as cursor:
        cursor.execute("SELECT access.in_restricted_series(%s) OR access.is_sealed(%s)", [child.pk, child.pk])
        return cursor.fetchone()[0] is False


@action
def take_step(
    *, child: Child, cycle: str, name: str, by: Person, reason: str = "", version: int | None = None
) -> Child:
    """Take a step of the identity or the stage of the child; with a version, only if the file still stands at it."""
    life = workflow.CYCLES[cycle]
    transition = life.named(name)
    check_right(child, transition, by)
    child = Child.objects.select_for_update(of=("self",)).get(pk=child.pk)
    check_side(child, transition, by)
    check_version(child, version, transition, by)
    check_step(child, cycle, transition, by, reason)
    states = {"identity": child.identity, "stage": child.stage, cycle: transition.target}
    child.open_to_network = is_open_to_network(child, **states)
    move(child, life, transition)
    forget(child.pk)
    due.follow(child, name, by)
    return child


def check_right(child: Child, transition: Transition, by: Person) -> None:
    """Raise Refused unless the person holds what the step asks for, wherever the file stands."""
    check(by, child.pk, Section.SUMMARY)  # where the file stands is SUMMARY: who cannot read it cannot move it
    check(by, child.pk, Section(transition.section), Level(transition.level))


def check_side(child: Child, transition: Transition, by: Person) -> None:
    """Raise Refused where the step is the owner's and the person is not in the team that owns the file."""
    if transition.side == "owner" and child.owner_id not in by.team_ids:  # type: ignore[attr-defined]
        raise refusal(by, child.pk, Section(transition.section), Level(transition.level), "not_the_owner")


def check_version(child: Child, version: int | None, transition: Transition, by: Person) -> None:
    """Raise where the file was changed since somebody looked at it."""
    if version in (None, child.version):
        return
    sentence = _(
        "The file was changed while you wrote. It now stands at: %(stage)s, %(identity)s."
        " See whether the step still fits, then press again."
    )
    stands = {"stage": workflow.STAGE.state(child).label, "identity": workflow.IDENTITY.state(child).label}
    raise NotPossible(sentence % stands, refusal=refused(child, transition, by, Write(version_is_current=False)))


def has_grant(person: Person, child: Child) -> bool:
    """Return whether the person is on the file by a grant, not only because it is open."""
    return (Section.SUMMARY, Level.VIEW) in facts(person, child.pk).rows


def check_step(child: Child, cycle: str, transition: Transition, by: Person, reason: str) -> None:
    """Raise where the step lacks its reason or its second person."""
    if transition.needs_reason and not reason:
        raise NotPossible(_("Say why."), "reason")
    problem = hindrance(child, cycle, transition, by)
    if problem and getattr(child, cycle) in transition.sources:  # from a wrong state move() raises
        raise NotPossible(problem, refusal=refused(child, transition, by, Write(step_is_allowed=False)))
    if transition.target == Stage.CLOSED and cycle == "stage":
        still_open = [words for check_ in settings.CLOSING_CHECKS for words in import_string(check_)(child, by)]
        if still_open:
            sentence = " ".join([str(_("The file cannot be closed yet.")), *still_open])
            raise NotPossible(sentence, refusal=refused(child, transition, by, Write(step_is_allowed=False)))


def refused(child: Child, transition: Transition, by: Person, write: Write) -> Event:
    """Return the event of a step that is not taken; the page says why in a sentence."""
    return refused_save(by, child.pk, Section(transition.section), Level(transition.level), write)


def stands_elsewhere(child: Child, moved: WrongState, by: Person) -> NotPossible:
    """Return what is said of a step that does not lead on from where the file stands."""
    refusal = refused(child, moved.transition, by, Write(step_is_allowed=False))
    return NotPossible(not_from(moved.state), refusal=refusal)


def lacks_second_person(child: Child, cycle: str, transition: Transition, by: Person) -> bool:
    """Return whether the person, or somebody of a team of theirs, took the step before one that needs another team."""
    if not transition.second_person:
        return False
    mover = last_mover(child, cycle)
    return mover == by.pk or Membership.objects.live().filter(person=mover, team__in=by.team_ids).exists()


def hindrance(child: Child, cycle: str, transition: Transition, by: Person) -> Any:
    """Return why the step cannot be taken from where the file stands, in a sentence; nothing where it can."""
    state = workflow.CYCLES[cycle].state(child)
    if getattr(child, cycle) not in transition.sources:
        return not_from(state)
    if kept := kept_from(child, cycle, transition, by):
        return kept
    return NOBODY_LEFT if cycle == "stage" and leaves_nobody(child, transition.target) else ""


def kept_from(child: Child, cycle: str, transition: Transition, by: Person) -> Any:
    """Return why somebody else has to take the step: it is neither offered to this person nor accepted from them."""
    if lacks_second_person(child, cycle, transition, by):
        return SECOND_OFFICER
    if not child.open_to_network:
        return ""
    if transition.name == "make_probable" and child.owner_id not in by.team_ids:  # type: ignore[attr-defined]
        return OWNERS_STEP
    states = {"identity": child.identity, "stage": child.stage, cycle: transition.target}
    return "" if has_grant(by, child) or is_open_to_network(child, **states) else NEEDS_ACCESS


def leaves_nobody(child: Child, stage: int) -> bool:
    """Return whether nobody with access, and no analyst of the network, could change anything in the file at the stage."""
    if is_open_to_network(child, identity=child.identity, stage=stage):
        return False
    return not any(
        reader.stages(Section(number), Level.CHANGE) >> stage & 1
        for holder in holders_of(child.pk)
        if holder.grant.accepted
        for number in holder.grant.change
        for reader in holder.people
    )


def not_from(state: State) -> str:
    """Say where the file stands, from where a step is not possible."""
    return _("The file stands at: %(state)s. This step is not possible from there. Nothing was changed.") % {
        "state": state.label
    }


def last_mover(child: Child, cycle: str) -> Any:
    """Return the id of the person who brought the child to its present state."""
    return last_movers([child], cycle)[child.pk]


def last_movers(children: list[Child], cycle: str) -> dict[Any, Any]:
    """Return the ids of the people who brought children to their present state, by file."""
    rows = Child.history.filter(id__in=[child.pk for child in children]).order_by("history_date", "history_id")
    states: dict[Any, Any] = {}
    movers: dict[Any, Any] = {child.pk: None for child in children}
    for child_id, state, person_id in rows.values_list("id", cycle, "history_user_id"):
        if states.get(child_id) != state:
            states[child_id], movers[child_id] = state, person_id
    return movers


def steps_for(child: Child, person: Person) -> list[tuple[str, Transition]]:
    """Return the steps that state and rights allow this person now, as (life cycle, transition)."""
    if not can(person, child.pk, Section.SUMMARY):
        return []
    owns = child.owner_id in person.team_ids  # type: ignore[attr-defined]
    return [
        (cycle, transition)
        for cycle, life in workflow.CYCLES.items()
        for transition in life.possible(child)
        if (owns or transition.side == "file")
        and can(person, child.pk, Section(transition.section), Level(transition.level))
        and not kept_from(child, cycle, transition, person)
    ]


@action
def link_series(*, child: Any, series: Series, by: Person, reason: str = "") -> ChildSeries:
    """Record that the child appears in a series; a restricted one closes the file to the network.

    Where somebody else linked the child before, whoever holds the series says by this that the link stands.
    """
    check(by, child.pk, Section.INVESTIGATION, Level.CHANGE)
    locked = Child.objects.select_for_update(of=("self",)).filter(pk=child.pk).first()
    holds = series_open(by, Level.CHANGE).filter(pk=series.pk).exists()
    link = ChildSeries.objects.filter(child_id=child.pk, series=series, ended=None).first()
    if link is not None:
        if link.stands or not holds:
            raise NotPossible(_("This child is linked to the series already."), "number")
        link.stands = True
        link.save()
        return link
    if locked is not None and locked.open_to_network and not series.is_network:
        if not has_grant(by, locked):
            raise NotPossible(_("This link closes the file to the network. Ask the owner to give you access first."))
        locked.open_to_network = False
        locked.save()
    link = ChildSeries(child_id=child.pk, series=series, stands=holds)
    link.save(force_insert=True)
    return link


@action
def end_link(*, link: ChildSeries, by: Person, reason: str) -> ChildSeries:
    """Say that the child does not appear in the series after all; the link stays in the history."""
    child_id: Any = link.child_id  # type: ignore[attr-defined]
    check(by, child_id, Section.INVESTIGATION, Level.CHANGE)
    link = ChildSeries.objects.select_for_update(of=("self",)).get(pk=link.pk)
    if link.ended is not None:
        raise NotPossible(_("This link has ended. Nothing was changed."))
    link.ended = clock.now()
    link.save()
    return link


@action
def open_series(*, name: str, team: Team, is_network: bool, by: Person, reason: str = "") -> Series:
    """Open a series; the team's agency owns it."""
    check_roams(by)
    series = Series(name=name, agency_id=team.agency_id, owner=team, is_network=is_network, opened=clock.now())
    series.save(force_insert=True)
    own(team=team, series_id=series.pk, by=by)
    return series
