"""Asking the team that holds a series to look; and the second officer, with the clock that waits for one."""

import pytest
from django.urls import reverse

from portal.access.identity import Refused, acting
from portal.audit.events import NotRecorded
from portal.audit.kinds import shifted
from portal.casework.models import Notice, Task
from portal.casework.notices import address, sentence
from portal.casework.templatetags.portal import moment
from portal.casework.workflow import NotPossible
from tests.matching.pairs import make_match
from tests.matching.test_pages import look, say, words_of
from tests.posted import form_with
from tests.shelters.test_holds import later
from tests.statements import assert_refused, last_event, value
from tests.world import HOUR
from victims import questions
from victims.models import MatchDecision, MatchQuestion

ASKED = "Is the cracked glass on the left wrist?"
A = MatchQuestion.Answer


def ask(cast, match, by="analyst", team="foreign"):
    return questions.ask(pair_id=match.pair_id, team=cast.team(team), question=ASKED, by=getattr(cast, by))


def told(person, kind):
    with acting(person):
        return [(sentence(one), address(one)) for one in Notice.objects.filter(person=person, kind=kind)]


def test_question_is_recorded_and_becomes_a_task_and_a_notice_of_the_holder(cast, match):
    made = ask(cast, match)
    with acting(cast.foreign):
        task = Task.objects.get(pk=made.task_id)
        assert (task.team, task.state, task.child_id) == (cast.team("foreign"), Task.State.OPEN, None)
    assert told(cast.foreign, "match_question") == [
        ("J. Tremblay asks your team to look at the files of a match.", match.url)
    ]
    assert last_event(kind="ask holder of match")["entity_id"] == match.pair_id


def test_answer_of_the_holder_closes_its_task_and_tells_the_asker(cast, browse, match):
    made = ask(cast, match)
    client, url = browse(cast.foreign), reverse("victims:match_question", args=[match.pair_id, made.pk])
    page = client.get(url)
    assert ASKED in words_of(page)
    answer = client.post(url, form_with(page, "words") | {"answer": "1", "words": "Yes, in four files."}, follow=True)
    assert "Speaks for the same child. “Yes, in four files.”" in words_of(answer)
    assert value("SELECT state FROM casework_task WHERE id = %s", made.task_id) == Task.State.DONE
    assert told(cast.analyst, "match_answered") == [("E. Lind answered what you asked about a match.", match.url)]


def test_answer_asks_for_a_choice_and_a_sentence(cast, browse, match):
    made = ask(cast, match)
    client, url = browse(cast.foreign), reverse("victims:match_question", args=[match.pair_id, made.pk])
    words = words_of(client.post(url, form_with(client.get(url), "words")))
    assert "Choose what your files say." in words
    assert "Say in one sentence what is to be seen." in words


def test_page_of_the_pair_offers_the_other_holder_and_takes_the_question(cast, browse, match):
    page = look(browse, cast.analyst, match)
    assert "Ask Eastern Unit to look" in words_of(page)
    assert "Ask Northern Unit to look" not in words_of(page)
    client, url = browse(cast.analyst), reverse("victims:ask_holder", args=[match.pair_id, cast.team("foreign").pk])
    answer = client.post(url, form_with(client.get(url), "question") | {"question": ASKED}, follow=True)
    assert "J. Tremblay asked police_y team of Eastern Unit" in words_of(answer)
    assert "not answered yet" in words_of(answer)
    assert "Ask Eastern Unit to look" not in words_of(answer)
    assert "Look and answer" in words_of(look(browse, cast.foreign, match))


def test_task_of_a_question_leads_to_its_answer(cast, browse, match):
    made = ask(cast, match)
    page = browse(cast.foreign).get("/")
    assert "Answer a question on a match" in words_of(page)
    assert reverse("victims:match_question", args=[match.pair_id, made.pk]) in page.content.decode()


def test_own_team_and_strangers_to_the_pair_are_not_asked(cast, browse, match):
    for team in ("analyst", "social_worker"):
        url = reverse("victims:ask_holder", args=[match.pair_id, cast.team(team).pk])
        assert browse(cast.analyst).get(url).status_code == 404
    with pytest.raises(NotPossible, match="Nobody of services team may see both series"):
        ask(cast, match, team="social_worker")


def test_holder_who_may_not_see_the_other_side_is_asked_nothing(cast):
    hidden = make_match(cast, is_network=False)  # the eastern force sees both, the northern one only its own
    with pytest.raises(NotPossible, match="may see both series"):
        ask(cast, hidden, by="foreign", team="analyst")
    assert told(cast.analyst, "match_question") == []
    assert value("SELECT count(*) FROM casework_task WHERE kind = 'match_question'") == 0


