"""Forms of the child's file: each names its fields' errors and remedies."""

import datetime
from typing import Any

from django import forms
from django.conf.locale import LANG_INFO
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from langcodes import Language

from portal.access.sections import Section, Stage
from portal.accounts.models import Membership, Person, Team
from portal.casework import clock, code_names
from portal.casework.forms import LookupField, OnceForm, RecordForm, words_field
from victims.models import Child
from victims.section_pages import SectionPage, vocabulary

LANGUAGES = "ar bg bn cs de el en es fa fr ha he hi hu id it ja km ko ku lo my ne nl pl ps pt ro ru rw so sq sr sv sw ta th ti tl tr uk ur uz vi yo zh"  # noqa: E501


def language_choices() -> list[tuple[str, str]]:
    """Return languages by their BCP 47 tag, each in its own name."""
    return sorted(((tag, own_name(tag)) for tag in LANGUAGES.split()), key=lambda pair: pair[1].casefold())


def own_name(tag: str) -> str:
    """Return a language in its own name, with the reader's name of it behind."""
    known = LANG_INFO.get(tag, {}).get("name_local") or Language.get(tag).autonym()
    here = Language.get(tag).display_name(get_language() or "en")
    return f"{known.capitalize()} ({here})" if known.casefold() != here.casefold() else here


class DateInput(forms.DateInput):
    """A day, picked or typed."""

    input_type = "date"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%Y-%m-%d", **kwargs)


class ChildForm(RecordForm):
    """What SUMMARY holds."""

    languages = forms.MultipleChoiceField(
        label=_("Languages the child speaks"),
        choices=language_choices,
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "choices--many"}),
    )

    class Meta:
        model = Child
        fields = ["code_name", "sex", "age_band", "languages", "needs_interpreter", "contact_safely", "risk"]
        widgets = {
            "contact_safely": forms.Textarea(attrs={"rows": 2}),
            "needs_interpreter": forms.NullBooleanSelect,
        }
        help_texts = {
            "code_name": _("A short neutral word. Never a name, place or nickname."),
            "contact_safely": _("Shown on every page of the file: whom to ring, when, what never to do."),
        }
        error_messages = {"code_name": {"required": _("Enter a code name.")}}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.instance.languages
        self.fields["languages"].choices = sorted(language_choices(), key=lambda pair: pair[0] not in chosen)

    def clean_code_name(self) -> str:
        name = code_names.english(self.cleaned_data["code_name"].strip(code_names.MARKS))
        if not name or not code_names.is_neutral(name):
            raise forms.ValidationError(_("Use one short neutral word, such as Plover."))
        return name


class LookForm(forms.Form):
    """What to look for before a file is opened."""

    code_name = forms.CharField(
        label=_("Code name that others may have used, or case number"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Enter a code name or a case number to look for.")},
    )
    look = forms.CharField(widget=forms.HiddenInput, initial="1", required=False)


class NewFileForm(ChildForm):
    """The first page of a file: at which stage it starts, which team owns it, and what was looked for before."""

    sought = forms.CharField(widget=forms.HiddenInput, required=False)

    stage = forms.TypedChoiceField(label=_("Where the child is now"), coerce=int)
    is_known = forms.TypedChoiceField(
        label=_("Is it known who the child is?"),
        choices=[(0, _("not yet")), (1, _("yes, confirmed in person"))],
        coerce=lambda value: value == "1",
    )
    team = forms.ModelChoiceField(label=_("Team that owns the file"), queryset=Team.objects.none())

    def __init__(self, *args: Any, person: Person, stages: list[Stage], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["stage"].choices = [(stage.value, stage.label) for stage in stages]
        mine = Team.objects.filter(pk__in=Membership.objects.live().filter(person=person).values("team"))
        self.fields["team"].queryset = mine
        self.fields["team"].label_from_instance = lambda team: team.label
        self.fields["team"].initial = mine.first()
        self.fields["team"].error_messages["required"] = _("Choose the team that owns the file.")
        self.order_fields(["stage", "is_known", "team", *ChildForm.Meta.fields])


class StepForm(OnceForm):
    """Why a step of a life cycle is taken, and the version of the file it was asked on."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label=_("Why"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, *args: Any, needs_reason: bool, version: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["version"].initial = version
        self.fields["reason"].required = needs_reason
        self.fields["reason"].error_messages["required"] = _("Say why.")

    def ask_again(self, version: int) -> None:
        """Keep what was typed, and ask about the file as it stands now."""
        self.data = self.data.copy()
        self.data["version"] = str(version)


def section_form(page: SectionPage) -> type[RecordForm]:
    """Return the form of a section's records."""
    widgets = {}
    overrides: dict[str, Any] = {"clean": CLEANING.get(page.section, clean_dates)}
    for name in page.fields:
        field = page.model._meta.get_field(name)
        words = vocabulary(page.section, name)
        if words:
            label = field.verbose_name[:1].upper() + field.verbose_name[1:]
            overrides[name] = LookupField(words, label=label, required=not field.blank)
    overrides["missing"] = page.missing
    overrides["Meta"] = type("Meta", (), {"model": page.model, "fields": list(page.fields), "widgets": widgets})
    made = type(f"{page.model.__name__}Form", (SectionForm,), overrides)
    return made


class SectionForm(RecordForm):
    """A record of a section: dates as days, errors that name the field."""

    missing: dict[str, Any] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if isinstance(field, forms.DateField):
                field.widget = DateInput()
                field.error_messages["invalid"] = _("Enter a day, such as 2026-11-23.")
            if name in self.missing:
                field.error_messages["required"] = self.missing[name]
        if "on" in self.fields and self.instance._state.adding:
            self.fields["on"].initial = clock.today()

    class Meta:
        model = Child
        fields: list[str] = []


def clean_dates(self: SectionForm) -> dict[str, Any]:
    """Refuse days in the future, ranges that end before they start, and an order that ends before it was issued."""
    data = forms.ModelForm.clean(self) or self.cleaned_data
    for name in ("on", "issued", "since", "birth_latest", "birth_earliest"):
        day = data.get(name)
        if day and day > clock.today() + datetime.timedelta(days=1):
            self.add_error(name, _("This day is in the future. Enter today or an earlier day."))
    for first, last in (("birth_earliest", "birth_latest"), ("issued", "expires")):
        if data.get(first) and data.get(last) and data[last] < data[first]:
            self.add_error(last, _("This day is before the first one. Enter the same day or a later one."))
    return data


NO_NOTE = _("The note that this adds to is not in this section. Go back to it and choose the note there.")


def clean_identity(self: SectionForm) -> dict[str, Any]:
    """Refuse an identity that says nothing of who the child is."""
    data = clean_dates(self)
    says = ("family_name", "given_names", "other_names", "birth_earliest", "birth_latest")
    if not self.errors and not any(data.get(name) for name in says):
        self.add_error("family_name", _("Enter at least one name, or a birth date."))
    return data


CLEANING = {Section.IDENTITY: clean_identity}


class NoteForm(OnceForm):
    """A note, or an addendum to one."""

    body = words_field(_("Note"), missing=_("Write the note."), most=4000, rows=5)
    adds_to = forms.UUIDField(required=False, widget=forms.HiddenInput, error_messages={"invalid": NO_NOTE})


class AttachmentForm(OnceForm):
    """A document for a section."""

    title = forms.CharField(label=_("What it is"), max_length=120, error_messages={"required": _("Say what it is.")})
    file = forms.FileField(
        label=_("Document"),
        help_text=_("PDF without pictures, or plain text, up to 10 MB. Never an image."),
        error_messages={"required": _("Choose the document.")},
    )
