"""What an operator does: agencies, the network's own settings, and on the first day the teams of new agencies."""

import uuid
from dataclasses import dataclass
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils.translation import gettext as _

from portal.access.asking import answer, asked
from portal.access.identity import Refused, action, patient
from portal.access.owners import take_turn
from portal.accounts.models import NETWORK_ID, Agency, Network, Person, Team
from portal.accounts.network import first_values, forget, network_name
from portal.accounts.roles import Role
from portal.audit import clock, events
from portal.audit.events import Event
from portal.audit.ids import uuid7
from portal.casework.workflow import NotPossible


def demand_operator(person: Person) -> None:
    """Raise Refused for whoever does not keep the portal."""
    if Role.OPERATOR not in person.roles:
        raise Refused(Event("refusal", "E", "refused", "not_the_operator"), known=False)


def is_first_day() -> bool:
    """Return whether there is no file yet: until then the operator acts alone."""
    return bool(answer("SELECT access.is_first_day()"))


@action
def register_agency(*, values: dict[str, Any], by: Person, reason: str) -> Agency:
    """Register an agency with its intake desk; the database knows who may."""
    demand_operator(by)
    agency = Agency(**values)
    agency.save(force_insert=True)
    made_team(agency, "Intake desk", is_intake=True)
    return agency


@action
def register_team(*, agency: Agency, name: str, by: Person, reason: str) -> Team:
    """Register a further team of an agency, before there is a file; afterwards its own administrators do."""
    demand_operator(by)
    if not is_first_day():
        raise Refused(Event("refusal", "E", "refused", "not_theirs_to_make"), known=False)
    return made_team(agency, name)


def made_team(agency: Agency, name: str, *, is_intake: bool = False) -> Team:
    """Make a team with the group that permission rows point at; the database knows whose it is to make."""
    team_id = uuid7()
    group_id = answer("SELECT access.make_group(%s)", team_id)
    team = Team(id=team_id, agency=agency, name=name, group_id=group_id, is_intake=is_intake)
    team.save(force_insert=True)
    return team


@action
def change_agency(*, agency: Agency, values: dict[str, Any], by: Person, reason: str) -> Agency:
    """Change what an agency is called and in which zone it works."""
    demand_operator(by)
    agency = Agency.objects.select_for_update(of=("self",)).get(pk=agency.pk)
    agency.name, agency.time_zone, agency.therapy = values["name"], values["time_zone"], values["therapy"]
    agency.save()
    return agency


@action
def switch_off(*, agency: Agency, by: Person, reason: str) -> Agency:
    """Switch an agency off: its people are signed out, and what was given to it rests, as does what others have from it."""
    demand_operator(by)
    agency = Agency.objects.select_for_update(of=("self",)).get(pk=agency.pk)
    take_turn(agency.pk)  # nobody gives it a file right now
    if agency.pk == by.agency_id:
        raise NotPossible(_("This is your own agency: you would sign yourself out. It stays on."))
    if answer("SELECT access.owns_anything(%s)", agency.pk):
        raise NotPossible(
            _("This agency owns files. Ask its administrators to have each transferred to another agency first.")
        )
    patient()
    agency.is_active = False
    agency.save()
    return agency


@action
def switch_on(*, agency: Agency, by: Person, reason: str) -> Agency:
    """Switch an agency on again: its people sign in anew, and what was given to it and has not ended opens again."""
    demand_operator(by)
    agency = Agency.objects.select_for_update(of=("self",)).get(pk=agency.pk)
    patient()
    agency.is_active = True
    agency.save()
    return agency


def locked_network() -> Network:
    """Return the network's row to be changed; the values of the environment where nothing was saved yet."""
    return Network.objects.select_for_update(of=("self",)).filter(pk=NETWORK_ID).first() or first_values()


