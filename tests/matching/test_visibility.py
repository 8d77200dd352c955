"""A match belongs to two series: seen by whoever may see both, and to everybody else a number at most."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from portal.access.identity import Refused, acting
from portal.access.sections import Stage
from portal.audit.kinds import shifted
from portal.audit.stamp import Stamp, stamping
from tests.conftest import as_owner
from tests.matching.hashes import media, read_in
from tests.matching.pairs import make_match
from tests.matching.test_pages import words_of
from tests.statements import assert_refused, rows, run, value
from tests.world import HOUR
from tests.world import values as summary
from victims import actions, decisions, matching
from victims.models import Child, MatchDecision, MediaMatch, Series, SeriesPair
from victims.workflow import IdentityState

CLOSED = "Already identified or held by another agency, no further work: 5 files."
S = SeriesPair.State


def open_to(person):
    with acting(person):
        pairs = set(SeriesPair.objects.values_list("pk", flat=True))
        assert set(MediaMatch.objects.values_list("pair_id", flat=True)) == pairs
        return pairs


@pytest.fixture
def hidden(cast):
    """A pair of which one series is restricted to the eastern force."""
    return make_match(cast, is_network=False)


def test_pair_of_network_series_is_open_to_every_certified_analyst(cast, match):
    for name in ("analyst", "investigator", "foreign"):
        assert open_to(getattr(cast, name)) == {match.pair_id}
    for name in ("social_worker", "clinician", "stranger", "supervisor"):
        assert open_to(getattr(cast, name)) == set()


def test_pair_of_a_restricted_series_is_its_holders_alone(cast, browse, hidden):
    assert open_to(cast.foreign) == {hidden.pair_id}
    assert open_to(cast.analyst) == set()
    assert browse(cast.analyst).get(hidden.url).status_code == 404


def test_other_side_reads_a_number_and_nothing_else(cast, browse, hidden):
    page = browse(cast.analyst).get(reverse("victims:one_series", args=[hidden.stairs]))
    assert CLOSED in words_of(page)
    assert "Tram 28" not in words_of(page)
    assert str(hidden.pair_id) not in page.content.decode()
    assert CLOSED not in words_of(browse(cast.foreign).get(reverse("victims:one_series", args=[hidden.tram])))


def test_import_says_how_many_of_its_files_are_held_by_others(cast, browse, hidden):
    import_ = read_in(cast, [{"MediaID": 7, "MD5": "d" + "0" * 31, "Series": "Third"}])
    page = browse(cast.analyst).get(reverse("victims:import", args=[import_.pk]))
    assert "no further work: 1 file." in words_of(page)
    assert "match in 1 pair of series" in words_of(page)  # with its own stairs, which are open
    with acting(cast.foreign):
        assert matching.closed_in_import(import_.pk) == 0  # another agency's import


@pytest.mark.parametrize("who", ["social_worker", "stranger", "supervisor"])
def test_numbers_are_for_certified_analysts(cast, hidden, who):
    with acting(getattr(cast, who)):
        assert matching.closed_in_series(hidden.stairs) == 0
        assert matching.count_waiting() == 0


def test_number_of_a_series_that_is_not_open_is_none(cast, hidden):
    with acting(cast.analyst):
        assert matching.closed_in_series(hidden.tram) == 0


@pytest.fixture
def identified(cast, match):
    """The child of the trams has a confirmed name; the eastern force holds that series."""
    child = actions.open_file(
        team=cast.team("foreign"), stage=Stage.SOUGHT, values=summary("Tram"), by=cast.foreign, reason="found"
    )
    with acting(cast.foreign):
        series = Series.objects.get(pk=match.tram)
    actions.link_series(child=child, series=series, by=cast.foreign, reason="her face")
    settle(child.pk)
    return match


def settle(child_id):
    """As the owner of the tables: the steps of two officers are another test's."""
    with as_owner(), stamping(Stamp(None, "set-up")):
        child = Child.objects.get(pk=child_id)
        child.identity, child.open_to_network = IdentityState.CONFIRMED, False  # fmt: skip
        child.save()


def test_match_of_an_identified_child_is_a_number_for_the_other_side(cast, browse, identified):
    assert open_to(cast.analyst) == open_to(cast.investigator) == set()
    assert CLOSED in words_of(browse(cast.analyst).get(reverse("victims:one_series", args=[identified.stairs])))
    assert browse(cast.analyst).get(identified.url).status_code == 404
    with acting(cast.analyst):
        assert matching.count_waiting() == 0


def test_match_of_an_identified_child_stays_open_to_who_holds_the_series(cast, browse, identified):
    assert open_to(cast.foreign) == {identified.pair_id}
    assert browse(cast.foreign).get(identified.url).status_code == 200


# The wall under the decisions


def propose(cast, match, by="analyst", step="propose", version=0):
    return decisions.decide(
        pair_id=match.pair_id, step=step, version=version, by=getattr(cast, by), reason="same tiles"
    )


def test_decision_is_on_record_and_says_who_and_why(cast, match):
    decision = propose(cast, match)
    with acting(cast.foreign):
        row = decision.history.get(id=decision.pk)
        assert (row.history_by, row.reason, row.state) == ("J. Tremblay", "same tiles", S.PROPOSED)
    event = rows("SELECT entity_id, entities FROM audit_event WHERE kind = 'decide match'")
    assert event == [(match.pair_id, sorted([match.stairs, match.tram]))]


