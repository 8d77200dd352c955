"""Every page of a file opens for whoever holds it."""

import pytest
from django.urls import reverse

from victims.section_pages import BY_SLUG

HELD = {
    "Mira": {
        "social_worker": {"summary", "identity", "whereabouts", "care", "legal", "health"},
        "shelter_worker": {"summary", "care", "whereabouts"},
        "ngo_worker": {"summary", "care"},
        "clinician": {"summary", "health", "therapy"},
    },
    "Sought": {"investigator": {"summary", "identity", "whereabouts", "legal", "investigation", "suspects"}},
    "Follow": {"investigator": {"suspects", "legal"}},
}


@pytest.mark.parametrize(("file", "name"), [(file, name) for file, names in HELD.items() for name in names])
def test_sections_open_exactly_as_held(cast, files, browse, file, name):
    client = browse(getattr(cast, name))
    for slug in BY_SLUG:
        response = client.get(reverse("victims:section", args=[files[file], slug]))
        assert response.status_code == (200 if slug in HELD[file][name] else 403), slug
        if response.status_code == 200:
            assert f"canary-{slug}-{file}" in response.content.decode()


@pytest.mark.parametrize("page", ["child", "who", "looks"])
def test_summary_pages_open(cast, files, browse, page):
    response = browse(cast.social_worker).get(reverse(f"victims:{page}", args=[files["Mira"]]))
    assert response.status_code == 200
    assert "Mira" in response.content.decode()


@pytest.mark.parametrize("name", ["social_worker", "analyst", "stranger", "supervisor"])
@pytest.mark.parametrize("page", ["desk:home", "victims:children", "desk:notices", "desk:components"])
def test_own_pages_open(cast, browse, name, page):
    assert browse(getattr(cast, name)).get(reverse(page)).status_code == 200


def test_a_stranger_finds_nothing(cast, files, browse):
    client = browse(cast.stranger)
    for child_id in files.values():
        assert client.get(reverse("victims:child", args=[child_id])).status_code == 404
        for section in BY_SLUG:
            assert client.get(reverse("victims:section", args=[child_id, section])).status_code == 404
    text = client.get(reverse("victims:children")).content.decode() + client.get("/").content.decode()
    assert not any(str(child_id) in text for child_id in files.values())
    assert "VC-" not in text
