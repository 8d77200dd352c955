"""What each role may do to which section at which stage of the child: the first of the two keys.

R reads, W reads and writes. The database holds a copy (access_rule), renewed at every migrate and compared in tests.
A supervisor reads what the roles of the team read; that is worked out, not listed.
"""

from collections.abc import Iterable

from portal.access.sections import CARE_SECTIONS, IN_EMERGENCY, Level, Section, Stage
from portal.accounts.roles import Role

S = Section
ALL_STAGES = tuple(Stage)
SEARCH = (Stage.SOUGHT, Stage.LOCATED)
BEFORE = (*SEARCH, Stage.RESCUE_PLANNED)
CARE = (Stage.RESCUED, Stage.IN_CARE)
AFTER = (Stage.FOLLOW_UP,)
END = (Stage.CLOSED, Stage.DECEASED)

# role: ((stages, sections to read, sections to write), ...)
TABLE: dict[Role, tuple[tuple[tuple[Stage, ...], frozenset[Section], frozenset[Section]], ...]] = {
    Role.ANALYST: (
        (BEFORE, frozenset({S.SUMMARY, S.IDENTITY}), frozenset({S.INVESTIGATION, S.SUSPECTS})),
        (CARE, frozenset({S.IDENTITY}), frozenset({S.INVESTIGATION})),
    ),
    Role.INVESTIGATOR: (
        (
            BEFORE,
            frozenset(),
            frozenset({S.SUMMARY, S.IDENTITY, S.INVESTIGATION, S.SUSPECTS, S.WHEREABOUTS, S.LEGAL}),
        ),
        (CARE, frozenset({S.SUMMARY, S.IDENTITY}), frozenset({S.INVESTIGATION, S.SUSPECTS, S.LEGAL})),
        (AFTER, frozenset({S.LEGAL}), frozenset({S.SUSPECTS})),
        (END, frozenset(), frozenset({S.SUSPECTS})),
    ),
    Role.INTAKE: (
        ((*BEFORE, *CARE, *AFTER), frozenset(), frozenset({S.SUMMARY})),
        (END, frozenset({S.SUMMARY}), frozenset()),
    ),
    Role.SOCIAL_WORKER: (
        (BEFORE, frozenset({S.SUMMARY}), frozenset()),
        (
            (*CARE, *AFTER),
            frozenset({S.HEALTH}),
            frozenset({S.SUMMARY, S.IDENTITY, S.WHEREABOUTS, S.CARE, S.LEGAL}),
        ),
        (END, frozenset({S.SUMMARY}), frozenset({S.CARE, S.WHEREABOUTS})),
    ),
    Role.SHELTER_WORKER: ((CARE, frozenset({S.SUMMARY}), frozenset({S.CARE, S.WHEREABOUTS})),),
    Role.CLINICIAN: (
        (CARE, frozenset({S.SUMMARY, S.IDENTITY}), frozenset({S.HEALTH, S.THERAPY})),
        (AFTER, frozenset(), frozenset({S.HEALTH, S.THERAPY})),
        (END, frozenset({S.HEALTH, S.THERAPY}), frozenset()),
    ),
    Role.NGO_WORKER: (((*CARE, *AFTER), CARE_SECTIONS - {S.CARE}, frozenset({S.CARE})),),
    Role.PRIVACY_OFFICER: ((ALL_STAGES, frozenset({S.SUMMARY}), frozenset()),),
}

# Being in a team is not enough to act for it: these work with files, others oversee and keep. The database says the same.
FILE_WORKERS = (frozenset(TABLE) - {Role.PRIVACY_OFFICER}) | {Role.SUPERVISOR}

# What an emergency opens to everybody who works with files, wherever the child stands; whereabouts keep to the table.
OPEN_IN_EMERGENCY = frozenset({S.SUMMARY, S.IDENTITY, S.HEALTH})

# Analysts open a file for an unknown face though they do not write SUMMARY afterwards.
OPENS_UNKNOWN = frozenset({Role.ANALYST})


def rules() -> dict[tuple[Role, Section, Level], int]:
    """Return, for every role, section and level, the stages as a bit mask (bit n = stage n, bit 0 = in an emergency)."""
    masks: dict[tuple[Role, Section, Level], int] = {}
    for role, rows in TABLE.items():
        for stages, reads, writes in rows:
            bits = sum(1 << stage for stage in stages)
            for section in reads | writes:
                masks[role, section, Level.VIEW] = masks.get((role, section, Level.VIEW), 0) | bits
            for section in writes:
                masks[role, section, Level.CHANGE] = masks.get((role, section, Level.CHANGE), 0) | bits
    for role in FILE_WORKERS:
        for section in OPEN_IN_EMERGENCY:
            masks[role, section, Level.VIEW] = masks.get((role, section, Level.VIEW), 0) | 1 << IN_EMERGENCY
    return masks


RULES = rules()


def stages_for(roles: set[str], team_roles: set[str], section: Section, level: Level) -> int:
    """Return the bit mask of stages at which these roles reach the section; team_roles are those a supervisor oversees."""
    mask = 0
    for role in roles:
        if role in TABLE or role in FILE_WORKERS:
            mask |= RULES.get((Role(role), section, level), 0)
    if Role.SUPERVISOR in roles and level == Level.VIEW:
        mask |= stages_for(team_roles - {Role.SUPERVISOR}, set(), section, level)
    return mask


def works_with_files(roles: Iterable[str]) -> bool:
    """Return whether somebody with these roles acts for a team in its files."""
    return not FILE_WORKERS.isdisjoint(roles)


def opens_files(roles: Iterable[str]) -> bool:
    """Return whether these roles reach a section of any file; whoever keeps or audits learns of no file by a team."""
    return works_with_files(roles) or not TABLE.keys().isdisjoint(roles)


def may_open_file(roles: set[str], stage: Stage) -> bool:
    """Return whether these roles may open a new file at the stage."""
    writes = stages_for(roles, set(), Section.SUMMARY, Level.CHANGE) >> stage & 1
    return bool(writes) or (stage == Stage.SOUGHT and not roles.isdisjoint(OPENS_UNKNOWN))
