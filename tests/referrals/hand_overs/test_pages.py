"""The pages of a hand-over: four short steps on two phones, or on one, with and without script."""

import io
import re

import pypdf
import pytest
from django.test import override_settings
from django.urls import reverse

from portal.access.actions import end
from portal.access.identity import acting
from portal.access.jobs import run as run_job
from portal.casework.models import Document
from portal.casework.workflow import NotPossible
from referrals import hand_overs, receipts
from referrals.hand_over_steps import HandOverState
from tests.posted import form_with
from tests.referrals.hand_overs.conftest import answer, enrol, given, now, received
from tests.statements import count_events, jobs_of, last_event, value

S = HandOverState
STATE = "SELECT state FROM referrals_handover WHERE id = %s"


def at(name, one, *more):
    return reverse(f"referrals:{name}", args=[one.pk, *more])


def words(answer):
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def first_item(one, by):
    with acting(by):
        return one.items.order_by("pk").first()


def start(client, cast, child, to="social_worker"):
    page = reverse("referrals:start_hand_over", args=[child.pk])
    there = f"{page}?agency={getattr(cast, to).agency_id}"
    form = form_with(client.get(there), "team")
    return client.post(there, form | {"team": str(cast.team(to).pk)})


def test_it_is_begun_from_the_file_and_leads_to_what_goes_along(cast, tern, browse):
    client = browse(cast.investigator)
    page = reverse("referrals:start_hand_over", args=[tern.pk])
    assert page in client.get(reverse("victims:child", args=[tern.pk])).content.decode()
    text = words(client.get(start(client, cast, tern).url))
    assert "Step 2 of 4" in text
    assert "7 left to give" in text
    assert "Medical care" in text


def test_a_second_begin_leads_to_the_one_under_way(cast, tern, one, browse):
    answer_ = browse(cast.investigator).get(reverse("referrals:start_hand_over", args=[tern.pk]))
    assert answer_.url == at("hand_over", one)


def test_whoever_does_not_own_the_file_begins_none(cast, tern, one, browse):
    page = reverse("referrals:start_hand_over", args=[tern.pk])
    assert browse(cast.social_worker).get(page).status_code == 404
    assert browse(cast.stranger).get(page).status_code == 404


@pytest.mark.parametrize(
    "name", ["hand_over", "hand_over_how", "hand_over_sign", "refuse_hand_over", "hand_over_state", "receipt"]
)
def test_the_stranger_gets_the_page_that_is_not_there(cast, one, browse, name):
    assert browse(cast.stranger).get(at(name, one)).status_code == 404


def test_a_look_at_it_stands_in_the_record_of_the_file(cast, tern, one, browse):
    browse(cast.social_worker).get(at("hand_over", one))
    event = last_event(kind="view hand-over")
    assert (event["child_id"], event["entity_id"], event["person_id"]) == (tern.pk, one.pk, cast.social_worker.pk)


def test_the_receiving_team_finds_it_on_my_work_and_does_not_accept_it_there(cast, one, browse):
    text = browse(cast.social_worker).get("/").content.decode()
    assert at("hand_over", one) in text
    assert "offers your team access" not in text


def test_ticks_are_kept_without_script_and_come_back_alone_with_it(cast, one, browse):
    client, item = browse(cast.investigator), first_item(one, cast.investigator)
    plain = client.post(at("tick", one, item.pk), {"side": "given", "count": "1"})
    assert plain.url == at("hand_over", one) + f"#thing-{item.pk}"
    part = client.post(at("tick", one, item.pk), {"side": "given", "count": "0"}, headers={"HX-Request": "true"})
    assert part.content.decode().lstrip().startswith('<div id="things">')
    assert first_item(one, cast.investigator).given == 0
    client.post(at("tick", one, item.pk), {"side": "given", "count": ""})
    assert first_item(one, cast.investigator).given is None


def test_the_other_side_is_told_that_something_changed_and_loads_the_page_again(cast, one, browse):
    client, item = browse(cast.social_worker), first_item(one, cast.investigator)
    page = client.get(at("hand_over", one)).content.decode()
    asking = re.search(r'hx-get="([^"]+)"', page)[1]
    before = count_events()
    assert client.get(asking).status_code == 204
    hand_overs.tick(item=item, count=1, by=cast.investigator)
    assert client.get(asking)["HX-Refresh"] == "true"
    assert count_events() == before + 1  # the tick; asking is no look


def test_a_tick_in_the_other_column_is_a_refusal(cast, one, browse):
    item = first_item(one, cast.investigator)
    answer_ = browse(cast.investigator).post(at("tick", one, item.pk), {"side": "received", "count": "1"})
    assert answer_.status_code == 404
    assert last_event(kind="refusal")["reason_code"] == "not_your_side_of_the_hand_over"


