"""Finding a file: by its exact number or the start of its code name, and only among those open to the person."""

import re

import pytest
from django.urls import reverse

from tests.statements import count_events, last_event, rows, value
from victims.case_numbers import WrongNumber, check_digit, new_number, read_number


@pytest.fixture
def number(files):
    return value("SELECT case_number FROM victims_child WHERE id = %s", files["Mira"])


def search(client, text):
    return client.post(reverse("desk:search"), {"q": text})


def test_exact_number_leads_to_the_file(cast, files, browse, number):
    answer = search(browse(cast.social_worker), number)
    assert (answer.status_code, answer.url) == (302, reverse("victims:child", args=[files["Mira"]]))


SHAPES = {
    "small letters": str.lower,
    "spaces around": lambda text: f"  {text} ",
    "dashes": lambda text: text.replace("-", "–"),
    "no hyphens": lambda text: text.replace("-", ""),
    "spaces": lambda text: text.replace("-", " "),
    "eastern digits": lambda text: text.translate(str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")),
    "persian digits": lambda text: text.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")),
    "marks of direction": lambda text: f"\u2066{text}\u2069",
    "quotation marks": lambda text: f"«{text}»",
}


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_number_is_read_however_it_is_typed(cast, browse, number, shape):
    assert search(browse(cast.social_worker), shape(number)).status_code == 302


def test_wrong_digit_is_said_before_anything_is_looked_for(cast, browse, number):
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    page = search(browse(cast.social_worker), wrong)
    assert page.context["wrong_digit"]
    assert page.context["files"] == []


def test_number_of_a_file_that_is_not_open_finds_nothing(cast, browse, number):
    taken, free = (search(browse(cast.stranger), text) for text in (number, new_number(2026)))
    assert taken.status_code == free.status_code == 200
    bare = [
        re.sub(r'VC-\d{4}-\d{7}-\d|"X-CSRFToken": "\w+"|value="\w{64}"', "", page.content.decode())
        for page in (taken, free)
    ]
    assert bare[0] == bare[1]


@pytest.mark.parametrize("text", ["Mira", "mira", "MIR", "mi", "ميرا"])
def test_code_name_is_found_by_its_start_in_both_languages(cast, browse, text):
    names = [row["child"].code_name for row in search(browse(cast.social_worker), text).context["files"]]
    assert names == ["Mira"]


@pytest.mark.parametrize("text", ["ira", "%", "_ira", "Zzz", "'; DROP TABLE victims_child; --", "care", "Ferreira"])
def test_nothing_else_is_searched(cast, browse, text):
    page = search(browse(cast.social_worker), text)
    assert page.status_code == 200
    assert page.context["files"] == []


def test_search_shows_nothing_of_files_not_open(cast, browse, files):
    client = browse(cast.ngo_worker)
    for name in files:
        found = [row["child"].code_name for row in search(client, name).context["files"]]
        assert found == ([name] if name == "Mira" else []), name


def test_searching_is_recorded_with_what_it_found_and_not_with_its_words(cast, browse, files):
    search(browse(cast.social_worker), "Mira")
    event = last_event(kind="search")
    assert event["entities"] == [files["Mira"]]
    assert not rows("SELECT 1 FROM audit_event WHERE details::text ILIKE '%%mira%%' OR purpose ILIKE '%%mira%%'")


def test_search_that_leads_straight_to_the_file_is_recorded_too(cast, browse, number):
    before = count_events(kind="search")
    search(browse(cast.social_worker), number)
    assert count_events(kind="search") == before + 1


def test_empty_search_finds_nothing(cast, browse):
    assert search(browse(cast.social_worker), "  ").context["files"] == []


def test_words_of_a_search_stand_in_no_address(cast, browse):
    page = browse(cast.social_worker).get(reverse("desk:search") + "?q=Mira")
    assert page.context["files"] == []


def test_made_numbers_carry_their_check_digit():
    for number in (new_number(2026) for _ in range(200)):
        assert read_number(number) == number


def test_one_wrong_digit_and_one_swap_are_always_found():
    number = "VC-2026-4830172-" + str(check_digit("20264830172"))
    places = [place for place, sign in enumerate(number) if sign.isdigit()]
    for place in places:
        for digit in set("0123456789") - {number[place]}:
            with pytest.raises(WrongNumber):
                read_number(number[:place] + digit + number[place + 1 :])
    swapped = number.replace("48", "84")
    with pytest.raises(WrongNumber):
        read_number(swapped)


@pytest.mark.parametrize("text", ["", "Mira", "VC-2026", "2026-4830172-6", "VC-26-4830172-6"])
def test_what_is_no_number_is_read_as_a_name(text):
    assert read_number(text) is None


@pytest.mark.parametrize("text", ["“Mira”", "«ميرا»", "'mira"])
def test_a_name_is_found_with_the_marks_around_it(cast, files, browse, text):
    rows = search(browse(cast.social_worker), text).context["files"]
    assert [row["child"].pk for row in rows] == [files["Mira"]]


def test_what_was_looked_for_stays_in_the_box(cast, browse):
    for text in ("Mir", 'no "such" file'):
        page = search(browse(cast.social_worker), text).content.decode()
        box = re.search(r'<input class="search__box"[^>]*>', page)[0]
        assert f'value="{text.replace(chr(34), "&quot;")}"' in box
    assert (
        "value="
        not in re.search(r'<input class="search__box"[^>]*>', browse(cast.social_worker).get("/").content.decode())[0]
    )
