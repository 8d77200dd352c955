"""What an agency can see: the mirror of who can see a child, for the files that one may see oneself; several end at once."""

import pytest
from django.urls import reverse

from portal.access.actions import give
from portal.access.identity import acting
from portal.access.models import LegalBasis
from portal.access.rights import sections_open
from portal.access.sections import Level, Section
from portal.audit import clock
from tests import world
from tests.attacks import attack
from tests.oversight import register_overseers
from tests.statements import value


def page(browse, person, agency):
    return browse(person).get(reverse("desk:agency_access", args=[agency.pk]))


def held(person, child_id):
    with acting(person):
        return sections_open(person, child_id)


def test_the_owner_sees_by_file_what_an_agency_has_why_and_until_when(cast, files, browse):
    rows = page(browse, cast.social_worker, cast.ngo_worker.agency).context["given"]
    assert {row["line"].code_name for row in rows} == {"Mira", "Waiting", "Conflict"}
    mira = next(row for row in rows if row["line"].code_name == "Mira")
    assert (mira["sections"], mira["why"], mira["may_end"]) == ("Summary, Care", "Referral: needed", True)
    assert mira["allowed"] == ["duty by law"]
    assert next(row for row in rows if row["line"].code_name == "Waiting")["waiting"]


def test_a_privacy_officer_sees_what_the_own_agency_gave_of_the_files_that_are_open_to_the_officer(cast, files, browse):
    register_overseers(cast)
    assert page(browse, cast.privacy_officer, cast.ngo_worker.agency).context["given"] == []
    give(
        child_id=files["Mira"], sections={Section.SUMMARY: Level.VIEW}, until=clock.now() + world.DAY, reason="review",
        person=cast.privacy_officer, owner=cast.team("social_worker"), by=cast.social_worker,
    )  # fmt: skip
    rows = page(browse, cast.privacy_officer, cast.ngo_worker.agency).context["given"]
    assert [(row["line"].code_name, row["sections"], row["may_end"]) for row in rows] == [("Mira", "Summary", False)]


@pytest.mark.parametrize("name", ["stranger", "shelter_worker", "analyst", "ngo_worker"])
def test_nobody_sees_there_what_others_gave(cast, files, browse, name):
    answer = page(browse, getattr(cast, name), cast.clinician.agency)
    assert answer.context["given"] == []
    assert "Mira" not in answer.content.decode()


def test_what_it_gave_to_us_stands_there_and_no_file_that_a_relation_closes(cast, files, browse):
    answer = page(browse, cast.ngo_worker, cast.social_worker.agency)
    assert {row["line"].code_name for row in answer.context["had"]} == {"Mira"}
    assert "Conflict" not in answer.content.decode()


def test_several_end_at_once(cast, files, browse):
    client, agency = browse(cast.social_worker), cast.ngo_worker.agency
    address = reverse("desk:end_several", args=[agency.pk])
    rows = page(browse, cast.social_worker, agency).context["given"]
    ids = [row["id"] for row in rows]
    empty = client.post(address, {"once": "a"}).context["form"].errors
    assert set(empty) == {"grants", "reason"}
    kept = client.post(address, {"grants": ids[:1], "once": "a"})
    assert [row["is_ticked"] for row in kept.context["given"]] == [True, *[False] * (len(ids) - 1)]
    assert client.post(address, {"grants": ids, "reason": "the project is over", "once": "b"}).status_code == 302
    assert held(cast.ngo_worker, files["Mira"]) == []
    assert page(browse, cast.social_worker, agency).context["given"] == []


def test_nobody_else_ends_several(cast, files, browse):
    rows = page(browse, cast.social_worker, cast.ngo_worker.agency).context["given"]
    address = reverse("desk:end_several", args=[cast.ngo_worker.agency_id])
    for name in ("stranger", "analyst"):
        answer = browse(getattr(cast, name)).post(address, {"grants": [rows[0]["id"]], "reason": "x", "once": "a"})
        assert "grants" in answer.context["form"].errors
    assert held(cast.ngo_worker, files["Mira"])


@attack("D26")
def test_an_agency_that_is_switched_off_opens_nothing_and_the_pages_say_so(cast, files, browse, owner):
    agency = cast.ngo_worker.agency
    with owner(), world.stamping(world.Stamp(None, "test")):
        agency.is_active = False
        agency.save()
    assert "switched off" in page(browse, cast.social_worker, agency).content.decode()
    rows = browse(cast.social_worker).get(reverse("victims:who", args=[files["Mira"]])).context["holders"]
    off = next(row for row in rows if row["agency"] == "Casa Aurora")
    assert off["is_off"]
    with acting(cast.ngo_worker):
        assert value(
            "SELECT count(*) FROM access_grant WHERE team_id = %s AND ended IS NULL", cast.team("ngo_worker").pk
        )
        from victims.models import Child

        assert not Child.objects.exists()


@attack("D26")
def test_a_closed_account_opens_nothing_from_its_next_request_on(cast, files, browse, owner):
    client = browse(cast.ngo_worker)
    address = reverse("victims:section", args=[files["Mira"], "care"])
    assert client.get(address).status_code == 200
    with owner(), world.stamping(world.Stamp(None, "test")):
        cast.ngo_worker.is_active = False
        cast.ngo_worker.save(update_fields=["is_active", "version"])
    assert "canary-care" not in client.get(address).content.decode()


def test_the_operator_ends_a_legal_basis_on_its_page_and_nobody_else(cast, files, browse):
    register_overseers(cast)
    with acting(cast.operator):
        basis = LegalBasis.objects.get(code="duty")
    address = reverse("desk:end_legal_basis", args=[basis.pk])
    assert browse(cast.social_worker).post(address, {"reason": "x", "once": "a"}).status_code == 404
    assert held(cast.ngo_worker, files["Mira"])
    assert browse(cast.operator).post(address, {"reason": "repealed", "once": "a"}).status_code == 302
    assert held(cast.ngo_worker, files["Mira"]) == []
    rows = browse(cast.social_worker).get(reverse("victims:who", args=[files["Mira"]])).context["holders"]
    row = next(row for row in rows if row["agency"] == "Casa Aurora")
    assert row["sections"] == "opens nothing: what allowed it has ended"


def test_the_operator_adds_a_legal_basis_on_its_page(cast, browse):
    register_overseers(cast)
    posted = {"label": "Children Act", "label_ar": "", "kind": "statute", "sections": [1, 6], "once": "a"}
    assert browse(cast.operator).post(reverse("desk:add_legal_basis"), posted).status_code == 302
    assert "Children Act" in browse(cast.social_worker).get(reverse("desk:legal_bases")).content.decode()
    assert browse(cast.operator).post(reverse("desk:add_legal_basis"), {"once": "b"}).context["form"].errors
