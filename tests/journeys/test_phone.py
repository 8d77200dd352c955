"""On a phone: tabs scroll to the current one, tables stack with their labels, and nothing stands out sideways."""

import pytest
from django.urls import reverse

from tests.journeys.browser import PHONE, SMALL_PHONE, TABLET, WIDE, overflow

HAND = {"viewport": {"width": PHONE, "height": 844}, "has_touch": True, "is_mobile": True}
STACKED = """() => [...document.querySelectorAll("main table:not(.keeps) tbody td")]
    .filter((cell) => cell.checkVisibility() && cell.textContent.trim())
    .map((cell) => getComputedStyle(cell, "::before").content.replaceAll('"', ""))"""
SIDEWAYS = """() => {
    const current = document.querySelector(".tabs [aria-current]").getBoundingClientRect();
    const list = document.querySelector(".tabs ul");
    return {scrolls: list.scrollWidth > list.clientWidth, left: current.left, right: current.right};
}"""
SMALL = """() => [...document.querySelectorAll(":is(.head, .nav, .tabs, .foot, .actions, .buttons, .tiles) :is(a, button)")]
    .filter((element) => element.checkVisibility())
    .map((element) => [element.getBoundingClientRect(), element.outerHTML.slice(0, 100)])
    .filter(([box]) => Math.min(box.width, box.height) < 30).map(([box, html]) => `${box.width} x ${box.height}: ${html}`)"""


@pytest.fixture
def phone(seats, scene):
    return lambda **more: seats("social_worker", **HAND, **more)


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize(("name", "slug"), [("child", ""), ("section", "legal"), ("who", ""), ("looks", "")])
def test_current_tab_stands_in_view(phone, scene, name, slug, language):
    hand = phone(language=language)
    hand.go(reverse(f"victims:{name}", args=[scene.file("Mira"), *filter(None, [slug])]))
    tabs = hand.page.evaluate(SIDEWAYS)
    assert tabs["scrolls"]
    assert tabs["left"] >= 0
    assert tabs["right"] <= PHONE
    assert overflow(hand.page) == []


@pytest.mark.parametrize("name", ["children", "who", "looks", "child"])
def test_tables_stack_and_say_what_each_cell_is(phone, scene, name):
    hand = phone()
    hand.go(reverse(f"victims:{name}", args=[] if name == "children" else [scene.file("Mira")]))
    labels = hand.page.evaluate(STACKED)
    assert len(labels) > 3
    assert "none" not in labels
    assert hand.page.evaluate("getComputedStyle(document.querySelector('main thead')).position") == "absolute"


def test_tables_say_what_each_cell_is_without_script_too(phone, scene):
    hand = phone(java_script_enabled=False)
    hand.go(reverse("victims:who", args=[scene.file("Mira")]))
    cells = hand.page.locator("main tbody td").filter(has_text="2027")
    assert cells.count() > 0
    assert {cell.get_attribute("data-label") for cell in cells.all()} == {"Until"}


def test_search_opens_over_the_header_and_finds(phone):
    hand = phone()
    hand.go("/")
    hand.page.tap("#find")
    assert hand.page.locator("#find").bounding_box()["width"] > 300
    hand.page.fill("#find", "Mira")
    with hand.page.expect_navigation():
        hand.press("Enter")
    assert "“Mira”" in hand.text()


@pytest.mark.parametrize("address", ["desk:home", "desk:notices", "victims:children", "victims:new"])
def test_what_is_pressed_is_wide_and_high_enough(phone, address):
    hand = phone()
    hand.go(reverse(address))
    assert hand.page.evaluate(SMALL) == []


def test_a_page_comes_before_what_stands_beside_it(phone, scene):
    hand = phone()
    hand.go(reverse("victims:child", args=[scene.file("Mira")]))
    main, aside = (
        hand.page.locator(".columns__main").bounding_box(),
        hand.page.locator(".columns__aside").bounding_box(),
    )
    assert aside["y"] > main["y"] + main["height"] - 1


@pytest.mark.parametrize("width", [TABLET, PHONE, SMALL_PHONE])
def test_who_is_signed_in_stays_in_the_header_by_initials(seats, scene, width):
    desk = seats("social_worker")
    desk.resize(width)
    desk.go("/")
    assert desk.page.locator(".head__initials").inner_text() == "AF"
    assert "A. Ferreira, social worker" in desk.page.locator(".head__person").inner_text()  # hidden from eyes alone
    assert desk.page.locator(".head__full").bounding_box()["width"] <= 1
    assert overflow(desk.page) == []


@pytest.mark.parametrize("language", ["en", "ar"])
def test_the_closed_mark_of_a_fold_points_one_way(seats, scene, language):
    desk = seats("social_worker", language)
    desk.resize(WIDE)
    desk.go(reverse("victims:child", args=[scene.file("Mira")]))
    mark = desk.page.evaluate("""() => {
        const style = getComputedStyle(document.querySelector("details summary"), "::before");
        return [style.borderLeftWidth, style.borderRightWidth, style.clipPath];
    }""")
    point = "0% 50%" if language == "ar" else "100% 50%"
    assert (float(mark[0][:-2]) > float(mark[1][:-2])) == (language == "en")
    assert point in mark[2]
