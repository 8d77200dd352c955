"""Takes old months of events out of the database, into files that their leaves prove (docs/operations.md, Event partitions)."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from portal.audit.away import Unfit, put_away


class Command(BaseCommand):
    help = (
        "Write months of events older than SAFE_RETURN_EVENT_DAYS into files, and take out of the database what was"
        " written and sealed before. Run it once a day. Exit code 1: something does not fit, and nothing was taken out."
    )

    def handle(self, **options: Any) -> None:
        try:
            put_away(self.stdout.write)
        except Unfit as problem:
            self.stdout.write(f"TAMPERED: {problem}. It stays in the database.")
            sys.exit(1)
