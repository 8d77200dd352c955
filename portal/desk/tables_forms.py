"""The forms of a table of files: what it is for, and the second person's answer."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.casework.forms import OnceForm, words_field

YES, NO = "yes", "no"


class PurposeForm(OnceForm):
    """What somebody takes the table for."""

    purpose = words_field(
        _("What you need the table for"),
        missing=_("Say what you need the table for."),
        rows=2,
        help_text=_("It stands in the first line of the table, with your name. Name no child."),
    )


class AllowForm(OnceForm):
    """Whether a table may be taken, and why."""

    answer = forms.ChoiceField(
        label=_("May the table be taken?"),
        choices=[(YES, _("Yes, allow it for 24 hours")), (NO, _("No, do not allow it"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose whether the table may be taken.")},
    )
    comment = words_field(_("Why"), missing=_("Say why."), rows=2)

    def values(self) -> dict[str, Any]:
        """Return the answer, as the decision takes it."""
        return {"is_allowed": self.cleaned_data["answer"] == YES, "comment": self.cleaned_data["comment"]}
