"""The page of a section: who wrote what and when, older entries a step away, and no more questions than lists."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.access.identity import acting
from portal.access.sections import Section
from tests.posted import form_with
from tests.statements import last_event, value
from victims.actions import add
from victims.attachments import attach, write_note
from victims.forms import section_form
from victims.models import CareEntry, Child
from victims.section_pages import PAGES
from victims.views import sections
from victims.views.file import facts_of

TODAY = "2026-01-02"


@pytest.fixture
def child(cast, files):
    with acting(cast.social_worker):
        return Child.objects.get(pk=files["Mira"])


def care(child, by, text):
    return add(model=CareEntry, child=child, values={"on": TODAY, "kind": "school", "text": text}, by=by)


def note(child, by, text, **more):
    return write_note(child=child, section=Section.CARE, body=text, by=by, **more)


def paper(child, by, title):
    return attach(child=child, section=Section.CARE, title=title, data=title.encode(), by=by)


def page(client, child, query=""):
    return client.get(reverse("victims:section", args=[child.pk, "care"]) + query)


def following(text, word):
    """Return what stands after a word on the page, without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", text[text.index(word) :]).split())[:160]


def test_notes_addenda_and_documents_say_who_wrote_them_and_when(cast, child, browse):
    first = note(child, cast.social_worker, "canary-note")
    note(child, cast.ngo_worker, "canary-more", adds_to=first)
    paper(child, cast.ngo_worker, "canary-letter")
    text = page(browse(cast.social_worker), child).content.decode()
    for word, who in (
        ("canary-note", "A. Ferreira, City Children"),
        ("canary-more", "M. Haddad, Casa Aurora, "),
        ("canary-letter", "M. Haddad, Casa Aurora, "),
    ):
        assert who in following(text, word), word
        assert re.search(r", \w{3} \d+ \w{3}, \d\d:\d\d", following(text, word)), word


def test_author_of_a_shelter_is_masked_for_whoever_does_not_hold_whereabouts(cast, child, browse):
    note(child, cast.shelter_worker, "canary-note")
    paper(child, cast.shelter_worker, "canary-letter")
    masked = page(browse(cast.ngo_worker), child).content.decode()
    named = page(browse(cast.social_worker), child).content.decode()
    for word in ("canary-note", "canary-letter"):
        assert "a shelter" in following(masked, word)
        assert "L. Brandt, Farol House" in following(named, word)
    assert "Brandt" not in masked
    assert "Farol" not in masked


def test_every_list_of_the_page_goes_on_by_itself(cast, child, browse, monkeypatch):
    monkeypatch.setattr(sections, "MOST", 2)
    for number in range(5):
        care(child, cast.social_worker, f"record-{number}")
        note(child, cast.social_worker, f"note-{number}")
        paper(child, cast.social_worker, f"paper-{number}")
    client = browse(cast.social_worker)
    first = page(client, child)
    assert shown(first) == {"record-4", "record-3", "note-4", "note-3", "paper-4", "paper-3"}
    older = page(client, child, first.context["notes_pager"]["older_url"])
    assert shown(older) == {"record-4", "record-3", "note-2", "note-1", "paper-4", "paper-3"}
    both = page(client, child, older.context["records_pager"]["older_url"])
    assert shown(both) == {"record-2", "record-1", "note-2", "note-1", "paper-4", "paper-3"}
    last = page(client, child, both.context["notes_pager"]["older_url"])
    assert {"note-0"} == {word for word in shown(last) if word.startswith("note")}
    assert last.context["notes_pager"]["older_url"] == ""
    assert shown(page(client, child, last.context["notes_pager"]["newer_url"])) & {"note-4", "record-2"} == {
        "note-4",
        "record-2",
    }


def shown(answer):
    return set(re.findall(r"\b(?:record|note|paper)-\d\b", answer.content.decode()))


def test_a_list_without_more_has_no_pager(cast, child, browse):
    answer = page(browse(cast.social_worker), child)
    assert 'class="pager"' not in answer.content.decode()


@pytest.mark.parametrize("name", ["before", "notes", "documents"])
def test_a_place_in_a_list_that_is_none_is_a_page_that_does_not_exist(cast, child, browse, name):
    assert page(browse(cast.social_worker), child, f"?{name}=canary").status_code == 404


def test_a_page_asks_as_many_questions_for_twelve_of_each_as_for_one(cast, child, browse):
    client, counts = browse(cast.social_worker), []
    for times in (1, 11):
        for number in range(times):
            by = (cast.social_worker, cast.ngo_worker, cast.shelter_worker)[number % 3]
            care(child, by, f"record-{number}")
            note(child, by, f"addendum-{number}", adds_to=note(child, by, f"note-{number}"))
            paper(child, by, f"paper-{number}")
        page(client, child)
        with CaptureQueriesContext(connection) as queries:
            assert page(client, child).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_whoever_only_reads_sees_authors_and_no_ways_to_change(cast, child, browse):
    note(child, cast.social_worker, "canary-note")
    text = page(browse(cast.supervisor), child).content.decode()
    assert "A. Ferreira" in following(text, "canary-note")
    assert "Add to this note" not in text