def test_decision_on_a_pair_that_is_not_open_is_refused_and_recorded(cast, hidden):
    with pytest.raises(Refused):
        propose(cast, hidden)
    assert value("SELECT count(*) FROM audit_event WHERE kind = 'refusal' AND entity_id = %s", hidden.pair_id) == 1


def test_decision_leaves_nothing_where_its_event_cannot_be_written(cast, match, monkeypatch):
    monkeypatch.setattr("portal.audit.events.INSERT", "INSERT INTO nowhere VALUES (%s)" + " , (%s)" * 23)
    with pytest.raises(Exception, match="decide match"):
        propose(cast, match)
    assert value("SELECT count(*) FROM victims_matchdecision") == 0
    assert value("SELECT state FROM victims_seriespair WHERE id = %s", match.pair_id) == S.WAITING


def test_dismissed_pair_stays_dismissed_and_new_evidence_is_said(cast, browse, match):
    propose(cast, match, step="dismiss")
    with shifted(HOUR / 2):
        read_in(cast, [{"MediaID": 900, "MD5": "d" + "0" * 31, "Series": "Grey stairs"}])
    assert value("SELECT state FROM victims_seriespair WHERE id = %s", match.pair_id) == S.NOT_THE_SAME
    page = words_of(browse(cast.foreign).get(match.url))
    assert "New since then: 1 file that matches." in page
    assert "Look at it again" in page


FORGED = "UPDATE victims_matchdecision SET version = version + 1, {} WHERE pair_id = '{}'"


@pytest.mark.parametrize(
    ("who", "change", "match_words"),
    [
        ("investigator", "state = 3, confirmed = app_now(), confirmed_by_id = access.person()", "second officer"),
        ("foreign", "state = 3, confirmed = app_now(), confirmed_by_id = decided_by_id", "second officer"),
        (
            "foreign",
            "state = 3, confirmed = app_now(), confirmed_by_id = access.person(), reason = 'x'",
            "second officer",
        ),
        ("foreign", "state = 4", "own name"),
        ("foreign", "state = 1, decided_by_id = access.person()", "does not lead there"),
    ],
)
def test_query_forges_no_decision(cast, match, who, change, match_words):
    propose(cast, match)
    with acting(getattr(cast, who)):
        assert_refused(FORGED.format(change, match.pair_id), match=match_words)


def test_decision_without_its_history_is_refused_at_commit(cast, match):
    propose(cast, match)
    forged = FORGED.format("state = 5, decided_by_id = access.person()", match.pair_id)
    with acting(cast.foreign), pytest.raises(DatabaseError, match="without its history row"):
        run_to_the_end(forged)


@transaction.atomic
def run_to_the_end(statement):
    run(statement)
    connection.check_constraints()


def test_decisions_of_others_are_hidden_with_their_pair(cast, hidden):
    propose(cast, hidden, "foreign", "dismiss")
    with acting(cast.analyst):
        assert not MatchDecision.objects.exists()
        assert not MatchDecision.history.exists()


def test_two_officers_at_once_one_decides_and_the_other_is_told(clone):
    match = make_match(clone.cast)
    who = ["analyst", "foreign"]

    def decide(number):
        return propose(clone.cast, match, who[number], ["propose", "dismiss"][number])

    results = clone.at_once(decide, 2)
    assert sorted(type(result).__name__ for result in results) == ["MatchDecision", "Overtaken"]
    assert clone.value("SELECT count(*) FROM victims_historicalmatchdecision") == 1


def test_two_imports_at_once_find_each_other(clone):
    def import_one(number):
        by = ["analyst", "foreign"][number]
        return read_in(clone.cast, [media(number, series=f"At once {number}", MD5="b" * 32)], by)

    states = [getattr(result, "state", result) for result in clone.at_once(import_one, 2)]
    assert states == ["done", "done"]
    assert clone.value("SELECT count(*) FROM victims_mediamatch") == 1


def test_pairs_of_an_import_are_those_that_it_found(cast, browse, match):
    other = make_match(cast, names=("Blue hall", "Night bus"), start=5000)
    import_ = read_in(cast, [{"MediaID": 7, "MD5": "d" + "0" * 31, "Series": "Third"}])
    listed = reverse("victims:matches") + f"?import={import_.pk}"
    assert listed in browse(cast.analyst).get(reverse("victims:import", args=[import_.pk])).content.decode()
    text = browse(cast.analyst).get(listed).content.decode()
    assert "Third" in text
    assert reverse("victims:match", args=[other.pair_id]) not in text


@pytest.mark.parametrize("named", ["x", "theirs", "00000000-0000-0000-0000-000000000000"])
def test_pairs_of_an_import_that_is_not_open_are_a_page_that_does_not_exist(cast, browse, named):
    import_ = read_in(cast, [{"MediaID": 7, "MD5": "d" + "0" * 31, "Series": "Third"}])
    which = import_.pk if named == "theirs" else named
    assert browse(cast.foreign).get(reverse("victims:matches") + f"?import={which}").status_code == 404
