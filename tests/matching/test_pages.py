"""The pages of matches: the list, one pair with its evidence, and what two officers say of it."""

import html
import re

import pytest
from django.urls import reverse

from portal.access.identity import acting
from portal.audit.models import AccessEvent
from tests.posted import form_with
from tests.statements import last_event
from victims.models import SeriesPair

S = SeriesPair.State


def words_of(response):
    text = re.sub(r"<(script|style|svg).*?</\1>|<[^>]+>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(html.unescape(text).split())


def look(browse, person, match):
    response = browse(person).get(match.url)
    assert response.status_code == 200
    return response


def say(browse, person, match, step, reason="Same watch and tiles.", page=None):
    client = browse(person)
    form = form_with(page or client.get(match.url), "reason")
    return client.post(match.url, form | {"reason": reason, "step": step})


def state_of(cast, match):
    with acting(cast.analyst):
        return SeriesPair.objects.get(pk=match.pair_id).state


# The list


def test_list_names_both_series_and_counts_their_files(cast, browse, match):
    words = words_of(browse(cast.analyst).get(reverse("victims:matches")))
    assert "Grey stairs" in words
    assert "Tram 28" in words
    assert "Northern Unit · Eastern Unit" in words or "Eastern Unit · Northern Unit" in words
    with acting(cast.analyst):
        assert AccessEvent.objects.filter(kind="list matches", entities__contains=[match.pair_id]).exists()


def test_list_without_pairs_says_so(cast, browse):
    assert "No pair waits. The next import may bring one." in words_of(
        browse(cast.analyst).get(reverse("victims:matches"))
    )


@pytest.mark.parametrize(("step", "name"), [("dismiss", "not-the-same"), ("leave_open", "cannot-tell")])
def test_decided_pair_moves_to_its_own_list(cast, browse, match, step, name):
    say(browse, cast.analyst, match, step)
    client, url = browse(cast.analyst), reverse("victims:matches")
    assert "Tram 28" not in words_of(client.get(url))
    assert "Tram 28" in words_of(client.get(f"{url}?state={name}"))


def test_list_of_another_name_does_not_exist(cast, browse):
    assert browse(cast.analyst).get(reverse("victims:matches") + "?state=x").status_code == 404


@pytest.mark.parametrize("who", ["social_worker", "supervisor", "stranger"])
def test_matches_are_for_certified_police_roles(cast, browse, match, who):
    client = browse(getattr(cast, who))
    assert client.get(reverse("victims:matches")).status_code == 404
    assert client.get(match.url).status_code == 404
    assert last_event(kind="refusal")["person_id"] == getattr(cast, who).pk


def count_in_navigation(browse, person):
    page = browse(person).get("/").content.decode()
    found = re.search(r"Matches\s*(?:<span class=\"count\">(\d+)</span>)?", page)
    return int(found[1] or 0) if found else None


def test_navigation_counts_what_waits_for_this_person(cast, browse, match):
    assert count_in_navigation(browse, cast.analyst) == 1
    assert count_in_navigation(browse, cast.social_worker) is None
    say(browse, cast.analyst, match, "propose")
    assert count_in_navigation(browse, cast.analyst) == count_in_navigation(browse, cast.investigator) == 0
    assert count_in_navigation(browse, cast.foreign) == 1
    say(browse, cast.foreign, match, "confirm")
    assert count_in_navigation(browse, cast.foreign) == 0


# One pair


def test_pair_shows_bars_marks_and_identifiers(cast, browse, described):
    page = look(browse, cast.analyst, described)
    words = words_of(page)
    assert "Files: 5 in both · strong" in words
    assert "2 identical" in words
    assert "3 near (PDQ, distance 4 to 31)" in words
    assert "2 of them are passed around widely" in words
    assert "Marks and objects: 1 agrees, 1 likely, 1 differs · fair" in words
    assert "Identifiers: 1 in both · fair" in words
    assert "3 kinds of evidence agree" in words
    assert "1 pair differs" in words


def test_pair_draws_a_bar_for_each_distance_and_the_limit(cast, browse, match):
    text = look(browse, cast.analyst, match).content.decode()
    assert text.count('class="bars__bar"') == 3
    assert text.count("bars__bar--same") == 1
    assert 'class="bars__limit"' in text
    assert "style=" not in text


def test_pair_masks_identifiers_and_names_no_file(cast, browse, described):
    text = look(browse, cast.analyst, described).content.decode()
    assert "T***28" in text
    assert "tram_owl" not in text.lower()
    assert "<img" not in text


def test_pair_says_how_much_is_a_first_form(cast, browse, described):
    assert "it reads words, not things" in words_of(look(browse, cast.analyst, described))


def test_pair_offers_three_equal_buttons_and_chooses_none(cast, browse, match):
    text = look(browse, cast.analyst, match).content.decode()
    buttons = re.findall(r'<button class="govuk-button ([\w -]*?)"\s+type="submit"\s+name="step"\s+value="(\w+)"', text)
    assert [value for _kind, value in buttons] == ["propose", "dismiss", "leave_open"]
    assert len({kind.strip() for kind, _value in buttons}) == 1
    assert "checked" not in text


def test_look_at_a_pair_is_on_record(cast, browse, match):
    look(browse, cast.foreign, match)
    event = last_event(kind="view match")
    assert (event["entity_id"], event["person_id"]) == (match.pair_id, cast.foreign.pk)


# Deciding


def test_same_child_takes_a_second_officer_of_another_team(cast, browse, match):
    say(browse, cast.analyst, match, "propose")
    assert state_of(cast, match) == S.PROPOSED
    page = look(browse, cast.investigator, match)
    assert "Your team said that it is the same child." in words_of(page)
    assert 'value="confirm"' not in page.content.decode()
    refused = say(browse, cast.investigator, match, "confirm")
    assert "A second officer, of another team" in words_of(refused)
    assert say(browse, cast.foreign, match, "confirm", "Same tiles.").status_code == 302
    assert state_of(cast, match) == S.SAME
    words = words_of(look(browse, cast.investigator, match))
    assert "confirmed that it is the same child “Same tiles.”" in words
    assert "J. Tremblay (Northern Unit) said that it is the same child" in words


def test_decision_without_a_reason_asks_for_one(cast, browse, match):
    answer = say(browse, cast.analyst, match, "dismiss", reason="")
    assert "Say why, in one sentence." in words_of(answer)
    assert state_of(cast, match) == S.WAITING


def test_second_of_two_who_decide_at_once_reads_who_said_what(cast, browse, match):
    page = browse(cast.foreign).get(match.url)
    say(browse, cast.analyst, match, "dismiss", "Other tiles.")
    answer = say(browse, cast.foreign, match, "propose", "Typed with care.", page=page)
    words = words_of(answer)
    assert answer.status_code == 409
    assert "Somebody decided while you wrote. Nothing you typed is lost." in words
    assert "J. Tremblay (Northern Unit) said that it is not the same child" in words
    assert "Other tiles." in words
    assert form_with(answer, "reason")["reason"] == ["Typed with care."]
    assert state_of(cast, match) == S.NOT_THE_SAME


def test_press_that_no_longer_fits_says_so(cast, browse, match):
    say(browse, cast.analyst, match, "dismiss")
    assert "That answer is not possible from there." in words_of(say(browse, cast.foreign, match, "confirm"))
    assert state_of(cast, match) == S.NOT_THE_SAME


def test_one_press_sent_twice_decides_once(cast, browse, match):
    client = browse(cast.analyst)
    form = form_with(client.get(match.url), "reason") | {"reason": "Twice.", "step": "dismiss"}
    assert client.post(match.url, form).url == client.post(match.url, form).url
    with acting(cast.analyst):
        assert SeriesPair.objects.get(pk=match.pair_id).decision.version == 1


def test_decided_pair_is_taken_up_again_by_hand(cast, browse, match):
    say(browse, cast.analyst, match, "dismiss")
    say(browse, cast.foreign, match, "take_up", "New files.")
    assert state_of(cast, match) == S.CANNOT_TELL
