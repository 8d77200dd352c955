"""Checks one media entry of a VICS file: plain values, or a sentence for everything that is wrong in it."""

import base64
import re
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.utils.translation import gettext_noop as _

from victims.binaries import DROPPED, LONGEST_BASE64
from victims.sources import Sentence

LARGEST_ENTRY = 5_000_000  # characters of one media entry, embedded pictures not counted
LONGEST_NAME = 255
LONGEST = {"MediaID": 60, "MimeType": 80, "Series": 200, "Tags": 200, "PropertyValue": 120}  # as the tables hold them
MOST_HASHES = 100  # alternative hashes of one entry

HASHES = {"md5": "MD5", "sha1": "SHA1", "sha256": "SHA256", "photodna": "PhotoDNA", "pdq": "PDQ"}
HASH_LENGTHS = {"md5": 32, "sha1": 40, "sha256": 64, "pdq": 64}
FLAGS = {
    "victim_identified": "VictimIdentified",
    "offender_identified": "OffenderIdentified",
    "is_distributed": "IsDistributed",
    "is_suspected": "IsSuspected",
    "self_generated": "SelfGenerated",
    "is_precategorized": "IsPrecategorized",
}
FLAG_WORDS: dict[str, bool | None] = {"true": True, "1": True, "false": False, "0": False, "": None}

TOO_LARGE = _("The entry holds more than 5 million characters of text. Export it again without embedded documents.")
NO_HASH = _("The entry has no MD5, SHA1, SHA256, PhotoDNA or PDQ hash. Add one, or remove the entry.")
TWICE = _("%(field)s is given twice with different values. Leave only the right one.")
NOT_OBJECTS = _("%(field)s is not a list of JSON objects. Correct it or leave it out.")
NOT_NAMED = _("%(field)s has a hash without HashName. Name its algorithm or leave it out.")
TOO_MANY = _("%(field)s has more than %(most)s hashes. Leave out those that are not needed.")
NOT_HEX = _("%(field)s is not %(digits)s hexadecimal digits. Correct it or leave it out.")
THIS_NOT_HEX = _("%(field)s '%(value)s' is not %(digits)s hexadecimal digits. Correct it or leave it out.")
NOT_PHOTODNA = _("PhotoDNA is not the base64 text of 144 bytes. Correct it or leave it out.")
NOT_FLAG = _("%(field)s is neither true nor false. Correct it or leave it out.")
NOT_WHOLE = _("%(field)s is not a whole number from 0 to %(largest)s. Correct it or leave it out.")
NOT_TEXT = _("%(field)s is not text. Correct it or leave it out.")
TOO_LONG = _("%(field)s is longer than %(longest)s characters. Shorten it or leave it out.")
NOT_TEXTS = _("%(field)s is neither text nor a list of texts. Correct it or leave it out.")
NOT_MOMENT = _("%(field)s is not a date and time such as 2026-03-01T04:12:00Z. Correct it or leave it out.")

_DOTNET_DATE = re.compile(r"/Date\((-?\d{1,14})(?:[+-]\d{4})?\)/")


@dataclass(frozen=True, slots=True)
class MediaEntry:
    """One media item as its sender knows it: hashes in lower-case hexadecimal, PhotoDNA in base64, `size` in bytes.

    `position` counts the media entries of the whole file from 1, good and bad. `media_id` is "" if none was given.
    `category` differs in meaning per country. `updated` is in UTC. `file_names` is how many there were.
    """

    position: int
    line: int
    media_id: str
    category: int | None = None
    md5: str | None = None
    sha1: str | None = None
    sha256: str | None = None
    photodna: str | None = None
    pdq: str | None = None
    pdq_quality: int | None = None
    other_hashes: tuple[tuple[str, str], ...] = ()
    size: int | None = None
    mime_type: str | None = None
    updated: datetime | None = None
    series: str | None = None
    tags: tuple[str, ...] = ()
    comments: str | None = None
    victim_identified: bool | None = None
    offender_identified: bool | None = None
    is_distributed: bool | None = None
    is_suspected: bool | None = None
    self_generated: bool | None = None
    is_precategorized: bool | None = None
    file_names: int = 0
    devices: tuple[str, ...] = ()
    dropped_binaries: int = 0


