"""The test database, migrated once and met as the application's role, and the cast that every test shares."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

LONGEST = ("embedded/test_launcher", "journeys/", "embedded/", "bench/", "access/")


@pytest.fixture(scope="session")
def django_db_setup(django_db_blocker):
    """Migrate the empty database as its owner, build the small world in it, then go on as the application's role."""
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    from portal.accounts.network import network
    from tests import copies, world

    settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)
    with django_db_blocker.unblock():
        call_command("migrate", verbosity=0)
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM accounts_person")
            empty = cursor.fetchone()[0] == 0
        if empty:
            copies.keep_empty()
            world.build_people()
        become_app(connection)
        if empty:
            world.build_files()
            world.recall()
            with as_owner():
                world.fill_everything()
        world.recall()
        network()  # read once here, so that no test counts it


def pytest_sessionstart(session: pytest.Session) -> None:
    """Look for garbage less often: what the libraries made lives until the end, and looking at it takes long."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put what takes longest first, so that of the workers side by side none has a long file left at the end."""
    items.sort(key=lambda item: next((n for n, name in enumerate(LONGEST) if name in item.nodeid), len(LONGEST)))


def become_app(connection) -> None:
    """Use the application's role on this and every later connection."""
    connection.close()
    connection.settings_dict["OPTIONS"]["assume_role"] = "app"


@contextmanager
def as_role(name: str) -> Iterator[None]:
    """Do something as another role on the test's own connection."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        before = cursor.fetchone()[0]
        cursor.execute(f"SET ROLE {name}")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"SET ROLE {before}")


@contextmanager
def as_owner() -> Iterator[None]:
    """Do something as the owner of the tables on the test's own connection."""
    from portal.access import router

    with as_role("owner"), router.as_owner():
        yield


@pytest.fixture
def owner():
    return as_owner


@pytest.fixture
def cast(db):
    """The people of the small world, each with an identity of this test."""
    from tests.world import Cast

    return Cast()


@pytest.fixture
def files(cast):
    """The files of the small world by name, as plain ids: a test opens them as somebody."""
    from tests.world import FILES

    return dict(FILES)


@pytest.fixture(autouse=True)
def data_folder(tmp_path, settings):
    settings.MEDIA_ROOT = tmp_path / "files"
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture(autouse=True)
def in_english():
    """A page that an earlier test read in Arabic leaves its language behind."""
    from django.utils import translation

    translation.activate("en")


@pytest.fixture(autouse=True)
def twelve_files():
    """What a test calls a file that it opens is known to that test alone."""
    from tests.world import FILES

    before = dict(FILES)
    yield
    FILES.clear()
    FILES.update(before)


DATA = Path(__file__).parent / "data"


@pytest.fixture
def browse(db):
    """Sign a person in on a test client, second factor included: browse(person).get("/")."""
    return signed_in


def signed_in(person):
    """Return a test client on which the person has signed in, second factor included."""
    from django.conf import settings
    from django.contrib.auth import login
    from django.http import HttpRequest
    from django.test import Client

    client = Client()
    request = HttpRequest()
    request.session = client.session
    login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session["account_authentication_methods"] = [{"method": "mfa", "at": 0}]
    request.session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = request.session.session_key
    client.cookies[settings.IDENTITY_COOKIE_NAME] = person.identity.secret
    return client


@pytest.fixture
def clone(django_db_setup, django_db_blocker):
    """A copy of the test database in which everything commits, for races and for what a second connection sees."""
    from tests.copies import copied

    with django_db_blocker.unblock(), copied() as copy:
        yield copy


@pytest.fixture
def new_portal(django_db_setup, django_db_blocker):
    """The database of a portal in which nobody has done anything yet."""
    from portal.accounts import network
    from tests.copies import copied

    network.forget()
    with django_db_blocker.unblock(), copied(is_empty=True) as copy:
        yield copy
    network.forget()
