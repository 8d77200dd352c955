"""Forms of care: an assessment with one row for each domain, a plan, its goals and actions, a contact."""

import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Person, Team
from portal.casework import clock
from portal.casework.due_rules import title_of
from portal.casework.forms import LookupField, OnceForm, RecordForm
from portal.casework.models import Task
from portal.casework.templatetags.portal import due
from victims.care import CLOSED_BY, CONTACT_TASKS, PLAN_TASKS
from victims.care_states import ACTION, ActionState
from victims.forms import DateInput, language_choices
from victims.models import Assessment, CarePlan, FollowUp, Goal
from victims.team_choice import TeamField

NO_DAY = _("Enter the day.")
NO_TODAY = _("This day is in the future. Enter today or an earlier day.")
PASSED = _("This day has passed. Enter today or a later day.")
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

    def __init__(self, label: Any, **kwargs: Any) -> None:
        errors = {"required": NO_DAY, "invalid": _("Enter a day, such as 2026-11-23.")}
        super().__init__(label=label, widget=DateInput(), error_messages=errors, initial=clock.now, **kwargs)

    def clean(self, value: Any) -> Any:
        day = super().clean(value)
        if day and day > clock.now().date() + datetime.timedelta(days=1):  # somewhere it is tomorrow already
            raise forms.ValidationError(NO_TODAY)
        return day


