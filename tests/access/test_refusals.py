"""The two refusals: 403 for somebody on the file, else the very page of a file that does not exist; both on record."""

import re
import uuid

import pytest
from django.http import HttpResponse
from django.urls import URLPattern, get_resolver, reverse

from portal.access.opens import WRITE, opens, opens_found, opens_network
from portal.access.sections import Section
from tests.attacks import attack
from tests.statements import count_events, last_event, rows

NONCES = re.compile(  # and the minute at the foot of the page
    rb'(csrfmiddlewaretoken" value=|X-CSRFToken": )"[^"]+"|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}|"printed">[^<]+'
)
PAGES = ["child", "summary", "who", "give_access", "looks"]
SLUGS = ["identity", "whereabouts", "care", "health", "therapy", "legal", "investigation", "suspects"]


def addresses(child_id):
    """Every address under a file that names nothing but the file."""
    found = [reverse(f"victims:{name}", args=[child_id]) for name in PAGES]
    for slug in SLUGS:
        found += [reverse(f"victims:{name}", args=[child_id, slug]) for name in ("section", "add", "note", "attach")]
    other = uuid.uuid4()
    found += [
        reverse("victims:edit", args=[child_id, "care", other]),
        reverse("victims:attachment", args=[child_id, "care", other]),
    ]
    found += [
        reverse("victims:end_access", args=[child_id, other]),
        reverse("victims:changes", args=[child_id, "care", other]),
    ]
    return found + [reverse("victims:step", args=[child_id, "stage", "close"])]


def bare(response):
    """What an observer can compare: status, names of headers, body without its nonces."""
    return response.status_code, sorted(response.headers), NONCES.sub(b"", response.content)


@pytest.mark.parametrize(
    ("method", "name", "file"),
    [
        ("get", "stranger", "Mira"),
        ("post", "stranger", "Mira"),
        ("get", "ngo_worker", "Conflict"),
        ("get", "ngo_worker", "Ended"),
        ("get", "analyst", "Foreign"),
        ("get", "clinician", "Follow"),
    ],
)
@attack("D15")
def test_a_file_not_open_is_the_same_as_one_that_does_not_exist(cast, files, browse, method, name, file):
    ask = getattr(browse(getattr(cast, name)), method)
    for closed, unknown in zip(addresses(files[file]), addresses(uuid.uuid4()), strict=True):
        first, second = bare(ask(closed)), bare(ask(unknown))
        assert first == second, closed
        assert first[0] in (404, 405), closed


def test_a_section_not_held_is_403_for_somebody_on_the_file(cast, files, browse):
    client = browse(cast.ngo_worker)
    for slug in set(SLUGS) - {"care"}:
        page = client.get(reverse("victims:section", args=[files["Mira"], slug]))
        assert page.status_code == 403, slug
        assert "canary" not in page.content.decode()


def test_a_403_does_not_tell_whether_the_section_is_filled(cast, files, browse):
    client = browse(cast.social_worker)
    filled, empty = (
        bare(client.get(reverse("victims:section", args=[files[file], "suspects"]))) for file in ("Follow", "Mira")
    )
    assert filled == empty
    assert filled[0] == 403
    assert b"Mira" not in filled[2]


@attack("D14")
def test_a_record_of_another_file_is_the_same_as_one_that_does_not_exist(cast, files, browse):
    """The file in the address is open, the record in it belongs to another one."""
    client = browse(cast.social_worker)
    foreign = rows("SELECT id FROM victims_careentry WHERE child_id = %s", files["Sought"])[0][0]
    pages = [reverse("victims:edit", args=[files["Mira"], "care", one]) for one in (foreign, uuid.uuid4())]
    first, second = (bare(client.get(page)) for page in pages)
    assert first == second
    assert first[0] == 404


@pytest.mark.parametrize(
    ("name", "file", "slug", "reason"),
    [
        ("stranger", "Mira", "care", "no_grant"),
        ("ngo_worker", "Ended", "care", "no_grant"),
        ("ngo_worker", "Conflict", "care", "conflict_of_interest"),
        ("shelter_worker", "Mira", "therapy", "role_never"),
        ("investigator", "Rescued", "whereabouts", "role_not_at_rescued"),
    ],
)
@attack("D33")
def test_refusal_is_recorded_with_its_reason_and_nothing_else(cast, files, browse, name, file, slug, reason):
    person = getattr(cast, name)
    before = count_events(person_id=person.pk)
    browse(person).get(reverse("victims:section", args=[files[file], slug]))
    event = last_event(person_id=person.pk)
    assert count_events(person_id=person.pk) == before + 1
    assert (event["kind"], event["outcome"], event["reason_code"]) == ("refusal", "refused", reason)
    assert (event["child_id"], event["basis"], event["entities"]) == (files[file], "", [])


