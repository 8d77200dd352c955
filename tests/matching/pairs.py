"""Two series of two police forces in which files match, and what is described in them."""

from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from portal.access.identity import acting
from tests.matching.hashes import at_distance, drawn, media, read_in
from victims import evidence
from victims.models import Clue, OnlineIdentifier, Series, SeriesPair

SHARED = {"IsDistributed": "true"}


@dataclass
class Match:
    """One pair: stairs belong to the northern force, tram to the eastern one."""

    pair_id: Any
    stairs: Any
    tram: Any

    @property
    def url(self) -> str:
        return reverse("victims:match", args=[self.pair_id])


def make_match(
    cast: Any,
    *,
    near: tuple[int, ...] = (4, 12, 31),
    identical: int = 2,
    names: tuple[str, str] = ("Grey stairs", "Tram 28"),
    start: int = 0,
    **options: Any,
) -> Match:
    """Read in a series of one force, then one of the other with files of the first."""
    first, second = names
    known = {n: drawn(f"{first} {n}") for n in range(len(near))}
    same = [media(50 + n, MD5=f"d{n:031x}", **SHARED) for n in range(identical)]
    read_in(cast, [*(media(start + n, pdq, first) for n, pdq in known.items()), *as_series(same, first)])
    copies = [media(start + 100 + n, at_distance(known[n], bits, n), second) for n, bits in enumerate(near)]
    read_in(cast, [*copies, *as_series(same, second, 200)], "foreign", **options)
    with acting(cast.foreign):
        found = {series.name: series.pk for series in Series.objects.filter(name__in=names)}
        pair = SeriesPair.objects.get(series_a__in=found.values(), series_b__in=found.values())
    return Match(pair.pk, found[first], found[second])


def as_series(entries: list[dict[str, Any]], series: str, more: int = 0) -> list[dict[str, Any]]:
    return [entry | {"Series": series, "MediaID": entry["MediaID"] + more} for entry in entries]


def describe(cast: Any, match: Match) -> None:
    """Describe marks, objects and identifiers in both series."""
    ours, theirs = {"series_id": match.stairs, "by": cast.analyst}, {"series_id": match.tram, "by": cast.foreign}
    clue(ours, kind="jewellery", text="Wrist watch, green plastic, cracked glass", on_body="left wrist")
    clue(theirs, kind="jewellery", text="Green toy watch, glass broken at two o'clock")
    clue(ours, kind="scar", text="Crescent scar, left wrist", on_body="left wrist")
    clue(theirs, kind="scar", text="Thin scar along the forearm", on_body="left forearm")
    clue(ours, kind="socket", text="Type F")
    clue(theirs, kind="socket", text="Type L")
    clue(ours, kind="plant", text="A fern in a red pot")
    for whose, value in ((ours, "Tram_owl28"), (theirs, "  tram_OWL28 ")):
        evidence.add(model=OnlineIdentifier, values={"kind": "nickname", "value": value}, **whose)


def clue(whose: dict[str, Any], **values: Any) -> Clue:
    return evidence.add(model=Clue, values=values, **whose)
