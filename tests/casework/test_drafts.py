"""Drafts: what was typed comes back to whoever typed it while the form is open to them, and to nobody else."""

import threading
import uuid

import pytest
from django.core.cache import cache
from django.forms import Textarea
from django.urls import reverse

from portal.access import drafts as pages
from portal.access.actions import end
from portal.access.drafts import is_long
from portal.access.identity import acting
from portal.access.models import Grant
from portal.access.sections import Section
from portal.audit.kinds import shifted
from portal.casework import drafts, notices
from portal.casework.forms import OnceForm
from portal.casework.models import Draft, Notice, SectionKey
from tests.attacks import attack
from tests.conftest import as_owner
from tests.posted import form_with
from tests.statements import assert_refused, count_events, last_event, rows, run, value
from tests.world import DAY, share
from victims.actions import change
from victims.models import CareEntry, Child

KEEP, WATCH = reverse("desk:keep_draft"), reverse("desk:saved_meanwhile")
TYPED = "canary-typed: she asked for her aunt"
COUNT = "SELECT count(*) FROM casework_draft"


@pytest.fixture(autouse=True)
def nothing_counted():
    cache.clear()


@pytest.fixture
def record(cast, files):
    with acting(cast.social_worker):
        return CareEntry.objects.get(child_id=files["Mira"])


@pytest.fixture
def page(record):
    return reverse("victims:edit", args=[record.child_id, "care", record.pk])


@pytest.fixture
def note(files):
    return reverse("victims:note", args=[files["Mira"], "care"])


def typing(client, page, **words):
    """Type into the form of a page, so that it is kept; return the form as it would be posted."""
    form = form_with(client.get(page), drafts.TOKEN) | (words or {"body": TYPED})
    answer = client.post(KEEP, form)
    assert answer.status_code == 200, answer.content
    return form


def words_of(answer):
    return " ".join(answer.content.decode().split())


def mine(person):
    with acting(person):
        return list(Draft.objects.filter(person_id=person.pk))


# --- kept, brought back, dropped --------------------------------------------------------------------------------------


@attack("D43")
def test_what_was_typed_is_back_in_its_form_in_another_browser_and_gone_once_it_is_saved(cast, browse, note):
    form = typing(browse(cast.social_worker), note)
    other = browse(cast.social_worker)
    there = other.get(note)
    assert form_with(there, "body")["body"] == [TYPED]
    assert "is here. </strong> Nothing of it was saved yet." in words_of(there)
    assert other.post(note, form_with(there, "body")).status_code == 302
    assert value(COUNT) == 0
    assert form_with(other.get(note), "body")["body"] == [""]
    late = browse(cast.social_worker).post(KEEP, form | {"once": form_with(there, "body")["once"]})
    assert (late.status_code, late.content, value(COUNT)) == (200, b"", 0)  # on its way while the form was saved


@attack("D42")
def test_a_draft_on_its_way_waits_for_the_save_of_its_form_and_is_not_kept(clone):
    person, begun = clone.cast.social_worker, threading.Event()
    client, note = clone.browse(person), reverse("victims:note", args=[clone.files["Mira"], "care"])
    form = form_with(client.get(note), drafts.TOKEN) | {"body": TYPED}

    def act(number):
        if number:
            assert begun.wait(4)
            return client.post(KEEP, form).content
        with clone.connect() as other, other.transaction():  # a save that has dropped the draft and not committed yet
            other.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"draft {person.pk}{note}"])
            used = [drafts.uuid7(), person.pk, form["once"][0], "x", "/"]
            other.execute("INSERT INTO casework_oncekey VALUES (%s, %s, %s, %s, %s, now())", used)
            begun.set()
            clone.wait_for(1)
        return None

    assert clone.at_once(act, 2) == [None, b""]
    with clone.connect() as other:
        assert other.execute(COUNT).fetchone() == (0,)


def test_nothing_but_the_text_comes_back_and_it_lies_sealed(cast, files, browse, note):
    client = browse(cast.social_worker)
    typing(client, note, body=TYPED, code="123456", password="secret words", choice_body="theirs")
    (draft,) = mine(cast.social_worker)
    assert (draft.child_id, draft.section, draft.level, draft.by_ring) == (files["Mira"], Section.CARE, 1, False)
    assert b"canary" not in bytes(draft.closed)
    with acting(cast.social_worker):
        assert drafts.opened(draft).fields == {"body": [TYPED], "adds_to": [""]}


