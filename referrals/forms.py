"""Forms of the directory and of both sides of a referral."""

import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.access import legal_bases
from portal.access.sections import Section
from portal.accounts.models import Person, Team
from portal.casework.forms import LookupField, OnceForm, words_field
from portal.casework.models import Lookup
from portal.casework.templatetags.portal import full_date, quoted
from referrals.models import Service, Urgency
from referrals.naming import names_child
from shelters.forms import DirectoryForm
from victims.forms import DateInput, language_choices

WRONG_DAY = _("Enter a day, such as 2026-11-23.")
CHILDS = ("not_wanted", "not_now", "cannot_reach")  # reasons that are the child's, not the service's


class FindForm(forms.Form):
    """Which services of the directory are shown: nothing of a child, so it stands in the address."""

    hide_optional = True
    kind = LookupField("service_kind", label=_("Kind of service"), required=False)
    region = forms.ChoiceField(label=_("Region"), required=False)
    language = forms.ChoiceField(label=_("Language spoken"), required=False)
    age = forms.IntegerField(
        label=_("Age of the child"), min_value=0, max_value=25, required=False,
        error_messages={"invalid": _("Enter the age in years, such as 12.")},
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        regions = Service.objects.filter(is_active=True).exclude(region="").values_list("region", flat=True)
        self.fields["region"].choices = [("", "")] + [(name, name) for name in regions.distinct().order_by("region")]  # type: ignore[attr-defined]
        self.fields["language"].choices = [("", ""), *language_choices()]  # type: ignore[attr-defined]

    def chosen(self) -> dict[str, Any]:
        """Return the filters; those that cannot be understood are left out."""
        self.is_valid()
        return self.cleaned_data if self.is_bound else {}


class ServiceForm(DirectoryForm):
    """What the directory says of a service."""

    kind = LookupField(
        "service_kind", label=_("Kind of service"), error_messages={"required": _("Choose the kind of service.")}
    )
    languages = forms.MultipleChoiceField(
        label=_("Languages spoken"),
        choices=language_choices,
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices--many"}),
    )
    sexes = forms.TypedMultipleChoiceField(
        label=_("Takes"),
        coerce=int,
        choices=Service.Sex.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text=_("Choose none if it takes every child."),
    )
    urgencies = forms.TypedMultipleChoiceField(
        label=_("Answers a referral"),
        coerce=int,
        choices=Urgency.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose how soon you answer.")},
    )

    class Meta:
        model = Service
        fields = [
            "name", "kind", "region", "languages", "youngest", "oldest", "sexes", "urgencies", "reach", "is_active",
        ]  # fmt: skip
        help_texts = {
            "name": _("What a sender looks for, such as: counselling after violence."),
            "region": _("Where you take children from. Never an address that is to stay hidden."),
            "reach": _("Telephone and hours of the desk, for whoever cannot send a referral."),
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if None not in (data.get("youngest"), data.get("oldest")) and data["oldest"] < data["youngest"]:
            self.add_error("oldest", _("This is younger than the youngest age. Enter the same age or a higher one."))
        return data


class NewServiceForm(ServiceForm):
    """A new entry, of one of the person's teams."""

    team = forms.ModelChoiceField(
        label=_("Team that runs it"),
        queryset=Team.objects.none(),
        error_messages={"required": _("Choose the team that runs it.")},
    )

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = Team.objects.filter(pk__in=person.team_ids).order_by("is_intake", "name")
        self.fields["team"].queryset = mine
        self.fields["team"].label_from_instance = lambda team: team.label
        self.fields["team"].initial = mine.first()
        self.order_fields(["team", *ServiceForm.Meta.fields])


class FullForm(OnceForm):
    """Until when a service takes only what cannot wait."""

    until = forms.DateField(
        label=_("Full until"),
        widget=DateInput,
        required=False,
        help_text=_("Leave it empty if you take everything again."),
        error_messages={"invalid": WRONG_DAY},
    )

    def __init__(self, *args: Any, today: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_until(self) -> datetime.date | None:
        day: datetime.date | None = self.cleaned_data["until"]
        if day and day < self.today:
            raise forms.ValidationError(_("This day has passed. Enter today or a later day, or leave it empty."))
        return day


class AskForm(OnceForm):
    """What a referral says. The first line is read before anybody accepts, so it names nobody and no place."""

    first_line = forms.CharField(
        label=_("First line"),
        max_length=160,
        help_text=_(
            "Read before they accept, such as: sleeps little since the move, needs a first talk. No name, no place."
        ),
        error_messages={"required": _("Write the first line: it is all that they read of the need before accepting.")},
    )
    sure = forms.BooleanField(
        label=_("This word is not the child’s name and no place where the child is"), required=False
    )
    area = forms.CharField(
        label=_("Area"), max_length=80, required=False, help_text=_("So large that nobody finds the child by it.")
    )
    urgency = forms.TypedChoiceField(
        label=_("Answer"),
        coerce=int,
        choices=Urgency.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose how soon you need the answer.")},
    )
    asked = words_field(
        _("What you ask of them"),
        missing=_("Say what you ask of them."),
        most=1000,
        help_text=_("Opens with the file, when they accept."),
    )
    why = words_field(_("Why"), missing=_("Say why the child needs it."), most=1000)
    basis = forms.ChoiceField(
        choices=legal_bases.choices,
        label=_("What allows you to share the file"),
        error_messages={"required": _("Choose what allows you to share the file.")},
    )

    def __init__(self, *args: Any, service: Service, known: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known, self.found = known, ""
        if service.urgencies:
            offered = [choice for choice in Urgency.choices if choice[0] in service.urgencies]
            self.fields["urgency"].choices = offered  # type: ignore[attr-defined]
        if not self.data.get("sure") and not self.word():
            del self.fields["sure"]

    def word(self) -> str:
        """Return what the first line gives away, as far as the sender may know it."""
        return names_child(self.data.get("first_line", ""), self.known) if self.is_bound else ""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        self.found = self.word()
        if self.found and not data.get("sure"):
            words = _(
                "The first line says %(word)s, which stands in the file as a name or place of the child. Take it out,"
                " or confirm that it is another word."
            )
            self.add_error("first_line", words % {"word": quoted(self.found)})
        return data


class Hinted(str):
    """The label of a choice with the line under it."""

    hint: str

    def __new__(cls, words: str, hint: str = "") -> "Hinted":
        made = super().__new__(cls, words)
        made.hint = hint
        return made


class GreyedCheckboxes(forms.CheckboxSelectMultiple):
    """Ticks of which some cannot be set; the reason stands beside each."""

    greyed: frozenset[int] = frozenset()

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, *args, **kwargs)
        if value in self.greyed:
            option["attrs"]["disabled"] = True
        return option


class OpenForm(OnceForm):
    """Which sections open when the recipient accepts, and until when. Least by default: the summary goes along always."""

    hide_optional = True

    view = forms.TypedMultipleChoiceField(
        label=_("Sections that open to them"),
        coerce=int,
        widget=GreyedCheckboxes,
        required=False,
        help_text=_("Summary always goes along: code name, number, age, languages, warnings."),
    )
    change = forms.TypedMultipleChoiceField(
        label=_("Sections in which they also write"), coerce=int, widget=forms.CheckboxSelectMultiple, required=False
    )
    until = forms.DateField(
        label=_("Until"),
        widget=DateInput,
        error_messages={"required": _("Enter the day on which their access ends."), "invalid": WRONG_DAY},
    )

    def __init__(
        self, *args: Any, closed: dict[Section, str], written: set[Section], first: datetime.date, last: datetime.date,
        **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(*args, **kwargs)
        self.first, self.last = first, last
        view: Any = self.fields["view"]
        change: Any = self.fields["change"]
        sections = [section for section in Section if section != Section.SUMMARY]
        view.choices = [(int(one), Hinted(str(one.label), closed.get(one, ""))) for one in sections]
        view.widget.greyed = frozenset(int(section) for section in closed)
        change.choices = [(int(one), one.label) for one in sections if one in written]
        if not written:
            del self.fields["change"]
        self.fields["until"].help_text = _("At most until %(day)s.") % {"day": full_date(last)}

    def clean_view(self) -> list[int]:
        """Refuse a tick that is greyed: it was not set on this page."""
        field: Any = self.fields["view"]
        chosen: list[int] = self.cleaned_data["view"]
        if set(chosen) & field.widget.greyed:
            raise forms.ValidationError(_("One of these sections cannot be opened to them. Take its tick out."))
        return chosen

    def clean_until(self) -> datetime.date:
        day: datetime.date = self.cleaned_data["until"]
        if not self.first <= day <= self.last:
            words = _("Choose a day from today to %(day)s.")
            raise forms.ValidationError(words % {"day": full_date(self.last)})
        return day

    def sections(self) -> tuple[tuple[Section, ...], tuple[Section, ...]]:
        """Return the sections to read and those to write as well."""
        data = getattr(self, "cleaned_data", {})
        return tuple(map(Section, data.get("view", []))), tuple(map(Section, data.get("change", [])))

    def shown(self) -> str:
        """Return the ticks as one word: what is sent must have stood on the page before."""
        return "/".join(",".join(str(int(section)) for section in sections) for sections in self.sections())


class AcceptForm(OnceForm):
    """Who does it, and when first."""

    worker = forms.ModelChoiceField(
        label=_("Who will do it"),
        queryset=Person.objects.none(),
        error_messages={"required": _("Choose who will do it."), "invalid_choice": _("Choose somebody of your team.")},
    )
    first_on = forms.DateField(
        label=_("First date"),
        widget=DateInput,
        required=False,
        help_text=_("The sender reads it. Leave it empty if it is not agreed yet."),
        error_messages={"invalid": WRONG_DAY},
    )

    def __init__(self, *args: Any, people: list[Person], today: datetime.date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["worker"].queryset = Person.objects.filter(pk__in=[one.pk for one in people])  # type: ignore[attr-defined]
        self.fields["worker"].label_from_instance = lambda one: gettext(", ").join([one.short_name, one.role_label])  # type: ignore[attr-defined]

    def clean_first_on(self) -> datetime.date | None:
        day: datetime.date | None = self.cleaned_data["first_on"]
        if day and day < self.today:
            raise forms.ValidationError(_("This day has passed. Enter today or a later day."))
        return day


def decline_reasons() -> list[Any]:
    """Return why a referral may be declined: reasons of the service, and those of the child."""
    words = Lookup.objects.filter(vocabulary="referral_decline", is_active=True)
    both: tuple[list[Any], list[Any]] = ([], [])
    for word in words:
        both[word.code in CHILDS].append((word.code, str(word)))
    return [(_("Ours"), both[0]), (_("The child’s"), both[1])]


class DeclineForm(OnceForm):
    """Why this one cannot be taken; with a time it goes on the waiting list instead."""

    why = forms.ChoiceField(
        label=_("Why can you not take this one?"),
        choices=decline_reasons,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose why you cannot take this one.")},
    )
    answer = forms.CharField(
        label=_("When could you?"),
        max_length=300,
        required=False,
        help_text=_("The sender reads this, such as: in about 3 weeks. It goes with “Waiting list”."),
    )


class ResultForm(OnceForm):
    """What came of it."""

    attended = forms.TypedChoiceField(
        label=_("Did the child come?"),
        choices=[("yes", _("yes")), ("no", _("no, not attended"))],
        coerce=lambda word: word == "yes",
        empty_value=None,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose whether the child came.")},
    )
    outcome = words_field(
        _("What came of it for the child"),
        missing=_("Say in one sentence what came of it."),
        rows=2,
        help_text=_("One sentence for the sender. What you wrote in the file stands there."),
    )
    next_on = forms.DateField(
        label=_("Next appointment"), widget=DateInput, required=False, error_messages={"invalid": WRONG_DAY}
    )


class TakeBackForm(OnceForm):
    """Whose wish it is that a referral ends, and why."""

    name = forms.ChoiceField(
        label=_("Why it ends"),
        choices=[
            ("withdraw", _("The child or the guardian does not want it")),
            ("revoke", _("We take it back, such as: placed elsewhere")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose whose wish it is.")},
    )
    reason = words_field(
        _("In a sentence"),
        missing=_("Say why it ends."),
        rows=2,
        help_text=_("They read it. No name, no place: they may not have opened the file."),
    )
