"""Making the papers of a disclosure, in the worker: the drawing library takes seconds to load, so no page imports this."""

from typing import Any

from django.conf import settings
from django.utils import timezone

from portal.accounts.models import Person
from portal.casework.models import Job
from portal.casework.pdf import render_pdf
from portal.casework.workflow import NotPossible
from victims import disclosed, disclosures
from victims.models import Child, Disclosure

GONE = "What it held is gone."  # said on the page of one's jobs in words of its own


def make(job: Job, person: Person) -> None:
    """Make an approved disclosure, under the rights that whoever asked has now and while every approval stands."""
    subject_id: Any = job.subject_id
    disclosure = Disclosure.objects.select_for_update(of=("self",)).get(pk=subject_id)
    disclosures.demand_makeable(disclosure, person)
    contents = disclosed.read(disclosure)
    if contents is None:
        raise NotPossible(GONE)
    child = Child.objects.select_related("owner__agency").get(pk=disclosure.child_id)  # type: ignore[attr-defined]
    context: dict[str, Any] = {"disclosure": disclosure, "child": child, "demo": settings.DEMO}
    context |= disclosed.with_times(contents)
    template = "documents/child_copy.html" if disclosure.kind == Disclosure.Kind.COPY else "documents/disclosure.html"

    def cover(made: Disclosure) -> bytes:
        return render_pdf("documents/disclosure_cover.html", context | {"disclosure": made}, disclosure.language)

    with timezone.override(child.owner.agency.time_zone):
        pdf = render_pdf(template, context, disclosure.language)
        disclosures.finish(disclosure, pdf, cover, person)
