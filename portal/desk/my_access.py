"""What somebody can open, why and until when: the access that others gave."""

import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from portal.access import reasons
from portal.access.actions import opened_by_grants
from portal.access.models import FOREVER, Basis, Grant
from portal.access.opens import file_lines
from portal.access.rights import can, prefetch
from portal.access.sections import Section
from portal.accounts.models import Person
from portal.casework import clock
from portal.casework.templatetags.portal import full_date, hour
from victims.views.file import address_of

MOST = 100
SOON = datetime.timedelta(days=14)


def given_to(person: Person) -> Any:
    """Return the live access of the person and of the own teams that somebody gave, what ends first at the top."""
    mine = Q(person=person) | Q(team_id__in=person.team_ids)
    live = Grant.objects.filter(mine, ended=None, accepted__isnull=False, until__gt=clock.now())
    live = live.exclude(basis=Basis.OWNERSHIP).exclude(child=None)
    return live.select_related("given_by__agency", "team").order_by("until", "pk")


def rows(person: Person) -> list[dict[str, Any]]:
    """Return one line for each access, at most 100; a file that is closed to the person by a relation has none."""
    found = list(given_to(person)[:MOST])
    ids = [grant.child_id for grant in found]
    lines = file_lines(ids)
    prefetch(person, ids)
    stands = opened_by_grants(set(ids))
    ends = {pk: until for pk, (_sections, until) in stands.items()}  # sooner where an agreement ends sooner
    seen = [grant for grant in found if grant.child_id in lines]
    return [row(person, grant, lines[grant.child_id], ends.get(grant.pk) or grant.until) for grant in seen]


def row(person: Person, grant: Any, line: Any, until: datetime.datetime) -> dict[str, Any]:
    """Return one access: to which child, what it opens to this person today, why, from whom and until when."""
    opened = [section for section in map(Section, grant.view) if can(person, grant.child_id, section)]
    return {
        "line": line,
        "url": address_of(person, grant.child_id) if opened else "",
        "sections": _(", ").join(str(section.label) for section in opened),
        "basis": capfirst(grant.get_basis_display()),
        "why": reasons.shown(grant.reason),
        "given_by": _("given by %(name)s") % {"name": grant.given_by.short_name}
        if grant.basis != Basis.EMERGENCY
        else "",
        "to": _("you") if grant.person_id == person.pk else grant.team.label,
        "until": until_words(grant, until),
        "return_url": return_url(grant, opened),
        "ends_soon": until <= clock.now() + SOON,
    }


def return_url(grant: Any, opened: list[Section]) -> str:
    """Return where the access is given back; an emergency ends with its hour, or on the page that it opened."""
    if Section.SUMMARY not in opened or grant.basis == Basis.EMERGENCY:
        return ""
    return reverse("victims:end_access", args=[grant.child_id, grant.pk])


def until_words(grant: Any, until: datetime.datetime) -> str:
    """Return the last day of access, where whoever gave it is; an emergency ends with its hour."""
    if grant.basis == Basis.EMERGENCY:
        return _("until %(time)s") % {"time": hour(until)}
    return _("no end") if until == FOREVER else full_date(until.astimezone(ZoneInfo(grant.given_by.agency.time_zone)))
