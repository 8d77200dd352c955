"""Pages of one thing, with the wall lifted: whoever may not open it is refused by the code as well."""

from types import SimpleNamespace

import pytest

from portal.accounts import actions as accounts
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.stamp import Stamp, stamping
from tests.attacks import attack
from tests.conftest import as_owner
from tests.copies import copied
from tests.journeys.pages import NO_PAGES, PAGES
from tests.journeys.scene import set_up
from tests.statements import count_events
from tests.world import DAY

WALLED = "SELECT string_agg(relname, ',') FROM pg_class WHERE relrowsecurity AND relkind IN ('r', 'p')"
THINGS = [one for one in (*PAGES, *NO_PAGES) if any(part[0] == "=" for part in one.parts.values())]


@pytest.fixture(scope="module")
def scene(django_db_setup, django_db_blocker):
    """A copy after a day of work, and in it somebody of another agency who oversees and keeps, and was given nothing."""
    with django_db_blocker.unblock(), copied() as copy:
        copy.scene = set_up(SimpleNamespace(cast=copy.cast, files=copy.files))
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
    return {one.id: client.get(one.address(scene.scene)).status_code for one in THINGS}


@attack("D13", "D17", "D33")
@pytest.mark.parametrize("name", ["newcomer", "ngo_worker"])
def test_nobody_opens_a_thing_by_the_wall_alone(scene, name):
    walled, tables = answered(scene, name), scene.value(WALLED).split(",")
    for table in tables:
        scene.run(f"CREATE POLICY lifted ON {table} FOR SELECT TO app USING (true)")
    try:
        before = count_events(kind="refusal")
        lifted = answered(scene, name)
        told = count_events(kind="refusal") - before
    finally:
        for table in tables:
            scene.run(f"DROP POLICY lifted ON {table}")
    assert {page: (walled[page], status) for page, status in lifted.items() if status != walled[page]} == {}
    assert set(lifted.values()) <= {200, 302, 403, 404, 405}
    assert told > 50
