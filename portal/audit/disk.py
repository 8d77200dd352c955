"""What has to be on the disk before anything says that it is: digests of files, and the names in a folder."""

import hashlib
import os
from contextlib import suppress
from pathlib import Path


def digest_of(path: Path) -> str | None:
    """Return the digest of a file; None where it is not there."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
    return None


def write_down(folder: Path) -> None:
    """Have the disk know the names in a folder, not only its files."""
    descriptor = os.open(folder, os.O_RDONLY)
    os.fsync(descriptor)
    os.close(descriptor)
