"""The command that reads in a file: what it prints, and one sentence for everything that stops it."""

import io
import json
import re

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from portal.access.identity import acting
from tests.victims.vics_files import CASES, DATA, EXPECTED, MD5, as_file
from victims.management.commands.import_vics import Command
from victims.media_counts import Counts
from victims.models import Import, Media, Series


def import_vics(path, *options, by="analyst@example.org"):
    out, err = io.StringIO(), io.StringIO()
    call_command("import_vics", path, *(["--by", by] if by else []), *options, stdout=out, stderr=err)
    return out.getvalue()


def refused(path, *options, **more):
    with pytest.raises(CommandError) as caught:
        import_vics(path, *options, **more)
    return str(caught.value)


@pytest.mark.parametrize("name", EXPECTED["media"])
def test_import_vics_reads_in_the_invented_files(cast, name):
    result = json.loads(import_vics(DATA / f"{name}.json", "--json"))
    assert (result["state"], result["good"], result["bad"]) == ("done", EXPECTED["media"][name], 0)
    with acting(cast.analyst):
        assert Media.objects.filter(source=result["import"]).count() == EXPECTED["media"][name]


def test_import_vics_says_what_it_did(cast):
    words = import_vics(DATA / "case-1.3.json")
    assert "Read in: 60 good entries, 0 bad." in words
    assert "60  Unsorted: OLD/7 (new)" in words
    assert "Embedded pictures dropped: 3." in words


def test_import_vics_restricted(cast):
    import_vics(DATA / "case-1.3.json", "--restricted")
    with acting(cast.analyst):
        assert not Series.objects.get(name="Unsorted: OLD/7").is_network


def test_import_vics_dry_run_reads_in_nothing(cast):
    assert "Checked, not read in: 60 good entries" in import_vics(DATA / "case-1.3.json", "--dry-run")
    with acting(cast.analyst):
        assert not Media.objects.exists()


def test_import_vics_names_the_bad_lines_and_reads_in_nothing(cast):
    out = io.StringIO()
    with pytest.raises(CommandError, match="Bad entries: 2 of 102"):
        call_command("import_vics", DATA / "hashlist.csv", "--by", "analyst@example.org", stdout=out)
    assert "Line 102, entry 101: MD5 'not-a-hash' is not 32 hexadecimal digits." in out.getvalue()
    assert "Line 103, entry 102: " in out.getvalue()
    with acting(cast.analyst):
        assert not Media.objects.exists()
    assert "Read in: 100 good entries, 2 bad." in import_vics(DATA / "hashlist.csv", "--skip-bad")


def test_import_vics_twice(cast):
    import_vics(DATA / "case-1.3.json")
    assert "read in before" in refused(DATA / "case-1.3.json")
    assert "Read in: 60" in import_vics(DATA / "case-1.3.json", "--again")


def test_import_vics_broken_file(cast, tmp_path):
    (tmp_path / "half.json").write_bytes((DATA / "case-2.0.json").read_bytes()[:40_000])
    assert "breaks off near byte 40,000" in refused(tmp_path / "half.json")
    with acting(cast.analyst):
        assert [import_.state for import_ in Import.objects.all()] == ["refused"]


def test_import_vics_more_bad_entries_than_are_named(cast, tmp_path, monkeypatch):
    monkeypatch.setattr("victims.imports.Counts", lambda **_: Counts(most_problems=1))
    path = tmp_path / "bad.json"
    path.write_bytes(as_file([{"Media": [{"MD5": MD5}, {"MD5": "x"}, {"MD5": "y"}]}], CASES).getvalue())
    words = import_vics(path, "--skip-bad")
    assert "Line 1, entry 2: MD5 'x'" in words
    assert "The first 1 bad entries are named." in words


@pytest.mark.parametrize(
    ("by", "sentence"),
    [
        (None, "Say who reads the file in: --by EMAIL"),
        ("nobody@example.org", "Nobody here has the e-mail address nobody@example.org."),
        ("social_worker@example.org", "social_worker@example.org may not read in files"),
    ],
)
def test_import_vics_by_the_wrong_person(cast, by, sentence):
    assert refused(DATA / "case-1.3.json", by=by).startswith(sentence)


def test_import_vics_for_the_analyst_of_a_demonstration(cast, settings):
    settings.DEMO, settings.DEMO_ANALYST = True, "analyst@example.org"
    assert "Read in: 60" in import_vics(DATA / "case-1.3.json", by=None)


def test_import_vics_of_a_person_whose_certificate_ended(cast, owner):
    with owner(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_certificate DISABLE TRIGGER USER")
        cursor.execute("UPDATE accounts_certificate SET valid_until = valid_from + interval '1 second'")
    assert "with a valid certificate" in refused(DATA / "case-1.3.json")


@pytest.mark.parametrize(("name", "problem"), [("missing.json", "No such file"), ("", "Is a directory")])
def test_import_vics_of_what_cannot_be_read(cast, tmp_path, name, problem):
    assert problem in refused(tmp_path / name)


def test_import_vics_of_another_kind_of_file(cast, tmp_path):
    (tmp_path / "case.zip").write_bytes(b"PK\x03\x04")
    assert "not a VICS file" in refused(tmp_path / "case.zip")


def test_import_vics_of_too_large_a_file(cast, settings):
    settings.UPLOAD_LIMIT = 1_000
    assert "larger than" in refused(DATA / "case-1.3.json")


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stream", "told"),
    [(io.StringIO(), "10,000 entries checked\n"), (Terminal(), "\r9,500 entries checked\r10,000 entries checked")],
)
def test_import_vics_says_how_far_it_is(stream, told):
    command = Command(stderr=stream)
    command.report(9_500, None)
    command.report(10_000, None)
    assert re.sub(r"\x1b\[[0-9;]*m", "", stream.getvalue()) == told


def test_a_check_says_when_the_file_was_read_in_before(cast):
    import_vics(DATA / "case-1.3.json")
    words = import_vics(DATA / "case-1.3.json", "--dry-run")
    assert re.search(r"This file was read in before, on \d{4}-\d\d-\d\d \d\d:\d\d UTC\.", words)
    assert "read in before" not in import_vics(DATA / "case-2.0.json", "--dry-run")


def test_a_refusal_counts_nothing_that_was_not_read(cast, tmp_path):
    out, path = io.StringIO(), tmp_path / "empty.json"
    path.write_bytes(as_file([]).read())
    with pytest.raises(CommandError):
        call_command("import_vics", path, "--by", "analyst@example.org", stdout=out)
    assert out.getvalue() == "Refused.\n"
