"""The teams of an agency: who is in them, adding one, and their names."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from portal.access import people as acts
from portal.access import teams
from portal.access.holders import people_of
from portal.access.opens import WRITE, opens_found, opens_list
from portal.accounts.models import Team
from portal.casework.editing import saved
from portal.desk import people
from portal.desk.people_forms import TeamForm

TEAM = "accounts.team"


def check_administrator(by: Any) -> None:
    """Raise Refused for whoever keeps no agency."""
    if not acts.keeps_agency(by, by.agency_id):
        raise acts.refused("not_an_administrator_of_the_agency")


@opens_list("teams", of=TEAM)
def listed(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Show the teams of the agency with their people; the intake desk first."""
    by: Any = request.user
    check_administrator(by)
    found = list(Team.objects.filter(agency=by.agency_id).order_by("-is_intake", "name"))
    members = people_of([team.pk for team in found])
    rows = [{"team": team, "people": members.get(team.pk, [])} for team in found]
    return TemplateResponse(request, "desk/people/teams.html", {"rows": rows}), [team.pk for team in found]


@opens_list("teams", methods=WRITE, of=TEAM)
def add(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Add a team."""
    by: Any = request.user
    check_administrator(by)
    form = TeamForm(request.POST or None)

    def save() -> str:
        teams.add_team(agency=by.agency, name=form.cleaned_data["name"], by=by, reason="team added")
        return reverse("desk:teams")

    return saved(request, form, save) or TemplateResponse(request, "desk/people/add_team.html", {"form": form}), []


@opens_found(kind="team", methods=WRITE, finds=people.kept_team)
def rename(request: HttpRequest, one: Team) -> HttpResponse:
    """Give a team another name."""
    form = TeamForm(request.POST or None, initial={"name": one.name})

    def save() -> str:
        teams.rename_team(team=one, name=form.cleaned_data["name"], by=request.user, reason="another name")
        return reverse("desk:teams")

    done = saved(request, form, save)
    return done or TemplateResponse(request, "desk/people/rename_team.html", {"form": form, "team": one})
