"""Opening a file: the look that comes first finds by code name in both languages and by number, among open files only."""

import pytest
from django.urls import reverse

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
