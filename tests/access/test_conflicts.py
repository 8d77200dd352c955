"""Conflicts of interest: declared in a moment, ended by a second person, and no way to learn of a file."""

import re
import uuid

import pytest
from django.db import connection
from django.urls import reverse

from portal.access import conflicts
from portal.access.identity import Refused, acting
from portal.access.models import ConflictOfInterest, Grant
from portal.access.rights import sections_open
from portal.access.work import add_task
from portal.accounts import actions as accounts
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.ids import uuid7
from portal.audit.stamp import Stamp, stamping
from portal.casework.models import Notice, Task
from portal.casework.workflow import NotPossible
from tests.attacks import attack
from tests.conftest import as_owner
from tests.statements import assert_refused, count_events, last_event, rows, run, value
from tests.world import number_of
from victims.case_numbers import new_number
from victims.models import Child

DECLARE = reverse("desk:declare")


@pytest.fixture
def officers(cast):
    """Two privacy officers of the agency of the social worker."""
    with as_owner(), stamping(Stamp(None, "set-up")):
        for name in ("officer", "second_officer"):
            person = accounts.register_person(
                email=f"{name}@example.org", given_name="Vera", family_name=name, agency=cast.social_worker.agency,
                roles=[Role.PRIVACY_OFFICER],
            )  # fmt: skip
            accounts.join_team(person=person, team=cast.team("social_worker"))
    return cast.officer, cast.second_officer


def open_to(person, child_id) -> list:
    with acting(person):
        return sections_open(person, child_id)


def test_declaring_closes_the_file_at_once_and_tasks_go_back_to_the_team(cast, files):
    person, mira = cast.ngo_worker, files["Mira"]
    with acting(cast.social_worker, reason="x"):
        task = add_task(
            kind="visit",
            title="Visit",
            team=cast.team("ngo_worker"),
            person=person,
            child_id=mira,
            by=cast.social_worker,
        )
    assert open_to(person, mira)
    conflicts.declare(number=number_of(mira), by=person, reason="cousin")
    assert open_to(person, mira) == []
    assert rows("SELECT person_id, team_id, state FROM casework_task WHERE id = %s", task.pk) == [
        (None, cast.team("ngo_worker").pk, Task.State.OPEN)
    ]
    with acting(person):
        for model in (Task, Notice, Grant):
            assert not model.objects.filter(child_id=mira).exists()
        assert not Child.objects.filter(pk=mira).exists()


@attack("D15")
def test_every_number_is_answered_alike(cast, files, browse):
    """One's own file, somebody else's, and a number that no file has: the same answer, and each is kept."""
    numbers = [number_of(files["Mira"]), number_of(files["Sought"]), new_number(2026)]
    answers = []
    for number in numbers:
        client = browse(cast.ngo_worker)
        answer = client.post(DECLARE, {"number": number, "once": number})
        page = client.get("/").content.decode()
        answers.append((answer.status_code, answer.url, "Recorded. If there is a file" in page))
    assert set(answers) == {(302, "/", True)}
    assert {
        n for (n,) in rows("SELECT number FROM access_conflictofinterest WHERE person_id = %s", cast.ngo_worker.pk)
    } >= {*numbers}


@attack("D17")
def test_no_query_tells_by_a_declaration_whether_there_is_a_file(cast, files):
    person = cast.stranger
    for number in (number_of(files["Sought"]), new_number(2026)):
        conflicts.declare(number=number, by=person)
    with acting(person), connection.cursor() as cursor:
        cursor.execute("SELECT access.conflicts()")
        ids = cursor.fetchone()[0]
        assert len(ids) == 2
        assert {one.version for one in ids} == {7}
        assert {one.variant for one in ids} == {uuid.RFC_4122}
        assert run("SELECT FROM access.tasks_about(%s, %s)", number_of(files["Sought"]), person.pk) == 0
        assert_refused("SELECT access.stand_in('VC', now())", match="permission denied")


