"""Reads a directory of services in from the command line, as a person who keeps the vocabularies: all of it, or nothing."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.access.identity import Refused, signed_in
from portal.accounts.models import Person
from referrals import directory, hsds

NAMED = 20  # bad entries that are named


class Command(BaseCommand):
    help = "Reads in a folder of services in the shape of HSDS 3.0 (CSV or JSON) or 1.1 (CSV): all of it, or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="the folder with services.csv, or with JSON files")
        parser.add_argument("--by", metavar="EMAIL", required=True, help="the administrator who reads it in")
        parser.add_argument("--source", help="what the directory is called; the name of the folder, if left out")
        parser.add_argument("--skip-bad", action="store_true", help="read in the good entries although some are bad")
        parser.add_argument("--dry-run", action="store_true", help="check the folder, read in nothing")

    def handle(self, **options: Any) -> None:
        try:
            entries = hsds.read(options["folder"])
        except hsds.Unreadable as problem:
            raise CommandError(str(problem)) from None
        bad = [entry for entry in entries if entry.problems]
        self.stdout.write("\n".join(in_words(entries, bad)))
        if bad and not options["skip_bad"]:
            raise CommandError("Nothing was read in. Mend these lines, or leave them out with --skip-bad.")
        if not options["dry_run"]:
            source = options["source"] or options["folder"].resolve().name
            good = [(f"{source}:{entry.id}"[:200], entry.values) for entry in entries if not entry.problems]
            added, changed = take_in(good, options["by"])
            self.stdout.write(
                f"Read in: {added:,} new, {changed:,} changed, {len(good) - added - changed:,} as before."
            )


def take_in(entries: list[tuple[str, dict[str, Any]]], email: str) -> tuple[int, int]:
    """Take the services in, or end with one sentence."""
    try:
        with signed_in(email) as person:
            return directory.import_services(entries=entries, by=person, reason="read in")
    except Person.DoesNotExist:
        raise CommandError(f"Nobody here has the e-mail address {email}.") from None
    except Refused:
        raise CommandError(f"{email} may not read services in: agency administrators and operators may.") from None


def in_words(entries: list[hsds.Entry], bad: list[hsds.Entry]) -> list[str]:
    """Return what was found, as lines for people: each bad entry with what to do."""
    lines = [f"{len(entries):,} services, {len(bad):,} of them bad."]
    lines += [f"{entry.where}: {' '.join(entry.problems)}" for entry in bad[:NAMED]]
    if len(bad) > NAMED:
        lines.append(f"The first {NAMED} bad entries are named.")
    unknown = dict.fromkeys(word for entry in entries for word in entry.unknown_languages)
    if unknown:
        lines.append(f"Left out, as no language is called so: {'; '.join(list(unknown)[:NAMED])}.")
    return lines
