"""What an import keeps to say of its file: counts, cases, series, bad entries by name; and the page's words for it."""

from collections import Counter
from pathlib import PurePath
from typing import Any

from victims.media_counts import Counts
from victims.vics import CaseHeader
from victims.vics_entries import BadEntry

MOST_SHOWN = 1_000  # series of one file that its summary names
MOST_CASES = 50
MOST_REASONS = 10  # of one bad entry
LONGEST_SERIES = 200
UNSORTED = "Unsorted: {}"  # not translated: the next file of the same case must meet the same series


def unsorted_names(counts: Counts, file_name: str) -> dict[int, str]:
    """Return, for each case with entries that name no series, the series that they go to."""
    return {place: unsorted_name(counts.headers.get(place), file_name) for place in counts.unsorted}


def unsorted_name(header: CaseHeader | None, file_name: str) -> str:
    """Return the name of the series for entries of a case that name none: by its number, else by the file."""
    number = (header.number or header.case_id) if header else None
    return UNSORTED.format(number or PurePath(file_name).stem)[:LONGEST_SERIES].strip()


def names_of(counts: Counts, file_name: str) -> Counter[str]:
    """Return every series of the file with the number of its entries."""
    names = Counter(counts.series)
    for place, name in unsorted_names(counts, file_name).items():
        names[name] += counts.unsorted[place]
    return names


def summary_of(counts: Counts, file_name: str) -> dict[str, Any]:
    """Return what the import keeps of the counts, as JSON."""
    names = names_of(counts, file_name)
    return {
        "good": counts.good,
        "bad": counts.bad,
        "dropped_binaries": counts.dropped_binaries,
        "other_hashes": counts.other_hashes,
        "categories": {str(category or ""): count for category, count in sorted_categories(counts)},
        "hashes": dict(counts.hashes),
        "cases": [case_of(header) for header in list(counts.headers.values())[:MOST_CASES]],
        "series_count": len(names),
        "series": [{"name": name, "count": count} for name, count in names.most_common(MOST_SHOWN)],
        "problems": [problem_of(entry) for entry in counts.problems],
    }


def sorted_categories(counts: Counts) -> list[tuple[int | None, int]]:
    """Return the categories in order, those without one last."""
    return sorted(counts.categories.items(), key=lambda pair: (pair[0] is None, pair[0] or 0))


def case_of(header: CaseHeader) -> dict[str, Any]:
    """Return what is kept of a case or hash set."""
    return {
        "shape": header.shape,
        "version": header.model_version,
        "number": header.number or header.case_id,
        "organisation": header.organisation,
        "seized": header.seizure_date.isoformat() if header.seizure_date else None,
        "application": " ".join(filter(None, [header.source_application, header.source_version])) or None,
    }


def problem_of(entry: BadEntry) -> dict[str, Any]:
    """Return what is kept of a bad entry: where it stands and what is wrong in it."""
    return {
        "position": entry.position,
        "line": entry.line,
        "media_id": entry.media_id,
        "reasons": [reason.stored() for reason in entry.reasons[:MOST_REASONS]],
    }
