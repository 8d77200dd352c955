"""The two refusals: 403 for somebody on the file, else the very page of a file that does not exist; both on record."""

import re
import statistics
import time
import uuid

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver, reverse

from portal.access.opens import WRITE, opens, opens_found, opens_network
from portal.access.sections import Section
from tests.attacks import attack
from tests.statements import count_events, digest, last_event, rows

NONCES = re.compile(  # and the minute at the foot of the page
    rb'((csrfmiddlewaretoken|draft)" value=|X-CSRFToken": )"[^"]+"|[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{32}|"printed">[^<]+'
)
VALUES = re.compile(r"'[^']*'|\d+")  # in a statement
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


def asked(ask, page):
    """Ask for a page; return what came, and the statements it took: the same work takes the same time on any machine."""
    with CaptureQueriesContext(connection) as queries:
        answer = ask(page)
    return bare(answer), [VALUES.sub("?", query["sql"]) for query in queries]


@attack("D15")
def test_a_file_that_is_not_open_takes_no_longer_than_one_that_does_not_exist(cast, files, browse):
    """The medians of many tries side by side: what a colleague's work takes from the machine, it takes from both."""
    client, times = browse(cast.stranger), ([], [])
    pages = [reverse("victims:child", args=[child_id]) for child_id in (files["Mira"], uuid.uuid4())]
    for number in range(30):
        for page, found in (
            (zip(pages, times, strict=True)) if number % 2 else zip(pages[::-1], times[::-1], strict=True)
        ):
            start = time.process_time()
            client.get(page)
            found.append(time.process_time() - start)
    closed, unknown = (statistics.median(some) for some in times)
    assert abs(closed - unknown) < max(closed, unknown) / 3


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
        first, second = asked(ask, closed), asked(ask, unknown)
        assert first == second, closed
        assert first[0][0] in (404, 405), closed


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


RECORDS = {  # what stands behind an address of a file: its table, and the names of the addresses that show it
    "victims_careentry": [("edit", ["care"])],
    "victims_healthentry": [("edit", ["health"])],
    "victims_identity": [("edit", ["identity"])],
    "victims_historicalcareentry": [("changes", ["care"])],
    "victims_riskflag": [("end_flag", [])],
    "access_grant": [("end_access", [])],
}


@attack("D14")
@pytest.mark.parametrize("table", RECORDS)
@pytest.mark.parametrize("file", ["Sought", "Waiting"])
def test_a_record_of_another_file_is_the_same_as_one_that_does_not_exist(cast, files, browse, table, file):
    """The file in the address is open. The record in it belongs to another one: not open, or open to the same person."""
    key = "history_id" if "historical" in table else "id"
    foreign = rows(f"SELECT {key} FROM {table} WHERE child_id = %s", files[file])[0][0]
    client = browse(cast.social_worker)
    for name, more in RECORDS[table]:
        for method in (client.get, client.post):
            pages = [reverse(f"victims:{name}", args=[files["Mira"], *more, one]) for one in (foreign, uuid.uuid4())]
            first, second = (bare(method(page)) for page in pages)
            assert first == second
            assert first[0] in (403, 404, 405)


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
    before, client = count_events(), browse(cast.social_worker)
    pages = [reverse("desk:home"), reverse("desk:search"), reverse("victims:children"), *addresses(files["Mira"])]
    for page in pages:
        assert getattr(client, method)(page).status_code == 405, page
    assert count_events() == before


@attack("D19")
def test_heads_are_asked_like_pages(cast, files, browse):
    """HEAD passes the same gate, is on record like a look, and brings no words."""
    page, before = reverse("victims:child", args=[files["Mira"]]), count_events()
    answer = browse(cast.social_worker).head(page)
    assert (answer.status_code, answer.content) == (200, b"")
    assert count_events() == before + 1
    closed, unknown = (
        browse(cast.stranger).head(reverse("victims:child", args=[one])) for one in (files["Mira"], uuid.uuid4())
    )
    assert bare(closed) == bare(unknown)
    assert closed.status_code == 404


OTHERWISE = [
    {"headers": {"x-http-method-override": "DELETE"}},
    {"headers": {"x-http-method": "PUT"}},
    {"headers": {"x-method-override": "PATCH"}},
    {"query_params": {"_method": "DELETE"}},
    {"headers": {"x-original-url": "/children/", "x-rewrite-url": "/children/"}},
]


@attack("D19")
@pytest.mark.parametrize("more", OTHERWISE)
def test_a_header_that_names_another_method_or_page_changes_nothing(cast, files, browse, more):
    page, before = reverse("victims:child", args=[files["Mira"]]), digest()
    answer = browse(cast.social_worker).get(page, **more)
    assert answer.status_code == 200
    assert answer.resolver_match.view_name == "victims:child"
    assert browse(cast.stranger).get(page, **more).status_code == 404
    assert digest() == before


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
        one for one in patterns() if one.callback.__module__ == "victims.views.overview" and one.name == "child"
    )
    monkeypatch.setattr(entry, "callback", view)

    assert bare(client.get(page)) == unknown  # found to decide, gone for the page
    assert unknown[0] == 404
    assert last_event(kind="refusal")["reason_code"] == "not_there_or_not_open"

    assert client.get(page).content.decode() == str(person.pk)
    assert client.post(page).content.decode() == str(person.pk)  # one transaction, so it is found once
    assert next(finds, None) is None
