"""Reads in a VICS file or a hash list from the command line, in the foreground, as a person with the right to."""

import datetime
import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from portal.access.identity import Refused, acting, signed_in
from portal.accounts.models import Person
from portal.casework.templatetags.portal import utc
from victims import imports
from victims.models import Import
from victims.sources import Unreadable, said

EVERY = 10_000  # entries between two lines of progress in a log
AGAIN = "Reading it in again (--again) adds its media a second time."


class Command(BaseCommand):
    help = "Reads in a VICS 1.3 or 2.0 file (JSON) or a list of hashes (CSV): all of it, or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the file to read in")
        parser.add_argument("--by", metavar="EMAIL", help="the certified analyst or investigator who reads it in")
        parser.add_argument("--restricted", action="store_true", help="open the series to the team only")
        parser.add_argument("--dry-run", action="store_true", help="check the file, read in nothing")
        parser.add_argument("--skip-bad", action="store_true", help="read in the good entries although some are bad")
        parser.add_argument("--again", action="store_true", help="read in a file that was read in before")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, **options: Any) -> None:
        import_ = self.read(options)
        result = result_of(import_)
        self.stdout.write(json.dumps(result, ensure_ascii=False, indent=1) if options["json"] else in_words(result))
        if import_.state == Import.State.REFUSED:
            raise CommandError(result["refusal"])

    def read(self, options: dict[str, Any]) -> Import:
        """Return the import of the file, or end with one sentence."""
        email = author_of(options)
        try:
            with signed_in(email) as person:
                return self.read_as(person, options)
        except Person.DoesNotExist:
            raise CommandError(f"Nobody here has the e-mail address {email}.") from None
        except Refused:
            raise CommandError(
                f"{email} may not read in files: only an active analyst or investigator with a valid certificate may."
            ) from None
        except Unreadable as problem:
            raise CommandError(str(problem)) from None
        except OSError as problem:
            raise CommandError(f"{options['file']} cannot be read: {problem.strerror}.") from None

    def read_as(self, person: Person, options: dict[str, Any]) -> Import:
        """Read in the file for the oldest team of the person."""
        with acting(person):
            teams = imports.teams_of(person)
        if not teams:
            raise CommandError(f"{person.email} is in no team that could own the series.")
        import_ = imports.read_file(
            path=options["file"],
            name=options["file"].name,
            is_network=not options["restricted"],
            dry_run=options["dry_run"],
            skip_bad=options["skip_bad"],
            again=options["again"],
            team=teams[0],
            by=person,
            report=self.report,
        )
        if self.stderr.isatty():
            self.stderr.write("")  # ends the line of progress
        return import_

    def report(self, done: int, total: int | None, is_comparing: bool = False) -> None:
        """Say how far it is, on the error stream: in place on a terminal, line by line in a log."""
        words = f"{done:,} of {total:,} entries" if total else f"{done:,} entries checked"
        words += " compared" if is_comparing else ""
        if self.stderr.isatty():
            self.stderr.write(f"\r{words}", ending="")
        elif done and done % EVERY == 0:
            self.stderr.write(words)


def author_of(options: dict[str, Any]) -> str:
    """Return the e-mail address of the person who reads in the file."""
    email = options["by"] or (getattr(settings, "DEMO_ANALYST", None) if settings.DEMO else None)
    if not email:
        raise CommandError("Say who reads the file in: --by EMAIL of a certified analyst or investigator.")
    return email


def result_of(import_: Import) -> dict[str, Any]:
    """Return what came of the import."""
    summary = import_.summary
    problems = [
        problem | {"reasons": [said(reason) for reason in problem["reasons"]]} for problem in summary["problems"]
    ]
    return {
        "import": str(import_.pk),
        "state": import_.state,
        "refusal": said(summary["refusal"]) if "refusal" in summary else "",
        "known": summary.get("known"),
        "known_made": summary.get("known_made"),
        **{name: summary[name] for name in ("good", "bad", "dropped_binaries", "other_hashes", "categories", "hashes")},
        "series": summary["series"],
        "problems": problems,
    }


def in_words(result: dict[str, Any]) -> str:
    """Return the result as lines for people; of a file that was refused unread there is nothing to count."""
    state = str(Import.State(result["state"]).label).capitalize()
    is_counted = result["good"] or result["bad"]
    lines = [f"{state}: {result['good']:,} good entries, {result['bad']:,} bad." if is_counted else f"{state}."]
    if result["known"]:
        lines.append(f"This file was read in before, on {moment(result['known_made'])}. {AGAIN}")
    lines += [f"  {row['count']:>9,}  {row['name']}{' (new)' if row.get('new') else ''}" for row in result["series"]]
    hashes = ", ".join(f"{name} {count:,}" for name, count in result["hashes"].items())
    if result["good"]:
        lines += [f"Hashes: {hashes or 'none'}.", f"Embedded pictures dropped: {result['dropped_binaries']:,}."]
    if result["other_hashes"]:
        lines.append(f"Hashes of other kinds left out: {result['other_hashes']:,}.")
    for problem in result["problems"]:
        named = f", MediaID {problem['media_id']}" if problem["media_id"] else ""
        lines.append(f"Line {problem['line']:,}, entry {problem['position']:,}{named}: {' '.join(problem['reasons'])}")
    if result["bad"] > len(result["problems"]):
        lines.append(f"The first {len(result['problems']):,} bad entries are named.")
    return "\n".join(lines)


def moment(text: str) -> str:
    """Return a moment as the record keeps it: 2026-11-23 09:02 UTC."""
    return utc(datetime.datetime.fromisoformat(text))
