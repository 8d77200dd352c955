"""Every page in both directions of reading: WCAG A and AA, no page wider than its window, and the rules of the frame."""

import os
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import translation

from portal.audit import clock
from portal.audit.sealing import seal
from portal.audit.verification import verify_and_keep
from portal.casework import code_names
from tests.audit.test_macs import FORGE, FORGED
from tests.audit.test_proof import KEY, OLD_EVENT, PUBLIC, tamper
from tests.conftest import as_owner, signed_in
from tests.journeys.browser import PHONE, SMALL_PHONE, TABLET, WIDE, Seat, findings, overflow
from tests.journeys.pages import NO_PAGES, PAGES, SELDOM, Shown, names
from tests.journeys.scene import Scene
from tests.world import DAY

Seats = Callable[[str, str], Seat]
EVERY = "SAFE_RETURN_EVERY_PAGE" in os.environ
LANGUAGES = {"en": "ltr", "ar": "rtl"}
FRAME = """() => {
    const seen = (element) => element.checkVisibility();
    const all = (selector) => [...document.querySelectorAll(selector)].filter(seen);
    const green = ".govuk-button:not(.govuk-button--secondary, .govuk-button--warning, .govuk-button--inverse)";
    const named = (svg) => svg.getAttribute("role") === "img" && svg.getAttribute("aria-label");
    const hidden = (svg) => svg.closest("[aria-hidden=true]");
    const wordless = (svg) => !svg.parentElement.closest("a, button, li, p, td, th, strong, span, div").textContent.trim();
    const parts = ["header", "main", "footer"].map((name) => document.querySelectorAll(name).length);
    return {
        lang: document.documentElement.lang,
        dir: document.documentElement.dir,
        headings: all("h1").length,
        skipped: all("h1, h2, h3, h4").map(({tagName}) => +tagName[1]).filter((level, place, levels) =>
            place && level > levels[place - 1] + 1),
        green: all(green).map(({textContent}) => textContent.trim()),
        icons: all("svg").filter((svg) => !named(svg) && (!hidden(svg) || wordless(svg))).map(({outerHTML}) => outerHTML),
        tokenless: all("form[method=post]").filter((form) => !form.elements.csrfmiddlewaretoken).map(({action}) => action),
        duplicates: [...document.querySelectorAll("[id]")].map(({id}) => id).filter((id, place, ids) => ids.indexOf(id) < place),
        styled: document.querySelectorAll("main [style]").length,
        parts,
    };
}"""


def assert_sound(seat: Seat, language: str, widths: tuple[int, ...], name: str) -> None:
    """Hold an opened page against everything that holds for every page."""
    frame = seat.page.evaluate(FRAME)
    assert (frame["lang"], frame["dir"]) == (language, LANGUAGES[language])
    assert frame["headings"] == 1
    assert len(frame["green"]) <= 1 or name.startswith("components")
    assert (frame["skipped"], frame["icons"], frame["duplicates"], frame["styled"]) == ([], [], [], 0)
    assert frame["tokenless"] == [], "these forms would be refused"
    for width in widths:
        seat.resize(width)
        assert overflow(seat.page) == [], f"at {width} px"
        assert findings(seat.page) == [], f"at {width} px"
        seat.shoot(f"{name}.{language}.{width}")
    assert seat.said == []


def shown() -> Iterator[Any]:
    """Every page in English; in Arabic one page of each template, and every page where SAFE_RETURN_EVERY_PAGE is set."""
    met = {page.name for page in SELDOM}
    for page in PAGES:
        yield pytest.param(page, "en", id=f"{page.id}-en")
        if EVERY or page.name not in met:
            yield pytest.param(page, "ar", id=f"{page.id}-ar")
        met.add(page.name)


@pytest.mark.parametrize(("page", "language"), list(shown()))
def test_page(seats: Seats, scene: Scene, page: Shown, language: str):
    seat = seats(page.who, language)
    seat.resize(WIDE)
    assert seat.go(page.address(scene)).status == page.status
    assert seat.page.url == scene.site.url + page.address(scene), "it led elsewhere"
    assert_title(seat, scene, page, language)
    widths = (WIDE, TABLET, PHONE, SMALL_PHONE) if page.is_main else (WIDE, PHONE)
    assert_sound(seat, language, widths, page.id)


def assert_title(seat: Seat, scene: Scene, page: Shown, language: str) -> None:
    """The tab says the page and the number of the file; never a code name: others may look over the shoulder."""
    title = seat.page.title()
    assert title.partition(" – ")[0].strip()
    if page.file:
        with translation.override(language):
            names = {page.file, code_names.shown(page.file)}
        assert not names & set(re.findall(r"\w+", title))
        number = scene.site.copy.value("SELECT case_number FROM victims_child WHERE id = %s", scene.file(page.file))
        assert number in title or page.status != 200


# Pages that follow a form or a mistake


def search(words: str) -> Callable[[Seat, Scene], None]:
    def look(seat: Seat, scene: Scene) -> None:
        seat.go("/")
        seat.page.fill("#find", words)
        seat.press("Enter")
        seat.page.wait_for_url("**/search/")

    return look


