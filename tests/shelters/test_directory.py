"""Keeping the directory: the team that runs a shelter, nobody else."""

import pytest

from portal.access.identity import Refused, acting
from portal.audit.events import NotRecorded
from shelters import directory
from shelters.models import Bed, Shelter, ShelterAddress
from tests.shelters.conftest import ADDRESS, VALUES
from tests.statements import assert_refused, last_event, run, value

BED = {"label": "New", "kind": "single"}


def writes(shelter, cast, team="shelter_worker"):
    """Every write to the directory."""
    with acting(cast.shelter_worker):
        address = ShelterAddress.objects.select_related("shelter").get(shelter=shelter)
        bed = Bed.objects.select_related("shelter").filter(shelter=shelter).first()
    return {
        "open": (directory.open_shelter, {"team": cast.team(team), "values": VALUES, "address": ADDRESS}),
        "change": (directory.change_shelter, {"shelter": shelter, "values": {"region": "Elsewhere"}}),
        "address": (directory.change_address, {"address": address, "values": {"address": "x"}}),
        "add_bed": (directory.add_bed, {"shelter": shelter, "values": BED}),
        "bed": (directory.change_bed, {"bed": bed, "values": {"is_active": False}}),
        "count": (directory.confirm_count, {"shelter": shelter}),
    }


NAMES = ["open", "change", "address", "add_bed", "bed", "count"]


@pytest.mark.parametrize("name", NAMES)
def test_the_shelters_worker_keeps_its_entry(cast, house, name):
    act, values = writes(house, cast)[name]
    record = act(**values, by=cast.shelter_worker, reason="kept")
    event = last_event(person_id=cast.shelter_worker.pk)
    assert (event["kind"], event["entity"].split(".")[0], event["child_id"]) == ("change", "shelters", None)
    with acting(cast.shelter_worker):
        assert type(record).history.filter(id=record.pk).exists()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("who", ["social_worker", "stranger", "investigator"])
def test_nobody_else_does_and_the_refusal_is_recorded(cast, house, name, who):
    act, values = writes(house, cast)[name]
    with pytest.raises(Refused):
        act(**values, by=getattr(cast, who), reason="x")
    event = last_event(person_id=getattr(cast, who).pk)
    assert (event["outcome"], event["reason_code"]) == ("refused", "not_your_shelter")


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_kept_when_the_event_cannot_be_written(cast, house, owner, name):
    act, values = writes(house, cast)[name]
    digest = "SELECT md5(string_agg(t::text, '')) FROM (SELECT * FROM shelters_shelter ORDER BY id) t"
    beds = "SELECT count(*) || ' ' || count(*) FILTER (WHERE is_active) FROM shelters_bed"
    before = value(digest), value(beds)
    with owner():
        run("REVOKE INSERT ON audit_event FROM app")
    with pytest.raises(NotRecorded):
        act(**values, by=cast.shelter_worker, reason="x")
    assert (value(digest), value(beds)) == before


def test_the_wall_keeps_the_entry_of_a_shelter_from_the_hands_of_others(cast, house):
    for who in ("social_worker", "supervisor", "stranger"):
        with acting(getattr(cast, who)):
            assert run("UPDATE shelters_shelter SET region = 'x'") == 0
            assert run("UPDATE shelters_bed SET is_active = false") == 0
            assert run("UPDATE shelters_shelteraddress SET version = 9") == 0


def test_nobody_enters_a_shelter_for_the_team_of_others(cast, house):
    with acting(cast.shelter_worker):
        assert_refused(
            "INSERT INTO shelters_bed (id, version, shelter_id, label, kind, is_active)"
            " SELECT gen_random_uuid(), 1, gen_random_uuid(), 'x', 'single', true",
            match="row-level security|foreign key",
        )
    with pytest.raises(Refused):
        directory.open_shelter(team=cast.team("ngo_worker"), values=VALUES, address=ADDRESS, by=cast.shelter_worker)


def test_history_of_a_shelter_is_its_teams(cast, house):
    with acting(cast.social_worker):
        assert Shelter.objects.count() == 1
        assert Shelter.history.count() == ShelterAddress.history.count() == Bed.history.count() == 0
