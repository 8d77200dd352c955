"""The bench at a tiny size: every row is there and every answer is right; how long anything took is not asked."""

import io
import json
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from portal.bench.management.commands import bench
from portal.embedded.folder import ROOT

OPERATIONS = {
    "list", "list: ids alone", "list: one stage", "list: a stage without files", "list: far down", "list: count",
    "check", "check: next file", "check: 25 files", "search: case number", "search: code name", "open a file",
    "timeline", "timeline: keys alone", "save", "save: the action",
    "match: near", "match: crowded", "match: digest",
}  # fmt: skip
OF_ACCESS = {name for name in OPERATIONS if name.split(":")[0] in ("list", "check", "search", "open a file")}
PEOPLE = {"x10", "x300", "x20k", "xall", "analyst"}
FIGURES = {"limit_ms", "project_ms", "project_p95_ms", "whole_ms", "ratio_limit"}


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Run the command once, in a process of its own; returns the process and what it saved."""
    file = tmp_path_factory.mktemp("bench") / "figures.json"
    words = [sys.executable, "manage.py", "bench", *bench.OPERATIONS, "audit", "--sizes", "200", "--runs", "1"]
    words += ["--events", "3000", "--among", "4000", "--seconds", "0.1", "--json", str(file)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert file.exists(), done.stderr
    return done, json.loads(file.read_text())


def test_bench_measures_every_operation(ran):
    done, saved = ran
    assert {row["operation"] for row in saved["rows"]} == OPERATIONS
    assert {row["who"] for row in saved["rows"]} == {*PEOPLE, "worker", "shelter"}
    measured = {(row["operation"], row["who"]) for row in saved["rows"]}
    assert measured >= {(operation, who) for operation in OF_ACCESS for who in PEOPLE}
    assert {(row["size"], row["runs"]) for row in saved["rows"]} == {(200, 1)}


def test_bench_has_only_right_answers(ran):
    done, saved = ran
    assert done.returncode == 0, done.stderr
    assert all(row["correct"] for row in saved["rows"])


def test_bench_of_the_record_measures_writes_proof_and_look_ups(ran):
    """The sealed and the looked up are counted in the run itself, which fails where they are not what they should be."""
    figures = ran[1]["figures"]
    assert all(value > 0 for value in figures.values())
    for begins in (
        "no record (writes/s)",
        "history and event (writes/s)",
        "history and event, sealed meanwhile (writes/s)",
    ):
        assert begins in figures
    for begins in (
        "3,000 events verified",
        "timeline of 2,000 changes",
        "section as it stood",
        "events of one person, among 4,000",
    ):
        assert any(name.startswith(begins) for name in figures), begins


def test_bench_saves_figures_and_ratios(ran):
    for row in ran[1]["rows"]:
        assert all(row[name] > 0 for name in FIGURES), row
        assert row["ratio_limit"] == pytest.approx(row["project_ms"] / row["limit_ms"])
        if row["naive_ms"]:
            assert row["ratio_naive"] == pytest.approx(row["naive_ms"] / row["project_ms"])


def test_bench_prints_a_table_and_the_machine(ran):
    done, saved = ran
    lines = done.stdout.splitlines()
    assert "cores" in lines[0]
    assert "PostgreSQL" in lines[0]
    assert len(lines) == 3 + len(saved["rows"]) + len(saved["figures"]) + 1


def test_bench_counts_statements(ran):
    counted = {(row["operation"], row["who"]): row["statements"] for row in ran[1]["rows"]}
    assert counted["list", "xall"] == 2
    assert counted["check: next file", "worker"] == 1


def test_bench_counts_the_pages_looked_at(ran):
    for row in ran[1]["rows"]:
        assert row["limit_buffers"] > 0, row
        assert row["project_buffers"] > 0, row


def test_bench_tells_how_far_it_is_and_how_large_the_files_are(ran):
    done, saved = ran
    assert "permission rows of teams" in done.stderr
    assert saved["machine"]["bytes_filled"]["200"] > 1_000_000


def test_bench_measures_a_server_that_writes_to_disk(ran):
    assert ran[1]["machine"]["fsync"] == "on"
    assert ran[1]["machine"]["synchronous_commit"] == "on"


def test_access_is_four_operations_at_three_sizes():
    assert bench.chosen(["access"], None) == (["list", "check", "search", "open"], [15_000, 150_000, 1_500_000])
    assert bench.chosen(["access"], [300])[1] == [300]
    assert bench.chosen([], None) == (list(bench.OPERATIONS), [15_000, 150_000])


def test_a_disk_too_small_is_refused_before_anything_is_made(monkeypatch):
    monkeypatch.setattr(bench, "BYTES_A_FILE", 1 << 50)
    with pytest.raises(CommandError, match=r"200 files need .* GB are free.*--children"):
        call_command("bench", "access", sizes=[200])


def test_a_large_database_is_made_after_a_yes_only(monkeypatch):
    monkeypatch.setattr(bench, "BYTES_A_FILE", 0)
    monkeypatch.setattr(sys, "stdin", io.StringIO("no\n"))
    with pytest.raises(CommandError, match="Nothing was made"):
        call_command("bench", "access", sizes=[1_500_000])
