"""Who may see what, worked out anew from the design's words: its table of roles, its two keys, its one exception.

It takes nothing from the code. Letters stand for sections; a capital letter in the table writes, a small one reads."""

import datetime
from dataclasses import dataclass, field

# s summary, i identity, w whereabouts, h health, t therapy, c care, l legal, n investigation, p suspects; stages 1-3, 4-5, 6, 7-8
TABLE = {
    "analyst": ("siNP", "iN", "", ""),
    "investigator": ("SINPWL", "siNPL", "Pl", "P"),
    "intake": ("S", "S", "S", "s"),
    "social_worker": ("s", "SIWCLh", "SIWCLh", "sCW"),
    "shelter_worker": ("", "sCW", "", ""),
    "clinician": ("", "siHT", "HT", "ht"),
    "ngo_worker": ("", "sCiwhtl", "sCiwhtl", ""),
    "privacy_officer": ("s", "s", "s", "s"),
}
COLUMN = (None, 0, 0, 0, 1, 1, 2, 3, 3)  # by stage
POLICE = {"analyst", "investigator"}
CARE = TABLE.keys() - POLICE - {"privacy_officer"} | {"supervisor"}
NEVER = datetime.datetime.min.replace(tzinfo=datetime.UTC)
SHORT, MONTH = datetime.timedelta(hours=4), datetime.timedelta(days=30)  # a code; no briefing yet


@dataclass
class Someone:
    """A person: roles, agency, when a second factor was shown, and until when certificate and briefing are valid."""

    roles: set[str]
    agency: str
    shown: datetime.datetime
    joined: datetime.datetime
    certified: datetime.datetime = NEVER
    briefed: datetime.datetime = NEVER
    is_active: bool = True


@dataclass
class Given:
    """Access to a file for a team or a person: which sections to read and to write, until when, since accepted."""

    file: str
    to: str
    view: str
    change: str
    until: datetime.datetime
    is_accepted: bool = True
    is_ended: bool = False
    is_ownership: bool = False
    parent: "Given | None" = None


@dataclass
class World:
    """Everything that decides: people, teams, agencies switched off, files by stage, what was given, who is kept apart."""

    people: dict[str, Someone]
    teams: dict[str, set[str]]
    off: set[str] = field(default_factory=set)
    stages: dict[str, int] = field(default_factory=dict)
    open_files: set[str] = field(default_factory=set)
    given: list[Given] = field(default_factory=list)
    conflicts: set[tuple[str, str]] = field(default_factory=set)
    custodians: dict[str, set[str]] = field(default_factory=dict)  # of sealed files

    def may(self, name: str, file: str, letter: str, writes: bool, now: datetime.datetime) -> bool:
        """Say whether the person reads, or writes, the section of the file now."""
        who = self.people[name]
        lapsed = who.roles & POLICE and who.certified <= now
        lapsed = lapsed or (who.roles & CARE and max(who.briefed, who.joined + MONTH) <= now)
        old = letter in "wht" and now - who.shown >= SHORT
        if old or lapsed or not who.is_active or who.agency in self.off or (name, file) in self.conflicts:
            return False
        exception = bool(who.roles & POLICE) and file in self.open_files and letter in ("n" if writes else "sn")
        return self.reaches(name, file, letter, writes) and (exception or self.holds(name, file, letter, writes, now))

    def reaches(self, name: str, file: str, letter: str, writes: bool) -> bool:
        roles = set(self.people[name].roles)
        if "supervisor" in roles and not writes:
            roles |= {r for t in self.teams.values() if name in t for p in t if self.people[p].is_active
                      for r in self.people[p].roles}  # fmt: skip
        cells = "".join(TABLE[role][COLUMN[self.stages[file]]] for role in roles & TABLE.keys())
        return letter.upper() in cells or (not writes and letter in cells)

    def holds(self, name: str, file: str, letter: str, writes: bool, now: datetime.datetime) -> bool:
        given = [one for one in self.given if one.file == file and letter in (one.change if writes else one.view)]
        live = [one for one in given if self.lives(one, now)]
        if keepers := self.custodians.get(file):  # each by name: what the owner holds, and what that one was given
            return name in keepers and any(one.is_ownership or one.to == name for one in live)
        return any(name in self.teams.get(one.to, {one.to}) for one in live)

    def lives(self, one: Given, now: datetime.datetime) -> bool:
        agency = self.people[one.to].agency if one.to in self.people else one.to.removesuffix("_desk")
        stands = one.is_accepted and not one.is_ended and one.until > now and agency not in self.off
        return stands and (one.parent is None or self.lives(one.parent, now))
