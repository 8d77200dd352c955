"""Forms of a hand-over."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Person, Team
from portal.casework.forms import LookupField, OnceForm, words_field
from referrals.models import HandOverItem


class StartForm(OnceForm):
    """Who is to receive the child, and whether the investigation stays with the team that gives."""

    team = forms.ModelChoiceField(
        label=_("Team that receives"),
        queryset=Team.objects.none(),
        error_messages={"required": _("Choose the team that receives the child.")},
    )
    expected = forms.ModelChoiceField(
        label=_("Who of the team receives, if you know"), queryset=Person.objects.none(), required=False
    )
    keeps = forms.BooleanField(
        label=_("Our team keeps investigation, suspects and legal"),
        required=False,
        initial=True,
        help_text=_("It goes on with its own work; whereabouts and care are no longer open to it."),
    )

    def __init__(self, *args: Any, teams: list[Team], people: list[Person], may_keep: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].queryset = Team.objects.filter(pk__in=[team.pk for team in teams]).order_by("name")  # type: ignore[attr-defined]
        self.fields["team"].label_from_instance = lambda team: team.label  # type: ignore[attr-defined]
        self.fields["expected"].queryset = Person.objects.filter(pk__in=[one.pk for one in people])  # type: ignore[attr-defined]
        self.fields["expected"].label_from_instance = lambda one: gettext(", ").join([one.short_name, one.role_label])  # type: ignore[attr-defined]
        self.fields["team"].initial = teams[0] if len(teams) == 1 else None
        if not teams:
            self.fields["team"].help_text = _(
                "No team of this agency could work on the file now. Choose another agency."
            )
        if not may_keep:
            del self.fields["keeps"]


class ItemForm(OnceForm):
    """Another thing that goes along, or stays behind."""

    kind = LookupField("hand_over_item", label=_("What"), error_messages={"required": _("Choose what it is.")})
    words = forms.CharField(
        label=_("What exactly"),
        max_length=120,
        help_text=_("Such as: one bag, blue. Of what stays behind: the bag number."),
        error_messages={"required": _("Say what it is, in a few words.")},
    )


class GivenForm(OnceForm):
    """How many of a thing are given, and what exactly."""

    words = forms.CharField(label=_("What exactly"), max_length=120, required=False)
    count = forms.IntegerField(
        label=_("How many"),
        min_value=0,
        max_value=99,
        help_text=_("0 means none."),
        error_messages={
            "required": _("Enter how many; 0 means none."),
            "invalid": _("Enter how many as a number; 0 means none."),
            "min_value": _("Enter a number from 0 to 99."),
            "max_value": _("Enter a number from 0 to 99."),
        },
    )


class ReceivedForm(GivenForm):
    """How many of a thing were received, and why that differs from what was given."""

    difference = forms.CharField(label=_("Why the counts differ"), max_length=200, required=False)
    field_order = ["count", "difference"]

    def __init__(self, *args: Any, item: HandOverItem, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["words"]
        self.item = item

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "count" in data and data["count"] != self.item.given and not data.get("difference"):
            self.add_error("difference", _("The counts differ. Say why."))
        return data


class HowForm(OnceForm):
    """How the child is now."""

    how = words_field(
        _("How is the child now?"),
        missing=_("Say in a sentence how the child is."),
        most=500,
        rows=4,
        help_text=_("Two or three short sentences: tired, hungry, calm, when the child last ate. Both sides read it."),
    )


class WhyForm(OnceForm):
    """Why the child is not received, or the hand-over is called off."""

    reason = words_field(_("Why"), missing=_("Say why."), rows=2, help_text=_("The other side reads this."))
