"""The training gate on the pages: a police role without a valid certificate meets one page, and is on record."""

import pytest
from django.urls import reverse

from portal.access.asking import asked
from portal.access.identity import acting
from tests.attacks import attack
from tests.statements import count_events, last_event, run

OPEN = ["account_logout", "account_change_password", "mfa_index", "desk:sessions", "desk:shortcuts"]


@pytest.fixture
def without(cast, owner, browse):
    """Sign in, and then take every certificate away."""

    def signed_in(name):
        client = browse(getattr(cast, name))
        with owner():
            run("ALTER TABLE accounts_certificate DISABLE TRIGGER USER")
            run("DELETE FROM accounts_certificate")
        return client

    return signed_in


def pages(files):
    found = [reverse(name) for name in ("desk:home", "desk:notices", "desk:search", "desk:components")]
    found += [reverse(f"victims:{name}") for name in ("children", "new", "series", "imports", "upload")]
    return found + [reverse(f"victims:{name}", args=[files["Sought"]]) for name in ("child", "who", "looks")]


@pytest.mark.parametrize("name", ["analyst", "investigator", "foreign"])
@attack("D09")
def test_police_without_a_certificate_meet_one_page(cast, without, files, name):
    client = without(name)
    for page in pages(files):
        answer = client.get(page)
        assert answer.status_code == 403, page
        text = answer.content.decode()
        assert "You hold no certificate yet" in text
        assert not any(word in text for word in ("canary", "Sought", "VC-"))
    with acting(getattr(cast, name)):  # and a query of their own meets the wall
        assert asked("SELECT access.person(), (SELECT count(*) FROM victims_child)") == [(None, 0)]


BESIDE_THE_POINT = """kind = CASE kind WHEN 'standard' THEN 'briefing' ELSE 'standard' END,
  standard_id = CASE kind WHEN 'briefing' THEN (SELECT id FROM accounts_standard) END"""


@pytest.mark.parametrize("name", ["investigator", "social_worker"])
@pytest.mark.parametrize(
    "change",
    ["valid_until = app_now()", "valid_from = app_now() + interval '1 day'", "revoked = app_now()", BESIDE_THE_POINT],
    ids=["has ended", "has not begun", "was revoked", "is of another kind"],
)
@attack("D09")
def test_training_that_does_not_count_opens_neither_pages_nor_the_wall(cast, owner, name, change):
    person = getattr(cast, name)
    with owner():
        for table in ("accounts_certificate", "accounts_person"):
            run(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        run("UPDATE accounts_person SET joined = joined - interval '31 days'")
        run(f"UPDATE accounts_certificate SET {change}")
    with acting(person):
        assert asked("SELECT access.person(), access.is_trained(%s)", person.pk) == [(None, False)]


@attack("D09")
def test_page_says_on_which_day_the_certificate_ended(cast, browse, owner):
    client = browse(cast.investigator)
    with owner():
        run("ALTER TABLE accounts_certificate DISABLE TRIGGER USER")
        run("UPDATE accounts_certificate SET valid_from = '2026-01-02', valid_until = '2026-03-04 12:00+00'")
    text = client.get("/").content.decode()
    assert "Your certificate ended on" in text
    assert "4 Mar" in text


def test_each_request_is_recorded_once_as_a_refusal(cast, without, files):
    client = without("investigator")
    for method, page in (("get", "/"), ("post", reverse("victims:print", args=[files["Sought"]]))):
        before = count_events()
        assert getattr(client, method)(page).status_code == 403
        event = last_event(person_id=cast.investigator.pk)
        assert count_events() == before + 1
        assert (event["kind"], event["outcome"], event["reason_code"]) == ("refusal", "refused", "certificate_lapsed")


@attack("D09")
def test_ways_in_and_out_open_without_a_certificate(without):
    client, before = without("investigator"), count_events(reason_code="certificate_lapsed")
    for name in OPEN:
        assert client.get(reverse(name)).status_code in (200, 302), name
    assert client.post(reverse("set_language"), {"language": "en", "next": "/"}).status_code == 302
    assert client.post(reverse("desk:lock")).url == reverse("account_login")
    assert count_events(reason_code="certificate_lapsed") == before


def test_page_that_asks_by_itself_loads_the_whole_page_and_records_nothing(without, files):
    client, before = without("investigator"), count_events()
    answer = client.get(reverse("victims:document_state", args=[files["Sought"]]))
    assert (answer.status_code, answer["HX-Refresh"], answer.content) == (403, "true", b"")
    assert count_events() == before


@pytest.mark.parametrize("name", ["social_worker", "clinician", "stranger"])
def test_other_roles_need_no_certificate(without, name):
    assert without(name).get("/").status_code == 200


def test_valid_certificate_opens_the_pages(cast, browse):
    assert browse(cast.investigator).get("/").status_code == 200
