"""No byte before its event: where the record cannot be written nothing is shown and nothing is done."""

import io
import logging

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.urls import reverse

from portal.access.identity import acting
from portal.audit import events
from portal.audit.events import Event, NotRecorded
from portal.audit.logs import WithoutValues
from portal.audit.tasks import make_partitions
from tests.attacks import attack
from tests.statements import run, value

UNWRITABLE = ["REVOKE INSERT ON audit_event FROM app", "DROP TABLE {this_month}"]
PAGES = ["victims:child", "victims:who", "victims:looks"]


@pytest.fixture(params=UNWRITABLE, ids=["revoked", "no partition"])
def client(cast, browse, owner, request):
    """Somebody has signed in, and then the record of looks breaks."""
    client = browse(cast.social_worker)
    month = value("SELECT 'audit_event_' || to_char(app_now(), 'YYYY_MM')")
    with owner():
        run(request.param.format(this_month=month))
    return client


def assert_nothing_shown(response):
    body = response.content.decode()
    assert response.status_code == 503
    assert "canary" not in body
    assert "Mira" not in body
    assert "VC-" not in body


@attack("D34")
def test_reading_shows_nothing_while_the_record_is_unwritable(client, files):
    child = files["Mira"]
    for page in [reverse(name, args=[child]) for name in PAGES]:
        assert_nothing_shown(client.get(page))
    assert_nothing_shown(client.get(reverse("victims:section", args=[child, "whereabouts"])))


def test_lists_and_searches_show_nothing_while_the_record_is_unwritable(client, files):
    for page in ("desk:home", "victims:children", "desk:notices"):
        assert_nothing_shown(client.get(reverse(page)))
    assert_nothing_shown(client.post(reverse("desk:search"), {"q": "Mira"}))


def test_writing_leaves_nothing_behind_while_the_record_is_unwritable(client, files):
    page = reverse("victims:add", args=[files["Mira"], "care"])
    values = {"on": "2026-01-02", "kind": "wish", "text": "canary-unrecorded", "once": "k"}
    assert_nothing_shown(client.post(page, values))
    assert value("SELECT count(*) FROM victims_careentry WHERE text = 'canary-unrecorded'") == 0
    assert value("SELECT count(*) FROM casework_oncekey") == 0


def test_a_refusal_that_cannot_be_recorded_shows_nothing(client, files):
    assert_nothing_shown(client.get(reverse("victims:section", args=[files["Mira"], "therapy"])))


def test_pages_open_again_once_the_partition_is_made(cast, files, browse, owner):
    client, page = browse(cast.social_worker), reverse("victims:child", args=[files["Mira"]])
    month = value("SELECT 'audit_event_' || to_char(app_now(), 'YYYY_MM')")
    with owner():
        run(f"DROP TABLE {month}")
    assert client.get(page).status_code == 503
    make_partitions()
    assert client.get(page).status_code == 200


def test_event_is_committed_before_anything_is_rendered(clone):
    """A second connection sees the look while the page's own transaction only begins."""
    seen = []

    def watch(execute, sql, params, many, context):
        if "transaction_read_only" in sql:
            count = "SELECT count(*) FROM audit_event WHERE kind = 'view' AND person_id = %s AND sections = '{3}'"
            seen.append(clone.value(count, clone.cast.social_worker.pk))
        return execute(sql, params, many, context)

    client = clone.browse(clone.cast.social_worker)
    with connection.execute_wrapper(watch):
        page = client.get(reverse("victims:section", args=[clone.files["Mira"], "whereabouts"]))
    assert (page.status_code, seen) == (200, [1])


def test_page_is_rendered_in_a_transaction_that_cannot_write(clone):
    refused = []

    def write(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if "transaction_read_only" in sql:
            try:
                with connection.cursor() as cursor:
                    cursor.execute("UPDATE casework_oncekey SET location = 'x'")
            except Exception as error:
                refused.append(str(error))
        return result

    client = clone.browse(clone.cast.social_worker)
    client.raise_request_exception = False
    with connection.execute_wrapper(write):
        client.get(reverse("victims:child", args=[clone.files["Mira"]]))
    assert refused
    assert "read-only transaction" in refused[0]


@pytest.fixture
def written(monkeypatch):
    """What the portal's own log says."""
    said = io.StringIO()
    handler = next(h for h in logging.getLogger().handlers if isinstance(h.formatter, WithoutValues))
    monkeypatch.setattr(handler, "stream", said)
    return said.getvalue


@pytest.fixture
def open_page(cast, files, browse, monkeypatch):
    """Open an overview on which something goes wrong after the look was recorded."""

    def opened(fault):
        monkeypatch.setattr("victims.views.overview.stage_since", fault)
        client = browse(cast.social_worker)
        client.raise_request_exception = False
        return client.get(reverse("victims:child", args=[files["Mira"]]))

    return opened


QUOTED = "canary-quoted"


def quote_a_row(child):
    run("SELECT %s::text::integer", QUOTED)


def test_event_that_cannot_be_written_raises(cast, owner):
    with owner():
        run("REVOKE INSERT ON audit_event FROM app")
    with pytest.raises(NotRecorded), acting(cast.social_worker):
        events.record(Event("view"))


def test_another_fault_of_the_database_is_a_defect_and_shows_nothing(open_page):
    answer = open_page(quote_a_row)
    assert answer.status_code == 500
    assert not any(word in answer.content.decode() for word in ("canary", "Mira", "VC-", "invalid input"))


@attack("D51")
def test_log_of_a_defect_says_where_it_happened_and_nothing_that_was_read(open_page, written):
    open_page(quote_a_row)
    assert "django.db.utils.DataError" in written()
    assert "InvalidTextRepresentation 22P02" in written()
    assert "quote_a_row" in written()
    assert not any(word in written() for word in ("canary", "Mira", "invalid input"))


@pytest.mark.parametrize("kind", [OperationalError, InterfaceError])
def test_database_that_is_away_is_answered_like_a_record_that_is(open_page, written, kind):
    def away(child):
        raise kind(QUOTED)

    assert_nothing_shown(open_page(away))
    assert kind.__name__ in written()
    assert "canary" not in written()


def test_log_of_an_unwritable_record_names_the_cause(client, files, written):
    client.get(reverse("victims:child", args=[files["Mira"]]))
    assert "portal.audit.events.NotRecorded" in written()
    assert "which came from" in written()
    assert "Mira" not in written()
