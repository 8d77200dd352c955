"""Migrate, then renew what the database copies from the code: the roles table, the opening key, the event partitions."""

import hashlib
from typing import Any

from django.conf import settings
from django.core.management.commands import migrate
from django.db import connection, transaction
from django.utils.module_loading import import_string

from portal.access import legal_bases
from portal.access.identity import opening_key
from portal.access.models import OpeningKey, Rule, Step
from portal.access.roles import RULES
from portal.access.sections import permission_id
from portal.audit.kinds import mark_database
from portal.audit.stamp import Stamp, stamping
from portal.casework import due_rules, keys, vocabularies

# Tables of the libraries: sessions, and addresses of people, which nobody adds here. They hold nothing of a file.
GRANTS = """
GRANT SELECT ON django_content_type, auth_permission, auth_group TO app, clock;
GRANT SELECT ON account_emailaddress, account_emailconfirmation TO app;
GRANT SELECT, INSERT, UPDATE, DELETE ON django_session TO app;
GRANT SELECT ON access_rule, django_migrations, casework_portalkey TO app;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM app;  -- numbers come with their columns; a sequence tells how many there are
"""


class Command(migrate.Command):
    """Django's migrate with the portal's own steps after it."""

    def handle(self, *args: Any, **options: Any) -> None:
        super().handle(*args, **options)
        if "access_rule" in connection.introspection.table_names():
            renew()


def renew() -> None:
    """Bring the database's copies up to date; done again, it changes nothing."""
    with transaction.atomic():
        mark_database()
        Rule.objects.all().delete()
        Rule.objects.bulk_create(
            Rule(role=role, section=section, level=level, stages=mask) for (role, section, level), mask in RULES.items()
        )
        Step.objects.all().delete()
        Step.objects.bulk_create(steps())
        OpeningKey.objects.all().delete()
        OpeningKey.objects.create(digest=hashlib.sha256(opening_key().encode()).digest())
        with connection.cursor() as cursor:
            cursor.execute(GRANTS)
            cursor.execute("SELECT audit.make_partitions()")
            if settings.OIDC_ISSUER:
                cursor.execute(import_string("portal.access.provider.WALL"))
        keys.make_portal_keys()
        with stamping(Stamp(None, "set-up", via="command")):
            vocabularies.add_missing()
            due_rules.add_missing()
            legal_bases.add_missing()


def steps() -> list[Step]:
    """Return the steps of the life cycles that the settings name, one row for each state that they lead from."""
    return [
        Step(
            cycle=name,
            source=source,
            target=step.target,
            permission=permission_id(step.section, step.level),
            second_team=step.second_person,
            owner_only=step.side == "owner",
        )
        for name, place in settings.LIFE_CYCLES.items()
        for step in import_string(place).transitions
        for source in step.sources
    ]
