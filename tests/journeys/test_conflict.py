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


def assert_page_is_sound(seat):
    for width in (WIDE, PHONE):
        seat.resize(width)
        assert overflow(seat.page) == []
        assert findings(seat.page) == []
        seat.shoot(f"conflict.{width}")
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
    desk.page.wait_for_url("**/care/")
    assert desk.text().count("sent twice") == 1
