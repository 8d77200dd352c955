"""Unusual looking: who opened much, at night, without a task or was refused often, and what came of asking."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from portal.access import unusual
from portal.access.opens import WRITE, opens_list
from portal.access.unusual import Unusual
from portal.casework.editing import saved
from portal.desk.emergency_forms import YES, UnusualForm
from portal.desk.unusual_words import UNUSUAL_KINDS
from portal.desk.views.events import demand_overseer

SHOWN = 100
Listed = tuple[HttpResponse, list[uuid.UUID]]


def events_of(one: Unusual) -> str:
    """Return the address of what the person did on that day."""
    day = one.day.isoformat()
    query: dict[str, Any] = {"person": one.person_id, "since": day, "until": day}
    if one.kind == "refused":
        query["kind"] = "refusals"
    return f"{reverse('desk:events')}?{urlencode(query)}"


def row(one: Unusual) -> dict[str, Any]:
    """Return one line in words."""
    return {"one": one, "what": UNUSUAL_KINDS[one.kind], "events_url": events_of(one)}


@opens_list("list unusual looking", of="access.unusual")
def listed(request: HttpRequest) -> Listed:
    """Show what waits for a review, and what was reviewed."""
    demand_overseer(request.user)
    found = unusual.unusual(SHOWN + 1)
    rows = [row(one) for one in found[:SHOWN]]
    context = {
        "most": SHOWN if len(found) > SHOWN else None,
        "waiting": [one for one in rows if one["one"].reviewed is None],
        "reviewed": [one for one in rows if one["one"].reviewed is not None],
    }
    return TemplateResponse(request, "desk/unusual.html", context), []


@opens_list("view unusual looking", methods=WRITE, of="access.unusual")
def review(request: HttpRequest, unusual_id: uuid.UUID) -> Listed:
    """Ask what came of it, once."""
    person: Any = request.user
    demand_overseer(person)
    one = next((one for one in unusual.unusual() if one.id == unusual_id), None)
    if one is None:
        raise Http404
    form = UnusualForm(request.POST or None)

    def write() -> str:
        data = form.cleaned_data
        unusual.review(unusual_id=one.id, is_concern=data["answer"] == YES, by=person, reason=data["comment"])
        return reverse("desk:unusual")

    answer = saved(request, form, write)
    return answer or TemplateResponse(request, "desk/review_unusual.html", {"form": form, **row(one)}), []
