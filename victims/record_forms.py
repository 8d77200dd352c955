"""Forms of what is recorded in care: assessments and contacts; each asks why, where it closes what is overdue."""

import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.casework import clock
from portal.casework.due_rules import title_of
from portal.casework.forms import LookupField, OnceForm, words_field
from portal.casework.models import Task
from portal.casework.templatetags.portal import due
from victims.care import CLOSED_BY, CONTACT_TASKS, PLAN_TASKS
from victims.forms import DateInput
from victims.models import Assessment, FollowUp

NO_DAY = _("Enter the day.")
RETRY = ("contact_retry",)  # what a try closes
NO_TODAY = _("This day is in the future. Enter today or an earlier day.")
SCORES = [
    ("", _("not assessed")),
    (1, _("1: needs help now")),
    (2, _("2: needs help")),
    (3, _("3: fairly well")),
    (4, _("4: doing well")),
]
YES_NO = [("", ""), ("yes", _("yes")), ("no", _("no"))]


def is_yes(value: str) -> bool:
    return value == "yes"


class PastDayField(forms.DateField):
    """The day on which something was: today or earlier."""

    def __init__(self, label: Any, *, missing: Any = NO_DAY, initial: Any = clock.today, **kwargs: Any) -> None:
        errors = {"required": missing, "invalid": _("Enter a day, such as 2026-11-23.")}
        super().__init__(label=label, widget=DateInput(), error_messages=errors, initial=initial, **kwargs)

    def clean(self, value: Any) -> Any:
        day = super().clean(value)
        if day and day > clock.today() + datetime.timedelta(days=1):  # somewhere it is tomorrow already
            raise forms.ValidationError(NO_TODAY)
        return day


