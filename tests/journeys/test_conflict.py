"""Two people write at once: nothing typed is lost, and one press saves once."""

import pytest
from django.urls import reverse

from tests.journeys.browser import PHONE, WIDE, findings, overflow

THEIRS = "Sleeps well; attends school. Cried after a phone call on Sunday."
MINE = "Sleeps well; attends school and the choir. Asked about her aunt."
JOINED = "Sleeps well; attends school and the choir. Cried after a phone call on Sunday. Asked about her aunt."


@pytest.fixture
def entry(scene):
    return reverse("victims:edit", args=[scene.file("Mira"), "care", scene.ids["entry"]])


def write(seat, text, reason, **more):
    seat.page.fill("#id_text", text)
    seat.page.fill("#id_reason", reason)
    for name, value in more.items():
        seat.page.select_option(f"#id_{name}", value)


def save(seat):
    with seat.page.expect_navigation() as answer:
        seat.page.click("main form .govuk-button")
    return answer.value


def test_the_second_to_save_joins_both_texts(seat, scene, entry):
    first, second = seat("ngo_worker"), seat("social_worker")
    first.go(entry)
    second.go(entry)
    write(first, THEIRS, "heard it on Sunday", kind="alert")
    save(first)
    write(second, MINE, "she told me")
    assert save(second).status == 409
    assert "Someone else saved this while you were writing" in second.page.inner_text("h1")
    assert "Nothing you typed is lost." in second.text()
    assert "M. Haddad, Casa Aurora saved this" in second.text()
    assert (THEIRS in second.text(), MINE in second.text()) == (True, True)
    assert second.page.locator("input[type=radio]:checked").count() == 0
    assert_page_is_sound(second)

    assert save(second).status == 409  # nothing was chosen: it is asked again, with both texts
    assert (THEIRS in second.text(), MINE in second.text()) == (True, True)
    second.page.check("input[value=together]")
    second.page.fill("textarea[name=together_text]", JOINED)
    assert save(second).status == 200
    assert JOINED in second.text()
    assert saved(scene)[-2:] == [("alert", THEIRS), ("alert", JOINED)]


def test_a_browser_that_was_killed_loses_nothing_and_keeps_nothing(seat, scene):
    page = reverse("victims:note", args=[scene.file("Mira"), "care"])
    first = seat("social_worker")
    first.page.clock.install()
    first.go(page)
    first.page.fill("#id_body", "She asked for")
    with first.page.expect_response("**/drafts/"):
        first.page.clock.run_for(11_000)  # while the field has the focus
    first.page.locator("#id_body").press_sequentially(" her aunt.")
    with first.page.expect_response("**/drafts/"):
        first.page.keyboard.press("Tab")
    first.page.wait_for_function("document.querySelector('[data-kept]').textContent.startsWith('Kept ')")
    assert first.page.evaluate(STORED) == '{} {"htmx-current-path-for-history":"' + page + '"}'
    first.context.close()
    again = seat("social_worker", language="ar")
    again.go(page)
    assert again.page.input_value("#id_body") == "She asked for her aunt."
    assert findings(again.page) == []
    save(again)
    again.go(page)
    assert again.page.input_value("#id_body") == ""


def test_words_typed_last_go_along_when_the_page_is_left(seat, scene):
    page = reverse("victims:note", args=[scene.file("Mira"), "care"])
    desk = seat("social_worker")
    desk.go(page)
    desk.page.locator("#id_body").press_sequentially("typed at last")
    with desk.page.expect_request("**/drafts/"):
        desk.page.evaluate("location.href = '/'")
    desk.page.wait_for_load_state()
    desk.page.wait_for_timeout(300)
    desk.go("/")
    assert "Not saved yet" in desk.text()
    desk.go(page)
    assert desk.page.input_value("#id_body") == "typed at last"
    desk.page.get_by_role("link", name="Throw it away").click()
    with desk.page.expect_navigation():
        desk.page.get_by_role("button", name="Throw it away").click()
    desk.go(page)
    assert desk.page.input_value("#id_body") == ""


def test_a_session_that_ends_while_somebody_types_leads_back_to_the_words(seat, scene):
    page = reverse("victims:note", args=[scene.file("Mira"), "care"])
    desk = seat("social_worker")
    desk.go(page)
    cookies = desk.context.cookies()
    desk.context.add_cookies([{**one, "value": "ended"} for one in cookies if one["name"] == "identity"])
    desk.page.fill("#id_body", "typed after the end")
    desk.page.keyboard.press("Tab")
    desk.page.wait_for_selector("text=You were signed out. Press save")
    save(desk)
    assert "Your text is kept: sign in, and it stands in its form again." in desk.text()


def test_an_open_form_says_within_half_a_minute_that_somebody_saved(seat, scene, entry):
    first, second = seat("ngo_worker"), seat("social_worker")
    second.page.clock.install()
    second.go(entry)
    first.go(entry)
    write(first, "Slept well.", "heard it on Monday")
    save(first)
    with second.page.expect_response("**/drafts/saved/"):
        second.page.clock.run_for(21_000)
    second.page.wait_for_selector("text=M. Haddad, Casa Aurora saved this")
    assert_page_is_sound(second, "saved-meanwhile")


STORED = """async () => [JSON.stringify(localStorage), JSON.stringify(sessionStorage),
    ...(await indexedDB.databases()).map(({name}) => name), ...(self.caches ? await caches.keys() : [])].join(" ")"""


def assert_page_is_sound(seat, name="conflict"):
    for width in (WIDE, PHONE):
        seat.resize(width)
        assert overflow(seat.page) == []
        assert findings(seat.page) == []
        seat.shoot(f"{name}.{width}")
    seat.resize(WIDE)
    assert seat.said == []


def saved(scene):
    """Return what was saved, from the first version to the last."""
    history = "SELECT kind, text FROM victims_historicalcareentry WHERE id = %s ORDER BY version"
    with scene.site.copy.connect() as other:
        return other.execute(history, [scene.ids["entry"]]).fetchall()


def test_two_presses_save_one_record(seat, scene):
    desk = seat("social_worker")
    desk.go(reverse("victims:add", args=[scene.file("Mira"), "care"]))
    desk.page.select_option("#id_kind", index=1)
    desk.page.fill("#id_text", "pressed twice")
    with desk.page.expect_navigation():
        desk.page.dblclick("main form .govuk-button")
    assert desk.text().count("pressed twice") == 1


def test_two_presses_without_script_save_one_record(seat, scene):
    """Without a script the second press is sent as well; it is answered with what the first one saved."""
    desk = seat("social_worker", java_script_enabled=False)
    desk.go(reverse("victims:add", args=[scene.file("Mira"), "care"]))
    desk.page.select_option("#id_kind", index=1)
    desk.page.fill("#id_text", "sent twice")
    desk.page.dblclick("main form .govuk-button", no_wait_after=True)
    desk.page.locator("main", has_text="sent twice").wait_for()  # the second press may break off the first one's answer
    assert desk.page.url.endswith("/care/")
    assert desk.text().count("sent twice") == 1
