"""python3 manage.py test: goes on after a failure, shows what failed, and says so at the end."""

import sys

from portal.embedded import checks


def outcome(name, code):
    return checks.Outcome(checks.Check(name, []), code, 1.0)


def test_a_failure_is_shown_and_counted(capsys):
    check = checks.Check("style", [sys.executable, "-c", "print('line 3 is too long'); raise SystemExit(1)"])
    failed = checks._run(check, 1, 2, {})
    assert failed.code == 1
    said = capsys.readouterr().out
    assert "[1/2] style ... FAILED" in said
    assert "line 3 is too long" in said


def test_a_success_is_one_line(capsys):
    checks._run(checks.Check("style", [sys.executable, "-c", "print('nothing to see')"]), 2, 2, {})
    said = capsys.readouterr().out
    assert said.startswith("[2/2] style ... ok")
    assert "nothing to see" not in said


def test_a_long_complaint_is_shown_from_its_end():
    shown = checks._end("\n".join(f"line {number}" for number in range(1000)))
    assert shown.startswith("... 800 lines before")
    assert shown.endswith("line 999")


def test_the_last_line_counts(capsys):
    checks._summary([outcome("style", 0), outcome("types", 1), outcome("tests", 0)])
    assert capsys.readouterr().out.splitlines()[-1] == "2 passed, 1 failed"
