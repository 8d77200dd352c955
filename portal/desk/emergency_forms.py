"""The forms of emergency access: opening a file, and what somebody else says of it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.access.fresh_codes import FreshCodeForm
from portal.access.models import Ground
from portal.casework.forms import OnceForm, words_field
from portal.desk.forms import NumberForm

YES, NO = "yes", "no"


class EmergencyForm(NumberForm, FreshCodeForm):
    """Which file, on which ground, what happened, and a fresh code; the code is used up only once the rest holds."""

    ground = forms.ChoiceField(
        label=_("Why you open it"),
        choices=Ground.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose why you open the file.")},
    )
    words = words_field(
        _("What happened"),
        missing=_("Say what happened."),
        most=500,
        help_text=_("Whoever reviews this reads it: what happened, where, and who asked for help."),
    )
    field_order = ("number", "ground", "words", "code", "once")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["number"].label = _("The child’s case number")
        self.fields["number"].help_text = _("The whole number, such as VC-2026-1234567-8. No name opens a file here.")

    def clean_code(self) -> str:
        return "" if self.errors else super().clean_code()

    def use_up(self) -> None:
        """Empty the code, which counts once."""
        self.data = self.data.copy()
        self.data["code"] = ""


class ReviewForm(OnceForm):
    """Whether an emergency access was justified, and why."""

    answer = forms.ChoiceField(
        label=_("Was it justified to open this file?"),
        choices=[(YES, _("Yes, it was justified")), (NO, _("No, it was not justified"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose whether it was justified.")},
    )
    comment = words_field(_("Why"), missing=_("Say why."), most=500, help_text=_("Whoever opened the file reads this."))

    def values(self) -> dict[str, Any]:
        """Return the answer, as the review takes it."""
        return {"is_justified": self.cleaned_data["answer"] == YES, "comment": self.cleaned_data["comment"]}


class UnusualForm(OnceForm):
    """What came of looking at somebody's looks."""

    answer = forms.ChoiceField(
        label=_("What came of it?"),
        choices=[
            (NO, _("It was in order")),
            (YES, _("It needs more: I pass it on to whoever answers for this person")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what came of it.")},
    )
    comment = words_field(
        _("Whom you asked, and what they said"),
        missing=_("Say whom you asked, and what they said."),
        most=500,
        help_text=_("Auditors read this, and the privacy officer of the agency. Name no child."),
    )
