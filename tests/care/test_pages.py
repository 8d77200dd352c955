"""The care page and its forms: what stands there for whom, what a form asks for again, and what is recorded."""

import pytest
from django.urls import reverse
from django.utils import translation

from portal.access.identity import acting
from portal.casework.models import Notice
from portal.casework.workflow import NotPossible
from tests.care.conftest import today
from tests.posted import form_with
from tests.statements import count_events, last_event, value
from tests.world import DAY
from victims import care
from victims.models import FollowUp, PlanAction


def page(browse, person, what, /, *parts, **posted):
    """Open a page, or post the form that stands on it with these answers."""
    address, client = reverse(f"victims:{what}", args=parts), browse(person)
    answer = client.get(address)
    if not posted:
        return answer
    fields = form_with(answer, next(iter(posted)))
    return client.post(address, fields | posted)


def text_of(answer):
    return answer.content.decode()


def test_the_care_tab_leads_to_the_plan_and_from_there_to_the_entries(cast, files, browse):
    tabs = page(browse, cast.social_worker, "child", files["Mira"]).context["tabs"]
    there = next(tab.url for tab in tabs if tab.label == "Care plan")
    assert there == reverse("victims:care", args=[files["Mira"]])
    text = text_of(browse(cast.social_worker).get(there))
    assert reverse("victims:section", args=[files["Mira"], "care"]) in text


def test_an_empty_page_says_what_belongs_there_and_when(cast, files, browse, assess):
    text = text_of(page(browse, cast.social_worker, "care", files["Mira"]))
    assert "No plan yet. It follows the comprehensive assessment." in text
    assert "No assessment yet." in text
    assert "No contact yet." in text
    assess(level=2)
    text = text_of(page(browse, cast.social_worker, "care", files["Mira"]))
    assert "No plan yet. Due" in text
    assert "Within two weeks of the assessment." in text


def test_the_strip_says_review_version_agreement_and_actions(cast, files, browse, agreed, act):
    act(due=today() - DAY)
    answer = page(browse, cast.social_worker, "care", files["Mira"])
    review, version, agreement, actions = answer.context["facts_strip"]
    assert review["note"] == "At least every three months."
    assert version["value"].startswith("Version 1, agreed")
    assert "J. Pinto" in version["note"]
    assert (agreement["value"], agreement["note"]) == ("“Mira”", "explained in Portuguese")
    assert (actions["value"], actions["note"]) == ("0 of 1 done", "1 late")


def test_how_the_child_is_doing_stands_in_words_numbers_and_a_line(cast, files, browse, assess, plan):
    assess(on=today() - 30 * DAY, scores={"safety": {"score": 3, "why": ""}, "education": {"score": 2, "why": "x"}})
    assess(kind="review")
    answer = page(browse, cast.social_worker, "care", files["Mira"])
    rows = {row.code: row for row in answer.context["doing"]}
    assert (rows["safety"].now, rows["safety"].before, rows["safety"].goals) == (2, 3, [1])
    assert rows["education"].is_unanswered
    assert "worse" in text_of(answer)
    assert "no goal yet: add one" in text_of(answer)
    assert rows["safety"].line == "6,13 144,21"


def test_a_need_without_a_goal_takes_the_button_of_sending_away(cast, files, browse, assess, plan):
    def green():
        return str(page(browse, cast.social_worker, "care", files["Mira"]).context["button"]["text"])

    assert green() == "Send for approval"
    assess(scores={"education": {"score": 1, "why": "x"}})
    assert green() == "Add a goal"


def test_the_review_is_the_green_button_once_it_is_near(cast, files, browse, agreed, owner):
    def green():
        return str(page(browse, cast.social_worker, "care", files["Mira"]).context["button"]["text"])

    assert green() == "Add a goal"
    care_day = today() + 3 * DAY
    review = care.start_plan(child_id=files["Mira"], values={"review_on": care_day}, by=cast.social_worker)
    care.send_plan(plan=review, by=cast.social_worker)
    care.decide_plan(plan=review, agrees=True, by=cast.supervisor)
    assert green() == "Start the review"


