"""Making referral letters, in the worker: what the recipient may see and the sender may print, and nothing else."""

import uuid
from typing import Any

from django.conf import settings
from django.utils import timezone, translation

from portal.access import legal_bases
from portal.access.agencies import shown_name
from portal.access.asking import answer
from portal.access.models import FOREVER
from portal.access.rights import check, sections_open
from portal.access.sections import Level, Section
from portal.accounts.models import Person
from portal.casework.models import Document, Job
from portal.casework.pdf import render_pdf
from referrals.actions import check_side, demand_letter
from referrals.models import Brief, Referral, Urgency
from victims.care_page import wish
from victims.documents import keep
from victims.models import Child, Identity, RiskFlag
from victims.views.file import care_alerts, facts_of
from victims.views.their_page import Gift, opened_to

PRINTED = (Section.SUMMARY, Section.IDENTITY, Section.CARE)  # the rest is read in the portal


def make(job: Job, person: Person) -> None:
    """Make an ordered letter, under the rights that the person has now."""
    document = Document.objects.select_for_update(of=("self",)).get(job=job)
    child_id: uuid.UUID = document.child_id  # type: ignore[attr-defined]
    check(person, child_id, Section.SUMMARY)
    found = Referral.objects.select_related("service", "from_team__agency", "to_team__agency", "sent_by", "grant")
    referral = found.get(pk=job.subject_id, child_id=child_id)  # type: ignore[misc]  # schedule() was given one
    check_side(referral, person, sender=True)
    demand_letter(referral)
    child = Child.objects.select_related("owner__agency").get(pk=child_id)
    shown = sections_of(referral, child, person)
    with translation.override(document.language), timezone.override(person.zone):
        context = contents(document, referral, child, person, shown)
        pdf = render_pdf("documents/referral_letter.html", context, document.language)
    keep(document, pdf, shown, person, child.code_name)


def sections_of(referral: Referral, child: Child, person: Person) -> list[Section]:
    """Return the sections that the letter prints: open to the recipient with the referral, and to who prints it."""
    view = dict.fromkeys(map(Section, Brief.objects.get(referral=referral).view), Level.VIEW)
    opened = opened_to(person, child, Gift(referral.to_team, None, view, referral.open_until or FOREVER))
    held = sections_open(person, child.pk)
    return [section for section in PRINTED if section in opened and section in held]


def contents(
    document: Document, referral: Referral, child: Child, person: Person, shown: list[Section]
) -> dict[str, Any]:
    """Return what the letter's template draws."""
    brief = Brief.objects.get(referral=referral)
    return {
        "document": document,
        "one": referral,
        "brief": brief,
        "basis": legal_bases.words_of(brief.basis),
        "child": child,
        "reader": person,
        "recipient": referral.to_team.agency.name,
        "sender": shown_name(person, child.pk, referral.from_team.agency),
        "urgency": Urgency(referral.urgency).label,
        "facts": facts_of(child, document.language),
        "flags": RiskFlag.objects.filter(child_id=child.pk, ended=None),
        "names": names(child) if Section.IDENTITY in shown else [],
        "alerts": care_alerts(child.pk) if Section.CARE in shown else [],
        "wish": wish(child.pk) if Section.CARE in shown else None,
        "sections": [section.label for section in shown],
        "copy": answer("SELECT access.copy_number(%s)", document.job_id),  # type: ignore[attr-defined]
        "check_code": document.pk.hex[-8:],
        "demo": settings.DEMO,
    }


def names(child: Child) -> list[str]:
    """Return the child's name, where the letter may print it."""
    return [
        " ".join(word for word in (one.given_names, one.family_name) if word)
        for one in Identity.objects.filter(child_id=child.pk)
    ]
