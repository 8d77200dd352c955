"""Copies of the test database: CREATE DATABASE from a template, used through Django's own settings, dropped after."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import uuid4

import psycopg
from django.db import connection, connections
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

EMPTY = "new_portal"
# Who erases a file tries again and again to lock what is in it, and sleeps in between.
WAITING = """SELECT (SELECT count(*) FROM pg_locks WHERE NOT granted) + (SELECT count(*) FROM pg_stat_activity
  WHERE datname = current_database() AND wait_event = 'PgSleep')"""


class Copy:
    """One copy. Django's connections lead to it, in every thread; raw ones are opened beside them."""

    def __init__(self, name: str) -> None:
        from tests.conftest import signed_in
        from tests.world import FILES, Cast

        self.name = name
        self.cast = Cast()
        self.files = dict(FILES)
        self.browse = signed_in

    def connect(self, role: str = "owner") -> psycopg.Connection:
        """Return a second connection to the copy, in a role of its own; each statement commits."""
        return connect(self.name, role)

    def sign_in_as_app(self) -> psycopg.Connection:
        """Return a connection that signed in as the application itself, which can become nobody else."""
        known = conninfo_to_dict(os.environ["DATABASE_URL"]) | {"dbname": self.name}
        return psycopg.connect(**known, autocommit=True)

    def value(self, statement: str, *values: object, role: str = "owner"):
        """Return the first column of the first row, read on a second connection: only what is committed."""
        with self.connect(role) as other:
            return other.execute(statement, values).fetchone()[0]

    def run(self, statement: str, *values: object) -> None:
        """Do something as the owner of the tables, at once."""
        with self.connect() as other:
            other.execute(statement, values)

    def keep_as(self, name: str) -> None:
        """Keep this copy as it stands, for others to go on from."""
        drop(name)
        make(name, self.name)

    def go_on_from(self, name: str) -> None:
        """Put a kept copy in the place of this one."""
        connection.close()
        drop(self.name)
        make(self.name, name)

    def wait_for(self, waiting: int) -> None:
        """Go on when so many sessions wait for a lock; after four seconds in any case, before a statement is given up."""
        deadline = time.monotonic() + 4
        while self.value(WAITING, role="test") < waiting and time.monotonic() < deadline:
            time.sleep(0.02)

    def at_once(self, work: Callable[[int], object], times: int) -> list[object]:
        """Do the same work in several threads that start together; return what each returned or raised."""
        start, results = threading.Barrier(times), [None] * times

        def one(number: int) -> None:
            start.wait()
            try:
                results[number] = work(number)
            except Exception as error:
                results[number] = error
            finally:
                connections["default"].close()

        threads = [threading.Thread(target=one, args=[number]) for number in range(times)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        return results


def connect(database: str, role: str) -> psycopg.Connection:
    """Return a raw connection to a database of the test server."""
    known = connection.settings_dict
    other = psycopg.connect(
        host=known["HOST"], user=known["USER"], password=known["PASSWORD"], dbname=database, autocommit=True
    )
    other.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(role)))
    return other


def make(name: str, template: str) -> None:
    """Make a database as another one stands."""
    connection.close()  # a template may have no other connection while it is copied
    with connect("postgres", "owner") as server:
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")  # not twice, through the log
        server.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


def drop(name: str) -> None:
    with connect("postgres", "owner") as server:
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(name)))


def keep_empty() -> None:
    """Keep the database as it stands after the migrations, before anything is in it: a new portal."""
    drop(EMPTY)
    make(EMPTY, connection.settings_dict["NAME"])


@contextmanager
def copied(*, is_empty: bool = False) -> Iterator[Copy]:
    """Copy the test database, or that of a new portal, lead Django to the copy, and drop it after."""
    settings = connection.settings_dict
    original, name = settings["NAME"], f"copy_{uuid4().hex[:12]}"
    make(name, EMPTY if is_empty else original)
    settings["NAME"] = name
    try:
        yield Copy(name)
    finally:
        connection.close()
        settings["NAME"] = original
        drop(name)
