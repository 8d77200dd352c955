"""Certificates for the unified standard, which registrars keep, and the safeguarding briefings of an agency."""

import datetime
import uuid
import zoneinfo
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from portal.access import people as acts
from portal.access import training
from portal.access.identity import Refused
from portal.access.opens import WRITE, opens_found, opens_list
from portal.accounts.models import Certificate, Person, Standard
from portal.accounts.roles import CERTIFIED_ROLES
from portal.casework.clock import end_of_day, today
from portal.casework.editing import saved
from portal.desk import people
from portal.desk.people_forms import BriefingForm, CertificateForm, ReasonForm, StandardForm
from portal.desk.views.people.accounts import about, address

CERTIFICATE = "accounts.certificate"
YEAR = datetime.timedelta(days=365)


def check_registrar(by: Any) -> None:
    """Raise Refused for whoever keeps no certificates."""
    if not training.keeps_certificates(by):
        raise acts.refused("not_a_registrar")


@opens_list("certificates", of="accounts.person")
def certificates(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Show who needs a certificate for the unified standard, and until when it counts; what ends first at the top."""
    by: Any = request.user
    check_registrar(by)
    police = Person.objects.filter(is_active=True, roles__overlap=[str(role) for role in CERTIFIED_ROLES])
    found = list(police.select_related("agency").order_by("family_name", "given_name", "pk"))
    proofs = training.proofs_of(found)
    kind = Certificate.Kind.STANDARD
    rows = [
        {"person": one, "trained": people.Trained(kind, proofs.newest(one.pk, kind), proofs.until(one.pk, kind))}
        for one in found
    ]
    rows.sort(key=lambda row: (row["trained"].until is not None, row["trained"].until))
    shown = rows[: people.MOST]
    context = {
        "rows": shown,
        "is_cut": len(rows) > len(shown),
        "most": people.MOST,
        "by": by,
        "standards": Standard.objects.order_by("-since", "-pk"),
    }
    return TemplateResponse(request, "desk/people/certificates.html", context), [row["person"].pk for row in shown]


@opens_list("certificates", methods=WRITE, of=CERTIFICATE)
def certify(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Record a certificate."""
    by: Any = request.user
    check_registrar(by)
    initial = {"person": request.GET.get("person"), "until": today() + YEAR}
    form = CertificateForm(request.POST or None, by=by, initial=initial)

    def save() -> str:
        answers = form.cleaned_data
        until = end_of_day(answers["until"], answers["person"].agency.time_zone)
        training.certify(person=answers["person"], standard=answers["standard"], until=until, by=by, reason="recorded")
        return reverse("desk:certificates")

    return saved(request, form, save) or TemplateResponse(request, "desk/people/certify.html", {"form": form}), []


@opens_list("certificates", methods=WRITE, of="accounts.standard")
def add_standard(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Add a version of the unified standard."""
    by: Any = request.user
    check_registrar(by)
    form = StandardForm(request.POST or None, initial={"since": today()})

    def save() -> str:
        since = datetime.datetime.combine(form.cleaned_data["since"], datetime.time(), zoneinfo.ZoneInfo(by.time_zone))
        training.add_standard(label=form.cleaned_data["label"], since=since, by=by, reason="a new version")
        return reverse("desk:certificates")

    return saved(request, form, save) or TemplateResponse(request, "desk/people/add_standard.html", {"form": form}), []


def kept_certificate(by: Person, certificate_id: uuid.UUID) -> Certificate | None:
    """Return a certificate that stands and that somebody may revoke: never the own one."""
    found = (
        Certificate.objects.filter(pk=certificate_id, revoked=None).select_related("person__agency", "standard").first()
    )
    if found is None:
        return None
    try:
        training.check_trains(by, found.person, found.kind)
    except Refused:
        return None
    return found


@opens_found(kind="certificate", methods=WRITE, finds=kept_certificate)
def revoke(request: HttpRequest, one: Certificate) -> HttpResponse:
    """Revoke a certificate or a briefing."""
    form = ReasonForm(request.POST or None)
    is_briefing = one.kind == Certificate.Kind.BRIEFING
    back = address(one.person) if is_briefing else reverse("desk:certificates")

    def save() -> str:
        training.revoke(certificate=one, by=request.user, reason=form.cleaned_data["reason"])
        return back

    context = about(one.person, form=form, certificate=one, title=one.title, back_url=back)
    return saved(request, form, save) or TemplateResponse(request, "desk/people/revoke.html", context)


@opens_found(kind="person", methods=WRITE, finds=people.kept_person)
def brief(request: HttpRequest, one: Person) -> HttpResponse:
    """Record that somebody was briefed in safeguarding."""
    form = BriefingForm(request.POST or None, initial={"until": today() + YEAR})

    def save() -> str:
        until = end_of_day(form.cleaned_data["until"], one.agency.time_zone)
        training.brief(person=one, until=until, by=request.user, reason="briefed")
        return address(one)

    return saved(request, form, save) or TemplateResponse(request, "desk/people/brief.html", about(one, form=form))