@action
def set_network(*, values: dict[str, Any], by: Person, reason: str) -> Network:
    """Change the network's settings; an address that mail now comes from has not been tested."""
    demand_operator(by)
    row = locked_network()
    if values.get("mail_from", row.mail_from) != row.mail_from:
        row.mail_tested = row.mail_tested_by = None
    row.name, row.time_zone = values.get("name", row.name), values.get("time_zone", row.time_zone)
    row.languages, row.mail_from = values.get("languages", row.languages), values.get("mail_from", row.mail_from)
    row.backup_place = values.get("backup_place", row.backup_place)
    row.save()
    forget()
    return row


@action
def confirm_key_copy(*, by: Person, reason: str) -> Network:
    """Note that a copy of the newest key of the ring lies apart from the database."""
    demand_operator(by)
    row = locked_network()
    row.key_copied, row.key_copied_on, row.key_copied_by = newest_key(), clock.now(), by
    row.save()
    forget()
    return row


def newest_key() -> str:
    """Return the name of the key that closes what is written now; never the key."""
    return next(iter(settings.KEY_RING))


@dataclass(frozen=True)
class MailTest:
    """What came of a mail to oneself: nothing in problem where the server took it."""

    to: str
    problem: str = ""


@action
def try_mail(*, by: Person, reason: str) -> MailTest:
    """Send a mail to oneself, and note that the server took it."""
    demand_operator(by)
    row = locked_network()
    words = _("Mail from the portal reaches you. Nothing else stands in this mail, and nothing is to be done.")
    mail = EmailMessage(_("[%(name)s] Test of mail") % {"name": network_name()}, words, row.mail_from, [by.email])
    try:
        mail.send()
    except (OSError, SMTPException) as problem:
        events.record(Event("mail test", "E", "failed", type(problem).__name__[:40]))
        return MailTest(by.email, problem_of(problem))
    row.mail_tested, row.mail_tested_by = clock.now(), by
    row.save()
    forget()
    return MailTest(by.email)


def problem_of(problem: Exception) -> str:
    """Return in plain words why a mail did not leave; what the server said stands in no page and no log."""
    if isinstance(problem, SMTPException):
        return _("The mail server %(host)s answered, and did not take the mail. Ask whoever keeps it.") % {
            "host": settings.EMAIL_HOST
        }
    return _(
        "The mail server %(host)s does not answer. It is named by SAFE_RETURN_MAIL_HOST: correct it and start again."
    ) % {"host": settings.EMAIL_HOST}


def first_day_acts() -> list[dict[str, Any]]:
    """Return what an operator changed before there was a file, oldest first, as events."""
    names = ("recorded", "kind", "action", "entity", "entity_id", "person", "reason")
    found = asked("SELECT recorded, kind, action, entity, entity_id, person, purpose FROM access.first_day_acts()")
    return [dict(zip(names, row, strict=True)) for row in found]


def first_day_invitations() -> dict[uuid.UUID, str]:
    """Return whom an operator invited before there was a file, with role and agency, by the invitation."""
    found = asked("SELECT * FROM access.first_day_invitations()")
    return {
        invitation_id: f"{given[:1]}. {family}, {', '.join(str(Role(role).label) for role in roles)}, {agency}"
        for invitation_id, given, family, roles, agency in found
    }


@dataclass(frozen=True)
class Session:
    """One place where somebody is signed in."""

    id: uuid.UUID
    made: Any
    used: Any
    address: str
    agent: str
    is_this: bool


def my_sessions() -> list[Session]:
    """Return where the person of this transaction is signed in, newest first."""
    return [Session(*row) for row in asked("SELECT * FROM access.my_sessions()")]


def end_sessions(*, by: Person, which: uuid.UUID | None = None) -> int:
    """End one of one's own sessions, or all but the one in use; each is dead at its next request. Return how many ended."""
    ended = [row[0] for row in asked("SELECT access.end_sessions(%s)", which)]
    if ended:
        events.record(Event("end session", "E", entity="access.identitytoken", entities=ended))
    return len(ended)
