"""Who may see what, worked out anew from the design's words and from nothing of the code: two keys, two exceptions.

Letters are sections: summary, identity, whereabouts, health, therapy, care, legal, n investigation, p suspects; capitals write"""

import datetime
from dataclasses import dataclass, field

TABLE = {  # at the stages 1-3, 4-5, 6, 7-8
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
SHORT, MONTH = datetime.timedelta(hours=4), datetime.timedelta(days=30)  # a code; no briefing yet


@dataclass
class Someone:
    """A person: roles, agency, when a second factor was shown, and until when certificate and briefing are valid."""

    roles: set[str]
    agency: str
    shown: datetime.datetime
    joined: datetime.datetime
    certified: datetime.datetime
    briefed: datetime.datetime
    is_active: bool = True


@dataclass
class Given:
    """Access to a file for a team or a person: which sections to read and to write, until when, on what ground."""

    file: str
    to: str
    view: str
    change: str
    until: datetime.datetime
    is_accepted: bool = True
    is_ended: bool = False
    basis: str = ""
    parent: "Given | None" = None
    legal: dict[str, str] = field(default_factory=dict)  # of each section, what allows it


@dataclass
class World:
    """Everything that decides: people, teams, what has ended, files by stage, what was given, who is kept apart."""

    people: dict[str, Someone]
    teams: dict[str, set[str]]
    over: set[str] = field(default_factory=set)  # agencies switched off, and what allowed access and does no more
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
        shut = old or lapsed or not who.is_active or who.agency in self.over or (name, file) in self.conflicts
        sought = bool(who.roles & POLICE) and file in self.open_files and letter in ("n" if writes else "sn")
        held = self.held(name, file, letter, writes, now)
        hasty = held & {"emergency"} if letter in "sih" else set()  # at any stage; whereabouts by the table
        by_table = self.reaches(name, file, letter, writes) and (sought or held != hasty)
        return not shut and (by_table or bool(hasty and who.roles & (POLICE | CARE)))

    def reaches(self, name: str, file: str, letter: str, writes: bool) -> bool:
        roles = self.people[name].roles
        team = {p for t in self.teams.values() if name in t and "supervisor" in roles and not writes for p in t}
        roles = roles.union(*(self.people[p].roles for p in team if self.people[p].is_active))
        cells = "".join(TABLE[role][COLUMN[self.stages[file]]] for role in roles & TABLE.keys())
        return letter.upper() in cells or (not writes and letter in cells)

    def held(self, name: str, file: str, letter: str, writes: bool, now: datetime.datetime) -> set[str]:
        live = [one for one in self.given if one.file == file and self.lives(one, letter, writes, now)]
        if keepers := self.custodians.get(file):  # each by name: what the owner holds, and what that one was given
            return {one.basis for one in live if name in keepers and (one.basis == "ownership" or one.to == name)}
        return {one.basis for one in live if name in self.teams.get(one.to, {one.to})}

    def lives(self, one: Given, letter: str, writes: bool, now: datetime.datetime) -> bool:
        agency = self.people[one.to].agency if one.to in self.people else one.to.removesuffix("_desk")
        stands = one.is_accepted and not one.is_ended and one.until > now and agency not in self.over
        stands = stands and letter in (one.change if writes else one.view) and one.legal.get(letter) not in self.over
        return stands and (one.parent is None or self.lives(one.parent, letter, writes, now))
