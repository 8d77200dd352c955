"""The confidential address: for the shelter's own team, and for live WHEREABOUTS on a child held or placed there."""

import datetime

import pytest
from django.urls import reverse

from portal.access.identity import acting
from portal.access.sections import Section as S
from portal.audit import clock
from portal.audit.kinds import shifted
from portal.casework.keys import CannotOpen
from shelters import actions, directory
from shelters.models import Bed, Placement, Shelter, ShelterAddress
from tests import world
from tests.shelters.test_holds import later
from tests.statements import rows, value
from tests.world import declare, share
from victims.models import Child
from victims.section_pages import BY_SLUG

CANARIES = ("canary-street", "canary-oncall", "canary-phone")
OWNERS = ("social_worker", "supervisor")  # of the team that owns the files
HOUR = datetime.timedelta(hours=1)


def readers(cast):
    """Who reads the address by the wall alone."""
    found = set()
    for name, person in cast.all().items():
        with acting(person):
            found |= {name for one in ShelterAddress.objects.all() if one.address == "canary-street-Farol"}
    return found


def test_address_is_read_by_the_shelters_own_team_alone_while_nobody_is_there(cast, house):
    assert readers(cast) == {"shelter_worker"}


def test_a_hold_shows_the_address_to_holders_of_whereabouts_until_it_runs_out(cast, files, hold):
    hold()
    assert readers(cast) == {"shelter_worker", *OWNERS}
    later(cast, *world.PEOPLE)
    with shifted(4 * HOUR):
        assert readers(cast) == {"shelter_worker"}


def test_a_stay_shows_the_address_as_long_as_it_lasts(cast, files, hold):
    with acting(cast.social_worker):
        child = Child.objects.get(pk=files["Waiting"])
    share(cast, child, "social_worker", "ngo_worker", S.SUMMARY, S.WHEREABOUTS)
    placement = actions.admit(placement=hold(), by=cast.shelter_worker)
    assert readers(cast) == {"shelter_worker", *OWNERS, "ngo_worker"}
    with shifted(HOUR / 2):
        actions.end(placement=placement, at=clock.now(), why="reunified", by=cast.shelter_worker)
        assert readers(cast) == {"shelter_worker"}


def test_a_conflict_of_interest_closes_the_placement_to_the_shelters_own_worker_too(cast, files, hold):
    placement = hold()
    with acting(cast.shelter_worker, reason="kin"):
        assert Placement.objects.filter(pk=placement.pk).exists()
        declare(cast.shelter_worker, files["Waiting"])
        assert not Placement.objects.filter(pk=placement.pk).exists()


def test_the_directory_is_for_roles_that_place_and_holds_no_address(cast, house):
    found = set()
    for name, person in cast.all().items():
        with acting(person):
            found |= {name for _one in Shelter.objects.all()}
            assert Bed.objects.count() == (2 if name in found else 0), name
    placing = {"investigator", "foreign", "social_worker", "supervisor", "shelter_worker"}
    assert found == placing


def pages(files, house, placement):
    """Every page on which a shelter is named."""
    child = placement.child_id
    found = [reverse("shelters:find"), reverse("shelters:shelter", args=[house.pk]), "/", reverse("victims:children")]
    found += [reverse(f"victims:{name}", args=[child]) for name in ("child", "who", "looks")]
    found += [reverse("victims:section", args=[child, slug]) for slug in BY_SLUG]
    found += [reverse(f"shelters:{name}", args=[child]) for name in ("find_for", "placements")]
    found += [reverse("shelters:placement", args=[child, placement.pk]), reverse("shelters:asked", args=[placement.pk])]
    return found


@pytest.mark.parametrize("name", [name for name in world.PEOPLE if name not in ("shelter_worker", *OWNERS)])
def test_no_page_of_anybody_else_holds_the_address(cast, files, house, hold, browse, name):
    placement = hold("Mira")
    client = browse(getattr(cast, name))
    texts = [client.get(page).content.decode() for page in pages(files, house, placement)]
    assert not [word for word in CANARIES for text in texts if word in text]


def test_the_holder_reads_the_address_on_the_page_of_the_bed_and_not_before(cast, files, house, browse):
    client = browse(cast.social_worker)
    before = client.get(reverse("shelters:find_for", args=[files["Waiting"]])).content.decode()
    assert not [word for word in CANARIES if word in before]
    placement = actions.hold(child_id=files["Waiting"], shelter=house, card=actions.Card(), by=cast.social_worker)
    after = client.get(reverse("shelters:placement", args=[files["Waiting"], placement.pk])).content.decode()
    assert [word for word in CANARIES if word in after] == list(CANARIES)


def test_address_lies_sealed_in_table_and_history_bound_to_its_shelter(cast, house, small):
    stored = rows("SELECT address || phone || on_call FROM shelters_shelteraddress")
    stored += rows("SELECT address || phone || on_call FROM shelters_historicalshelteraddress")
    assert len(stored) == 4
    assert not any(b"canary" in bytes(data) for (data,) in stored)
    moved = value("SELECT address FROM shelters_shelteraddress WHERE id = %s", house.pk)
    with acting(cast.shelter_worker):
        one = ShelterAddress.objects.get(pk=small.pk)
        one.__dict__["address"].data, one.__dict__["address"].text = bytes(moved), None
        with pytest.raises(CannotOpen):
            _read = one.address


def test_a_changed_address_keeps_the_earlier_one_sealed_in_its_history(cast, house):
    with acting(cast.shelter_worker):
        record = ShelterAddress.objects.select_related("shelter").get(pk=house.pk)
    values = {"address": "canary-new", "on_call": "N", "phone": "1"}
    directory.change_address(address=record, values=values, by=cast.shelter_worker, reason="moved")
    with acting(cast.shelter_worker):
        assert [one.address for one in ShelterAddress.history.filter(id=house.pk)] == [
            "canary-new",
            "canary-street-Farol",
        ]
