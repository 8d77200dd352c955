"""What an agency can see: the access that one's own teams gave to it, and what it gave to them, by file."""

import uuid
from typing import Any

from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from portal.access import legal_bases, reasons
from portal.access.agencies import agency_name
from portal.access.holders import Holder, held_by
from portal.access.models import FOREVER, Basis, Grant
from portal.access.opens import file_lines
from portal.access.rights import can, prefetch, sections_open
from portal.access.sections import Section
from portal.accounts.models import Agency, Person
from portal.casework import clock
from portal.casework.templatetags.portal import full_date
from victims.holders import day_of, end_of, nothing_words
from victims.models import Child
from victims.views.file import address_of

MOST = 25


def to_agency(agency: Agency, after: uuid.UUID | None, most: int = 8 * MOST) -> list[Any]:
    """Return the live access of an agency to files of one's own agency of which one reads SUMMARY, newest file first."""
    found: Any = Grant.objects.raw("SELECT * FROM access.grants_to(%s, %s, %s)", [agency.pk, after, most])
    return list(found.prefetch_related("team__agency", "person__agency", "given_by__agency"))


def from_agency(agency: Agency, person: Person, after: uuid.UUID | None) -> list[Any]:
    """Return the live access that people of an agency gave to the person, or to the person's teams."""
    mine = Q(person=person) | Q(team_id__in=person.team_ids)
    found = Grant.objects.filter(mine, ended=None, until__gt=clock.now(), child__isnull=False, given_by__agency=agency)
    found = found.exclude(basis=Basis.OWNERSHIP).select_related("team__agency", "person__agency", "given_by__agency")
    later = found.filter(child_id__lt=after) if after else found
    return list(later.order_by("-child_id", "pk")[: 8 * MOST])


def page(found: list[Any]) -> tuple[list[Any], uuid.UUID | None]:
    """Return the access on the first files, and the file after which the next page begins; None on the last one."""
    ids = list(dict.fromkeys(grant.child_id for grant in found))
    shown = set(ids[:MOST])
    return [grant for grant in found if grant.child_id in shown], ids[MOST - 1] if len(ids) > MOST else None


def rows(person: Person, agency: Agency, grants: list[Any]) -> list[dict[str, Any]]:
    """Return one line for each access; only of files that the person opens, and where the agency may be named on them."""
    ids = [grant.child_id for grant in grants]
    prefetch(person, ids)
    lines, words = file_lines(ids), legal_bases.in_words()
    owned = set(Child.objects.filter(pk__in=ids, owner__in=person.team_ids).values_list("pk", flat=True))
    seen = [grant for grant in grants if grant.child_id in lines and is_shown(person, agency, grant)]
    return [row(person, one, lines[one.grant.child_id], words, one.grant.child_id in owned) for one in held_by(seen)]  # type: ignore[attr-defined]


def is_shown(person: Person, agency: Agency, grant: Any) -> bool:
    """Return whether the agency's name may stand beside this file: who gave access knows to whom."""
    gave = grant.given_by_id == person.pk
    return gave or (
        can(person, grant.child_id, Section.SUMMARY) and agency_name(person, grant.child_id, agency) == agency.name
    )


def row(person: Person, holder: Holder, line: Any, words: dict[str, str], owns: bool) -> dict[str, Any]:
    """Return one access: to which child, what it opens now of what the reader may learn of, why and until when."""
    grant: Any = holder.grant
    held = set(sections_open(person, grant.child_id)) if not owns else set(Section)
    opened, until = holder.opens(line.stage), end_of(holder)
    sections = [section for section in opened if section in held]
    codes = dict.fromkeys(legal_bases.basis_of(grant, section) for section in sections)
    return {
        "id": grant.pk,
        "line": line,
        "url": address_of(person, grant.child_id),
        "to": grant.team.label if grant.team else grant.person.short_name,
        "sections": _(", ").join(str(section.label) for section in sections) if opened else nothing_words(holder),
        "waiting": grant.accepted is None,
        "why": _(": ").join(filter(None, [capfirst(grant.get_basis_display()), reasons.shown(grant.reason)])),
        "allowed": [words.get(code, code) for code in codes],
        "given_by": grant.given_by.short_name,
        "until": _("no end") if until == FOREVER else full_date(day_of(holder, grant.given_by.agency)),
        "may_end": owns,
    }
