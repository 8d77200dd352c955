"""A throwaway server with the portal's own settings (writes reach the disk), and its databases of invented files."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
from django.conf import settings
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper

from portal.embedded.cluster import TEMPORARY, Cluster, sweep
from portal.embedded.folder import DataFolder
from portal.embedded.preparation import Errand

NAME = "safe_return_bench"


@contextmanager
def bench_server() -> Iterator["Server"]:
    """Start a server of its own in a temporary folder; no other server or database is touched."""
    sweep()  # a run that was killed could not remove its own
    with tempfile.TemporaryDirectory(prefix=TEMPORARY, ignore_cleanup_errors=True) as name:
        cluster = Cluster(DataFolder(Path(name)), copies_log=False)
        cluster.start(kind="bench")
        try:
            yield Server(cluster)
        finally:
            cluster.stop()


class Server:
    """The databases of one run: a migrated one, and a copy of it for each size."""

    def __init__(self, cluster: Cluster) -> None:
        self.cluster = cluster

    def migrate(self) -> None:
        """Make the database that every size starts from, in a process of its own, marked as a live one."""
        self.cluster.postgres.create_database(NAME)
        addresses = {"DATABASE_URL": self.url("app"), "DATABASE_OWNER_URL": self.url("migrator")}
        kept = {"SAFE_RETURN_SECRET_KEY": settings.SECRET_KEY, "SAFE_RETURN_MODE": "local"}
        env = self.cluster.environment("local") | addresses | kept
        Errand("migrate", "--no-input", env=env, folder=self.cluster.folder).finish()

    def copy(self, name: str) -> None:
        """Make a database as a copy of the migrated one."""
        self.cluster.postgres.create_database(name, template=NAME)

    def url(self, role: str) -> str:
        host = quote(str(self.cluster.postgres.sockets), safe="")
        return f"postgresql://{role}:{self.password(role)}@/{NAME}?host={host}"

    def password(self, role: str) -> str:
        return self.cluster.folder.secrets()[role]

    # The ways in

    def superuser(self, name: str = NAME) -> psycopg.Connection:
        """Connect as the server's administrator, whom neither policies nor triggers stop: for filling a database."""
        return self.cluster.postgres.connect(name)

    def as_owner(self, name: str) -> psycopg.Connection:
        """Connect by hand as the owner of the tables; every statement is prepared at once and planned once."""
        connection = psycopg.connect(
            host=str(self.cluster.postgres.sockets),
            user="migrator",
            password=self.password("migrator"),
            dbname=name,
            options="-c role=owner -c plan_cache_mode=force_generic_plan",
            autocommit=True,
        )
        connection.prepare_threshold = 0
        return connection

    def django(self, name: str, login: str, role: str | None = None) -> DatabaseWrapper:
        """Return Django's connection of a login role, with the portal's own options but without its pool."""
        known: dict[str, Any] = connections.settings["default"]
        options = {key: value for key, value in known["OPTIONS"].items() if key not in ("pool", "assume_role")}
        place = {
            "NAME": name,
            "USER": login,
            "PASSWORD": self.password(login),
            "HOST": str(self.cluster.postgres.sockets),
        }
        role_taken = {"assume_role": role} if role else {}
        return DatabaseWrapper(known | place | {"PORT": "", "OPTIONS": options | role_taken}, "default")
