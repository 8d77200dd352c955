"""Stops a question about guarded records that is asked outside acting(): the wall would answer it with silence."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.conf import settings
from django.db import connection

from portal.access.identity import NoIdentity, is_acting, signing_in

# Tables whose rows show to some alone; their histories come with them. Second factors, above all: silence would say that
# somebody has none. tests/test_catalogue.py compares this with the tables that have policies.
GUARDED = {
    "access": {
        "grant", "conflictofinterest", "seal", "emergency", "extract", "legalbasis", "identitytoken",
        "erasure", "evidencehold", "keptlonger",
        "childgrouppermission", "childuserpermission", "seriesgrouppermission", "seriesuserpermission",
    },
    "accounts": {"invitation", "personchange", "agreement"},
    "casework": {
        "sectionkey", "task", "approval", "note", "notice", "attachment", "attachmentcontent", "document", "oncekey", "duerule",
        "job",
        "draft",
    },
    "victims": None,  # every one
    "shelters": None,
    "referrals": None,
    "mfa": {"authenticator"},
}  # fmt: skip

_as_owner: ContextVar[bool] = ContextVar("as_owner", default=False)


@contextmanager
def as_owner() -> Iterator[None]:
    """Let the owner of the tables ask without an identity: seeding, tests and measurements only."""
    token = _as_owner.set(True)
    try:
        yield
    finally:
        _as_owner.reset(token)


def is_guarded(model: Any) -> bool:
    """Return whether the model's table stands behind the wall."""
    if model._meta.app_label not in GUARDED:
        return False
    names = GUARDED[model._meta.app_label]
    return names is None or model._meta.model_name.removeprefix("historical") in names


class Router:
    """Asked by Django before every query on a model; it never chooses a database, it only refuses."""

    def db_for_read(self, model: Any, **hints: Any) -> None:
        free = settings.AS_MIGRATOR or _as_owner.get() or is_acting()
        free = free or (signing_in.get() and model._meta.app_label in ("mfa", "accounts"))
        if not free and is_guarded(model) and connection.settings_dict["OPTIONS"].get("assume_role") != "owner":
            raise NoIdentity(f"{model._meta.label} was asked outside access.acting(person). Ask it there.")

    db_for_write = db_for_read
