"""Registering agencies, teams and people. Callers stand inside access.acting(), or set the portal up."""

import datetime

from django.contrib.auth.models import Group
from django.db import transaction

from portal.accounts.models import Agency, Agreement, Certificate, Membership, Person, Standard, Team
from portal.audit import clock
from portal.audit.ids import uuid7

EVERY_SECTION = tuple(range(1, 10))
YEARS = datetime.timedelta(days=5 * 365)  # for which the agreement made with an agency holds


@transaction.atomic
def register_agency(*, name: str, kind: str, country: str, time_zone: str, therapy: bool = False) -> Agency:
    """Register an agency together with its intake desk, which every file of the agency can fall back to.

    It begins with an agreement to receive every section: one that says less is signed in its place.
    """
    agency = Agency(name=name, kind=kind, country=country, time_zone=time_zone, therapy=therapy)
    agency.save()
    register_team(agency=agency, name="Intake desk", is_intake=True)
    now = clock.now()
    Agreement(agency=agency, sections=list(EVERY_SECTION), signed_on=now.date(), begins=now, until=now + YEARS).save()
    return agency


@transaction.atomic
def register_team(*, agency: Agency, name: str, is_intake: bool = False) -> Team:
    """Register a team of the agency."""
    team_id = uuid7()
    team = Team(
        id=team_id, agency=agency, name=name, is_intake=is_intake, group=Group.objects.create(name=str(team_id))
    )
    team.save(force_insert=True)
    return team


@transaction.atomic
def register_person(
    *, email: str, given_name: str, family_name: str, agency: Agency, roles: list[str], **more: str
) -> Person:
    """Register a person without a usable password; an invitation or one-time link lets the person set one."""
    person = Person(
        email=email.lower(), given_name=given_name, family_name=family_name, agency=agency, roles=roles, **more
    )
    person.set_unusable_password()
    person.save()
    return person


@transaction.atomic
def join_team(*, person: Person, team: Team) -> Membership:
    """Make the person a member of the team from now on."""
    membership = Membership(person=person, team=team, since=clock.now())
    membership.save()
    return membership


@transaction.atomic
def certify(*, person: Person, standard: str, until: datetime.datetime) -> Certificate:
    """Record a certificate for a version of the unified standard, valid from now; the version is made where it is new."""
    version = Standard.objects.filter(label=standard).first() or Standard(label=standard, since=clock.now())
    if version._state.adding:
        version.save()
    return record_training(person=person, kind=Certificate.Kind.STANDARD, standard=version, until=until)


def brief(*, person: Person, until: datetime.datetime) -> Certificate:
    """Record the agency's safeguarding briefing, valid from now."""
    return record_training(person=person, kind=Certificate.Kind.BRIEFING, until=until)


@transaction.atomic
def record_training(
    *, person: Person, kind: str, until: datetime.datetime, standard: Standard | None = None
) -> Certificate:
    """Record a proof of training that is valid from now."""
    certificate = Certificate(person=person, kind=kind, standard=standard, valid_from=clock.now(), valid_until=until)
    certificate.save(force_insert=True)
    return certificate