@attack("D17")
def test_stand_ins_are_as_old_as_files_are(cast, files):
    """An id begins with its moment: one before the first file, or after the declaration, would be of no file."""
    for _number in range(9):
        conflicts.declare(number=new_number(2026), by=cast.stranger)
    with acting(cast.stranger), connection.cursor() as cursor:
        cursor.execute("SELECT access.conflicts()")
        ids = cursor.fetchone()[0]
    first, now = min(files.values()).int >> 80, uuid7().int >> 80
    assert all(first <= one.int >> 80 <= now for one in ids)
    assert len({one.int >> 80 for one in ids}) > 1
    assert len({one.int >> 60 & 15 for one in ids}) > 1  # the digit of the variant, which the application draws


@pytest.mark.parametrize(("typed", "said"), [
    ("", "Enter the case number."), ("VC-2026-1234567", "This is no case number."), ("Mira", "This is no case number."),
    ("VC-2026-1234567-0", "One digit is wrong."),
])  # fmt: skip
def test_what_is_no_number_is_said_without_looking_for_a_file(cast, browse, typed, said):
    text = browse(cast.ngo_worker).post(DECLARE, {"number": typed}).content.decode()
    assert said in text


def test_a_declaration_is_understood_as_people_write_numbers(cast, files, browse):
    number = number_of(files["Mira"])
    browse(cast.ngo_worker).post(DECLARE, {"number": f" {number.lower().replace('-', ' ')} ", "once": "n"})
    assert open_to(cast.ngo_worker, files["Mira"]) == []


def test_the_owner_records_a_colleague_who_is_not_told(cast, files, browse):
    mira, client = files["Mira"], browse(cast.social_worker)
    page = reverse("victims:relation", args=[mira])
    assert page in client.get(reverse("victims:who", args=[mira])).content.decode()
    sent = {"person": cast.ngo_worker.pk, "reason": "her nephew", "once": "r"}
    assert client.post(page, sent).status_code == 302
    assert open_to(cast.ngo_worker, mira) == []
    with acting(cast.ngo_worker):
        assert not ConflictOfInterest.objects.filter(number=number_of(mira)).exists()
        assert not Notice.objects.filter(kind="conflict_recorded").exists()
    assert "nephew" not in browse(cast.ngo_worker).get("/").content.decode()
    with acting(cast.social_worker):
        assert ConflictOfInterest.objects.get(number=number_of(mira)).recorded_by_id == cast.social_worker.pk


@pytest.mark.parametrize(("by", "of", "file"), [
    ("ngo_worker", "social_worker", "Mira"),  # not the owner
    ("stranger", "ngo_worker", "Mira"),  # not on the file
    ("social_worker", "ngo_worker", "Sought"),  # a file that is not open
])  # fmt: skip
def test_nobody_else_is_named_by_who_may_not(cast, files, by, of, file):
    with pytest.raises(Refused):
        conflicts.name(number=number_of(files[file]), person=getattr(cast, of), by=getattr(cast, by), reason="x")


def test_a_supervisor_names_a_colleague_of_the_team(cast, files):
    conflicts.name(number=number_of(files["Mira"]), person=cast.social_worker, by=cast.supervisor, reason="x")
    assert open_to(cast.social_worker, files["Mira"]) == []


def test_privacy_officers_of_the_agency_read_the_list_and_nobody_else(cast, files, browse, officers):
    conflicts.declare(number=number_of(files["Mira"]), by=cast.social_worker, reason="neighbour")
    text = browse(officers[0]).get(reverse("desk:conflicts")).content.decode()
    assert "neighbour" in text
    assert number_of(files["Mira"]) in text
    assert "recorded a relation" in browse(officers[1]).get(reverse("desk:notices")).content.decode()
    for person in (cast.supervisor, cast.ngo_worker):
        assert browse(person).get(reverse("desk:conflicts")).status_code == 404
        with acting(person):
            assert not ConflictOfInterest.objects.filter(person=cast.social_worker).exists()
    assert not count_events(kind="conflict of interest", child_id=files["Mira"])  # the record names neither
    assert last_event(kind="conflict of interest")["entity"] == "access.conflictofinterest"