def test_the_reason_of_a_refusal_stands_on_no_page(cast, files, browse):
    page = browse(cast.ngo_worker).get(reverse("victims:child", args=[files["Conflict"]])).content.decode()
    assert "conflict" not in page.lower()


def test_looking_for_an_unknown_id_is_recorded_too(cast, browse):
    unknown = uuid.uuid4()
    browse(cast.stranger).get(reverse("victims:child", args=[unknown]))
    assert last_event(child_id=unknown)["outcome"] == "refused"


@pytest.mark.parametrize("name", ["stranger", "social_worker"])
@pytest.mark.parametrize("page", ["victims:series", "victims:imports", "victims:upload"])
def test_pages_of_the_network_are_nothing_to_everybody_else(cast, browse, name, page):
    client = browse(getattr(cast, name))
    assert bare(client.get(reverse(page)))[0] == 404


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
@attack("D19")
def test_other_methods_are_405_before_anything_is_looked_up(cast, files, browse, method):
    before = count_events()
    client = browse(cast.social_worker)
    for page in (reverse("victims:child", args=[files["Mira"]]), reverse("desk:home"), reverse("desk:search")):
        assert getattr(client, method)(page).status_code == 405
    assert count_events() == before


@attack("D19")
def test_a_header_that_names_another_method_changes_nothing(cast, files, browse):
    page = reverse("victims:child", args=[files["Mira"]])
    answer = browse(cast.social_worker).get(page, headers={"x-http-method-override": "DELETE"})
    assert answer.status_code == 200


def test_a_403_leads_back_to_the_file_and_to_who_can_give_access(cast, files, browse):
    text = browse(cast.ngo_worker).get(reverse("victims:section", args=[files["Mira"], "health"])).content.decode()
    for name in ("child", "who"):
        assert f'href="{reverse(f"victims:{name}", args=[files["Mira"]])}"' in text


def test_a_403_leads_whoever_holds_no_summary_to_a_section_that_opens(cast, files, browse):
    """After the stay an investigator holds suspects and legal, and no summary."""
    client = browse(cast.investigator)
    text = client.get(reverse("victims:section", args=[files["Follow"], "care"])).content.decode()
    assert reverse("victims:who", args=[files["Follow"]]) not in text
    assert f'href="{reverse("victims:section", args=[files["Follow"], "legal"])}"' in text


def patterns(resolver=None):
    """Every entry of the addresses, the included ones too."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLPattern):
            yield entry
        else:
            yield from patterns(entry)


@pytest.mark.parametrize(
    ("name", "opened"),
    [
        ("social_worker", lambda **more: opens(Section.SUMMARY, **more)),
        ("analyst", lambda **more: opens_network(kind="view", **more)),
        ("social_worker", lambda **more: opens_found(kind="view", **more)),
    ],
    ids=["opens", "opens_network", "opens_found"],
)
def test_what_closes_between_the_look_and_its_page_is_refused_as_ever(cast, files, browse, monkeypatch, name, opened):
    person, page = getattr(cast, name), reverse("victims:child", args=[files["Mira"]])
    finds = iter([person, None, person, person, person])
    view = opened(methods=WRITE, finds=lambda *_, **__: next(finds))(lambda request, found: HttpResponse(found.pk))
    client = browse(person)
    unknown = bare(client.get(reverse("victims:child", args=[uuid.uuid4()])))
    entry = next(
        one for one in patterns() if one.callback.__module__ == "victims.views.children" and one.name == "child"
    )
    monkeypatch.setattr(entry, "callback", view)

    assert bare(client.get(page)) == unknown  # found to decide, gone for the page
    assert unknown[0] == 404
    assert last_event(kind="refusal")["reason_code"] == "not_there_or_not_open"

    assert client.get(page).content.decode() == str(person.pk)
    assert client.post(page).content.decode() == str(person.pk)  # one transaction, so it is found once
    assert next(finds, None) is None
