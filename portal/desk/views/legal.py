"""The legal bases of access: the operator adds them and ends them, for the whole network."""

import uuid
from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.access.legal_bases import add_basis, end_basis
from portal.access.models import USUAL, Basis, LegalBasis, LegalKind
from portal.access.opens import WRITE, opens_list
from portal.access.operating import demand_operator
from portal.access.sections import Section
from portal.accounts.roles import Role
from portal.casework.editing import saved
from portal.casework.forms import OnceForm
from victims.access_forms import EndForm


class BasisForm(OnceForm):
    """A legal basis in words, and for which sections it may stand."""

    label = forms.CharField(
        label=_("Words in English"), max_length=120, error_messages={"required": _("Enter the words in English.")}
    )
    label_ar = forms.CharField(label=_("Words in Arabic"), max_length=120, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=LegalKind.choices)
    sections = forms.TypedMultipleChoiceField(
        label=_("Sections for which it may stand"),
        coerce=int,
        choices=Section.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Tick at least one section.")},
    )


@opens_list("legal bases", of="access.legalbasis")
def listed(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Show every legal basis, for which sections it may stand, and which have ended."""
    roles: Any = request.user.roles  # type: ignore[union-attr]
    found = [
        {
            "basis": basis,
            "sections": [str(Section(number).label) for number in basis.sections],
            "may_end": basis.ended is None and basis.code != USUAL[Basis.OWNERSHIP],
        }
        for basis in LegalBasis.objects.all()
    ]
    context = {"rows": found, "may_keep": Role.OPERATOR in roles}
    return TemplateResponse(request, "desk/legal_bases.html", context), []


@opens_list("legal bases", methods=WRITE, of="access.legalbasis")
def add(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Add a legal basis."""
    person: Any = request.user
    demand_operator(person)
    form = BasisForm(request.POST or None)
    answer = saved(request, form, lambda: added(form, person))
    return answer or TemplateResponse(request, "desk/add_legal_basis.html", {"form": form}), []


def added(form: BasisForm, person: Any) -> str:
    """Add the legal basis and return to all of them."""
    data = form.cleaned_data
    values = {name: data[name] for name in ("label", "label_ar", "kind", "sections")}
    add_basis(**values, by=person, reason="legal basis added")
    return reverse("desk:legal_bases")


@opens_list("legal bases", methods=WRITE, of="access.legalbasis")
def end(request: HttpRequest, basis_id: uuid.UUID) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Ask whether a legal basis ends, and end it with everything that stands on it."""
    person: Any = request.user
    demand_operator(person)
    basis = LegalBasis.objects.filter(pk=basis_id, ended=None).exclude(code=USUAL[Basis.OWNERSHIP]).first()
    if basis is None:
        raise Http404
    form = EndForm(request.POST or None)
    answer = saved(request, form, lambda: ended(basis, form, person))
    return answer or TemplateResponse(request, "desk/end_legal_basis.html", {"form": form, "basis": basis}), []


def ended(basis: LegalBasis, form: EndForm, person: Any) -> str:
    """End the legal basis and return to all of them."""
    end_basis(basis=basis, by=person, reason=form.cleaned_data["reason"])
    return reverse("desk:legal_bases")
