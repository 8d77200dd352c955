"""Forms of a care plan: its own words, its goals and actions."""

import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Person, Team
from portal.casework import clock
from portal.casework.forms import LookupField, OnceForm, RecordForm, words_field
from victims.care_states import ACTION, ActionState
from victims.forms import DateInput, language_choices
from victims.models import CarePlan, Goal
from victims.team_choice import TeamField

NO_DAY = _("Enter the day.")
PASSED = _("This day has passed. Enter today or a later day.")


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
        if day and day < clock.today():
            raise forms.ValidationError(PASSED)
        return day


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
        if data.get("due") and data["due"] < clock.today():
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
    result = words_field(
        _("What came of it for the child?"), rows=2, help_text=_("One sentence. Those who hold the care plan read it.")
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

    def __init__(
        self, *args: Any, label: Any, missing: Any, hint: Any = "", is_needed: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = is_needed
        self.fields["reason"].label, self.fields["reason"].help_text = label, hint
        self.fields["reason"].error_messages["required"] = missing