def test_an_assessment_is_recorded_row_by_row(cast, files, browse):
    answers = {
        "kind": "initial",
        "level": "3",
        "score_safety": "1",
        "why_safety": "He knows the house.",
        "score_health": "4",
    }
    answer = page(browse, cast.social_worker, "assess", files["Mira"], **answers)
    assert answer.status_code == 302, text_of(answer)
    scores = value("SELECT scores::text FROM victims_assessment WHERE child_id = %s", files["Mira"])
    assert scores == '{"health": {"why": "", "score": 4}, "safety": {"why": "He knows the house.", "score": 1}}'


def test_an_assessment_asks_for_reasons_and_keeps_the_rest(cast, files, browse):
    answers = {"kind": "initial", "level": "3", "score_safety": "1", "score_health": "4"}
    answer = page(browse, cast.social_worker, "assess", files["Mira"], **answers)
    assert "Say why for safety" in text_of(answer)
    assert form_with(answer, "score_health")["score_health"] == ["4"]
    assert value("SELECT count(*) FROM victims_assessment") == 0


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        ({"kind": ""}, "Choose the kind."),
        ({"score_safety": ""}, "Give at least one domain a score."),
        ({"on": "2090-01-01"}, "This day is in the future."),
    ],
)
def test_an_assessment_with_a_gap_names_it(cast, files, browse, missing, words):
    answers = {"kind": "initial", "level": "3", "score_safety": "3"} | missing
    assert words in text_of(page(browse, cast.social_worker, "assess", files["Mira"], **answers))


def test_a_plan_goes_from_the_first_form_to_the_approval(cast, files, browse):
    worker, mira = cast.social_worker, files["Mira"]
    page(browse, worker, "start_plan", mira, words="I want to stay.", agreed_by_child="true", language="pt")
    plan_id = value("SELECT id FROM victims_careplan WHERE child_id = %s", mira)
    page(browse, worker, "add_goal", mira, plan_id, title="Mira sleeps", domain="mental_health")
    goal_id = value("SELECT id FROM victims_goal WHERE plan_id = %s", plan_id)
    team = str(cast.team("ngo_worker").pk)
    page(browse, worker, "add_action", mira, goal_id, title="Night light", team=team, due=str(today() + DAY))
    page(browse, worker, "send_plan", mira, plan_id, once="k1")
    assert "Night light" in text_of(page(browse, cast.supervisor, "decide_plan", mira, plan_id))
    page(browse, cast.supervisor, "decide_plan", mira, plan_id, reason="", answer="agree")
    assert value("SELECT state FROM victims_careplan WHERE id = %s", plan_id) == 4


def test_a_supervisor_asks_for_changes_and_the_writer_reads_them(cast, files, browse, plan):
    care.send_plan(plan=plan, by=cast.social_worker)
    answer = page(browse, cast.supervisor, "decide_plan", files["Mira"], plan.pk, reason="", answer="change")
    assert "Say what is to be changed." in text_of(answer)
    page(browse, cast.supervisor, "decide_plan", files["Mira"], plan.pk, reason="Who pays?", answer="change")
    assert "Who pays?" in text_of(page(browse, cast.social_worker, "care", files["Mira"]))


def test_the_page_of_the_decision_is_nothing_to_others(cast, files, browse, plan):
    care.send_plan(plan=plan, by=cast.social_worker)
    for name, code in (("social_worker", 403), ("ngo_worker", 403), ("clinician", 403), ("stranger", 404)):
        assert page(browse, getattr(cast, name), "decide_plan", files["Mira"], plan.pk).status_code == code, name


def test_another_persons_change_of_a_goal_is_joined_and_not_lost(cast, files, browse, goal):
    address = reverse("victims:change_goal", args=[files["Mira"], goal.pk])
    form = form_with(browse(cast.social_worker).get(address), "title")
    care.change_goal(goal=goal, values={"title": "Theirs"}, by=cast.ngo_worker, reason="clearer")
    answer = browse(cast.social_worker).post(address, form | {"title": "Mine", "reason": "better"})
    assert answer.status_code == 409
    assert "Theirs" in text_of(answer)
    assert "Mine" in text_of(answer)


