"""One random key for each child and section, and two of the portal, wrapped by the key ring outside the database.

Values are sealed with AES-256-GCM and bound to where they stand: a ciphertext copied to another row, field or
child does not open. Destroying a wrapped key destroys everything it ever closed, backups included.
"""

import os
import uuid
from collections.abc import Sequence
from contextvars import ContextVar
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.apps import apps
from django.conf import settings
from django.db import connection

from portal.accounts.passwords import opening_key
from portal.audit.ids import uuid7

NONCE = 12  # bytes

# The portal's own keys: what belongs to no child is sealed under the first, names are hashed under the second.
RECORDS, NAMES = "records", "names"

# Opened keys of the transaction in hand, by (child, section) or by name; access.acting() starts it empty and throws it
# away.
opened_keys: ContextVar[dict[tuple[uuid.UUID, int] | str, bytes] | None] = ContextVar("opened_keys", default=None)


class KeyMissing(LookupError):
    """The key of a section is not there: not given to this person, or destroyed on purpose."""


class CannotOpen(ValueError):
    """A stored value does not open: it was altered, moved from elsewhere, or closed with a lost key."""


def seal(key: bytes, text: bytes, place: str) -> bytes:
    """Return nonce + ciphertext, bound to the place; 28 bytes longer than the text."""
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, text, place.encode())


def unseal(key: bytes, sealed: bytes, place: str) -> bytes:
    """Return what seal() was given, if key, place and bytes are the same."""
    try:
        return AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], place.encode())
    except (InvalidTag, ValueError) as error:  # altered, or too short to be anything
        raise CannotOpen(f"The stored value at {place} does not open.") from error


def seal_by_ring(text: bytes, place: str) -> bytes:
    """Return the text sealed under the portal's own key, which the ring wraps: for what belongs to no child."""
    return seal(portal_key(RECORDS), text, place)


def unseal_by_ring(sealed: bytes, place: str) -> bytes:
    """Return what seal_by_ring() was given."""
    return unseal(portal_key(RECORDS), sealed, place)


def portal_key(name: str) -> bytes:
    """Return one of the portal's own keys; they outlive every ring key, so nothing hashed or sealed with them changes."""
    known = opened_keys.get()
    if known is not None and name in known:
        return known[name]
    row = apps.get_model("casework", "PortalKey").objects.filter(name=name).first()
    if row is None:
        raise KeyMissing(f"The database has no key for {name}. Run migrate: it makes one.")
    key = unwrap(row.ring, bytes(row.wrapped), place_of_portal_key(name))
    if known is not None:
        known[name] = key
    return key


def make_portal_keys() -> None:
    """Make the portal's own keys where they are missing; for whoever owns the tables."""
    keys = apps.get_model("casework", "PortalKey").objects
    for name in (RECORDS, NAMES):
        if not keys.filter(name=name).exists():
            ring, wrapped = wrap(os.urandom(32), place_of_portal_key(name))
            keys.create(name=name, ring=ring, wrapped=wrapped)


def newest_ring() -> str:
    """Return the name of the ring key that wraps from now on: the first."""
    return next(iter(settings.KEY_RING))


def wrap(key: bytes, place: str) -> tuple[str, bytes]:
    """Return the name of the newest ring key, and the key wrapped by it."""
    ring = newest_ring()
    return ring, seal(ring_key(ring), key, place)


def unwrap(ring: str, wrapped: bytes, place: str) -> bytes:
    """Return a key that wrap() was given."""
    return unseal(ring_key(ring), wrapped, place)


def ring_key(name: str) -> bytes:
    """Return a key of the ring."""
    if name not in settings.KEY_RING:
        raise KeyMissing(f"The key ring has no key named {name!r}. Add it to SAFE_RETURN_KEYS, after the newest one.")
    return settings.KEY_RING[name]


def section_key(child_id: uuid.UUID, section: int, *, make: bool = False) -> bytes:
    """Return the key of a child's section; with make, a first one is made where none is."""
    known = opened_keys.get()
    if known is not None and (child_id, section) in known:
        return known[child_id, section]
    row = apps.get_model("casework", "SectionKey").objects.filter(child_id=child_id, section=section).first()
    if row is None:
        if not make:
            raise KeyMissing(f"No key for section {section} of this file.")
        row = new_section_key(child_id, section)
    key = unwrap(row.ring, bytes(row.wrapped), place_of_key(child_id, section))
    if known is not None:
        known[child_id, section] = key
    return key


def open_section_keys(child_ids: Sequence[uuid.UUID], section: int) -> None:
    """Open the keys of one section of several files at once, for whoever reads them one by one afterwards."""
    known = opened_keys.get()
    if known is None:
        return
    for row in apps.get_model("casework", "SectionKey").objects.filter(child_id__in=child_ids, section=section):
        known[row.child_id, section] = unwrap(row.ring, bytes(row.wrapped), place_of_key(row.child_id, section))


def new_section_key(child_id: uuid.UUID, section: int) -> Any:
    """Make, wrap and store the first key of a child's section; of two made at the same moment the first one stands."""
    ring, wrapped = wrap(os.urandom(32), place_of_key(child_id, section))
    with connection.cursor() as cursor:
        # Waits while another transaction stores one. Once that has committed, the next statement sees its row.
        values: list[Any] = [opening_key(), uuid7(), child_id, section, ring, wrapped]
        cursor.execute("SELECT access.add_section_key(%s, %s, %s, %s::smallint, %s, %s)", values)
    return apps.get_model("casework", "SectionKey").objects.get(child_id=child_id, section=section)


def place_of_key(child_id: uuid.UUID, section: int) -> str:
    """Return what a wrapped key is bound to."""
    return f"section-key:{child_id}:{section}"


def place_of_portal_key(name: str) -> str:
    """Return what a wrapped key of the portal is bound to."""
    return f"portal-key:{name}"
