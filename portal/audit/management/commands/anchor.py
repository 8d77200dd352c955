"""Seals the record once a minute and verifies it once a day: as the role `anchor`, with a key that nobody else holds."""

import base64
import sys
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from portal.audit.proof import private_key, public_of
from portal.audit.sealing import seal
from portal.audit.verification import verify_daily

EVERY = 60  # seconds


class Command(BaseCommand):
    help = "Seal what is on record with a signed checkpoint: once, or once a minute until it is ended."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--public", action="store_true", help="print the public key of SAFE_RETURN_ANCHOR_KEY")
        parser.add_argument("--once", action="store_true", help="seal what there is and end")

    def handle(self, **options: Any) -> None:
        try:
            key = private_key(settings.ANCHOR_KEY)
        except (OSError, ValueError) as problem:
            raise CommandError(f"SAFE_RETURN_ANCHOR_KEY names no key of 32 bytes: {problem}") from problem
        if options["public"]:
            self.stdout.write(base64.b64encode(public_of(key)).decode())
            return
        if options["once"]:
            self.say(seal(key)[-1])
            return
        while True:
            began = time.monotonic()
            try:
                seal(key)
                verify_daily(settings.ANCHOR_PUBLIC)
            except DatabaseError as problem:  # the database is away: what waits is sealed when it is back
                print(f"Not sealed: {type(problem).__name__}. Trying again.", file=sys.stderr, flush=True)
                connection.close()
            time.sleep(max(1.0, EVERY - (time.monotonic() - began)))

    def say(self, last: Any) -> None:
        self.stdout.write(f"Checkpoint {last.number}, {last.short}, made {last.made}.")
