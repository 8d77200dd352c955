"""With the keyboard alone: the order of the stops, where the focus is, the single keys, and the way out of an error."""

import pytest
from django.urls import reverse

from portal.audit.stamp import Stamp, stamping
from tests.conftest import as_owner
from tests.journeys.browser import PHONE, WIDE

HERE = """() => {
    const can = (element) => element.checkVisibility() && element.tabIndex >= 0 && !element.disabled;
    const all = "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex]";
    const stop = document.activeElement;
    if (stop === document.body) return null;
    const style = getComputedStyle(stop);
    const outlined = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0
        && !/, 0\\)$|transparent/.test(style.outlineColor);
    const parts = ".govuk-skip-link, .head, .nav, .crumbs, .actions, .contact-safely, .tabs,"
        + " .columns__main, .columns__aside, .foot";
    const part = stop.closest(parts);
    return {
        part: part.className.split(" ")[0],
        words: stop.textContent.trim() || stop.getAttribute("placeholder") || stop.name,
        focused: stop.matches(":focus-visible"),
        shown: outlined || style.boxShadow !== "none" || stop.type === "date",  // its parts are the browser's own
        last: stop === [...document.querySelectorAll(all)].filter(can).at(-1),
        inView: stop.getBoundingClientRect().bottom > 0 && stop.getBoundingClientRect().top < innerHeight,
    };
}"""
MOST = 100
ORDER = [
    "govuk-skip-link",
    "head",
    "nav",
    "crumbs",
    "actions",
    "contact-safely",
    "tabs",
    "columns__main",
    "columns__aside",
    "foot",
]


@pytest.fixture
def desk(seats, scene):
    desk = seats("social_worker")
    desk.resize(WIDE)
    return desk


@pytest.fixture
def child(scene):
    return reverse("victims:child", args=[scene.file("Mira")])


def focused(seat):
    return seat.page.evaluate("document.activeElement.id")


def walk(seat):
    """Press Tab until the page is through; return every stop."""
    stops = []
    while not stops or (stops[-1] and not stops[-1]["last"] and len(stops) < MOST):
        seat.press("Tab")
        stops.append(seat.page.evaluate(HERE))
    return stops


@pytest.mark.parametrize("language", ["en", "ar"])
def test_stops_of_a_childs_page_follow_the_page(seats, scene, child, language):
    desk = seats("social_worker", language)
    desk.go(child)
    stops = walk(desk)
    assert None not in stops
    assert stops[-1]["last"]
    parts = [stop["part"] for stop in stops]
    assert parts == sorted(parts, key=ORDER.index)
    assert set(parts) == set(ORDER)
    assert [stop for stop in stops if not (stop["focused"] and stop["shown"] and stop["inView"])] == []


def test_every_stop_of_a_form_is_seen(desk, scene):
    desk.go(reverse("victims:give_access", args=[scene.file("Mira")]) + f"?agency={scene.ids['agency']}")
    assert [stop for stop in walk(desk) if not (stop["shown"] and stop["inView"])] == []


def test_stops_on_a_phone_are_seen(desk, child):
    desk.resize(PHONE)
    desk.go(child)
    assert [stop for stop in walk(desk) if not (stop["shown"] and stop["inView"])] == []


def test_first_stop_skips_to_the_page(desk, child):
    desk.go(child)
    desk.press("Tab")
    assert desk.page.evaluate("document.activeElement.getBoundingClientRect().height") > 20
    desk.press("Enter")
    assert focused(desk) == "main"


def test_slash_goes_to_the_search(desk, child):
    desk.go(child)
    desk.press("/")
    assert focused(desk) == "find"
    desk.press("/", "?", "g", "c")
    assert desk.page.input_value("#find") == "/?gc"  # in a field they are letters
    assert desk.page.url.endswith(child)


def test_question_mark_opens_the_list_of_keys(desk):
    desk.go("/")
    with desk.page.expect_navigation():
        desk.press("?")
    assert desk.page.url.endswith(reverse("desk:shortcuts"))


