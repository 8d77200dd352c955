"""Forms of small pieces of work on a file: flags, tasks, links to series."""

import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Team
from portal.casework import clock
from portal.casework.forms import OnceForm, words_field
from victims.case_numbers import WrongNumber, read_number
from victims.forms import DateInput
from victims.team_choice import TeamField


class FlagForm(OnceForm):
    """What a role needs from a section it cannot open, in one line."""

    text = forms.CharField(
        label=_("Warning"),
        max_length=160,
        help_text=_(
            "One line for everybody on the file, such as: no contact with male relatives. No names, no places."
        ),
        error_messages={"required": _("Write the warning.")},
    )


class EndFlagForm(OnceForm):
    """Why a warning is no longer true."""

    reason = words_field(_("Why it is no longer true"), missing=_("Say why it is no longer true."), rows=2)


class EndLinkForm(OnceForm):
    """Why a child does not appear in a series after all."""

    reason = words_field(
        _("Why the link ends"),
        missing=_("Say why the link ends."),
        rows=2,
        help_text=_("It stands on the timeline of the file."),
    )


class TaskForm(OnceForm):
    """What somebody of one's own teams, or of a team on the file, has to do by a day."""

    title = forms.CharField(
        label=_("What is to be done"),
        max_length=90,
        help_text=_("Only words of the summary: the task stands on My work, which is read over shoulders."),
        error_messages={"required": _("Say what is to be done.")},
    )
    rule = forms.CharField(
        label=_("Why, and why then"), max_length=200, error_messages={"required": _("Say why it is due then.")}
    )
    due = forms.DateField(
        label=_("Due"), widget=DateInput, error_messages={"required": _("Enter the day on which it is due.")}
    )
    team = TeamField(label=_("Whose it is"), error_messages={"required": _("Choose whose it is.")})

    def __init__(self, *args: Any, teams: dict[str, tuple[Team, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].offer(teams)  # type: ignore[attr-defined]

    def clean_due(self) -> datetime.date:
        day = self.cleaned_data["due"]
        if day < clock.today():
            raise forms.ValidationError(_("This day has passed. Enter today or a later day."))
        return day


class LinkForm(OnceForm):
    """Which child appears in a series."""

    number = forms.CharField(
        label=_("Case number of the child"),
        max_length=30,
        error_messages={"required": _("Enter the case number of the child.")},
    )
    reason = forms.CharField(
        label=_("What shows it"), max_length=300, error_messages={"required": _("Say what shows it.")}
    )

    def clean_number(self) -> str:
        try:
            number = read_number(self.cleaned_data["number"])
        except WrongNumber:
            raise forms.ValidationError(_("One digit is wrong. Check the number.")) from None
        if number is None:
            raise forms.ValidationError(_("This is no case number. Write it as VC-2026-1234567-8."))
        return number
