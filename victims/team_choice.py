"""The choice of a team that is asked for something on a file, by the names that may stand there."""

import uuid
from typing import Any

from django import forms

from portal.access import actions as access
from portal.access.agencies import agency_name, team_key
from portal.accounts.models import Person, Team


def teams_to_ask(person: Person, child_id: uuid.UUID) -> dict[str, tuple[Team, str]]:
    """Return the person's own teams and the teams on the file with the names that may stand here, by what is posted."""
    found = {str(team.pk): (team, team.label) for team in Team.objects.filter(pk__in=person.team_ids)}
    for grant in access.live_grants(child_id):
        team = grant.team
        name = team and grant.accepted and agency_name(person, child_id, team.agency)
        if team and name:
            label = f"{name}: {team.label}" if name == team.agency.name else name
            found.setdefault(team_key(person, child_id, team), (team, label))
    return found


class TeamField(forms.ChoiceField):
    """One of the teams that teams_to_ask() found; its value is the team."""

    def offer(self, teams: dict[str, tuple[Team, str]]) -> None:
        """Offer these teams."""
        self.teams = teams
        self.choices = [("", "---------"), *((key, name) for key, (_team, name) in teams.items())]

    def clean(self, value: Any) -> Any:
        key = super().clean(value)
        return self.teams[key][0] if key else None
