"""The form of a rescue: everything that is known when the child is safe, in one go."""

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.casework import clock
from portal.casework.forms import LookupField, LookupsField
from victims.forms import SectionForm
from victims.models import Rescue
from victims.section_pages import RESCUE


class MomentInput(forms.DateTimeInput):
    """Day and time, picked or typed."""

    input_type = "datetime-local"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M", **kwargs)


class RescueForm(SectionForm):
    """A rescue; where it is recorded with the step, version is that of the file."""

    missing = RESCUE.missing
    legal_basis = LookupField("legal_basis", label=_("Legal basis"))
    present = LookupsField("present_at_rescue", label=_("Who was present"))
    condition = LookupsField("rescue_condition", label=_("What was seen of the child’s state"), required=False)

    class Meta:
        model = Rescue
        fields = list(RESCUE.fields)
        widgets = {"at": MomentInput}
        help_texts = {
            "evidence_reference": _("Numbers only; never what is in the bag."),
            "interviews": _("So that nobody asks the child the same again."),
            "expires": _("The day on which the order or power ends, where it has an end."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["at"].error_messages["invalid"] = _("Enter day and time, such as 2026-11-23 02:10.")
        if self.instance._state.adding:
            self.fields["at"].initial = clock.now().replace(second=0, microsecond=0)

    def clean_at(self) -> Any:
        at = self.cleaned_data["at"]
        if at > clock.now():
            raise forms.ValidationError(_("This time has not come yet. Enter when the child was safe."))
        return at

    def clean(self) -> Any:
        data = super().clean() or self.cleaned_data
        at, expires = data.get("at"), data.get("expires")
        if at and expires and expires < timezone.localdate(at):
            self.add_error(
                "expires", _("It ended before the rescue. Enter the day on which it ends, or leave it empty.")
            )
        return data

    def clean_present(self) -> list[str]:
        present = self.cleaned_data["present"]
        if "none" in present and len(present) > 1:
            raise forms.ValidationError(_("“Nobody of these” stands alone. Take its tick away, or the others."))
        return present

    def ask_again(self, version: int) -> None:
        """Keep what was typed, and ask about the file as it stands now."""
        data: Any = self.data.copy()  # type: ignore[attr-defined]
        data["version"] = str(version)
        self.data = data
