"""Writes a word of its own into every text of every file: in a copy of the demonstration, for `crawl`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from portal.access import router
from portal.audit.stamp import Stamp, stamping
from portal.desk.crawl import write_words


class Command(BaseCommand):
    help = "Write a word of its own into every text of a copied demonstration. crawl does this by itself."

    def handle(self, **options: Any) -> None:
        if not connection.settings_dict["NAME"].endswith("_copy"):
            raise CommandError(
                "This would spoil the texts of a database that is in use. Run crawl, which works on a copy."
            )
        with router.as_owner(), stamping(Stamp(None, "set-up")):
            written, closed = write_words()
        self.stdout.write(f"{written} words written. Without room for one: {dict(closed) or 'no text'}.")
