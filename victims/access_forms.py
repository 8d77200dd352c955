"""Forms of access to a file: to whom, which sections, on which legal basis, until when; and how it goes on."""

import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.access import legal_bases
from portal.access.holders import agencies_with_takers, takers
from portal.access.models import FOREVER, USUAL, Basis, Grant
from portal.access.rights import sections_open
from portal.access.sections import Level, Section
from portal.accounts.models import Agency, Person, Team
from portal.casework.clock import end_of_day
from portal.casework.forms import OnceForm, words_field
from portal.casework.templatetags.portal import listed
from victims.forms import DateInput


class EndForm(OnceForm):
    """Why access ends."""

    reason = words_field(_("Why it ends"), missing=_("Say why it ends."))


class AgencyForm(forms.Form):
    """Which agency is to have access; asked first, so that no page lists everybody of the network."""

    agency = forms.ModelChoiceField(
        label=_("Agency"),
        queryset=Agency.objects.none(),
        error_messages={"required": _("Choose the agency.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["agency"].queryset = agencies_with_takers()
        self.fields["agency"].label_from_instance = lambda agency: agency.name


class GrantForm(OnceForm):
    """Giving a team or a person of one agency some sections of a file until a day. Summary always goes along."""

    hide_optional = True  # a team or a person: neither alone is optional

    team = forms.ModelChoiceField(label=_("Team"), queryset=Team.objects.none(), required=False)
    person = forms.ModelChoiceField(
        label=_("Or one person, by name"),
        queryset=Person.objects.none(),
        required=False,
        help_text=_("Therapy goes to a named person only."),
    )
    view = forms.TypedMultipleChoiceField(
        label=_("Sections to read beside the summary"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    change = forms.TypedMultipleChoiceField(
        label=_("Sections to change as well"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Whoever may change a section reads it too."),
    )
    legal_basis = forms.ChoiceField(
        label=_("What allows it"),
        choices=legal_bases.choices,
        error_messages={"required": _("Choose what allows it.")},
    )
    beside = forms.TypedMultipleChoiceField(
        label=_("Sections that something else allows"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Such as health with the child’s own consent. Leave it empty where one thing allows all of it."),
    )
    legal_basis_beside = forms.ChoiceField(
        label=_("What allows those sections"), choices=legal_bases.choices, required=False
    )
    until = forms.DateField(
        label=_("Until"),
        widget=DateInput,
        help_text=_("At most 180 days from now."),
        error_messages={"required": _("Enter the day on which the access ends.")},
    )
    onward = forms.BooleanField(
        label=_("They may pass it on to one agency more"),
        required=False,
        help_text=_("The same sections or fewer, no longer than their own access. You see to whom, and can end it."),
    )
    reason = forms.CharField(
        label=_("Why they need it"), max_length=300, error_messages={"required": _("Say why they need it.")}
    )

    def __init__(self, *args: Any, agency: Agency, giver: Person, inside: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = takers(agency)
        self.fields["team"].queryset = offered.teams
        self.fields["team"].label_from_instance = lambda team: team.label
        self.fields["person"].queryset = offered.people.exclude(pk=giver.pk)
        self.fields["person"].label_from_instance = lambda person: gettext(", ").join(
            [person.short_name, person.role_label]
        )
        self.fields["view"].choices = choices_of(offered.view - {Section.SUMMARY})
        self.fields["change"].choices = choices_of(offered.change)
        self.fields["beside"].choices = choices_of((offered.view | offered.change) - {Section.SUMMARY})
        self.fields["legal_basis"].initial = USUAL[Basis.ASSIGNMENT if inside else Basis.REFERRAL]
        self.inside = inside
        if inside:
            self.fields["until"].required = False
            self.fields["until"].help_text = _(
                "At most 180 days from now. Empty for a team: until you end it, confirmed every 180 days."
            )

    def clean(self) -> dict[str, Any]:
        """Ask for the one who gets access together with everything else that is missing."""
        data = super().clean() or self.cleaned_data
        if not {"team", "person"} & set(self.errors) and not data.get("team") and not data.get("person"):
            self.add_error("team", _("Choose a team or one person."))
        if data.get("beside") and not data.get("legal_basis_beside"):
            self.add_error("legal_basis_beside", _("Choose what allows those sections."))
        if beyond := set(data.get("beside", ())) - {*data.get("view", ()), *data.get("change", ())}:
            words = gettext(
                "Not among the sections that you give: %(sections)s. Tick that there, or leave it out here."
            )
            self.add_error(
                "beside", words % {"sections": listed([str(Section(number).label) for number in sorted(beyond)])}
            )
        if self.inside and data.get("person") and not data.get("until") and "until" not in self.errors:
            self.add_error("until", _("Enter the day on which the access ends."))
        return data

    def sections(self) -> dict[Section, Level]:
        """Return each section with the level that was ticked."""
        chosen = {Section.SUMMARY: Level.VIEW} | {Section(number): Level.VIEW for number in self.cleaned_data["view"]}
        return chosen | {Section(number): Level.CHANGE for number in self.cleaned_data["change"]}

    def legal_by_section(self) -> dict[str, str]:
        """Return the legal basis of the sections that have one of their own."""
        data = self.cleaned_data
        return {str(number): data["legal_basis_beside"] for number in data["beside"]}

    def until_of(self, zone: str) -> datetime.datetime:
        """Return when the access ends, on the last day in a time zone; no day is no end."""
        day = self.cleaned_data["until"]
        return end_of_day(day, zone) if day else FOREVER


class PassOnForm(GrantForm):
    """Passing on what one was given, to another agency: no more, no longer, and no further."""

    def __init__(self, *args: Any, parent: Grant, last_day: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["onward"]
        opened = sections_open(kwargs["giver"], parent.child_id)  # type: ignore[attr-defined]  # nobody passes on more
        for name, given in (("view", parent.view), ("change", parent.change)):
            held = set(opened).intersection(given)
            offered = self.fields[name].choices
            self.fields[name].choices = [
                (number, label) for number, label in offered if number in held and number != Section.THERAPY
            ]
        self.fields["beside"].choices = list(self.fields["view"].choices)
        if not self.fields["change"].choices:
            self.fields["change"].widget = forms.MultipleHiddenInput()
        self.fields["person"].help_text = ""
        self.fields["legal_basis"].initial = parent.legal_basis
        self.fields["until"].help_text = _("At the latest the day on which your own access ends.")
        self.fields["until"].initial = last_day


class RenewForm(OnceForm):
    """Until when access goes on, and with which of its sections."""

    view = forms.TypedMultipleChoiceField(
        label=_("Sections that they keep beside the summary"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    until = forms.DateField(
        label=_("Until"),
        widget=DateInput,
        error_messages={"required": _("Enter the day on which the access ends.")},
    )
    reason = forms.CharField(
        label=_("Why it goes on"), max_length=300, error_messages={"required": _("Say why it goes on.")}
    )

    def __init__(self, *args: Any, grant: Grant, last_day: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = set(map(Section, grant.view)) - {Section.SUMMARY}
        self.fields["view"].choices = choices_of(held)  # type: ignore[attr-defined]
        self.fields["view"].initial = sorted(int(section) for section in held)
        self.fields["until"].initial = last_day
        self.fields["reason"].initial = grant.reason

    def sections(self) -> list[Section]:
        """Return the sections that stay ticked."""
        return [Section(number) for number in self.cleaned_data["view"]]


def choices_of(sections: set[Section]) -> list[tuple[int, Any]]:
    """Return sections as the choices of a field, in their fixed order."""
    return [(section.value, section.label) for section in sorted(sections)]
