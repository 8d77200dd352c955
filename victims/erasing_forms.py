"""The forms of how a file ends: what is erased, what is held as evidence, and until when it is kept."""

import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from portal.access.evidence_holds import LONGEST, USUAL
from portal.access.sections import Section
from portal.accounts.models import Team
from portal.audit import clock
from portal.casework.forms import LookupField, OnceForm, words_field
from portal.casework.templatetags.portal import digits
from victims.apart_forms import SecondTeamField
from victims.forms import DateInput

NO_DAY = _("Enter a day.")
# Of what is written about the erasing itself.
STAYS = _("It stays when the file is gone: write no name, no place and nothing of the child.")


class PartsForm(OnceForm):
    """Asks for sections of a file."""

    sections = forms.TypedMultipleChoiceField(
        coerce=lambda number: Section(int(number)), widget=forms.CheckboxSelectMultiple
    )

    def offer(self, choices: list[tuple[int, str]], chosen: list[int]) -> None:
        """Offer these sections, some of them ticked."""
        field: Any = self.fields["sections"]
        field.choices = choices
        field.initial = chosen


class ErasureForm(PartsForm):
    """What is to be erased, on which ground, and who decides."""

    ground = LookupField(
        "erasure_ground",
        label=_("Why it may be erased"),
        error_messages={"required": _("Choose why it may be erased.")},
    )
    team = SecondTeamField(_("Of a team that you are not in. They read number, code name, sections and your reason."))
    reason = words_field(_("Reason"), missing=_("Say why."), most=500, help_text=STAYS)
    field_order = ["sections", "ground", "reason", "team"]

    def __init__(
        self,
        *args: Any,
        counted: dict[Section, tuple[int, int]],
        held: list[Section],
        teams: list[Team],
        is_over: bool,
        **kwargs: Any,
    ) -> None:
        """is_over: whether the file is past its day; of any other nothing is ticked beforehand."""
        super().__init__(*args, **kwargs)
        free = {section: counts for section, counts in counted.items() if section not in held}
        self.offer(
            [(section, named(section, *counts)) for section, counts in free.items()], list(free) if is_over else []
        )
        self.fields["sections"].label = _("What is erased")
        self.fields["sections"].error_messages["required"] = _("Choose what is to be erased.")
        self.fields["team"].offer(teams)  # type: ignore[attr-defined]


def named(section: Section, records: int, documents: int) -> str:
    """Return a section with how much is lost with it: "Care: 14 records, 2 documents"."""
    said = ngettext("%(shown)s record", "%(shown)s records", records) % {"shown": digits(records)}
    if documents:
        more = ngettext("%(shown)s document", "%(shown)s documents", documents) % {"shown": digits(documents)}
        said = f"{said}, {more}"
    return f"{section.label}: {said}"


class HoldForm(PartsForm):
    """What is held as evidence, and because of what."""

    basis = LookupField("hold_basis", label=_("Legal basis"), error_messages={"required": _("Choose the legal basis.")})
    reference = forms.CharField(
        label=_("Number of the order or the case"),
        max_length=120,
        error_messages={"required": _("Enter the number of the order or the case.")},
    )
    review_on = forms.DateField(
        label=_("Look at it again on"), widget=DateInput, error_messages={"required": NO_DAY, "invalid": NO_DAY}
    )
    team = forms.ModelChoiceField(
        label=_("For which of your teams"),
        queryset=Team.objects.none(),
        empty_label=None,
        widget=forms.RadioSelect,
        help_text=_("It looks at the hold again, and somebody else of it ends it."),
        error_messages={"required": _("Choose the team that looks at it again.")},
    )
    field_order = ["sections", "basis", "reference", "review_on", "team"]

    def __init__(self, *args: Any, parts: list[Section], teams: list[Team], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["team"]
        field.queryset = Team.objects.filter(pk__in=[team.pk for team in teams])
        field.label_from_instance = lambda team: team.label
        field.initial = teams[0].pk
        if len(teams) == 1:
            del self.fields["team"]
        self.offer([(one, str(one.label)) for one in parts], [one for one in parts if one in USUAL])
        self.fields["sections"].label = _("What is evidence")
        self.fields["sections"].error_messages["required"] = _("Choose what is evidence.")

    def clean_review_on(self) -> datetime.date:
        """Demand a day within a year."""
        return within_a_year(self.cleaned_data["review_on"])


def within_a_year(chosen: datetime.date) -> datetime.date:
    """Return a day that is to come within a year; another one is an error of its field."""
    today = clock.now().date()
    if not today < chosen <= today + LONGEST:
        raise forms.ValidationError(_("Choose a day after today, within a year."))
    return chosen


class ReviewForm(OnceForm):
    """Whether a hold goes on, until when, and why; or why it ends."""

    review_on = forms.DateField(
        label=_("Look at it again on"),
        widget=DateInput,
        help_text=_("If it goes on."),
        error_messages={"required": NO_DAY, "invalid": NO_DAY},
    )
    reason = words_field(_("Why it goes on, or ends"), missing=_("Say why it goes on, or ends."), help_text=STAYS)

    def __init__(self, *args: Any, may_end: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["review_on"].required = self.data.get("answer", "refuse" if may_end else "agree") != "refuse"

    def clean_review_on(self) -> datetime.date | None:
        """Demand a day within a year, where there is one."""
        chosen = self.cleaned_data["review_on"]
        return within_a_year(chosen) if chosen else None


class LongerForm(OnceForm):
    """Until when a closed file is kept past its day, and why."""

    until = forms.DateField(
        label=_("Keep it until"), widget=DateInput, error_messages={"required": NO_DAY, "invalid": NO_DAY}
    )
    reason = words_field(_("Why it is still needed"), missing=_("Say why it is still needed."), help_text=STAYS)
