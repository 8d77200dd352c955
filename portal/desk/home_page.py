"""The home page, put together from the groups and buttons that settings name."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils.module_loading import import_string

from portal.accounts.models import Person
from portal.casework.groups import Button, Group, Row
from portal.casework.templatetags.portal import date_of

log = logging.getLogger("portal.desk")
Source = Callable[[Person], "Group | list[Group] | None"]


def gathered(person: Person) -> tuple[list[Group], bool]:
    """Return the groups for this person, in the order of the settings, and whether every source could be asked."""
    found: dict[str, Group] = {}
    is_whole = True
    for name in settings.HOME_SOURCES:
        try:
            with transaction.atomic():  # what goes wrong in one source takes nothing else with it
                for group in made(import_string(name), person):
                    found[group.id] = joined(found[group.id], group) if group.id in found else group
        except DatabaseError as problem:
            log.error("%s could not be counted: %s", name, type(problem).__name__)
            is_whole = False
    return list(found.values()), is_whole


def made(source: Source, person: Person) -> Iterator[Group]:
    """Yield the groups of a source, whether it gives one, several or none."""
    groups = source(person)
    yield from [groups] if isinstance(groups, Group) else groups or []


def joined(first: Group, second: Group) -> Group:
    """Return two groups of one id as one, sorted by what is due first; the first one says what it is called."""
    rows = sorted([*first.rows, *second.rows], key=urgency)
    return replace(
        first,
        rows=rows,
        files=[*first.files, *second.files],
        series=[*first.series, *second.series],
        has_more=first.has_more or second.has_more,
    )


def urgency(row: Row) -> tuple[bool, str]:
    """Return the order of rows: by day and moment, those without one last."""
    return row.due is None, "" if row.due is None else f"{date_of(row.due)} {row.due}"


def tiles(groups: list[Group]) -> list[dict[str, Any]]:
    """Return the tiles at the top, four at most, each leading to its group; no tile disappears with its rows."""
    return [
        {
            "url": f"#{group.id}" if group.is_shown else "#main",
            "count": group.count,
            "limit": group.limit,
            "words": group.tile,
            "tone": group.tone,
        }
        for group in groups
        if group.tile
    ][:4]


def buttons(person: Person) -> list[Button]:
    """Return the buttons at the top, of which the first is green."""
    return [button for name in settings.HOME_BUTTONS if (button := import_string(name)(person))]
