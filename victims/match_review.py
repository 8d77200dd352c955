"""What speaks for and against two series showing the same child: files, marks and objects, identifiers; never a score."""

import re
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from victims.models import Clue, OnlineIdentifier, SeriesPair

FILES = """
SELECT exact, distance, count(*), count(*) FILTER (WHERE shared), count(*) FILTER (WHERE made > %(since)s) FROM (
  SELECT bool_or(m.kind <> 4) AS exact, min(m.distance) AS distance, min(m.made) AS made,
         bool_or(coalesce(a.is_distributed, false) OR coalesce(b.is_distributed, false)) AS shared
    FROM access.matches_of(%(pair)s) m JOIN victims_media a ON a.id = m.a_id JOIN victims_media b ON b.id = m.b_id
   GROUP BY m.a_id, m.b_id) AS files GROUP BY 1, 2
"""
MOST = 200  # clues or identifiers of a series that are compared
FARTHEST = 31
BIN = 2  # bits of distance that one bar holds


@dataclass(frozen=True)
class Strength:
    """How much one kind of evidence says: a word, and its tone."""

    word: Any
    tone: str
    agrees: bool = False


STRONG = Strength(_("strong"), "good", agrees=True)
FAIR = Strength(_("fair"), "soon", agrees=True)
WEAK = Strength(_("weak"), "quiet")
AGAINST = Strength(_("against"), "late")


@dataclass
class Files:
    """Pairs of files that match: how many are identical, how many near at which distance, how many widely shared."""

    identical: int = 0
    near: list[int] = field(default_factory=lambda: [0] * (FARTHEST + 1))
    shared: int = 0
    shared_identical: int = 0
    since: int = 0  # found after the decision

    @property
    def count(self) -> int:
        return self.identical + sum(self.near)

    @property
    def farthest(self) -> int | None:
        return max((bits for bits, count in enumerate(self.near) if count), default=None)

    @property
    def nearest(self) -> int | None:
        return next((bits for bits, count in enumerate(self.near) if count), None)

    @property
    def strength(self) -> Strength | None:
        return strength_of_files(self.count - self.shared, self.count)

    def bins(self) -> list[tuple[int, int, int]]:
        """Return (first distance, last distance, pairs of files) for each bar."""
        return [(first, first + BIN - 1, sum(self.near[first : first + BIN])) for first in range(0, FARTHEST + 1, BIN)]


def strength_of_files(own: int, count: int) -> Strength | None:
    """Files that are passed around widely say little: only the others count."""
    return STRONG if own >= 3 else FAIR if own else WEAK if count else None


def files_of(pair: SeriesPair, since: Any) -> Files:
    """Return the files of a pair that match; since tells apart what was found after the decision."""
    found = Files()
    with connection.cursor() as cursor:
        cursor.execute(FILES, {"pair": pair.pk, "since": since or pair.latest})
        for exact, distance, count, shared, later in cursor.fetchall():
            found.shared += shared
            found.since += later
            if exact:
                found.identical += count
                found.shared_identical += shared
            else:
                found.near[distance] += count
    return found


# --- marks and objects ----------------------------------------------------------------------------------------------

IDLE = {"the", "and", "with", "from", "for", "has", "one", "two", "its", "his", "her", "their", "over", "under"}
ONE_OF_ITS_KIND = {"socket", "language"}  # a place has one: what is not the same differs, to the letter ("type F")


@dataclass(frozen=True)
class Verdict:
    """What two descriptions say together."""

    word: Any
    tone: str


AGREES = Verdict(_("agrees"), "good")
LIKELY = Verdict(_("likely"), "soon")
DIFFERS = Verdict(_("differs"), "late")
ORDER = (AGREES, LIKELY, DIFFERS)


@dataclass(frozen=True)
class CluePair:
    """A clue of one series beside one of the other."""

    a: Clue
    b: Clue
    verdict: Verdict
    common: tuple[str, ...]


def words_of(text: str) -> set[str]:
    """Return the words of a description that say something."""
    return set(re.findall(r"\w{3,}", text.casefold())) - IDLE


def clue_pairs(series_a: uuid.UUID, series_b: uuid.UUID) -> list[CluePair]:
    """Return clues of one kind whose words overlap, the most alike first, each clue once; then those that differ.

    A first form: it reads words, not things, and a person looks at what it puts side by side.
    """
    ours, theirs = (list(Clue.objects.filter(series=series).order_by("-pk")[:MOST]) for series in (series_a, series_b))
    combined = [(a, b, words_of(a.text) & words_of(b.text)) for a in ours for b in theirs if a.kind == b.kind]
    weighed = [(verdict, common, a, b) for a, b, common in combined if (verdict := verdict_on(a, b, common))]
    weighed.sort(key=lambda row: (ORDER.index(row[0]), -len(row[1]), row[2].pk, row[3].pk))
    pairs: list[CluePair] = []
    used: set[uuid.UUID] = set()
    for verdict, common, a, b in weighed:
        if not {a.pk, b.pk} & used:
            pairs.append(CluePair(a, b, verdict, tuple(sorted(common)) if verdict != DIFFERS else ()))
            used |= {a.pk, b.pk}
    return pairs


def verdict_on(a: Clue, b: Clue, common: set[str]) -> Verdict | None:
    """Return what two clues of one kind say together; nothing where they are just two things."""
    if a.kind in ONE_OF_ITS_KIND:
        ours, theirs = (set(re.findall(r"\w+", clue.text.casefold())) for clue in (a, b))
        return AGREES if ours <= theirs or theirs <= ours else DIFFERS
    shorter = min(len(words_of(a.text)), len(words_of(b.text)))
    if len(common) >= 2 or (common and len(common) == shorter):
        return AGREES
    return LIKELY if common else None


def strength_of_clues(pairs: list[CluePair]) -> Strength | None:
    """Two clues that agree are strong, one is fair; likely ones alone are weak; only different ones speak against."""
    agree = sum(pair.verdict == AGREES for pair in pairs)
    if agree:
        return STRONG if agree >= 2 else FAIR
    if any(pair.verdict == LIKELY for pair in pairs):
        return WEAK
    return AGAINST if pairs else None


# --- identifiers ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class IdentifierPair:
    """An identifier that stands in both series."""

    a: OnlineIdentifier
    b: OnlineIdentifier


def identifier_pairs(series_a: uuid.UUID, series_b: uuid.UUID) -> list[IdentifierPair]:
    """Return the identifiers that stand in both series, each once."""
    ours = {(one.kind, one.normalised): one for one in OnlineIdentifier.objects.filter(series=series_a).order_by("-pk")}
    values = [normalised for _kind, normalised in ours]
    theirs = OnlineIdentifier.objects.filter(series=series_b, normalised__in=values).order_by("-pk")
    known = {(one.kind, one.normalised): one for one in theirs}
    return [IdentifierPair(ours[key], known[key]) for key in known if key in ours][:MOST]


def strength_of_identifiers(pairs: list[IdentifierPair]) -> Strength | None:
    """Return what identifiers in common say: people share nicknames, so that one alone is no proof."""
    return None if not pairs else STRONG if len(pairs) >= 2 else FAIR


def masked(value: str) -> str:
    """Return an identifier of which enough is left to know it again by, and not to find it."""
    return f"{value[:1]}***{value[-2:] if len(value) > 5 else ''}"