@pytest.mark.parametrize(("keys", "name"), [("gc", "victims:children"), ("gw", "desk:home")])
def test_g_and_a_letter_go_to_a_place(desk, keys, name):
    desk.go(reverse("desk:notices"))
    with desk.page.expect_navigation():
        desk.press(*keys)
    assert desk.page.url.endswith(reverse(name))


def test_g_and_a_letter_that_means_nothing_stay(desk):
    desk.go("/")
    desk.press("g", "x", "c")
    assert desk.page.url == desk.site.url + "/"


def test_j_and_k_move_between_the_rows_and_enter_opens(desk):
    desk.go(reverse("victims:children"))
    names = desk.page.locator("main tbody th a").all_inner_texts()
    desk.press("j", "j", "k", "j")
    assert desk.page.evaluate("document.activeElement.textContent") == names[1]
    with desk.page.expect_navigation():
        desk.press("Enter")
    assert names[1].strip("“”") in desk.page.inner_text("h1")


def test_control_enter_saves_the_form_one_is_in(desk, scene):
    desk.go(reverse("victims:note", args=[scene.file("Waiting"), "care"]))
    desk.page.fill("#id_body", "written without the mouse")
    with desk.page.expect_navigation():
        desk.press("Control+Enter")
    assert "written without the mouse" in desk.text()


def test_escape_twice_locks_the_screen(seat, scene):
    desk = seat("shelter_worker")
    desk.go("/")
    with desk.page.expect_navigation():
        desk.press("Escape", "Escape")
    assert reverse("account_login") in desk.page.url
    assert desk.go("/").url.partition("?")[0].endswith(reverse("account_login"))


def test_escape_twice_in_a_field_keeps_what_is_typed(desk, scene):
    desk.go(reverse("victims:note", args=[scene.file("Waiting"), "care"]))
    desk.page.fill("#id_body", "not lost")
    desk.press("Escape", "Escape")
    desk.page.evaluate("document.activeElement.blur()")
    desk.press("Escape")  # one outside does not count with one inside
    desk.page.wait_for_timeout(200)
    assert desk.page.input_value("#id_body") == "not lost"


def test_n_records_a_contact(desk, child):
    desk.go(child)
    with desk.page.expect_navigation():
        desk.press("n")
    assert desk.page.url.endswith("/care-plan/contact/")


def test_keys_that_the_person_switched_off_do_nothing(seat, scene):
    person = scene.cast.clinician
    with as_owner(), stamping(Stamp(None, "set-up")):
        person.shortcuts = False
        person.save()
    desk = seat("clinician")
    desk.go("/")
    desk.press("/", "g", "c", "?", "j", "Escape", "Escape")
    desk.page.wait_for_timeout(200)
    assert desk.page.evaluate("document.activeElement === document.body")
    assert desk.page.url == desk.site.url + "/"


def test_an_error_takes_the_focus_and_leads_to_its_field(desk, scene):
    desk.go(reverse("victims:add", args=[scene.file("Mira"), "care"]))
    desk.page.fill("#id_on", "")
    desk.page.fill("#id_text", "typed before the error")
    desk.page.click("main form .govuk-button")
    desk.page.wait_for_selector(".govuk-error-summary")
    assert desk.page.evaluate("document.activeElement.className").startswith("govuk-error-summary")
    assert desk.page.title().startswith("Error:")
    links = desk.page.locator(".govuk-error-summary a")
    assert links.count() == 2
    for number, field in enumerate(["id_on", "id_kind"]):
        desk.page.locator(".govuk-error-summary").focus()
        links.nth(number).press("Enter")
        assert focused(desk) == field
        assert field in desk.page.evaluate("document.activeElement.getAttribute('aria-describedby')")
    assert desk.page.input_value("#id_text") == "typed before the error"


def test_a_choice_that_was_not_made_leads_to_its_first_box(seats):
    desk = seats("analyst")
    desk.go(reverse("victims:upload"))
    desk.page.click("main form .govuk-button")
    desk.page.click(".govuk-error-summary a[href*=openness]")
    assert focused(desk) == "id_openness_0"