def look_first(words: str) -> Callable[[Seat, Scene], None]:
    def look(seat: Seat, scene: Scene) -> None:
        seat.go(reverse("victims:new"))
        seat.page.fill("#id_code_name", words)
        seat.page.click("main .govuk-button")
        seat.page.wait_for_selector("#id_sex")

    return look


def sent_empty(name: str) -> Callable[[Seat, Scene], None]:
    """Send the form of a page with nothing filled in."""

    def send(seat: Seat, scene: Scene) -> None:
        page = next(page for page in PAGES if page.id == name)
        seat.go(page.address(scene))
        for field in seat.page.locator("main form [required], main form input[type=date], main form textarea").all():
            if field.evaluate("field => !field.matches('[type=radio], [type=checkbox], [type=file], select')"):
                field.fill("")
        seat.page.locator("main form .govuk-button[type=submit]").first.click()
        seat.page.wait_for_selector(".govuk-error-summary")

    return send


def previewed(seat: Seat, scene: Scene) -> None:
    """See what a team will see, overview and care plan, before it is given anything."""
    page = next(page for page in PAGES if page.id == "give_access-Mira-social_worker-agency")
    seat.go(page.address(scene))
    seat.page.select_option("[name=team]", index=1)
    seat.page.check("[name=view][value='6']")
    seat.page.fill("[name=until]", (clock.now() + DAY).date().isoformat())
    seat.page.fill("[name=reason]", "needed")
    seat.page.click("[name=show][value=first]")
    seat.page.wait_for_selector("#timeline")
    seat.page.click("[name=show][value=plan]")
    seat.page.wait_for_selector("#goals")


def stranger(address: str) -> Callable[[Seat, Scene], None]:
    return lambda seat, scene: None if seat.go(address) else None


STATES = {
    "search-found": ("social_worker", search("Mi")),
    "search-by-name": ("social_worker", search("Identity")),
    "search-nothing": ("social_worker", search("Nobody")),
    "search-wrong-digit": ("social_worker", search("VC-2026-0041207-1")),
    "new-found": ("social_worker", look_first("Mi")),
    "new-nothing": ("social_worker", look_first("Nobody")),
    "error-care": ("social_worker", sent_empty("add-care-Mira-social_worker")),
    "error-edit": ("social_worker", sent_empty("edit-care-Mira-social_worker")),
    "error-access": ("social_worker", sent_empty("give_access-Mira-social_worker-agency")),
    "preview": ("social_worker", previewed),
    "error-note": ("social_worker", sent_empty("note-care-Mira-social_worker")),
    "error-attach": ("social_worker", sent_empty("attach-care-Mira-social_worker")),
    "error-task": ("social_worker", sent_empty("task_done-social_worker")),
    "error-upload": ("analyst", sent_empty("upload-analyst")),
    "error-match": ("analyst", sent_empty("match-analyst")),
    "error-clue": ("analyst", sent_empty("add_evidence-clues-analyst")),
    "error-word": ("keeper", sent_empty("add_word-care_kind-keeper")),
    "error-sign-in": ("", sent_empty("account_login-nobody")),
    "not-found": ("stranger", stranger("/nowhere/")),
}


BOTH = {"search-wrong-digit", "new-nothing", "error-edit", "error-access", "not-found"}


@pytest.mark.parametrize(
    ("state", "language"),
    [(state, language) for state in STATES for language in LANGUAGES if EVERY or language == "en" or state in BOTH],
)
def test_page_that_follows(seats: Seats, scene: Scene, state: str, language: str):
    who, reach = STATES[state]
    seat = seats(who, language)
    seat.resize(WIDE)
    reach(seat, scene)
    assert_sound(seat, language, (WIDE, PHONE), state)


@pytest.fixture(scope="module")
def altered(scene: Scene) -> None:
    """A file with an event that the portal did not write, found by the comparison with the keys."""
    with as_owner():
        look = f"(SELECT id FROM audit_event WHERE child_id = '{scene.file('Mira')}' ORDER BY recorded, id LIMIT 1)"
        tamper(FORGE.format(mac="''").replace(OLD_EVENT, look))
        seal(KEY)
        verify_and_keep(PUBLIC, settings.EVENT_KEYS)


@pytest.mark.parametrize("name", ["history", "checkpoints"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_page_of_an_altered_record(seats: Seats, scene: Scene, altered: None, name: str, language: str):
    seat = seats("auditor", language)
    seat.resize(WIDE)
    seat.go(reverse(f"desk:{name}", args=[scene.file("Mira")] if name == "history" else []))
    faults = seat.page.locator("main li", has_text=FORGED)
    assert faults.evaluate("li => [li.closest('[lang]').lang, getComputedStyle(li.parentElement).direction]") == [
        "en",
        "ltr",
    ]
    assert_sound(seat, language, (WIDE, PHONE), f"{name}-altered")


# Nothing is forgotten


def test_every_address_is_a_page_here_or_none():
    assert set(names()) == {page.name for page in (*PAGES, *NO_PAGES)}


@pytest.mark.parametrize("page", NO_PAGES, ids=lambda page: page.name)
def test_these_are_no_pages(scene: Scene, page: Shown):
    person = getattr(scene.cast, page.who)
    answer = signed_in(person).get(page.address(scene))
    assert answer.status_code != 200 or b"<html" not in answer.content
