"""How the portal says times, lists, browsers and directions, and what it takes for a code name."""

import datetime

import pytest
from django.utils import translation

from portal.audit import clock
from portal.casework import code_names
from portal.casework.templatetags.portal import digits, direction, due_lines, isolated, listed
from portal.casework.templatetags.words import browser
from portal.demo.crowd import TAKEN, code_name
from portal.demo.stories import CARED_FOR, LOCATED, LOOKED_FOR, PLANNED

HOUR = datetime.timedelta(hours=1)
CHROMIUM = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36"


@pytest.mark.parametrize(("hours", "state", "note"), [(7, "today", "in 7 h"), (23.5, "today", "in 23 h")])
def test_a_clock_under_a_day_is_said_in_hours(db, hours, state, note):
    due = due_lines(clock.now() + hours * HOUR)
    assert (due.state, due.note) == (state, note)
    assert due.line == f"{due.words}, {note}"
    assert due.words.startswith("by ")


def test_a_clock_of_more_than_a_day_is_said_by_its_day(db):
    assert due_lines(clock.now() + 30 * HOUR).state == "soon"


@pytest.mark.parametrize(("days", "words"), [(0, "today"), (1, "tomorrow"), (3, "in 3 days")])
def test_near_days_have_their_words(db, days, words):
    assert due_lines(clock.now().date() + datetime.timedelta(days=days)).line == words


@pytest.mark.parametrize(
    ("items", "words"), [([], ""), (["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_words_are_listed_as_in_a_sentence(items, words):
    assert listed(items) == words


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (CHROMIUM, "Chromium on Linux"),
        (CHROMIUM + " Edg/120.0", "Edge on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:121.0) Gecko/20100101 Firefox/121.0", "Firefox on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) Version/17.2 Safari/604.1", "Safari on iOS"),
        ("curl/8", "another browser"),
        ("", "another browser"),
    ],
)
def test_a_browser_is_said_in_words(agent, words):
    assert browser(agent) == words


@pytest.mark.parametrize(
    ("text", "way"), [("Ring first", "ltr"), ("12 اتصلوا", "rtl"), ("שלום", "rtl"), ("12", "ltr"), ("", "ltr")]
)
def test_text_runs_as_its_first_letter_does(text, way):
    assert direction(text) == way


def test_text_without_a_letter_runs_as_the_page_does():
    with translation.override("ar"):
        assert direction("12 - 13") == "rtl"


def test_each_line_is_isolated_for_itself():
    assert isolated("a\nب") == "\u2068a\u2069\n\u2068ب\u2069"


def test_sizes_and_counts_are_in_the_digits_of_the_reader():
    with translation.override("ar"):
        assert digits("2.4 MB").startswith("٢.٤")


@pytest.mark.parametrize("name", [*code_names.WORDS, *code_names.WORDS.values(), "Blue Door", "Nightjar", "غراب"])
def test_neutral_words_are_code_names(name):
    assert code_names.is_neutral(name)


@pytest.mark.parametrize("name", ["Mira 2", "Mira٢", "Silva, Ana", "سيلفا، آنا", "the girl from school", "VC-2026"])
def test_digits_commas_and_many_words_are_none(name):
    assert not code_names.is_neutral(name)


@pytest.mark.parametrize(
    "text", ["Mira", '"Mira"', "“mira”", "«Mira»", "„MIRA“", "‘Mira’", " « Mira » ", "ميرا", "«ميرا»"]
)
def test_marks_around_a_name_are_not_looked_for(text):
    assert code_names.key(text) == "mira"


def test_every_listed_code_name_has_an_arabic_form_of_its_own_and_is_a_name():
    assert len(set(code_names.WORDS.values())) == len(code_names.WORDS)
    assert [name for name in code_names.WORDS if code_names.english(code_names.WORDS[name]) != name] == []


def test_no_two_files_of_the_demonstration_share_a_code_name():
    files = LOOKED_FOR + LOCATED + PLANNED + CARED_FOR
    assert len({code_name(number) for number in range(files)} | TAKEN) == files + len(TAKEN)
