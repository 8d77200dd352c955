"""Life cycles: every step from every state, for everybody; what the tables do not allow does not happen."""

import itertools
from types import SimpleNamespace

import pytest

from portal.access.identity import Refused, acting
from portal.access.rights import can
from portal.access.roles import stages_for
from portal.access.sections import Level, Section, Stage
from portal.access.timeline import page
from portal.accounts import actions as accounts
from portal.accounts.roles import Role
from portal.audit.stamp import Stamp, stamping
from portal.casework.workflow import NotPossible, WrongState, move
from tests import world
from tests.statements import count_events, last_event, value
from victims.actions import steps_for, take_step
from victims.models import Child
from victims.workflow import CYCLES, IDENTITY, STAGE, IdentityState

S, Is = Stage, IdentityState
EVERYWHERE = [(cycle, state, step) for cycle in CYCLES.values() for state in cycle.states for step in cycle.transitions]

# Who may take the steps of the stage of a file of the social worker's team, by hand from the table of roles:
# investigators until the rescue, the side of care after it, of these the owner alone where the step is the owner's.
# The stages are those at which the role writes the section that the step asks for.
SEARCH, CARE = {S.SOUGHT, S.LOCATED, S.RESCUE_PLANNED}, {S.RESCUED, S.IN_CARE}
POLICE = dict.fromkeys(["investigator", "foreign"], SEARCH)
OWNER = {"social_worker": CARE | {S.FOLLOW_UP, S.CLOSED, S.DECEASED}}
STEPS = {
    "locate": ({S.SOUGHT}, POLICE | {"analyst": SEARCH}),
    "plan_rescue": ({S.SOUGHT, S.LOCATED}, POLICE | {"analyst": SEARCH}),
    "rescue": (SEARCH, POLICE),
    "take_into_care": ({S.RESCUED}, OWNER),
    "start_follow_up": (CARE, OWNER),
    "return_to_care": ({S.FOLLOW_UP, S.CLOSED}, OWNER),
    "search_again": ({S.RESCUED, S.IN_CARE, S.FOLLOW_UP, S.CLOSED}, OWNER),
    "close": ({S.IN_CARE, S.FOLLOW_UP}, OWNER),
    "record_death": (set(S) - {S.CLOSED, S.DECEASED}, {"social_worker": CARE | {S.FOLLOW_UP}}),
    "record_later_death": ({S.CLOSED}, OWNER),
}


class Record(SimpleNamespace):
    def save(self):
        self.saves = getattr(self, "saves", 0) + 1


def named(cycle, state, step):
    return f"{step.name} from {state.name.lower()}"


@pytest.mark.parametrize(("cycle", "state", "step"), EVERYWHERE, ids=itertools.starmap(named, EVERYWHERE))
def test_move_follows_the_table_and_nothing_else(cycle, state, step):
    record = Record(**{cycle.field: state})
    if state in step.sources:
        move(record, cycle, step)
        assert (getattr(record, cycle.field), record.saves) == (step.target, 1)
    else:
        with pytest.raises(WrongState):
            move(record, cycle, step)
        assert vars(record) == {cycle.field: state}


@pytest.mark.parametrize("cycle", CYCLES.values(), ids=CYCLES)
def test_every_state_is_described_and_every_step_leads_between_known_states(cycle):
    for step in cycle.transitions:
        assert {step.target, *step.sources} <= set(cycle.states), step.name
        assert step.target not in step.sources, step.name
    assert len({step.name for step in cycle.transitions}) == len(cycle.transitions)


def test_every_stage_can_be_reached_and_only_death_has_no_way_on():
    ways = {(source, step.target) for step in STAGE.transitions for source in step.sources}
    assert {target for _source, target in ways} == set(S)
    assert set(S) - {source for source, _target in ways} == {S.DECEASED}


def test_the_table_of_this_test_names_every_step_of_the_stage():
    assert {step.name: set(step.sources) for step in STAGE.transitions} == {
        name: sources for name, (sources, _people) in STEPS.items()
    }


@pytest.fixture
def shared(cast):
    """A file that everybody holds in full, so that only role and stage decide."""
    everything = [section for section in Section if section != Section.THERAPY]
    child = world.open_file(cast, "Everybody", "social_worker", Stage.RESCUED)
    world.FILES.pop("Everybody")
    for name in world.PEOPLE:
        if name not in ("social_worker", "supervisor"):
            world.share(cast, child, "social_worker", name, *everything)
    return child


def put(owner, child_id, **state):
    """Bring a file to a state as no person could."""
    with owner(), stamping(Stamp(None, "test")):
        child = Child.objects.get(pk=child_id)
        for name, number in state.items():
            setattr(child, name, number)
        child.open_to_network = False
        child.save()
    return child


class Undone(Exception):
    """Takes back what was tried."""


def outcome(child, cycle, name, person):
    """Take a step and take it back; return what came of it."""
    try:
        with acting(person):
            take_step(child=child, cycle=cycle, name=name, by=person, reason="test")
            raise Undone
    except Undone:
        return "taken"
    except (Refused, WrongState, NotPossible) as refusal:
        return type(refusal).__name__


@pytest.mark.parametrize("stage", S, ids=lambda stage: stage.name.lower())
def test_stage_steps_from_each_stage_for_each_person(cast, shared, owner, stage):
    child = put(owner, shared.pk, stage=stage)
    for name, person in cast.all().items():
        with acting(person):
            offered = {step.name for cycle, step in steps_for(child, person) if cycle == "stage"}
        expected = {step for step, (sources, people) in STEPS.items() if stage in sources & people.get(name, set())}
        assert offered == expected, name
        for step in STEPS:
            taken = outcome(child, "stage", step, person) == "taken"
            assert taken == (step in expected), (name, step)


