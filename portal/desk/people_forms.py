"""Forms about the people of an agency: inviting, roles, teams, training, and the decision of a second person."""

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Agency, Person, Standard, Team
from portal.accounts.roles import CERTIFIED_ROLES, NETWORK_ROLES, AgencyKind, Role
from portal.casework.clock import today
from portal.casework.forms import OnceForm, words_field
from victims.forms import DateInput

REASON = {"required": _("Say why.")}


def role_choices(agency: Agency) -> list[tuple[str, str]]:
    """Return the roles that people of an agency can hold; those of the whole network are given in its own offices."""
    network = agency.kind == AgencyKind.OVERSIGHT
    return [(role.value, str(capfirst(role.label))) for role in Role if network or role not in NETWORK_ROLES]


def roles_field() -> forms.MultipleChoiceField:
    """Return the choice of roles."""
    return forms.MultipleChoiceField(
        label=_("Roles"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one role.")},
    )


class TeamsField(forms.ModelMultipleChoiceField):
    """Teams of one agency, by their names."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=Team.objects.none(), required=False, **kwargs)

    def label_from_instance(self, team: Any) -> str:
        return str(team.label)


class ReasonForm(OnceForm):
    """Why something is asked or done: it stands in the history, and before whoever decides."""

    reason = forms.CharField(
        label=_("Why"), max_length=300, widget=forms.Textarea(attrs={"rows": 2}), error_messages=REASON
    )


class InviteForm(ReasonForm):
    """Somebody who is to join an agency."""

    given_name = forms.CharField(
        label=_("Given name"), max_length=80, error_messages={"required": _("Enter the given name.")}
    )
    family_name = forms.CharField(
        label=_("Family name"), max_length=80, error_messages={"required": _("Enter the family name.")}
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        help_text=_("Of this person alone, at work. The link goes there, and it is what the person signs in with."),
        error_messages={
            "required": _("Enter the e-mail address."),
            "invalid": _("Enter an address such as name@agency.example."),
        },
    )
    roles = roles_field()
    teams = TeamsField(
        label=_("Teams"), help_text=_("Whoever is in a team reads its files, as far as the roles allow.")
    )

    field_order = ["agency", "given_name", "family_name", "email", "roles", "teams", "reason"]

    def __init__(self, *args: Any, agency: Agency, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: Any = self.fields
        fields["roles"].choices = role_choices(agency)
        fields["teams"].queryset = Team.objects.filter(agency=agency).order_by("-is_intake", "name")


class InviteAdministratorForm(InviteForm):
    """Somebody who is to keep the people of an agency: what the operator asks."""

    agency = forms.ModelChoiceField(
        label=_("Agency"),
        queryset=Agency.objects.filter(is_active=True).order_by("name"),
        error_messages={"required": _("Choose the agency.")},
    )

    def __init__(self, *args: Any, agency: Agency, **kwargs: Any) -> None:
        super().__init__(*args, agency=agency, **kwargs)
        del self.fields["roles"], self.fields["teams"]
        field: Any = self.fields["agency"]
        field.label_from_instance = lambda one: one.name


class RolesForm(ReasonForm):
    """The roles that somebody is to hold from now on."""

    roles = roles_field()
    field_order = ["roles", "reason"]

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, initial={"roles": person.roles}, **kwargs)
        self.fields["roles"].choices = role_choices(person.agency)  # type: ignore[attr-defined]


class LeavingForm(ReasonForm):
    """Why somebody goes, and that files which would be left alone move to the intake desk."""

    moves_files = forms.BooleanField(
        label=_("These files move to the intake desk"),
        required=False,
        help_text=_("Its people are told, and have the tasks of these files from now on."),
    )

    def __init__(self, *args: Any, left: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not left:
            del self.fields["moves_files"]
        self.order_fields(["teams", "moves_files", "reason"])


class TeamsForm(LeavingForm):
    """The teams that somebody is in from now on."""

    teams = TeamsField(label=_("Teams"))

    def __init__(self, *args: Any, person: Person, **kwargs: Any) -> None:
        super().__init__(*args, initial={"teams": list(person.team_ids)}, **kwargs)
        field: Any = self.fields["teams"]
        field.queryset = Team.objects.filter(agency=person.agency_id).order_by("-is_intake", "name")  # type: ignore[attr-defined]


class TeamForm(OnceForm):
    """The name of a team."""

    name = forms.CharField(
        label=_("Name of the team"), max_length=120, error_messages={"required": _("Enter the name of the team.")}
    )


class DecisionForm(OnceForm):
    """What a second person decides."""

    decision = forms.ChoiceField(
        label=_("Your decision"),
        widget=forms.RadioSelect,
        choices=[("agree", _("I agree: it takes effect now")), ("refuse", _("I refuse"))],
        error_messages={"required": _("Choose what you decide.")},
    )
    comment = words_field(_("Why, where you refuse"), rows=2)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("decision") == "refuse" and not cleaned.get("comment"):
            self.add_error("comment", _("Say why you refuse: whoever asked reads it."))
        return cleaned


def until_field() -> forms.DateField:
    """Return the last day of a training."""
    return forms.DateField(
        label=_("Valid until"),
        widget=DateInput,
        error_messages={"required": _("Enter the day until which it is valid.")},
    )


class BriefingForm(OnceForm):
    """Until when a safeguarding briefing holds."""

    until = until_field()


class CertificateForm(BriefingForm):
    """A certificate for a version of the unified standard: whose, which version, until when."""

    person = forms.ModelChoiceField(
        label=_("Person"),
        queryset=Person.objects.none(),
        error_messages={"required": _("Choose the person.")},
    )
    standard = forms.ModelChoiceField(
        label=_("Standard and version"),
        queryset=Standard.objects.order_by("-since", "-pk"),
        empty_label=None,
        error_messages={"required": _("Choose the version.")},
    )
    field_order = ["person", "standard", "until"]

    def __init__(self, *args: Any, by: Person, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        police = Person.objects.filter(is_active=True, roles__overlap=[str(role) for role in CERTIFIED_ROLES])
        field: Any = self.fields["person"]
        field.queryset = police.exclude(pk=by.pk).select_related("agency").order_by("family_name", "given_name", "pk")
        field.label_from_instance = lambda one: f"{one.short_name}, {one.agency.name}, {one.email}"


class StandardForm(OnceForm):
    """A new version of the unified standard."""

    label = forms.CharField(
        label=_("Standard and version"),
        max_length=80,
        help_text=_("As it stands on the certificates."),
        error_messages={"required": _("Enter the standard and its version.")},
    )
    since = forms.DateField(
        label=_("In force from"),
        widget=DateInput,
        error_messages={"required": _("Enter the day from which it is in force.")},
    )

    def clean_since(self) -> Any:
        """Refuse a day that has passed: people would be shut out without the thirty days to renew."""
        if self.cleaned_data["since"] < today():
            raise forms.ValidationError(_("This day has passed. Enter today or a later day."))
        return self.cleaned_data["since"]
