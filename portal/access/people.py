"""The people of an agency: inviting them, and what one administrator asks about somebody and a second person decides."""

import datetime
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from unicodedata import category

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from portal.access import links
from portal.access.asking import asked
from portal.access.identity import Refused, acting, action
from portal.access.jobs import schedule
from portal.access.operating import is_first_day
from portal.access.owners import left_alone, take_turn
from portal.access.roles import works_with_files
from portal.access.work import answer_notices, tell
from portal.accounts.models import Agency, Invitation, Person, PersonChange, Team
from portal.accounts.roles import NETWORK_ROLES, AgencyKind, Role
from portal.audit import clock, events
from portal.audit.events import Event
from portal.casework.models import Notice
from portal.casework.workflow import NotPossible

Kind, State = PersonChange.Kind, PersonChange.State
JOINERS = "\u200c\u200d"  # without which some scripts cannot be written


# --- who may --------------------------------------------------------------------------------------------------------


def keeps_agency(by: Person, agency_id: Any) -> bool:
    """Return whether somebody is an administrator of the agency."""
    return Role.AGENCY_ADMIN in by.roles and by.agency_id == agency_id  # type: ignore[attr-defined]


def keeps(by: Person, person: Person) -> bool:
    """Return whether somebody may see to an account: of the own agency, the operator to administrators; never the own."""
    as_operator = Role.OPERATOR in by.roles and Role.AGENCY_ADMIN in person.roles
    return by.pk != person.pk and (keeps_agency(by, person.agency_id) or as_operator)  # type: ignore[attr-defined]


def check_keeps(by: Person, person: Person) -> None:
    """Raise Refused for whoever may not see to this account."""
    if not keeps(by, person):
        raise refused("not_the_keeper_of_this_account")


def refused(why: str) -> Refused:
    """Return the refusal of an act on people; of a file it says nothing."""
    return Refused(Event("refusal", "E", "refused", why), known=False)


def keepers(agency_id: Any, *beside: Any) -> QuerySet[Person]:
    """Return the active administrators of an agency but these."""
    found = Person.objects.filter(agency=agency_id, is_active=True, roles__contains=[Role.AGENCY_ADMIN])
    return found.exclude(pk__in=[pk for pk in beside if pk])


def deciders(agency_id: Any, asker: Any, subject: Any) -> QuerySet[Person]:
    """Return who may decide what one asked about the other: administrators of the agency, else the operators."""
    inside = keepers(agency_id, asker, subject)
    operators = Person.objects.filter(is_active=True, roles__contains=[Role.OPERATOR])
    return inside if inside.exists() else operators.exclude(pk__in=[pk for pk in (asker, subject) if pk])


def may_decide(by: Person, change: PersonChange) -> bool:
    """Return whether somebody may decide on a change."""
    asked = (change.agency_id, change.asked_by_id, change.person_id)  # type: ignore[attr-defined]
    return change.state == State.ASKED and deciders(*asked).filter(pk=by.pk).exists()


def demand_roles(agency: Agency, roles: Sequence[str]) -> None:
    """Raise where nobody in the agency may hold one of these roles, or none was chosen."""
    if not roles:
        raise NotPossible(_("Choose at least one role."), "roles")
    if agency.kind != AgencyKind.OVERSIGHT and not NETWORK_ROLES.isdisjoint(roles):
        raise NotPossible(_("Auditors, registrars and operators work in the network’s own offices."), "roles")


def demand_readable(**named: str) -> None:
    """Raise, naming the field, where a name holds letters that nobody sees or that turn others round.

    Whoever decides on a name would read another one, or take it for one that is there already.
    """
    for field, text in named.items():
        if any(category(letter).startswith("C") and letter not in JOINERS for letter in text):
            raise NotPossible(_("A letter in this cannot be seen, or turns others round. Type it anew."), field)


# --- invitations ----------------------------------------------------------------------------------------------------


@action
def invite(
    *, agency: Agency, email: str, given_name: str, family_name: str, roles: Sequence[str], by: Person, reason: str,
    teams: Iterable[Team] = (),
) -> Invitation:  # fmt: skip
    """Invite somebody to an agency. The link is sent once a second person has agreed to the roles.

    Administrators invite to their own agency, the operator administrators alone; while there is no file yet, those of an
    agency that has none get their link at once. Whether the address has an account elsewhere is not told to whoever invites.
    Raises Refused, or NotPossible naming the field: roles, given_name, family_name, email.
    """
    first = Role.OPERATOR in by.roles and list(roles) == [Role.AGENCY_ADMIN]
    if not (keeps_agency(by, agency.pk) or first):
        raise refused("not_an_administrator_of_the_agency")
    demand_roles(agency, roles)
    demand_readable(given_name=given_name, family_name=family_name)
    email = email.strip().lower()
    if not email.isascii():
        raise NotPossible(_("Write the address in Latin letters: letters of other scripts can look the same."), "email")
    demand_new(agency, email, by)
    invitation = Invitation(
        agency=agency, email=email, given_name=given_name, family_name=family_name, roles=list(roles),
        teams=[team.pk for team in teams], invited_by=by, made=clock.now(),
    )  # fmt: skip
    invitation.save(force_insert=True)
    if first and is_first_day() and not keepers(agency.pk).exists():
        return send(invitation, by)
    ask(Kind.INVITATION, agency.pk, by, reason, invitation=invitation, roles=invitation.roles)
    return invitation


