"""What a restored portal does before anybody works with it: check itself, forget again whom it had forgotten, and say so."""

import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction

from portal.access.erasing import erase_again
from portal.accounts.backups import Outcome, erasures, note, unfit_lines
from portal.audit import clock
from portal.audit.proof import private_key
from portal.audit.sealing import seal
from portal.audit.stamp import Stamp, stamping
from portal.audit.verification import Range, verify
from portal.casework import rotation


class Command(BaseCommand):
    help = "Check a restored portal, erase again who was erased, seal that it was restored. Used by restore."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--said", default="", help="what is sealed: to when, from which backup; nothing: a test")
        parser.add_argument("--beside", type=Path, help="the folder of the backups: who was erased is read there")
        parser.add_argument("--checkpoint", type=Path, metavar="FILE", help="checkpoints that a witness kept")
        parser.add_argument(
            "--tested", metavar="NAME", help="a backup restored by hand as a test: note there that it passed"
        )

    def handle(self, **options: Any) -> None:
        code, began = 0, clock.now()
        if missing := rotation.missing():
            self.stdout.write(
                f"The key ring lacks {', '.join(sorted(missing))}: what it wraps stays closed. Put it back."
            )
            code = 1
        if options["said"]:
            code = self.repeat_erasures(options["beside"]) or code
            last = seal(private_key(settings.ANCHOR_KEY), {"restored": options["said"]})[-1]
            self.stdout.write(f"Checkpoint {last.number}, {last.short}, says that the record was restored.")
        found = verify(settings.ANCHOR_PUBLIC, Range(), options["checkpoint"], settings.EVENT_KEYS)
        lines = [*found.notices, *found.unknown, *(f"TAMPERED: {one}" for one in found.problems)]
        self.stdout.write(
            "\n".join([f"{found.checkpoints} checkpoints, {found.leaves} events and changes compared.", *lines])
        )
        code = code or found.exit_code
        if options["tested"] and not code:
            done = Outcome(began, options["tested"], seconds=(clock.now() - began).total_seconds())
            note(options["beside"], tried=done, proved=done)
        sys.exit(code)

    def repeat_erasures(self, folder: Path) -> int:
        """Do again what was done after the moment that was restored, so that nobody comes back who was to be forgotten.

        Returns 1 where a line was not written by this portal: it erases nothing, and somebody has to look at it.
        """
        erased = erasures(folder)
        with stamping(Stamp(None, "whoever runs the portal", via="command")), transaction.atomic():
            count = erase_again(erased)
        self.stdout.write(f"Erased again: {count}.")
        self.stdout.write(f"{len(erased)} erased before and since stand on the list.")
        refused = unfit_lines(folder)
        for number in refused:
            self.stdout.write(
                f"REFUSED: line {number} of erasures.jsonl was not written by this portal, or was altered. Nothing was"
                " erased for it: find out who wrote it, then take it out."
            )
        return int(bool(refused))
