"""The pages of both sides, walked as people walk them, and what is closed to everybody else."""

import datetime

import pytest
from django.urls import reverse
from django.utils import translation

from portal.access.actions import last_moment
from portal.access.going_on import renew
from portal.access.sections import Section
from portal.audit.kinds import shifted
from portal.casework.templatetags.portal import full_date
from referrals import actions
from referrals.cards import clock_words
from tests.attacks import attack
from tests.posted import form_with
from tests.referrals.conftest import ASK, entered, opening
from tests.referrals.test_referrals import later
from tests.statements import count_events, last_event, value

HOUR = datetime.timedelta(hours=1)
S = Section


def words(answer):
    return " ".join(answer.content.decode().split())


def page(name, *args):
    return reverse(f"referrals:{name}", args=args)


def ask_form(client, address, **more):
    return form_with(client.get(address), "first_line") | {
        "first_line": "Sleeps little.", "area": "Lisbon", "urgency": "3", "asked": "Talks.", "why": "Afraid.",
        "basis": "consent", **more,
    }  # fmt: skip


# --- sending --------------------------------------------------------------------------------------------------------


def test_a_referral_is_sent_in_five_steps(cast, files, service, browse):
    client, child = browse(cast.social_worker), files["Ended"]
    assert "What does the child need?" in words(client.get(page("new", child)))
    listed = words(client.get(page("new", child) + "?kind=mental_health"))
    assert "Trauma-focused therapy" in listed
    ask = page("ask", child, service.pk)
    answer = client.post(ask, ask_form(client, ask))
    check = answer.url
    shown = words(client.get(check))
    assert "Check what Casa Aurora will see" in shown
    form = form_with(client.get(check), "until") | {"view": ["6"]}
    after = client.post(check, form | {"show": "after"})
    assert "M. Haddad, NGO case worker: Summary, Care" in words(after)
    assert "canary-care-Ended" in words(after)
    sent = client.post(check, form_with(after, "until"))
    assert sent.status_code == 302
    followed = words(client.get(sent.url))
    assert "Sent, not answered" in followed
    assert "You will be told." in followed
    assert value("SELECT view FROM referrals_brief") == [1, 6]


def test_the_same_press_of_send_twice_is_one_referral(cast, files, drafted, browse):
    client, referral = browse(cast.social_worker), drafted()
    check = page("preview", files["Ended"], referral.pk)
    form = form_with(client.get(check), "until")
    first, second = client.post(check, form), client.post(check, form)
    assert first.url == second.url == page("referral", files["Ended"], referral.pk)
    assert value("SELECT count(*) FROM access_grant WHERE reason = %s", referral.number) == 1


def test_the_first_line_names_no_known_name_and_the_look_is_recorded(cast, files, service, browse):
    client, ask = browse(cast.social_worker), page("ask", files["Mira"], service.pk)
    form = ask_form(client, ask, first_line="Asks for Canary every night.")
    answer = client.post(ask, form)
    assert "stands in the file as a name or place of the child" in words(answer)
    assert count_events(kind="view", sections=[2, 3], child_id=files["Mira"]) == 1
    assert client.post(ask, form | {"sure": "on"}).status_code == 302


def test_a_second_live_referral_is_refused_before_the_form(cast, files, service, sent, browse):
    referral = sent()
    client = browse(cast.social_worker)
    answer = client.get(page("ask", files["Ended"], service.pk))
    assert answer.url == page("referral", files["Ended"], referral.pk)
    listed = words(client.get(page("new", files["Ended"]) + "?kind=mental_health"))
    assert "A referral is under way" in listed


def test_nothing_is_sent_but_what_was_shown(cast, files, drafted, browse):
    client, check = browse(cast.social_worker), page("preview", files["Ended"], drafted().pk)
    form = form_with(client.get(check), "until") | {"view": ["6"]}
    shown = client.post(check, form)
    assert "You changed the ticks." in words(shown)
    assert value("SELECT count(*) FROM referrals_referral WHERE state = 2") == 0
    assert client.post(check, form_with(shown, "until")).status_code == 302


