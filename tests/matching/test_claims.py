"""Claiming a pair: one officer at a time, for two hours, the strongest first; and the break after a long sitting."""

import datetime

import pytest
from django.urls import reverse

from portal.access.identity import Refused, acting
from portal.access.sections import Stage
from portal.audit import clock
from portal.audit.events import NotRecorded
from portal.audit.kinds import shifted
from portal.casework.templatetags.portal import hour
from portal.casework.workflow import NotPossible
from tests.matching.hashes import drawn, media, read_in
from tests.matching.pairs import describe, make_match
from tests.matching.test_pages import count_in_navigation, look, say, state_of, words_of
from tests.matching.test_visibility import settle
from tests.posted import read
from tests.shelters.test_holds import later
from tests.statements import assert_refused, last_event, run, value
from tests.world import HOUR
from tests.world import values as summary
from victims import actions, claims, decisions, matching, sittings
from victims.models import MatchClaim, Series, SeriesPair

MINUTE = datetime.timedelta(minutes=1)
S = SeriesPair.State


def claim(cast, match, by="analyst"):
    return claims.claim(pair_id=match.pair_id, by=getattr(cast, by), reason="claimed")


def press(browse, person, name, *parts, on=None):
    """Press the button of a page, with the one-time key that stands in its form."""
    client, address = browse(person), reverse(f"victims:{name}", args=parts)
    page = read(client.get(on or reverse("victims:matches")))
    form = page.forms[page.actions.index(address)]
    return client.post(address, form, follow=True)


def test_claim_runs_two_hours_and_is_on_record(cast, match):
    made = claim(cast, match)
    assert made.until - made.since == 2 * HOUR
    event = last_event(kind="claim match")
    assert (event["entity_id"], event["person_id"]) == (match.pair_id, cast.analyst.pk)
    assert value("SELECT count(*) FROM victims_historicalmatchclaim") == 1


@pytest.mark.parametrize("who", ["social_worker", "stranger"])
def test_claim_is_for_certified_police_roles(cast, match, who):
    with pytest.raises(Refused):
        claim(cast, match, who)
    assert last_event(kind="refusal")["reason_code"] == "not_a_certified_analyst"


def test_pair_that_is_not_open_is_claimed_by_nobody(cast):
    hidden = make_match(cast, is_network=False)
    with pytest.raises(Refused):
        claim(cast, hidden)
    assert last_event(kind="refusal")["entity_id"] == hidden.pair_id


def test_decided_pair_is_not_claimed(cast, match):
    decisions.decide(pair_id=match.pair_id, step="dismiss", version=0, by=cast.foreign, reason="Other tiles.")
    with pytest.raises(NotPossible, match="Nobody weighs it"):
        claim(cast, match)


def test_claim_without_its_event_leaves_nothing_behind(cast, match, monkeypatch):
    def broken(event, **more):
        raise NotRecorded(event.kind)

    monkeypatch.setattr("portal.audit.models.events.record", broken)
    with pytest.raises(NotRecorded):
        claim(cast, match)
    assert value("SELECT count(*) FROM victims_matchclaim") == 0


def test_others_read_who_weighs_a_pair_and_decide_nothing_on_it(cast, browse, match):
    made = claim(cast, match)
    words = f"J. Tremblay (Northern Unit) weighs this since {hour(made.since)}."
    page = look(browse, cast.foreign, match)
    assert words in words_of(page)
    assert 'value="propose"' not in page.content.decode()
    assert "J. Tremblay weighs this since" in words_of(browse(cast.foreign).get(reverse("victims:matches")))
    with pytest.raises(NotPossible, match="J. Tremblay weighs this pair since"):
        decisions.decide(pair_id=match.pair_id, step="dismiss", version=0, by=cast.foreign, reason="Other tiles.")


def test_what_was_typed_stays_when_somebody_claims_meanwhile(cast, browse, match):
    page = browse(cast.foreign).get(match.url)
    claim(cast, match)
    answer = say(browse, cast.foreign, match, "dismiss", "Typed with care.", page=page)
    assert "J. Tremblay weighs this pair since" in words_of(answer)
    assert "Typed with care." in words_of(answer)
    assert state_of(cast, match) == S.WAITING


