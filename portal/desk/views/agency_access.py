"""What an agency can see of the files of one's own teams, and ending several accesses at once."""

import uuid
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.access import actions as access_actions
from portal.access.agreements import agreement_of
from portal.access.models import Grant
from portal.access.opens import WRITE, opens_list
from portal.access.sections import Section
from portal.accounts.models import Agency
from portal.casework.editing import saved
from portal.casework.forms import OnceForm
from portal.desk.agency_access import from_agency, page, rows, to_agency
from victims.models import Child
from victims.views.addresses import id_of


class EndSeveralForm(OnceForm):
    """Which access ends, and why."""

    grants = forms.TypedMultipleChoiceField(
        label=_("Access"), coerce=uuid.UUID, error_messages={"required": _("Tick the access that ends.")}
    )
    reason = forms.CharField(label=_("Why it ends"), max_length=300, error_messages={"required": _("Say why it ends.")})

    def __init__(self, *args: Any, grants: list[uuid.UUID], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["grants"].choices = [(pk, str(pk)) for pk in grants]  # type: ignore[attr-defined]


def the_agency(agency_id: uuid.UUID) -> Agency:
    """Return the agency that the address names."""
    agency = Agency.objects.filter(pk=agency_id).first()
    if agency is None:
        raise Http404
    return agency


@opens_list("agency access")
def access(request: HttpRequest, agency_id: uuid.UUID) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Show what an agency can see of files of one's own agency that one reads oneself, and what it gave to one's teams."""
    return shown(request, the_agency(agency_id), None)


def shown(request: HttpRequest, agency: Agency, form: Any) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Return the page, with the form that ends several, and the files that stand on it."""
    person: Any = request.user
    before = {name: id_of(request.GET.get(name, ""), uuid.UUID(int=0)) for name in ("given", "had")}
    start = {name: value if value.int else None for name, value in before.items()}
    given, more_given = page(to_agency(agency, start["given"]))
    had, more_had = page(from_agency(agency, person, start["had"]))
    lists = [(rows(person, agency, given), "given", more_given), (rows(person, agency, had), "had", more_had)]
    ticked = set(form.data.getlist("grants")) if form else set()
    for row in lists[0][0]:
        row["is_ticked"] = str(row["id"]) in ticked
    agreement = agreement_of(agency)
    context = {
        "agency": agency,
        "agreement": agreement,
        "covers": [str(Section(number).label) for number in agreement.sections] if agreement else [],
        "given": lists[0][0],
        "had": lists[1][0],
        "given_older": f"?{urlencode({'given': more_given})}" if more_given else "",
        "had_older": f"?{urlencode({'had': more_had})}" if more_had else "",
        "form": form or EndSeveralForm(grants=[]),
        "may_end": any(row["may_end"] for row in lists[0][0]),
    }
    files = [grant.child_id for grant in (*given, *had)]
    listed = {row["line"].pk for found, _name, _more in lists for row in found}
    return TemplateResponse(request, "desk/agency_access.html", context), [pk for pk in files if pk in listed]


@opens_list("agency access", methods=WRITE)
def end_several(request: HttpRequest, agency_id: uuid.UUID) -> tuple[HttpResponse, list[uuid.UUID]]:
    """End the access that is ticked; what cannot end stands on the page with the reason."""
    agency, person = the_agency(agency_id), request.user
    open_to = {grant.pk: grant for grant in to_agency(agency, None, 1000)}
    form = EndSeveralForm(request.POST or None, grants=list(open_to))
    answer = saved(
        request, form, lambda: ended([open_to[pk] for pk in form.cleaned_data["grants"]], form, agency, person)
    )
    return (answer, []) if answer else shown(request, agency, form)


def ended(grants: list[Grant], form: EndSeveralForm, agency: Agency, person: Any) -> str:
    """End each access and return to what is left."""
    owners = {
        child.pk: child.owner
        for child in Child.objects.filter(pk__in=[g.child_id for g in grants]).select_related("owner")
    }  # type: ignore[attr-defined]
    for grant in grants:
        access_actions.end(grant=grant, owner=owners[grant.child_id], by=person, reason=form.cleaned_data["reason"])  # type: ignore[attr-defined]
    return reverse("desk:agency_access", args=[agency.pk])
