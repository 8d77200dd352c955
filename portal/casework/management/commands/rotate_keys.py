"""Wraps every key again under the newest key of the ring, and says which keys of the ring are still needed."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from portal.audit.stamp import Stamp, stamping
from portal.casework import keys, rotation

CLEAN, NEEDED, SHUT = 0, 1, 2


class Command(BaseCommand):
    help = (
        "Wraps every key again under the first key of SAFE_RETURN_KEYS, so that the older ones can be taken out."
        " Exit code 0: none of the others is needed. 1: others are still needed. 2: some keys cannot be opened."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="change nothing; say which keys of the ring are needed"
        )

    def handle(self, **options: Any) -> None:
        if not options["check"]:
            with stamping(Stamp(None, "whoever runs the portal", via="command")):
                done, shut = rotation.rotate(self.progress)
            self.stdout.write(f"{done} wrapped again under “{keys.newest_ring()}”.")
            if shut:
                self.stderr.write(f"{shut} could not be opened, and stand as they were.")
                self.verdict()
                sys.exit(SHUT)
        if code := self.verdict():
            sys.exit(code)

    def progress(self, kind: str, done: int) -> None:
        self.stdout.write(f"  {kind}: {done} so far")

    def verdict(self) -> int:
        """Say what each key of the ring is still needed for; return the exit code."""
        counts, newest = rotation.needed(), keys.newest_ring()
        for name in dict.fromkeys([*settings.KEY_RING, *counts]):
            self.stdout.write(f"“{name}” wraps {counts[name]} keys.{self.advice(name, counts[name])}")
        if rotation.missing():
            return SHUT
        return NEEDED if set(counts) - {newest} else CLEAN

    def advice(self, name: str, count: int) -> str:
        """Return what to do with one key of the ring."""
        if name not in settings.KEY_RING:
            return " It is not in SAFE_RETURN_KEYS: put it back, after the newest one."
        if name == keys.newest_ring():
            return " It is the newest."
        return " Keep it, and run rotate_keys." if count else " It can be taken out of SAFE_RETURN_KEYS."
