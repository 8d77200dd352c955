"""The form that gives a file to another team."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Team
from portal.casework.forms import OnceForm, words_field


class TransferForm(OnceForm):
    """Which team is to own the file, and why."""

    team = forms.ModelChoiceField(
        label=_("Team"), queryset=Team.objects.none(), error_messages={"required": _("Choose the team.")}
    )
    reason = words_field(_("Why"), missing=_("Say why."), help_text=_("The team reads this."))

    def __init__(self, *args: Any, teams: list[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = Team.objects.filter(pk__in=[team.pk for team in teams]).order_by("name")  # type: ignore[attr-defined]
        self.fields["team"].label_from_instance = lambda team: team.label  # type: ignore[attr-defined]
        if not teams:
            self.fields["team"].help_text = _(
                "No team of this agency could work on the file now. Choose another agency."
            )
