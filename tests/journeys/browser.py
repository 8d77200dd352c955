"""Chromium, one context for each person, and what a page said while it was open."""

import functools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from allauth.account.internal.flows.login import record_authentication
from django.conf import settings
from django.http import HttpRequest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Response, sync_playwright

from portal.embedded.bootstrap import BROWSERS, find_browser
from tests.conftest import signed_in
from tests.journeys.site import Site

QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-features=RenderDocument,PaintHolding,HttpsUpgrades,MediaRouter,OptimizationHints,Translate",
)
HEIGHT = 900
WIDE, TABLET, PHONE, SMALL_PHONE = 1280, 820, 390, 320
MISSING = (
    f"The browser tests need Chromium and found none: install it (on Debian: apt-get install {BROWSERS[0]}),"
    " or run python3 manage.py test without arguments, which does so where it may."
)
SHOTS = os.environ.get("SAFE_RETURN_SHOTS")  # a folder: pictures of what the tests saw are kept there


@contextmanager
def launched() -> Iterator[Browser]:
    """Start Chromium, and end it; say how to get it where it is not."""
    path = find_browser()
    if path is None:
        pytest.fail(MISSING, pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(QUIET))
        try:
            yield browser
        finally:
            browser.close()


class Seat:
    """One person at one browser: a page, and everything that it wrote to its console."""

    def __init__(self, context: BrowserContext, site: Site) -> None:
        self.context = context
        self.site = site
        self.said: list[str] = []
        self.page: Page = context.new_page()
        self.page.set_default_timeout(10_000)
        self.page.on("console", self.hear)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))

    def hear(self, message: ConsoleMessage) -> None:
        """Keep what the console says; that the page's own answer is a 404 or a 409 is no news."""
        if message.text.startswith("Failed to load resource") and message.location.get("url") == self.page.url:
            return
        self.said.append(f"{message.type}: {message.text}")

    def go(self, address: str, wait: str = "load") -> Response:
        """Open an address of the portal."""
        self.said.clear()
        response = self.page.goto(self.site.url + address, wait_until=wait)
        assert response is not None
        return response

    def become(self, cookies: dict[str, str], language: str) -> None:
        """Let a person with these cookies sit here."""
        wanted = {settings.LANGUAGE_COOKIE_NAME: language} | cookies
        self.context.clear_cookies()
        self.context.add_cookies(
            [{"name": name, "value": value, "url": self.site.url} for name, value in wanted.items()]
        )

    def resize(self, width: int) -> None:
        self.page.set_viewport_size({"width": width, "height": HEIGHT})

    def text(self) -> str:
        """Return the words of the page as its reader sees them."""
        return self.page.locator("main").inner_text()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def shoot(self, name: str) -> None:
        """Keep a picture of the whole page, where a folder for them was named."""
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def seat(browser: Browser, site: Site, person: Any = None, *, language: str = "en", **options: Any) -> Seat:
    """Give a person a browser of their own, signed in, second factor included."""
    options.setdefault("viewport", {"width": WIDE, "height": HEIGHT})
    context = browser.new_context(locale=language, **options)
    context.add_init_script(axe_source())  # the page's own policy holds for its own scripts all the same
    made = Seat(context, site)
    made.become(cookies_of(person) if person else {}, language)
    return made


def cookies_of(person: Any) -> dict[str, str]:
    """Return the cookies of a person who has just signed in and just proved it again."""
    client = signed_in(person)
    request = HttpRequest()
    request.session = client.session
    for method in ("password", "mfa"):
        record_authentication(request, person, method, reauthenticated=True)
    request.session.save()
    return {name: morsel.value for name, morsel in client.cookies.items()}


@functools.cache
def axe_source() -> str:
    return (Path(__file__).parent.parent / "vendor" / "axe" / "axe.min.js").read_text("utf-8")


FIND = """async () => {
    const rules = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"];
    const options = {runOnly: {type: "tag", values: rules}, resultTypes: ["violations"], preload: false};
    const found = await axe.run(document, options);
    return found.violations.flatMap(({id, nodes}) => nodes.map((node) => `${id}: ${node.html.slice(0, 200)}`
        + ` ${node.any.concat(node.all, node.none).map(({message}) => message).join("; ").slice(0, 200)}`));
}"""


def findings(page: Page) -> list[str]:
    """Return what axe finds against WCAG 2.0, 2.1 and 2.2, levels A and AA."""
    return page.evaluate(FIND)


OVERFLOW = """() => {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    const out = (box) => box.right > root.clientWidth + 1 || box.left < -1;
    const scrolls = (element) => element && (getComputedStyle(element).overflowX !== "visible" || scrolls(element.parentElement));
    const wide = [...document.querySelectorAll("body *")].filter((element) =>
        out(element.getBoundingClientRect()) && !scrolls(element));
    return [`${root.scrollWidth} px`, ...wide.slice(0, 5).map((element) => element.outerHTML.slice(0, 120))];
}"""


def overflow(page: Page) -> list[str]:
    """Return what stands out of the page sideways."""
    return page.evaluate(OVERFLOW)