def test_a_contact_asks_whether_the_child_was_seen_alone_and_is_safe(cast, files, browse):
    answer = page(browse, cast.social_worker, "contact", files["Mira"], mode="visit", result="1", text="Well.")
    for words in ("Choose whether you saw the child alone.", "Choose whether the child is safe."):
        assert words in text_of(answer)
    answers = {"mode": "visit", "result": "1", "seen_alone": "1", "is_safe": "no"}
    assert "Say what the child is not safe from." in text_of(
        page(browse, cast.social_worker, "contact", files["Mira"], **answers)
    )
    done = page(browse, cast.social_worker, "contact", files["Mira"], **answers, concern="Calls at night.")
    assert done.status_code == 302
    assert "Calls at night." in text_of(page(browse, cast.social_worker, "care", files["Mira"]))


def test_what_blocks_a_plan_is_said_with_its_day_however_old(cast, files, browse, plan, assess):
    assess(on=today() - 60 * DAY, scores={"education": {"score": 1, "why": "x"}})
    for number in range(6):
        assess(on=today() - number * DAY, scores={"safety": {"score": 3, "why": ""}})
    answer = page(browse, cast.social_worker, "care", files["Mira"])
    assert [(need["code"], need["score"]) for need in answer.context["lacking"]] == [("education", 1)]
    assert answer.context["button"]["text"] == "Add a goal"
    with pytest.raises(NotPossible, match="No goal yet for: education"):
        care.send_plan(plan=plan, by=cast.social_worker)
    care.add_goal(plan=plan, values={"title": "Back to school", "domain": "education"}, by=cast.social_worker)
    answer = page(browse, cast.social_worker, "care", files["Mira"])
    assert (answer.context["lacking"], answer.context["button"]["text"]) == ([], "Send for approval")


def test_a_version_says_what_changed_since_the_one_before(cast, files, browse, agreed, act):
    done, _going_on = act(title="done one"), act(title="open one")
    care.take_action(plan_action=done, name="finish", by=cast.ngo_worker, reason="She did.")
    assert page(browse, cast.social_worker, "care", files["Mira"]).context["since"] == {}
    review = care.start_plan(child_id=files["Mira"], values={"words": "I like it."}, by=cast.social_worker)
    care.add_goal(plan=review, values={"title": "Back to school", "domain": "education"}, by=cast.social_worker)
    since = page(browse, cast.social_worker, "care", files["Mira"]).context["since"]
    found = {(str(row["label"]), row["before"], row["after"].partition(", ")[0]) for row in since["changes"]}
    assert ("in the child’s own words", "canary-words-plan", "I like it.") in found
    assert ("Goal", "", "Back to school") in found
    assert {row for row in found if row[0] == "Action"} == {("Action", "done one", "done one")}


def test_contacts_older_than_five_are_counted_and_a_step_away(cast, files, browse, contact):
    for number in range(22):
        contact(on=today() - number * DAY, text=f"contact-{number}.")
    text = text_of(page(browse, cast.social_worker, "care", files["Mira"]))
    there = reverse("victims:contacts", args=[files["Mira"]])
    assert ("All 22 contacts and tries" in text, there in text, "contact-5." in text) == (True, True, False)
    first = browse(cast.social_worker).get(there)
    assert ("contact-19." in text_of(first), "contact-20." in text_of(first)) == (True, False)
    second = text_of(browse(cast.social_worker).get(there + first.context["older_url"]))
    assert ("contact-19." in second, "contact-20." in second, "contact-21." in second) == (False, True, True)


def test_a_try_needs_no_answer_about_the_child(cast, files, browse):
    assert page(browse, cast.social_worker, "contact", files["Mira"], mode="visit", result="2").status_code == 302
    with acting(cast.social_worker):
        assert FollowUp.objects.get(child_id=files["Mira"]).seen_alone is None


def test_what_the_child_wants_stands_on_the_overview(cast, files, browse, contact):
    contact(wishes="To see my aunt.")
    assert "To see my aunt." in text_of(page(browse, cast.social_worker, "child", files["Mira"]))


def test_my_work_leads_to_a_contact_by_typing(cast, files, browse):
    client = browse(cast.social_worker)
    there = reverse("victims:pick")
    assert there in text_of(client.get("/"))
    assert there not in text_of(browse(cast.investigator).get("/"))
    answer = client.post(there, {"q": "mi"})
    assert answer.url == reverse("victims:contact", args=[files["Mira"]])
    assert "No file in which you write Care matches" in text_of(client.post(there, {"q": "zz"}))


