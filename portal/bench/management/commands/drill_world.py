"""Make the invented people and the file that drills work on, in a database of their own; say who has signed in, as JSON."""

import datetime
import json
import secrets
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.contrib.sessions.backends.db import SessionStore
from django.core.management.base import BaseCommand
from django.http import HttpRequest

from portal.access.actions import accept, give
from portal.access.identity import open_token
from portal.access.sections import Level, Section, Stage
from portal.accounts import actions as accounts
from portal.accounts.models import Agency, Person, Team
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.stamp import Stamp, stamping
from victims import actions

DAY = datetime.timedelta(days=1)
WORKS = (Section.SUMMARY, Section.CARE)
PEOPLE = {  # name: given name, family name, agency, role
    "worker": ("Ana", "Reis", "services", Role.SOCIAL_WORKER),
    "helper": ("Mona", "Cruz", "aid", Role.NGO_WORKER),
    "stranger": ("Sam", "Lobo", "door", Role.NGO_WORKER),
}
AGENCIES = {
    "services": ("Drill Children’s Services", "social_services"),
    "aid": ("Drill Aid", "ngo"),
    "door": ("Drill Door", "ngo"),
}


class Command(BaseCommand):
    help = "Make the world of the drills; `drill` calls it."

    def handle(self, *args: Any, **options: Any) -> None:
        with stamping(Stamp(None, "set-up", via="command")):
            teams = {key: self.register_team(*facts) for key, facts in AGENCIES.items()}
            people = {name: self.register(name, teams[facts[2]]) for name, facts in PEOPLE.items()}
        cookies = {name: seat(person) for name, person in people.items()}
        worker, helper = people["worker"], people["helper"]
        child = actions.open_file(
            team=teams["services"], stage=Stage.IN_CARE, values={"code_name": "Drill"}, by=worker, reason="drill"
        )
        grant = give(
            child_id=child.pk, sections=dict.fromkeys(WORKS, Level.CHANGE), until=clock.now() + DAY, by=worker,
            reason="drill", owner=teams["services"], team=teams["aid"],
        )  # fmt: skip
        accept(grant=grant, by=helper)
        self.stdout.write(json.dumps({"people": cookies, "child": str(child.pk), "grant": str(grant.pk)}))

    def register_team(self, name: str, kind: str) -> Team:
        agency: Agency = accounts.register_agency(name=name, kind=kind, country="PT", time_zone="Europe/Lisbon")
        return accounts.register_team(agency=agency, name="Team")

    def register(self, name: str, team: Team) -> Person:
        given, family, _agency, role = PEOPLE[name]
        person = accounts.register_person(
            email=f"{name}@drill.example", given_name=given, family_name=family, agency=team.agency, roles=[role]
        )
        accounts.join_team(person=person, team=team)
        accounts.brief(person=person, until=clock.now() + 900 * DAY)
        return person


def seat(person: Person) -> dict[str, str]:
    """Sign somebody in for a day, second factor included; return the browser's cookies."""
    secret = secrets.token_urlsafe(32)
    person.identity = open_token(person, "session", idle=DAY, lifetime=DAY, secret=secret)
    request = HttpRequest()
    request.session = SessionStore()
    login(request, person, backend=settings.AUTHENTICATION_BACKENDS[0])
    request.session["account_authentication_methods"] = [{"method": "mfa", "at": 0}]
    request.session.set_expiry(1000 * DAY)  # the clock of a web process may stand a year ahead: the token is what ends
    request.session.save()
    return {settings.SESSION_COOKIE_NAME: request.session.session_key or "", settings.IDENTITY_COOKIE_NAME: secret}