def test_another_number_asks_why(cast, one, browse):
    given(cast, one)
    item, client = first_item(one, cast.investigator), browse(cast.social_worker)
    form = form_with(client.get(at("thing", one, item.pk)), "count")
    missing = client.post(at("thing", one, item.pk), form | {"count": "0"})
    assert "The counts differ. Say why." in words(missing)
    assert client.post(at("thing", one, item.pk), form | {"count": "0", "difference": "lost"}).status_code == 302
    assert "given 1, received 0: lost" in words(client.get(at("hand_over", one)))


def test_what_stays_behind_is_said_and_not_ticked(cast, one, browse):
    client = browse(cast.investigator)
    form = form_with(client.get(at("add_thing", one)), "kind")
    client.post(at("add_thing", one), form | {"kind": "stays_behind", "words": "phone, bag B-77120"})
    text = words(client.get(at("hand_over", one)))
    assert "phone, bag B-77120" in text
    assert "7 left to give" in text


def test_how_the_child_is_goes_to_the_other_side_alone(cast, tern, one, browse):
    client = browse(cast.investigator)
    form = form_with(client.get(at("hand_over_how", one)), "how")
    answer_ = client.post(at("hand_over_how", one), form | {"how": "canary-tired, hungry, calm"})
    assert answer_.url == at("hand_over_sign", one)
    assert "canary-tired" in words(browse(cast.social_worker).get(at("hand_over_how", one)))
    assert b"canary" not in bytes(value("SELECT how FROM referrals_handover WHERE id = %s", one.pk))


def test_both_sign_with_a_fresh_code_and_the_receipt_goes_to_both(cast, tern, one, browse):
    shown = {name: enrol(getattr(cast, name)) for name in ("investigator", "social_worker")}
    answer(one, cast.investigator, "given")
    hand_overs.tell_how(hand_over=one, how="calm", by=cast.investigator)
    signed(browse(cast.investigator), one, shown["investigator"]())
    answer(one, cast.social_worker, "received")
    answer_ = signed(browse(cast.social_worker), one, shown["social_worker"]())
    assert answer_.url == at("hand_over", one)
    assert value(STATE, one.pk) == S.RECEIVED
    for job in jobs_of("hand_over_receipt"):
        assert run_job(job), value("SELECT problem FROM casework_job WHERE id = %s", job)
    for name in ("investigator", "social_worker"):
        text = words(browse(getattr(cast, name)).get(at("hand_over", one)))
        assert "In the care of City Children’s Services since" in text.replace("&#x27;", "’")
        pdf = browse(getattr(cast, name)).get(at("receipt", one))
        assert pdf.content.startswith(b"%PDF-")
        assert ("Open the file of" in text) is (name == "social_worker")
    assert last_event(kind="receipt")["person_id"] == cast.social_worker.pk


def signed(client, one, code):
    form = form_with(client.get(at("hand_over_sign", one)), "code")
    return client.post(at("hand_over_sign", one), form | {"code": code})


def test_a_wrong_code_signs_nothing_and_is_recorded(cast, one, browse):
    enrol(cast.investigator)
    answer(one, cast.investigator, "given")
    hand_overs.tell_how(hand_over=one, how="calm", by=cast.investigator)
    answer_ = signed(browse(cast.investigator), one, "000000")
    assert answer_.status_code == 200
    assert value(STATE, one.pk) == S.STARTED
    assert last_event(kind="sign-in")["reason_code"] == "wrong_code"


def test_a_code_signs_once(cast, one, browse):
    code = enrol(cast.investigator)()
    answer(one, cast.investigator, "given")
    hand_overs.tell_how(hand_over=one, how="calm", by=cast.investigator)
    client = browse(cast.investigator)
    assert signed(client, one, code).status_code == 302
    hand_overs.cancel(hand_over=one, by=cast.investigator, reason="x")
    assert count_events(kind="refusal") == 0


def test_a_passkey_shown_just_now_counts_and_an_old_one_does_not(cast, one, browse, monkeypatch):
    answer(one, cast.investigator, "given")
    hand_overs.tell_how(hand_over=one, how="calm", by=cast.investigator)
    client = browse(cast.investigator)
    session = client.session
    shown = {"method": "mfa", "type": "webauthn", "reauthenticated": True}
    session["account_authentication_methods"] = [shown | {"at": 0}]
    session.save()
    assert "code" in form_with(client.get(at("hand_over_sign", one)), "once")
    monkeypatch.setattr("portal.access.fresh_codes.time.time", lambda: 100.0)
    form = form_with(client.get(at("hand_over_sign", one)), "once")
    assert "code" not in form
    assert client.post(at("hand_over_sign", one), form).status_code == 302


