"""Which command needs what: the launcher, the tests, or Django with or without a database."""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Any

import psutil
from django.core.management import execute_from_command_line
from psycopg.errors import ObjectInUse

from portal.embedded import checks, preparation, stack
from portal.embedded.backups.commands import COMMANDS as ABOUT_BACKUPS
from portal.embedded.cluster import DATABASES, Cluster
from portal.embedded.folder import DataFolder, FolderInUse, data_folder
from portal.embedded.processes import Failed

# These must meet the tables as they are.
ABOUT_TABLES = ("migrate", "makemigrations", "showmigrations", "sqlmigrate", "squashmigrations", "optimizemigration")
# These change tables, fill them before anybody has a right to see anything, or say who has which.
AS_MIGRATOR = (
    *ABOUT_TABLES,
    "after_restore",
    "seed_demo",
    "operator_link",
    "access_matrix",
    "rotate_keys",
    "index_names",
    "audit_extract",
    "verify_audit",
    "put_away_events",
    "write_words",
)
AS_ANCHOR = ("anchor",)
# These change what they work on: a copy of the database, made ready by the second command and dropped afterwards.
ON_A_COPY = {"crawl": "write_words"}
WITHOUT_DATABASE = (
    "",
    "bench",
    "check",
    "collectstatic",
    "compilemessages",
    "diffsettings",
    "drill",
    "findstatic",
    "help",
    "makemessages",
    "sendtestemail",
    "startapp",
    "vendor_frontend",
    "version",
)
OUR_OWN = """Safe Return starts with one of these:

    python3 manage.py demo    the portal with an invented world; --check tries everything once, --fresh begins anew
    python3 manage.py up      the portal on this machine, empty, with a link for its operator
    python3 manage.py test    style, types, templates and tests; with arguments, pytest alone with these

    python3 manage.py backup  a backup of the portal; restore BACKUP makes a portal of one again, in a new folder

Every other command finds the database by itself, or starts it for as long as it needs."""
LONGEST_WAIT = 120


def run(arguments: Sequence[str]) -> int:
    """Do what the command line says and return the exit code."""
    name = next((word for word in arguments if not word.startswith("-")), "")
    try:
        if name in ("demo", "up"):
            return stack.main(name, list(arguments[1:]))
        if name == "test":
            return checks.main(list(arguments[1:]))
        if name in ABOUT_BACKUPS:
            return ABOUT_BACKUPS[name](list(arguments[1:]), lambda name: _servers(name, data_folder()))
        with _environment(name, arguments):
            _run_django(name, arguments)
    except Failed as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    return 0


def _run_django(name: str, arguments: Sequence[str]) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    if name in AS_MIGRATOR:
        os.environ.setdefault("SAFE_RETURN_AS", "migrator")
    if name in AS_ANCHOR:
        os.environ.setdefault("SAFE_RETURN_AS", "anchor")
        os.environ.setdefault("SAFE_RETURN_ANCHOR_KEY", str(data_folder().anchor_key()))
    if name in ("", "help") and len(arguments) < 2:
        print(OUR_OWN)
    execute_from_command_line(["manage.py", *arguments])


@contextmanager
def _environment(name: str, arguments: Sequence[str]) -> Iterator[None]:
    """Lead Django to a database: the one in the environment, the running one, or one for as long as this takes."""
    if "DATABASE_URL" in os.environ or (name in AS_ANCHOR and "DATABASE_ANCHOR_URL" in os.environ):
        yield
    elif name in WITHOUT_DATABASE or {"--help", "-h", "--version"} & set(arguments):
        os.environ.update(_addresses_only(data_folder()))
        yield
    else:
        with _servers(name, data_folder()) as cluster:
            mode = _mode(cluster.facts)
            _make_ready(cluster, mode, name)
            with (
                _copy(cluster, mode, ON_A_COPY[name]) if name in ON_A_COPY else nullcontext(DATABASES[mode]) as database
            ):
                os.environ.update(cluster.environment(mode, database) | _address_of(cluster.facts))
                yield


@contextmanager
def _copy(cluster: Cluster, mode: str, filled_by: str) -> Iterator[str]:
    """Copy the database of the mode, make the copy ready, and drop it in the end; yields its name."""
    name = f"{DATABASES[mode]}_copy"
    cluster.postgres.drop_database(name)  # left by a command that was killed
    print("Copying the database ...", file=sys.stderr, flush=True)
    try:
        cluster.postgres.create_database(name, template=DATABASES[mode])
    except ObjectInUse as problem:
        raise Failed(
            "The portal runs on this database, and what is in use cannot be copied. End it first."
        ) from problem
    try:
        print(
            preparation.Errand(filled_by, env=cluster.environment(mode, name), folder=cluster.folder).finish(), end=""
        )
        yield name
    finally:
        cluster.postgres.drop_database(name)


def _mode(running: dict[str, str]) -> str:
    mode = os.environ.get("SAFE_RETURN_MODE") or running.get("mode") or "demo"
    if mode not in DATABASES:
        raise Failed(f"SAFE_RETURN_MODE is {mode}, which needs a database server of its own: set DATABASE_URL.")
    return mode


def _address_of(running: dict[str, Any]) -> dict[str, str]:
    """Where the portal of this folder runs, for the links that commands print: its port may be another than usual."""
    return {"SAFE_RETURN_ADDRESS": running["address"]} if "address" in running else {}


def _addresses_only(folder: DataFolder) -> dict[str, str]:
    """The settings want addresses, though nobody will look there."""
    cluster = Cluster(folder)
    cluster.place(folder.path / "run")
    return cluster.environment(_mode({}))


@contextmanager
def _servers(name: str, folder: DataFolder) -> Iterator[Cluster]:
    """The servers of a folder: joined where they run, started and stopped where they do not."""
    cluster = Cluster(folder)
    guest = _join_or_start(cluster, name)
    try:
        yield cluster
    finally:
        if guest is None:
            _stop_when_unused(cluster)
        else:
            os.close(guest)


def _join_or_start(cluster: Cluster, name: str) -> int | None:
    """Return the descriptor that marks a guest, or None for the process that started the servers."""
    deadline = time.monotonic() + LONGEST_WAIT
    while time.monotonic() < deadline:
        try:
            cluster.start(kind="command", name=name, mode=_mode({}))
            return None
        except FolderInUse:
            guest = cluster.folder.visit()
        if cluster.folder.is_held() and _is_up(cluster.folder):
            cluster.join()
            return guest
        os.close(guest)
        time.sleep(0.2)  # the other one is just coming up or going down
    raise Failed(f"Another process holds {cluster.folder.path} and does not come up. Look into {cluster.folder.logs}.")


def _is_up(folder: DataFolder) -> bool:
    return psutil.pid_exists(folder.recorded().get("pid", 0))


def _stop_when_unused(cluster: Cluster) -> None:
    guests = cluster.folder.see_guests_off(wait=False)
    if guests is None:
        print("Other commands still use the database that this one started. It stops with the last.", file=sys.stderr)
        guests = cluster.folder.see_guests_off()
    cluster.stop()
    if guests is not None:
        os.close(guests)


def _make_ready(cluster: Cluster, mode: str, name: str) -> None:
    if name in ABOUT_TABLES:
        cluster.ensure_database(mode)
    elif not preparation.is_prepared(cluster, mode):
        print(f"Preparing the {mode} database ...", file=sys.stderr, flush=True)
        preparation.prepare(cluster, mode, seeding=name != "seed_demo")
