"""Finding files by a name that sounds like what was typed, in any script and order, where IDENTITY is open to the person.

The hashes of the names are asked under the row policy of IDENTITY. What few they give are opened and put in order.
"""

import uuid
from dataclasses import dataclass

from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from rapidfuzz import fuzz

from portal.access.sections import Section
from portal.access.visibility import CAP, visible, visible_ids
from portal.accounts.models import Person
from portal.casework import keys
from victims import case_numbers, name_codes
from victims.models import Identity, NameToken
from victims.name_tokens import hashed, names_of
from victims.search import MOST, Found

OPENED = 60  # files whose names are opened to be put in order
MOST_TYPED = 6  # names of one search
Shared = dict[uuid.UUID, set[int]]  # the hashes that a file has of those that were asked


@dataclass(frozen=True)
class Match:
    """A file that was found: how many of the typed names it has, how near its spelling is, and which name that is."""

    child_id: uuid.UUID
    words: int
    nearness: float
    name: str

    @property
    def order(self) -> tuple[int, float, uuid.UUID]:
        return self.words, self.nearness, self.child_id


def named(text: str, person: Person) -> Found:
    """Return the files with a name that sounds like the text, the nearest first, and which name that is."""
    if is_number(text):
        return Found([])
    by_word = [hashed(found) for found in name_codes.codes_by_word(text)[:MOST_TYPED] if found]
    best = ranked(sharing(by_word, person), by_word, text, person)
    return Found([match.child_id for match in best], names={match.child_id: match.name for match in best})


def is_number(text: str) -> bool:
    """Return whether the text is read as a case number, right or wrong."""
    try:
        return case_numbers.read_number(text) is not None
    except case_numbers.WrongNumber:
        return True


def sharing(by_word: list[list[int]], person: Person) -> Shared:
    """Return the files with a name of the search. A rare name is looked up; a common one among the person's files."""
    every = sorted({token for word in by_word for token in word})
    common = [word for word in by_word if is_common(word)]
    rare = sorted({token for word in by_word if word not in common for token in word})
    found = having(rare, person) if rare else {}
    if found and common:
        return having(every, person, among=list(found))
    if found or not common:
        return found
    mine = visible_ids(person, section=Section.IDENTITY, most=CAP)
    return having(every, person, among=mine if len(mine) < CAP else newest(common, person))


def is_common(tokens: list[int]) -> bool:
    """Return whether so many files have such a name that looking each of them up would take long."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT access.is_common(%s::bigint[])", [tokens])
        return bool(cursor.fetchone()[0])


def having(tokens: list[int], person: Person, *, among: list[uuid.UUID] | None = None) -> Shared:
    """Return which of the hashes each file open to the person has."""
    rows = visible(NameToken, person).filter(token__in=tokens)
    rows = rows if among is None else rows.filter(child_id__in=among)
    shared: Shared = {}
    for child_id, token in rows.values_list("child_id", "token"):
        shared.setdefault(child_id, set()).add(token)
    return shared


def newest(common: list[list[int]], person: Person) -> list[uuid.UUID]:
    """Return the newest files open to the person with all of some common names; where none has all, with one of them."""
    first, *others = common
    rows = visible(NameToken, person)
    for word in others:
        rows = rows.filter(Exists(NameToken.objects.filter(child_id=OuterRef("child_id"), token__in=word)))
    found = latest(rows, first)
    return found if found or not others else [pk for word in common for pk in latest(visible(NameToken, person), word)]


def latest(rows: QuerySet[NameToken], tokens: list[int]) -> list[uuid.UUID]:
    """Return the newest files with one of the hashes: one backward scan of the index for each."""
    ids = {
        pk
        for token in tokens
        for pk in rows.filter(token=token).order_by("-child_id").values_list("child_id", flat=True)[:MOST]
    }
    return sorted(ids, reverse=True)[:OPENED]


def ranked(shared: Shared, by_word: list[list[int]], text: str, person: Person) -> list[Match]:
    """Return the best files: with more of the typed names first, then those spelled more alike, then the newest.

    A file has at least half of the names that were typed.
    """
    counts = {pk: sum(not tokens.isdisjoint(word) for word in by_word) for pk, tokens in shared.items()}
    enough = [pk for pk, count in counts.items() if count * 2 >= len(by_word)]
    ids = sorted(enough, key=lambda pk: (counts[pk], len(shared[pk]), pk), reverse=True)[:OPENED]
    keys.open_section_keys(ids, Section.IDENTITY)
    typed = name_codes.spelled([text])
    records = visible(Identity, person).filter(child_id__in=ids)
    matches = [match_of(record, counts[record.child_id], typed) for record in records]  # type: ignore[attr-defined]
    return sorted(matches, key=lambda match: match.order, reverse=True)[:MOST]


def match_of(record: Identity, words: int, typed: str) -> Match:
    """Return a file with the one of its names that is spelled most like what was typed."""
    near = [(fuzz.token_set_ratio(typed, name_codes.spelled([name])), name) for name in names_of(record)]
    nearness, name = max(near, default=(0.0, ""))
    return Match(record.child_id, words, nearness, name)  # type: ignore[attr-defined]
