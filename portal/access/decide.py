"""The decision: a pure function of facts already fetched. Seven gates in their order, each with its reason codes."""

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from portal.access.roles import stages_for
from portal.access.sections import IN_EMERGENCY, Level, Section, Stage

OPEN_SECTIONS = frozenset(
    {(Section.SUMMARY, Level.VIEW), (Section.INVESTIGATION, Level.VIEW), (Section.INVESTIGATION, Level.CHANGE)}
)
FRESH_FOR = datetime.timedelta(hours=4)  # how long a second factor opens NEED_CODE; access.fresh_for() says the same
NEED_CODE = frozenset({Section.WHEREABOUTS, Section.HEALTH, Section.THERAPY})


@dataclass(frozen=True)
class PersonFacts:
    """What is known of the person: account, code, training, roles, and the roles of the teams a supervisor oversees."""

    is_active: bool
    is_certified: bool  # has the training that the roles ask for, or needs none
    roles: frozenset[str]
    team_roles: frozenset[str] = frozenset()
    roams: bool = False  # certified analyst or investigator
    code_age: datetime.timedelta = datetime.timedelta()  # since a second factor was shown


@dataclass(frozen=True)
class Held:
    """One permission row: until when, at which stage (0 in an emergency), and by which grant."""

    until: datetime.datetime
    stage: int
    grant_id: uuid.UUID | None = None
    cut: str = ""  # why the grant opens nothing though it has not ended: what allowed it has


@dataclass(frozen=True)
class Facts:
    """Person and file, as one transaction sees them. Rows are keyed by (section, level)."""

    person: PersonFacts
    rows: Mapping[tuple[int, int], tuple[Held, ...]] = field(default_factory=dict)
    open_at: int | None = None  # the stage of a file that is open to the network
    in_conflict: bool = False
    is_sealed_away: bool = False  # the file is sealed, and the person is none of its custodians


@dataclass(frozen=True)
class Write:
    """What is known of a save: was it made from the version that stands, and does the step lead on from where it stands?"""

    version_is_current: bool = True
    step_is_allowed: bool = True


@dataclass(frozen=True)
class Decision:
    """Yes or no, why, and by which grant (None for an open file)."""

    allowed: bool
    reason: str
    basis: str = ""

    def __bool__(self) -> bool:
        return self.allowed


@dataclass(frozen=True)
class Asked:
    """One question: may the person view or change the section of the file now, and save this?"""

    facts: Facts
    section: Section
    level: Level
    now: datetime.datetime
    write: Write | None = None

    @cached_property
    def stages(self) -> int:
        """Return the bit mask of stages at which the person's roles reach the section."""
        person = self.facts.person
        return stages_for(set(person.roles), set(person.team_roles), self.section, self.level)

    @cached_property
    def rows(self) -> tuple[Held, ...]:
        """Return the rows of the section, those included that have ended."""
        return self.facts.rows.get((self.section, self.level), ())

    @cached_property
    def live(self) -> list[Held]:
        """Return the rows that have not ended and that something allows."""
        return [row for row in self.rows if row.until > self.now and not row.cut]

    @cached_property
    def cut(self) -> str:
        """Return why a grant that has not ended opens nothing."""
        return next((row.cut for row in self.rows if row.cut and row.until > self.now), "")

    @cached_property
    def met(self) -> Held | None:
        """Return a live row at a stage that the roles allow."""
        return next((row for row in self.live if self.stages >> row.stage & 1), None)

    @property
    def is_open(self) -> bool:
        """Return whether the file is open to the network, at a stage that the roles allow."""
        at = self.facts.open_at
        if at is None or not self.facts.person.roams or (self.section, self.level) not in OPEN_SECTIONS:
            return False
        return bool(self.stages >> at & 1)


def decide(
    facts: Facts, section: Section, level: Level, now: datetime.datetime, write: Write | None = None
) -> Decision:
    """Say whether the person may view or change the section now; with write, whether this may be saved as well."""
    asked = Asked(facts, section, level, now, write)
    for gate in GATES:
        reason = gate(asked)
        if reason:
            return Decision(False, reason)
    row = asked.met
    return Decision(True, "granted", f"grant {row.grant_id}") if row else Decision(True, "open_file", "open file")


def account(asked: Asked) -> str:
    """Gate 1: the account is open, and for what needs it a code was shown lately."""
    if not asked.facts.person.is_active:
        return "account_closed"
    if asked.section in NEED_CODE and asked.facts.person.code_age >= FRESH_FOR:
        return "code_not_fresh"
    return ""


def certificate(asked: Asked) -> str:
    """Gate 2: the training that the roles ask for has not lapsed."""
    return "" if asked.facts.person.is_certified else "certificate_lapsed"


def role(asked: Asked) -> str:
    """Gate 3: a role of the person reaches the section at some stage."""
    return "" if asked.stages else "role_never"


def relation(asked: Asked) -> str:
    """Gate 4: a live grant, or an open file, at a stage that the roles allow. What else closes it, gates 5 and 6 name."""
    if asked.met or asked.is_open or asked.facts.is_sealed_away:
        return ""
    if asked.live:
        at = asked.live[0].stage
        return f"role_not_{'in_emergency' if at == IN_EMERGENCY else f'at_{Stage(at).name.lower()}'}"
    if asked.cut:
        return ""
    return "grant_ended" if asked.rows else "no_grant"


def lawful(asked: Asked) -> str:
    """Gate 5: what allows the grant has not ended: its legal basis, and the agreement with the agency."""
    return "" if asked.met or asked.is_open or asked.facts.is_sealed_away else asked.cut


def apart(asked: Asked) -> str:
    """Gate 6: no seal keeps the file from the person, and no declared relation to the child."""
    if asked.facts.is_sealed_away:
        return "sealed"
    return "conflict_of_interest" if asked.facts.in_conflict else ""


def save(asked: Asked) -> str:
    """Gate 7, of writing alone: the version is the one that stands, and the step leads on from there."""
    if asked.write is None:
        return ""
    if not asked.write.version_is_current:
        return "version_not_current"
    return "" if asked.write.step_is_allowed else "step_not_allowed"


GATES = (account, certificate, role, relation, lawful, apart, save)
