"""The same question asked three times: of the decision, of the lists, and of the wall in the database.

The decision is a function of facts; visible() is where every queryset starts; the wall is what a plain SELECT, or the
lock before a change, meets under row-level security. A right that one of them knows and another does not is a leak or
a page that breaks.
"""

import os
import secrets
import uuid
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import itemgetter
from typing import Any, Protocol

import psycopg
from django.db import connection

from portal.access.decide import Decision
from portal.access.identity import Identity, acting
from portal.access.matrix import matrix
from portal.access.sections import Level, Section
from portal.access.visibility import visible
from portal.accounts.models import Person
from portal.accounts.passwords import opening_key
from portal.audit.ids import uuid7
from victims.models import Child, RiskFlag
from victims.section_pages import MODELS

Right = tuple[uuid.UUID, Section, Level]
OPENED = "SELECT access.open_token(%s, %s, %s, %s, 'command', interval '1 hour', interval '1 hour')"
ANSWERS = ("visible()", "the wall")
OF_FILES = " WHERE x.file = ANY (%(ids)s::uuid[])"
FILES = f"SELECT DISTINCT 1, x.file, 1, 0 FROM (SELECT id AS file FROM victims_child) x{OF_FILES}"  # noqa: S608


class Cursor(Protocol):
    """A cursor of the application's role, in a transaction that knows the person."""

    def execute(self, sql: str, values: Any, /) -> Any: ...
    def fetchall(self) -> list[tuple[Any, ...]]: ...


def question(person: Person, sections: Iterable[Section] = Section) -> str:
    """Return the one statement that asks lists and wall about sections; it is the same for everybody.

    Rows: which of the two answers, the file, the section, the level. A file counts where it has a record of the section.
    """
    models: list[Any] = [MODELS[section] for section in sections]
    parts = [listed(person, model, level) for model in models for level in Level]
    parts += [ask(model) for model in models for ask in (looked, locked)]
    if RiskFlag in models:
        parts += [FILES, listed(person, Child, Level.VIEW)]
    return " UNION ALL ".join(f"({part})" for part in parts)


def listed(person: Person, model: Any, level: Level) -> str:
    """Return the SQL of visible() on a model, as it is."""
    with acting(person):
        records = visible(model, person, level=level).values_list("pk" if model is Child else "child_id")
        sql, values = records.query.sql_with_params()
    assert not values
    return f"SELECT DISTINCT 0, x.file, {int(model.section)}, {int(level)} FROM ({sql}) x (file){OF_FILES}"  # noqa: S608


def looked(model: Any) -> str:
    """Return a plain look at a table: the wall alone says which rows come."""
    return f"SELECT DISTINCT 1, x.file, {int(model.section)}, 0 FROM (SELECT child_id AS file FROM {model._meta.db_table}) x{OF_FILES}"  # noqa: E501, S608


def locked(model: Any) -> str:
    """Return a lock as it is taken before a change: the wall asks for both levels."""
    rows = f"SELECT child_id AS file FROM {model._meta.db_table} WHERE child_id = ANY (%(ids)s::uuid[]) FOR KEY SHARE"  # noqa: S608
    return f"WITH x AS ({rows}) SELECT DISTINCT 1, file, {int(model.section)}, 1 FROM x"  # noqa: S608


def answers(cursor: Cursor, asked: str, child_ids: list[uuid.UUID]) -> tuple[set[Right], set[Right]]:
    """Return what lists and wall open of these files to whoever the transaction belongs to."""
    cursor.execute(asked, {"ids": child_ids})
    rights: tuple[set[Right], set[Right]] = (set(), set())
    for answer, file, section, level in cursor.fetchall():
        rights[answer].add((file, Section(section), Level(level)))
    return rights


def filled(cursor: Cursor, child_ids: list[uuid.UUID]) -> set[tuple[uuid.UUID, Section]]:
    """Return which sections of the files hold a record; asked as the owner of the tables."""
    parts = [looked(model) for model in MODELS.values()]
    cursor.execute(" UNION ALL ".join(f"({part})" for part in parts), {"ids": child_ids})
    return {(file, Section(section)) for _answer, file, section, _level in cursor.fetchall()}


def differences(
    decided: dict[Right, Decision], found: tuple[set[Right], set[Right]], there: Iterable[tuple[uuid.UUID, Section]]
) -> Iterator[tuple[Right, bool, str]]:
    """Yield every right on which lists or wall differ from the decision: the right, what was decided, who differs.

    there: the sections with a record. Of a file without one in SUMMARY its own line is looked at, and nothing changed.
    """
    records = set(there)
    lines = {(file, section) for file, section, _level in decided if section == Section.SUMMARY}
    for file, section in sorted(records | lines):
        for level in Level if (file, section) in records else [Level.VIEW]:
            right = (file, section, level)
            allowed = bool(decided[right]) and bool(decided[file, section, Level.VIEW])
            for name, rights in zip(ANSWERS, found, strict=True):
                if (right in rights) != allowed:
                    yield right, allowed, name


def compared(people: list[Person], child_ids: list[uuid.UUID]) -> Iterator[tuple[Person, Right, bool, str]]:
    """Yield every difference for these people, each as after showing a code: the right, what was decided, who differs.

    The decisions are read by the owner of the tables; lists and wall are asked in a session of the application, with a
    token of each person that is never committed. Somebody who works meanwhile may look like a difference.
    """
    with connection.cursor() as owner:
        there = filled(owner, child_ids)
    asked = ""
    with psycopg.connect(os.environ["DATABASE_URL"]) as session, session.cursor() as cursor:
        for person, cells in groupby(matrix(people, child_ids), key=itemgetter(0)):
            decided = {(file, s, level): made for _person, file, rights in cells for s, level, made in rights}
            person.identity = Identity(secrets.token_urlsafe(32))
            asked = asked or question(person)
            cursor.execute(OPENED, [opening_key(), uuid7(), person.pk, person.identity.digest])
            cursor.execute("SELECT set_config('safe.session', %s, true)", [person.identity.secret])
            found = answers(cursor, asked, child_ids)
            yield from ((person, *difference) for difference in differences(decided, found, there))
        session.rollback()
