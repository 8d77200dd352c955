"""Walks a copy of the demonstration as everybody who works there: no answer may hold a word that the person may not read.

The launcher makes the copy, writes the words into it with `write_words`, and drops it when the walk is over.
"""

import time
import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from portal.access.identity import acting
from portal.access.visibility import listed_ids
from portal.accounts.models import Person
from portal.desk.crawl import Place, Walk, addresses, open_to, seated, words_of, written_in
from victims.models import Child

MANY = 100_000


class Command(BaseCommand):
    help = "Walks a demonstration as each person, and looks for words in the answers that this person may not read."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--person", metavar="EMAIL", help="this person alone")
        parser.add_argument("--after", metavar="EMAIL", help="go on with the people after this one, in their order")
        parser.add_argument("--each", type=int, default=20, help="addresses of one kind that are followed (default 20)")
        parser.add_argument("--files", type=int, default=20, help="files whose every address is tried (default 20)")
        parser.add_argument("--minutes", type=float, default=60, help="no new person after so long (default 60)")

    def handle(self, **options: Any) -> None:
        everybody = list(Person.objects.select_related("agency").filter(is_active=True).order_by("email"))
        files, words, names = self.learn(everybody)
        if not words:
            raise CommandError("No text holds a word of the walk. Unset DATABASE_URL: the launcher makes the copy.")
        self.stdout.write(f"{len(everybody)} people, {len(files)} files, {len(words)} words of their own.")
        people = [one for one in everybody if one.email > (options["after"] or "")]
        people = [one for one in people if options["person"] in (None, one.email)]
        end, leaks, walked = time.monotonic() + 60 * options["minutes"], 0, 0
        for person in people:
            if time.monotonic() > end:
                self.stdout.write(f"Time is up. Go on with --after {people[walked - 1].email}")
                break
            leaks += self.walk(person, everybody.index(person), files, words, names, options)
            walked += 1
        self.stdout.write(f"{walked} people walked, {leaks} violations.")
        if leaks:
            raise CommandError("Somebody was shown what they may not read: see the lines above.")

    def learn(self, people: list[Person]) -> tuple[list[uuid.UUID], dict[str, Place], list[str]]:
        """Return the files that there are, the words in them and their code names: what any of the people may read."""
        words: dict[str, Place] = {}
        files: set[uuid.UUID] = set()
        names: set[str] = set()
        for person in people:
            seated(person)
            with acting(person):
                files |= set(listed_ids(person, most=MANY))
                names |= set(Child.objects.filter(pk__in=files).values_list("code_name", flat=True))
                words |= words_of(written_in())
        return sorted(files), words, sorted(names)

    def walk(
        self,
        person: Person,
        turn: int,
        files: list[uuid.UUID],
        words: dict[str, Place],
        names: list[str],
        options: dict[str, Any],
    ) -> int:
        """Walk as one person, and say what came of it."""
        client = seated(person)  # a code that is fresh for the whole walk
        step = max(1, len(files) // options["files"])
        tried = files[turn % step :: step]  # others with each person: all of them in the end
        walk = Walk(person, client, words, open_to(person, files), options["each"])
        walk.go(addresses(tried), names[: options["each"]])
        opened = sum(number for status, number in walk.pages.items() if status < 300)
        self.stdout.write(
            f"{person.email}: {walk.pages.total()} pages, {opened} of them open, {walk.bytes // 1024} KB,"
            f" {len(walk.seen)} of {len(walk.permitted)} words seen, {len(walk.leaks)} violations"
        )
        for leak in walk.leaks:
            self.stderr.write(f"  {leak}")
        return len(walk.leaks)