def test_an_identity_that_says_nothing_is_refused_and_nothing_is_lost(cast, child, browse):
    client = browse(cast.social_worker)
    record = value("SELECT id FROM victims_identity WHERE child_id = %s", child.pk)
    address = reverse("victims:edit", args=[child.pk, "identity", record])
    empty = dict.fromkeys(["family_name", "given_names", "other_names", "birth_earliest", "birth_latest"], "")
    posted = form_with(client.get(address), "version") | empty | {"nationalities": "PT", "reason": "r"}
    answer = client.post(address, posted)
    assert answer.context["form"].errors["family_name"] == ["Enter at least one name, or a birth date."]
    assert form_with(answer, "version")["nationalities"] == ["PT"]
    assert client.post(address, posted | {"birth_latest": "2015-01-02"}).status_code == 302


EMPTY = {
    "care": {"kind": "Choose the kind of entry.", "text": "Write what happened or what the child says."},
    "whereabouts": {"care_type": "Choose the kind of place.", "place": "Enter the address or the place."},
    "legal": {"basis": "Choose the legal basis.", "issued": "Enter the day on which it was issued."},
}


@pytest.mark.parametrize(("slug", "said"), EMPTY.items(), ids=EMPTY)
def test_each_field_says_for_itself_what_is_missing(cast, files, browse, slug, said):
    answer = browse(cast.social_worker).post(reverse("victims:add", args=[files["Follow"], slug]), {"on": TODAY})
    assert {name: errors[0] for name, errors in answer.context["form"].errors.items()} == said


def test_every_section_has_a_sentence_for_every_field_that_must_be_filled_in():
    for page_ in PAGES.values():
        form = section_form(page_)
        wanted = {name for name, field in form.base_fields.items() if field.required and name in page_.fields}
        assert wanted - {"attended"} == set(page_.missing), page_.slug


def test_the_form_of_a_change_is_called_a_change(cast, child, browse):
    record = care(child, cast.social_worker, "x")
    text = browse(cast.social_worker).get(reverse("victims:edit", args=[child.pk, "care", record.pk])).content.decode()
    assert re.search(r"<h2>\s*Change a care entry\s*</h2>", text)
    assert re.search(r"<title>\s*Change a care entry", text)


@pytest.fixture
def alert(cast, child):
    values = {"on": TODAY, "kind": "alert", "text": "canary-penicillin"}
    return add(model=CareEntry, child=child, values=values, by=cast.social_worker)


@pytest.mark.parametrize("name", ["victims:who", "victims:looks", "victims:flags", "victims:summary"])
def test_a_care_alert_stands_on_every_page_of_the_file_for_whoever_holds_care(cast, child, browse, alert, name):
    text = browse(cast.social_worker).get(reverse(name, args=[child.pk])).content.decode()
    assert "canary-penicillin" in text
    assert "Care alert:" in text
    assert last_event(kind="view")["sections"] == [Section.SUMMARY, Section.CARE]


def test_a_care_alert_is_nothing_to_whoever_does_not_hold_care(cast, child, browse, alert):
    for name in ("victims:child", "victims:who"):
        text = browse(cast.clinician).get(reverse(name, args=[child.pk])).content.decode()
        assert "canary-penicillin" not in text
        assert "Care alert" not in text
        assert last_event(kind="view")["sections"] == [Section.SUMMARY]


def test_without_an_alert_a_look_at_another_page_is_no_look_at_care(cast, child, browse):
    browse(cast.social_worker).get(reverse("victims:who", args=[child.pk]))
    assert last_event(kind="view")["sections"] == [Section.SUMMARY]


@pytest.mark.parametrize(
    ("sex", "age", "facts"),
    [
        (0, "", ["Sex and age not known"]),
        (0, "6-11", ["Sex not known", "6 to 11 years"]),
        (2, "", ["Girl", "age not known"]),
    ],
)
def test_what_is_not_known_is_said_once(sex, age, facts):
    assert [str(fact) for fact in facts_of(Child(sex=sex, age_band=age), "en")] == facts


def test_words_of_people_stand_in_blocks_of_their_own_direction(cast, child, browse):
    care(child, cast.social_worker, "اتصلوا أولاً.")
    note(child, cast.social_worker, "ملاحظة")
    text = page(browse(cast.social_worker), child).content.decode()
    for words in ("اتصلوا أولاً.", "ملاحظة", "canary-summary-Mira"):
        assert re.search(rf'dir="auto">\s*{words}', text), words