def test_a_tick_that_role_or_stage_forbids_is_greyed_with_its_reason(cast, files, drafted, browse):
    answer = browse(cast.social_worker).get(page("preview", files["Ended"], drafted().pk))
    text = words(answer)
    assert "goes to a named person only" in text
    assert text.count("no role in this team opens it") == 2  # investigation and suspects
    assert [label for _value, label in answer.context["form"].fields["change"].choices] == ["Care"]


def test_a_greyed_tick_that_is_sent_all_the_same_opens_nothing(cast, files, drafted, browse):
    client, check = browse(cast.social_worker), page("preview", files["Ended"], drafted().pk)
    answer = client.post(check, form_with(client.get(check), "until") | {"view": ["8"]})
    assert "Take its tick out." in words(answer)
    assert value("SELECT count(*) FROM access_grant WHERE basis = 'referral' AND view @> '{8}'") == 0


def test_access_ends_within_180_days(cast, files, drafted, browse):
    client, check = browse(cast.social_worker), page("preview", files["Ended"], drafted().pk)
    answer = client.post(check, form_with(client.get(check), "until") | {"until": "2099-01-01"})
    assert "Choose a day from today to" in words(answer)


def test_the_preview_before_accepting_is_the_card_alone(cast, files, drafted, browse):
    client, check = browse(cast.social_worker), page("preview", files["Ended"], drafted().pk)
    text = client.post(check, form_with(client.get(check), "until") | {"show": "before"}).content.decode()
    framed = text[text.index('class="framed"') : text.index("framed__absent")]
    assert ASK.first_line in framed
    assert ASK.why not in framed
    assert "Ended" not in framed


def test_both_sides_read_the_true_end_and_sections_of_renewed_access(cast, files, accepted, browse):
    referral, last = accepted(view=(S.CARE, S.LEGAL), change=()), last_moment(cast.team("social_worker"))
    renew(
        grant=referral.grant, until=last, sections=[S.CARE], owner=cast.team("social_worker"), by=cast.social_worker,
        reason="goes on",
    )  # fmt: skip
    day = full_date(last)
    assert full_date(referral.until) != day
    followed = words(browse(cast.social_worker).get(page("referral", files["Ended"], referral.pk)))
    theirs = browse(cast.ngo_worker)
    asked, board = (words(theirs.get(address)) for address in (page("asked", referral.pk), page("inbox")))
    assert f'Summary and Care <span class="stamp"> until {day} </span>' in followed
    assert f"Opens to you until {day}: Summary and Care" in asked
    assert f"With M. Haddad, access until {day}" in board
    assert not any(full_date(referral.until) in text for text in (followed, asked, board))


def test_what_the_preview_promises_is_what_opens(cast, files, sent, browse):
    referral = sent(view=(S.CARE, S.LEGAL), change=())
    actions.accept(referral=referral, worker=cast.ngo_worker, first_on=None, by=cast.ngo_worker)
    client, child = browse(cast.ngo_worker), files["Ended"]
    for section in (one for one in S if one != S.SUMMARY):
        answer = client.get(reverse("victims:section", args=[child, section.slug]))
        assert answer.status_code == (200 if section in (S.CARE, S.LEGAL) else 403), section


def test_the_recipient_of_a_clinic_stays_hidden_from_others_of_the_owner_without_health(cast, files, owner, browse):
    clinic = entered(cast, by="clinician", name="Check-ups", kind="medical")
    with pytest.raises(actions.Refused):
        actions.draft(child_id=files["Rescued"], service=clinic, ask=ASK, by=cast.social_worker)
    actions.draft(child_id=files["Rescued"], service=clinic, ask=ASK, by=cast.investigator)
    text = words(browse(cast.investigator).get(page("referrals", files["Rescued"])))
    assert "Lapa Clinic" in text  # who sent it knows it


