"""Forms of a series: its marks and objects, its identifiers, and what officers decide on a pair."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.casework.forms import LookupField, OnceForm, RecordForm, words_field
from victims.evidence import PAGES
from victims.models import Clue, MatchQuestion, OnlineIdentifier

NO_KIND = _("Choose the kind.")


class ClueForm(RecordForm):
    """A mark or an object, how far it led and what came of it."""

    kind = LookupField(PAGES["clues"].vocabulary, label=_("Kind"), error_messages={"required": NO_KIND})

    class Meta:
        model = Clue
        fields = list(PAGES["clues"].fields)
        widgets = {
            "text": forms.Textarea(attrs={"rows": 3}),
            "result": forms.Textarea(attrs={"rows": 2}),
        }
        help_texts = {
            "text": _("The thing itself in plain words: material, colour, damage, letters. Never the abuse."),
            "on_body": _("Only for what is on the body, such as: left wrist."),
            "result": _("Where it led, or why it led nowhere."),
        }
        error_messages = {"text": {"required": _("Say what it looks like.")}}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("status", 1) >= Clue.Status.NARROWED and not data.get("result"):
            self.add_error("result", _("Say what came of it."))
        return data


class IdentifierForm(RecordForm):
    """A name, number or address that somebody uses online."""

    kind = LookupField(PAGES["identifiers"].vocabulary, label=_("Kind"), error_messages={"required": NO_KIND})

    class Meta:
        model = OnlineIdentifier
        fields = list(PAGES["identifiers"].fields)
        help_texts = {"value": _("As it stands there. It is compared without regard to capitals.")}
        error_messages = {"value": {"required": _("Enter the identifier.")}}


FORMS: dict[str, type[RecordForm]] = {"clues": ClueForm, "identifiers": IdentifierForm}


class DecisionForm(OnceForm):
    """Why a pair of series is the same child, is not, or cannot be told; and the version that it was asked on."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = words_field(_("Why"), missing=_("Say why, in one sentence."), help_text=_("One sentence, kept for ever."))

    def __init__(self, *args: Any, version: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = version

    def ask_again(self, version: int) -> None:
        """Keep what was typed, and ask about the pair as it stands now."""
        data: Any = self.data
        self.data = data = data.copy()
        data["version"] = str(version)


class QuestionForm(OnceForm):
    """What the team that holds a series is asked to look at."""

    question = words_field(
        _("What should they look at?"),
        missing=_("Say what they should look at, in one sentence."),
        help_text=_("One sentence about marks, objects or rooms. Never the abuse, never a name."),
    )


class AnswerForm(OnceForm):
    """What the files show, as far as it was asked."""

    answer = forms.TypedChoiceField(
        label=_("What do your files say?"),
        coerce=int,
        choices=MatchQuestion.Answer.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what your files say.")},
    )
    words = words_field(
        _("In one sentence"),
        missing=_("Say in one sentence what is to be seen."),
        help_text=_("What is to be seen, as far as it was asked. Never the abuse, never a name."),
    )
