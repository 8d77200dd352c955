"""Reads a folder in the shape of Open Referral HSDS: CSV of 1.1 and 3.0, JSON of 3.0. Bad lines are named, not guessed."""

import csv
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import langcodes

OLDEST = 25  # the oldest age that the directory asks for; beyond it there is no upper end
KINDS = (  # words of a taxonomy, in English, with the kind of the directory that they stand for; the first that fits
    ("forensic", "forensic"), ("hiv", "hiv"), ("mental", "mental_health"), ("counsel", "mental_health"),
    ("psych", "mental_health"), ("therapy", "mental_health"), ("legal", "legal"), ("court", "legal"),
    ("shelter", "temporary_shelter"), ("housing", "temporary_shelter"), ("disab", "disability"), ("food", "food"),
    ("clothing", "items"), ("household", "items"), ("school", "education"), ("education", "education"),
    ("job", "livelihoods"), ("employment", "livelihoods"), ("training", "livelihoods"), ("child", "child_protection"),
    ("mediation", "mediation"), ("reunification", "tracing"), ("immigration", "documents"), ("police", "police"),
    ("medical", "medical"), ("health", "medical"), ("clinic", "medical"),
)  # fmt: skip
INACTIVE = {"inactive", "defunct", "temporarily closed"}


class Unreadable(ValueError):
    """The folder cannot be read as a directory; the sentence says what to do."""


@dataclass
class Entry:
    """One service as it was read, with what has to be mended before it comes in."""

    where: str
    id: str
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    unknown_languages: list[str] = field(default_factory=list)


def read(folder: Path) -> list[Entry]:
    """Return every service of a folder: of its CSV files, or else of its JSON files."""
    if not folder.is_dir():
        raise Unreadable(f"{folder} is no folder. Name the folder that holds services.csv, or the JSON files.")
    entries = list(from_csv(folder) if (folder / "services.csv").exists() else from_json(folder))
    if not entries:
        raise Unreadable(f"{folder} holds no services: neither services.csv nor JSON files with services are in it.")
    return demand_own_ids(entries)


def demand_own_ids(entries: list[Entry]) -> list[Entry]:
    """Name every service after the first that has the id of another one."""
    seen: dict[str, str] = {}
    for entry in entries:
        if entry.id and entry.id in seen:
            entry.problems.append(f"id {entry.id} stands at {seen[entry.id]} already. Give this one an id of its own.")
        seen.setdefault(entry.id, entry.where)
    return entries


# --- CSV -------------------------------------------------------------------------------------------------------------


def rows(folder: Path, *names: str) -> list[tuple[str, dict[str, str]]]:
    """Return the lines of the first of these files that is there, each with its place."""
    path = next((folder / name for name in names if (folder / name).exists()), None)
    if path is None:
        return []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, strict=True)
            return [
                (
                    f"{path.name} line {reader.line_num}",
                    {name: (value or "").strip() for name, value in row.items() if name},
                )
                for row in reader
            ]
    except (UnicodeDecodeError, csv.Error):
        raise Unreadable(f"{path.name} is no CSV in UTF-8. Save it again as CSV in UTF-8.") from None


def by_key(found: Iterable[tuple[str, dict[str, str]]], key: str) -> dict[str, list[dict[str, str]]]:
    """Return lines by what stands in a column."""
    made: dict[str, list[dict[str, str]]] = defaultdict(list)
    for _where, row in found:
        if row.get(key):
            made[row[key]].append(row)
    return made


def from_csv(folder: Path) -> Iterator[Entry]:
    """Yield the services of tables that point at each other by id."""
    organizations = {row.get("id", ""): row for _where, row in rows(folder, "organizations.csv")}
    places = by_key(rows(folder, "service_at_location.csv", "services_at_location.csv"), "service_id")
    addresses = by_key(rows(folder, "addresses.csv", "physical_addresses.csv"), "location_id")
    languages = by_key(rows(folder, "languages.csv"), "service_id")
    phones = by_key(rows(folder, "phones.csv"), "service_id")
    phones_of_place = by_key(rows(folder, "phones.csv"), "location_id")
    areas = by_key(rows(folder, "service_areas.csv"), "service_id")
    terms = csv_terms(folder)
    for where, row in rows(folder, "services.csv"):
        service_id = row.get("id", "")
        located = [place["location_id"] for place in places[service_id] if place.get("location_id")]
        yield entry_of(
            where,
            row,
            organization=organizations.get(row.get("organization_id", "")),
            languages=[
                one.get("code") or one.get("name") or one.get("language") or "" for one in languages[service_id]
            ],
            phones=[one for key in located for one in phones_of_place[key]] or phones[service_id],
            addresses=[one for key in located for one in addresses[key]],
            areas=[one.get("name", "") for one in areas[service_id]],
            terms=terms[service_id],
        )


def csv_terms(folder: Path) -> dict[str, list[str]]:
    """Return the words of the taxonomy by service: attributes of 3.0, services_taxonomy of 1.1."""
    names = {
        row.get("id", ""): row.get("name", "") for _where, row in rows(folder, "taxonomy_terms.csv", "taxonomy.csv")
    }
    made: dict[str, list[str]] = defaultdict(list)
    for _where, row in rows(folder, "services_taxonomy.csv"):
        made[row.get("service_id", "")].append(names.get(row.get("taxonomy_id", ""), ""))
    for _where, row in rows(folder, "attributes.csv"):
        made[row.get("link_id", "")].append(names.get(row.get("taxonomy_term_id", ""), ""))
    return made


# --- JSON ------------------------------------------------------------------------------------------------------------


