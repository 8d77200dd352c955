"""Two people save the same record: nothing typed is lost, what does not overlap is joined, the rest is asked."""

import pytest
from django.conf import settings
from django.urls import reverse

from portal.access.identity import acting
from portal.access.sections import Section
from tests.attacks import attack
from tests.posted import form_with
from tests.statements import count_events, last_event, rows, value
from victims.actions import change, change_summary
from victims.models import CareEntry, Child, TherapyEntry

MINE = {"on": "2026-01-02", "kind": "wish", "text": "my words", "reason": "she told me", "once": "k"}


@pytest.fixture
def record(cast, files):
    with acting(cast.social_worker):
        return CareEntry.objects.get(child_id=files["Mira"])


@pytest.fixture
def page(record):
    return reverse("victims:edit", args=[record.child_id, "care", record.pk])


def saved_meanwhile(cast, record, **values):
    change(record=record, values=values, by=cast.ngo_worker, reason="meanwhile")


def again(answer, **choices):
    """The form of the conflict page as it stands in its HTML, filled in and posted back."""
    return form_with(answer, "base") | choices


@attack("D40")
def test_save_of_an_old_version_is_answered_409_and_saves_nothing(cast, browse, record, page):
    saved_meanwhile(cast, record, text="their words")
    answer = browse(cast.social_worker).post(page, MINE | {"version": record.version})
    assert answer.status_code == 409
    assert value("SELECT text FROM victims_careentry WHERE id = %s", record.pk) == "their words"


@attack("D33")
def test_the_refusal_of_an_old_version_is_on_record_with_its_reason(cast, browse, record, page):
    saved_meanwhile(cast, record, text="their words")
    browse(cast.social_worker).post(page, MINE | {"version": record.version})
    event = last_event(kind="refusal")
    found = (event["reason_code"], event["person_id"], event["child_id"], event["sections"])
    assert found == ("version_not_current", cast.social_worker.pk, record.child_id, [Section.CARE])
    before = count_events(kind="refusal")
    saved_now = browse(cast.social_worker).post(page, MINE | {"version": record.version + 1, "once": "now"})
    assert (saved_now.status_code, count_events(kind="refusal")) == (302, before)


def test_conflict_page_shows_before_theirs_and_mine(cast, browse, record, page):
    saved_meanwhile(cast, record, text="their words")
    answer = browse(cast.social_worker).post(page, MINE | {"version": record.version})
    field = next(field for field in answer.context["fields"] if field.name == "text")
    assert (field.before, field.theirs, field.mine) == ("canary-care-Mira", "their words", "my words")
    assert field.is_conflict
    assert "M. Haddad" in answer.content.decode()


def test_conflict_page_hides_the_name_of_a_shelter_from_whoever_does_not_hold_whereabouts(cast, browse, record, page):
    change(record=record, values={"text": "their words"}, by=cast.shelter_worker, reason="meanwhile")
    seen = {}
    for name in ("ngo_worker", "social_worker"):
        posted = MINE | {"version": record.version, "once": name}
        seen[name] = browse(getattr(cast, name)).post(page, posted).content.decode()
    assert "L. Brandt, Farol House saved this" in " ".join(seen["social_worker"].split())
    assert "a shelter saved this" in " ".join(seen["ngo_worker"].split())
    assert "Brandt" not in seen["ngo_worker"]


def test_fields_that_only_one_changed_are_joined(cast, browse, record, page):
    saved_meanwhile(cast, record, kind="alert")
    client = browse(cast.social_worker)
    answer = client.post(page, MINE | {"version": record.version})
    assert (answer.context["open"], answer.status_code) == (0, 409)
    assert client.post(page, again(answer)).status_code == 302
    assert rows("SELECT kind, text FROM victims_careentry WHERE id = %s", record.pk) == [("alert", "my words")]


@pytest.mark.parametrize(
    ("choice", "kept"), [("mine", "my words"), ("theirs", "their words"), ("together", "both, joined by hand")]
)
def test_the_choice_made_is_saved(cast, browse, record, page, choice, kept):
    saved_meanwhile(cast, record, text="their words")
    client = browse(cast.social_worker)
    answer = client.post(page, MINE | {"version": record.version})
    chosen = {"choice_text": choice, "together_text": "both, joined by hand"}
    assert client.post(page, again(answer, **chosen)).status_code == 302
    assert value("SELECT text FROM victims_careentry WHERE id = %s", record.pk) == kept