def test_keeping_is_no_change_of_the_record_and_no_look_and_throwing_away_is_on_record(cast, browse, note):
    client = browse(cast.social_worker)
    form = form_with(client.get(note), drafts.TOKEN)
    before = count_events()
    assert [client.post(KEEP, form | {"body": TYPED}).status_code for _ in range(3)] == [200] * 3
    assert (count_events(), value(COUNT)) == (before, 1)
    (draft,) = mine(cast.social_worker)
    address = reverse("desk:draft", args=[draft.pk])
    assert TYPED in client.get(address).content.decode()
    assert last_event()["kind"] == "view draft"
    assert client.post(address).status_code == 302
    assert value(COUNT) == 0
    event = last_event(kind="draft thrown away")
    assert (event["child_id"], event["sections"], event["entity_id"]) == (draft.child_id, [Section.CARE], draft.pk)


def test_an_addendum_and_a_note_of_one_page_have_a_draft_each(cast, browse, note):
    client = browse(cast.social_worker)
    typing(client, note + "?adds_to=01900000-0000-7000-8000-000000000000")
    there = client.get(note)
    assert form_with(there, "body")["body"] == [""]
    assert "waits in another form of this page" in words_of(there)


def test_too_much_text_and_too_many_forms_are_said_and_not_kept(cast, browse, note):
    client = browse(cast.social_worker)
    form = form_with(client.get(note), drafts.TOKEN)
    answer = client.post(KEEP, form | {"body": "x" * (drafts.LONGEST + 1)})
    assert (answer.status_code, value(COUNT)) == (413, 0)
    assert "Save it now" in answer.content.decode()
    with acting(cast.social_worker):
        for number in range(100):
            drafts.keep(drafts.Place(cast.social_worker.pk, f"/{number}/"), {}, is_open=False)
    answer = client.post(KEEP, form | {"body": TYPED})
    assert (answer.status_code, value(COUNT)) == (409, 100)


def test_whoever_keeps_too_often_is_told_to_wait(cast, browse, note, settings):
    settings.DRAFTS = 2
    client = browse(cast.social_worker)
    form = form_with(client.get(note), drafts.TOKEN)
    assert [client.post(KEEP, form).status_code for _ in range(3)] == [200, 200, 429]


@attack("D12", "D17")
def test_a_draft_is_kept_for_a_form_that_the_portal_made_for_this_person_alone(cast, browse, note):
    form = form_with(browse(cast.social_worker).get(note), drafts.TOKEN)
    other = browse(cast.ngo_worker)
    assert other.post(KEEP, form | {"body": TYPED}).status_code == 404
    assert other.post(KEEP, form | {drafts.TOKEN: "guessed"}).status_code == 404
    other.handler.enforce_csrf_checks = True
    own = form_with(other.get(note), drafts.TOKEN)
    assert other.post(KEEP, own | {"body": TYPED, "csrfmiddlewaretoken": "guessed"}).status_code == 403
    assert value(f"{COUNT} WHERE person_id <> %s", cast.ngo_worker.pk) == 0


def test_thirty_days_later_it_is_gone_and_the_record_says_how_many(cast, browse, note):
    typing(browse(cast.social_worker), note)
    assert pages.drop_old() == 0
    with shifted(31 * DAY):
        assert pages.drop_old() == 1
    assert value(COUNT) == 0
    assert last_event(kind="drafts dropped")["details"] == '{"drafts": 1}'


# --- whose it is ------------------------------------------------------------------------------------------------------


def test_another_persons_draft_is_neither_read_nor_changed_by_any_query(cast, browse, note):
    typing(browse(cast.social_worker), note)
    with acting(cast.ngo_worker):  # who may change the same section
        assert run("SELECT FROM casework_draft") == 0
        with acting(cast.ngo_worker):
            assert drafts.drop(note) is False
        for statement in (
            "UPDATE casework_draft SET address = '/'",
            "DELETE FROM casework_draft",
            "INSERT INTO casework_draft SELECT * FROM casework_draft",
        ):
            assert_refused(statement, match="permission denied")
        drafts.keep(drafts.Place(cast.ngo_worker.pk, note), {"body": ["mine"]}, is_open=False)
    with acting(cast.social_worker):
        (words,) = drafts.kept_for(cast.social_worker, note)
        assert words.fields["body"] == [TYPED]
    with acting(cast.ngo_worker):
        (own,) = Draft.objects.all()
        own.address, own.person_id = note, cast.social_worker.pk
        assert drafts.opened(own) is None  # bound to whoever typed it