def demand_new(agency: Agency, email: str, by: Person) -> None:
    """Raise where the agency has this person already, or has asked: of other agencies nothing is said."""
    there = Person.objects.filter(agency=agency, email=email).first()
    if there is not None and (there.pk == by.pk or keeps(by, there)):
        raise NotPossible(_("This address has an account in the agency. Open it from the list of people."), "email")
    for one in Invitation.objects.filter(agency=agency, email=email, state__in=OPEN):
        if one.state == Invitation.State.ASKED or one.is_open:
            raise NotPossible(_("This address was invited. Send that invitation again, or withdraw it."), "email")


OPEN = (Invitation.State.ASKED, Invitation.State.SENT)


def send(invitation: Invitation, by: Person) -> Invitation:
    """Make a new link, which ends the one before, and have the worker send it."""
    invitation.state, invitation.sends = Invitation.State.SENT, invitation.sends + 1
    invitation.digest = links.digest(links.secret(invitation))
    invitation.until = clock.now() + datetime.timedelta(days=links.DAYS)
    invitation.save()
    schedule("invitation", invitation.pk, by=by)
    return invitation


def locked_invitation(invitation: Invitation, by: Person) -> Invitation:
    """Return an invitation to act on, locked; raise Refused where it is not this person's to act on."""
    found = Invitation.objects.select_for_update(of=("self",)).select_related("agency").filter(pk=invitation.pk).first()
    first = Role.OPERATOR in by.roles and invitation.roles == [Role.AGENCY_ADMIN]
    if found is None or not (keeps_agency(by, found.agency_id) or first):
        raise refused("not_an_administrator_of_the_agency")
    return found


@action
def send_again(*, invitation: Invitation, by: Person, reason: str = "") -> Invitation:
    """Send an invitation once more, valid for another seven days; the link that was sent before opens nothing any more."""
    invitation = locked_invitation(invitation, by)
    if invitation.state != Invitation.State.SENT:
        raise NotPossible(_("Only an invitation that was sent and not used can be sent again."))
    return send(invitation, by)


@action
def withdraw(*, invitation: Invitation, by: Person, reason: str = "") -> Invitation:
    """Take an invitation back; its link opens nothing any more."""
    invitation = locked_invitation(invitation, by)
    if invitation.state not in OPEN:
        raise NotPossible(_("It was answered meanwhile. An account is closed on the page of its person."))
    invitation.state, invitation.digest, invitation.until = Invitation.State.WITHDRAWN, None, None
    invitation.save()
    return invitation


# --- what two people decide about a third -----------------------------------------------------------------------------


def ask(kind: str, agency_id: Any, by: Person, reason: str, **about: Any) -> PersonChange:
    """Ask for a change, and tell those who may decide; about: person or invitation, and roles where they are meant."""
    if not reason.strip():
        raise NotPossible(_("Say why. The second person decides by it."), "reason")
    change = PersonChange(kind=kind, agency_id=agency_id, asked_by=by, asked=clock.now(), reason=reason, **about)
    change.save(force_insert=True)
    told = list(deciders(agency_id, by.pk, change.person_id))  # type: ignore[attr-defined]
    tell(told, "person_change_asked", [by.short_name], subject_id=change.pk, level=Notice.Level.ACT)
    return change


def asked_of(person: Person, by: Person) -> Person:
    """Return the person that a change is asked about, locked; raise where one of them is not to decide about the other."""
    person = Person.objects.select_for_update(of=("self",)).select_related("agency").get(pk=person.pk)
    check_keeps(by, person)
    return person


def demand_none_open(person: Person, kind: str) -> None:
    """Raise while the same was asked about the person and not decided."""
    if PersonChange.objects.filter(person=person, kind=kind, state=State.ASKED).exists():
        raise NotPossible(_("This was asked already and waits for a second person."))


@action
def ask_for_roles(*, person: Person, roles: Sequence[str], by: Person, reason: str) -> PersonChange:
    """Ask that somebody holds these roles from now on; they change when a second person agrees."""
    person = asked_of(person, by)
    demand_roles(person.agency, roles)
    demand_none_open(person, Kind.ROLES)
    if set(roles) == set(person.roles):
        raise NotPossible(_("These are the roles that the person holds. Choose others."), "roles")
    about = {"person": person, "before": person.roles, "roles": list(roles)}
    return ask(Kind.ROLES, person.agency_id, by, reason, **about)  # type: ignore[attr-defined]


