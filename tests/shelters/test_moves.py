"""Moving a child: to another bed of the house, or to another shelter in one act; and who may."""

import pytest
from django.urls import reverse

from portal.access.identity import Refused, acting
from portal.access.rights import sections_open
from portal.audit.events import NotRecorded
from portal.audit.kinds import shifted
from portal.casework.models import Notice
from portal.casework.workflow import NotPossible
from shelters import actions, moves
from shelters.actions import Taken
from shelters.models import Bed, Placement
from shelters.workflow import PlacementState
from tests.posted import form_with
from tests.shelters.conftest import CARD, opened
from tests.shelters.test_pages import words
from tests.shelters.test_stays import actions_on
from tests.statements import assert_refused, last_event, rows, value
from tests.world import HOUR
from victims.models import Whereabouts


@pytest.fixture
def stay(cast, hold):
    """A child of the social worker, admitted to the house."""
    return actions.admit(placement=hold(), by=cast.shelter_worker, reason="admitted")


def move(cast, stay, shelter, by="social_worker", is_there=False):
    with shifted(HOUR / 2):
        return moves.move_child(placement=stay, shelter=shelter, card=CARD, is_there=is_there, by=getattr(cast, by))


def other_bed(cast, stay):
    with acting(cast.shelter_worker):
        return moves.free_beds(stay.shelter)[0]


def states(child_id):
    found = rows("SELECT state FROM shelters_placement WHERE child_id = %s ORDER BY id", child_id)
    return [PlacementState(state) for (state,) in found]


# Another bed


@pytest.mark.parametrize("who", ["shelter_worker", "social_worker"])
def test_another_bed_of_the_house_keeps_the_stay_and_its_access(cast, files, stay, who):
    bed = other_bed(cast, stay)
    moved = moves.change_bed(placement=stay, bed_id=bed.pk, by=getattr(cast, who), reason="quieter room")
    assert (moved.pk, moved.bed_id, moved.state, moved.during) == (
        stay.pk, bed.pk, PlacementState.ADMITTED, stay.during,
    )  # fmt: skip
    with acting(cast.shelter_worker):
        assert sections_open(cast.shelter_worker, files["Waiting"])
    assert value("SELECT ended FROM access_grant WHERE id = %s", stay.grant_id) is None


def test_another_bed_stands_on_the_timeline(cast, files, stay):
    moves.change_bed(placement=stay, bed_id=other_bed(cast, stay).pk, by=cast.shelter_worker)
    with acting(cast.social_worker):
        said = [str(one.what) for one in actions_on(cast.social_worker, files["Waiting"])]
    assert said[0] == "Moved to another bed"


def test_bed_that_is_taken_or_of_another_house_is_refused_in_words(cast, hold, stay, small):
    taken = hold("Ended")
    with acting(cast.shelter_worker):
        elsewhere = moves.free_beds(small)[0]
    for bed_id in (taken.bed_id, elsewhere.pk, stay.bed_id):
        with pytest.raises(NotPossible, match="taken meanwhile"):
            moves.change_bed(placement=stay, bed_id=bed_id, by=cast.shelter_worker)


@pytest.mark.parametrize("who", ["stranger", "ngo_worker", "clinician"])
def test_others_move_nobody(cast, stay, small, who):
    bed = other_bed(cast, stay)
    with pytest.raises(Refused):
        moves.change_bed(placement=stay, bed_id=bed.pk, by=getattr(cast, who))
    with pytest.raises(Refused):
        move(cast, stay, small, who)
    assert last_event(kind="refusal")["person_id"] == getattr(cast, who).pk


def test_child_that_is_only_expected_changes_no_bed(cast, hold):
    held = hold()
    with acting(cast.shelter_worker):
        bed = moves.free_beds(held.shelter)[0]
    with pytest.raises(NotPossible, match="It now stands at: Bed held"):
        moves.change_bed(placement=held, bed_id=bed.pk, by=cast.social_worker)


def test_query_moves_no_child_to_another_house_and_changes_nothing_beside(cast, stay, small):
    change = f"UPDATE shelters_placement SET version = version + 1, {{}} WHERE id = '{stay.pk}'"
    bed = other_bed(cast, stay).pk
    with acting(cast.shelter_worker):
        elsewhere = Bed.objects.filter(shelter=small).first().pk
        assert_refused(change.format(f"bed_id = '{elsewhere}'"), match="names the shelter of its bed")
        assert_refused(change.format(f"bed_id = '{bed}', renewed = true"), match="of a placement stay")
        assert_refused(change.format("needs = '{}'"), match="of a placement stay")


def test_page_offers_the_free_beds_and_moves(cast, files, stay, browse):
    client, url = browse(cast.shelter_worker), reverse("shelters:change_bed", args=[files["Waiting"], stay.pk])
    page = client.get(url)
    assert "Room 2" in words(page)
    assert 'value="' + str(stay.bed_id) not in page.content.decode()
    form = form_with(page, "once")
    assert "Choose the bed." in words(client.post(url, form))
    answer = client.post(url, form_with(page, "csrfmiddlewaretoken") | form | {"bed": str(other_bed(cast, stay).pk)})
    assert answer.status_code == 302
    assert value("SELECT label FROM shelters_bed b JOIN shelters_placement p ON p.bed_id = b.id") == "Room 2"


