"""The agencies of the network, kept by the operator: registered, renamed, switched off and on; and the first day's list."""

import uuid
from typing import Any

from django import forms
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from portal.access import agreements, operating, people
from portal.access.agreements import agreement_of
from portal.access.identity import Refused
from portal.access.opens import WRITE, opens_list
from portal.access.sections import Section
from portal.accounts.models import Agency, Invitation, Person, Team
from portal.accounts.roles import AgencyKind, Role
from portal.accounts.zones import zone_choices, zones_of
from portal.audit.events import Event
from portal.casework.editing import demand_current, resolved, save_once, saved
from portal.casework.forms import OnceForm, RecordForm
from portal.casework.templatetags.portal import digits, listed
from portal.desk import first_day
from portal.desk.people_forms import ReasonForm, TeamForm
from victims.forms import DateInput

Listed = tuple[HttpResponse, Any]
AGENCY = "accounts.agency"
THERAPY = gettext_lazy("Then its name is shown only to those who may read the therapy notes of a child.")
ZONE = gettext_lazy("Leave it empty where the country has one: it is filled in.")


class AgencyForm(RecordForm):
    """What an agency is called, and in which zone it works: that of its country, where there is one."""

    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), required=False, help_text=ZONE)

    class Meta:
        model = Agency
        fields = ["name", "time_zone", "therapy"]
        error_messages = {"name": {"required": gettext_lazy("Enter the name of the agency.")}}
        help_texts = {"therapy": THERAPY}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zones: Any = self.fields["time_zone"]
        zones.choices = zone_choices(self.country())
        zones.error_messages["invalid_choice"] = _("Choose a time zone from the list.")

    def country(self) -> str:
        """Return the country whose zones come first."""
        return str(self.instance.country or "")

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if not data.get("time_zone") and "time_zone" not in self.errors:
            zones = zones_of(self.country())
            if len(zones) == 1:
                data["time_zone"] = zones[0]
            elif "country" not in self.errors:
                self.add_error("time_zone", choose_zone(len(zones)))
        return data


def choose_zone(count: int) -> str:
    """Return what to do where the country does not say which zone it is."""
    if not count:
        return _("Choose the time zone.")
    words = ngettext(
        "The country has %(count)s time zone. Choose it.",
        "The country has %(count)s time zones. They stand first in the list: choose one.",
        count,
    )
    return words % {"count": digits(count)}


class NewAgencyForm(AgencyForm):
    """A new agency. Kind and country stay: they decide what its name gives away."""

    class Meta(AgencyForm.Meta):
        fields = ["name", "kind", "country", "time_zone", "therapy"]
        error_messages = AgencyForm.Meta.error_messages | {
            "kind": {"required": gettext_lazy("Choose what kind of agency it is.")},
            "country": {"required": gettext_lazy("Choose the country.")},
        }

    def country(self) -> str:
        return str(self.data.get("country", ""))


class AgreementForm(OnceForm):
    """What an agency has signed that it may receive."""

    sections = forms.TypedMultipleChoiceField(
        label=gettext_lazy("Sections that it may receive"),
        choices=[(section.value, section.label) for section in Section],
        coerce=int,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose the sections that it may receive.")},
    )
    signed_on = forms.DateField(
        label=gettext_lazy("Signed on"),
        widget=DateInput,
        error_messages={"required": gettext_lazy("Enter the day on which it was signed.")},
    )
    until = forms.DateField(
        label=gettext_lazy("Last day"),
        widget=DateInput,
        help_text=gettext_lazy("Access that other agencies gave ends with this day at the latest."),
        error_messages={"required": gettext_lazy("Enter the last day on which the agreement holds.")},
    )


def the_agency(request: HttpRequest, agency_id: uuid.UUID) -> Agency:
    """Return an agency to the operator."""
    person: Any = request.user
    operating.demand_operator(person)
    agency = Agency.objects.filter(pk=agency_id).first()
    if agency is None:
        raise Http404
    return agency


@opens_list("agencies", of=AGENCY)
def agencies(request: HttpRequest) -> Listed:
    """List the agencies, those that are switched off last."""
    person: Any = request.user
    operating.demand_operator(person)
    people = Count("people", filter=Q(people__is_active=True))
    found = list(Agency.objects.annotate(count=people).order_by("-is_active", "name"))
    context = {"agencies": found, "own": person.agency_id, "is_first_day": operating.is_first_day()}
    return TemplateResponse(request, "desk/agencies.html", context), [agency.pk for agency in found]


@opens_list("agencies", methods=WRITE, of=AGENCY)
def new_agency(request: HttpRequest) -> Listed:
    """Register an agency."""
    person: Any = request.user
    operating.demand_operator(person)
    form = NewAgencyForm(request.POST or None)
    done = saved(request, form, lambda: registered(form, person))
    return done or TemplateResponse(request, "desk/new_agency.html", {"form": form}), []


def registered(form: NewAgencyForm, person: Any) -> str:
    """Register the agency and go to its page."""
    agency = operating.register_agency(values=form.values(), by=person, reason="agency registered")
    return reverse("desk:agency", args=[agency.pk])


@opens_list("agencies", of=AGENCY)
def agency(request: HttpRequest, agency_id: uuid.UUID) -> Listed:
    """Show an agency: its teams, who administers it, and what the operator may do about it."""
    found = the_agency(request, agency_id)
    person: Any = request.user
    working = Person.objects.filter(agency=found, is_active=True)
    context = {
        "agency": found,
        "is_own": found.pk == person.agency_id,
        "teams": Team.objects.filter(agency=found).order_by("-is_intake", "name"),
        "administrators": working.filter(roles__contains=[Role.AGENCY_ADMIN]).order_by("family_name"),
        "people": working.count(),
        "is_first_day": operating.is_first_day(),
        "is_office": found.kind == AgencyKind.OVERSIGHT,
        "invitations": Invitation.objects.filter(agency=found, state__in=people.OPEN).order_by("pk"),
        "agreement": agreement_of(found),
        "sections": agreed_sections(found),
    }
    return TemplateResponse(request, "desk/agency.html", context), [found.pk]


