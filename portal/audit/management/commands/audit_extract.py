"""Writes the record out for a verifier that needs neither the database nor the portal (docs/verify.md)."""

import uuid
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction

from portal.audit.extracting import write
from portal.audit.verification import Range


class Command(BaseCommand):
    help = "Write the proof of the record into a file: ids, hashes and events, never what stands in a record."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a new file")
        parser.add_argument("--child", type=uuid.UUID, metavar="ID", help="one file alone")

    def handle(self, **options: Any) -> None:
        try:
            file = options["file"].open("x", encoding="utf-8")
        except OSError as problem:
            raise CommandError(f"{options['file']} cannot be made: {problem.strerror}. Name a new file.") from problem
        with file, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            cursor.execute("SET LOCAL statement_timeout = 0")
            number = write(file, Range(child_id=options["child"]))
        self.stdout.write(f"{number} lines in {options['file']}.")