# --- the inbox ------------------------------------------------------------------------------------------------------


def test_the_inbox_shows_the_card_and_no_name(cast, sent, browse):
    sent("Short")
    answer = browse(cast.ngo_worker).get(page("inbox"))
    text = words(answer)
    assert ASK.first_line in text
    assert "Girl, 6 to 11 years" in text
    assert "left to answer" in text
    assert "canary-asked" not in text
    assert "Short" not in text
    assert last_event(kind="referrals")["sections"] == []


def test_the_navigation_counts_what_is_to_claim(cast, sent, browse):
    sent()
    nav = browse(cast.ngo_worker).get(page("inbox")).context["frame"].nav
    assert [row["count"] for row in nav if row["url"] == page("inbox")] == [1]


def test_the_board_is_sorted_by_the_clock(cast, files, sent, browse):
    slow = sent("Ended")
    soon = sent("Short", ask=actions.Ask(**{**vars(ASK), "urgency": 1}))
    columns = browse(cast.ngo_worker).get(page("inbox")).context["columns"]
    assert [card["one"].pk for card in columns[0].cards] == [soon.pk, slow.pk]


def test_the_list_is_the_same_query_and_is_remembered(cast, sent, browse):
    sent()
    client = browse(cast.ngo_worker)
    board = client.get(page("inbox")).context["columns"]
    client.get(page("inbox") + "?as=list")
    again = client.get(page("inbox"))
    assert "<table" in again.content.decode()
    assert [c.cards[0]["one"].pk for c in again.context["columns"][:1]] == [c.cards[0]["one"].pk for c in board[:1]]


def test_claim_the_next_one_takes_the_most_urgent(cast, sent, browse):
    sent("Ended")
    soon = sent("Short", ask=actions.Ask(**{**vars(ASK), "urgency": 1}))
    client = browse(cast.ngo_worker)
    form = form_with(client.get(page("inbox")), "once")
    answer = client.post(page("claim_next"), form)
    assert answer.url == page("asked", soon.pk)
    assert value("SELECT claimed_by_id FROM referrals_referral WHERE id = %s", soon.pk) == cast.ngo_worker.pk


def test_a_late_answer_is_said_first(cast, sent, browse):
    later(cast, "social_worker", "ngo_worker")
    sent()
    with shifted(26 * HOUR):
        text = words(browse(cast.ngo_worker).get(page("inbox")))
    assert "1 answer is late." in text
    assert "2 h late" in text


@pytest.mark.parametrize(
    ("hours", "english", "arabic"),
    [
        (3, "3 h late", "متأخر ٣ ساعات"),
        (12, "12 h late", "متأخر ١٢ ساعة"),
        (48, "2 days late", "متأخر يومين"),
        (72, "3 days late", "متأخر ٣ أيام"),
        (11 * 24, "11 days late", "متأخر ١١ يومًا"),
    ],
)
def test_lateness_is_said_in_hours_and_after_a_day_in_days(cast, sent, hours, english, arabic):
    later(cast, "social_worker", "ngo_worker")
    referral = sent()
    with shifted((24 + hours) * HOUR):
        assert clock_words(referral) == (english, "late")
        with translation.override("ar"):
            assert clock_words(referral)[0] == arabic


def test_accepting_asks_who_and_when_and_opens_the_file(cast, files, sent, browse):
    referral, client = sent("Short"), browse(cast.ngo_worker)
    address = page("accept", referral.pk)
    form = form_with(client.get(address), "worker")
    assert form["worker"] == [str(cast.ngo_worker.pk)]
    answer = client.post(address, form | {"first_on": "2099-05-01"})
    text = words(client.get(answer.url))
    assert "canary-asked weekly talks" in text
    assert "“Short”" in text
    assert client.get(reverse("victims:child", args=[files["Short"]])).status_code == 200
    event = last_event(kind="referral", person_id=cast.ngo_worker.pk)
    assert (event["child_id"], event["sections"]) == (files["Short"], [1])


