"""The decision: a pure function of facts already fetched, with a reason code for every refusal."""

import datetime
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field

from portal.access.roles import stages_for
from portal.access.sections import IN_EMERGENCY, Level, Section, Stage

OPEN_SECTIONS = frozenset(
    {(Section.SUMMARY, Level.VIEW), (Section.INVESTIGATION, Level.VIEW), (Section.INVESTIGATION, Level.CHANGE)}
)


@dataclass(frozen=True)
class PersonFacts:
    """What is known of the person: account, certificate, roles, and the roles of the teams a supervisor oversees."""

    is_active: bool
    is_certified: bool  # true for roles that need no certificate
    roles: frozenset[str]
    team_roles: frozenset[str] = frozenset()
    roams: bool = False  # certified analyst or investigator


@dataclass(frozen=True)
class Held:
    """One permission row: until when, at which stage (0 in an emergency), and by which grant."""

    until: datetime.datetime
    stage: int
    grant_id: uuid.UUID | None = None


@dataclass(frozen=True)
class Facts:
    """Person and file, as one transaction sees them. Rows are keyed by (section, level)."""

    person: PersonFacts
    rows: Mapping[tuple[int, int], tuple[Held, ...]] = field(default_factory=dict)
    open_at: int | None = None  # the stage of a file that is open to the network
    in_conflict: bool = False


@dataclass(frozen=True)
class Decision:
    """Yes or no, why, and by which grant (None for an open file)."""

    allowed: bool
    reason: str
    basis: str = ""

    def __bool__(self) -> bool:
        return self.allowed


def decide(facts: Facts, section: Section, level: Level, now: datetime.datetime) -> Decision:
    """Say whether the person may view or change the section now. Both keys are needed: the role's and the grant's."""
    person = facts.person
    if not person.is_active:
        return Decision(False, "account_closed")
    if not person.is_certified:
        return Decision(False, "certificate_lapsed")
    if facts.in_conflict:
        return Decision(False, "conflict_of_interest")
    stages = stages_for(set(person.roles), set(person.team_roles), section, level)
    if not stages:
        return Decision(False, "role_never")
    return decide_by_grant(facts, section, level, now, stages)


def decide_by_grant(facts: Facts, section: Section, level: Level, now: datetime.datetime, stages: int) -> Decision:
    """Say whether a live grant, or an open file, meets the stages that the roles allow."""
    rows = facts.rows.get((section, level), ())
    live = [row for row in rows if row.until > now]
    for row in live:
        if stages >> row.stage & 1:
            return Decision(True, "granted", f"grant {row.grant_id}")
    if (
        facts.open_at is not None
        and facts.person.roams
        and (section, level) in OPEN_SECTIONS
        and stages >> facts.open_at & 1
    ):
        return Decision(True, "open_file", "open file")
    if live:
        at = live[0].stage
        return Decision(False, f"role_not_{'in_emergency' if at == IN_EMERGENCY else f'at_{Stage(at).name.lower()}'}")
    return Decision(False, "grant_ended" if rows else "no_grant")