def test_in_the_demonstration_the_page_shows_the_code_of_the_desk(cast, one, browse):
    answer(one, cast.investigator, "given")
    hand_overs.tell_how(hand_over=one, how="calm", by=cast.investigator)
    client = browse(cast.investigator)
    session = client.session
    session["demo_seat"] = True
    session.save()
    assert "The code of this desk is" not in words(client.get(at("hand_over_sign", one)))
    with override_settings(DEMO=True):
        code = re.search(r"code of this desk is (\d{6})", words(client.get(at("hand_over_sign", one))))[1]
        assert "This is not the code" in words(signed(client, one, "12"))
        assert signed(client, one, code).status_code == 302


def test_the_page_of_the_receiver_says_what_is_left(cast, one, browse):
    given(cast, one)
    client = browse(cast.social_worker)
    assert "7 left to receive" in words(client.get(at("hand_over_sign", one)))
    assert "Finish the hand-over" not in words(client.get(at("hand_over_sign", one)))


def test_not_receiving_asks_why_and_says_where_the_child_stays(cast, one, browse):
    client = browse(cast.social_worker)
    form = form_with(client.get(at("refuse_hand_over", one)), "reason")
    assert "Say why." in words(client.post(at("refuse_hand_over", one), form))
    client.post(at("refuse_hand_over", one), form | {"reason": "canary-no bed"})
    text = words(browse(cast.investigator).get(at("hand_over", one)))
    assert "The child stayed with the team that was to give." in text
    assert "canary-no bed" in text


def test_a_receipt_is_its_own_persons(cast, one, browse):
    received(cast, given(cast, one))
    for job in jobs_of("hand_over_receipt"):
        assert run_job(job)
    assert browse(cast.analyst).get(at("receipt", one)).status_code == 404
    with acting(cast.investigator):
        made = Document.objects.get(kind="receipt")
    assert browse(cast.investigator).get(reverse("victims:take_document", args=[made.pk])).status_code == 404


def test_the_receipt_says_who_gave_and_received_what(cast, one):
    received(cast, given(cast, one))
    for job in jobs_of("hand_over_receipt"):
        assert run_job(job)
    done = now(one, cast.social_worker)
    with acting(cast.social_worker):
        pdf = pypdf.PdfReader(io.BytesIO(receipts.read(receipts.receipt_of(done, cast.social_worker))))
    text = " ".join(" ".join(page.extract_text() for page in pdf.pages).split())
    for part in (done.number, "R. Salgado", "A. Ferreira", "given 1, received 1", "canary-how"):
        assert part in text


def test_the_receipt_on_paper_lists_what_goes_along_and_is_recorded(cast, tern, one, browse):
    assert at("paper", one) in browse(cast.investigator).get(at("hand_over", one)).content.decode()
    text = words(browse(cast.social_worker).get(at("paper", one)))
    for part in (tern.case_number[-9:], "Printed by A. Ferreira", "Something else:", "Name, signature, day and time:"):
        assert part in text
    assert last_event(kind="print hand-over")["child_id"] == tern.pk
    assert browse(cast.stranger).get(at("paper", one)).status_code == 404


def test_a_hand_over_under_way_stands_at_a_glance_for_the_side_that_gives(cast, tern, one, browse):
    text = browse(cast.investigator).get(reverse("victims:child", args=[tern.pk])).content.decode()
    assert at("hand_over", one) in text
    assert "to City Children&#x27;s Services: Begun" in text


def test_who_looked_says_that_the_hand_over_was_opened(cast, tern, one, browse):
    browse(cast.social_worker).get(at("hand_over", one))
    text = words(browse(cast.investigator).get(reverse("victims:looks", args=[tern.pk])))
    assert "Hand-over opened" in text


def test_a_file_is_not_closed_while_its_child_changes_hands(cast, tern, one):
    with acting(cast.investigator):
        assert hand_overs.still_open(tern, cast.investigator) == ["A hand-over is under way."]
    with acting(cast.stranger):
        assert hand_overs.still_open(tern, cast.stranger) == []


def test_the_offer_of_a_hand_over_ends_with_the_hand_over_alone(cast, tern, one, browse):
    client = browse(cast.investigator)
    page = client.get(reverse("victims:end_access", args=[tern.pk, one.grant_id]), follow=True)
    assert page.redirect_chain[-1][0] == at("cancel_hand_over", one)
    assert "Call the hand-over off" in words(page)
    with pytest.raises(NotPossible, match="Call the hand-over off"):
        end(grant=one.grant, owner=one.from_team, by=cast.investigator, reason="x")


def test_a_count_of_many_digits_is_answered_with_a_sentence(cast, one, browse):
    client = browse(cast.investigator)
    with acting(cast.investigator):
        item = one.items.filter(kind="medicine").get()
    there = reverse("referrals:tick", args=[one.pk, item.pk])
    page = client.post(there, {"count": "9" * 5000, "side": "given"}, follow=True)
    assert "Enter the count as a number from 0 to 99." in words(page)
