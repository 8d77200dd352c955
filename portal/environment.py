"""Reading the environment: what is missing or wrong names itself and the remedy."""

import base64
import os
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

from portal.audit import macs
from portal.audit.proof import public_keys


def env(name: str, default: str | None = None) -> str:
    """Return an environment value; a missing one without a default names itself and the remedy."""
    value = os.environ.get(name, default)
    if value is None:
        raise ImproperlyConfigured(f"{name} is not set. Set it in the environment, or start with: python3 manage.py up")
    return value


def database(url: str, *, role: str | None = None) -> dict:
    """Return Django's settings for a libpq URL; several hosts and target_session_attrs pass through to the driver."""
    parts = conninfo_to_dict(url)
    known = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    # Binding on the server keeps secrets out of the statement text that other connections of a role can read.
    options: dict[str, Any] = {"server_side_binding": True, "prepare_threshold": 3}
    options |= {key: value for key, value in parts.items() if key not in known}
    if role:
        options["assume_role"] = role
    return {
        "ENGINE": "django.db.backends.postgresql",
        "ATOMIC_REQUESTS": False,
        "CONN_MAX_AGE": 0,
        "OPTIONS": options,
        **{name: str(parts[key]) for key, name in known.items() if key in parts},
    }


# The key ring outside the database: "name:base64 of 32 bytes", newest first; older ones still open what they closed.
def key_ring(text: str) -> dict[str, bytes]:
    """Return the keys by name; one that is not 32 bytes of base64 names the remedy."""
    pairs = [key.partition(":") for key in text.split(",")]
    try:
        keys = {name.strip(): base64.b64decode(value, validate=True) for name, _colon, value in pairs}
    except ValueError:
        keys = {}
    if not keys or any(len(key) != 32 for key in keys.values()):
        raise ImproperlyConfigured(
            "SAFE_RETURN_KEYS holds a key that is not 32 bytes of base64. Write name:value, made with: openssl rand -base64 32"
        )
    return keys


def periods(text: str) -> dict[str, tuple[int, int]]:
    """Return for how many years closed files are kept, and until which age at least, by country; "" is everywhere else."""
    found = {}
    for part in text.split(","):
        country, _colon, years = part.strip().rpartition(":")
        numbers = [int(number) for number in years.split("/") if number.isdecimal()]
        if len(numbers) != 2 or not 0 < numbers[0] <= 100 or numbers[1] > 100:
            raise ImproperlyConfigured(
                "SAFE_RETURN_RETENTION is years/age, by country where it differs: 10/25, PT:15/25."
            )
        found[country] = (numbers[0], numbers[1])
    if "" not in found:
        raise ImproperlyConfigured("SAFE_RETURN_RETENTION needs years/age for all countries, first: 10/25, PT:15/25.")
    return found


def event_keys(text: str) -> dict[bytes, bytes]:
    """Return the keys of the MACs on events, by their names, the newest first."""
    try:
        return macs.event_keys(text)
    except ValueError:
        raise ImproperlyConfigured(
            "SAFE_RETURN_EVENT_KEYS holds a key that is not 32 bytes of base64. Make one with: openssl rand -base64 32"
        ) from None


def anchors(text: str) -> dict[str, bytes]:
    """Return the public keys by which checkpoints are known."""
    try:
        return public_keys(text)
    except ValueError:
        raise ImproperlyConfigured("SAFE_RETURN_ANCHOR_PUBLIC must be public keys in base64, with commas.") from None
