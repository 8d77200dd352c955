"""What is to be looked at in the end: closed files that are kept past their day, and evidence that is held."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.access import evidence_holds, retention
from portal.access.models import EvidenceHold
from portal.access.sections import Section
from portal.accounts.models import Person
from portal.accounts.roles import Role
from portal.casework.groups import Group, Row
from portal.casework.templatetags.portal import full_date, listed

MOST = 10


def to_erase(person: Person) -> Group | None:
    """Return the closed files of the agency that are past their day, for its privacy officers."""
    if Role.PRIVACY_OFFICER not in person.roles:
        return None
    found = retention.files_to_erase(person, MOST + 1)
    if not found:
        return None
    return Group(
        "to-erase",
        _("Closed files past their day"),
        [over_row(one) for one in found[:MOST]],
        "soon",
        ngettext("file past its day", "files past their day", len(found)),
        files=[one.id for one in found[:MOST]],
        has_more=len(found) > MOST,
    )


def over_row(one: retention.Over) -> Row:
    """Return one closed file: erase it, or say why and until when it is kept."""
    page = reverse("victims:erasure", args=[one.id])
    why = _("Closed on %(day)s. Erase it, or keep it longer for a reason.") % {"day": full_date(one.closed)}
    return Row(
        title=_("Erase, or keep longer"),
        url=page,
        due=one.keep_until,
        name=one.code_name,
        code=one.case_number,
        why=why,
        act=_("Decide"),
        act_url=page,
    )


def holds(person: Person) -> Group | None:
    """Return the evidence holds whose day has come, of one's teams and of those that have nobody left."""
    if {Role.INVESTIGATOR, Role.SUPERVISOR, Role.PRIVACY_OFFICER}.isdisjoint(person.roles):
        return None
    found = list(evidence_holds.to_review(person)[: MOST + 1])
    if not found:
        return None
    rows = [hold_row(one) for one in found[:MOST]]
    return Group("holds", _("Evidence holds to look at again"), rows, "soon", has_more=len(found) > MOST)


def hold_row(one: EvidenceHold) -> Row:
    """Return one hold, by its case: what it holds and since when."""
    page = reverse("desk:hold", args=[one.pk])
    parts = listed(Section(number).label for number in one.sections)
    return Row(
        title=_("Is it still evidence?"),
        url=page,
        due=one.review_on,
        code=one.reference,
        why=_("%(sections)s, held since %(day)s.") % {"sections": parts, "day": full_date(one.since)},
        act=_("Look"),
        act_url=page,
    )
