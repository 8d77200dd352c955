"""What somebody will see of a file by access that is not given yet: their own page, drawn by the functions that draw it.

Who is asked about rights is the recipient, with the rows that the access will bring; who reads the tables is the sender, in
a transaction that writes nothing. So nothing stands here that the sender does not hold, and nothing that they will not.
"""

import datetime
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest, QueryDict
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.access.actions import live_grants
from portal.access.decide import Facts, Held
from portal.access.going_on import is_held_by
from portal.access.holders import Holder, named, people_of
from portal.access.identity import current
from portal.access.models import Grant
from portal.access.opens import look
from portal.access.rights import read_person, sections_held, sections_open
from portal.access.sections import BASE, Level, Section
from portal.accounts.models import Person, Team
from portal.audit import events
from portal.casework.workflow import NotPossible
from victims.holders import Viewer, viewer_of
from victims.section_pages import BY_SLUG, PAGES
from victims.views.care import care_parts
from victims.views.file import ORDER, frame_of
from victims.views.glance import worded
from victims.views.overview import overview_parts
from victims.views.sections import section_parts

Rows = dict[tuple[int, int], tuple[Held, ...]]


@dataclass(frozen=True)
class Gift:
    """Access that is thought of: to whom, which sections at which level, until when."""

    team: Team | None
    person: Person | None
    sections: dict[Section, Level]
    until: datetime.datetime

    def people(self) -> list[Person]:
        """Return the people whom it goes to."""
        return people_of([self.team.pk]).get(self.team.pk, []) if self.team else named(Grant(person=self.person))

    def rows(self, stage: int) -> Rows:
        """Return the permission rows that it will bring."""
        row = (Held(self.until, stage),)
        return {(section, wanted): row for section, level in self.sections.items() for wanted in range(level + 1)}


@dataclass(frozen=True)
class Reading:
    """One of the people whom a gift goes to: what decides about this person, and what that opens."""

    person: Person
    facts: Facts
    opens: list[Section]
    writes: list[Section]

    @property
    def words(self) -> str:
        """Return who it is, and what that one will open."""
        who = _(", ").join([self.person.short_name, self.person.role_label])
        what = _(", ").join(str(section.label) for section in self.opens) or _("opens nothing at this stage")
        return _("%(who)s: %(sections)s") % {"who": who, "sections": what}


def readings(sender: Person, child: Any, gift: Gift, *, with_other: bool = True) -> list[Reading]:
    """Return what each of the people will open, by the gift and by other access that they have already.

    Of other access no more is told than the sender reads among the holders of the file.
    """
    told = {*sections_held(sender, child.pk), *gift.sections}
    other = other_access(viewer_of(sender, child)) if with_other else []
    found = []
    for person in gift.people():
        rows = gift.rows(child.stage)
        for grant, key, held in other:
            if is_held_by(grant, person):
                rows[key] = (*rows.get(key, ()), held)
        known = replace(read_person(person), code_age=datetime.timedelta())  # asked for a code, they show it
        # Whether a relation closes the file to that person is nobody's to learn, so it is left out.
        facts = Facts(known, {key: row for key, row in rows.items() if key[0] in told})
        with seen_as(child.pk, facts):
            opens, writes = (sections_open(person, child.pk, level) for level in Level)
        found.append(Reading(person, facts, opens, writes))
    return found


def other_access(viewer: Viewer) -> list[tuple[Grant, tuple[int, int], Held]]:
    """Return what live grants open whose holder the viewer may name: each with its section, its level and until when."""
    child = viewer.child
    holders = [Holder(grant, []) for grant in live_grants(child.pk)]
    grants = {one.grant.pk: one.grant for one in holders if viewer.name_of(one) == one.agency.name}
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, permission, until FROM access.opened_by(%s)", [child.pk])
        for grant_id, permission, until in cursor.fetchall():
            if grant_id in grants:
                level, section = divmod(permission - BASE - 1, 9)
                found.append((grants[grant_id], (section + 1, level), Held(until, child.stage, grant_id)))
    return found


def opened_to(sender: Person, child: Any, gift: Gift) -> list[Section]:
    """Return the sections of the gift that somebody will open by it."""
    found = {section for one in readings(sender, child, gift) for section in one.opens}
    return sorted(found.intersection(gift.sections))