@pytest.mark.parametrize("who", ["social_worker", "stranger"])
def test_questions_are_for_certified_police_roles(cast, match, who):
    with pytest.raises(Refused):
        ask(cast, match, who)
    assert last_event(kind="refusal")["reason_code"] == "not_a_certified_analyst"


def test_one_question_at_a_time_and_one_answer(cast, match):
    made = ask(cast, match)
    with pytest.raises(NotPossible, match="has not answered yet"):
        ask(cast, match, "investigator")
    questions.answer(question=made, choice=A.AGAINST, words="Right wrist.", by=cast.foreign)
    with pytest.raises(NotPossible, match="has answered already"):
        questions.answer(question=made, choice=A.FOR, words="Left wrist.", by=cast.foreign)
    assert ask(cast, match).pk != made.pk


def test_answer_is_the_asked_teams_alone(cast, browse, match):
    made = ask(cast, match)
    with pytest.raises(Refused):
        questions.answer(question=made, choice=A.FOR, words="Yes.", by=cast.investigator)
    assert last_event(kind="refusal")["reason_code"] == "not_the_team_asked"
    url = reverse("victims:match_question", args=[match.pair_id, made.pk])
    assert browse(cast.investigator).get(url).status_code == 404


def test_question_without_its_event_leaves_nothing_behind(cast, match, monkeypatch):
    def broken(event, **more):
        raise NotRecorded(event.kind)

    monkeypatch.setattr("portal.audit.models.events.record", broken)
    with pytest.raises(NotRecorded):
        ask(cast, match)
    assert value("SELECT count(*) FROM victims_matchquestion") == 0
    assert value("SELECT count(*) FROM casework_task WHERE kind = 'match_question'") == 0


def test_questions_are_hidden_with_their_pair(cast, match):
    ask(cast, match)
    with acting(cast.social_worker):
        assert not MatchQuestion.objects.exists()
        assert not MatchQuestion.history.exists()


def test_query_forges_no_question_and_no_answer(cast, match):
    made = ask(cast, match)
    answer = "UPDATE victims_matchquestion SET version = version + 1, answer = 1, words = 'x', answered = app_now(), "
    with acting(cast.investigator):
        assert_refused(answer + "answered_by_id = access.person()", match="answers, once")
    with acting(cast.foreign):
        assert_refused(answer + "answered_by_id = asked_by_id", match="answers, once")
        assert_refused(answer + "answered_by_id = access.person(), question = 'y'", match="answers, once")
        task = """INSERT INTO casework_task (id, version, kind, title, rule, team_id, to_the_minute, state, step, overrun_reason)
          SELECT uuidv7(), 1, '{}', 'x', '', id, false, 1, 0, '' FROM accounts_team WHERE id = '{}'"""
        assert_refused(task.format("visit", cast.team("analyst").pk), match="row-level security")
        assert_refused(task.format(questions.KIND, cast.team("clinician").pk), match="row-level security")
    assert made.answer is None


# A second officer


def test_officers_of_the_other_agency_are_told_that_a_second_one_is_needed(cast, browse, match):
    say(browse, cast.analyst, match, "propose")
    words = "J. Tremblay says that two series show the same child, and asks for a second officer within 24 hours."
    assert told(cast.foreign, "second_officer") == [(words, match.url)]
    assert told(cast.investigator, "second_officer") == told(cast.analyst, "second_officer") == []


def test_nobody_who_may_not_see_both_series_is_told(cast, browse):
    hidden = make_match(cast, is_network=False)
    say(browse, cast.foreign, hidden, "propose")
    assert "so nobody was told" in words_of(look(browse, cast.foreign, hidden))
    assert told(cast.analyst, "second_officer") == told(cast.investigator, "second_officer") == []


def test_first_officer_is_told_of_the_second_ones_answer(cast, browse, match):
    say(browse, cast.analyst, match, "propose")
    say(browse, cast.foreign, match, "confirm", "Same tiles.")
    assert len(told(cast.analyst, "second_officer_said")) == 1


def test_clock_of_the_second_officer_stands_in_words_and_is_late_in_red(cast, browse, match):
    say(browse, cast.analyst, match, "propose")
    later(cast, "foreign")
    with acting(cast.foreign):
        due = MatchDecision.objects.get(pair=match.pair_id).answer_by
    assert f"A second officer by {moment(due)}" in words_of(look(browse, cast.foreign, match))
    with shifted(27 * HOUR):
        page = browse(cast.foreign).get(match.url)
        assert f"A second officer by {moment(due)}: 3 h late" in words_of(page)
        assert '<p class="late">' in page.content.decode()
