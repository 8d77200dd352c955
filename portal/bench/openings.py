"""Opening one file: decide, record the look, and read the file in a transaction of its own, as every page about a file does."""

import random
import uuid
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from guardian.core import ObjectPermissionChecker

from portal.access.identity import Refused
from portal.access.opens import opens
from portal.access.sections import Section
from portal.audit.models import AccessEvent
from portal.bench.lists import Lists
from portal.bench.measure import Case, Goal, timed
from portal.bench.rights import HELD, OPEN, pairs
from portal.bench.world import MEASURED, World
from victims.models import Child

GOAL = Goal(growth=1.2)  # and ten milliseconds
FILES = 48
TRIED = 12  # files for each person, half of them visible, that are opened or refused

# One statement decides, records the look and reads. It is on disk before the file is shown, as the project's is.
LIMIT = """
WITH seen AS (SELECT f.id FROM victims_child f WHERE f.id = %(file)s AND {held}), kept AS (
  INSERT INTO audit_event (id, recorded, tx, kind, action, outcome, reason_code, child_id, entity, entities, sections,
    basis, purpose, details, person_id, person, agency_id, agency, role, via, session, request_id, address)
  SELECT %(event)s, now(), pg_current_xact_id(), 'view', 'R', 'ok', '', id, '', '{{}}', '{{1}}', '', '', '{{}}', %(me)s,
    %(by)s, %(agency)s, 'Agency', 'social_worker', '', '', '', '' FROM seen
)
SELECT c.* FROM seen JOIN victims_child c USING (id)
"""


@opens(Section.SUMMARY)
def page(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Read the file and show no more than its id."""
    return HttpResponse(str(Child.objects.get(pk=child_id).pk))


class Openings:
    """The three ways to open a file."""

    def __init__(self, world: World, who: str) -> None:
        self.world, self.person, lists = world, world.people[who], Lists(world, who)
        self.mask = lists.mask
        self.sql = LIMIT.format(held=HELD.format(open=OPEN if lists.roams else ""))

    def limit(self, pk: uuid.UUID) -> str:
        stamp = self.person.stamp()
        values = {"file": pk, "event": uuid.uuid4(), "me": self.person.pk, "mask": self.mask}
        found = self.world.asked(self.sql, values | {"by": stamp.person, "agency": stamp.agency_id})
        return str(found[0][0]) if found else ""

    def project(self, pk: uuid.UUID) -> str:
        request: Any = HttpRequest()
        request.method, request.user = "GET", self.person
        try:
            return page(request, child_id=pk).content.decode()
        except Refused:
            return ""

    def naive(self, pk: uuid.UUID) -> str:
        """Read the file and ask guardian, as its documentation shows; nothing is recorded."""
        child = Child.objects.get(pk=pk)
        return str(child.pk) if ObjectPermissionChecker(self.person).has_perm("view_summary", child) else ""


def cases(world: World) -> Iterator[Case]:
    """Yield the opening of a file by each person, of files that the person may see."""
    for who in MEASURED:
        openings = Openings(world, who)
        yield case(who, openings, world.visible(openings.person))


def case(who: str, openings: Openings, visible: list[uuid.UUID]) -> Case:
    return Case(
        "open a file", who, openings.world, GOAL,
        limit=lambda pk: timed(lambda: openings.limit(pk)),
        project=lambda pk: timed(lambda: openings.project(pk)),
        naive=lambda pk: timed(lambda: openings.naive(pk)),
        subjects=random.sample(visible, min(FILES, len(visible))), beside=0,
    )  # fmt: skip


# --- is it right? ---------------------------------------------------------------------------------------------------


def faults(world: World) -> Iterator[str]:
    """A file that is visible opens and one that is not does not; each try leaves one event and no more."""
    for who in MEASURED:
        openings = Openings(world, who)
        truth = set(world.visible(openings.person))
        for pk in pairs(world, openings.person)[:TRIED]:
            before = looks(world, pk)
            if openings.project(pk) != (str(pk) if pk in truth else ""):
                yield f"opening of {pk} for {openings.person.email}, {world.size} files"
            if looks(world, pk) != before + 1:
                yield f"no event of the opening of {pk} for {openings.person.email}, {world.size} files"


def looks(world: World, pk: uuid.UUID) -> int:
    """Return how many events there are of looks at a file."""
    events = AccessEvent._meta.db_table
    return world.asked(f"SELECT count(*) FROM {events} WHERE child_id = %s", [pk])[0][0]  # noqa: S608