def test_a_choice_not_made_is_asked_for_again(cast, browse, record, page):
    saved_meanwhile(cast, record, text="their words")
    client = browse(cast.social_worker)
    answer = client.post(page, MINE | {"version": record.version})
    second = client.post(page, again(answer))
    assert second.status_code == 409
    assert {"their words", "my words"} <= {words for values in again(second).values() for words in values}


def test_a_joined_text_that_was_typed_without_its_choice_is_kept_and_asked_about(cast, browse, record, page):
    saved_meanwhile(cast, record, text="their words")
    client = browse(cast.social_worker)
    answer = client.post(page, MINE | {"version": record.version})
    assert "Error:" not in answer.content.decode()
    second = client.post(page, again(answer, together_text="all our words"))
    text = " ".join(second.content.decode().split())
    assert form_with(second, "base")["together_text"] == ["all our words"]
    assert text.count("Choose one text for “What happened, or what the child says”.") == 2  # at the top, at the field
    assert "<title> Error:" in text
    assert 'href="#choose_text"' in text
    assert 'id="choose_text"' in text
    third = client.post(page, again(second, choice_text="together"))
    assert third.status_code == 302
    assert value("SELECT text FROM victims_careentry WHERE id = %s", record.pk) == "all our words"


def test_a_save_of_ones_own_in_another_window_is_called_that(cast, browse, record, page):
    client = browse(cast.social_worker)
    assert client.post(page, MINE | {"version": record.version}).status_code == 302
    answer = client.post(page, MINE | {"version": record.version, "text": "other words", "once": "other"})
    text = " ".join(answer.content.decode().split())
    assert "You saved this in another window" in text
    assert "Someone else" not in text
    assert "In the other window" in text


def test_nothing_to_choose_asks_to_read_and_save(cast, browse, record, page):
    saved_meanwhile(cast, record, kind="alert")
    answer = browse(cast.social_worker).post(page, MINE | {"version": record.version})
    assert "Read it once more, then save." in answer.content.decode()
    assert "Choose for 0" not in answer.content.decode()


def test_a_third_save_while_choosing_is_met_again(cast, browse, record, page):
    saved_meanwhile(cast, record, text="their words")
    client = browse(cast.social_worker)
    answer = client.post(page, MINE | {"version": record.version})
    saved_meanwhile(cast, record, text="their newest words")
    second = client.post(page, again(answer, choice_text="mine"))
    assert second.status_code == 409
    assert "their newest words" in second.content.decode()


def test_both_wrote_the_same_words_is_no_conflict(cast, browse, record, page):
    saved_meanwhile(cast, record, text="my words", kind="wish", on=record.on)
    answer = browse(cast.social_worker).post(page, MINE | {"version": record.version, "on": record.on.isoformat()})
    assert answer.status_code == 302


def test_summary_of_a_file_meets_its_conflict_too(cast, files, browse):
    page, client = reverse("victims:summary", args=[files["Mira"]]), browse(cast.social_worker)
    form = client.get(page).context["form"]
    values = {name: form[name].value() for name in form.fields if name != "languages"}
    values |= {"reason": "r", "needs_interpreter": "unknown"}
    first = client.post(page, values | {"contact_safely": "by day"})
    assert first.status_code == 302, first.context["form"].errors
    answer = client.post(page, values | {"contact_safely": "by night", "once": "other"})
    assert answer.status_code == 409
    assert "by night" in answer.content.decode()


@pytest.mark.parametrize("needs", [True, False, None])
@pytest.mark.parametrize("who", ["theirs", "mine"])
def test_a_yes_no_or_unknown_in_the_summary_survives_the_joining(cast, files, browse, needs, who):
    page, client = reverse("victims:summary", args=[files["Mira"]]), browse(cast.social_worker)
    with acting(cast.social_worker):
        child = Child.objects.get(pk=files["Mira"])
        before = {True: False, False: True, None: True}[needs]
        change_summary(child=child, values={"needs_interpreter": before}, by=cast.social_worker, reason="first")
    form = form_with(client.get(page), "version")
    theirs = {"contact_safely": "by day"} | ({"needs_interpreter": needs} if who == "theirs" else {})
    change_summary(child=child, values=theirs, by=cast.social_worker, reason="meanwhile")
    mine = {"risk": 3, "reason": "r"} | ({"needs_interpreter": str(needs).lower()} if who == "mine" else {})
    answer = client.post(page, form | mine)
    assert answer.status_code == 409
    assert client.post(page, again(answer)).status_code == 302
    kept = rows("SELECT needs_interpreter, contact_safely, risk FROM victims_child WHERE id = %s", child.pk)
    assert kept == [(needs, "by day", 3)]