def test_only_files_in_which_one_writes_care_are_offered(cast, files, browse):
    rows = browse(cast.clinician).get(reverse("victims:pick")).context["rows"]
    assert rows == []
    ids = {row["child"].pk for row in browse(cast.ngo_worker).get(reverse("victims:pick")).context["rows"]}
    assert ids == {files["Mira"]}


# --- an action, for its team --------------------------------------------------------------------------------------


@pytest.fixture
def lab(act):
    """An action of a team that is on the file without CARE."""
    return act("clinician", title="Check her ears")


def test_a_team_without_care_reads_its_action_and_no_word_more(cast, browse, lab, plan):
    text = text_of(page(browse, cast.clinician, "action", lab.pk))
    assert "Check her ears" in text
    assert "Mira is safe" in text
    for other in ("canary-words-plan", "canary-care", "canary-action"):
        assert other not in text


def test_opening_an_action_is_a_look_at_the_file(cast, files, browse, lab):
    page(browse, cast.clinician, "action", lab.pk)
    event = last_event(kind="view action")
    assert (event["child_id"], event["entity_id"], event["sections"]) == (files["Mira"], lab.pk, [6])


def test_an_action_is_nothing_to_whoever_has_no_part_in_it(cast, browse, act):
    one, before = act("ngo_worker"), count_events(kind="refusal")
    for name in ("clinician", "stranger", "investigator"):
        assert page(browse, getattr(cast, name), "action", one.pk).status_code == 404
    assert count_events(kind="refusal") == before + 3


def test_my_work_shows_an_action_without_its_words_and_opens_it(cast, files, browse, lab):
    home = browse(cast.clinician).get("/")
    text = text_of(home)
    assert "An action of the care plan" in text
    assert "Check her ears" not in text
    assert reverse("victims:action", args=[lab.pk]) in text


def test_nobody_ticks_what_a_record_closes(cast, files, browse, assess, lab):
    assess(level=2)
    visit = value("SELECT id FROM casework_task WHERE child_id = %s AND kind = 'visit'", files["Mira"])
    done = reverse("desk:task_done", args=[visit])
    for name, there in (("social_worker", "contact"), ("supervisor", "child")):
        address = reverse(f"victims:{there}", args=[files["Mira"]])
        assert browse(getattr(cast, name)).post(done, {"reason": "x"}).url == address
        assert address in text_of(browse(getattr(cast, name)).get("/"))
    mine = browse(cast.clinician).get(reverse("desk:task_done", args=[lab.task_id]))
    assert mine.url == reverse("victims:action", args=[lab.pk])
    assert value("SELECT state FROM casework_task WHERE id = %s", visit) == 1


def test_ticking_an_action_asks_what_came_of_it(cast, browse, lab):
    answer = page(browse, cast.clinician, "action", lab.pk, name="finish", result="")
    assert "Say what came of it for the child." in text_of(answer)
    done = page(browse, cast.clinician, "action", lab.pk, name="finish", result="They are fine.")
    assert done.url == reverse("desk:home")
    with acting(cast.clinician):
        assert PlanAction.objects.get(pk=lab.pk).result == "They are fine."


def test_whoever_holds_the_plan_but_not_the_action_cannot_tick_it(cast, browse, lab):
    answer = page(browse, cast.social_worker, "action", lab.pk)
    assert answer.context["form"] is None
    posted = browse(cast.social_worker).post(
        reverse("victims:action", args=[lab.pk]), {"name": "finish", "result": "x"}
    )
    assert posted.status_code == 404


def test_reminding_is_confirmed_once_and_then_says_when(cast, files, browse, lab):
    address, client = reverse("victims:remind", args=[files["Mira"], lab.pk]), browse(cast.social_worker)
    answer = client.post(address, {"once": "k1"}, follow=True)
    assert "Reminded. It stands in their notices and on the file." in text_of(answer)
    assert "They were reminded today." in text_of(client.post(address, {"once": "k2"}, follow=True))
    with acting(cast.clinician):
        assert Notice.objects.filter(kind="reminder").count() == 1


