"""Start-up checks: nothing in the settings may open a way round the two keys."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from portal.audit.kinds import wanted_kind

IS_UNBOUND = """
SELECT r.rolsuper OR r.rolbypassrls OR EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid)
    OR EXISTS (SELECT FROM pg_tables WHERE tablename = 'victims_child' AND tableowner = current_user)
  FROM pg_roles r WHERE r.rolname = current_user
"""


def demand_safe_start() -> None:
    """Refuse to start web, worker or beat where a check finds an error, or on an unsafe database."""
    errors = [message for message in run_checks() if message.is_serious() and not message.is_silenced()]
    if errors:
        raise ImproperlyConfigured(" ".join(f"{message.id}: {message.msg}" for message in errors))
    demand_safe_database()
    connection.close()
    if hasattr(connection, "close_pool"):  # the worker's processes are forked from this one
        connection.close_pool()


def demand_safe_database() -> None:
    """Refuse a database role that walks through the wall or can become another, and a database of another kind."""
    with connection.cursor() as cursor:
        cursor.execute(IS_UNBOUND)
        if cursor.fetchone()[0]:
            raise ImproperlyConfigured(
                "DATABASE_URL signs in as a role that row-level security does not bind. Use app."
            )
        cursor.execute("SELECT kind FROM audit_databasekind")
        kind = cursor.fetchone()[0]
    if kind != wanted_kind():
        raise ImproperlyConfigured(
            f"This database is {kind}, the settings ask for {wanted_kind()}. Set SAFE_RETURN_MODE."
        )


@register(Tags.security)
def check_no_way_round(app_configs: Any, **kwargs: Any) -> list[Error]:
    """Refuse backends, applications and settings that answer yes to everything."""
    problems = []
    if "guardian.backends.ObjectPermissionBackend" in settings.AUTHENTICATION_BACKENDS:
        problems.append(Error("guardian's backend knows no end of a grant. Remove it.", id="access.E001"))
    if "django.contrib.admin" in settings.INSTALLED_APPS:
        problems.append(Error("The Django admin walks past grants. Remove it.", id="access.E002"))
    if settings.ANONYMOUS_USER_NAME is not None:
        problems.append(Error("ANONYMOUS_USER_NAME must be None.", id="access.E003"))
    if not settings.DATABASES["default"]["OPTIONS"].get("server_side_binding"):
        problems.append(
            Error(
                "Without binding on the server, secrets can be read in pg_stat_activity. Switch it on.",
                id="access.E004",
            )
        )
    return problems
