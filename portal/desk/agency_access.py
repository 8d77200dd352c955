"""What an agency can see: the access that one's own teams gave to it, and what it gave to them, by file."""

import uuid
from typing import Any

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from portal.access import legal_bases, reasons
from portal.access.agencies import agency_name
from portal.access.holders import last_day
from portal.access.models import FOREVER, Basis, Grant
from portal.access.opens import file_lines
from portal.access.rights import can, prefetch, sections_open
from portal.access.sections import Section
from portal.accounts.models import Agency, Person
from portal.casework import clock
from portal.casework.templatetags.portal import full_date
from victims.models import Child
from victims.views.file import address_of

MOST = 25


def to_agency(agency: Agency) -> QuerySet[Grant]:
    """Return the live access of an agency, as far as the database shows it to the person in hand: on files of the own teams."""
    theirs = Q(team__agency=agency) | Q(person__agency=agency)
    return live().filter(theirs).exclude(basis=Basis.OWNERSHIP)


def from_agency(agency: Agency, person: Person) -> QuerySet[Grant]:
    """Return the live access that people of an agency gave to the person, or to the person's teams."""
    mine = Q(person=person) | Q(team_id__in=person.team_ids)
    return live().filter(mine, given_by__agency=agency).exclude(basis=Basis.OWNERSHIP)


def live() -> QuerySet[Grant]:
    """Return access to files that has not ended, with whom it names, newest file first."""
    found = Grant.objects.filter(ended=None, until__gt=clock.now(), child__isnull=False)
    return found.select_related("team", "person", "given_by__agency").order_by("-child_id", "pk")


def page(found: QuerySet[Grant], before: uuid.UUID | None) -> tuple[list[Any], uuid.UUID | None]:
    """Return the access on the next files, and the file after which the page goes on; None on the last page."""
    files = found.filter(child_id__lt=before) if before else found
    ids = list(dict.fromkeys(files.values_list("child_id", flat=True)[: MOST * 8]))
    shown = ids[:MOST]
    return list(files.filter(child_id__in=shown)), shown[-1] if len(ids) > MOST else None


def rows(person: Person, agency: Agency, grants: list[Any]) -> list[dict[str, Any]]:
    """Return one line for each access; only of files that the person opens, and where the agency may be named on them."""
    ids = [grant.child_id for grant in grants]
    prefetch(person, ids)
    lines, words = file_lines(ids), legal_bases.in_words()
    owned = set(Child.objects.filter(pk__in=ids, owner__in=person.team_ids).values_list("pk", flat=True))
    seen = [grant for grant in grants if grant.child_id in lines and is_shown(person, agency, grant)]
    return [row(person, grant, lines[grant.child_id], words, grant.child_id in owned) for grant in seen]


def is_shown(person: Person, agency: Agency, grant: Any) -> bool:
    """Return whether the agency's name may stand beside this file: who gave access knows to whom."""
    gave = grant.given_by_id == person.pk
    return gave or (
        can(person, grant.child_id, Section.SUMMARY) and agency_name(person, grant.child_id, agency) == agency.name
    )


def row(person: Person, grant: Any, line: Any, words: dict[str, str], owns: bool) -> dict[str, Any]:
    """Return one access: to which child, which sections the reader may learn of, why and until when."""
    held = set(sections_open(person, grant.child_id)) if not owns else set(Section)
    sections = [section for section in map(Section, grant.view) if section in held]
    codes = dict.fromkeys(legal_bases.basis_of(grant, section) for section in sections)
    return {
        "id": grant.pk,
        "line": line,
        "url": address_of(person, grant.child_id),
        "to": grant.team.label if grant.team else grant.person.short_name,
        "sections": _(", ").join(str(section.label) for section in sections),
        "waiting": grant.accepted is None,
        "why": _(": ").join(filter(None, [capfirst(grant.get_basis_display()), reasons.shown(grant.reason)])),
        "allowed": [words.get(code, code) for code in codes],
        "given_by": grant.given_by.short_name,
        "until": _("no end") if grant.until == FOREVER else full_date(last_day(grant, grant.given_by.agency)),
        "may_end": owns,
        "who_url": reverse("victims:who", args=[grant.child_id]),
    }
