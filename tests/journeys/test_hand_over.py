"""Two phones at a hand-over: a tick is kept without a new page, and appears on the other phone within five seconds."""

from typing import Any

from django.urls import reverse

from tests.journeys.browser import PHONE
from tests.journeys.scene import Scene

LEFT = ".waits"


def test_a_tick_on_one_phone_appears_on_the_other(seat: Any, scene: Scene):
    address = reverse("referrals:hand_over", args=[scene.ids["to_receive"]])
    receives, gives = seat("shelter_worker"), seat("investigator")
    for phone in (receives, gives):
        phone.resize(PHONE)
        phone.go(address)
        assert phone.page.text_content(LEFT).strip() == "6 left to receive"
    receives.page.evaluate("window.samePage = true")
    receives.page.click(f"#received-{scene.ids['given_thing']}")
    receives.page.get_by_text("5 left to receive").wait_for()
    assert receives.page.evaluate("window.samePage")
    gives.page.get_by_text("5 left to receive").wait_for(timeout=6000)
    assert (receives.said, gives.said) == ([], [])