def test_accepting_before_the_role_reaches_the_file_says_that_nothing_opened(cast, files, service, browse):
    referral = actions.draft(child_id=files["Planned"], service=service, ask=ASK, by=cast.investigator)
    actions.send(referral=referral, opened=opening(S.CARE), by=cast.investigator)
    client, address = browse(cast.ngo_worker), page("accept", referral.pk)
    answer = client.post(address, form_with(client.get(address), "worker"))
    text = words(client.get(answer.url))
    assert "Your role opens nothing of the file at this stage" in text
    assert "Planned" not in text
    assert value("SELECT words FROM casework_notice WHERE kind = 'referral_answered'") == ["M. Haddad"]


def test_declining_in_the_page_and_the_waiting_list(cast, sent, browse):
    referral, client = sent(), browse(cast.ngo_worker)
    address = page("decline", referral.pk)
    form = form_with(client.get(address), "answer") | {"why": "no_place"}
    assert "Say when you could" in words(client.post(address, form | {"wait": "1"}))
    assert client.post(address, form | {"wait": "1", "answer": "in 3 weeks"}).status_code == 302
    assert "in 3 weeks" in words(browse(cast.social_worker).get(page("referral", referral.child_id, referral.pk)))
    assert "On the waiting list: 1" in words(client.get(page("inbox")))


def test_the_result_is_recorded_and_the_page_stays_after_the_access_ended(cast, files, accepted, browse):
    referral, client = accepted("Short"), browse(cast.ngo_worker)
    address = page("result", referral.pk)
    form = form_with(client.get(address), "outcome") | {"attended": "yes", "outcome": "canary-outcome better"}
    answer = client.post(address, form)
    text = words(client.get(answer.url))
    assert "The access that came with this referral ended on" in text
    assert "Short" not in text
    assert "canary-asked" not in text
    assert client.get(reverse("victims:child", args=[files["Short"]])).status_code == 404
    assert "canary-outcome better" in words(
        browse(cast.social_worker).get(page("referral", files["Short"], referral.pk))
    )


def test_a_next_appointment_is_told_and_leads_to_a_next_step_on_its_day(cast, files, accepted, browse):
    referral, client = accepted("Short"), browse(cast.ngo_worker)
    day = datetime.date.today() + datetime.timedelta(days=9)
    form = form_with(client.get(page("result", referral.pk)), "outcome")
    client.post(page("result", referral.pk), form | {"attended": "yes", "outcome": "Well.", "next_on": day.isoformat()})
    told = browse(cast.social_worker)
    assert "There is a next appointment." in words(told.get(reverse("desk:notices")))
    step = f"{reverse('victims:add_task', args=[files['Short']])}?due={day.isoformat()}"
    assert step in words(told.get(page("referral", files["Short"], referral.pk)))
    assert form_with(told.get(step), "title")["due"] == [day.isoformat()]


def test_what_began_without_a_first_date_asks_for_none_any_more(cast, accepted, browse):
    referral = accepted()
    assert clock_words(referral) == ("No first date yet", "soon")
    assert clock_words(actions.start(referral=referral, by=cast.ngo_worker)) == ("In service", "")


@attack("D23")
def test_ended_access_closes_the_file_and_the_referral_page_says_so(cast, files, accepted, browse):
    later(cast, "social_worker", "ngo_worker")
    referral = accepted("Short", days=3)
    with shifted(datetime.timedelta(days=4)):
        client = browse(cast.ngo_worker)
        assert "The access that came with this referral ended on" in words(client.get(page("asked", referral.pk)))
        assert client.get(reverse("victims:child", args=[files["Short"]])).status_code == 404


def test_a_referral_taken_back_stays_seven_days_greyed(cast, sent, browse):
    later(cast, "social_worker", "ngo_worker")
    actions.take_back(referral=sent(), name="revoke", by=cast.social_worker, reason="placed elsewhere")
    assert "Revoked: <bdi>placed elsewhere" in words(browse(cast.ngo_worker).get(page("inbox")))
    with shifted(datetime.timedelta(days=8)):
        assert "placed elsewhere" not in words(browse(cast.ngo_worker).get(page("inbox")))


