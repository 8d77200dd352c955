"""Training: certificates for the unified standard, which registrars keep, and the agency's own safeguarding briefings."""

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from portal.access.asking import answer
from portal.access.identity import action
from portal.access.people import check_keeps, refused
from portal.access.work import tell
from portal.accounts.actions import record_training
from portal.accounts.models import Certificate, Person, Standard
from portal.accounts.roles import BRIEFED_ROLES, CERTIFIED_ROLES, Role
from portal.audit import clock
from portal.casework.workflow import NotPossible

GRACE = datetime.timedelta(
    days=30
)  # after joining, and after a new version of the standard; the database says the same
IS_TRAINED = "SELECT access.is_trained(%s)"


@dataclass(frozen=True)
class Lapse:
    """Training that is missing: of which kind, and since when it has not been valid; no day where it never was."""

    kind: str
    ended: datetime.datetime | None


def kinds_of(person: Person) -> list[str]:
    """Return which training the person's roles ask for."""
    asked = [(CERTIFIED_ROLES, Certificate.Kind.STANDARD), (BRIEFED_ROLES, Certificate.Kind.BRIEFING)]
    return [str(kind) for roles, kind in asked if not roles.isdisjoint(person.roles)]


@dataclass(frozen=True)
class Proofs:
    """The certificates and briefings of some people, and the days on which versions of the standard came into force."""

    people: dict[Any, Person]
    certificates: dict[Any, list[Certificate]]
    versions: list[datetime.datetime]

    def end_of(self, one: Certificate) -> datetime.datetime:
        """Return until when a certificate counts: its own day, or thirty days after the next version of the standard."""
        newer = [since for since in self.versions if one.standard and since > one.standard.since]
        return min([one.valid_until, *(since + GRACE for since in newer)])

    def newest(self, person_id: Any, kind: str) -> Certificate | None:
        """Return the certificate of a kind that reaches furthest."""
        found = [one for one in self.certificates.get(person_id, []) if one.kind == kind]
        return max(found, key=self.end_of, default=None)

    def until(self, person_id: Any, kind: str) -> datetime.datetime | None:
        """Return until when somebody may work, or might have, as far as this training goes; None where it never was there."""
        newest = self.newest(person_id, kind)
        ends = [self.end_of(newest)] if newest else []
        if kind == Certificate.Kind.BRIEFING:
            ends.append(self.people[person_id].joined + GRACE)
        return max(ends, default=None)


def proofs_of(people: Iterable[Person]) -> Proofs:
    """Fetch the certificates of people, revoked ones aside, in two questions."""
    known = {person.pk: person for person in people}
    found: dict[Any, list[Certificate]] = {}
    for one in Certificate.objects.filter(person__in=list(known), revoked=None).select_related("standard"):
        found.setdefault(one.person_id, []).append(one)
    return Proofs(known, found, list(Standard.objects.values_list("since", flat=True)))


def lapse_of(person: Person) -> Lapse | None:
    """Return the training that the person's roles ask for and that is not there; None where nothing is missing."""
    kinds = kinds_of(person)
    if not kinds:
        return None
    if answer(IS_TRAINED, person.pk):
        return None
    proofs, now = proofs_of([person]), clock.now()
    ends = {kind: proofs.until(person.pk, kind) for kind in kinds}
    missing = next((kind for kind, end in ends.items() if not end or end <= now), kinds[0])
    newest = proofs.newest(person.pk, missing)
    return Lapse(missing, proofs.end_of(newest) if newest else None)


def keeps_certificates(by: Person) -> bool:
    """Return whether somebody keeps the certificates of the network."""
    return Role.REGISTRAR in by.roles


def check_trains(by: Person, person: Person, kind: str) -> None:
    """Raise Refused for whoever does not keep this kind of training of this person: never one's own."""
    if kind == Certificate.Kind.BRIEFING:
        check_keeps(by, person)
    elif not keeps_certificates(by) or by.pk == person.pk:
        raise refused("not_a_registrar_of_somebody_else")


def demand_ahead(until: datetime.datetime) -> None:
    """Raise where a certificate would have ended already."""
    if until <= clock.now():
        raise NotPossible(_("This day has passed. Enter the day until which it is valid."), "until")


@action
def certify(
    *, person: Person, standard: Standard, until: datetime.datetime, by: Person, reason: str = ""
) -> Certificate:
    """Record, as a registrar, that somebody is certified for a version of the unified standard."""
    check_trains(by, person, Certificate.Kind.STANDARD)
    demand_ahead(until)
    certificate = record_training(person=person, kind=Certificate.Kind.STANDARD, standard=standard, until=until)
    tell([person], "training_recorded", [by.short_name])
    return certificate


@action
def brief(*, person: Person, until: datetime.datetime, by: Person, reason: str = "") -> Certificate:
    """Record, as an administrator, that somebody of the agency was briefed in safeguarding."""
    check_trains(by, person, Certificate.Kind.BRIEFING)
    demand_ahead(until)
    certificate = record_training(person=person, kind=Certificate.Kind.BRIEFING, until=until)
    tell([person], "training_recorded", [by.short_name])
    return certificate


@action
def revoke(*, certificate: Certificate, by: Person, reason: str) -> Certificate:
    """Revoke a certificate or a briefing: it counts no more from now on."""
    certificate = Certificate.objects.select_for_update(of=("self",)).get(pk=certificate.pk)
    check_trains(by, certificate.person, certificate.kind)
    if certificate.revoked is None:
        certificate.revoked = clock.now()
        certificate.save()
        tell([certificate.person], "training_revoked", [by.short_name])
    return certificate


@action
def add_standard(*, label: str, since: datetime.datetime, by: Person, reason: str = "") -> Standard:
    """Add a version of the unified standard. Thirty days after it came into force, certificates for older ones end."""
    if not keeps_certificates(by):
        raise refused("not_a_registrar")
    if Standard.objects.filter(label__iexact=label).exists():
        raise NotPossible(_("This version is there already. Enter the new one."), "label")
    standard = Standard(label=label, since=max(since, clock.now()))
    standard.save(force_insert=True)
    return standard
