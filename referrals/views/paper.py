"""The receipt of a hand-over as an empty form on paper, for where there is no net: signed by hand, no signature here."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from portal.access.opens import look, opens_list
from portal.access.sections import Section
from portal.audit import clock
from portal.audit.events import Event
from referrals.hand_over_list import list_of
from referrals.views.handovers import asked, sides

EMPTY_LINES = range(4)


@opens_list("print hand-over")
def paper(request: HttpRequest, hand_over_id: uuid.UUID) -> tuple[HttpResponse, Event]:
    """Show the list with empty columns, lines for how the child is, and two places to sign."""
    one = asked(request, hand_over_id)
    context = {"one": one, "people": sides(one), "lines": EMPTY_LINES, "now": clock.now(), **list_of(one)}
    event = look("print hand-over", one, child_id=one.child_id, sections=[Section.CARE])  # type: ignore[attr-defined]
    return TemplateResponse(request, "referrals/paper.html", context), event