def their_page(request: HttpRequest, sender: Person, child: Any, gift: Gift, shown: str | None) -> dict[str, Any]:
    """Return what draws the page of whoever opens most by the gift, at the part that is asked for; None draws none.

    What it shows beyond the summary is a look of the sender, and recorded. Before anything was posted it shows no more
    than the gift alone opens.
    """
    is_posted = request.method == "POST"
    found = readings(sender, child, gift, with_other=is_posted)
    held, language = set(sections_open(sender, child.pk)), request.LANGUAGE_CODE  # type: ignore[attr-defined]
    most = max(found, key=lambda one: len(held.intersection(one.opens)), default=None)
    writes = {section for one in found for section in one.writes}
    seen: dict[str, Any] = {
        "their_people": [one.words for one in found],
        "their_sections": {section for one in found for section in one.opens},
        "their_writing": [
            str(section.label) for section, level in gift.sections.items() if level and section in writes
        ],
        "not_shown": [str(one.label) for one in gift.sections if one not in sections_held(sender, child.pk)],
        "is_previewed": True,
    }
    drawn = held.intersection(most.opens) if most else set()
    parts = [part for part in PARTS if part.section in drawn]
    if most is None or not parts or shown is None:
        return seen
    chosen, person = next((part for part in parts if part.slug == shown), parts[0]), as_stranger(most.person)
    facts = replace(most.facts, rows={key: row for key, row in most.facts.rows.items() if key[0] in held})
    with seen_as(child.pk, facts):
        seen |= {
            "theirs": frame_of(person, child.pk, "", language),
            "their_section": chosen.draw(person, child, language),
        }
        words = drawn.intersection([chosen.section, *chosen.beside(person, child.pk)])
    if is_posted:
        events.record(look("view", child_id=child.pk, sections=sorted(words)))
    return seen | {
        "their_name": person.short_name,
        "their_tabs": [(part.slug, str(part.label), part == chosen) for part in parts],
    }


def as_stranger(person: Person) -> Person:
    """Return the person as one of no agency: their own is named on their page, but not to a sender who may not read it."""
    stranger = copy(person)
    stranger.agency_id = None  # type: ignore[attr-defined]
    return stranger


def previewed(request: HttpRequest, child: Any, form: Any, gift: Callable[[], Gift]) -> dict[str, Any]:
    """Return what they will see, where the form was posted with that question; what can never be given stands in it."""
    if "show" not in request.POST or not form.is_valid():
        return {}
    try:
        given = gift()
    except NotPossible as problem:
        form.add_error(problem.field if problem.field in form.fields else None, problem.sentence)
        return {}
    return their_page(request, request.user, child, given, request.POST["show"])  # type: ignore[arg-type]


# --- the parts of their page, each drawn by what draws it for them ------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """One tab of their page: to be drawn inside seen_as()."""

    slug: str
    section: Section
    label: Any
    draw: Callable[[Person, Any, str], str]
    beside: Callable[[Person, uuid.UUID], Sequence[Section]] = lambda _person, _child_id: ()


def their_overview(person: Person, child: Any, language: str) -> str:
    """Return the overview, with who else is on the file; what the database shows to some people alone is left out."""
    parts = overview_parts(person, child, QueryDict(), with_sides=False)
    return page_of_theirs("victims/_their_overview.html", parts)


def their_plan(person: Person, child: Any, language: str) -> str:
    """Return the care plan with what the child says."""
    return page_of_theirs("victims/_their_plan.html", care_parts(person, child, QueryDict(), language))


def their_section(person: Person, child: Any, language: str, *, slug: str) -> str:
    """Return a section."""
    return page_of_theirs("victims/_section.html", section_parts(person, child.pk, BY_SLUG[slug], QueryDict()))


def page_of_theirs(template: str, parts: dict[str, Any]) -> str:
    """Return a part in HTML, without what only its own page can do."""
    return render_to_string(template, parts | {"is_previewed": True})


def all_parts() -> Iterator[Part]:
    """Yield the tabs in the order in which a file has them."""
    yield Part("overview", Section.SUMMARY, gettext_lazy("Overview"), their_overview, worded)
    for section in ORDER:
        if section == Section.CARE:
            yield Part("plan", section, gettext_lazy("Care plan"), their_plan)
        page = PAGES[section]
        yield Part(page.slug, section, page.title, partial(their_section, slug=page.slug))


PARTS = tuple(all_parts())


@contextmanager
def seen_as(child_id: uuid.UUID, facts: Facts) -> Iterator[None]:
    """Let everything about this file be decided by these facts, and nothing be written, until the block ends."""
    state = current()
    before, state.rights = state.rights, {"person": facts.person, child_id: facts}
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT set_config('transaction_read_only', 'on', true)")
            yield
    finally:
        state.rights = before
