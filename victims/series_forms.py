"""Forms of sending a file to be read in."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Person, Team
from portal.casework.forms import OnceForm
from portal.casework.templatetags.portal import digits
from victims.imports import teams_of

OPENNESS = [
    ("network", _("Every certified analyst and investigator of the network")),
    ("restricted", _("Only the team, and whom it gives access")),
]


class UploadForm(OnceForm):
    """A case file or hash list, who may see what is in it, and how to read it in."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("A case or hash set exported as VICS 1.3 or 2.0 (JSON), or a list of hashes (CSV)."),
        error_messages={
            "required": _("Choose the file to read in."),
            "missing": _("Choose the file to read in."),
            "empty": _("The file is empty. Choose another one."),
            "max_length": _("The name of the file is too long. Shorten it and choose the file again."),
        },
    )
    openness = forms.ChoiceField(
        label=_("Who may see the series"),
        choices=OPENNESS,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose who may see the series.")},
    )
    team = forms.ModelChoiceField(
        label=_("Team that owns new series"),
        queryset=Team.objects.none(),
        error_messages={"required": _("Choose the team that owns new series.")},
    )
    dry_run = forms.BooleanField(
        label=_("Check first, read in nothing"),
        required=False,
        initial=True,
        help_text=_("You see what the file holds, and then read it in with one press."),
    )
    skip_bad = forms.BooleanField(
        label=_("Read in the good ones although some are bad"),
        required=False,
        help_text=_("Otherwise one bad entry refuses the whole file."),
    )

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        teams = teams_of(person)
        self.only_team = teams[0] if len(teams) == 1 else None
        if self.only_team:
            del self.fields["team"]
        else:
            self.fields["team"].queryset = Team.objects.filter(pk__in=[team.pk for team in teams])  # type: ignore[attr-defined]
            self.fields["team"].label_from_instance = lambda team: team.label  # type: ignore[attr-defined]

    def clean_file(self) -> UploadedFile:
        file = self.cleaned_data["file"]
        if file.size > settings.UPLOAD_LIMIT:
            limit = {"limit": digits(filesizeformat(settings.UPLOAD_LIMIT))}
            raise forms.ValidationError(
                gettext("The file is larger than %(limit)s. Split it and send the parts.") % limit
            )
        return file

    def values(self) -> dict[str, Any]:
        """Return what imports.receive() asks for."""
        cleaned = self.cleaned_data
        return {
            "file": cleaned["file"].chunks(),
            "name": cleaned["file"].name,
            "is_network": cleaned["openness"] == "network",
            "team": cleaned.get("team") or self.only_team,
            "dry_run": cleaned["dry_run"],
            "skip_bad": cleaned["skip_bad"],
        }
