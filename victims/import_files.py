"""The files that people send to be read in: kept on disk until they are read in, and no longer.

Paths and names inside them can hold the names of children.
"""

import datetime
import hashlib
import os
import tempfile
import time
import uuid
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.files.uploadedfile import TemporaryUploadedFile, UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext_noop as _

from portal.access.asking import answer
from portal.accounts.passwords import opening_key
from portal.casework.models import Job
from victims.models import Import
from victims.sources import CHUNK, Sentence, Unreadable

KEPT = datetime.timedelta(hours=24)  # after a check, for whoever goes on to read it in
ORPHANED = datetime.timedelta(hours=1)  # without a job: the page that stored it failed
LONGEST = datetime.timedelta(days=7)  # a job lives no longer

ARRIVING = ".arriving"
TOO_LARGE = _("The file is larger than %(limit)s. Split it and send the parts.")


def folder() -> Path:
    """Return the folder of the stored files, which nobody else may open."""
    path = Path(settings.MEDIA_ROOT) / "imports"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


class ArrivingFile(TemporaryUploadedFile):
    """A file on its way in: in the same folder, readable by the portal alone, gone when the request is."""

    def __init__(self, *said: Any) -> None:
        file = tempfile.NamedTemporaryFile(suffix=ARRIVING, dir=folder())  # noqa: SIM115 - the request closes it
        UploadedFile.__init__(self, file, *said)


class Arriving(TemporaryFileUploadHandler):
    """Takes in what is too large for the memory."""

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        FileUploadHandler.new_file(self, *args, **kwargs)
        self.file = ArrivingFile(self.file_name, self.content_type, 0, self.charset, self.content_type_extra)


def path_of(import_id: uuid.UUID) -> Path:
    """Return where the file of an import is kept."""
    return folder() / str(import_id)


def is_kept(import_id: uuid.UUID) -> bool:
    """Return whether the file of an import is still there."""
    return path_of(import_id).exists()


def kept_until(import_: Import) -> datetime.datetime:
    """Return when the file of a checked import is deleted."""
    return import_.made + KEPT


def store(import_id: uuid.UUID, chunks: Iterable[bytes]) -> tuple[str, int]:
    """Write a file as it arrives; return its SHA-256 and size. One that is too large is not kept."""
    try:
        with open(path_of(import_id), "xb", opener=private) as file:
            found = digest_of(written(chunks, file))
            file.flush()
            os.fsync(file.fileno())
        return found
    except BaseException:
        drop(import_id)
        raise


def private(path: str, flags: int) -> int:
    """Open a new file that only the portal itself may read."""
    return os.open(path, flags, 0o600)


def written(chunks: Iterable[bytes], file: BinaryIO) -> Iterator[bytes]:
    """Yield the chunks once they are written."""
    for chunk in chunks:
        file.write(chunk)
        yield chunk


def chunks_of(path: str | os.PathLike[str]) -> Iterator[bytes]:
    """Yield the bytes of a file."""
    with open(path, "rb") as file:
        yield from iter(lambda: file.read(CHUNK), b"")


def digest_of(chunks: Iterable[bytes]) -> tuple[str, int]:
    """Return the SHA-256, in hexadecimal, and the size of a file; raises Unreadable where it is too large."""
    digest, size = hashlib.sha256(), 0
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
        if size > settings.UPLOAD_LIMIT:
            raise Unreadable(Sentence(TOO_LARGE, limit=filesizeformat(settings.UPLOAD_LIMIT)))
    return digest.hexdigest(), size


def drop(import_id: uuid.UUID) -> None:
    """Delete the file of an import."""
    path_of(import_id).unlink(missing_ok=True)


def drop_old() -> int:
    """Delete files that nobody will read in any more; return how many."""
    old = [path for path in folder().glob("????????-*") if is_over(state_of(path), age_of(path))]
    # Left by a web process that ended while a file arrived; one that still arrives is younger.
    old += [path for path in folder().glob(f"*{ARRIVING}") if age_of(path) > ORPHANED]
    for path in old:
        path.unlink(missing_ok=True)
    return len(old)


def state_of(path: Path) -> str | None:
    """Return the state of the last job that a stored file was sent to; None without one."""
    state: str | None = answer("SELECT access.last_job_state(%s, 'import', %s)", opening_key(), uuid.UUID(path.name))
    return state


def age_of(path: Path) -> datetime.timedelta:
    """Return how long ago a file was stored."""
    return datetime.timedelta(seconds=time.time() - path.stat().st_mtime)


def is_over(state: str | None, age: datetime.timedelta) -> bool:
    """Return whether a stored file of this age is of no use any more, going by the state of its last job.

    One that was given up or cancelled can be tried again for a while.
    """
    if state is None:
        return age > ORPHANED
    return age > (LONGEST if state in (Job.State.WAITING, Job.State.RUNNING) else KEPT)
