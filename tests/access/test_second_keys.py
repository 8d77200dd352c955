"""Pages, presses and lists, with the wall lifted: whoever may not open a thing is refused by the code as well."""

from contextlib import contextmanager
from types import SimpleNamespace

import pytest
from django.urls import reverse

from portal.access import extracts
from portal.access.identity import acting
from portal.accounts import actions as accounts
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.stamp import Stamp, stamping
from portal.desk.views import emergency as emergencies
from referrals import hand_overs
from tests.attacks import attack
from tests.conftest import as_owner
from tests.copies import copied
from tests.journeys.pages import NO_PAGES, PAGES
from tests.journeys.scene import set_up
from tests.oversight import OVERSEERS
from tests.statements import count_events
from tests.world import DAY, PEOPLE, declare
from victims.series_list import pairs_open

WALLED = "SELECT string_agg(relname, ',') FROM pg_class WHERE relrowsecurity AND relkind IN ('r', 'p')"
THINGS = [one for one in (*PAGES, *NO_PAGES) if any(part[0] == "=" for part in one.parts.values())]


@pytest.fixture(scope="module")
def scene(django_db_setup, django_db_blocker):
    """A copy after a day of work, and in it somebody of another agency who oversees and keeps, and was given nothing."""
    with django_db_blocker.unblock(), copied() as copy:
        copy.scene = set_up(SimpleNamespace(cast=copy.cast, files=copy.files, copy=copy))
        with as_owner(), stamping(Stamp(None, "set-up")):
            agency = accounts.register_agency(name="Far Away", kind="ngo", country="PT", time_zone="Europe/Lisbon")
            one = accounts.register_person(
                email="newcomer@example.org", given_name="Nia", family_name="Costa", agency=agency,
                roles=[Role.SUPERVISOR, Role.PRIVACY_OFFICER, Role.AGENCY_ADMIN],
            )  # fmt: skip
            accounts.join_team(person=one, team=accounts.register_team(agency=agency, name="everybody"))
            accounts.brief(person=one, until=clock.now() + 99 * DAY)
        yield copy


def answered(scene, name):
    """Return what each page of a thing answers to somebody."""
    client = scene.browse(getattr(scene.cast, name))
    client.raise_request_exception = False
    return {to: client.get(to).status_code for to in things(scene)}


def things(scene):
    """Return the address of each page of a thing, once."""
    return sorted({one.address(scene.scene) for one in THINGS})


@contextmanager
def lifted(scene):
    """Take the wall away."""
    tables = scene.value(WALLED).split(",")
    scene.run(";".join(f"CREATE POLICY lifted ON {table} FOR SELECT TO app USING (true)" for table in tables))
    try:
        yield
    finally:
        scene.run(";".join(f"DROP POLICY lifted ON {table}" for table in tables))


@attack("D13", "D17", "D33")
@pytest.mark.parametrize("name", ["newcomer", "ngo_worker"])
def test_nobody_opens_a_thing_by_the_wall_alone(scene, name):
    walled = answered(scene, name)
    with lifted(scene):
        before = count_events(kind="refusal")
        opened = answered(scene, name)
        told = count_events(kind="refusal") - before
    assert {page: (walled[page], status) for page, status in opened.items() if status != walled[page]} == {}
    assert set(opened.values()) <= {200, 302, 403, 404, 405}
    assert told > 50


def posted(scene, name):
    """Return what a press on each thing, with no word in it, answers to somebody."""
    client = scene.browse(getattr(scene.cast, name))
    client.raise_request_exception = False
    return {to: client.post(to, {"once": str(place)}).status_code for place, to in enumerate(things(scene))}


def changes_by(scene, name):
    """Return how much somebody wrote."""
    written = "SELECT count(*) FROM audit_event WHERE action IN ('C', 'U', 'D') AND outcome = 'ok' AND person_id = %s"
    return scene.value(written, getattr(scene.cast, name).pk)


@attack("D14", "D17")
@pytest.mark.parametrize("name", ["newcomer", "ngo_worker"])
def test_nobody_presses_on_a_thing_by_the_wall_alone(scene, name):
    walled = posted(scene, name)
    with lifted(scene):
        before = changes_by(scene, name)
        opened = posted(scene, name)
        written = changes_by(scene, name) - before
    assert {page: (walled[page], status) for page, status in opened.items() if status != walled[page]} == {}
    assert set(opened.values()) <= {200, 302, 403, 404, 405}
    assert written == 0


LISTS = {
    "hand-overs": lambda person: hand_overs.open_for(person, 100),
    "emergencies": emergencies.records,
    "tables": extracts.to_decide,
    "pairs": pairs_open,
}


def listed(scene, name):
    """Return which things a list shows to each person."""
    found = {}
    for who in [*PEOPLE, *OVERSEERS, "newcomer"]:
        with acting(person := getattr(scene.cast, who)):
            found[who] = sorted(one.pk for one in LISTS[name](person))
    return found


@pytest.mark.parametrize("name", LISTS)
def test_no_list_is_decided_by_the_wall_alone(scene, name):
    walled = listed(scene, name)
    with lifted(scene):
        opened = listed(scene, name)
    assert {who: (walled[who], ids) for who, ids in opened.items() if ids != walled[who]} == {}
    assert {bool(ids) for ids in walled.values()} == {True, False}


@attack("D17")
def test_whoever_is_kept_apart_answers_no_offer_by_the_wall_alone(scene):
    """The last one here: what is declared stays in the copy."""
    person = scene.cast.clinician
    client, offer = scene.browse(person), scene.scene.ids["offer"]
    client.raise_request_exception = False
    assert client.get(reverse("desk:decline_grant", args=[offer])).status_code == 200
    declare(person, scene.files["Mira"])
    with lifted(scene):
        assert client.get(reverse("desk:decline_grant", args=[offer])).status_code == 404
        assert client.post(reverse("desk:accept_grant", args=[offer]), {"once": "apart"}).status_code == 404