def test_with_the_access_the_draft_goes_and_comes_back_and_the_words_of_the_last_press_with_it(
    cast, files, browse, note
):
    client = browse(cast.ngo_worker)
    form = typing(client, note)
    with acting(cast.social_worker):
        grant = Grant.objects.get(child_id=files["Mira"], team=cast.team("ngo_worker"))
        end(grant=grant, owner=cast.team("social_worker"), by=cast.social_worker, reason="done")
    assert mine(cast.ngo_worker) == []
    assert client.post(KEEP, form | {"body": "later words"}).status_code == 410
    assert last_event(kind="refusal")["person_id"] == cast.ngo_worker.pk
    answer = client.post(note, form | {"body": "last words, of the press"})
    assert answer.status_code == 404
    assert "is kept for 30 days, for you alone." in words_of(answer)
    assert mine(cast.ngo_worker) == []
    assert "Not saved yet" not in client.get("/").content.decode()
    with acting(cast.social_worker):
        child = Child.objects.get(pk=files["Mira"])
    share(cast, child, "social_worker", "ngo_worker", Section.SUMMARY, Section.CARE)
    assert form_with(client.get(note), "body")["body"] == ["last words, of the press"]


def test_a_destroyed_key_takes_the_drafts_of_its_section_along_and_no_copy_opens(cast, files, browse, note):
    typing(browse(cast.social_worker), note)
    copy = mine(cast.social_worker)[0]
    with as_owner():
        SectionKey.objects.filter(child_id=files["Mira"], section=Section.CARE).delete()
    assert value(COUNT) == 0
    with acting(cast.social_worker):
        assert drafts.opened(copy) is None


def test_what_is_kept_for_a_child_tells_nobody_whether_there_is_a_file(cast):
    """A foreign key would: the answer is the same for a file that is not open and for none."""
    with acting(cast.stranger):
        for number in (1, 2):
            place = drafts.Place(cast.stranger.pk, f"/{number}/", uuid.UUID(int=number), 6, 1)
            assert drafts.keep(place, {}, is_open=False) == drafts.KEPT
        assert Draft.objects.count() == 0


# --- My work ----------------------------------------------------------------------------------------------------------


def test_my_work_lists_unfinished_forms_without_naming_a_section_with_few_holders(cast, files, browse, note):
    client = browse(cast.social_worker)
    typing(client, note)
    typing(client, reverse("victims:note", args=[files["Mira"], "whereabouts"]))
    text = client.get("/").content.decode()
    group = next(one for one in client.get("/").context["groups"] if one.id == "unsaved")
    assert {row.title for row in group.rows} == {"A form of a section with few holders", "Care"}
    assert {row.name for row in group.rows} == {"Mira"}
    assert files["Mira"] in last_event(kind="my work")["entities"]
    assert TYPED not in text


# --- saved meanwhile --------------------------------------------------------------------------------------------------


def test_an_open_form_hears_of_a_save_by_the_name_that_its_reader_may_know(cast, browse, record, page):
    tokens = {
        name: form_with(browse(getattr(cast, name)).get(page), "version") for name in ("ngo_worker", "social_worker")
    }
    asked = {name: browse(getattr(cast, name)).post(WATCH, form) for name, form in tokens.items()}
    assert [one.status_code for one in asked.values()] == [204, 204]
    change(record=record, values={"text": "theirs"}, by=cast.shelter_worker, reason="meanwhile")
    before = count_events()
    told = {name: words_of(browse(getattr(cast, name)).post(WATCH, form)) for name, form in tokens.items()}
    assert count_events() == before
    assert "L. Brandt, Farol House saved this" in told["social_worker"]
    assert "a shelter saved this" in told["ngo_worker"]
    assert "Brandt" not in told["ngo_worker"]


@attack("D07")
def test_an_open_form_that_asks_keeps_nobody_signed_in_and_one_that_is_typed_into_does(cast, browse, page):
    client = browse(cast.social_worker)
    form = form_with(client.get(page), "version")
    until = "SELECT until FROM access_identitytoken WHERE digest = %s"
    ends = value(until, cast.social_worker.identity.digest)
    with shifted(DAY / 48):
        client.post(WATCH, form)
        assert value(until, cast.social_worker.identity.digest) == ends
        client.post(KEEP, form | {"text": TYPED})
        assert value(until, cast.social_worker.identity.digest) > ends


def test_a_draft_of_a_record_that_was_saved_since_says_so_and_ends_on_the_page_that_joins_both(
    cast, browse, record, page
):
    client = browse(cast.social_worker)
    typing(client, page, text=TYPED, reason="she told me")
    change(record=record, values={"text": "theirs"}, by=cast.ngo_worker, reason="meanwhile")
    there = client.get(page)
    assert "M. Haddad, Casa Aurora saved this" in words_of(there)
    assert f"/children/{record.child_id}/changes/care/" in words_of(there)
    answer = client.post(page, form_with(there, "version"))
    field = next(field for field in answer.context["fields"] if field.name == "text")
    assert (answer.status_code, field.theirs, field.mine) == (409, "theirs", TYPED)