def from_json(folder: Path) -> Iterator[Entry]:
    """Yield the services of JSON files; one that stands in several is taken where it says most."""
    best: dict[str, tuple[str, dict[str, Any]]] = {}
    for path in sorted(folder.glob("*.json")):
        try:
            data = json.loads(path.read_text("utf-8-sig"))
        except ValueError:
            raise Unreadable(f"{path.name} is no JSON in UTF-8. Take it out of the folder, or save it again.") from None
        for number, service in enumerate(services_in(data), start=1):
            key = str(service.get("id") or f"{path.name} {number}")
            if key not in best or len(service) > len(best[key][1]):
                best[key] = (f"{path.name} service {number}", service)
    for where, service in best.values():
        yield entry_of_json(where, service)


def services_in(data: Any, organization: Any = None) -> Iterator[dict[str, Any]]:
    """Yield what is a service in a document of the standard: alone, in a page of a list, in an organization."""
    if isinstance(data, list):
        for one in data:
            yield from services_in(one, organization)
    elif isinstance(data, dict):
        if "contents" in data:
            yield from services_in(data["contents"])
        elif isinstance(data.get("services"), list):
            yield from services_in(data["services"], data)
        elif "name" in data and (organization or isinstance(data.get("organization"), dict)):
            yield {"organization": organization, **data}


def entry_of_json(where: str, service: dict[str, Any]) -> Entry:
    """Return the entry of a service with everything nested in it."""
    located = [place.get("location") or {} for place in listed(service, "service_at_locations")]
    terms = [one.get("taxonomy_term") or {} for one in listed(service, "attributes")]
    return entry_of(
        where,
        {name: str(value) for name, value in service.items() if isinstance(value, str | int)},
        organization=service.get("organization"),
        languages=[one.get("code") or one.get("name") or "" for one in listed(service, "languages")],
        phones=listed(service, "phones"),
        addresses=[address for place in located for address in listed(place, "addresses")],
        areas=[str(one.get("name") or "") for one in listed(service, "service_areas")],
        terms=[str(term.get("name") or "") for term in terms],
    )


def listed(data: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return a list of objects, or none."""
    found = data.get(name)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


# --- both ------------------------------------------------------------------------------------------------------------


def entry_of(
    where: str, row: dict[str, str], *, organization: Any, languages: list[str], phones: list[Any],
    addresses: list[Any], areas: list[str], terms: list[str],
) -> Entry:  # fmt: skip
    """Return one service in the columns of the directory."""
    entry = Entry(where, row.get("id", ""))
    if not entry.id:
        entry.problems.append("id is empty. Give the service an id, so that reading it again changes this entry.")
    if not row.get("name"):
        entry.problems.append("name is empty. Write what the service is called.")
    name = str((organization or {}).get("name") or "")
    if not name:
        entry.problems.append(
            f"organization_id {row.get('organization_id') or '(empty)'} names no organization. Add it, or mend the id."
        )
    tags, entry.unknown_languages = tags_of(languages)
    entry.values = {
        "organisation": name[:200],
        "name": row.get("name", "")[:200],
        "kind": kind_of([*terms, row.get("name", "")]),
        "region": region_of(addresses, areas),
        "languages": tags,
        "youngest": age(entry, row, "minimum_age"),
        "oldest": age(entry, row, "maximum_age"),
        "reach": reach_of(row, phones),
        "is_active": row.get("status", "").lower() not in INACTIVE,
    }
    ages = entry.values["youngest"], entry.values["oldest"]
    if None not in ages and ages[0] > ages[1]:
        entry.problems.append(f"minimum_age {ages[0]} is above maximum_age {ages[1]}. Swap or mend them.")
    return entry


def age(entry: Entry, row: dict[str, str], name: str) -> int | None:
    """Return an age in years; beyond the oldest that the directory asks for there is no end."""
    text = row.get(name, "")
    if not text:
        return None
    try:
        years = float(text)
    except ValueError:
        years = -1.0
    if not 0 <= years <= 150:
        entry.problems.append(f"{name} {text!r} is no age. Write it in whole years, such as 12.")
        return None
    return int(years) if years <= OLDEST else (OLDEST if name == "minimum_age" else None)


def tags_of(words: list[str]) -> tuple[list[str], list[str]]:
    """Return the languages by their tag, and what is none that is known."""
    tags: list[str] = []
    unknown: list[str] = []
    for word in filter(None, words):
        tag = tag_of(word)
        if tag is None:
            unknown.append(word)
        elif tag not in tags:
            tags.append(tag)
    return tags, unknown


def tag_of(word: str) -> str | None:
    """Return the tag of a language, by code or by its English name."""
    if len(word) <= 3 and langcodes.tag_is_valid(word):
        return langcodes.standardize_tag(word)[:12]
    try:
        return langcodes.find(word).language
    except LookupError:
        return None


def kind_of(terms: list[str]) -> str:
    """Return the kind of service that the words of the taxonomy, or else of the name, stand for."""
    for term in terms:
        found = next((kind for word, kind in KINDS if word in term.lower()), None)
        if found:
            return found
    return "other"


def region_of(addresses: list[Any], areas: list[str]) -> str:
    """Return the town or region: never the street."""
    first = addresses[0] if addresses else {}
    parts = [str(first.get(name) or "").strip() for name in ("city", "region", "state_province")]
    return (", ".join(dict.fromkeys(part for part in parts if part)) or next(filter(None, areas), ""))[:120]


def reach_of(row: dict[str, str], phones: list[Any]) -> str:
    """Return how to reach the service: telephone, e-mail, address on the net."""
    numbers = [str(one.get("number") or "").strip('" ') for one in phones]
    parts = [*dict.fromkeys(filter(None, numbers)), row.get("email", ""), row.get("url", "")]
    return ", ".join(filter(None, parts))[:300]
