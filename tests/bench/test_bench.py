"""The bench at a tiny size: every row is there and every answer is right; how long anything took is not asked."""

import json
import subprocess
import sys

import pytest

from portal.embedded.folder import ROOT

OPERATIONS = {
    "list", "list: ids alone", "list: one stage", "list: a stage without files", "list: far down",
    "check", "check: next file", "check: 25 files", "timeline", "timeline: keys alone", "save", "save: the action",
    "match: near", "match: crowded", "match: digest",
}  # fmt: skip
FIGURES = {"limit_ms", "project_ms", "project_p95_ms", "whole_ms", "ratio_limit"}


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Run the command once, in a process of its own; returns the process and what it saved."""
    file = tmp_path_factory.mktemp("bench") / "figures.json"
    words = [sys.executable, "manage.py", "bench", "--sizes", "300", "--runs", "2", "--json", str(file)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300)
    assert file.exists(), done.stderr
    return done, json.loads(file.read_text())


def test_bench_measures_every_operation(ran):
    done, saved = ran
    assert {row["operation"] for row in saved["rows"]} == OPERATIONS
    assert {row["who"] for row in saved["rows"]} >= {"x10", "x300", "x20k", "xall", "worker", "shelter", "analyst"}
    assert {(row["size"], row["runs"]) for row in saved["rows"]} == {(300, 2)}


def test_bench_has_only_right_answers(ran):
    done, saved = ran
    assert done.returncode == 0, done.stderr
    assert all(row["correct"] for row in saved["rows"])


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
    assert len(lines) == 3 + len(saved["rows"])


def test_bench_counts_statements(ran):
    counted = {(row["operation"], row["who"]): row["statements"] for row in ran[1]["rows"]}
    assert counted["list", "xall"] == 2
    assert counted["check: next file", "worker"] == 1


def test_bench_measures_a_server_that_writes_to_disk(ran):
    assert ran[1]["machine"]["fsync"] == "on"
    assert ran[1]["machine"]["synchronous_commit"] == "on"
