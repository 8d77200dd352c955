"""Make the demonstration's world once; made already, do nothing. With --list, say who can sign in."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.demo import stories, world
from portal.demo.people import AGENCIES, DESKS


class Command(BaseCommand):
    help = "Make the invented people and files of the demonstration."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--list", action="store_true", help="print who can sign in")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("This database is not a demonstration. Start one with: python3 manage.py demo")
        if options["list"]:
            for desk in DESKS:
                self.stdout.write(
                    f"{desk.given[:1]}. {desk.family:<10} {desk.role.label:<18} {AGENCIES[desk.agency][0]}"
                )
        elif not world.exists():
            stories.make()
            world.make_figures()