@pytest.mark.parametrize("state", Is, ids=lambda state: state.name.lower())
def test_identity_steps_from_each_state_for_each_person(cast, shared, owner, state):
    """While the child is searched for police write INVESTIGATION, and nobody else takes a step of the identity."""
    child = put(owner, shared.pk, identity=state, stage=S.LOCATED)
    for name, person in cast.all().items():
        police = name in ("analyst", "investigator", "foreign")
        for step in IDENTITY.transitions:
            expected = "Refused" if not police else "taken" if state in step.sources else "WrongState"
            assert outcome(child, "identity", step.name, person) == expected, (name, step.name)


@pytest.mark.parametrize(("cycle", "state", "step"), EVERYWHERE, ids=itertools.starmap(named, EVERYWHERE))
def test_every_step_can_be_taken_by_somebody_from_each_of_its_sources(cycle, state, step):
    """Some role writes the section that the step asks for, at a stage from which the step is possible."""
    if state in step.sources:
        stages = [state] if cycle is STAGE else list(S)
        reached = stages_for(set(Role), set(), Section(step.section), Level(step.level))
        reads = stages_for(set(Role), set(), Section.SUMMARY, Level.VIEW)
        assert any(reached & reads & 1 << stage for stage in stages), (step.name, state)


def test_the_steps_of_the_owner_are_those_of_care_and_the_end():
    owners = {step.name for cycle in CYCLES.values() for step in cycle.transitions if step.side == "owner"}
    assert owners == {name for name, (_sources, people) in STEPS.items() if set(people) == {"social_worker"}}


@pytest.mark.parametrize("name", ["ngo_worker", "shelter_worker", "stranger"])
def test_a_step_of_the_owner_is_refused_to_others_who_write_care_and_is_recorded(cast, shared, name):
    person, before = getattr(cast, name), count_events(kind="refusal")
    with acting(person):
        assert can(person, shared.pk, Section.CARE, Level.CHANGE)
    with pytest.raises(Refused) as refused:
        take_step(child=shared, cycle="stage", name="start_follow_up", by=person, reason="x")
    assert refused.value.known
    assert count_events(kind="refusal") == before + 1
    event = last_event(kind="refusal")
    assert (event["reason_code"], event["child_id"], event["sections"]) == ("not_the_owner", shared.pk, [6])
    assert value("SELECT stage FROM victims_child WHERE id = %s", shared.pk) == S.RESCUED


@pytest.mark.parametrize("name", ["investigator", "foreign"])
def test_a_death_of_a_sought_child_is_recorded_by_the_police_that_own_the_file(cast, owner, name):
    child = world.open_file(cast, "Found", "investigator", S.LOCATED)
    world.FILES.pop("Found")
    world.share(cast, child, "investigator", "foreign", *[s for s in Section if s != Section.THERAPY])
    expected = "taken" if name == "investigator" else "Refused"
    assert outcome(child, "stage", "record_death", getattr(cast, name)) == expected


def test_whoever_joins_the_team_that_owns_the_file_takes_its_steps(cast, shared, owner):
    assert outcome(shared, "stage", "take_into_care", cast.shelter_worker) == "Refused"
    with owner(), stamping(Stamp(None, "test")):
        accounts.join_team(person=cast.shelter_worker, team=cast.team("social_worker"))
    assert outcome(shared, "stage", "take_into_care", cast.shelter_worker) == "taken"


def test_a_death_on_a_closed_file_is_recorded_by_after_care(cast, files):
    with acting(cast.social_worker):
        child = Child.objects.get(pk=files["Closed"])
    take_step(child=child, cycle="stage", name="record_later_death", by=cast.social_worker, reason="illness")
    assert value("SELECT stage FROM victims_child WHERE id = %s", child.pk) == S.DECEASED
    with acting(cast.social_worker):
        assert page(child.pk, cast.social_worker)[0].what == "Death recorded"


def test_an_analyst_takes_no_step_of_a_child_in_care(cast, shared, owner):
    """Analysts still write INVESTIGATION there, but the row of the child is read by SUMMARY, which they lack by then."""
    child = put(owner, shared.pk, identity=Is.CANDIDATE, stage=S.IN_CARE)
    assert outcome(child, "identity", "withdraw", cast.analyst) == "Refused"


def test_a_step_that_needs_a_reason_is_not_taken_without_one(cast, files):
    with acting(cast.social_worker):
        child = Child.objects.get(pk=files["Follow"])
    with pytest.raises(NotPossible, match="Say why"):
        take_step(child=child, cycle="stage", name="close", by=cast.social_worker)
    assert value("SELECT stage FROM victims_child WHERE id = %s", child.pk) == S.FOLLOW_UP


def test_whoever_made_an_identity_probable_does_not_confirm_it(cast, shared, owner):
    put(owner, shared.pk, stage=S.IN_CARE, identity=Is.CANDIDATE)
    take_step(child=shared, cycle="identity", name="make_probable", by=cast.investigator, reason="dental record")
    with pytest.raises(NotPossible, match="second officer"):
        take_step(child=shared, cycle="identity", name="confirm", by=cast.investigator, reason="sure")
    child = take_step(child=shared, cycle="identity", name="confirm", by=cast.foreign, reason="seen her")
    assert child.identity == Is.CONFIRMED


def test_a_refused_step_is_recorded(cast, files):
    with acting(cast.ngo_worker):
        child = Child.objects.get(pk=files["Mira"])
    before = value("SELECT count(*) FROM audit_event WHERE kind = 'refusal'")
    with pytest.raises(Refused):
        take_step(child=child, cycle="stage", name="record_death", by=cast.ngo_worker, reason="x")
    assert value("SELECT count(*) FROM audit_event WHERE kind = 'refusal'") == before + 1
