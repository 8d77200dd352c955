"""What a database and the static files need before the portal can use them, done only when something changed."""

import hashlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from portal.embedded.cluster import DATABASES, Cluster
from portal.embedded.folder import ROOT, DataFolder
from portal.embedded.processes import Failed, end_with_parent, tail

APPS = ("portal", "victims", "shelters", "referrals")
LOCK = ROOT / "requirements.txt"
# One process at a time prepares; the others wait and then find nothing left to do.
ONE_AT_A_TIME = "SELECT pg_advisory_lock(7201)"


def prepare(cluster: Cluster, mode: str, *, seeding: bool = True) -> None:
    """Make the database, bring its tables up to date and, for the demo, fill it."""
    with cluster.postgres.connect() as connection:
        connection.execute(ONE_AT_A_TIME)
        cluster.ensure_database(mode)
        migrate(cluster, mode)
        if mode == "demo" and seeding:
            seed(cluster)


def migrate(cluster: Cluster, mode: str) -> None:
    print_of_now = migrations_print()
    if cluster.postgres.notes(DATABASES[mode]).get("migrations") != print_of_now:
        Errand("migrate", "--no-input", env=cluster.environment(mode), folder=cluster.folder).finish()
        cluster.postgres.note(DATABASES[mode], migrations=print_of_now)


def seed(cluster: Cluster) -> None:
    if not cluster.postgres.notes(DATABASES["demo"]).get("seeded"):
        Errand("seed_demo", env=cluster.environment("demo"), folder=cluster.folder).finish()
        cluster.postgres.note(DATABASES["demo"], seeded=True)


def who_can_sign_in(cluster: Cluster) -> str:
    """The people of the demo, one a line; asked again only when the code has changed, since asking takes seconds."""
    known, print_of_now = cluster.postgres.notes(DATABASES["demo"]), migrations_print()
    if known.get("people_as_of") != print_of_now:
        said = Errand("seed_demo", "--list", env=cluster.environment("demo"), folder=cluster.folder).finish()
        known = {"people": said, "people_as_of": print_of_now}
        cluster.postgres.note(DATABASES["demo"], **known)
    return str(known["people"])


class Static:
    """The static files, collected beside other work."""

    def __init__(self, folder: DataFolder, env: Mapping[str, str]) -> None:
        self.stamp, self.print_of_now = folder.path / "static.stamp", static_print()
        self.errand: Errand | None = None
        if not (folder.static.exists() and self.stamp.exists() and self.stamp.read_text() == self.print_of_now):
            self.errand = Errand("collectstatic", "--no-input", "--clear", env=env, folder=folder)

    def finish(self) -> None:
        if self.errand:
            self.errand.finish()
            self.stamp.write_text(self.print_of_now)

    def stop(self) -> None:
        if self.errand:
            self.errand.stop()


def is_prepared(cluster: Cluster, mode: str) -> bool:
    """Answers no for a database that does not exist."""
    notes = cluster.postgres.notes(DATABASES[mode])
    return notes.get("migrations") == migrations_print() and (mode != "demo" or bool(notes.get("seeded")))


class Errand:
    """A command of this portal that runs in a process of its own."""

    def __init__(self, *words: str, env: Mapping[str, str], folder: DataFolder) -> None:
        self.name, self.log = words[0], folder.logs / f"{words[0]}.log"
        with self.log.open("wb") as errors:
            self.process = subprocess.Popen(  # noqa: S603 - the commands named in this folder
                [sys.executable, str(ROOT / "manage.py"), *words],
                env=os.environ | dict(env),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                preexec_fn=end_with_parent(signal.SIGTERM),
            )

    def finish(self) -> str:
        """Wait for the end and return what the command printed."""
        try:
            said, _nothing = self.process.communicate()
        except BaseException:
            self.stop()
            raise
        if self.process.returncode:
            with self.log.open("ab") as more:
                more.write(said)
            raise Failed(f"manage.py {self.name} failed. The end of {self.log}:\n{tail(self.log)}")
        return said.decode()

    def stop(self) -> None:
        """End it in the middle, or see that it has ended."""
        self.process.kill()
        self.process.wait()


def migrations_print() -> str:
    """Changes with the code and with the packages: `migrate` also renews what the database copies from the code."""
    own = (path for app in APPS for kind in ("*.py", "*.sql") for path in (ROOT / app).rglob(kind))
    return _fingerprint([LOCK, *sorted(own)], read=True)


def static_print() -> str:
    """Changes when a static file or a package changes. Times and sizes will do: there are many files."""
    own = (path for app in APPS for path in (ROOT / app).rglob("static/**/*") if path.is_file())
    return _fingerprint([LOCK, *sorted(own)], read=False)


def _fingerprint(paths: Iterable[Path], *, read: bool) -> str:
    total = hashlib.sha256()
    for path in paths:
        known = path.stat()
        total.update(str(path.relative_to(ROOT)).encode())
        total.update(path.read_bytes() if read else f"{known.st_mtime_ns} {known.st_size}".encode())
    return total.hexdigest()
