"""Start-up checks: nothing in the settings may open a way round the two keys."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, Tags, register


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
