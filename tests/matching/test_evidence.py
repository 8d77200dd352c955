"""Marks, objects and identifiers of a series: recorded, changed, joined, and seen by whom the series is open to."""

import pytest
from django.urls import reverse

from portal.access.identity import Refused, acting
from portal.access.sections import Section, Stage
from tests.matching.pairs import clue, make_match
from tests.matching.test_pages import words_of
from tests.posted import form_with
from tests.statements import assert_refused, last_event, run, value
from tests.world import share
from tests.world import values as summary
from victims import actions, evidence
from victims.match_review import masked
from victims.models import Clue, OnlineIdentifier, Series
from victims.models.evidence import normalised

WATCH = {"kind": "jewellery", "text": "Green plastic watch", "on_body": "left wrist", "status": "1", "result": ""}


def url_of(series_id, slug="clues", record=None):
    return reverse(
        f"victims:{'edit' if record else 'add'}_evidence", args=[series_id, slug, *([record.pk] if record else [])]
    )


def send(browse, person, url, **values):
    client = browse(person)
    return client.post(url, form_with(client.get(url), "once") | values)


def records(cast, model):
    with acting(cast.analyst):
        return list(model.objects.all())


def test_clue_is_recorded_and_shown_on_its_series(cast, browse, match):
    assert send(browse, cast.analyst, url_of(match.stairs), **WATCH).url.endswith("#clues")
    words = words_of(browse(cast.foreign).get(reverse("victims:one_series", args=[match.stairs])))
    assert "watch or jewellery: Green plastic watch left wrist · open" in words
    event = last_event(kind="change", entity="victims.clue")
    assert (event["series_id"], event["person_id"]) == (match.stairs, cast.analyst.pk)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"text": ""}, "Say what it looks like."),
        ({"kind": ""}, "Choose the kind."),
        ({"status": "4"}, "Say what came of it."),
    ],
)
def test_clue_that_lacks_something_names_it(cast, browse, match, values, sentence):
    assert sentence in words_of(send(browse, cast.analyst, url_of(match.stairs), **WATCH | values))
    assert records(cast, Clue) == []


def test_result_of_a_clue_is_noted_with_its_history(cast, browse, match):
    record = clue({"series_id": match.stairs, "by": cast.analyst}, kind="vehicle", text="A blue tram")
    url = url_of(match.stairs, record=record)
    values = {"status": "3", "result": "Runs in two cities only", "reason": "the operator answered"}
    assert send(browse, cast.analyst, url, **values).status_code == 302
    words = words_of(browse(cast.analyst).get(url))
    assert "How far it led: open narrowed to a region" in words
    assert "the operator answered" in words
    assert "J. Tremblay (Northern Unit) recorded it" in words


def test_clue_changed_by_two_people_gives_the_page_that_joins_both(cast, browse, match):
    record = clue({"series_id": match.stairs, "by": cast.analyst}, kind="vehicle", text="A blue tram")
    url = url_of(match.stairs, record=record)
    first, second = browse(cast.analyst), browse(cast.investigator)
    mine = form_with(first.get(url), "once") | {"text": "A dark blue tram", "reason": "seen better"}
    theirs = form_with(second.get(url), "once") | {"text": "A tram of line 28", "reason": "number seen"}
    assert second.post(url, theirs).status_code == 302
    answer = first.post(url, mine)
    assert answer.status_code == 409
    assert "A dark blue tram" in words_of(answer)
    assert "A tram of line 28" in words_of(answer)


def test_series_of_another_force_is_read_and_not_changed(cast, browse, match):
    page = browse(cast.foreign).get(reverse("victims:one_series", args=[match.stairs]))
    assert "Describe a mark or an object" not in words_of(page)
    assert browse(cast.foreign).get(url_of(match.stairs)).status_code == 404
    assert last_event(kind="refusal")["series_id"] == match.stairs
    with pytest.raises(Refused):
        evidence.add(model=Clue, series_id=match.stairs, values={"kind": "scar", "text": "x"}, by=cast.foreign)
    with acting(cast.foreign):
        assert_refused("INSERT INTO victims_clue SELECT uuidv7(), 1, 'scar', 'x', '', 1, '', %s", match.stairs)


def test_evidence_of_a_restricted_series_is_its_holders_alone(cast):
    match = make_match(cast, is_network=False)
    clue({"series_id": match.tram, "by": cast.foreign}, kind="scar", text="Thin scar")
    assert records(cast, Clue) == []
    with acting(cast.analyst):
        assert not Clue.history.exists()
        assert run("SELECT id FROM victims_clue") == 0


def test_clue_leaves_nothing_where_its_event_cannot_be_written(cast, match, monkeypatch):
    monkeypatch.setattr("portal.audit.events.INSERT", "INSERT INTO nowhere VALUES (%s)" + " , (%s)" * 23)
    with pytest.raises(Exception, match="change"):
        clue({"series_id": match.stairs, "by": cast.analyst}, kind="scar", text="x")
    assert value("SELECT count(*) FROM victims_clue") == value("SELECT count(*) FROM victims_historicalclue") == 0


def test_identifier_is_compared_in_one_spelling(cast, browse, match):
    values = {"kind": "nickname", "value": "  ＴramOwl  ", "owner": "1"}
    assert send(browse, cast.analyst, url_of(match.stairs, "identifiers"), **values).status_code == 302
    (record,) = records(cast, OnlineIdentifier)
    assert record.normalised == "tramowl"
    words = words_of(browse(cast.analyst).get(reverse("victims:one_series", args=[match.stairs])))
    assert "nickname:" in words
    assert "a suspect's" in words


@pytest.mark.parametrize(("value", "shown"), [("tram_owl28", "t***28"), ("owl", "o***"), ("", "***")])
def test_masked_identifier_is_known_again_and_not_found(value, shown):
    assert masked(value) == shown


def test_normalised_is_short_enough_for_its_column():
    assert len(normalised("ﷺ" * 200)) == 400


@pytest.fixture
def linked(cast):
    """A child in a network series and in a restricted one of the eastern force; the northern one is on the file too."""
    match = make_match(cast, is_network=False)
    child = actions.open_file(
        team=cast.team("foreign"), stage=Stage.SOUGHT, values=summary("Both"), by=cast.foreign, reason="found"
    )
    with acting(cast.foreign):
        both = list(Series.objects.filter(pk__in=[match.stairs, match.tram]))
    for series in both:
        actions.link_series(child=child, series=series, by=cast.foreign, reason="her face")
    share(cast, child, "foreign", "investigator", Section.SUMMARY, Section.INVESTIGATION)
    return child, match


@pytest.mark.parametrize(("who", "sees"), [("foreign", {"stairs", "tram"}), ("investigator", {"stairs"})])
def test_investigation_names_the_series_that_are_open(cast, browse, linked, who, sees):
    child, match = linked
    page = browse(getattr(cast, who)).get(reverse("victims:section", args=[child.pk, "investigation"])).content.decode()
    named = {name for name in ("stairs", "tram") if reverse("victims:one_series", args=[getattr(match, name)]) in page}
    assert named == sees