def test_claim_ends_by_itself_and_with_the_decision(cast, match):
    later(cast, "analyst", "foreign")
    claim(cast, match)
    with shifted(2 * HOUR + MINUTE):
        decisions.decide(pair_id=match.pair_id, step="leave_open", version=0, by=cast.foreign, reason="Too dark.")
        claim(cast, match, "foreign")
        decisions.decide(pair_id=match.pair_id, step="dismiss", version=1, by=cast.foreign, reason="Other tiles.")
        with acting(cast.analyst):
            assert claims.claim_on(match.pair_id) is None


def test_whoever_claimed_gives_back_and_nobody_else_does(cast, browse, match):
    claim(cast, match)
    claims.give_back(pair_id=match.pair_id, by=cast.foreign)
    with acting(cast.foreign):
        assert claims.claim_on(match.pair_id).person == cast.analyst
    answer = press(browse, cast.analyst, "give_back_match", match.pair_id, on=match.url)
    assert "Given back. Others may weigh the pair." in words_of(answer)
    assert claim(cast, match, "foreign").person == cast.foreign


@pytest.mark.parametrize("who", ["social_worker", "stranger"])
def test_give_back_is_for_certified_police_roles(cast, match, who):
    with pytest.raises(Refused):
        claims.give_back(pair_id=match.pair_id, by=getattr(cast, who))
    assert last_event(kind="refusal")["reason_code"] == "not_a_certified_analyst"


def test_pair_that_is_not_open_is_given_back_by_nobody(cast):
    hidden = make_match(cast, is_network=False)
    with pytest.raises(Refused):
        claims.give_back(pair_id=hidden.pair_id, by=cast.analyst)
    assert last_event(kind="refusal")["entity_id"] == hidden.pair_id


def test_claimed_pair_is_counted_for_nobody_else(cast, browse, match):
    claim(cast, match)
    assert count_in_navigation(browse, cast.analyst) == 1
    assert count_in_navigation(browse, cast.foreign) == 0


def test_button_claims_the_pair_whose_page_it_stands_on(cast, browse, match):
    answer = press(browse, cast.foreign, "claim_match", match.pair_id, on=match.url)
    assert "Claimed by you until" in words_of(answer)
    assert "Claim this pair" not in words_of(look(browse, cast.analyst, match))


# The next one


@pytest.fixture
def three(cast, match):
    """Beside five files, two of them shared widely: one near file, and one near file with marks and names in common."""
    bare = make_match(cast, near=(3,), identical=0, names=("Bare", "Wall"), start=3000)
    told = make_match(cast, near=(3,), identical=0, names=("Told", "Word"), start=6000)
    describe(cast, told)
    return match, told, bare


def test_strongest_evidence_comes_first(cast, three):
    many, told, bare = three
    with acting(cast.analyst):
        order = [pair.pk for pair in claims.strongest_first(cast.analyst)]
    assert order == [many.pair_id, told.pair_id, bare.pair_id]


def test_next_one_is_the_strongest_that_nobody_weighs(cast, browse, three):
    many, told, bare = three
    claim(cast, many, "foreign")
    answer = press(browse, cast.analyst, "claim_next")
    assert answer.redirect_chain[-1][0] == told.url
    assert "Claimed. The pair is yours for two hours." in words_of(answer)
    assert claims.claim_next(by=cast.investigator).pair_id == bare.pair_id
    assert claims.claim_next(by=cast.investigator) is None
    assert "No pair is free" in words_of(press(browse, cast.investigator, "claim_next"))


def test_pair_that_needs_a_second_officer_comes_before_all_but_never_to_the_first_one(cast, three):
    _many, _told, bare = three
    decisions.decide(pair_id=bare.pair_id, step="propose", version=0, by=cast.foreign, reason="One wall.")
    with acting(cast.analyst):
        assert claims.strongest_first(cast.analyst)[0].pk == bare.pair_id
    with acting(cast.foreign):
        assert bare.pair_id not in [pair.pk for pair in claims.strongest_first(cast.foreign)]


def test_team_that_said_it_first_keeps_the_pair_from_no_second_officer(cast, browse, match):
    decisions.decide(pair_id=match.pair_id, step="propose", version=0, by=cast.analyst, reason="Same watch.")
    with pytest.raises(NotPossible, match="waits for an officer of another team"):
        claim(cast, match, "investigator")
    assert "Claim this pair" not in words_of(look(browse, cast.investigator, match))
    forged = """INSERT INTO victims_matchclaim (id, version, pair_id, person_id, since, until)
      VALUES (uuidv7(), 1, %s, access.person(), app_now(), app_now() + interval '2 hours')"""
    with acting(cast.investigator):
        assert_refused(forged, match.pair_id, match="not decided is claimed")
    assert claim(cast, match, "foreign").person == cast.foreign


