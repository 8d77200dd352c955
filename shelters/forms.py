"""Forms of the search for a bed, of a stay, and of the directory."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django_countries import countries

from portal.accounts.models import Person, Team
from portal.casework.forms import LookupField, OnceForm, RecordForm, words_field
from portal.casework.models import Lookup
from portal.casework.templatetags.portal import digits
from shelters.matching import STAYS, Needs
from shelters.models import Bed, Shelter, ShelterAddress
from victims.forms import DateInput, language_choices
from victims.models import Child


def offers() -> list[tuple[str, str]]:
    """Return what shelters may offer, in the reader's language."""
    found = Lookup.objects.filter(vocabulary="shelter_offer", is_active=True).exclude(code="other")
    return [(word.code, str(word)) for word in found]


def lands() -> list[tuple[str, str]]:
    """Return the countries that have a shelter in the directory."""
    codes = Shelter.objects.filter(is_active=True).values_list("agency__country", flat=True).distinct().order_by()
    named = sorted(((code, str(countries.name(code))) for code in codes), key=lambda pair: pair[1])
    return [("", _("Every country")), *named]


def numbers() -> list[tuple[int, str]]:
    """Return how many beds may be asked for, in the reader's digits."""
    return [(number, digits(number)) for number in range(1, 7)]


class NeedsForm(OnceForm):
    """What a child needs tonight. Nothing is chosen beforehand but what the file's summary says."""

    sex = forms.TypedChoiceField(label=_("Child"), coerce=int, choices=Child.Sex.choices, empty_value=0, required=False)
    age_band = forms.ChoiceField(label=_("Age"), choices=Child.AgeBand.choices, required=False)
    beds = forms.TypedChoiceField(
        label=_("Beds needed"),
        help_text=_("For brothers and sisters who stay together. A bed is held from the file of each."),
        coerce=int,
        choices=numbers,
        empty_value=1,
        required=False,
    )
    stay = forms.ChoiceField(label=_("From, for about"), choices=[("", ""), *STAYS.items()], required=False)
    languages = forms.MultipleChoiceField(
        label=_("Languages"),
        choices=language_choices,
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 4}),
    )
    must = forms.MultipleChoiceField(
        label=_("Must have"), choices=offers, required=False, widget=forms.CheckboxSelectMultiple
    )
    good = forms.MultipleChoiceField(
        label=_("Good to have"), choices=offers, required=False, widget=forms.CheckboxSelectMultiple
    )
    country = forms.ChoiceField(label=_("Country"), choices=lands, required=False)

    def needs(self) -> Needs:
        """Return the needs that were sent; before that, those that the form starts with."""
        data = self.cleaned_data if self.is_bound and self.is_valid() else self.initial
        must = tuple(data.get("must", ()))
        return Needs(
            sex=data.get("sex") or 0,
            age_band=data.get("age_band", ""),
            languages=tuple(data.get("languages", ())),
            stay=data.get("stay", ""),
            must=must,
            good=tuple(code for code in data.get("good", ()) if code not in must),
            country=data.get("country", ""),
            beds=data.get("beds") or 1,
        )

    def words(self) -> list[tuple[str, str]]:
        """Return the needs that were sent, in words: label and answer, for paper."""
        data = self.cleaned_data if self.is_bound and self.is_valid() else self.initial
        said = []
        for name, field in self.fields.items():
            known = {str(code): str(label) for code, label in getattr(field, "choices", ())}
            values = data.get(name) or []
            found = [known.get(str(value), "") for value in (values if isinstance(values, list) else [values])]
            said.append((str(field.label or ""), _(", ").join(filter(None, found))))
        return [(label, words) for label, words in said if words]


class InSpiteForm(forms.Form):
    """Why a bed is held that does not meet every need."""

    in_spite = forms.CharField(
        label=_("Why hold it all the same"),
        max_length=300,
        error_messages={"required": _("Say why you hold it all the same.")},
    )


