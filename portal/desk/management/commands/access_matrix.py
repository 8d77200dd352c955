"""Prints who may view or change which section of which file, with the reason code, as the decision has it now."""

import json
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from portal.access.matrix import Cell, case_numbers, matrix
from portal.access.sections import Level, Section
from portal.accounts.models import Person
from portal.audit import events
from portal.audit.events import Event
from portal.audit.stamp import Stamp, stamping
from portal.desk.comparison import compared


class Command(BaseCommand):
    help = "Prints who may view or change which section of which file, and why."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--person", metavar="EMAIL", help="this person alone")
        parser.add_argument("--child", metavar="NUMBER", help="the file with this case number alone")
        parser.add_argument("--json", action="store_true", help="print every decision with its reason code, as JSON")
        parser.add_argument(
            "--compare",
            action="store_true",
            help="say only whether lists and row-level security agree with the decisions",
        )

    def handle(self, **options: Any) -> None:
        people = list(Person.objects.select_related("agency").order_by("email"))
        numbers = case_numbers()
        if options["person"]:
            people = [one for one in people if one.email == options["person"].lower()]
        if options["child"]:
            numbers = {pk: number for pk, number in numbers.items() if number == options["child"].upper()}
        if not people or not numbers:
            raise CommandError(
                "Nobody, or no file, is called that. Give the e-mail address or the case number as it stands."
            )
        # On record before the first line leaves.
        with transaction.atomic(), stamping(Stamp(None, "whoever runs the portal", via="command")):
            events.record(Event("access matrix", "R", details={"people": len(people), "files": len(numbers)}))
        if options["compare"]:
            self.compare(people, numbers)
            return
        line = self.in_json if options["json"] else self.in_words
        for person, child_id, cells in matrix(people, list(numbers)):
            line(person, numbers[child_id], cells)

    def compare(self, people: list[Person], numbers: dict[UUID, str]) -> None:
        """Ask the decision, the lists and the wall about everything; the first difference ends the command."""
        for person, (file, section, level), allowed, who in compared(people, list(numbers)):
            said, other = ("yes", "no") if allowed else ("no", "yes")
            raise CommandError(
                f"{person.email} {numbers[file]} {level.name.lower()} {section.slug}: decide says {said}, {who} says {other}"
            )
        asked = len(people) * len(numbers) * len(Section) * len(Level)
        self.stdout.write(
            f"The decision, the lists and row-level security agree: {len(people)} people, {len(numbers)} files,"
            f" {asked} questions."
        )

    def in_json(self, person: Person, number: str, cells: list[Cell]) -> None:
        """Print one file for one person as a line of JSON."""
        sections: dict[str, dict[str, Any]] = {}
        for section, level, made in cells:
            of_level = {"allowed": made.allowed, "reason": made.reason, "basis": made.basis}
            sections.setdefault(section.slug, {})[level.name.lower()] = of_level
        self.stdout.write(json.dumps({"person": person.email, "child": number, "sections": sections}))

    def in_words(self, person: Person, number: str, cells: list[Cell]) -> None:
        """Print what is open to the person of a file; nothing where nothing is."""
        changed = [section.slug for section, level, made in cells if made and level == Level.CHANGE]
        read = [section.slug for section, level, made in cells if made and level == Level.VIEW]
        if read or changed:
            self.stdout.write(
                f"{person.email} {number} reads {', '.join(read) or '-'}; changes {', '.join(changed) or '-'}"
            )
