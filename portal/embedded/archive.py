"""The log of changes, copied piece by piece beside the backups: between two of them it leads to any moment."""

import shlex
import sys
from pathlib import Path

# Copying begins with the first backup: before it, there is nothing that the log could be added to.
BEGUN = "begun"
# A piece is there whole or not at all. One that is there already is accepted only where it is the same.
COPY = (
    "[ -e {to}/begun ] || exit 0; "
    "if [ -f {to}/%f.gz ]; then gzip -dc {to}/%f.gz | cmp -s - %p; "
    "else gzip -1 -c < %p > {to}/%f.part && sync {to}/%f.part && mv {to}/%f.part {to}/%f.gz && sync {to}; fi"
)
# A piece that is not there ends the way back. One that cannot be read stops it: the server goes no further, and says so.
FETCH = "[ -f {to}/%f.gz ] || exit 1; gzip -dc {to}/%f.gz > %p || exit 255"


def copying(to: object) -> dict[str, str]:
    """Return the settings of a server that copies its log: each minute, so that no more than that is lost with a disk."""
    return {"archive_mode": "on", "archive_timeout": "60s", "archive_command": _placed(COPY, to)}


def fetching(to: object) -> dict[str, str]:
    """Return the setting of a server that reads the log back."""
    return {"restore_command": _placed(FETCH, to)}


def _placed(command: str, to: object) -> str:
    return command.replace("{to}", shlex.quote(str(to)).replace("%", "%%"))


def system_of(data: Path) -> str:
    """Return the number that PostgreSQL gave these databases when they were made: the beginning of its control file."""
    return str(int.from_bytes((data / "global" / "pg_control").read_bytes()[:8], sys.byteorder))


def pieces(wal: Path) -> list[str]:
    """Return the names of the pieces that lie in a folder, in their order on each time line."""
    return sorted(path.name.removesuffix(".gz") for path in wal.glob("????????" * 3 + ".gz"))


def gap_after(names: list[str], first: str, size: int) -> str:
    """Return the name of the first piece that is missing between the first one needed and the last one there."""
    a_log = (1 << 32) // size  # pieces with one middle part of the name
    there = {_number(name, a_log): name for name in names}
    wanted = range(_number(first, a_log), max(there, default=-1) + 1)
    return next((f"{first[:8]}{n // a_log:08X}{n % a_log:08X}" for n in wanted if n not in there), "")


def _number(name: str, a_log: int) -> int:
    return int(name[8:16], 16) * a_log + int(name[16:24], 16)
