"""The wall behind the code: pages whose filters were forgotten still show nobody more than the matrix allows."""

import re

import pytest
from django.urls import reverse

from portal.access import rights, visibility
from portal.access.decide import Decision
from portal.access.identity import acting
from portal.access.rights import sections_open
from tests import world
from tests.attacks import attack
from tests.statements import run
from tests.world import FILES
from victims import closing, search
from victims.models import Child, HealthEntry
from victims.section_pages import BY_SLUG, MODELS

CANARY = re.compile(r"canary-([a-z]+)-([A-Z][a-z]+)")


def crawl(client, files):
    """Return every canary on the pages that lead to files and on those of the files, and the text of all of them."""
    pages = [reverse(name) for name in ("desk:home", "victims:children", "desk:notices")]
    pages += [reverse("victims:new") + "?code_name=M"]
    for child_id in files.values():
        pages += [reverse(f"victims:{name}", args=[child_id]) for name in ("child", "who")]
        pages += [reverse("victims:section", args=[child_id, slug]) for slug in BY_SLUG]
    texts = [client.get(page).content.decode() for page in pages]
    texts += [client.post(reverse("desk:search"), {"q": name}).content.decode() for name in files]
    text = "\n".join(texts)
    return set(CANARY.findall(text)), text


def allowed(person, files):
    """Return what the decision allows: section and file of each canary."""
    with acting(person):
        return {(s.slug, name) for name, child_id in files.items() for s in sections_open(person, child_id)}


@pytest.fixture
def forgotten(monkeypatch):
    """Every filter of the code says yes to everything."""
    everything = lambda model, person, **more: model._default_manager.all()  # noqa: E731
    for module in (visibility, search, closing):
        monkeypatch.setattr(module, "visible", everything)
    monkeypatch.setattr(rights, "decision", lambda *asked: Decision(True, "forgotten", "nothing"))


@pytest.fixture
def files(files):
    return {name: files[name] for name in ("Open", "Sought", "Mira", "Waiting", "Conflict")}


@pytest.mark.parametrize("name", world.PEOPLE)
@attack("D16")
def test_pages_show_what_the_decision_allows(cast, files, browse, name):
    person = getattr(cast, name)
    seen, _text = crawl(browse(person), files)
    matrix = allowed(person, files)
    assert seen <= matrix
    assert {pair for pair in matrix if pair[0] != "summary"} <= seen


@pytest.mark.parametrize("name", ["foreign", "shelter_worker", "ngo_worker", "stranger"])
@attack("D16")
def test_pages_with_forgotten_filters_show_no_more(cast, files, browse, name, request):
    person = getattr(cast, name)
    matrix = allowed(person, files)
    request.getfixturevalue("forgotten")
    client = browse(person)
    client.raise_request_exception = False
    seen, text = crawl(client, files)
    assert seen <= matrix
    offered = {"Waiting"} if name == "ngo_worker" else set()  # its heading stands on My work
    for file in set(files) - {file for _section, file in matrix} - offered:
        assert f"“{file}”" not in text, file


def test_without_the_wall_the_same_crawl_finds_more(cast, files, browse, forgotten, owner):
    """The two tests above can fail: with every policy of a section lifted, its canaries are found."""
    with owner():
        for table in ("victims_careentry", "victims_historicalcareentry", "victims_child", "victims_historicalchild"):
            run(f"CREATE POLICY lifted ON {table} FOR SELECT TO app USING (true)")
    seen, _text = crawl(browse(cast.stranger), {"Mira": files["Mira"]})
    assert ("care", "Mira") in seen


def lifted(*tables):
    """Lift the wall of some tables for reading."""
    for table in tables:
        run(f"CREATE POLICY lifted ON {table} FOR SELECT TO app USING (true)")


@attack("D16")
def test_lists_and_choices_hold_by_themselves_where_the_wall_is_open(cast, files, owner):
    """The filter in front of the wall: with every policy of what lists read lifted, they name the same files."""
    expected = {name: allowed(person, FILES) for name, person in cast.all().items()}
    with owner():
        lifted("victims_child", *(model._meta.db_table for model in MODELS.values()))
        lifted("access_childgrouppermission", "access_childuserpermission")
    named = {child_id: name for name, child_id in FILES.items()}
    for name, person in cast.all().items():
        with acting(person):
            for section, model in MODELS.items():
                found = visibility.visible(model, person).values_list("child_id", flat=True)
                ids = {*found, *visibility.visible_ids(person, section=section, most=100)}
                assert {(section.slug, named[one]) for one in ids} <= expected[name], (name, section)
            ids = {*visibility.visible(Child, person).values_list("pk", flat=True)}
            assert {("summary", named[one]) for one in ids} <= expected[name], name
            assert {named[one] for one in visibility.listed_ids(person, most=100)} == {f for _s, f in expected[name]}


@attack("D22")
def test_timeline_and_differences_hold_by_themselves_where_the_wall_is_open(cast, files, browse, owner):
    with acting(cast.clinician, reason="checked again"):
        entry = HealthEntry.objects.get(child_id=files["Mira"])
        entry.text = "canary-health-Mira, and well"
        entry.save()
        change = HealthEntry.history.get(id=entry.pk, version=entry.version)
    with owner():
        lifted("victims_historicalhealthentry", "victims_historicalinvestigationentry", "victims_investigationentry")
    client, page = browse(cast.ngo_worker), reverse("victims:child", args=[files["Mira"]])
    text = client.get(page).content.decode()
    assert "canary-care-Mira" in text
    assert "canary-investigation-Mira" not in text
    assert reverse("victims:changes", args=[files["Mira"], "health", change.history_id]) not in text
    differences = reverse("victims:changes", args=[files["Mira"], "health", change.history_id])
    assert client.get(differences).status_code == 403
    assert "canary-health-Mira, and well" in browse(cast.clinician).get(differences).content.decode()
