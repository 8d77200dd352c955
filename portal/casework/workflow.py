"""Life cycles as data: one table of transitions, and move(), the only code that assigns a status."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from django.utils.functional import Promise

from portal.audit.events import Event


@dataclass(frozen=True)
class State:
    """How a status shows: its words, tag colour and icon (empty for none)."""

    label: str | Promise
    colour: str = "grey"
    icon: str = ""


@dataclass(frozen=True)
class Transition:
    """One allowed step: who may take it (section and level on the file, and on which side), and what it is called."""

    name: str
    sources: tuple[int, ...]
    target: int
    section: int
    level: int
    label: str | Promise  # the button: "Confirm the identity"
    sentence: str | Promise  # the timeline: "Identity confirmed"
    # Whoever is on the file, or of these the team that owns it alone; of a referral, one of its two sides.
    side: Literal["file", "owner", "sender", "recipient"] = "file"
    needs_reason: bool = False
    second_person: bool = False


class Moving(Protocol):
    """A record with a life cycle."""

    pk: Any

    def save(self) -> None: ...


class WrongState(Exception):
    """The step is not possible from where the record stands now; somebody may have moved it meanwhile."""

    def __init__(self, transition: Transition, state: State) -> None:
        self.transition = transition
        self.state = state
        super().__init__(f"{transition.name} is not possible from {state.label}")


class NotPossible(ValueError):
    """What was asked cannot be done; the sentence says why and what to do. Field names the answer to mend.

    refusal: the event of a try that is recorded, though the page only says the sentence.
    """

    def __init__(self, sentence: Any, field: str | None = None, *, refusal: Event | None = None) -> None:
        self.sentence = sentence
        self.field = field
        self.refusal = refusal
        super().__init__(str(sentence))


@dataclass(frozen=True)
class LifeCycle:
    """A status field, its states and the steps between them."""

    field: str
    states: dict[int, State]
    transitions: Sequence[Transition]

    def named(self, name: str) -> Transition:
        """Return the transition of that name."""
        return next(transition for transition in self.transitions if transition.name == name)

    def state(self, record: Any) -> State:
        """Return how the record's status shows."""
        return self.states[getattr(record, self.field)]

    def possible(self, record: Any) -> list[Transition]:
        """Return the steps that the record's own status allows; rights are asked elsewhere."""
        status = getattr(record, self.field)
        return [transition for transition in self.transitions if status in transition.sources]


def move(record: Moving, cycle: LifeCycle, transition: Transition) -> None:
    """Take a step on a record that the caller has locked and checked rights for; save it."""
    if getattr(record, cycle.field) not in transition.sources:
        raise WrongState(transition, cycle.state(record))
    setattr(record, cycle.field, transition.target)
    record.save()
