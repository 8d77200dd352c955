"""Who looked at a file, and whom it was refused to, in words for whoever may read that."""

import datetime
import uuid
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.access.actions import live_grants
from portal.access.agencies import agency_name
from portal.access.emergency import emergency_grants
from portal.access.models import Basis
from portal.access.rights import sections_open
from portal.access.sections import Section
from portal.accounts.models import Agency, Person
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.models import AccessEvent

OVERSIGHT = {Role.AUDITOR, Role.PRIVACY_OFFICER}  # roles by which the history of a file is read

# What each kind of look at a file was.
KINDS = {
    "view": gettext_lazy("Page opened"),
    "download": gettext_lazy("Document taken"),
    "pdf made": gettext_lazy("PDF made"),
    "pdf": gettext_lazy("PDF taken"),
    "list": gettext_lazy("Shown in a list"),
    "my work": gettext_lazy("Shown on My work"),
    "my access": gettext_lazy("Shown on My access"),
    "confirmations": gettext_lazy("Shown among files to confirm"),
    "agency access": gettext_lazy("Shown on the page of an agency"),
    "notices": gettext_lazy("Named in a notice"),
    "task": gettext_lazy("Named in a task"),
    "offer": gettext_lazy("Named in an offer"),
    # About a seal or about erasing: one word for both. A seal may be meant to keep out whoever reads this.
    "question": gettext_lazy("Named in a question to a second person"),
    "search": gettext_lazy("Found by a search"),
    "search before opening a file": gettext_lazy("Found by a search"),
    "look for a bed": gettext_lazy("Bed looked for"),
    "print list of beds": gettext_lazy("List of beds printed"),
    "view shelter": gettext_lazy("Named on the page of a shelter"),
    "referrals": gettext_lazy("Named among referrals"),
    "referral": gettext_lazy("Referral opened"),
    "view action": gettext_lazy("Action of the care plan opened"),
    "pick a child": gettext_lazy("Shown in a list"),
    "team": gettext_lazy("Named in a task of the team"),
    "view as it stood": gettext_lazy("Read as it stood on an earlier day"),
    "view history": gettext_lazy("History read"),
    "list histories": gettext_lazy("Shown among files under review"),
    "list jobs": gettext_lazy("Named in a list of jobs"),
    "list events": gettext_lazy("Named in a list of events"),
    "export events": gettext_lazy("Named in events that were taken along"),
    "view hand-over": gettext_lazy("Hand-over opened"),
    "print hand-over": gettext_lazy("Receipt printed for signing by hand"),
    "receipt made": gettext_lazy("Receipt made"),
    "receipt": gettext_lazy("Receipt taken"),
    "view emergency access": gettext_lazy("Record of the emergency access opened"),
    "view draft": gettext_lazy("Own text that was not saved read"),
    "table of files": gettext_lazy("Taken along in a table"),
    "view erasure": gettext_lazy("Opened what is kept of it and what is erased"),
    "view evidence hold": gettext_lazy("Opened what is held as evidence"),
    "view disclosure": gettext_lazy("Disclosure opened"),
    "read disclosure": gettext_lazy("What a disclosure would give read"),
    "take disclosure": gettext_lazy("Disclosure taken"),
    "compare disclosure": gettext_lazy("A paper compared with a disclosure"),
}


def looks_at(
    child_id: uuid.UUID, before: datetime.datetime, most: int, *, with_refusals: bool = False
) -> list[AccessEvent]:
    """Return who looked at a file, newest first; refusals only to its owner team and privacy officers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM access.looks_at(%s, %s, %s, %s)", [child_id, before, most, with_refusals])
        names = [column.name for column in cursor.description]
        return [AccessEvent(**dict(zip(names, row, strict=True))) for row in cursor.fetchall()]


def latest_looks(person: Person, child_id: uuid.UUID) -> list[dict[str, Any]]:
    """Return the last look of each of the four people who looked last, as this person may read it."""
    latest: dict[Any, AccessEvent] = {}
    for event in looks_at(child_id, clock.now(), 100):
        latest.setdefault(event.person_id, event)
    events = list(latest.values())[:4]
    agencies = Agency.objects.in_bulk({event.agency_id for event in events if event.agency_id})
    return [look_row(person, child_id, event, agencies) for event in events]


def grouped(events: list[AccessEvent], zone: datetime.tzinfo) -> list[tuple[AccessEvent, int]]:
    """Return looks that are alike on one day as one, the latest, with how many they are: reloads drown no opening."""
    groups: dict[Any, list[AccessEvent]] = {}
    for event in events:
        alike = (event.person_id, event.kind, event.outcome, tuple(event.sections), event.basis)
        groups.setdefault((event.recorded.astimezone(zone).date(), alike), []).append(event)
    return [(group[0], len(group)) for group in groups.values()]


def look_row(
    person: Person, child_id: uuid.UUID, event: AccessEvent, agencies: dict, rights: dict[str, str] | None = None
) -> dict[str, Any]:
    """Return one look, or one refusal, as this person may read it."""
    held = sections_open(person, child_id)
    agency = agencies.get(event.agency_id)
    name = agency_name(person, child_id, agency) if agency else event.agency
    shown = name == event.agency
    return {
        "at": event.recorded,
        "who": event.person if shown else "",
        "agency": name or _("another agency"),
        "what": KINDS.get(event.kind, event.kind) if event.outcome == "ok" else _("Refused: no access"),
        "sections": _(", ").join(str(Section(number).label) for number in event.sections if number in held),
        "basis": basis_words(event.basis, rights or {}),
    }


def rights_of(child_id: uuid.UUID) -> dict[str, str]:
    """Return what each access to a file is called that nobody gave, by its number in the record."""
    owners = [grant.pk for grant in live_grants(child_id) if grant.basis == Basis.OWNERSHIP]
    called = dict.fromkeys(map(str, owners), _("team that owns the file"))
    return called | dict.fromkeys(map(str, emergency_grants(child_id)), _("emergency access"))


def basis_words(basis: str, rights: dict[str, str]) -> str:
    """Return by which right somebody looked: "grant" and its number in the record, or that the file was open."""
    kind, _space, number = basis.partition(" ")
    if kind == "grant":
        return rights.get(number, _("access that was given"))
    words = {"open": _("open to the network"), "owner": _("team that owns the file")}
    return words.get(kind) or (str(Role(kind).label) if kind in OVERSIGHT else "")