class LateForm(OnceForm):
    """A record that closes what was due: where the day has passed, it asks why, by the kind of task that is late."""

    late_reason = LookupField("late_reason", label=_("Why it is late"), required=False)

    def __init__(self, *args: Any, late: dict[str, Task], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.late = late
        if late:
            task = min(late.values(), key=lambda task: str(task.due))
            words = {"what": title_of(task), "when": due(task.when)}
            self.fields["late_reason"].help_text = _("%(what)s: %(when)s. The reason stands with the record.") % words
        else:
            del self.fields["late_reason"]

    def demand_reason(self, *codes: str) -> None:
        """Ask for the reason where the record closes one of the tasks that are late."""
        if not self.late.keys().isdisjoint(codes) and not self.cleaned_data.get("late_reason"):
            self.add_error("late_reason", _("Choose why it is late."))


class AssessmentForm(LateForm):
    """How the child is doing: a row for each domain with score and reasons; what is left open was not assessed."""

    kind = LookupField("assessment_kind", label=_("Kind"), error_messages={"required": _("Choose the kind.")})
    on = PastDayField(_("Date"))
    level = forms.TypedChoiceField(
        label=_("How often the child is seen, by the risk as a whole"),
        coerce=int,
        choices=Assessment.Level.choices,
        widget=forms.RadioSelect,
        help_text=_("High: every week. Medium: every two weeks. Low: every four weeks."),
        error_messages={"required": _("Choose the risk.")},
    )
    text = words_field(_("In short"), most=2000)

    def __init__(self, *args: Any, domains: dict[str, str], before: dict[str, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.domains, self.before = domains, before
        for code, label in domains.items():
            self.fields[f"score_{code}"] = forms.TypedChoiceField(
                label=label, choices=SCORES, coerce=int, empty_value=None, required=False
            )
            self.fields[f"why_{code}"] = forms.CharField(label=_("Why"), max_length=300, required=False)

    def rows(self) -> list[dict[str, Any]]:
        """Return the domains as rows: label, score, reasons, and the score of last time."""
        return [
            {
                "label": label,
                "score": self[f"score_{code}"],
                "why": self[f"why_{code}"],
                "before": self.before.get(code),
            }
            for code, label in self.domains.items()
        ]

    def clean(self) -> dict[str, Any]:
        """Ask for reasons where the score is 1 or 2, and for one score at least."""
        data = super().clean() or self.cleaned_data
        given = [code for code in self.domains if data.get(f"score_{code}")]
        if not given and not any(name.startswith("score_") for name in self.errors):
            first = next(iter(self.domains), None)
            self.add_error(f"score_{first}" if first else None, _("Give at least one domain a score."))
        for code in given:
            if data[f"score_{code}"] in (1, 2) and not data.get(f"why_{code}"):
                words = _("Say why for %(domain)s: a score of 1 or 2 has its reason.")
                self.add_error(f"why_{code}", words % {"domain": self.domains[code]})
        self.demand_reason(*CLOSED_BY.get(data.get("kind", ""), ()))
        return data

    def values(self) -> dict[str, Any]:
        """Return the columns of the assessment."""
        data = self.cleaned_data
        scores = {
            code: {"score": data[f"score_{code}"], "why": data[f"why_{code}"]}
            for code in self.domains
            if data[f"score_{code}"]
        }
        names = ("kind", "on", "level", "text", *(["late_reason"] if self.late else []))
        return {name: data[name] for name in names} | {"scores": scores}


class SendForm(LateForm):
    """Sending a plan; where it is late, why."""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        self.demand_reason(*PLAN_TASKS)
        return data


class ContactForm(LateForm):
    """A contact or a try: when, how, what came of it, and how the child is."""

    hide_optional = True  # what a contact that took place has to say, a try cannot

    on = PastDayField(_("Date"))
    mode = LookupField("contact_mode", label=_("How"), error_messages={"required": _("Choose how.")})
    result = forms.TypedChoiceField(
        label=_("What came of it"),
        coerce=int,
        choices=FollowUp.Result.choices,
        widget=forms.RadioSelect,
        help_text=_("A try does not count as a contact: it is made again within 48 hours."),
        error_messages={"required": _("Choose what came of it.")},
    )
    seen_alone = forms.TypedChoiceField(
        label=_("Did you see the child alone?"),
        help_text=_("Asked of every contact that took place."),
        coerce=int,
        empty_value=None,
        required=False,
        choices=[("", ""), *FollowUp.SeenAlone.choices],
    )
    is_safe = forms.TypedChoiceField(
        label=_("Is the child safe at the moment?"),
        help_text=_("Asked of every contact that took place."),
        coerce=is_yes,
        empty_value=None,
        required=False,
        choices=YES_NO,
    )
    wishes = forms.CharField(label=_("What the child wants, in the child’s own words"), max_length=500, required=False)
    text = words_field(
        _("How the child is"),
        most=4000,
        rows=4,
        help_text=_("In plain words. Therapy and health have pages of their own."),
    )
    concern = forms.CharField(
        label=_("What the child is not safe from, or a new concern"),
        max_length=500,
        required=False,
        help_text=_("Asked where the child is not safe."),
    )

    def clean(self) -> dict[str, Any]:
        """Ask of a contact that took place whether the child was seen alone and is safe; of a child in danger, why."""
        data = super().clean() or self.cleaned_data
        if data.get("result") in (None, FollowUp.Result.DONE):  # all that is missing is asked for at once
            if data.get("seen_alone") is None:
                self.add_error("seen_alone", _("Choose whether you saw the child alone."))
            if data.get("is_safe") is None:
                self.add_error("is_safe", _("Choose whether the child is safe."))
        if data.get("is_safe") is False and not data.get("concern"):
            self.add_error("concern", _("Say what the child is not safe from."))
        closes: dict[Any, tuple[str, ...]] = {FollowUp.Result.DONE: CONTACT_TASKS, FollowUp.Result.ATTEMPTED: RETRY}
        self.demand_reason(*closes.get(data.get("result"), ()))
        return data

    def values(self) -> dict[str, Any]:
        """Return the columns of the contact."""
        return {name: value for name, value in self.cleaned_data.items() if name != "once"}
