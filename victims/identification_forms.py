"""The form of a probable identity: who goes on with the file."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Team
from victims.forms import StepForm


class ProbableForm(StepForm):
    """Why the name is probable, which teams keep the investigation, and which one owns the file from now on."""

    keepers = forms.ModelMultipleChoiceField(
        label=_("Teams that keep the investigation"),
        queryset=Team.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Each of them worked on the file. Access to the investigation ends for a team without a tick."),
    )
    owner = forms.ModelChoiceField(
        label=_("Team that owns the file from now on"),
        queryset=Team.objects.none(),
        help_text=_("A team of another agency owns it once it accepts; until then yours does."),
        error_messages={"required": _("Choose the team that owns the file from now on.")},
    )

    def __init__(self, *args: Any, worked: list[Team], owners: list[Team], **kwargs: Any) -> None:
        super().__init__(*args, needs_reason=True, **kwargs)
        for name, teams in (("keepers", worked), ("owner", owners)):
            known = {team.pk for team in teams}
            self.fields[name].queryset = Team.objects.filter(pk__in=known).select_related("agency")  # type: ignore[attr-defined]
            self.fields[name].label_from_instance = named  # type: ignore[attr-defined]
        self.fields["keepers"].initial = worked
        self.order_fields(["version", "once", "reason", "keepers", "owner"])


def named(team: Team) -> str:
    """Return a team with its agency: police units, whose names give nothing away."""
    return f"{team.agency.name}: {team.label}"
