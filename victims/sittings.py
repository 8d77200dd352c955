"""How long somebody has weighed pairs of series without a break: worked out from that person's own looks."""

import datetime

from django.db import connection

from portal.accounts.models import Person
from portal.audit import clock

BREAK = datetime.timedelta(minutes=15)  # as long as an unused sign-in lives
LONG = datetime.timedelta(minutes=50)
LOOKS = """
SELECT recorded FROM audit_event WHERE person_id = %s AND kind = ANY (%s) AND outcome = 'ok' AND recorded > %s
 ORDER BY recorded DESC LIMIT 500
"""
KINDS = ["view match", "decide match", "claim match"]
FARTHEST = datetime.timedelta(hours=12)


def sitting(person: Person) -> datetime.timedelta:
    """Return since how long the person has weighed pairs, with no pause of a quarter of an hour."""
    now = clock.now()
    began = now
    with connection.cursor() as cursor:
        cursor.execute(LOOKS, [person.pk, KINDS, now - FARTHEST])
        for (recorded,) in cursor.fetchall():
            if began - recorded >= BREAK:
                break
            began = recorded
    return now - began


def minutes_without_break(person: Person) -> int:
    """Return the minutes of a sitting that has grown long; 0 before that."""
    long = sitting(person)
    return int(long.total_seconds() // 60) if long >= LONG else 0