class LateForm(OnceForm):
    """A record that closes what was due: where the day has passed, it asks why, by the kind of task that is late."""

    late_reason = LookupField("late_reason", label=_("Why it is late"), required=False)

    def __init__(self, *args: Any, late: dict[str, Task], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.late = late
        if late:
            task = min(late.values(), key=lambda task: task.due)
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
        label=_("Risk of return"),
        coerce=int,
        choices=Assessment.Level.choices,
        widget=forms.RadioSelect,
        help_text=_("It sets how often the child is seen: high every week, medium every two weeks, low every four."),
        error_messages={"required": _("Choose the risk.")},
    )
    text = forms.CharField(
        label=_("In short"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

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


class PlanForm(RecordForm):
    """What the child says of the plan, who agrees to it, in which language it was explained, and when it is looked at again."""

    language = forms.ChoiceField(label=_("Explained in"), required=False)

    class Meta:
        model = CarePlan
        fields = ["words", "agreed_by_child", "agreed_by_guardian", "language", "review_on"]
        widgets = {
            "words": forms.Textarea(attrs={"rows": 3}),
            "agreed_by_child": forms.NullBooleanSelect,
            "agreed_by_guardian": forms.NullBooleanSelect,
            "review_on": DateInput,
        }
        help_texts = {
            "words": _("What the child says of it, word for word."),
            "review_on": _(
                "Left empty, the rule sets it: every month while the risk is high, else every three months."
            ),
        }

    def __init__(self, *args: Any, spoken: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = language_choices()
        self.fields["language"].choices = [  # type: ignore[attr-defined]
            ("", ""),
            *sorted(known, key=lambda pair: spoken.index(pair[0]) if pair[0] in spoken else len(spoken)),
        ]

    def clean_review_on(self) -> datetime.date | None:
        day = self.cleaned_data["review_on"]
        if day and day < clock.now().date():
            raise forms.ValidationError(PASSED)
        return day


class SendForm(LateForm):
    """Sending a plan; where it is late, why."""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        self.demand_reason(*PLAN_TASKS)
        return data


class GoalForm(RecordForm):
    """What shall be better, which need it answers, and how the child says it."""

    domain = LookupField("need_domain", label=_("Need"), error_messages={"required": _("Choose the need.")})

    class Meta:
        model = Goal
        fields = ["title", "domain", "words"]
        help_texts = {
            "title": _("In plain words, such as: she sleeps and is less afraid. Teams with an action read it."),
            "words": _("Such as: “I want to sleep without the light.”"),
        }
        error_messages = {"title": {"required": _("Write the goal.")}}


class ActionForm(OnceForm):
    """What somebody does towards a goal, and by when."""

    title = forms.CharField(
        label=_("What is done"), max_length=160, error_messages={"required": _("Say what is done.")}
    )
    team = TeamField(
        label=_("Who does it"),
        help_text=_("A team on the file. It reads this action and the title of the goal, and no more of the plan."),
        error_messages={"required": _("Choose who does it.")},
    )
    person = forms.ModelChoiceField(
        label=_("One person of your team, by name"), queryset=Person.objects.none(), required=False
    )
    due = forms.DateField(label=_("Due"), widget=DateInput, error_messages={"required": NO_DAY})

    def __init__(self, *args: Any, teams: dict[str, tuple[Team, str]], people: list[Person], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team"].offer(teams)  # type: ignore[attr-defined]
        self.fields["person"].queryset = Person.objects.filter(pk__in=[person.pk for person in people])  # type: ignore[attr-defined]
        self.fields["person"].label_from_instance = lambda person: person.short_name  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        team, person = data.get("team"), data.get("person")
        if team and person and team.pk not in person.team_ids:
            self.add_error("person", _("This person is not in the team. Choose the person’s own team, or no person."))
        if data.get("due") and data["due"] < clock.now().date():
            self.add_error("due", PASSED)
        return data

    def values(self) -> dict[str, Any]:
        """Return the columns of the action."""
        return {name: self.cleaned_data[name] for name in ("title", "team", "person", "due")}


class ResultForm(OnceForm):
    """How far an action is, and what came of it for the child."""

    hide_optional = True  # a result is optional only as long as the work goes on

    name = forms.ChoiceField(
        label=_("How far it is"), widget=forms.RadioSelect, error_messages={"required": _("Choose how far it is.")}
    )
    result = forms.CharField(
        label=_("What came of it for the child?"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One sentence. Those who hold the care plan read it."),
    )

    def __init__(self, *args: Any, state: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        steps = [step for step in ACTION.transitions if state in step.sources and step.name != "cancel"]
        self.fields["name"].choices = [(step.name, ACTION.states[step.target].label) for step in steps]  # type: ignore[attr-defined]
        if len(steps) > 1:
            self.fields["name"].initial = "finish"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        step = ACTION.named(data["name"]) if data.get("name") else None
        if step and step.target != ActionState.IN_PROGRESS and not data.get("result"):
            self.add_error("result", _("Say what came of it for the child."))
        return data


class ReasonForm(OnceForm):
    """Why an action is not to be done any more, or what is to be changed in a plan."""

    reason = forms.CharField(max_length=300, widget=forms.Textarea(attrs={"rows": 3}))

    hide_optional = True  # asked for by the button that needs it

    def __init__(self, *args: Any, label: Any, missing: Any, hint: Any = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].label, self.fields["reason"].help_text = label, hint
        self.fields["reason"].error_messages["required"] = missing


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
    text = forms.CharField(
        label=_("How the child is"),
        max_length=4000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("In plain words. Therapy and health have pages of their own."),
    )
    concern = forms.CharField(label=_("New concern, if there is one"), max_length=500, required=False)

    def clean(self) -> dict[str, Any]:
        """Ask of a contact that took place whether the child was seen alone and is safe; of a child in danger, why."""
        data = super().clean() or self.cleaned_data
        if data.get("result") == FollowUp.Result.DONE:
            if data.get("seen_alone") is None:
                self.add_error("seen_alone", _("Choose whether you saw the child alone."))
            if data.get("is_safe") is None:
                self.add_error("is_safe", _("Choose whether the child is safe."))
        if data.get("is_safe") is False and not data.get("concern"):
            self.add_error("concern", _("Say what the child is not safe from."))
        closes = {FollowUp.Result.DONE: CONTACT_TASKS, FollowUp.Result.ATTEMPTED: ("contact_retry",)}
        self.demand_reason(*closes.get(data.get("result"), ()))  # type: ignore[call-overload]
        return data

    def values(self) -> dict[str, Any]:
        """Return the columns of the contact."""
        return {name: value for name, value in self.cleaned_data.items() if name != "once"}
