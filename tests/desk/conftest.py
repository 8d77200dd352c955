"""A desk on which nothing of the small world's new files waits: every child of them was met."""

from collections.abc import Iterator
from typing import Any

import pytest

from portal.access.work import close_tasks
from tests.copies import copied

MET = ("Mira", "Waiting", "Ended", "Follow", "Conflict", "Short")


@pytest.fixture(scope="package", autouse=True)
def everybody_met(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """A copy for these tests without the first contacts that opening a file made due."""
    with django_db_blocker.unblock(), copied() as copy:
        for name in MET:
            close_tasks(child_id=copy.files[name], codes=["first_contact"], by=copy.cast.social_worker)
        with django_db_blocker.block():
            yield
