"""Opening a file: the look that comes first finds by code name in both languages and by number, among open files only."""

import pytest
from django.urls import reverse

from tests.posted import form_with
from tests.statements import last_event, value


@pytest.fixture
def number(files):
    return value("SELECT case_number FROM victims_child WHERE id = %s", files["Mira"])


def look(client, text):
    return client.post(reverse("victims:new"), {"look": "1", "code_name": text})


def names(answer):
    return [row["child"].code_name for row in answer.context["found"]]


@pytest.mark.parametrize("text", ["Mira", "mir", " MIRA ", "ميرا"])
def test_a_code_name_is_found_in_both_languages(cast, browse, text):
    answer = look(browse(cast.social_worker), text)
    assert names(answer) == ["Mira"]
    assert reverse("victims:child", args=[answer.context["found"][0]["child"].pk]) in answer.content.decode()


@pytest.mark.parametrize("shape", [str, str.lower, lambda text: f" {text} "])
def test_a_case_number_is_found_and_proposed_as_no_code_name(cast, browse, number, shape):
    answer = look(browse(cast.social_worker), shape(number))
    assert names(answer) == ["Mira"]
    assert not answer.context["form"]["code_name"].value().upper().startswith("VC")


def test_a_wrong_digit_is_said(cast, browse, number):
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    answer = look(browse(cast.social_worker), wrong)
    assert names(answer) == []
    assert "one digit is wrong" in answer.content.decode()


@pytest.mark.parametrize("text", ["Mira", "ميرا", "Follow"])
def test_files_that_are_not_open_are_not_found(cast, browse, text):
    assert names(look(browse(cast.analyst), text)) == []
    assert names(look(browse(cast.foreign), text)) == []


@pytest.mark.parametrize("text", ["%", "_ira", "", "  ", "\0", "Mi\0ra"])
def test_odd_words_are_looked_for_as_words(cast, browse, text):
    answer = look(browse(cast.social_worker), text)
    assert answer.status_code == 200
    assert names(answer) == (["Mira"] if text == "Mi\0ra" else [])


def test_the_look_is_recorded_with_what_it_found(cast, browse, files):
    look(browse(cast.social_worker), "Mira")
    assert last_event(kind="search before opening a file")["entities"] == [files["Mira"]]


def test_what_was_looked_for_is_the_first_proposal(cast, browse):
    assert look(browse(cast.social_worker), "Plover").context["form"]["code_name"].value() == "Plover"


def test_the_look_needs_a_word(cast, browse):
    for text in ("", "   "):
        answer = look(browse(cast.social_worker), text)
        assert "Enter a code name or a case number to look for." in answer.content.decode()
        assert "stage" not in answer.context["form"].fields


def test_what_was_looked_for_stays_through_an_error_of_the_form(cast, browse):
    client = browse(cast.social_worker)
    form = form_with(look(client, "Mira"), "sought") | {"stage": 4, "is_known": 0, "sex": 0, "risk": 0}
    answer = client.post(reverse("victims:new"), form | {"code_name": "Mira, 7", "team": ""})
    assert names(answer) == ["Mira"]
    assert "You looked for “Mira”." in " ".join(answer.content.decode().split())
    assert set(answer.context["form"].errors) == {"code_name", "team"}
    assert form_with(answer, "sought")["sought"] == ["Mira"]


def test_marks_around_the_word_are_no_part_of_the_proposed_name(cast, browse):
    assert look(browse(cast.social_worker), "“Plover”").context["form"]["code_name"].value() == "Plover"


@pytest.mark.parametrize("name", ["Ana 7", "Silva, Ana", "the girl from school"])
def test_what_is_no_neutral_word_is_refused_with_the_remedy(cast, files, browse, name):
    page, client = reverse("victims:summary", args=[files["Mira"]]), browse(cast.social_worker)
    answer = client.post(page, form_with(client.get(page), "version") | {"code_name": name, "reason": "r"})
    assert answer.context["form"].errors == {"code_name": ["Use one short neutral word, such as Plover."]}


def test_languages_are_ticked_those_that_are_chosen_first(cast, files, browse):
    page, client = reverse("victims:summary", args=[files["Mira"]]), browse(cast.social_worker)
    ticked = {"languages": ["pt", "ar"], "reason": "r"}
    assert client.post(page, form_with(client.get(page), "version") | ticked).status_code == 302
    assert value("SELECT languages FROM victims_child WHERE id = %s", files["Mira"]) == ["pt", "ar"]
    answer = client.get(page)
    assert [tag for tag, _name in answer.context["form"].fields["languages"].choices][:2] == ["pt", "ar"]
    assert sorted(form_with(answer, "version")["languages"]) == ["ar", "pt"]
