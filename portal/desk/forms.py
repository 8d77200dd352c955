"""Forms of the desk: which file's history, and which part of it."""

import datetime
import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.access.auditing import Filter, find_overseen
from portal.access.sections import Section
from portal.accounts.models import Agency, Person
from portal.casework.forms import OnceForm
from portal.desk.event_words import GROUPS, REFUSALS
from victims.case_numbers import WrongNumber, read_number
from victims.forms import DateInput


class NumberForm(OnceForm):
    """The exact number of a file. It is posted, so that it stands in no address."""

    number = forms.CharField(
        label=gettext_lazy("Case number"),
        max_length=30,
        error_messages={"required": gettext_lazy("Enter the case number.")},
    )

    def clean_number(self) -> str:
        try:
            number = read_number(self.cleaned_data["number"])
        except WrongNumber:
            raise forms.ValidationError(_("One digit is wrong. Check the number.")) from None
        if number is None:
            raise forms.ValidationError(_("This is no case number. Write it as VC-2026-1234567-8."))
        return number


class EventFilter(OnceForm):
    """Which events are shown. It is posted, so that no name and no number stands in an address; ids and days do then."""

    number = forms.CharField(label=gettext_lazy("Case number"), max_length=30, required=False)
    email = forms.EmailField(label=gettext_lazy("E-mail address of a person"), required=False)
    agency = forms.ModelChoiceField(
        Agency.objects.none(), label=gettext_lazy("Agency"), required=False, empty_label=gettext_lazy("every agency")
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False)
    since = forms.DateField(label=gettext_lazy("From"), widget=DateInput, required=False)
    until = forms.DateField(label=gettext_lazy("To"), widget=DateInput, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        agency: Any = self.fields["agency"]
        agency.queryset = Agency.objects.order_by("name")
        kind: Any = self.fields["kind"]
        kind.choices = [("", _("everything")), *((slug, group[0]) for slug, group in GROUPS.items())]

    def clean_number(self) -> uuid.UUID | None:
        """Return the file, if the person may read its history: a wrong number and a closed one are answered alike."""
        if not self.cleaned_data["number"]:
            return None
        try:
            found = find_overseen(read_number(self.cleaned_data["number"]) or "")
        except WrongNumber:
            found = None
        if found is None:
            raise forms.ValidationError(_("No file with this number is open to you here. Check the number."))
        return found

    def clean_email(self) -> uuid.UUID | None:
        if not self.cleaned_data["email"]:
            return None
        person = Person.objects.filter(email__iexact=self.cleaned_data["email"]).first()
        if person is None:
            raise forms.ValidationError(_("Nobody has this address. Check it, or leave the field empty."))
        return person.pk

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        demand_order(self, data)
        return data

    def query(self) -> dict[str, str]:
        """Return what an address says of the choice."""
        names = {"number": "file", "email": "person"}
        values = {names.get(name, name): value for name, value in self.cleaned_data.items() if value}
        return {name: str(getattr(value, "pk", value)) for name, value in values.items() if name != "once"}


def demand_order(form: forms.Form, data: dict[str, Any]) -> None:
    """Add an error where the last day comes before the first."""
    since, until = data.get("since"), data.get("until")
    if since and until and until < since:
        form.add_error("until", _("This day comes before the first one. Enter the same day or a later one."))


class HistoryFilter(forms.Form):
    """Whose changes and looks are shown, of which kind, between which days. Its address holds ids and days only."""

    person = forms.ChoiceField(label=gettext_lazy("Person"), required=False)
    agency = forms.ChoiceField(label=gettext_lazy("Agency"), required=False)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), required=False)
    since = forms.DateField(label=gettext_lazy("From"), widget=DateInput, required=False)
    until = forms.DateField(label=gettext_lazy("To"), widget=DateInput, required=False)

    def __init__(self, *args: Any, people: dict[str, str], agencies: dict[str, str], zone: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.zone = zone
        kinds = [(section.slug, section.label) for section in Section] + [(REFUSALS, _("Refusals only"))]
        self.choose("person", _("everybody"), list(people.items()))
        self.choose("agency", _("every agency"), list(agencies.items()))
        self.choose("kind", _("everything"), kinds)

    def choose(self, name: str, everything: str, choices: list[tuple[str, Any]]) -> None:
        """Let a field choose between these, or take everything."""
        field: Any = self.fields[name]
        field.choices = [("", everything), *choices]
        field.error_messages["invalid_choice"] = _("This is not on the file. Choose from the list.")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        demand_order(self, data)
        return data

    def chosen(self) -> Filter:
        """Return the filter; a form that is not in order filters nothing."""
        data = self.cleaned_data if self.is_valid() else {}
        sections = {section.slug: section for section in Section}
        kind = data.get("kind", "")
        return Filter(
            person_id=uuid.UUID(data["person"]) if data.get("person") else None,
            agency_id=uuid.UUID(data["agency"]) if data.get("agency") else None,
            section=sections.get(kind),
            refused=kind == REFUSALS,
            since=start_of(data.get("since"), 0, self.zone),
            until=start_of(data.get("until"), 1, self.zone),
        )


def start_of(day: datetime.date | None, later: int, zone: Any) -> datetime.datetime | None:
    """Return the first moment of a day where the reader is, or of the day after it."""
    if day is None or day.year >= datetime.MAXYEAR:
        return None
    return datetime.datetime.combine(day + datetime.timedelta(days=later), datetime.time(), zone)
