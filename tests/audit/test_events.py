"""Events: who, what, when, why, by which right and in which request, in every column; never what was read."""

import datetime
import json

import pytest
from django.urls import reverse

from portal.access.identity import acting
from portal.access.sections import Section
from portal.audit import events
from portal.audit.events import Event
from portal.audit.stamp import Stamp, current, demanded, stamping
from tests.attacks import attack
from tests.statements import count_events, last_event, rows, value
from victims.models import CareEntry


def test_view_event_is_complete(cast, files, browse):
    response = browse(cast.social_worker).get(reverse("victims:section", args=[files["Mira"], "care"]))
    event = last_event(kind="view", person_id=cast.social_worker.pk)
    assert (event["action"], event["outcome"], event["reason_code"]) == ("R", "ok", "")
    assert (event["child_id"], event["sections"]) == (files["Mira"], [Section.CARE])
    assert (event["person"], event["agency_id"], event["role"]) == (
        "A. Ferreira",
        cast.social_worker.agency_id,
        "social_worker",
    )
    assert (event["request_id"], event["address"], event["via"]) == (response["X-Request-Id"], "127.0.0.1", "")
    assert event["session"] == cast.social_worker.identity.digest.hex()[:16]


def test_view_event_names_the_grant_it_rests_on(cast, files, browse):
    browse(cast.ngo_worker).get(reverse("victims:section", args=[files["Mira"], "care"]))
    grant = value(
        "SELECT id FROM access_grant WHERE child_id = %s AND team_id = %s", files["Mira"], cast.team("ngo_worker").pk
    )
    assert last_event(kind="view", person_id=cast.ngo_worker.pk)["basis"] == f"grant {grant}"


def test_view_of_an_open_file_says_so(cast, files, browse):
    browse(cast.foreign).get(reverse("victims:child", args=[files["Open"]]))
    assert last_event(kind="view", person_id=cast.foreign.pk)["basis"] == "open file"


@attack("D32")
def test_each_page_makes_exactly_one_event(cast, files, browse):
    client = browse(cast.social_worker)
    pages = [reverse(f"victims:{name}", args=[files["Mira"]]) for name in ("child", "who", "looks", "summary")]
    pages += [reverse(name) for name in ("desk:home", "victims:children", "desk:notices", "desk:search")]
    for page in pages:
        before = count_events()
        assert client.get(page).status_code == 200
        assert count_events() == before + 1, page


def test_list_event_names_every_file_listed(cast, files, browse):
    browse(cast.ngo_worker).get(reverse("victims:children"))
    event = last_event(kind="list", person_id=cast.ngo_worker.pk)
    assert set(event["entities"]) == {files["Mira"]}


def test_event_of_a_change_names_record_and_reason(cast, files):
    with acting(cast.social_worker, reason="she asked for it"):
        record = CareEntry(child_id=files["Mira"], on=datetime.date(2026, 1, 2), kind="wish", text="canary-event")
        record.save()
    event = last_event(entity_id=record.pk)
    assert (event["kind"], event["action"], event["entity"]) == ("change", "C", "victims.careentry")
    assert (event["purpose"], event["sections"]) == ("she asked for it", [Section.CARE])


def test_no_event_holds_what_was_read_or_written(db, files):
    everything = " ".join(str(row) for row in rows("SELECT to_jsonb(e) FROM audit_event e"))
    assert len(everything) > 10_000
    assert "canary" not in everything


def test_event_takes_the_databases_time_not_the_applications(cast):
    with acting(cast.social_worker):
        event_id = events.record(Event("view"))
    assert value("SELECT recorded = app_now() FROM audit_event WHERE id = %s", event_id)


def test_event_details_are_kept_as_given(cast):
    with acting(cast.social_worker):
        event_id = events.record(Event("view", details={"level": "view", "count": 2}))
    kept = value("SELECT details FROM audit_event WHERE id = %s", event_id)
    assert (json.loads(kept) if isinstance(kept, str) else kept) == {"level": "view", "count": 2}


def test_stamp_is_in_force_inside_its_block_only(db):
    outer = Stamp(None, "set-up", reason="first")
    with stamping(outer):
        with stamping(outer, reason="second") as inner:
            assert demanded() is inner
            assert inner.reason == "second"
        assert current() is outer
    assert current() is None


@pytest.mark.parametrize("method", ["head", "get"])
def test_head_request_is_a_look_too(cast, files, browse, method):
    before = count_events(kind="view")
    getattr(browse(cast.social_worker), method)(reverse("victims:child", args=[files["Mira"]]))
    assert count_events(kind="view") == before + 1