class MoveForm(InSpiteForm):
    """Whether a child who is moved is on the way or there already; and why, where not every need is met."""

    THERE = "there"
    arrival = forms.ChoiceField(
        label=_("Where is the child now?"),
        choices=[
            ("on_the_way", _("On the way: hold the bed for 4 hours")),
            (THERE, _("There already: record the admission now")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose where the child is now.")},
    )

    def __init__(self, *args: Any, has_doubts: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not has_doubts:
            del self.fields["in_spite"]


class BedChoiceForm(OnceForm):
    """Another bed of the same shelter."""

    bed = forms.ChoiceField(
        label=_("To which bed?"), widget=forms.RadioSelect, error_messages={"required": _("Choose the bed.")}
    )

    def __init__(self, *args: Any, beds: list[Bed], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = {word.code: str(word) for word in Lookup.objects.filter(vocabulary="bed_kind")}
        self.fields["bed"].choices = [(str(bed.pk), f"{bed.label} · {kinds.get(bed.kind, bed.kind)}") for bed in beds]


class ReasonForm(OnceForm):
    """Why a bed is given back, or why somebody asks or decides."""

    reason = words_field(_("Why"), missing=_("Say why."), rows=2)


class EndForm(OnceForm):
    """When and why a stay ended."""

    at = forms.DateTimeField(
        label=_("When the child left"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        error_messages={
            "required": _("Enter day and time when the child left."),
            "invalid": _("Enter day and time, such as 2026-11-23 14:40."),
        },
    )
    why = LookupField(
        "placement_end", label=_("Why the stay ended"), error_messages={"required": _("Choose why the stay ended.")}
    )


class DirectoryForm(RecordForm):
    """A record of the directory: errors name the field."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if field.error_messages.get("required") == forms.Field.default_error_messages["required"]:
                field.error_messages["required"] = _("Fill in: %(field)s.") % {"field": field.label}


class ShelterForm(DirectoryForm):
    """What the directory says of a shelter."""

    kind = LookupField(
        "shelter_kind", label=_("Kind of shelter"), error_messages={"required": _("Choose the kind of shelter.")}
    )
    sexes = forms.TypedMultipleChoiceField(
        label=_("Takes"),
        coerce=int,
        choices=Shelter.Sex.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose girls, boys or both.")},
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages spoken"),
        choices=language_choices,
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 6}),
    )
    offers = forms.MultipleChoiceField(
        label=_("What it offers"), choices=offers, required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Shelter
        fields = [
            "public_name", "region", "kind", "sexes", "youngest", "oldest", "languages", "offers", "security",
            "licence_until", "is_active",
        ]  # fmt: skip
        widgets = {"licence_until": DateInput}
        help_texts = {
            "public_name": _("Read by everybody who looks for a bed. Never a street, a district or a landmark."),
            "region": _("So large that nobody finds the house by it."),
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if None not in (data.get("youngest"), data.get("oldest")) and data["oldest"] < data["youngest"]:
            self.add_error("oldest", _("This is younger than the youngest age. Enter the same age or a higher one."))
        return data


class AddressForm(DirectoryForm):
    """Where a shelter stands and who is on call."""

    class Meta:
        model = ShelterAddress
        fields = ["address", "on_call", "phone"]


class NewShelterForm(ShelterForm):
    """A new shelter with its address, of one of the person's teams."""

    team = forms.ModelChoiceField(label=_("Team that runs it"), queryset=Team.objects.none())
    address = forms.CharField(label=_("Confidential address"), widget=forms.Textarea(attrs={"rows": 3}))
    on_call = forms.CharField(label=_("Who is on call"), max_length=120)
    phone = forms.CharField(label=_("Number on call"), max_length=60)

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = Team.objects.filter(pk__in=person.team_ids, is_intake=False).order_by("name")
        self.fields["team"].queryset = mine
        self.fields["team"].label_from_instance = lambda team: team.label
        self.fields["team"].initial = mine.first()
        self.order_fields(["team", *ShelterForm.Meta.fields, "address", "on_call", "phone"])

    def sealed(self) -> dict[str, str]:
        """Return what goes into the address."""
        return {name: self.cleaned_data[name] for name in AddressForm.Meta.fields}


class BedForm(DirectoryForm):
    """One bed."""

    kind = LookupField("bed_kind", label=_("Kind of bed"), error_messages={"required": _("Choose the kind of bed.")})

    class Meta:
        model = Bed
        fields = ["label", "kind", "is_active"]
        help_texts = {"label": _("A room or number that your house uses. Never a child’s name.")}
