"""Access that waits for somebody's answer: shown on My work, accepted, or declined with a reason."""

import uuid
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from portal.access import actions as access
from portal.access import reasons
from portal.access.holders import last_day, named, people_of, readers
from portal.access.identity import Refused, acting
from portal.access.models import Basis, Grant
from portal.access.opens import WRITE, file_lines, opens_list
from portal.access.rights import is_kept_apart
from portal.access.roles import opens_files
from portal.access.sections import Level, Section
from portal.audit import clock
from portal.audit.events import Event
from portal.casework.editing import first_result, pressed, save_once
from portal.casework.forms import OnceForm, words_field
from referrals.workflow import TAKEN_BACK, UNANSWERED, ReferralState
from shelters.workflow import PlacementState
from victims.views.file import address_of

MOST = 20


class DeclineForm(OnceForm):
    """Why access that was offered is declined."""

    reason = words_field(
        gettext_lazy("Why you decline"),
        missing=gettext_lazy("Say why you decline."),
        help_text=gettext_lazy("Whoever offered it reads this."),
    )


def given_to(person: Any) -> QuerySet[Grant]:
    """Return access that was given to the person, or to one of the person's teams, accepted or not."""
    if not opens_files(person.roles):
        return Grant.objects.none()
    mine = Q(person=person) | Q(team_id__in=person.team_ids)
    return Grant.objects.filter(mine, ended=None).exclude(child=None)


def waiting(person: Any) -> QuerySet[Grant]:
    """Return access that waits for the person, or for one of the person's teams, to accept it."""
    open_ = given_to(person).filter(accepted=None, until__gt=clock.now())
    open_ = open_.exclude(placement__state__in=[PlacementState.HELD, PlacementState.RELEASED])  # comes with the child
    open_ = open_.exclude(referral__state__in=[*UNANSWERED, *TAKEN_BACK, ReferralState.DECLINED])  # by accepting that
    open_ = open_.exclude(basis=Basis.HAND_OVER)  # comes with a signature
    return open_.select_related("given_by__agency", "team")


def offers(person: Any) -> list[dict[str, Any]]:
    """Return what waits for an answer, each with the heading of its file; what allows nothing any more has none."""
    found = list(waiting(person)[:MOST])
    lines = file_lines([grant.child_id for grant in found])  # type: ignore[attr-defined]
    shown = [grant for grant in found if grant.child_id in lines]  # type: ignore[attr-defined]
    return [offer(grant, lines[grant.child_id], may) for grant, may in zip(shown, may_change(shown), strict=True)]  # type: ignore[attr-defined]


def may_change(grants: list[Grant]) -> list[set[Section]]:
    """Return, for each offer, the sections that the roles of those it goes to can ever change."""
    teams = people_of({grant.team_id for grant in grants if grant.team_id})  # type: ignore[attr-defined]
    given = [teams.get(grant.team_id, []) if grant.team_id else named(grant) for grant in grants]  # type: ignore[attr-defined]
    known = readers(person for people in given for person in people)
    return [{s for one in people for s in known[one.pk].reaches(Level.CHANGE)} for people in given]


def offer(grant: Grant, line: Any, may: set[Section]) -> dict[str, Any]:
    """Return one offer: what it opens, until when, why and from whom. Who gives is of the team that owns the file."""
    return {
        "grant": grant,
        "child": line,
        "for_team": grant.team is not None,
        "sections": _(", ").join(str(Section(number).label) for number in grant.view),
        "to_change": _(", ").join(str(Section(number).label) for number in grant.change if number in may),
        "until": last_day(grant, grant.given_by.agency),
        "why": reasons.shown(grant.reason),
        "form": OnceForm(auto_id=False),
    }


def named_in(grants: QuerySet[Grant], person: Any, grant_id: uuid.UUID) -> Grant:
    """Return the access that an address names, unless the person is kept apart from its file."""
    grant = grants.filter(pk=grant_id).first()
    if grant is None or is_kept_apart(person, grant.child_id):  # type: ignore[attr-defined]
        raise Refused(Event("refusal", "R", "refused", "not_there_or_not_open", entity_id=grant_id), known=False)
    return grant


@require_POST
def accept_grant(request: HttpRequest, grant_id: uuid.UUID) -> HttpResponse:
    """Accept access that was offered, and go to the file; what was accepted before leads there too."""
    person, home = request.user, reverse("desk:home")  # where a file leads back to that cannot move now
    with acting(person):  # type: ignore[arg-type]
        return first_result(request) or pressed(
            request, lambda: accepted(grant_id, person), home, said=_("Access accepted.")
        )


def accepted(grant_id: uuid.UUID, person: Any) -> str:
    """Accept the access and return the address of the file."""
    grant = named_in(given_to(person), person, grant_id)
    access.accept(grant=grant, by=person, reason="accepted")
    return address_of(person, grant.child_id) or reverse("desk:home")  # type: ignore[attr-defined]


@opens_list("offer", methods=WRITE)
def decline_grant(request: HttpRequest, grant_id: uuid.UUID) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Ask why, and decline access that was offered."""
    person: Any = request.user
    grant = named_in(waiting(person), person, grant_id)
    form = DeclineForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        reason = form.cleaned_data["reason"]
        return save_once(request, lambda: declined(grant, person, reason), said=_("Access declined.")), []
    line = file_lines([grant.child_id]).get(grant.child_id)  # type: ignore[attr-defined]
    context = {"form": form, "offer": offer(grant, line, *may_change([grant]))}
    return TemplateResponse(request, "desk/decline.html", context), [line.pk] if line else []


def declined(grant: Grant, person: Any, reason: str) -> str:
    """Decline the access and return to My work."""
    access.decline(grant=grant, by=person, reason=reason)
    return reverse("desk:home")
