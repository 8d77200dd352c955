"""An agency's name can give a section away: in every output a shelter, a clinic and a therapist are shown as they may be."""

import pytest
from django.urls import reverse

from portal.access import work
from portal.access.actions import give
from portal.access.agencies import agency_name
from portal.access.identity import acting
from portal.access.sections import Level, Section
from portal.audit import clock
from portal.audit.stamp import Stamp, stamping
from tests.statements import run
from tests.world import DAY
from victims.models import Child


def text_of(browse, person, name, child_id):
    return browse(person).get(reverse(f"victims:{name}", args=[child_id])).content.decode()


@pytest.mark.parametrize(
    ("viewer", "agency", "shown"),
    [
        ("ngo_worker", "shelter_worker", "a shelter"),
        ("ngo_worker", "clinician", "a clinic"),
        ("social_worker", "shelter_worker", "Farol House"),
        ("shelter_worker", "clinician", "a clinic"),
        ("shelter_worker", "shelter_worker", "Farol House"),
        ("ngo_worker", "social_worker", "City Children's Services"),
    ],
)
def test_a_name_that_gives_a_section_away_is_shown_to_holders_of_it_alone(cast, files, viewer, agency, shown):
    person = getattr(cast, viewer)
    with acting(person):
        assert str(agency_name(person, files["Mira"], getattr(cast, agency).agency)) == shown


@pytest.mark.parametrize("page", ["child", "who", "looks"])
def test_pages_of_a_file_do_not_name_the_shelter_to_the_ngo(cast, files, browse, page):
    text_of(browse, cast.shelter_worker, "child", files["Mira"])  # a look of the shelter's
    text = text_of(browse, cast.ngo_worker, page, files["Mira"])
    assert "Farol House" not in text
    assert "Brandt" not in text
    assert "a shelter" in text


def test_a_task_of_the_shelter_does_not_name_it(cast, files, browse):
    work.add_task(
        kind="x", title="Ring back", team=cast.team("shelter_worker"), child_id=files["Mira"], by=cast.social_worker
    )
    text = text_of(browse, cast.ngo_worker, "child", files["Mira"])
    assert "Ring back" in text
    assert "shelter team" not in text
    assert "shelter team" in text_of(browse, cast.shelter_worker, "child", files["Mira"])


def test_the_owner_sees_and_ends_access_of_a_therapist_without_reading_who_it_is(cast, files, browse, owner):
    with owner(), stamping(Stamp(None, "test")):
        run("ALTER TABLE accounts_agency DISABLE TRIGGER USER")
        run("UPDATE accounts_agency SET therapy = true WHERE id = %s", cast.clinician.agency_id)
    text = text_of(browse, cast.supervisor, "who", files["Mira"])
    assert "Lapa Clinic" not in text
    assert "another agency" in text
    assert "Lapa Clinic" in text_of(browse, cast.social_worker, "who", files["Mira"])  # who gave it


def test_whoever_is_not_on_the_owners_team_learns_nothing_of_the_therapist(cast, files, browse, owner):
    with owner():
        run("ALTER TABLE accounts_agency DISABLE TRIGGER USER")
        run("UPDATE accounts_agency SET therapy = true WHERE id = %s", cast.clinician.agency_id)
    text = text_of(browse, cast.ngo_worker, "who", files["Mira"])
    assert "Lapa Clinic" not in text
    assert "another agency" not in text


def test_a_grant_for_oneself_is_refused_with_the_remedy(cast, files):
    with pytest.raises(ValueError, match="Ask a colleague"):
        give(
            child_id=files["Mira"], sections={Section.SUMMARY: Level.VIEW, Section.THERAPY: Level.CHANGE},
            person=cast.social_worker, owner=cast.team("social_worker"), until=clock.now() + DAY, by=cast.social_worker,
            reason="x",
        )  # fmt: skip
    with acting(cast.social_worker):
        assert Child.objects.filter(pk=files["Mira"]).exists()
