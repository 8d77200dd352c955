"""What was typed into a form and not saved: kept sealed on the server, for its author alone, until it is saved."""

import datetime
import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.db import connection
from django.http import HttpRequest, QueryDict

from portal.audit.ids import uuid7
from portal.casework import keys
from portal.casework.models import Draft

TOKEN = "draft"  # the hidden field that says which form this is, in the portal's own signature  # noqa: S105
PROOF_FOR = datetime.timedelta(days=1)  # a page is open for a day at most: a sign-in lasts twelve hours
KEPT_FOR = datetime.timedelta(days=30)
LONGEST = 100_000  # characters of all fields together
# Never kept: what proves who somebody is, and what a form carries for itself.
NOT_KEPT = {TOKEN, "csrfmiddlewaretoken", "once", "code", "password", "resolve", "base", "joining"}
OF_JOINING = ("choice_", "theirs_", "mine_", "together_", "again-")

KEPT, SAVED, FULL = "kept", "saved", "full"  # what access.keep_draft() answers
Fields = dict[str, list[str]]


class TooLong(ValueError):
    """More was typed than a draft holds."""


@dataclass(frozen=True)
class Place:
    """The form that a draft belongs to: whose, at which address, of which section of which file, of which record."""

    person_id: uuid.UUID
    address: str
    child_id: uuid.UUID | None = None
    section: int | None = None
    level: int = 0
    record: tuple[str, str, int] | None = None  # model, id and version of the record that the form changes

    @property
    def path(self) -> str:
        return self.address.partition("?")[0]

    def token(self) -> str:
        """Return the words by which the form is known again when it is posted."""
        child = str(self.child_id) if self.child_id else ""
        parts = [str(self.person_id), self.address, child, self.section, self.level, self.record]
        return signing.dumps(parts, salt=TOKEN)


@dataclass(frozen=True)
class Words:
    """A draft that was opened: its row, and what stood in the fields."""

    draft: Draft
    fields: Fields

    @property
    def data(self) -> QueryDict:
        """Return the fields as the form posts them."""
        data = QueryDict(mutable=True)
        for name, values in self.fields.items():
            data.setlist(name, values)
        return data

    @property
    def texts(self) -> list[str]:
        """Return what was written in words, without choices, dates and ids."""
        return [value for values in self.fields.values() for value in values if " " in value.strip()]


def address_of(request: HttpRequest) -> str:
    """Return the address of a form; what was asked there comes along while it is short."""
    whole = request.get_full_path()
    return whole if len(whole) <= 300 else request.path[:300]


def place_in(token: str) -> Place | None:
    """Return the form that a page of the portal was made for; nothing for what the portal did not sign."""
    try:
        person, address, child, section, level, record = signing.loads(token, salt=TOKEN, max_age=PROOF_FOR)
    except (signing.BadSignature, ValueError):
        return None
    whose = uuid.UUID(child) if child else None
    return Place(uuid.UUID(person), address, whose, section, level, tuple(record) if record else None)  # type: ignore[arg-type]


def place_of(request: HttpRequest) -> Place | None:
    """Return the form that is posted, if it is the person's own."""
    place = place_in(request.POST.get(TOKEN, ""))
    return place if place and place.person_id == request.user.pk else None


def fields_of(posted: QueryDict) -> Fields:
    """Return what was typed into a form; on a page that joins two versions, the person's own words of each field."""
    joining = posted.getlist("joining")
    fields = {
        name: values
        for name, values in posted.lists()
        if name not in NOT_KEPT and not name.startswith(OF_JOINING) and name not in joining
    }
    fields |= {name: posted.getlist(f"mine_{name}") for name in joining}
    if posted.get("base"):  # the version that these words were made from
        fields["version"] = posted.getlist("base")[:1]
    return fields


def keep(place: Place, fields: Fields, *, is_open: bool, once: str = "") -> str:
    """Keep what was typed into a form, in the place of what was kept before; return what became of it.

    It is sealed under the key of the section while that is open to the person; else, as in a form of no section or where
    access ended while somebody wrote, under the portal's own.
    """
    text = json.dumps(fields).encode()
    if sum(len(value) for values in fields.values() for value in values) > LONGEST:
        raise TooLong
    key = key_of(place, make=True) if is_open else None
    closed = keys.seal(key, text, seal_of(place)) if key else keys.seal_by_ring(text, seal_of(place))
    values: list[Any] = [uuid7(), place.address, place.child_id, place.section, place.level, key is None, closed, once]
    with connection.cursor() as cursor:
        cursor.execute("SELECT access.keep_draft(%s, %s, %s, %s::smallint, %s::smallint, %s, %s, %s)", values)
        return str(cursor.fetchone()[0])


def key_of(place: Any, *, make: bool = False) -> bytes | None:
    """Return the key of the section that a form belongs to; nothing where there is none for this person."""
    if place.child_id is None or place.section is None:
        return None
    try:
        return keys.section_key(place.child_id, place.section, make=make)
    except keys.KeyMissing:
        return None


def seal_of(place: Any) -> str:
    """Return what a draft is bound to: one moved to another person or form does not open."""
    return f"draft:{place.person_id}:{place.address}"


def opened(draft: Draft) -> Words | None:
    """Return what a draft holds; nothing where its key was destroyed."""
    closed = bytes(draft.closed)
    key = None if draft.by_ring else key_of(draft)
    if key is None and not draft.by_ring:
        return None
    try:
        text = keys.unseal(key, closed, seal_of(draft)) if key else keys.unseal_by_ring(closed, seal_of(draft))
    except keys.CannotOpen:
        return None
    return Words(draft, json.loads(text))


def kept_for(person: Any, path: str) -> Iterator[Words]:
    """Yield the person's drafts of the forms of one page that are open now."""
    for draft in Draft.objects.filter(person_id=person.pk, path=path).order_by("-saved"):
        words = opened(draft)
        if words is not None:
            yield words


def drop(address: str) -> bool:
    """Drop the person's draft of a form; return whether there was one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT access.drop_draft(%s)", [address])
        return bool(cursor.fetchone()[0])


def drop_saved(request: HttpRequest) -> None:
    """Drop what was kept of a form, in the transaction that saves it."""
    place = place_of(request)
    if place is not None:
        drop(place.address)


def kept_at(address: str) -> datetime.datetime | None:
    """Return when the person's words for a form were kept last, whether or not the form is open now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT access.draft_kept(%s)", [address])
        at: datetime.datetime | None = cursor.fetchone()[0]
        return at
