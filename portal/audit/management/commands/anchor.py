"""Seals the record once a minute and verifies it once a day: as the role `anchor`, with a key that nobody else holds."""

import base64
import os
import signal
import subprocess
import sys
import time
from argparse import ArgumentParser
from types import FrameType
from typing import Any, NoReturn

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from portal.audit.proof import private_key, public_of
from portal.audit.sealing import seal
from portal.audit.verification import is_due, verify_daily

EVERY = 60  # seconds
AGAIN = 3600  # after a comparison that came to no end
COMPARE = [sys.executable, "-m", "django", "anchor", "--compare"]


class Comparing:
    """The daily comparison beside the sealing: a process of its own, since a large record takes longer than a witness waits."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None
        self.not_before = 0.0

    def look(self) -> None:
        """Begin it when it is due; say so where it failed."""
        if self.process is not None:
            if (code := self.process.poll()) is None:
                return
            self.process = None
            if code:
                self.not_before = time.monotonic() + AGAIN
                print(
                    f"The record was not compared (code {code}). Trying again in an hour.", file=sys.stderr, flush=True
                )
        if time.monotonic() >= self.not_before and is_due():
            env = {name: value for name, value in os.environ.items() if name != "SAFE_RETURN_ANCHOR_KEY"}
            self.process = subprocess.Popen(COMPARE, cwd=settings.ROOT, env=env)  # noqa: S603 - above

    def stop(self) -> None:
        """End it and wait for its end: the next start begins it anew."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait()


def end(_number: int, _frame: FrameType | None) -> NoReturn:
    """Leave by the way on which the comparison is ended too."""
    sys.exit(0)


class Command(BaseCommand):
    help = "Seal what is on record with a signed checkpoint: once, or once a minute until it is ended."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--public", action="store_true", help="print the public key of SAFE_RETURN_ANCHOR_KEY")
        parser.add_argument("--once", action="store_true", help="seal what there is and end")
        parser.add_argument("--compare", action="store_true", help="compare the whole record, if that is due, and end")

    def handle(self, **options: Any) -> None:
        if options["compare"]:
            verify_daily(settings.ANCHOR_PUBLIC)
            return
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
        signal.signal(signal.SIGTERM, end)
        comparing = Comparing()
        try:
            while True:
                began = time.monotonic()
                self.seal(key, comparing)
                time.sleep(max(1.0, EVERY - (time.monotonic() - began)))
        finally:
            comparing.stop()

    def seal(self, key: Ed25519PrivateKey, comparing: Comparing) -> None:
        """Seal what there is, and have the record compared once a day beside it."""
        try:
            seal(key)
            comparing.look()
        except DatabaseError as problem:  # the database is away: what waits is sealed when it is back
            print(f"Not sealed: {type(problem).__name__}. Trying again.", file=sys.stderr, flush=True)
            connection.close()

    def say(self, last: Any) -> None:
        self.stdout.write(f"Checkpoint {last.number}, {last.short}, made {last.made}.")