@dataclass(frozen=True, slots=True)
class BadEntry:
    """A media entry refused as a whole; each reason is a sentence naming the field and what to do."""

    position: int
    line: int
    media_id: str | None
    reasons: tuple[Sentence, ...]
    dropped_binaries: int = 0


class Wrong(ValueError):
    """A value that cannot be taken, and the sentence that says so."""

    def __init__(self, template: str, **values: Any) -> None:
        self.sentence = Sentence(template, **values)
        super().__init__(self.sentence)


class Check:
    """Converts the fields of one entry, gathering a sentence for each that is wrong."""

    def __init__(self, fields: dict[str, Any]) -> None:
        self.fields = fields
        self.reasons: list[Sentence] = []

    def take(self, convert: Callable[[str, Any], Any], name: str) -> Any:
        value = self.fields.get(name.lower())
        return None if value is None else self.convert(convert, name, value)

    def convert(self, convert: Callable[[str, Any], Any], name: str, value: Any) -> Any:
        try:
            return None if value is None or value == "" else convert(name, value)
        except Wrong as error:
            self.reasons.append(error.sentence)
            return None


def check_entry(
    fields: dict[str, Any], *, position: int, line: int, is_too_large: bool, dropped: int
) -> MediaEntry | BadEntry:
    """Return the entry in plain values, or what is wrong in it."""
    check = Check(fields)
    media_id = check.take(text, "MediaID")
    values = {} if is_too_large else facts(check)
    reasons = [Sentence(TOO_LARGE)] if is_too_large else check.reasons
    if reasons:
        return BadEntry(position, line, media_id, tuple(reasons), dropped)
    return MediaEntry(position, line, media_id or "", dropped_binaries=dropped, **values)


def facts(check: Check) -> dict[str, Any]:
    """Return the values of a MediaEntry beside its place and MediaID."""
    return {
        **_hashes(check),
        **{field: check.take(_flag, name) for field, name in FLAGS.items()},
        "category": check.take(_category, "Category") or None,
        "size": check.take(size, "MediaSize"),
        "mime_type": check.take(text, "MimeType"),
        "updated": check.take(_moment, "DateUpdated"),
        "series": check.take(text, "Series"),
        "tags": check.take(_tags, "Tags") or (),
        "comments": check.take(_long_text, "Comments"),
        "file_names": len(check.take(_items, "MediaFiles") or ()),
        "devices": check.take(_devices, "Exifs") or (),
    }


def _hashes(check: Check) -> dict[str, Any]:
    found: dict[str, Any] = {kind: check.take(one_hash, name) for kind, name in HASHES.items()}
    found |= {"pdq_quality": check.take(_quality, "PDQQuality"), "other_hashes": ()}
    for name, value in check.take(_named_hashes, "AlternativeHashes") or ():
        _add_hash(check, found, name, value)
    if not check.reasons and not any(found[kind] for kind in HASHES):
        check.reasons.append(Sentence(NO_HASH))
    return found


def _add_hash(check: Check, found: dict[str, Any], name: str, value: Any) -> None:
    kind = kind_of(name)
    if kind == "pdqquality":
        found["pdq_quality"] = check.convert(_quality, "PDQQuality", value)
    elif kind not in HASHES:
        other = check.convert(_other_hash, "HashValue", value)
        found["other_hashes"] += ((name, other),) if other else ()
    elif known := check.convert(one_hash, HASHES[kind], value):
        if found[kind] and found[kind] != known:
            check.reasons.append(Sentence(TWICE, field=HASHES[kind]))
        found[kind] = known


def kind_of(name: str) -> str:
    """Return the algorithm's name as HASHES has it: SHA-1 and sha1 are one."""
    return re.sub("[^a-z0-9]", "", name.lower())


def _items(name: str, value: Any) -> list[dict[str, Any]]:
    if isinstance(value, list) and all(isinstance(item, dict) for item in value):
        return value
    raise Wrong(NOT_OBJECTS, field=name)