def agreed_sections(found: Agency) -> str:
    """Return in words what the agency may receive."""
    agreement = agreement_of(found)
    return listed(Section(number).label for number in sorted(agreement.sections)) if agreement else ""


@opens_list("agencies", methods=WRITE, of=AGENCY)
def change_agency(request: HttpRequest, agency_id: uuid.UUID) -> Listed:
    """Change the name or the zone of an agency."""
    person: Any = request.user
    found = the_agency(request, agency_id)
    form = AgencyForm(resolved(request.POST) if request.method == "POST" else None, instance=found)
    if request.method == "POST" and form.is_valid():
        demand_current(request, form, Agency.objects.select_for_update(of=("self",)).get(pk=found.pk))
        return save_once(request, lambda: changed(form, found, person)), []
    return TemplateResponse(request, "desk/change_agency.html", {"form": form, "agency": found}), [found.pk]


def changed(form: AgencyForm, found: Agency, person: Any) -> str:
    """Change the agency and return to its page."""
    operating.change_agency(agency=found, values=form.values(), by=person, reason=form.cleaned_data["reason"])
    return reverse("desk:agency", args=[found.pk])


@opens_list("agencies", methods=WRITE, of=AGENCY)
def switch_agency(request: HttpRequest, agency_id: uuid.UUID) -> Listed:
    """Ask whether an agency is switched off, or on again, and do it."""
    person: Any = request.user
    found = the_agency(request, agency_id)
    form = ReasonForm(request.POST or None)
    done = saved(request, form, lambda: switched(form, found, person))
    context = {"form": form, "agency": found} | (
        first_day.what_goes_off() if found.is_active else first_day.what_goes_on()
    )
    return done or TemplateResponse(request, "desk/switch_agency.html", context), [found.pk]


def switched(form: ReasonForm, found: Agency, person: Any) -> str:
    """Switch the agency and return to its page."""
    act = operating.switch_off if found.is_active else operating.switch_on
    act(agency=found, by=person, reason=form.cleaned_data["reason"])
    return reverse("desk:agency", args=[found.pk])


@opens_list("agencies", methods=WRITE, of=AGENCY)
def new_team(request: HttpRequest, agency_id: uuid.UUID) -> Listed:
    """Register a team of an agency, while there is no file yet."""
    person: Any = request.user
    found = the_agency(request, agency_id)
    if not operating.is_first_day():
        raise Http404
    form = TeamForm(request.POST or None)
    done = saved(request, form, lambda: team_made(form, found, person))
    return done or TemplateResponse(request, "desk/new_team.html", {"form": form, "agency": found}), [found.pk]


def team_made(form: TeamForm, found: Agency, person: Any) -> str:
    """Register the team and return to the agency."""
    operating.register_team(agency=found, name=form.cleaned_data["name"], by=person, reason="team registered")
    return reverse("desk:agency", args=[found.pk])


@opens_list("agencies", methods=WRITE, of=AGENCY)
def sign_agreement(request: HttpRequest, agency_id: uuid.UUID) -> Listed:
    """Put an agreement of an agency in the place of the one before."""
    person: Any = request.user
    found = the_agency(request, agency_id)
    form = AgreementForm(request.POST or None)
    done = saved(request, form, lambda: signed(form, found, person))
    context = {"form": form, "agency": found, "agreement": agreement_of(found)}
    return done or TemplateResponse(request, "desk/sign_agreement.html", context), [found.pk]


def signed(form: AgreementForm, found: Agency, person: Any) -> str:
    """Sign the agreement and return to the agency."""
    given = {name: form.cleaned_data[name] for name in ("sections", "signed_on", "until")}
    agreements.sign_agreement(agency=found, **given, by=person, reason="agreement signed")
    return reverse("desk:agency", args=[found.pk])


@opens_list("agencies", methods=WRITE, of=AGENCY)
def end_agreement(request: HttpRequest, agency_id: uuid.UUID) -> Listed:
    """Ask whether the agreement of an agency ends now, and end it."""
    person: Any = request.user
    found = the_agency(request, agency_id)
    agreement = agreement_of(found)
    if agreement is None:
        raise Http404
    form = ReasonForm(request.POST or None)
    done = saved(request, form, lambda: agreement_over(form, agreement, person))
    context = {"form": form, "agency": found} | first_day.what_ends()
    return done or TemplateResponse(request, "desk/end_agreement.html", context), [found.pk]


def agreement_over(form: ReasonForm, agreement: Any, person: Any) -> str:
    """End the agreement and return to its agency."""
    agreements.end_agreement(agreement=agreement, by=person, reason=form.cleaned_data["reason"])
    return reverse("desk:agency", args=[agreement.agency_id])


@opens_list("first day", of=AGENCY)
def first_day_list(request: HttpRequest) -> Listed:
    """Show what an operator did before there was a file: to those who oversee, for ever."""
    person: Any = request.user
    if {Role.AUDITOR, Role.PRIVACY_OFFICER, Role.OPERATOR}.isdisjoint(person.roles):
        raise Refused(Event("refusal", "E", "refused", "not_an_overseer"), known=False)
    context = {"acts": first_day.acts(), "is_first_day": operating.is_first_day()}
    return TemplateResponse(request, "desk/first_day.html", context), []