def test_a_ticked_box_and_an_empty_one_survive_the_joining(cast, files, browse):
    with acting(cast.clinician):
        record = TherapyEntry.objects.get(child_id=files["Mira"])
    page, client = reverse("victims:edit", args=[files["Mira"], "therapy", record.pk]), browse(cast.clinician)
    form = form_with(client.get(page), "version")
    assert form["attended"] == ["on"]
    change(record=record, values={"attended": False}, by=cast.clinician, reason="she was ill")
    answer = client.post(page, form | {"text": "mine", "reason": "r"})
    assert client.post(page, again(answer)).status_code == 302
    assert value("SELECT attended FROM victims_therapyentry WHERE id = %s", record.pk) is False


@pytest.mark.parametrize("language", ["en", "ar"])
def test_a_record_with_a_day_is_joined_in_every_language(cast, browse, record, page, language):
    client = browse(cast.social_worker)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    form = form_with(client.get(page), "version")
    saved_meanwhile(cast, record, kind="alert", on="2026-01-05")
    answer = client.post(page, form | {"text": "my words", "reason": "r"})
    assert form_with(answer, "base")["on"] == ["2026-01-05"]
    assert client.post(page, again(answer)).status_code == 302
    kept = rows('SELECT kind, "on"::text, text FROM victims_careentry WHERE id = %s', record.pk)
    assert kept == [("alert", "2026-01-05", "my words")]


@pytest.mark.parametrize("choice", ["theirs", "mine"])
def test_a_day_that_both_changed_is_chosen_in_arabic(cast, browse, record, page, choice):
    client = browse(cast.social_worker)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "ar"
    form = form_with(client.get(page), "version")
    saved_meanwhile(cast, record, on="2026-01-05")
    answer = client.post(page, form | {"on": "2026-01-06", "reason": "r"})
    assert client.post(page, again(answer, choice_on=choice)).status_code == 302
    chosen = {"theirs": "2026-01-05", "mine": "2026-01-06"}[choice]
    assert value('SELECT "on"::text FROM victims_careentry WHERE id = %s', record.pk) == chosen


def test_yes_and_no_stand_on_the_page_in_words(cast, files, browse):
    page, client = reverse("victims:summary", args=[files["Mira"]]), browse(cast.social_worker)
    form = form_with(client.get(page), "version")
    with acting(cast.social_worker):
        child = Child.objects.get(pk=files["Mira"])
    change_summary(child=child, values={"needs_interpreter": True}, by=cast.social_worker, reason="meanwhile")
    answer = client.post(page, form | {"needs_interpreter": "false", "reason": "r"})
    field = next(field for field in answer.context["fields"] if field.name == "needs_interpreter")
    assert (field.before, field.theirs, field.mine) == ("", "yes", "no")


def test_a_conflict_page_is_a_look_and_has_its_event(cast, browse, record, page):
    saved_meanwhile(cast, record, text="their words")
    client = browse(cast.social_worker)
    looks = "SELECT count(*) FROM audit_event WHERE kind = 'view' AND person_id = %s"
    before = value(looks, cast.social_worker.pk)
    client.post(page, MINE | {"version": record.version})
    assert value(looks, cast.social_worker.pk) == before + 1


def test_two_saves_at_the_same_moment_meet_as_a_conflict(clone):
    """Both posts find the row locked by somebody else, so that both have compared versions before either saves."""
    person, child_id = clone.cast.social_worker, clone.files["Mira"]
    with acting(person):
        record = CareEntry.objects.get(child_id=child_id)
    page = reverse("victims:edit", args=[child_id, "care", record.pk])
    clients = [clone.browse(person) for _ in range(2)]

    def save(number):
        if number < 2:
            words = {"version": record.version, "text": f"words {number}", "once": f"k{number}"}
            return clients[number].post(page, MINE | words).status_code
        with clone.connect() as other, other.transaction():
            other.execute("SELECT FROM victims_careentry WHERE id = %s FOR UPDATE", [record.pk])
            clone.wait_for(2)
        return None

    assert sorted(filter(None, clone.at_once(save, 3))) == [302, 409]
