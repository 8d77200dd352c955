"""Print a one-time link with which the operator of a new portal sets a password; registers the operator the first time."""

from typing import Any

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.urls import reverse

from portal.accounts import actions
from portal.accounts.models import Agency, Person
from portal.accounts.roles import AgencyKind, Role
from portal.audit.stamp import Stamp, stamping


class Command(BaseCommand):
    help = "Print a one-time link for the operator."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--email", default="operator@localhost.localdomain", help="e-mail address of the operator")
        parser.add_argument("--address", default=settings.ADDRESS, help="where the portal runs")

    def handle(self, *args: Any, **options: Any) -> None:
        operator = Person.objects.filter(roles__contains=[Role.OPERATOR]).first() or self.register(options["email"])
        if operator.has_usable_password():
            self.stdout.write(f"The operator {operator.email} has a password: sign in at {options['address']}")
            return
        key = f"{user_pk_to_url_str(operator)}-{default_token_generator.make_token(operator)}"
        uid, _dash, token = key.partition("-")
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": uid, "key": token})
        minutes = settings.PASSWORD_RESET_TIMEOUT // 60
        self.stdout.write(f"One-time link for the operator ({operator.email}), good for {minutes} minutes:")
        self.stdout.write(options["address"].rstrip("/") + path)

    @transaction.atomic
    def register(self, email: str) -> Person:
        """Register the network's own office and its operator."""
        with stamping(Stamp(None, "set-up", via="command")):
            office = Agency.objects.filter(kind=AgencyKind.OVERSIGHT).first() or actions.register_agency(
                name="Network office", kind=AgencyKind.OVERSIGHT, country="NL", time_zone="UTC"
            )
            return actions.register_person(
                email=email, given_name="First", family_name="Operator", agency=office, roles=[Role.OPERATOR]
            )
