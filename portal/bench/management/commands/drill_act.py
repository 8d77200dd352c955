"""What single processes of drills do: publish jobs and die before that is marked; give access for some seconds."""

import datetime
import os
import signal
import uuid
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from portal.access import tasks
from portal.access.actions import accept, give
from portal.access.identity import signed_in
from portal.access.jobs import relay
from portal.access.sections import Level, Section
from portal.audit import clock
from portal.casework.models import Job


class Command(BaseCommand):
    help = "One act of a drill; `drill` calls it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=["relay_and_die", "give"])
        parser.add_argument("--jobs", type=int, default=1, help="die after so many were published")
        parser.add_argument("--child", type=uuid.UUID)
        parser.add_argument("--seconds", type=int, default=20, help="for how long access is given")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["act"] == "give":
            self.give(options["child"], datetime.timedelta(seconds=options["seconds"]))
            return
        published = 0

        def publish(job: Job) -> None:
            nonlocal published
            tasks.publish(job)
            published += 1
            if published == options["jobs"]:
                os.kill(os.getpid(), signal.SIGKILL)

        relay(publish)

    def give(self, child_id: uuid.UUID, lasting: datetime.timedelta) -> None:
        """Give the stranger's team access that ends in a moment, by the database's clock."""
        with signed_in("worker@drill.example") as giver, signed_in("stranger@drill.example") as taker:
            owner, team = (one.memberships.live().select_related("team__agency").get().team for one in (giver, taker))
            grant = give(
                child_id=child_id, sections={Section.SUMMARY: Level.VIEW, Section.CARE: Level.VIEW},
                until=clock.now() + lasting, by=giver, reason="drill", owner=owner, team=team,
            )  # fmt: skip
            accept(grant=grant, by=taker)
        self.stdout.write(str(grant.until))
