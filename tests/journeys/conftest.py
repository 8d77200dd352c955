"""A browser for the folder, a served copy of the database for each module, and a seat for whoever a test needs."""

import math
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import connections

from tests import world
from tests.journeys import browser as browsers
from tests.journeys import scene as scenes
from tests.journeys import site as sites

HERE = "tests.journeys"
# Some pages open for a few minutes after signing in; whoever sat down longer ago signs in anew.
FRESH = settings.ACCOUNT_REAUTHENTICATION_TIMEOUT / 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.module.__name__.startswith(HERE):  # type: ignore[attr-defined]
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def chromium(django_db_setup: None) -> Iterator[Any]:
    """One browser. Its driver keeps an event loop in this thread: Django has a connection of its own there, if told to."""
    connections.close_all()
    with pytest.MonkeyPatch.context() as patch, browsers.launched() as launched:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        yield launched


@pytest.fixture(scope="module")
def site(django_db_setup: None, django_db_blocker: Any, chromium: Any) -> Iterator[sites.Site]:
    """The portal over a copy of the test database that this module may change."""
    with django_db_blocker.unblock(), sites.opened() as opened:
        yield opened


@pytest.fixture
def seat(chromium: Any, site: sites.Site) -> Iterator[Callable[..., browsers.Seat]]:
    """Give a browser to a person of the cast: seat("social_worker"), or to nobody: seat()."""
    seats: list[browsers.Seat] = []

    def sit(name: str = "", **options: Any) -> browsers.Seat:
        seats.append(browsers.seat(chromium, site, getattr(site.cast, name) if name else None, **options))
        return seats[-1]

    yield sit
    for one in seats:
        one.context.close()


@pytest.fixture(scope="module")
def scene(site: sites.Site) -> scenes.Scene:
    """A day of work in this module's copy, so that every page has something on it."""
    before = dict(world.FILES)
    try:
        return scenes.set_up(site)
    finally:  # what stands in this copy is of no other
        world.FILES.clear()
        world.FILES.update(before)


@pytest.fixture(scope="module")
def seats(chromium: Any, site: sites.Site) -> Iterator[Callable[..., browsers.Seat]]:
    """Give a browser that the module's tests share: whoever sits down signs in, styles and fonts are there already."""
    made: dict[tuple[Any, ...], browsers.Seat] = {}
    cookies: dict[str, tuple[float, dict[str, str]]] = {"": (math.inf, {})}

    def sit(name: str, language: str = "en", *, own: bool = False, **options: Any) -> browsers.Seat:
        since, _ = cookies.get(name, (-math.inf, {}))
        if since < time.monotonic() - FRESH:
            cookies[name] = time.monotonic(), browsers.cookies_of(getattr(site.cast, name))
        key = (name if own else "", *options)
        if key not in made:
            made[key] = browsers.seat(chromium, site, **options)
        made[key].become(cookies[name][1], language)
        return made[key]

    yield sit
    for one in made.values():
        one.context.close()
