"""The data folder: where it is, who holds it, its secrets, and the record of what runs in it."""

import base64
import fcntl
import json
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from portal.embedded.processes import Failed

ROOT = Path(__file__).resolve().parents[2]
LOGIN_ROLES = ("postgres", "app", "clock", "anchor", "migrator", "test")
# The kernel takes 107 characters for a socket's address; the longest name below the folder has 20.
LONGEST_SOCKET_FOLDER = 85


class FolderInUse(Exception):
    """Another launcher or command holds the data folder."""


class DataFolder:
    """One folder on disk holds the databases, the broker, the logs and the secrets of one portal."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.postgres = self.path / "postgres"
        self.valkey = self.path / "valkey"
        self.logs = self.path / "log"
        self.beat = self.path / "beat"
        self.static = self.path / "static"
        self.backups = Path(os.environ.get("SAFE_RETURN_BACKUPS") or self.path / "backups").absolute()
        self._lock: int | None = None

    def make(self) -> None:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._must_be_ours()
        for folder in (self.valkey, self.beat, self.logs):
            folder.mkdir(mode=0o700, exist_ok=True)

    def sockets(self) -> Path:
        """Where the servers listen: in the folder, or in a short temporary one where its path is too long."""
        inside = self.path / "run"
        if len(str(inside)) > LONGEST_SOCKET_FOLDER:
            return Path(tempfile.mkdtemp(prefix="safe-return-run-"))
        inside.mkdir(mode=0o700, exist_ok=True)
        return inside

    # Who holds the folder

    def hold(self) -> None:
        """Take the folder for this process. The kernel lets go of it when the process ends, however it ends."""
        if self._lock is not None:
            return
        self.make()
        lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise FolderInUse from None
        self._lock = lock

    def let_go(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def is_held(self) -> bool:
        """Whether some process, this one included, holds the folder now."""
        try:
            lock = os.open(self.path / "lock", os.O_RDWR)
        except FileNotFoundError:
            return False
        try:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(lock)
        return False

    def visit(self) -> int:
        """Use servers that another command started: it keeps them until the returned descriptor is closed."""
        descriptor = self._guests()
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        return descriptor

    def see_guests_off(self, *, wait: bool = True) -> int | None:
        """Let no new command use the servers started here. None where one still does and waiting is not wanted."""
        descriptor = self._guests()
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor

    def _guests(self) -> int:
        return os.open(self.path / "guests", os.O_RDWR | os.O_CREAT, 0o600)

    # What runs in it

    def record(self, facts: dict[str, Any]) -> None:
        draft = self._draft(json.dumps(facts, indent=1))
        os.replace(draft, self.path / "running.json")

    def recorded(self) -> dict[str, Any]:
        """What the last launcher or command wrote down; it may have ended since."""
        try:
            facts: dict[str, Any] = json.loads((self.path / "running.json").read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return facts

    def forget(self) -> None:
        (self.path / "running.json").unlink(missing_ok=True)

    # Secrets

    def secrets(self) -> dict[str, str]:
        """The passwords and keys of this folder, made once."""
        kept = self.path / "secrets.json"
        self._must_be_ours()
        if not kept.exists():
            self.make()
            draft = self._draft(json.dumps(_new_secrets(), indent=1))
            with suppress(FileExistsError):  # another process made them at the same moment: theirs count
                os.link(draft, kept)
            os.unlink(draft)
        found: dict[str, str] = json.loads(kept.read_text())
        return found

    def anchor_key(self) -> Path:
        """The file of the key that signs checkpoints: the anchor reads it, and nobody else."""
        return self._made_once("anchor.key", secrets.token_bytes(32))

    def event_keys(self) -> str:
        """What the application says with that it wrote an event: its keys, the newest first, with commas."""
        return self._made_once("event.keys", base64.b64encode(secrets.token_bytes(32))).read_text().strip()

    def _made_once(self, name: str, content: bytes) -> Path:
        kept = self.path / name
        if not kept.exists():
            self.make()
            draft = self._draft(content)
            with suppress(FileExistsError):
                os.link(draft, kept)
            os.unlink(draft)
        return kept

    def _must_be_ours(self) -> None:
        """Two accounts in one folder would leave each other files they cannot open."""
        if self.path.exists() and self.path.stat().st_uid != os.geteuid():
            raise Failed(
                f"{self.path} belongs to the account {self.path.owner()}. Start as that account, "
                "or choose another folder with SAFE_RETURN_DATA."
            )

    def _draft(self, content: str | bytes) -> str:
        """A file that only this account can read, to be put in place whole or not at all."""
        descriptor, name = tempfile.mkstemp(dir=self.path, prefix=".draft-")
        with os.fdopen(descriptor, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        return name


def data_folder() -> DataFolder:
    return DataFolder(Path(os.environ.get("SAFE_RETURN_DATA") or ROOT / ".data"))


def _new_secrets() -> dict[str, str]:
    made = {role: secrets.token_urlsafe(24) for role in LOGIN_ROLES}
    made["secret_key"] = secrets.token_urlsafe(48)
    made["keys"] = "k1:" + base64.b64encode(secrets.token_bytes(32)).decode()
    return made
