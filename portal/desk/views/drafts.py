"""What an open form asks by itself: to keep what is typed, and whether its record was saved meanwhile. And one's own drafts."""

import uuid
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portal.access import drafts
from portal.access.identity import Refused, acting
from portal.access.opens import WRITE, look, opens_list
from portal.access.pace import TooMany, demand_pace
from portal.access.sign_in import polled
from portal.audit import clock
from portal.audit.events import Event
from portal.casework import drafts as kept
from portal.casework.models import Draft
from portal.casework.templatetags.portal import hour

GONE = 410  # why a form is no longer open, its page says to nobody: ended, sealed and moved on look alike


@require_POST
def keep(request: HttpRequest) -> HttpResponse:
    """Keep what stands in an open form. No change of a record and no look: nothing of it is recorded but a refusal."""
    person: Any = request.user
    place = kept.place_of(request)
    if place is None:
        raise Http404
    try:
        with acting(person):
            demand_pace(person, "drafts", settings.DRAFTS)
            drafts.demand_open(person, place)
            outcome = drafts.keep(request, person, place)
    except TooMany:
        raise
    except Refused:
        return said("", GONE)
    except kept.TooLong:
        return said(_("This is more text than is kept while you write. Save it now, or save a part of it."), 413)
    if outcome == kept.FULL:
        return said(_("100 forms of yours wait to be saved. Save some or throw some away on My work."), 409)
    if outcome == kept.SAVED:
        return said("", 200)
    time = hour(clock.now())
    answer = said(_("Kept %(time)s") % {"time": time}, 200)
    answer["Kept-At"] = time
    return answer


def said(words: str, status: int) -> HttpResponse:
    """Answer the page that asked, in words that it shows."""
    return HttpResponse(words, content_type="text/plain; charset=utf-8", status=status)


@polled
@require_POST
def saved_meanwhile(request: HttpRequest) -> HttpResponse:
    """Tell an open form whether its record was saved since; posted, so that no address tells which one."""
    person: Any = request.user
    place = kept.place_of(request)
    if place is None or place.record is None:
        return HttpResponse(status=404)
    with acting(person, read_only=True):
        try:
            drafts.demand_open(person, place)
        except Refused:  # nobody asked for anything: the page says it, and the next press is recorded
            return HttpResponse(status=GONE)
        since = drafts.saved_since(person, place, place.record[2])
        return render(request, "components/saved_since.html", {"since": since}) if since else HttpResponse(status=204)


def draft_asked_for(person: Any, draft_id: uuid.UUID) -> kept.Words:
    """Return one of the person's own drafts, while its form is open to them."""
    draft = Draft.objects.filter(pk=draft_id, person_id=person.pk).first()
    words = kept.opened(draft) if draft else None
    if words is None:
        raise Refused(Event("refusal", "R", "refused", "not_there_or_not_open", entity_id=draft_id), known=False)
    return words


@opens_list("view draft", methods=WRITE, of="casework.draft")
def draft(request: HttpRequest, draft_id: uuid.UUID) -> tuple[HttpResponse, Event]:
    """Show what was typed, and ask before it is thrown away."""
    words = draft_asked_for(request.user, draft_id)
    found = words.draft
    sections = [] if found.section is None else [found.section]
    event = look("view draft", found, child_id=found.child_id, sections=sections)
    if request.method == "POST":
        drafts.throw_away(draft=found, by=request.user)
        messages.success(request, _("Your text was thrown away."))
        return redirect("desk:home"), event
    return TemplateResponse(request, "desk/draft.html", {"words": words}), event