def test_an_action_is_cancelled_with_a_reason(cast, files, browse, lab):
    answer = page(browse, cast.social_worker, "cancel_action", files["Mira"], lab.pk, reason="")
    assert "Say why it is not to be done." in text_of(answer)
    page(browse, cast.social_worker, "cancel_action", files["Mira"], lab.pk, reason="She moved.")
    assert value("SELECT state FROM victims_planaction WHERE id = %s", lab.pk) == 6


def test_a_team_that_may_give_a_section_away_is_not_named(cast, files, browse, act):
    act("shelter_worker", title="Night routine")
    text = text_of(page(browse, cast.ngo_worker, "care", files["Mira"]))
    assert "a shelter" in text
    assert "Farol House" not in text


@pytest.mark.parametrize("name", ["care", "assess", "contact", "contacts", "start_plan"])
def test_care_pages_are_closed_without_the_section(cast, files, browse, name):
    assert page(browse, cast.clinician, name, files["Mira"]).status_code == 403
    assert page(browse, cast.stranger, name, files["Mira"]).status_code == 404


def test_the_page_stands_in_arabic(cast, files, browse, assess, agreed, act, contact):
    assess()
    act()
    contact()
    client = browse(cast.social_worker)
    with translation.override("ar"):
        client.cookies["django_language"] = "ar"
        answer = client.get(reverse("victims:care", args=[files["Mira"]]))
    assert answer.status_code == 200


# --- timeline and PDF ---------------------------------------------------------------------------------------------


def test_everything_stands_on_the_timeline(cast, files, browse, assess, agreed, act, contact):
    assess(level=3, text="Sleeps badly.")
    one = act(title="Find a school")
    care.take_action(plan_action=one, name="finish", by=cast.ngo_worker, reason="She is in year four.")
    contact(concern="Calls at night.")
    text = text_of(browse(cast.social_worker).get(reverse("victims:child", args=[files["Mira"]]) + "?only=care"))
    said = (
        "Assessed: risk of return high",
        "Care plan agreed",
        "Goal added",
        "She is in year four.",
        "Contact with the child",
    )
    for words in (*said, "Calls at night."):
        assert words in text, words


def test_a_review_says_what_goes_on_in_the_new_version(cast, files, browse, agreed, act):
    act(title="Find a school")
    care.start_plan(child_id=files["Mira"], values={}, by=cast.social_worker)
    text = text_of(browse(cast.social_worker).get(reverse("victims:child", args=[files["Mira"]]) + "?only=care"))
    for words in (
        "Review of the care plan started",
        "Goal goes on in the new version",
        "Action goes on in the new version",
    ):
        assert words in text


def test_the_timeline_says_nothing_of_care_to_whoever_lacks_it(cast, files, browse, assess, act, contact):
    assess(text="canary-assessed")
    act()
    contact(concern="canary-concern")
    text = text_of(browse(cast.clinician).get(reverse("victims:child", args=[files["Mira"]])))
    for words in ("canary-assessed", "canary-action", "canary-concern", "Assessed:", "Contact with the child"):
        assert words not in text


def test_what_a_plan_lacks_is_named_on_the_plan_and_when_it_is_sent_and_decided(cast, files, browse, plan, goal):
    care.change_plan(plan=plan, values={"agreed_by_child": None}, by=cast.social_worker, reason="x")
    said = ("Nobody does anything yet for: “Mira is safe”.", "Neither the child nor the guardian has agreed to it.")
    pages = [page(browse, cast.social_worker, "care", files["Mira"]),
             page(browse, cast.social_worker, "send_plan", files["Mira"], plan.pk)]  # fmt: skip
    care.send_plan(plan=plan, by=cast.social_worker)
    pages.append(page(browse, cast.supervisor, "decide_plan", files["Mira"], plan.pk))
    for answer in pages:
        assert all(words in text_of(answer) for words in said)


def test_a_contact_asks_for_all_that_is_missing_in_one_round(cast, files, browse):
    text = text_of(page(browse, cast.social_worker, "contact", files["Mira"], text="Well."))
    for words in ("Choose how.", "Choose what came of it.", "you saw the child alone.", "Choose whether the child is"):
        assert words in text


def test_a_task_opens_the_assessment_of_its_kind(cast, files, browse):
    client, address = browse(cast.social_worker), reverse("victims:assess", args=[files["Mira"]])
    assert client.get(address + "?kind=comprehensive").context["form"]["kind"].value() == "comprehensive"
