"""The forms of disclosures, of what the child asks for, and of what the child says is wrong."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.access import legal_bases
from portal.access.fresh_codes import FreshCodeForm
from portal.access.sections import Section
from portal.casework.forms import OnceForm, words_field
from portal.casework.models import Approval
from victims.attachments import LARGEST
from victims.forms import DateInput
from victims.models import ChildRequest, Disclosure
from victims.models.answers import LANGUAGES
from victims.plain_words import ABOUT, GROUNDS
from victims.record_forms import PastDayField


def any_day_field(label: Any, help_text: Any = "") -> forms.DateField:
    """Return a field for a day that may be left empty and may be to come."""
    errors = {"invalid": _("Enter a day, such as 2026-11-23.")}
    return forms.DateField(label=label, help_text=help_text, widget=DateInput, required=False, error_messages=errors)


class OrderForm(OnceForm):
    """What a court or an authority orders to be given, and exactly what of it is given."""

    authority = forms.CharField(
        label=_("Court or authority"), max_length=120, error_messages={"required": _("Enter who ordered it.")}
    )
    order_number = forms.CharField(
        label=_("Order number"),
        max_length=60,
        error_messages={"required": _("Enter the number of the order: nothing is given away without one.")},
    )
    issued = PastDayField(_("Issued on"), missing=_("Enter the day on which it was issued."), initial=None)
    answer_by = any_day_field(_("Answer by"))
    order_document = forms.ChoiceField(
        label=_("The order itself"),
        required=False,
        help_text=_("Attach it under Legal first; then it can be chosen here."),
    )
    legal_basis = forms.ChoiceField(label=_("Legal basis"), error_messages={"required": _("Choose the legal basis.")})
    parts = forms.TypedMultipleChoiceField(
        label=_("Sections"),
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Tick each section that the order names, and no other. You can give only what you can open;"
            " what others keep, the court asks of them."
        ),
        error_messages={"required": _("Tick the sections that the order names.")},
    )
    begins = any_day_field(_("Of the days from"), _("Left empty, from the first day."))
    ends = any_day_field(_("Until"), _("Left empty, until today."))
    language = forms.ChoiceField(label=_("Language of the paper"), choices=LANGUAGES, widget=forms.RadioSelect)
    reason = words_field(
        _("What the order asks for, in its words"),
        missing=_("Write what the order asks for."),
        most=500,
        help_text=_("Those who decide read it."),
    )
    is_sure = forms.BooleanField(label=_("Yes, the order names all of this"), required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, held: list[Section], orders: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["parts"].choices = [(int(section), section.label) for section in held]
        fields["legal_basis"].choices = legal_bases.choices()
        fields["legal_basis"].initial = "court_order"
        fields["order_document"].choices = [("", _("not attached")), *orders]
        fields["language"].initial = "en"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("begins") and data.get("ends") and data["ends"] < data["begins"]:
            self.add_error("ends", _("This day is before the first one. Enter the same day or a later one."))
        return data

    def ask_whether_sure(self, warning: str) -> None:
        """Ask once more where the scope is wide: said beside the sections, confirmed by a tick."""
        self.fields["is_sure"].widget = forms.CheckboxInput()
        self.add_error("parts", warning)
        self.add_error("is_sure", _("Tick this if the order names all of it; else tick less."))

    def values(self) -> dict[str, Any]:
        """Return what the disclosure takes."""
        data = {name: self.cleaned_data[name] for name in ORDERED}
        document = self.cleaned_data["order_document"]
        return data | {"kind": "order", "order_document_id": uuid.UUID(document) if document else None}


ORDERED = (
    "authority", "order_number", "issued", "answer_by", "legal_basis", "parts", "begins", "ends", "language", "reason",
)  # fmt: skip


class DecisionForm(FreshCodeForm):
    """Whether it is given: with a fresh code, and with a reason where it is not."""

    reason = words_field(
        _("Why, or what is to be changed"),
        most=500,
        help_text=_("Only where you do not approve it. Whoever asked reads it."),
    )
    field_order = ("reason", "code", "once")
    states = {
        "agree": Approval.State.APPROVED,
        "change": Approval.State.CHANGES_ASKED,
        "refuse": Approval.State.REFUSED,
    }

    def clean(self) -> dict[str, Any]:
        """Ask for the reason together with the code, not after it."""
        data = super().clean() or self.cleaned_data
        if self.state() != Approval.State.APPROVED and not data.get("reason"):
            self.add_error("reason", _("Say why, so that whoever asked knows what to do."))
        return data

    def state(self) -> Approval.State:
        """Return what was pressed; anything else than approving approves nothing."""
        return self.states.get(self.data.get("answer", ""), Approval.State.CHANGES_ASKED)


class CompareForm(OnceForm):
    """A paper that came back."""

    file = forms.FileField(
        label=_("The file"),
        help_text=_("The PDF as it was given. It is compared and kept nowhere."),
        error_messages={"required": _("Choose the file.")},
    )

    def clean_file(self) -> bytes:
        file = self.cleaned_data["file"]
        if file.size > LARGEST:
            raise forms.ValidationError(_("The file is larger than 10 MB: no paper of the portal is."))
        return bytes(file.read())


class RequestForm(OnceForm):
    """What the child, or somebody for the child, asks for."""

    kind = forms.ChoiceField(
        label=_("What is asked for"),
        choices=ChildRequest.Kind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose what is asked for.")},
    )
    asker = forms.ChoiceField(
        label=_("Who asks"),
        choices=ChildRequest.Asker.choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose who asks.")},
    )
    checked = forms.CharField(
        label=_("How it was checked who asks, and that they may"),
        max_length=300,
        help_text=_("A parent who may have harmed the child is not given anything: ask the privacy officer first."),
        error_messages={"required": _("Say how it was checked.")},
    )
    asked_on = PastDayField(_("Asked on"), missing=_("Enter the day on which it was asked for."))
    language = forms.ChoiceField(label=_("Language of the answer"), choices=LANGUAGES, widget=forms.RadioSelect)
    safely = forms.CharField(
        label=_("How to give the answer without harm"),
        max_length=300,
        help_text=_("Such as: at school, into her own hands. Never by post to the home."),
        error_messages={"required": _("Say how the answer is given without harm.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"].initial = "en"

    def values(self) -> dict[str, Any]:
        """Return what the request takes."""
        names = ("kind", "asker", "checked", "asked_on", "language", "safely")
        return {name: self.cleaned_data[name] for name in names}


class CopyForm(OnceForm):
    """For each section: whether it stands in the child's copy, or on which ground it does not."""

    with_looks = forms.BooleanField(label=_("Say which agencies looked at the file"), required=False, initial=True)

    def __init__(self, *args: Any, held: list[Section], only_looks: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.held = [] if only_looks else [section for section in held if section in ABOUT]
        for section in self.held:
            self.fields[self.name_of(section)] = forms.ChoiceField(
                label=section.label,
                choices=[
                    ("give", _("Give it")),
                    *((code, _("Leave it out: %s") % words) for code, words in GROUNDS.items()),
                ],
                initial="clinician" if section == Section.THERAPY else "give",
            )
        if only_looks:
            self.fields["with_looks"].widget = forms.HiddenInput()

    @staticmethod
    def name_of(section: Section) -> str:
        return f"section_{int(section)}"

    @classmethod
    def chosen_in(cls, earlier: Disclosure) -> dict[str, Any]:
        """Return what was chosen for an earlier copy, so that one that was sent back is not put together from nothing."""
        given = {cls.name_of(Section(number)): "give" for number in earlier.parts}
        left_out = {cls.name_of(Section(int(number))): ground for number, ground in earlier.withheld.items()}
        return given | left_out | {"with_looks": earlier.with_looks}

    def values(self) -> dict[str, Any]:
        """Return what the copy takes."""
        chosen = {section: self.cleaned_data[self.name_of(section)] for section in self.held}
        return {
            "kind": "copy",
            "reason": "",
            "parts": [int(section) for section, answer in chosen.items() if answer == "give"],
            "withheld": {str(int(section)): answer for section, answer in chosen.items() if answer != "give"},
            "with_looks": self.cleaned_data["with_looks"] or not self.held,
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        given = [one for one in self.held if data.get(self.name_of(one)) == "give"]
        if self.held and not given:
            raise forms.ValidationError(_("Every section is left out. Then say that the request is not met, and why."))
        return data


class AnswerForm(OnceForm):
    """What was answered, to whom, and how."""

    words = words_field(_("What was answered"), missing=_("Write what was answered."), most=500)
    given_to = forms.CharField(
        label=_("To whom"), max_length=120, error_messages={"required": _("Say to whom it was given.")}
    )
    given_how = forms.CharField(label=_("How"), max_length=200, error_messages={"required": _("Say how it was given.")})


class CorrectionForm(OnceForm):
    """What is wrong in a section, and what is right, in the child's words."""

    place = forms.ChoiceField(label=_("Where it stands"), error_messages={"required": _("Choose where it stands.")})
    wrong = words_field(_("What is wrong"), missing=_("Write what is wrong."), most=2000)
    correct = words_field(_("What is right"), missing=_("Write what is right."), most=2000)

    def __init__(self, *args: Any, places: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["place"].choices = [("", ""), *places]  # type: ignore[attr-defined]

    def chosen(self) -> tuple[Section, uuid.UUID | None]:
        """Return the section and the record that were chosen."""
        number, _space, record = self.cleaned_data["place"].partition(" ")
        return Section(int(number)), uuid.UUID(record) if record else None


class StatementForm(OnceForm):
    """What the child says, where the team does not agree."""

    words = words_field(
        _("What the child says"),
        missing=_("Write what the child says."),
        most=2000,
        rows=4,
        help_text=_("Word for word, in the child’s language. Everybody who reads this section from now on reads it."),
    )
