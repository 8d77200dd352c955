"""The forms that keep people away from a file: a seal, its end, and somebody's relation to the child."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.access.seals import FEWEST
from portal.accounts.models import Person, Team
from portal.casework.forms import OnceForm, words_field

MOST_BUTTONS = 8  # teams that stand as buttons; more of them are a list


def called(person: Any) -> str:
    """Return how a person is told from others in a list: name, role and agency."""
    return _("%(name)s, %(role)s, %(agency)s") % {
        "name": person.short_name, "role": person.role_label, "agency": person.agency.name
    }  # fmt: skip


class SecondTeamField(forms.ModelChoiceField):
    """Which team decides, of those in which the asker is not; many of them are a list."""

    def __init__(self, help_text: Any) -> None:
        super().__init__(
            label=_("Who decides"),
            queryset=Team.objects.none(),
            empty_label=None,
            widget=forms.RadioSelect,
            help_text=help_text,
            error_messages={"required": _("Choose the team that decides.")},
        )

    def label_from_instance(self, team: Any) -> str:
        return f"{team.agency.name} – {team.label}"

    def offer(self, teams: list[Team]) -> None:
        """Offer these teams; where there is one alone, it is chosen."""
        self.queryset = Team.objects.filter(pk__in=[team.pk for team in teams]).select_related("agency")
        if len(teams) == 1:
            self.initial = teams[0].pk
        if len(teams) > MOST_BUTTONS:
            self.widget = forms.Select()
            self.widget.choices = self.choices


class WhyForm(OnceForm):
    """Why it is asked, and which team decides."""

    team = SecondTeamField(
        _("Of a team that you are not in. They read number, code name, custodians and your reason, nothing else.")
    )
    reason = words_field(
        _("Why"), missing=_("Say why."), help_text=_("Whoever decides reads this: write no name and no place.")
    )

    def __init__(self, *args: Any, teams: list[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].offer(teams)  # type: ignore[attr-defined]


class SealForm(WhyForm):
    """Who still sees the file once it is sealed."""

    custodians = forms.ModelMultipleChoiceField(
        label=_("Custodians"),
        queryset=Person.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Only these people see the file. Two at least, one of them of the team that owns it."),
        error_messages={"required": _("Choose the custodians.")},
    )
    field_order = ["custodians", "team", "reason"]

    def __init__(self, *args: Any, people: list[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["custodians"]
        field.queryset = Person.objects.filter(pk__in=[one.pk for one in people]).select_related("agency")
        field.queryset = field.queryset.order_by("family_name", "given_name", "pk")
        field.label_from_instance = called

    def clean_custodians(self) -> list[Person]:
        """Demand as many as the action does, beside the field."""
        chosen = list(self.cleaned_data["custodians"])
        if len(chosen) < FEWEST:
            raise forms.ValidationError(_("Choose at least two custodians, so that one of them can always be reached."))
        return chosen


class RelationForm(OnceForm):
    """Who knows the child or the family, and how that is known."""

    person = forms.ModelChoiceField(
        label=_("Who"),
        queryset=Person.objects.none(),
        error_messages={"required": _("Choose the person.")},
    )
    reason = words_field(
        _("How they know the child or the family"),
        missing=_("Say how they know the child or the family."),
        help_text=_("Read by the privacy officers of that person’s agency, by nobody else."),
    )

    def __init__(self, *args: Any, people: list[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["person"]
        field.queryset = Person.objects.filter(pk__in=[one.pk for one in people]).select_related("agency")
        field.queryset = field.queryset.order_by("family_name", "given_name", "pk")
        field.label_from_instance = called
