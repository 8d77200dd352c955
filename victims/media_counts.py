"""What a file holds, counted without keeping its entries: the look before an import."""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from victims.hash_lists import is_hash_list, read_hash_list
from victims.vics import CaseHeader, Item, read
from victims.vics_entries import HASHES, BadEntry, MediaEntry

MOST_SERIES = 10_000  # names of series kept apart
MOST_HEADERS = 1_000  # cases of one file kept apart


@dataclass
class Counts:
    """Counts of one file; `series_not_listed` counts entries past 10,000 series names."""

    most_problems: int = 1_000
    headers: dict[int, CaseHeader] = field(default_factory=dict)
    problems: list[BadEntry] = field(default_factory=list)
    good: int = 0
    bad: int = 0
    dropped_binaries: int = 0
    other_hashes: int = 0
    categories: Counter[int | None] = field(default_factory=Counter)
    series: Counter[str] = field(default_factory=Counter)
    series_not_listed: int = 0
    unsorted: Counter[int] = field(default_factory=Counter)  # entries without a series, by the position of their case
    hashes: Counter[str] = field(default_factory=Counter)
    last: tuple[int, int] = (0, 0)  # position of the case in hand, and the binaries dropped in its header

    def add(self, item: Item) -> None:
        """Count one item of the file."""
        if isinstance(item, CaseHeader):
            self._add_header(item)
            return
        self.dropped_binaries += item.dropped_binaries
        if isinstance(item, MediaEntry):
            self._add_entry(item)
        else:
            self.bad += 1
            self.problems += [item] if len(self.problems) < self.most_problems else []

    def _add_header(self, header: CaseHeader) -> None:
        """Count a header; the second one of a case replaces the first."""
        position, dropped = self.last
        self.dropped_binaries += header.dropped_binaries - (dropped if position == header.position else 0)
        self.last = header.position, header.dropped_binaries
        if header.position <= MOST_HEADERS:
            self.headers[header.position] = header

    def _add_entry(self, entry: MediaEntry) -> None:
        self.good += 1
        self.other_hashes += len(entry.other_hashes)
        self.categories[entry.category] += 1
        self.hashes.update(kind for kind in HASHES if getattr(entry, kind))
        if entry.series is None:
            self.unsorted[self.place] += 1
        elif entry.series in self.series or len(self.series) < MOST_SERIES:
            self.series[entry.series] += 1
        else:
            self.series_not_listed += 1

    @property
    def place(self) -> int:
        """The case in hand, by which entries without a series are named; 0 past those kept apart."""
        return self.last[0] if self.last[0] <= MOST_HEADERS else 0


def items_of(path: str | os.PathLike[str], name: str) -> Iterator[Item]:
    """Yield what is in a VICS file or a hash list that was sent under this name; raises Unreadable."""
    return read_hash_list(path) if is_hash_list(path, name) else read(path)
