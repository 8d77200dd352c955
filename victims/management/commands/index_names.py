"""Lets the hashes by which names are searched follow the names: for names older than the search, or after a restore."""

import uuid
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from portal.audit import events
from portal.audit.events import Event
from portal.audit.stamp import Stamp, stamping
from victims import name_tokens
from victims.models import Identity

BATCH = 200  # files


class Command(BaseCommand):
    help = "Makes the hashes by which children are found by name. Safe to repeat, and to run while people work."

    def handle(self, **options: Any) -> None:
        files = changed = 0
        with stamping(Stamp(None, "whoever runs the portal", via="command")):
            for batch in batches():
                with transaction.atomic():
                    renewed = name_tokens.renew(batch)
                    details = {"files": len(batch), "changed": renewed}
                    events.record(Event("index names", "U", entity="victims.nametoken", details=details))
                files, changed = files + len(batch), changed + renewed
                self.stdout.write(f"  {files} files read, {changed} changed so far")
        self.stdout.write(f"{files} files with an identity, {changed} of them found under other hashes now.")


def batches() -> Iterator[list[uuid.UUID]]:
    """Yield the files that have a record of their identity, some at a time."""
    after = uuid.UUID(int=0)
    while found := list(
        Identity.objects.filter(child_id__gt=after).order_by("child_id").values_list("child_id", flat=True)[:BATCH]
    ):
        yield found
        after = found[-1]