@action
def ask_to_reopen(*, person: Person, by: Person, reason: str) -> PersonChange:
    """Ask that a closed account is opened again, with the roles that it had and no team."""
    person = asked_of(person, by)
    demand_none_open(person, Kind.REOPENING)
    if person.is_active:
        raise NotPossible(_("The account is open."))
    return ask(Kind.REOPENING, person.agency_id, by, reason, person=person)  # type: ignore[attr-defined]


@action
def ask_for_new_factor(*, person: Person, by: Person, reason: str) -> PersonChange:
    """Ask that somebody who lost the second factor makes a new one. Reason: how the person's identity was confirmed."""
    person = asked_of(person, by)
    demand_none_open(person, Kind.SECOND_FACTOR)
    if not person.is_active:
        raise NotPossible(_("The account is closed. Open it again first."))
    return ask(Kind.SECOND_FACTOR, person.agency_id, by, reason, person=person)  # type: ignore[attr-defined]


@action
def take_back(*, change: PersonChange, by: Person, reason: str = "") -> PersonChange:
    """Take back what one asked oneself; with it goes the invitation that it is about."""
    change = PersonChange.objects.select_for_update(of=("self",)).get(pk=change.pk)
    if change.asked_by_id != by.pk:  # type: ignore[attr-defined]
        raise refused("not_yours_to_take_back")
    if change.state == State.ASKED:
        change.state, change.decided = State.WITHDRAWN, clock.now()
        change.save()
        if change.invitation and change.invitation.state == Invitation.State.ASKED:
            withdraw(invitation=change.invitation, by=by)
    return change


@action
def decide_change(*, change: PersonChange, approves: bool, by: Person, reason: str = "") -> PersonChange:
    """Decide what somebody else asked about a third person. What was agreed to takes effect in the same transaction.

    Raises Refused for whoever may not decide, NotPossible where it was decided meanwhile or is not possible any more.
    """
    change = PersonChange.objects.select_for_update(of=("self",)).get(pk=change.pk)
    if change.state != State.ASKED:
        raise NotPossible(_("This was decided or taken back meanwhile."))
    if not may_decide(by, change):
        raise refused("not_yours_to_decide")
    change.state = State.APPROVED if approves else State.REFUSED
    change.decided_by, change.decided, change.comment = by, clock.now(), reason
    change.save()
    with acting(by, reason=change.reason):
        if approves:
            EFFECTS[change.kind](change, by)
        elif change.invitation:
            change.invitation.state = Invitation.State.REFUSED
            change.invitation.save()
    answer_notices(by, change.pk)
    tell([change.asked_by], "person_change_decided", [by.short_name], subject_id=change.pk)
    return change


def subject_of(change: PersonChange) -> Person:
    """Return the person whom a change is about, locked."""
    return Person.objects.select_for_update(of=("self",)).get(pk=change.person_id)  # type: ignore[attr-defined,misc]


def give_roles(change: PersonChange, by: Person) -> None:
    """Give the roles that were agreed on, unless they changed meanwhile."""
    take_turn(change.agency_id)  # type: ignore[attr-defined]
    person = subject_of(change)
    if person.roles != change.before:
        raise NotPossible(_("The roles changed since this was asked. Refuse it, and let it be asked anew."))
    if not works_with_files(change.roles) and left_alone(person):
        raise NotPossible(
            _("Files would be left with nobody who works on them. Take the person out of those teams first.")
        )
    person.roles = change.roles
    person.save(update_fields=["roles", "version"])
    tell([person], "roles_changed", [by.short_name])


def send_invitation(change: PersonChange, by: Person) -> None:
    """Send the invitation that was agreed on."""
    invitation = Invitation.objects.select_for_update(of=("self",)).get(pk=change.invitation_id)  # type: ignore[attr-defined,misc]
    if invitation.state != Invitation.State.ASKED:
        raise NotPossible(_("The invitation was withdrawn meanwhile."))
    send(invitation, by)


def reopen(change: PersonChange, by: Person) -> None:
    """Open a closed account again."""
    person = subject_of(change)
    person.is_active = True
    person.save(update_fields=["is_active", "version"])


def reset_factors(change: PersonChange, by: Person) -> None:
    """Remove the second factors and end every sign-in; the person is told by mail and in the portal."""
    person = subject_of(change)
    asked("SELECT access.remove_factors(%s), access.end_tokens(%s)", person.pk, person.pk)
    events.record(Event("second factor", "D", entity="accounts.person", entity_id=person.pk, details={"type": "reset"}))
    tell([person], "factors_reset", [by.short_name], level=Notice.Level.CONFIRM)
    schedule("factors_reset", person.pk, by=by)


EFFECTS: dict[str, Callable[[PersonChange, Person], Any]] = {
    Kind.ROLES: give_roles,
    Kind.INVITATION: send_invitation,
    Kind.REOPENING: reopen,
    Kind.SECOND_FACTOR: reset_factors,
}
