"""Counting a file without keeping its entries."""

from tests.victims.vics_files import CASES, MD5, PICTURE, as_file, counted
from victims import media_counts


def test_counts_counts_the_pictures_of_bad_entries_too():
    counts = counted(as_file([{"MD5": MD5, "Data": PICTURE}, {"MD5": "x", "Data": PICTURE}]))
    assert (counts.good, counts.bad, counts.dropped_binaries) == (1, 1, 2)
    assert len(counts.problems) == 1


def test_counts_counts_the_pictures_of_a_case_once():
    case = {"CaseID": "7", "Thumbnail": PICTURE, "Media": [{"MD5": MD5}], "Preview": PICTURE}
    assert counted(as_file([case], CASES)).dropped_binaries == 2


def test_counts_limits_what_it_keeps(monkeypatch):
    monkeypatch.setattr(media_counts, "MOST_SERIES", 2)
    entries = [{"MD5": MD5, "Series": name} for name in "abcab"] + [{"MD5": "x"}] * 5
    counts = counted(as_file(entries), most_problems=3)
    assert (counts.series, counts.series_not_listed) == ({"a": 2, "b": 2}, 1)
    assert (counts.bad, len(counts.problems)) == (5, 3)


def test_counts_entries_without_a_series_under_their_case():
    cases = [
        {"CaseID": "7", "Media": [{"MD5": MD5}, {"MD5": MD5, "Series": "a"}]},
        {"CaseID": "8", "Media": [{"MD5": MD5}]},
    ]
    counts = counted(as_file(cases, CASES))
    assert (counts.unsorted, counts.series) == ({1: 1, 2: 1}, {"a": 1})
    assert counts.headers[2].case_id == "8"