def test_a_notice_leads_the_sender_to_the_file_and_the_recipient_to_the_card(cast, files, sent, browse):
    referral = sent()
    answer = browse(cast.social_worker).get(page("asked", referral.pk))
    assert answer.url == page("referral", files["Ended"], referral.pk)
    assert browse(cast.ngo_worker).get(page("asked", referral.pk)).status_code == 200


def test_what_we_sent_is_listed_by_the_clock_with_a_look_at_each_file(cast, files, sent, browse):
    sent("Ended")
    sent("Short", ask=actions.Ask(**{**vars(ASK), "urgency": 1}))
    answer = browse(cast.social_worker).get(page("from_us"))
    assert [row["child"].code_name for row in answer.context["rows"]] == ["Short", "Ended"]
    event = last_event(kind="referrals", person_id=cast.social_worker.pk)
    assert {files["Ended"], files["Short"]} <= set(event["entities"])
    assert browse(cast.stranger).get(page("from_us")).context["rows"] == []


def test_my_work_of_the_sender_names_who_owes_an_answer_and_no_kind_of_service(cast, files, sent, browse):
    sent("Short")
    answer = browse(cast.social_worker).get(reverse("desk:home"))
    (row,) = waiting_in(answer)
    assert (row.title, row.name) == ("Answer to your referral", "Short")
    assert "Trauma-focused" not in words(answer)
    assert files["Short"] in last_event(kind="my work", person_id=cast.social_worker.pk)["entities"]
    assert waiting_in(browse(cast.ngo_worker).get(reverse("desk:home"))) == []


def waiting_in(answer):
    """Return what others owe, as My work shows it."""
    return [row for group in answer.context["groups"] if group.id == "waiting" for row in group.rows]


# --- who opens what -------------------------------------------------------------------------------------------------

OF_FILE = ("referrals", "new", "ask", "referral", "take_back")
TO_US = ("asked", "accept", "decline", "result")
OPEN = {
    "social_worker": dict.fromkeys(OF_FILE, 200) | {"asked": 302},
    "supervisor": {"referrals": 200, "new": 403, "ask": 403, "referral": 200, "take_back": 200, "asked": 302},
    "ngo_worker": dict.fromkeys(TO_US, 200),
}


@pytest.mark.parametrize("who", ["social_worker", "supervisor", "ngo_worker", "stranger", "clinician", "investigator"])
def test_each_page_opens_to_whom_it_is_for(cast, files, sent, service, browse, who):
    referral = sent("Short", days=10)
    other = entered(cast, name="Other")
    client, expected = browse(getattr(cast, who)), OPEN.get(who, {})
    on_file = {"clinician": {"referrals": 200, "new": 403, "ask": 403, "referral": 404, "take_back": 404}}
    for name in (*OF_FILE, *TO_US):
        ids = {"referrals": (), "new": (), "ask": (other.pk,)}.get(name, (referral.pk,))
        args = [files["Short"], *ids] if name in OF_FILE else [referral.pk]
        wanted = expected.get(name) or on_file.get(who, {}).get(name, 404)
        assert client.get(page(name, *args)).status_code == wanted, name


def test_both_teams_find_the_referral_on_timeline_and_glance(cast, files, accepted, browse):
    referral = accepted("Short")
    for person in (cast.social_worker, cast.ngo_worker):
        text = words(browse(person).get(reverse("victims:child", args=[files["Short"]])))
        assert "Referral accepted" in text
        assert referral.number in text
        assert "1 accepted" in text
        assert "Referral sent" in text
        assert ("Referral drafted" in text) is (person == cast.social_worker)
    text = words(browse(cast.clinician).get(reverse("victims:child", args=[files["Short"]])))
    assert "Referral accepted" not in text
    assert referral.number not in text
