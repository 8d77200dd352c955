"""Lists the files that the comparison found to match, as far as both series are open to a person."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from portal.access.identity import Refused, acting, signed_in
from portal.access.rights import check_roams
from portal.accounts.models import Person
from portal.audit import events
from portal.audit.events import Event
from victims.management.commands.import_vics import author_of
from victims.media_rows import KINDS
from victims.models import SeriesPair
from victims.vics_entries import HASHES

STATES = {
    SeriesPair.State.WAITING: "waiting",
    SeriesPair.State.PROPOSED: "proposed",
    SeriesPair.State.SAME: "same",
    SeriesPair.State.NOT_THE_SAME: "not the same",
    SeriesPair.State.CANNOT_TELL: "cannot tell",
}
NAMES = {number: HASHES[name] for name, number in KINDS.items()}  # as VICS calls them: MD5, SHA1, PDQ
# Both series are open, so their media are; the file of another agency's import keeps its name to itself.
MATCHES = """
SELECT a.id, a.media_id, s.name, i.file_name, b.id, b.media_id, t.name, j.file_name, m.kind, m.distance
  FROM access.matches_of(%s) m
  JOIN victims_media a ON a.id = m.a_id JOIN victims_series s ON s.id = a.series_id
  JOIN victims_media b ON b.id = m.b_id JOIN victims_series t ON t.id = b.series_id
  LEFT JOIN victims_import i ON i.id = a.import_id LEFT JOIN victims_import j ON j.id = b.import_id
 ORDER BY m.id
"""


class Command(BaseCommand):
    help = "Lists the pairs of files that match: a is the later one, b was there before it, series is that of b."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--by", metavar="EMAIL", help="the certified analyst or investigator who looks")
        parser.add_argument("--json", action="store_true", help="print them as JSON")

    def handle(self, **options: Any) -> None:
        found = self.read(author_of(options))
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False, indent=1))
        else:
            for row in found:
                self.stdout.write(in_words(row))

    def read(self, email: str) -> list[dict[str, Any]]:
        """Return the matches, or end with one sentence."""
        try:
            with signed_in(email) as person, acting(person):
                check_roams(person)
                pairs = list(SeriesPair.objects.order_by("pk"))
                found = [row for pair in pairs for row in rows_of(pair)]
                ids = [pair.pk for pair in pairs]
                events.record(Event("list matches", "R", entity="victims.seriespair", entities=ids))
                return found
        except Person.DoesNotExist:
            raise CommandError(f"Nobody here has the e-mail address {email}.") from None
        except Refused:
            raise CommandError(
                f"{email} may not look at matches: only an active analyst or investigator with a valid certificate may."
            ) from None


def rows_of(pair: SeriesPair) -> Iterator[dict[str, Any]]:
    """Yield the matches of a pair."""
    with connection.cursor() as cursor:
        cursor.execute(MATCHES, [pair.pk])
        for first, *a, second, b_media, b_series, b_source, kind, distance in cursor.fetchall():
            one, other = side(*a), side(b_media, b_series, b_source)
            later, before = (one, other) if first > second else (other, one)
            yield {
                "a": later,
                "b": before,
                "kind": NAMES[kind],
                "distance": distance,
                "series": before["series"],
                "state": STATES[SeriesPair.State(pair.state)],
            }


def side(media_id: str, series: str, source: str | None) -> dict[str, Any]:
    """Return one file: its MediaID, a number as VICS has it, the file that brought it, and its series."""
    return {"media_id": int(media_id) if media_id.isdecimal() else media_id, "source": source, "series": series}


def in_words(row: dict[str, Any]) -> str:
    """Return a match as a line for people."""
    a, b = (f"{file['media_id']!s:.60} ({file['source'] or 'another agency'})" for file in (row["a"], row["b"]))
    near = f", distance {row['distance']}" if row["distance"] is not None else ""
    return f"{a} = {b}: {row['kind']}{near}, series {row['series']}, {row['state']}"
