"""Odd input: whatever is typed or forged, a page answers; nothing of it reaches the database and comes back as a defect."""

from typing import ClassVar

import pytest
from django.core.handlers.wsgi import WSGIRequest
from django.http import Http404, QueryDict
from django.urls import reverse

from portal.access.identity import acting
from portal.demo.views import person_at
from tests.access.test_routes import FILL, OURS, filled
from tests.statements import value
from victims.models import CareEntry

ODD = ["\0", "a\0b", "abc", "9" * 5000, "-1", "٣", "1e9", "' OR 1=1 --", "2026-02-31", "x" * 3000]
NAMES = """adds_to age_band basis base care_type change choice_text code_name contact_safely desk family_name given_names
  is_known joining kind label language languages look mine_text needs_interpreter next on once person position q reason
  risk sex stage team text theirs_text title together_text until version view"""


@pytest.fixture
def pages(files, cast):
    """Every address, about a file that is open, and the form of a record that exists."""
    addresses = [filled(route).replace(FILL["uuid"], str(files["Mira"])) for route in OURS]
    with acting(cast.social_worker):
        record = CareEntry.objects.get(child_id=files["Mira"])
    return [*addresses, reverse("victims:edit", args=[files["Mira"], "care", record.pk])]


@pytest.fixture
def desk(cast, browse):
    client = browse(cast.social_worker)
    client.raise_request_exception = False
    return client


def test_every_address_answers_every_odd_word_that_is_posted(desk, cast, browse, pages):
    for odd in ODD:
        for page in pages:
            answer = desk.post(page, dict.fromkeys(NAMES.split(), odd))
            assert answer.status_code < 500, (page, odd[:20])
            if page == "/lock/":
                desk.cookies = browse(cast.social_worker).cookies


class Overheard(QueryDict):
    """The words after an address, which notes the names that a page asks for."""

    names: ClassVar[set[str]] = set()

    def __getitem__(self, key):
        self.names.add(key)
        return super().__getitem__(key)

    def getlist(self, key, default=None):
        self.names.add(key)
        return super().getlist(key, default)

    def __contains__(self, key):
        self.names.add(key)
        return super().__contains__(key)


def asked_for(client, page):
    """Open a page and return the names that it looks for in its address."""
    Overheard.names.clear()
    answer = client.get(page)
    return set(Overheard.names) if answer.status_code == 200 else set()


def test_every_address_answers_every_odd_word_that_it_is_asked_with(desk, pages, monkeypatch):
    days = ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "2026-01-01", "2026-01-01T10:00"]
    overheard = property(lambda request: Overheard(request.META.get("QUERY_STRING", ""), encoding=request.encoding))
    monkeypatch.setattr(WSGIRequest, "GET", overheard)
    names = {page: asked_for(desk, page) for page in pages}
    asking = [page for page, found in names.items() if found]
    every = set().union(*names.values())
    assert len(asking) >= 20
    for odd in ODD + days:
        for page in asking:
            assert desk.get(page, dict.fromkeys(every, odd)).status_code < 500, (page, odd[:20])


@pytest.mark.parametrize("base", ["abc", "\0", "9" * 5000, "-1", "99999999999999", ""])
def test_a_form_that_names_no_version_is_joined_with_what_stands(desk, cast, files, base):
    with acting(cast.social_worker):
        record = CareEntry.objects.get(child_id=files["Mira"])
    page = reverse("victims:edit", args=[files["Mira"], "care", record.pk])
    posted = {"on": "2026-01-02", "kind": "wish", "text": "mine", "reason": "r", "version": 7, "base": base}
    answer = desk.post(page, posted)
    assert answer.status_code == 409
    assert "canary-care-Mira" in answer.content.decode()
    assert value("SELECT text FROM victims_careentry WHERE id = %s", record.pk) == "canary-care-Mira"


@pytest.mark.parametrize("desk", ["", "abc", "\0", FILL["uuid"]])
def test_a_desk_that_is_none_is_a_page_that_does_not_exist(db, desk):
    with pytest.raises(Http404):
        person_at(desk)


def test_nobody_outside_the_cast_has_a_desk(cast):
    with pytest.raises(Http404):
        person_at(str(cast.social_worker.pk))