# --- the page that joins two versions ---------------------------------------------------------------------------------


@pytest.fixture
def conflict(cast, browse, record, page):
    """The page that joins a change of M. Haddad's with one's own; returns the client, and what it would post."""
    client = browse(cast.social_worker)
    form = form_with(client.get(page), "version")
    change(record=record, values={"text": "theirs"}, by=cast.ngo_worker, reason="meanwhile")
    answer = client.post(page, form | {"text": TYPED, "reason": "she told me"})
    assert answer.status_code == 409
    return client, form_with(answer, "base")


@attack("D40")
def test_theirs_is_left_and_mine_waits_as_a_draft(conflict, record, page):
    client, form = conflict
    answer = client.post(page, form | {"resolve": "leave"}, follow=True)
    assert "Theirs stands. Yours is kept for 30 days: it waits on My work." in words_of(answer)
    assert value("SELECT text FROM victims_careentry WHERE id = %s", record.pk) == "theirs"
    there = client.get(page)
    assert form_with(there, "version")["text"] == [TYPED]
    assert form_with(there, "version")["version"] == form["base"]


def test_the_page_left_without_a_press_has_kept_mine_as_well(conflict, page):
    client, _form = conflict
    assert form_with(client.get(page), "version")["text"] == [TYPED]


def test_whoever_saved_is_asked_by_a_notice_and_mine_waits(cast, conflict, page):
    client, form = conflict
    answer = client.post(page, form | {"resolve": "ask"}, follow=True)
    assert "A notice asks them to talk to you." in words_of(answer)
    with acting(cast.ngo_worker):
        (notice,) = Notice.objects.filter(person=cast.ngo_worker, kind="change_asked")
        assert "A. Ferreira asks you about a change to “Mira”" in notices.sentence(notice)
    assert form_with(client.get(page), "version")["text"] == [TYPED]


def test_a_third_save_keeps_the_choice_and_every_word_typed(cast, conflict, record, page):
    client, form = conflict
    change(record=record, values={"kind": "alert"}, by=cast.shelter_worker, reason="and once more")
    second = client.post(page, form | {"choice_text": "theirs", "together_text": "both of ours"})
    (field,) = (field for field in second.context["fields"] if field.name == "text")
    assert (second.status_code, field.chosen, field.mine, field.theirs) == (409, "theirs", TYPED, "theirs")
    assert field.typed == "both of ours"
    joined = form_with(second, "base")
    assert (joined["choice_text"], joined["kind"]) == (["theirs"], ["alert"])
    assert client.post(page, joined).status_code == 302
    assert rows("SELECT kind, text FROM victims_careentry WHERE id = %s", record.pk) == [("alert", "theirs")]
    assert value(COUNT) == 0


def test_access_that_ended_on_the_page_that_joins_both_keeps_mine_for_its_author(cast, files, browse, record, page):
    client = browse(cast.ngo_worker)
    form = form_with(client.get(page), "version")
    change(record=record, values={"text": "theirs"}, by=cast.social_worker, reason="meanwhile")
    joining = form_with(client.post(page, form | {"text": TYPED, "reason": "r"}), "base")
    with acting(cast.social_worker):
        grant = Grant.objects.get(child_id=files["Mira"], team=cast.team("ngo_worker"))
        end(grant=grant, owner=cast.team("social_worker"), by=cast.social_worker, reason="done")
    answer = client.post(page, joining | {"choice_text": "mine"})
    assert (answer.status_code, value("SELECT text FROM victims_careentry WHERE id = %s", record.pk)) == (404, "theirs")
    assert "is kept for 30 days, for you alone." in words_of(answer)
    with as_owner():
        (draft,) = Draft.objects.all()
        assert drafts.opened(draft).fields["text"] == [TYPED]


def forms_below(base):
    """Every form of the portal that is made of this one."""
    return [base, *(form for one in base.__subclasses__() for form in forms_below(one))]


def test_every_form_with_lines_of_words_keeps_them():
    """A field of another class would not be known as one for words, and nothing would say so."""
    found = [(form, one) for form in forms_below(OnceForm) for one in form.base_fields.values()]
    lines = [(form, one) for form, one in found if isinstance(one.widget, Textarea)]
    assert len(lines) >= 40
    assert [(form.__name__, one.label) for form, one in lines if not is_long(one)] == []
