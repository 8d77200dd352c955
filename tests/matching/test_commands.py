"""Matches and hash lists from the command line: on a fresh database exactly what the data expect."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from tests.matching.pairs import make_match
from tests.statements import last_event
from tests.victims.vics_files import DATA, EXPECTED

BY = "analyst@example.org"


def printed(name, *words, **options):
    out = io.StringIO()
    call_command(name, *words, stdout=out, stderr=io.StringIO(), **{"by": BY} | options)
    return out.getvalue()


def matches(**options):
    return json.loads(printed("matches", json=True, **options))


def test_matches_of_the_data_are_those_expected(cast):
    for name in ("hashset-2.0.json", "case-2.0.json"):
        printed("import_vics", str(DATA / name))
    found = matches()
    near = {
        (row["a"]["media_id"], row["b"]["media_id"], row["distance"], row["series"])
        for row in found
        if row["kind"] == "PDQ"
    }
    exact = {
        (row["a"]["media_id"], row["b"]["media_id"], row["kind"], row["series"])
        for row in found
        if row["kind"] != "PDQ"
    }
    assert near == {(row["MediaID"], row["of"], row["distance"], row["series"]) for row in EXPECTED["near"]}
    assert exact == {(row["MediaID"], row["of"], row["by"], row["series"]) for row in EXPECTED["exact"]}
    assert len(found) == len(near) + len(exact)
    assert {(row["a"]["source"], row["b"]["source"]) for row in found} == {("case-2.0.json", "hashset-2.0.json")}
    assert {row["state"] for row in found} == {"waiting"}
    assert not {row["MediaID"] for row in EXPECTED["not_near"]} & {row["a"]["media_id"] for row in found}


def test_matches_are_those_open_to_the_person(cast):
    make_match(cast, is_network=False)
    assert matches() == []
    assert len(matches(by="foreign@example.org")) == 5


def test_matches_keep_the_name_of_another_agencys_file(cast):
    make_match(cast)
    assert {row["a"]["source"] for row in matches()} == {None}
    assert {row["b"]["source"] for row in matches()} == {"set.json"}


def test_matches_as_lines(cast):
    make_match(cast)
    assert "100 (another agency) = 0 (set.json): PDQ, distance 4, series Grey stairs, waiting" in printed("matches")


def test_look_from_the_command_line_is_on_record(cast):
    match = make_match(cast)
    matches()
    event = last_event(kind="list matches")
    assert (event["via"], event["entities"]) == ("command", [match.pair_id])


@pytest.mark.parametrize(
    ("by", "sentence"),
    [("nobody@example.org", "Nobody here has"), ("social_worker@example.org", "may not look at matches")],
)
def test_matches_for_nobody_else(cast, by, sentence):
    with pytest.raises(CommandError, match=sentence):
        matches(by=by)


def test_hash_list_names_its_two_bad_lines(cast):
    out = io.StringIO()
    with pytest.raises(CommandError, match="Bad entries: 2 of 102"):
        call_command("import_hashes", str(DATA / "hashlist.csv"), by=BY, stdout=out)
    assert "100 good entries, 2 bad" in out.getvalue()
    assert "Line 102, entry 101: " in out.getvalue()
    assert "Line 103, entry 102: " in out.getvalue()


def test_hash_list_read_in_without_them_matches_the_hash_set(cast):
    printed("import_vics", str(DATA / "hashset-2.0.json"))
    result = json.loads(printed("import_hashes", str(DATA / "hashlist.csv"), skip_bad=True, json=True))
    assert (result["state"], result["good"], [row["line"] for row in result["problems"]]) == ("done", 100, [102, 103])
    assert len(matches()) == 100


def test_case_1_3_from_the_command_line(cast):
    result = json.loads(printed("import_vics", str(DATA / "case-1.3.json"), json=True))
    assert (result["good"], result["dropped_binaries"]) == (60, EXPECTED["dropped_binaries_in_case_1_3"])
