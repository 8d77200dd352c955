"""The forms of a table of files: what it is for, and the second person's answer."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.casework.forms import OnceForm

YES, NO = "yes", "no"


class PurposeForm(OnceForm):
    """What somebody takes the table for."""

    purpose = forms.CharField(
        label=_("What you need the table for"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("It stands in the first line of the table, with your name. Name no child."),
        error_messages={"required": _("Say what you need the table for.")},
    )


class AllowForm(OnceForm):
    """Whether a table may be taken, and why."""

    answer = forms.ChoiceField(
        label=_("May the table be taken?"),
        choices=[(YES, _("Yes, allow it for 24 hours")), (NO, _("No, do not allow it"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose whether the table may be taken.")},
    )
    comment = forms.CharField(
        label=_("Why"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why.")},
    )

    def values(self) -> dict[str, Any]:
        """Return the answer, as the decision takes it."""
        return {"is_allowed": self.cleaned_data["answer"] == YES, "comment": self.cleaned_data["comment"]}
