"""What each agency has signed that it may receive: it caps every access that another agency gives it."""

import datetime
from collections.abc import Iterable

from django.utils.translation import gettext as _

from portal.access import reasons
from portal.access.identity import action, patient
from portal.access.operating import demand_operator
from portal.access.sections import Section
from portal.accounts.models import Agency, Agreement, Person
from portal.audit import clock
from portal.casework.clock import end_of_day, today
from portal.casework.templatetags.portal import listed
from portal.casework.workflow import NotPossible


def agreement_of(agency: Agency) -> Agreement | None:
    """Return the agreement of an agency that lives now; None where it may receive nothing."""
    return Agreement.objects.filter(agency=agency, ended=None, until__gt=clock.now()).first()


def demand_agreed(sections: Iterable[Section], agency: Agency) -> None:
    """Raise NotPossible where no live agreement lets the agency receive one of the sections."""
    found = agreement_of(agency)
    beyond = [str(section.label) for section in sections if found is None or section not in found.sections]
    if found is None:
        words = _("%(agency)s has no agreement in force and may receive nothing. Ask the operator of the network.")
        raise NotPossible(words % {"agency": agency.name}, "view")
    if beyond:
        words = _("The agreement of %(agency)s does not cover: %(sections)s. Leave that out.")
        raise NotPossible(words % {"agency": agency.name, "sections": listed(beyond)}, "view")


@action
def sign_agreement(
    *, agency: Agency, sections: Iterable[int], signed_on: datetime.date, until: datetime.date, by: Person, reason: str
) -> Agreement:
    """Put an agreement in the place of the one before. What it does not cover any more closes at the next request."""
    demand_operator(by)
    chosen = sorted({int(section) for section in sections})
    last = end_of_day(until, agency.time_zone)
    if Section.SUMMARY not in chosen:
        raise NotPossible(_("Choose Summary as well: no section is read without it."), "sections")
    if signed_on > today(agency.time_zone):
        raise NotPossible(_("This day is in the future. Enter the day on which it was signed."), "signed_on")
    if last <= clock.now():
        raise NotPossible(_("This day has passed. Enter the last day on which the agreement holds."), "until")
    patient()
    for old in Agreement.objects.select_for_update(of=("self",)).filter(agency=agency, ended=None):
        put_end(old, reasons.AGREEMENT_REPLACED)
    made = Agreement(agency=agency, sections=chosen, signed_on=signed_on, begins=clock.now(), until=last)
    made.save(force_insert=True)
    return made


@action
def end_agreement(*, agreement: Agreement, by: Person, reason: str) -> Agreement:
    """End an agreement now: what other agencies gave to this one closes at the next request."""
    demand_operator(by)
    agreement = Agreement.objects.select_for_update(of=("self",)).get(pk=agreement.pk)
    if agreement.ended is None:
        patient()
        put_end(agreement, reason)
    return agreement


def put_end(agreement: Agreement, reason: str) -> None:
    """End an agreement that the caller has locked and checked rights for."""
    agreement.ended, agreement.end_reason = clock.now(), reason[:300]
    agreement.save()