def test_a_second_person_ends_it_with_a_reason_and_access_holds_again(cast, files, browse, officers):
    before = open_to(cast.social_worker, files["Mira"])
    conflicts.declare(number=number_of(files["Mira"]), by=cast.social_worker)
    with acting(officers[0]):
        one = ConflictOfInterest.objects.get(person=cast.social_worker)
    page = reverse("desk:end_relation", args=[one.pk])
    client = browse(officers[0])
    assert "Say why it does not hold." in client.post(page, {"reason": ""}).content.decode()
    assert client.post(page, {"reason": "another family", "once": "e"}).status_code == 302
    assert open_to(cast.social_worker, files["Mira"]) == before
    assert client.get(page).status_code == 404
    assert last_event(kind="refusal")["entity_id"] == one.pk


def test_neither_the_person_nor_who_recorded_it_ends_it(cast, files, officers):
    conflicts.declare(number=number_of(files["Mira"]), by=officers[0])
    with acting(officers[1]):
        one = ConflictOfInterest.objects.get(person=officers[0])
    with pytest.raises(Refused):
        conflicts.end(conflict=one, by=officers[0], reason="x")
    with pytest.raises(Refused):
        conflicts.end(conflict=one, by=cast.social_worker, reason="x")
    conflicts.end(conflict=one, by=officers[1], reason="another family")
    with as_owner():
        again = ConflictOfInterest.objects.get(pk=one.pk)
    assert (again.ended_by_id, again.end_reason) == (officers[1].pk, "another family")


def test_an_officer_does_not_end_what_the_officer_recorded(cast, files, officers):
    number = number_of(files["Mira"])
    with as_owner(), stamping(Stamp(None, "set-up")):
        one = ConflictOfInterest(
            person=cast.supervisor, number=number, recorded_by=officers[0], recorded=clock.now(), reason="x"
        )
        one.save()
    with pytest.raises(NotPossible):
        conflicts.end(conflict=one, by=officers[0], reason="x")
    with acting(officers[0], reason="x"):
        assert_refused(
            "UPDATE access_conflictofinterest SET ended = app_now(), ended_by_id = %s, end_reason = 'x', version = 2",
            officers[0].pk,
            match="second person",
        )
    assert conflicts.end(conflict=one, by=officers[1], reason="another family").ended


# --- the wall ------------------------------------------------------------------------------------------------------

NEW = """INSERT INTO access_conflictofinterest (id, version, person_id, number, reason, recorded_by_id, recorded, end_reason)
VALUES (uuidv7(), 1, %s, %s, '', %s, app_now(), '')"""


def test_a_query_records_nothing_in_another_name_and_ends_nothing(cast, files, officers):
    number = number_of(files["Mira"])
    with acting(cast.ngo_worker, reason="x"):
        assert_refused(NEW, cast.social_worker.pk, number, cast.ngo_worker.pk, match="not this person")
        assert_refused(NEW, cast.ngo_worker.pk, number, cast.social_worker.pk)
    conflicts.declare(number=number, by=cast.social_worker)
    end = "UPDATE access_conflictofinterest SET ended = app_now(), ended_by_id = %s, end_reason = 'x', version = 2"
    for person in (cast.social_worker, cast.supervisor, cast.ngo_worker):
        with acting(person, reason="x"):
            assert run(end, person.pk) == 0  # no row is theirs to change
    with acting(officers[0], reason="x"):
        assert_refused(end, officers[1].pk, match="second person")
        assert_refused("UPDATE access_conflictofinterest SET number = 'VC', version = 2", match="second person")
        assert_refused("UPDATE access_conflictofinterest SET person_id = %s", cast.supervisor.pk, match="second person")


def test_nothing_of_a_relation_stands_in_the_history_of_the_file(cast, files, browse):
    conflicts.declare(number=number_of(files["Mira"]), by=cast.ngo_worker, reason="cousin")
    text = browse(cast.social_worker).get(reverse("desk:history", args=[files["Mira"]])).content.decode()
    assert "cousin" not in text
    assert not re.search(r"relation", text, re.IGNORECASE)
    assert value("SELECT count(*) FROM access.audited_tables() t WHERE t.source = 'access_conflictofinterest'") == 0
