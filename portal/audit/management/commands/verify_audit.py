"""Says whether the record is as it was written: exit code 0 clean, 1 tampered, 2 cannot tell."""

import sys
import uuid
from argparse import ArgumentParser
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.audit.verification import Found, Range, verify, verify_and_keep


def moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


class Command(BaseCommand):
    help = "Compare the record with its chains and signed checkpoints. Exit code 0 clean, 1 tampered, 2 cannot tell."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="since", type=moment, help="what was sealed since (2026-11-01T00:00)")
        parser.add_argument("--to", dest="until", type=moment, help="what was sealed until")
        parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="checkpoints that a witness kept")
        parser.add_argument("--child", type=uuid.UUID, metavar="ID", help="one file alone")

        parser.add_argument("--keep", action="store_true", help="show on the portal's pages what came of it")

    def handle(self, **options: Any) -> None:
        chosen = Range(options["since"], options["until"], options["child"])
        if options["keep"]:
            self.keep(chosen, options["checkpoint"])
        found = verify(settings.ANCHOR_PUBLIC, chosen, options["checkpoint"], settings.EVENT_KEYS)
        self.say(found)
        sys.exit(found.exit_code)

    def keep(self, chosen: Range, witness: Path | None) -> NoReturn:
        """Compare as a timer has it done: everything, with the keys."""
        if chosen != Range() or witness or not settings.EVENT_KEYS:
            raise CommandError(
                "--keep compares the whole record and no --checkpoint, and needs SAFE_RETURN_EVENT_KEYS."
            )
        found = verify_and_keep(settings.ANCHOR_PUBLIC, settings.EVENT_KEYS)
        self.say(found)
        sys.exit(found.exit_code)

    def say(self, found: Found) -> None:
        self.stdout.write(f"{found.checkpoints} checkpoints, {found.leaves} events and changes compared.")
        for line in found.notices:
            self.stdout.write(f"Note: {line}")
        for line in found.unknown:
            self.stdout.write(f"Cannot tell: {line}")
        for line in found.problems:
            self.stdout.write(f"TAMPERED: {line}")
        if found.exit_code == 0:
            self.stdout.write("Nothing missing, nothing altered.")
