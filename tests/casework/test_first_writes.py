"""The first write of a section, by two people at once or one after the other: both are there, nothing typed is lost."""

import threading

import pytest
from django.urls import reverse

from portal.access.identity import acting
from portal.access.sections import Section, Stage
from portal.casework.models import Note, SectionKey
from tests import world
from tests.posted import form_with, read
from tests.statements import rows, value
from victims.actions import add
from victims.attachments import write_note
from victims.models import Child, Identity

NAMES = "SELECT count(*) FROM victims_identity WHERE child_id = %s"


@pytest.fixture
def fresh(cast):
    """A file without any record."""
    child = world.open_file(cast, "Fresh", "social_worker", Stage.RESCUED)
    world.FILES.pop("Fresh")
    return child


def named(person, child_id):
    with acting(person):
        record = Identity.objects.get(child_id=child_id)
        return record.family_name, record.given_names


def test_two_first_notes_of_a_section_at_once_are_both_kept(clone):
    """The second one waits for the key that the first one makes, and is sealed with it."""
    section, made = Section.LEGAL, threading.Event()
    clone.run("DELETE FROM casework_sectionkey WHERE child_id = %s AND section = %s", clone.files["Mira"], section)
    with acting(clone.cast.social_worker):
        child = Child.objects.get(pk=clone.files["Mira"])

    def write(number):
        with acting(clone.cast.social_worker):
            if number:
                assert made.wait(4)
            note = write_note(child=child, section=section, body=f"note {number}", by=clone.cast.social_worker)
            made.set()
            if not number:
                clone.wait_for(1)
            return note

    assert [type(note) for note in clone.at_once(write, 2)] == [Note, Note]
    with acting(clone.cast.social_worker):
        found = Note.objects.filter(child_id=child.pk, section=section)
        assert sorted(note.body for note in found) == ["note 0", "note 1"]
        assert SectionKey.objects.filter(child_id=child.pk, section=section).count() == 1


def test_two_first_identities_at_once_meet_as_a_conflict(clone):
    """Both posts find no record and wait for the table, so that both have looked before either saves."""
    person = clone.cast.social_worker
    child = world.open_file(clone.cast, "Fresh", "social_worker", Stage.RESCUED)
    world.FILES.pop("Fresh")
    page = reverse("victims:add", args=[child.pk, "identity"])
    clients = [clone.browse(person) for _ in range(2)]

    def save(number):
        if number < 2:
            return clients[number].post(page, {"family_name": f"Name {number}", "once": f"k{number}"})
        with clone.connect() as other, other.transaction():
            other.execute("LOCK TABLE victims_identity IN SHARE ROW EXCLUSIVE MODE")
            clone.wait_for(2)
        return None

    answers = sorted(filter(None, clone.at_once(save, 3)), key=lambda answer: answer.status_code)
    assert [answer.status_code for answer in answers] == [302, 409]
    assert clone.value(NAMES, child.pk) == 1
    assert {"Name 0", "Name 1"} == {
        form_with(answers[1], "base")[f"{whose}_family_name"][0] for whose in ("theirs", "mine")
    }


def test_a_first_record_that_somebody_else_made_meanwhile_is_joined(cast, fresh, browse):
    client, page = browse(cast.social_worker), reverse("victims:add", args=[fresh.pk, "identity"])
    form = form_with(client.get(page), "family_name")
    add(model=Identity, child=fresh, values={"family_name": "Theirs"}, by=cast.social_worker)
    answer = client.post(page, form | {"family_name": "Mine", "given_names": "Mina"})
    assert answer.status_code == 409
    hidden, there = form_with(answer, "base"), read(answer)
    action = there.actions[there.forms.index(hidden)]
    asked = client.post(action, hidden)
    assert asked.status_code == 409
    saved = client.post(
        action, form_with(asked, "base") | {"choice_family_name": "together", "together_family_name": "Both"}
    )
    assert saved.url == reverse("victims:section", args=[fresh.pk, "identity"])
    assert named(cast.social_worker, fresh.pk) == ("Both", "Mina")


def test_what_one_left_empty_and_the_other_filled_in_is_joined_unasked(cast, fresh, browse):
    client, page = browse(cast.social_worker), reverse("victims:add", args=[fresh.pk, "identity"])
    add(model=Identity, child=fresh, values={"family_name": "Theirs"}, by=cast.social_worker)
    answer = client.post(page, {"given_names": "Mina", "once": "k"})
    assert answer.context["open"] == 0
    record = value("SELECT id FROM victims_identity WHERE child_id = %s", fresh.pk)
    client.post(reverse("victims:edit", args=[fresh.pk, "identity", record]), form_with(answer, "base"))
    assert named(cast.social_worker, fresh.pk) == ("Theirs", "Mina")
    reasons = rows(
        "SELECT history_change_reason FROM victims_historicalidentity WHERE id = %s ORDER BY version", record
    )
    assert reasons == [("",), ("Recorded by two people at the same time",)]


def test_the_same_first_words_by_two_people_are_no_conflict(cast, fresh, browse):
    add(model=Identity, child=fresh, values={"family_name": "Same"}, by=cast.social_worker)
    page = reverse("victims:add", args=[fresh.pk, "identity"])
    answer = browse(cast.social_worker).post(page, {"family_name": "Same", "once": "k"})
    assert answer.url == reverse("victims:section", args=[fresh.pk, "identity"])
    assert value(NAMES, fresh.pk) == 1


def test_the_form_of_a_first_record_leads_to_the_one_that_is_there(cast, files, browse):
    record = value("SELECT id FROM victims_whereabouts WHERE child_id = %s", files["Mira"])
    answer = browse(cast.social_worker).get(reverse("victims:add", args=[files["Mira"], "whereabouts"]))
    assert answer.url == reverse("victims:edit", args=[files["Mira"], "whereabouts", record])


def test_sections_of_many_records_take_another_one(cast, files, browse):
    page, care = reverse("victims:add", args=[files["Mira"], "care"]), {"on": "2026-01-02", "kind": "wish", "text": "x"}
    before = value("SELECT count(*) FROM victims_careentry WHERE child_id = %s", files["Mira"])
    assert browse(cast.social_worker).post(page, care).status_code == 302
    assert value("SELECT count(*) FROM victims_careentry WHERE child_id = %s", files["Mira"]) == before + 1
