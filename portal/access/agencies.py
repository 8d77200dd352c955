"""How an agency's name is shown: a shelter's tells where a child lives, a clinic's that the child is ill."""

import uuid
from typing import Any

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from portal.access.rights import can
from portal.access.sections import Section
from portal.accounts.models import Agency, Person, Team
from portal.accounts.roles import AgencyKind

REVEALS = {AgencyKind.SHELTER_OPERATOR: Section.WHEREABOUTS, AgencyKind.HEALTH: Section.HEALTH}


def reveals(agency: Agency) -> Section | None:
    """Return the section that this agency's name gives away, if any."""
    return Section.THERAPY if agency.therapy else REVEALS.get(AgencyKind(agency.kind))


def agency_name(viewer: Person, child_id: uuid.UUID, agency: Agency) -> str | None:
    """Return an agency's name as this viewer may read it on this file; None where it must not stand at all."""
    section = reveals(agency)
    if section is None or agency.pk == viewer.agency_id or can(viewer, child_id, section):
        return agency.name
    return {Section.WHEREABOUTS: _("a shelter"), Section.HEALTH: _("a clinic")}.get(section)


def shown_name(viewer: Person, child_id: uuid.UUID, agency: Agency) -> str:
    """Return what stands on this file for an agency where something has to: that it is another one, if no more may."""
    return agency_name(viewer, child_id, agency) or _("another agency")


def team_key(viewer: Person, child_id: uuid.UUID, team: Team) -> str:
    """Return what stands for a team in a form on this file: its id only where its agency is named.

    The same id stands under the name elsewhere, so beside a hidden name it would tell the name. The stand-in differs for
    each file and reader: two files do not show that one house keeps both children.
    """
    if agency_name(viewer, child_id, team.agency) == team.agency.name:
        return str(team.pk)
    return salted_hmac("team of a file", f"{child_id} {viewer.pk} {team.pk}", algorithm="sha256").hexdigest()


def author(viewer: Person, child_id: uuid.UUID, who: str, agency: Agency | None) -> str:
    """Return who wrote or looked: the person only where the agency may be named."""
    if agency is None:
        return who
    name = shown_name(viewer, child_id, agency)
    return _(", ").join([who, name]) if name == agency.name else name


def author_of(viewer: Person, child_id: uuid.UUID, row: Any) -> str:
    """Return who wrote a history row, as this viewer may read it."""
    agency = Agency.objects.filter(pk=row.history_agency_id).first() if row.history_agency_id else None
    return author(viewer, child_id, row.history_by, agency)