def _named_hashes(name: str, value: Any) -> list[tuple[str, Any]]:
    items = _items(name, value)
    if not all(isinstance(item.get("hashname"), str) for item in items):
        raise Wrong(NOT_NAMED, field=name)
    if len(items) > MOST_HASHES:
        raise Wrong(TOO_MANY, field=name, most=MOST_HASHES)
    return [(text("HashName", item["hashname"]) or "", item.get("hashvalue")) for item in items]


def one_hash(name: str, value: Any) -> str:
    """Return a digest as the tables keep it; the name is one of HASHES."""
    if name == "PhotoDNA":
        return _photodna(value)
    digits = HASH_LENGTHS[name.lower()]
    written = value.strip() if isinstance(value, str) else ""
    if re.fullmatch(f"[0-9a-fA-F]{{{digits}}}", written):
        return written.lower()
    if re.fullmatch(r"[A-Za-z0-9_.+/=:-]{1,80}", written):
        raise Wrong(THIS_NOT_HEX, field=name, value=written, digits=digits)
    raise Wrong(NOT_HEX, field=name, digits=digits)


def _photodna(value: Any) -> str:
    # Never quoted in the sentence: a rough likeness of the picture can be made from it.
    with suppress(ValueError, TypeError):
        if len(base64.b64decode(value, validate=True)) == 144:
            return str(value)
    raise Wrong(NOT_PHOTODNA)


def _other_hash(name: str, value: Any) -> str | None:
    return _long_text(name, value, LONGEST_BASE64)


def _flag(name: str, value: Any) -> bool | None:
    word = str(value).strip().lower()
    if isinstance(value, bool | int | Decimal | str) and word in FLAG_WORDS:
        return FLAG_WORDS[word]
    raise Wrong(NOT_FLAG, field=name)


def _whole(name: str, value: Any, largest: int) -> int:
    if isinstance(value, str) and re.fullmatch(r"\s*[0-9]{1,19}\s*", value):
        value = int(value)
    if type(value) in (int, Decimal) and 0 <= value <= largest and value == int(value):
        return int(value)
    raise Wrong(NOT_WHOLE, field=name, largest=largest)


_category, _quality, size = (partial(_whole, largest=largest) for largest in (32_767, 100, 2**63 - 1))


def _long_text(name: str, value: Any, longest: int = LARGEST_ENTRY) -> str | None:
    if value is None or value is DROPPED:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Wrong(NOT_TEXT, field=name)
    written = unicodedata.normalize("NFC", str(value).replace("\0", "")).strip()
    if len(written) > longest:
        raise Wrong(TOO_LONG, field=name, longest=longest)
    return written or None


def text(name: str, value: Any) -> str | None:
    """Return a line of text, no longer than the field's column."""
    return _long_text(name, value, LONGEST.get(name, LONGEST_NAME))


def _tags(name: str, value: Any) -> tuple[str, ...]:
    parts = re.split("[,;]", value) if isinstance(value, str) else value
    if not isinstance(parts, list):
        raise Wrong(NOT_TEXTS, field=name)
    return tuple(dict.fromkeys(tag for part in parts if (tag := text(name, part))))


def _devices(name: str, value: Any) -> tuple[str, ...]:
    found = (item.get("propertyvalue") for item in _items(name, value) if _is_device(item.get("propertyname")))
    return tuple(dict.fromkeys(device for part in found if (device := text("PropertyValue", part))))


def _is_device(name: Any) -> bool:
    return isinstance(name, str) and name.strip().lower() in ("make", "model")


def _moment(name: str, value: Any) -> datetime | None:
    with suppress(ValueError, TypeError, OverflowError):
        if match := _DOTNET_DATE.fullmatch(value):
            moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(match[1]))
        else:
            moment = datetime.fromisoformat(value.strip())
        if moment.year == 1:
            return None  # what .NET programs write for no date
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    raise Wrong(NOT_MOMENT, field=name)


def day(name: str, value: Any) -> date:
    """Return the day that a text begins with."""
    try:
        return date.fromisoformat(value[:10] if isinstance(value, str) else "")
    except ValueError:
        raise Wrong(NOT_MOMENT, field=name) from None