def test_restricted_pairs_are_never_the_next_one_of_others(cast):
    make_match(cast, is_network=False)
    assert claims.claim_next(by=cast.analyst) is None


def test_two_who_claim_the_next_one_at_once_get_two_pairs(clone):
    first = make_match(clone.cast)
    second = make_match(clone.cast, names=("Blue hall", "Night bus"), start=5000)

    def take(number):
        return claims.claim_next(by=getattr(clone.cast, ["analyst", "foreign"][number])).pair_id

    assert set(clone.at_once(take, 2)) == {first.pair_id, second.pair_id}


# The database


def test_query_takes_no_claim_from_somebody_and_stretches_none(cast, match):
    claim(cast, match)
    mine = f"UPDATE victims_matchclaim SET version = version + 1, {{}} WHERE pair_id = '{match.pair_id}'"
    with acting(cast.foreign):
        assert_refused(mine.format("person_id = access.person()"), match="one officer at a time")
        assert_refused(mine.format("until = app_now()"), match="own name")
    with acting(cast.analyst):
        assert_refused(mine.format("until = until + interval '1 hour'"), match="for two hours")


def test_query_decides_nothing_on_a_pair_that_another_officer_weighs(cast, match):
    decisions.decide(pair_id=match.pair_id, step="leave_open", version=0, by=cast.foreign, reason="Too dark.")
    claim(cast, match)
    forged = "UPDATE victims_matchdecision SET version = version + 1, state = 4, decided_by_id = access.person()"
    with acting(cast.foreign):
        assert_refused(forged, match="another officer weighs this pair")


def test_claims_are_hidden_with_their_pair(cast):
    hidden = make_match(cast, is_network=False)
    claim(cast, hidden, "foreign")
    with acting(cast.analyst):
        assert not MatchClaim.objects.exists()
        assert not MatchClaim.history.exists()
        assert run("UPDATE victims_matchclaim SET version = 9") == 0


# A break


def weigh_for(browse, cast, match, *minutes):
    for minute in minutes:
        with shifted(minute * MINUTE):
            page = look(browse, cast.analyst, match)
    return words_of(page)


def test_break_is_offered_after_fifty_minutes_of_weighing(cast, browse, match):
    assert "without a break" not in weigh_for(browse, cast, match, 0, 12, 24, 36, 48)
    words = weigh_for(browse, cast, match, 51)
    assert "You have weighed pairs for 51 minutes without a break." in words
    assert "Lock and take a break" in words


def test_pause_of_a_quarter_of_an_hour_begins_a_new_sitting(cast, browse, match):
    assert "without a break" not in weigh_for(browse, cast, match, 0, 12, 24, 40, 52)


def test_looks_of_others_make_nobody_tired(cast, browse, match):
    weigh_for(browse, cast, match, 0, 12, 24, 36, 48, 51)
    with shifted(52 * MINUTE), acting(cast.foreign):
        assert sittings.minutes_without_break(cast.foreign) == 0


# Nothing waits


def test_empty_list_says_what_the_team_reviewed(cast, browse, match):
    say(browse, cast.foreign, match, "dismiss", "Other tiles.")
    url = reverse("victims:matches")
    assert "No pair waits. Your team reviewed 1 this month; 0 led to a name." in words_of(browse(cast.foreign).get(url))
    assert "No pair waits. The next import may bring one." in words_of(browse(cast.analyst).get(url))


def test_pairs_of_an_empty_world_are_claimed_by_nobody(cast):
    read_in(cast, [media(1, drawn("alone"), "Alone")])
    assert claims.claim_next(by=cast.analyst) is None


def test_name_that_a_match_led_to_is_counted_for_those_who_decided(cast, browse, match):
    say(browse, cast.analyst, match, "propose")
    say(browse, cast.foreign, match, "confirm", "Same tiles.")
    child = actions.open_file(
        team=cast.team("foreign"), stage=Stage.SOUGHT, values=summary("Tram"), by=cast.foreign, reason="found"
    )
    with acting(cast.foreign):
        series = Series.objects.get(pk=match.tram)
    actions.link_series(child=child, series=series, by=cast.foreign, reason="her face")
    settle(child.pk)
    for person in (cast.analyst, cast.foreign):
        with acting(person):
            assert matching.reviewed_since(clock.now() - HOUR) == (1, 1)
            assert matching.reviewed_since(clock.now() + HOUR) == (0, 0)
