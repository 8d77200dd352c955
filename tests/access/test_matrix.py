"""The matrix that whoever runs the portal prints: what the decision says to each person, read past the wall."""

import io
import json

import pytest
from django.core.management import CommandError, call_command

from portal.access.decide import Decision
from portal.access.identity import acting
from portal.access.matrix import matrix
from portal.access.rights import decision
from portal.access.sections import Level, Section
from tests.attacks import attack
from tests.conftest import as_owner
from tests.statements import last_event, value


def printed(*options):
    """Run the command as it is run, as the owner of the tables; return its lines."""
    out = io.StringIO()
    with as_owner():
        call_command("access_matrix", *options, stdout=out)
    return out.getvalue().splitlines()


@attack("D13")
def test_it_says_what_the_decision_says_to_each_person_behind_the_wall(cast, files):
    people = cast.all()
    with as_owner():
        told = {
            (person.pk, child_id): cells for person, child_id, cells in matrix(people.values(), list(files.values()))
        }
    allowed = 0
    for person in people.values():
        with acting(person):
            for child_id in files.values():
                for section, level, made in told[person.pk, child_id]:
                    assert made == decision(person, child_id, section, level)
                    allowed += made.allowed
    assert len(told) == len(people) * len(files)
    assert allowed > 100


def test_each_line_of_json_is_one_file_for_one_person_with_its_reasons(cast, files):
    lines = [json.loads(line) for line in printed("--json", "--person", cast.social_worker.email)]
    assert len(lines) == value("SELECT count(*) FROM victims_child")
    number = value("SELECT case_number FROM victims_child WHERE id = %s", files["Mira"])
    (mira,) = [line["sections"] for line in lines if line["child"] == number]
    assert mira.keys() == {section.slug for section in Section}
    assert mira["care"]["change"]["reason"] == "granted"
    assert mira["care"]["change"]["basis"].startswith("grant ")
    assert mira["suspects"]["view"] == {"allowed": False, "reason": "role_never", "basis": ""}
    assert all(set(of_level) == {level.name.lower() for level in Level} for of_level in mira.values())


def test_in_words_it_names_what_is_open_and_is_recorded_without_a_file(cast, files):
    number = value("SELECT case_number FROM victims_child WHERE id = %s", files["Mira"])
    lines = printed("--child", number.lower())
    assert f"{cast.clinician.email} {number} reads summary, health, therapy; changes health, therapy" in lines
    assert not any(line.startswith(cast.stranger.email) for line in lines)
    event = last_event(kind="access matrix")
    assert (json.loads(event["details"])["files"], event["child_id"], event["person_id"]) == (1, None, None)


@pytest.mark.parametrize("option", [("--person", "nobody@example.org"), ("--child", "VC-2026-0000000-0")])
def test_who_and_what_is_not_there_is_said_with_the_remedy(cast, option):
    with pytest.raises(CommandError, match="as it stands"):
        printed(*option)


def test_it_compares_the_decision_with_lists_and_wall_and_leaves_no_token(cast, files):
    before = value("SELECT count(*) FROM access_identitytoken")
    (line,) = printed("--compare")
    assert line.startswith("The decision, the lists and row-level security agree")
    assert value("SELECT count(*) FROM access_identitytoken") == before


def test_the_first_difference_is_named_and_ends_it(cast, files, monkeypatch):
    """A decision that says yes to everything: the wall does not."""
    monkeypatch.setattr("portal.access.matrix.decide", lambda *_: Decision(True, "granted"))
    number = value("SELECT case_number FROM victims_child WHERE id = %s", files["Mira"])
    with pytest.raises(CommandError, match=f"stranger@example.org {number} view summary: decide says yes, visible"):
        printed("--compare", "--person", cast.stranger.email, "--child", number)
