"""The pace of bed searches, and the list for paper."""

import pytest
from django.core.cache import cache
from django.urls import reverse

from tests.posted import form_with
from tests.shelters.test_pages import find, words
from tests.statements import count_events, last_event, value


@pytest.fixture
def slow(settings):
    """Two searches in a minute."""
    cache.clear()
    settings.BED_SEARCHES = 2
    yield
    cache.clear()


def test_search_again_and_again_is_refused_on_record(cast, files, house, browse, slow):
    answers = [find(browse, cast.social_worker, files["Waiting"], stay="days") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "Wait one minute" in words(answers[-1])
    assert "Rua Clara" not in words(answers[-1])
    assert answers[-1]["Retry-After"] == "60"
    event = last_event(kind="refusal")
    assert (event["reason_code"], event["person_id"]) == ("too_many_bed_searches", cast.social_worker.pk)


def test_search_without_a_file_is_counted_with_the_others(cast, files, house, browse, slow):
    client = browse(cast.social_worker)
    form = form_with(client.get(reverse("shelters:find")), "stay")
    statuses = [client.post(reverse("shelters:find"), form).status_code for _ in range(2)]
    assert statuses == [200, 200]
    assert find(browse, cast.social_worker, files["Waiting"], stay="days").status_code == 429


def test_bed_is_held_at_any_pace_and_others_are_not_slowed(cast, files, house, browse, slow):
    for _ in range(3):
        find(browse, cast.social_worker, files["Waiting"], stay="days")
    client = browse(cast.shelter_worker)
    form = form_with(client.get(reverse("shelters:find")), "stay")
    assert client.post(reverse("shelters:find"), form).status_code == 200
    assert find(browse, cast.social_worker, files["Waiting"], hold=str(house.pk)).status_code == 302


def test_list_for_paper_says_needs_and_shelters_and_names_no_child(cast, files, house, browse):
    needs = {"must": ["night_staff"], "print": "yes"}
    answer = find(browse, cast.social_worker, files["Waiting"], **needs)
    text = words(answer)
    for part in ("Printed by A. Ferreira", "Rua Clara shelter", "No awake staff at night", "Must have"):
        assert part in text, part
    assert "Waiting" not in text
    assert "canary-street" not in text
    event = last_event(kind="print list of beds")
    assert (event["child_id"], event["entities"]) == (files["Waiting"], [house.pk])


def test_list_for_paper_without_a_file_is_on_record_too(cast, house, browse):
    client = browse(cast.social_worker)
    form = form_with(client.get(reverse("shelters:find")), "stay")
    before = count_events(kind="look for a bed")
    assert "Beds tonight" in words(client.post(reverse("shelters:find"), form | {"print": "yes"}))
    assert last_event(kind="print list of beds")["child_id"] is None
    assert count_events(kind="look for a bed") == before
    assert value("SELECT count(*) FROM shelters_placement") == 0