# Another shelter


def test_move_ends_the_stay_and_holds_the_next_bed_in_one_act(cast, files, stay, small):
    made = move(cast, stay, small)
    assert states(files["Waiting"]) == [PlacementState.ENDED, PlacementState.HELD]
    assert value("SELECT end_reason FROM shelters_placement WHERE id = %s", stay.pk) == "transferred"
    assert value("SELECT ended IS NOT NULL FROM access_grant WHERE id = %s", stay.grant_id)
    assert made.shelter == small
    assert made.grant.accepted is None


def test_move_of_a_child_who_is_there_records_the_admission_too(cast, files, stay, small):
    made = move(cast, stay, small, is_there=True)
    assert states(files["Waiting"]) == [PlacementState.ENDED, PlacementState.ADMITTED]
    with acting(cast.social_worker):
        assert Whereabouts.objects.get(child_id=files["Waiting"]).place == "Monte house"
    told = value(
        "SELECT count(*) FROM casework_notice WHERE person_id = %s AND kind = 'bed_held'", cast.shelter_worker.pk
    )
    assert told == 2
    assert made.during.upper is None


def test_move_to_a_house_that_is_full_leaves_the_stay_as_it_is(cast, files, hold, stay, small):
    hold("Ended", shelter=small)
    before = rows("SELECT * FROM shelters_placement ORDER BY id"), rows("SELECT ended FROM access_grant ORDER BY id")
    with pytest.raises(Taken):
        move(cast, stay, small)
    assert (
        rows("SELECT * FROM shelters_placement ORDER BY id"),
        rows("SELECT ended FROM access_grant ORDER BY id"),
    ) == before


def test_shelter_moves_no_child_to_another_shelter(cast, stay, small):
    with pytest.raises(Refused):
        move(cast, stay, small, "shelter_worker")
    assert last_event(kind="refusal")["reason_code"] == "not_the_owner"


def test_move_without_its_event_leaves_nothing_behind(cast, files, stay, small, monkeypatch):
    def broken(event, **more):
        raise NotRecorded(event.kind)

    monkeypatch.setattr("portal.audit.models.events.record", broken)
    with pytest.raises(NotRecorded):
        move(cast, stay, small)
    assert states(files["Waiting"]) == [PlacementState.ADMITTED]


def test_search_of_a_placed_child_asks_before_it_moves(cast, files, stay, small, browse):
    client, url = browse(cast.social_worker), reverse("shelters:find_for", args=[files["Waiting"]])
    page = client.get(url)
    assert "The child stays at Rua Clara shelter." in words(page)
    assert words(page).count("Move here") == words(page).count("Another bed here") == 1
    assert client.post(url, form_with(page, "stay") | {"hold": str(stay.shelter_id)}).status_code == 404
    asked = client.post(url, form_with(page, "stay") | {"hold": str(small.pk)})
    assert "Move the child from Rua Clara shelter to Monte house?" in words(asked)
    assert states(files["Waiting"]) == [PlacementState.ADMITTED]
    again = client.post(url, form_with(asked, "second_look"))
    assert "Choose where the child is now." in words(again)
    with shifted(HOUR / 2):
        answer = client.post(url, form_with(asked, "second_look") | {"arrival": "there"})
    with acting(cast.social_worker):
        new = Placement.objects.get(child=files["Waiting"], state=PlacementState.ADMITTED)
    assert answer.url == reverse("shelters:placement", args=[files["Waiting"], new.pk])


def test_bed_page_of_a_stay_offers_both_moves_to_whoever_may(cast, files, stay, browse):
    url = reverse("shelters:placement", args=[files["Waiting"], stay.pk])
    assert "Move to another shelter" in words(browse(cast.social_worker).get(url))
    own = words(browse(cast.shelter_worker).get(url))
    assert "Move to another bed" in own
    assert "Move to another shelter" not in own


def test_two_who_want_the_same_bed_for_two_children_get_one_each_or_a_sentence(clone):
    house = opened(clone.cast, "A", "B", "C")

    def admitted(file):
        by = clone.cast.social_worker
        placement = actions.hold(child_id=clone.files[file], shelter=house, card=CARD, by=by)
        return actions.admit(placement=placement, by=by)

    stays = [admitted(file) for file in ("Waiting", "Ended")]
    bed = clone.value("SELECT id FROM shelters_bed WHERE label = 'C'")
    results = clone.at_once(lambda n: moves.change_bed(placement=stays[n], bed_id=bed, by=clone.cast.social_worker), 2)
    assert sorted(type(result).__name__ for result in results) == ["NotPossible", "Placement"]
    assert clone.value("SELECT count(*) FROM shelters_placement WHERE bed_id = %s", bed) == 1


def test_the_new_shelter_is_told_and_the_old_one_keeps_no_notice_of_the_way(cast, stay, small):
    move(cast, stay, small)
    with acting(cast.shelter_worker):
        kinds = list(Notice.objects.filter(person=cast.shelter_worker).values_list("kind", flat=True))
    assert kinds.count("bed_held") == 2
