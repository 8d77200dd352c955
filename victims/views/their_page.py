"""What somebody will see of a file by access that is not given yet: their own page, drawn by the functions that draw it.

Who is asked about rights is the recipient, with the rows that the access will bring; who reads the tables is the sender, in
a transaction that writes nothing. So nothing stands here that the sender does not hold, and nothing that they will not.
"""

import datetime
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest, QueryDict
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from portal.access.actions import live_grants
from portal.access.decide import Facts, Held
from portal.access.going_on import is_held_by
from portal.access.holders import Reader, named, people_of, readers
from portal.access.identity import current
from portal.access.models import Grant
from portal.access.rights import read_person, sections_open
from portal.access.sections import BASE, Level, Section
from portal.accounts.models import Person, Team
from portal.casework.workflow import NotPossible
from victims.section_pages import BY_SLUG, PAGES
from victims.views.file import frame_of, label_of
from victims.views.sections import section_parts

Rows = dict[tuple[int, int], tuple[Held, ...]]


@dataclass(frozen=True)
class Gift:
    """Access that is thought of: to whom, which sections at which level, until when."""

    team: Team | None
    person: Person | None
    sections: dict[Section, Level]
    until: datetime.datetime

    def readers(self) -> list[Reader]:
        """Return the people whom it goes to, with what their roles reach."""
        people = people_of([self.team.pk]).get(self.team.pk, []) if self.team else named(Grant(person=self.person))
        known = readers(people)
        return [known[person.pk] for person in people]

    def rows(self, stage: int) -> Rows:
        """Return the permission rows that it will bring."""
        row = (Held(self.until, stage),)
        return {(section, wanted): row for section, level in self.sections.items() for wanted in range(level + 1)}


def their_page(request: HttpRequest, sender: Person, child: Any, gift: Gift, shown: str) -> dict[str, Any]:
    """Return what draws the page of whoever opens most by the gift, at the section that is asked for."""
    people = gift.readers()
    held = sections_open(sender, child.pk)
    beyond = [str(section.label) for section in gift.sections if section not in held]
    seen: dict[str, Any] = {"their_people": [], "not_shown": beyond, "is_previewed": True}
    decided = [(reader, facts_for(reader.person, child, gift, held)) for reader in people]
    told = {*held, *gift.sections}  # the sender says which sections are given, and may read which of them open
    opened = {
        one.person.pk: opened_by(one.person, child.pk, facts_for(one.person, child, gift, told)) for one in people
    }
    seen["their_people"] = [person_words(reader, opened[reader.person.pk]) for reader in people]
    most = max(decided, key=lambda one: len(opened[one[0].person.pk]), default=None)
    if most is None or not opened[most[0].person.pk]:
        return seen
    reader, facts = most
    sections = [section for section in opened[reader.person.pk] if section in PAGES and section in held]
    chosen = next((one for one in sections if one.slug == shown), next(iter(sections), None))
    with seen_as(child.pk, facts):
        frame = frame_of(reader.person, child.pk, "", request.LANGUAGE_CODE)  # type: ignore[attr-defined]
        body = their_section(reader.person, child.pk, chosen) if chosen else ""
    return seen | {
        "their_name": reader.person.short_name,
        "theirs": frame,
        "their_tabs": [(one.slug, str(label_of(one)), one == chosen) for one in sections],
        "their_section": body,
    }


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


def their_section(person: Person, child_id: uuid.UUID, section: Section) -> str:
    """Return a section as the page of this person has it; to be called inside seen_as()."""
    context = section_parts(person, child_id, BY_SLUG[section.slug], QueryDict())
    return render_to_string("victims/_section.html", context)


def facts_for(person: Person, child: Any, gift: Gift, held: Iterable[Section]) -> Facts:
    """Return what will decide about this person, cut to these sections.

    Whether a relation closes the file to that person is nobody's to learn, so it is left out.
    """
    rows = gift.rows(child.stage)
    for key, more in rows_of(person, child).items():
        rows[key] = (*rows.get(key, ()), *more)
    return Facts(read_person(person), {key: row for key, row in rows.items() if key[0] in held})


def rows_of(person: Person, child: Any) -> Rows:
    """Return what the person has of the file already, by other access."""
    mine = {grant.pk for grant in live_grants(child.pk) if is_held_by(grant, person)}
    rows: Rows = {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, permission, until FROM access.opened_by(%s)", [child.pk])
        for grant_id, permission, until in cursor.fetchall():
            if grant_id in mine:
                level, section = divmod(permission - BASE - 1, 9)
                rows[section + 1, level] = (*rows.get((section + 1, level), ()), Held(until, child.stage, grant_id))
    return rows


def opened_by(person: Person, child_id: uuid.UUID, facts: Facts) -> list[Section]:
    """Return the sections that the person will open."""
    with seen_as(child_id, facts):
        return sections_open(person, child_id)


def person_words(reader: Reader, opened: list[Section]) -> str:
    """Return one of the people, and what that one will open."""
    who = _(", ").join([reader.person.short_name, reader.person.role_label])
    what = _(", ").join(str(section.label) for section in opened) or _("opens nothing at this stage")
    return _("%(who)s: %(sections)s") % {"who": who, "sections": what}


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
